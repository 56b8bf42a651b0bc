/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be done to a guest: each a command of xl, shown as it is run, and success read back
 * from Xen.
 */
#ifndef VMWIZARD_ACTION_H
#define VMWIZARD_ACTION_H

#include "vmwizard/list.h"
#include "vmwizard/memplan.h"
#include "vmwizard/plan.h"

struct vm_action {
	const char *root; /* "/" */
	struct vm_xen *xen;
	const char *name;
	/* Called with each command before it is run ("xl pause web"); may be NULL. */
	void (*show)(void *context, const char *command);
	void *context;
	unsigned timeout_s; /* to wait for the result; 0: the action's own */
	bool is_dry;        /* commands are only shown: nothing is run, written or waited for */
	bool is_forced;     /* a start takes disks over that another host owns */
};

int vm_start(const struct vm_action *a, struct err *err);
/* Asks the guest and waits until it is off. */
int vm_shutdown(const struct vm_action *a, struct err *err);
int vm_reboot(const struct vm_action *a, struct err *err);
int vm_destroy(const struct vm_action *a, struct err *err);
int vm_pause(const struct vm_action *a, struct err *err);
int vm_unpause(const struct vm_action *a, struct err *err);
/* To /var/lib/xen/save/NAME or the library; vm_restore() starts from there and removes it. */
int vm_save(const struct vm_action *a, struct err *err);
int vm_restore(const struct vm_action *a, struct err *err);
/* The guest must be off. with_disks: those made by Domus for it too. */
int vm_delete(const struct vm_action *a, bool with_disks, struct err *err);
int vm_rename(const struct vm_action *a, const char *new_name, struct err *err);
/* A copy of definition and disks, with new identities. The guest must be off. */
int vm_clone(const struct vm_action *a, const char *new_name, const struct vm_progress *progress,
	struct err *err);
/* *ret_mib, *ret_count: what the guest really has after the wait. */
int vm_set_memory(const struct vm_action *a, int64_t mib, int64_t *ret_mib, struct err *err);
int vm_set_vcpus(const struct vm_action *a, int64_t count, int64_t *ret_count, struct err *err);
/* As vm_set_memory(), for a guest that runs: one that is off is an error. */
int vm_ask_memory(const struct vm_action *a, int64_t mib, int64_t *ret_mib, struct err *err);
/*
 * For later starts; the maximum stays what it is. A guest without a file in /etc/xen keeps nothing.
 */
int vm_keep_memory(const struct vm_action *a, int64_t mib, struct err *err);
int vm_keep_vcpus(const struct vm_action *a, int64_t count, struct err *err);
/*
 * Carries out a plan: each that gives has given, within the action's time, before the first takes.
 * When one fails, those before it get back what they had, and err says what each has. reached_kib
 * of the steps is filled in. The action's name is not used.
 */
int vm_move_memory(const struct vm_action *a, struct memplan *plan, struct err *err);
/*
 * Now and for later starts. cpus "" or "all": not pinned. soft: real CPUs that it prefers while they
 * are free; NULL: as they are.
 */
int vm_pin(const struct vm_action *a, const char *cpus, const char *soft, struct err *err);
/* cap: in per cent of one CPU; 0 none, -1 as it is. */
int vm_weight(const struct vm_action *a, int64_t weight, int64_t cap, struct err *err);
int vm_autostart(const struct vm_action *a, bool is_on, struct err *err);
/* Notes one of GUESTTURN_ORDER, _DELAY, _AT_STOP in the guest's file, from a file's value of that key. */
int vm_note_turn(const struct vm_action *a, const char *key, const char *value, struct err *err);
/* Now (if it runs) and for later starts. */
int vm_attach_disk(const struct vm_action *a, struct vm_disk *disk, struct err *err);
int vm_detach_disk(const struct vm_action *a, const char *target, struct err *err);
int vm_attach_nic(const struct vm_action *a, struct vm_nic *nic, struct err *err);
int vm_detach_nic(const struct vm_action *a, const char *mac, struct err *err);
/* path "" empties the drive. HVM while running. */
int vm_cdrom(const struct vm_action *a, const char *path, struct err *err);
/* argv of the console, for a caller that gives it the terminal; and lines how to see VNC. */
int vm_console_argv(const struct vm_action *a, struct strlist *ret_argv, struct err *err);
int vm_vnc_help(const struct vm_action *a, struct str *ret_text, struct err *err);

#endif
