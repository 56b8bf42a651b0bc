/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the actions share: running a command that is shown, a guest's state and file. */
#ifndef VMWIZARD_ACT_H
#define VMWIZARD_ACT_H

#include "vmwizard/action.h"
#include "vmwizard/paths.h"
#include "xlcfg.h"

/* Shows and runs an argv that ends with NULL. */
int act_run(const struct vm_action *a, unsigned timeout_ms, struct err *err, ...)
	__attribute__((sentinel));
int act_run_list(const struct vm_action *a, const struct strlist *argv, unsigned timeout_ms,
	struct err *err);

/* What an action has to know of its guest. */
struct act_guest {
	bool is_running;
	uint32_t domid; /* VM_NO_DOMID when off */
	enum vm_state state;
	bool is_hvm, is_pvh;
	bool autostart;
	uint64_t memory_kib, max_memory_kib, video_kib;
	uint64_t free_kib; /* of the machine */
	unsigned vcpus, max_vcpus;
};
/* The guest as it is now. Not there, or dom0: an error. */
int act_look(const struct vm_action *a, struct act_guest *ret_guest, struct err *err);
/* Refuses unless the guest runs, or unless it is off. */
int act_want_running(const struct vm_action *a, struct err *err);
int act_want_off(const struct vm_action *a, struct err *err);

/* Refuses while the guest is being moved: its definition is under way. */
int act_want_settled(const struct vm_action *a, struct err *err);

/* Waits until done() is true of the guest (NULL: it is gone); ERR_TIMEOUT with `late`. */
typedef bool act_done(const struct vm_domain *d, void *context);
int act_wait(const struct vm_action *a, unsigned timeout_s, act_done *done, void *context,
	const char *late, struct err *err);

/* What xl save wrote gets its name; if it cannot, it stays where it is, and err names it. */
int act_keep_saved(const char *part, const char *path, struct err *err);

/* The guest's NAME.cfg, and back, in one step. */
int act_read_cfg(const struct vm_action *a, struct xlcfg *ret_cfg, struct err *err);
int act_write_cfg(const struct vm_action *a, const struct xlcfg *cfg, struct err *err);
/* The same of a whole text. Only a definition that is there, and not under way to another host. */
int act_write_text(const struct vm_action *a, const struct str *text, struct err *err);
/* Sets one key for later starts; value NULL removes it. is_text: quoted. */
int act_set_key(const struct vm_action *a, const char *key, const char *value, bool is_text,
	struct err *err);

#endif
