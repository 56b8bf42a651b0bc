/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Start and end of a guest's life: start, shutdown, reboot, destroy, pause, save. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "savedguest.h"
#include "vmwizard/act.h"
#include "vmwizard/command.h"
#include "vmwizard/migrate/record.h"
#include "vmwizard/migrate/xenmove.h"
#include "vmwizard/ownership.h"

#define SAVE_MS 1800000

static bool is_gone(const struct vm_domain *d, void *context)
{
	(void)context;
	return d == NULL;
}

static int check_cfg(const struct vm_action *a, struct err *err)
{
	CLEANUP(mem_free_string) char *path = vm_cfg_path(a->name);
	CLEANUP(mem_free_string) char *peer = record_moved_to(a->root, a->name);
	if (a->is_dry)
		return 0;
	/* Before its definition has gone, too: started now it would run while it is sent as one that is off. */
	if (record_refuse_moving(a->root, a->name, err) < 0)
		return -1;
	if (file_exists(a->root, path))
		return 0;
	if (peer)
		return err_set(err, ERR_MISSING, 0, _("guest %s has moved to %s"), a->name, peer);
	return err_set(err, ERR_MISSING, 0, _("there is no guest \"%s\" (%s)"), a->name, path);
}

/* An image on a shared pool is one host's to start from. A guest without a file here has no disks known. */
static int claim_disks(const struct vm_action *a, struct err *err)
{
	CLEANUP(mem_free_string) char *path = vm_cfg_path(a->name);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	const enum ownership_act act = a->is_dry      ? OWNERSHIP_CHECK
				       : a->is_forced ? OWNERSHIP_TAKE
						      : OWNERSHIP_CLAIM;
	if ((a->is_dry && a->is_forced) || !file_exists(a->root, path))
		return 0;
	if (file_read(a->root, path, XLCFG_FILE_MAX, &text, err) < 0)
		return -1;
	return ownership_do_text(a->root, a->name, str_text(&text), act, err);
}

int vm_start(const struct vm_action *a, struct err *err)
{
	CLEANUP(mem_free_string) char *path = vm_cfg_path(a->name);
	CLEANUP(mem_free_string) char *saved = savedguest_path(a->root, a->name);
	if (check_cfg(a, err) < 0 || act_want_off(a, err) < 0)
		return -1;
	if (saved)
		return vm_restore(a, err);
	if (claim_disks(a, err) < 0)
		return -1;
	/* -e: domus-monitor looks after it. */
	if (act_run(a, COMMAND_START_MS, err, "xl", "create", "-e", "-q", path, NULL) < 0)
		return -1;
	return a->is_dry ? 0 : command_wait_alive(a->name, err);
}

static int refuse_paused(const struct vm_action *a, struct err *err)
{
	struct act_guest guest;
	if (a->is_dry)
		return 0;
	if (act_look(a, &guest, err) < 0)
		return -1;
	if (guest.state == VM_STATE_PAUSED)
		return err_set(err, ERR_INVALID, 0,
			_("guest %s is paused and hears nothing; unpause it first"), a->name);
	return 0;
}

/* While it is copied it may still be ended here, which ends the move; afterwards the other host has a say. */
static int want_ours(const struct vm_action *a, struct err *err)
{
	return a->is_dry ? 0 : record_refuse_permitted(a->root, a->name, err);
}

int vm_shutdown(const struct vm_action *a, struct err *err)
{
	if (want_ours(a, err) < 0 || act_want_running(a, err) < 0 || refuse_paused(a, err) < 0)
		return -1;
	/* -F: the ACPI power button for guests that do not listen to Xen. */
	if (act_run(a, COMMAND_MS, err, "xl", "shutdown", "-F", a->name, NULL) < 0)
		return -1;
	return act_wait(a, 120, is_gone, NULL, _("was asked, and is not off"), err);
}

static bool is_another(const struct vm_domain *d, void *context)
{
	const struct act_guest *old = context;
	return d && d->domid != old->domid && d->state == VM_STATE_RUNNING;
}

int vm_reboot(const struct vm_action *a, struct err *err)
{
	struct act_guest old = {.domid = VM_NO_DOMID};
	if (want_ours(a, err) < 0 || act_want_running(a, err) < 0 || refuse_paused(a, err) < 0)
		return -1;
	if (!a->is_dry && act_look(a, &old, err) < 0)
		return -1;
	if (act_run(a, COMMAND_MS, err, "xl", "reboot", "-F", a->name, NULL) < 0)
		return -1;
	return act_wait(a, 180, is_another, &old, _("was asked, and did not start again"), err);
}

int vm_destroy(const struct vm_action *a, struct err *err)
{
	if (want_ours(a, err) < 0 || act_want_running(a, err) < 0)
		return -1;
	if (act_run(a, COMMAND_MS, err, "xl", "destroy", a->name, NULL) < 0)
		return -1;
	return act_wait(a, 30, is_gone, NULL, _("does not go away"), err);
}

static bool has_state(const struct vm_domain *d, void *context)
{
	const enum vm_state *wanted = context;
	return d && d->state == *wanted;
}

int vm_pause(const struct vm_action *a, struct err *err)
{
	enum vm_state wanted = VM_STATE_PAUSED;
	if (act_want_settled(a, err) < 0 || act_want_running(a, err) < 0 ||
		act_run(a, COMMAND_MS, err, "xl", "pause", a->name, NULL) < 0)
		return -1;
	return act_wait(a, 10, has_state, &wanted, _("is not paused"), err);
}

int vm_unpause(const struct vm_action *a, struct err *err)
{
	enum vm_state wanted = VM_STATE_RUNNING;
	if (act_want_settled(a, err) < 0 || act_want_running(a, err) < 0 ||
		act_run(a, COMMAND_MS, err, "xl", "unpause", a->name, NULL) < 0)
		return -1;
	return act_wait(a, 10, has_state, &wanted, _("does not run on"), err);
}

/* xl lets a guest go on whose save fails; killed at its limit it could not. */
static void let_go_on(const struct vm_action *a)
{
	struct xenmove_domain now = {.domid = VM_NO_DOMID};
	struct vm_list list;
	/* Suspended by a move that began meanwhile it is the move's. */
	if (act_want_settled(a, NULL) < 0 || vm_list_running(a->xen, &list, NULL) < 0)
		return;
	const struct vm_domain *d = vm_list_find(&list, a->name);
	if (d && xenmove_find(a->xen, d->uuid, a->name, &now, NULL) == 0 && now.is_suspended)
		(void)xenmove_resume(a->xen, now.domid, NULL);
	vm_list_dispose(&list);
}

static int sync_file(const char *path, struct err *err)
{
	CLEANUP(file_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_set(err, ERR_IO, errno, _("cannot write %s"), path);
	return 0;
}

/*
 * The guest stands still (-p) until its memory is on the disk for sure: what a full disk or pool takes
 * only seemingly is found now, and the guest goes on. The file has its name when the guest is gone, so
 * that there are never two of it.
 */
static int save_to(const struct vm_action *a, const char *part, struct err *err)
{
	unsigned limit_ms = a->timeout_s ? a->timeout_s * 1000 : SAVE_MS;
	/* What ends it is shown as one command: xl save. */
	struct vm_action rest = *a;
	rest.show = NULL;
	/* A guest's memory is secret: nobody else may read the file while it grows. */
	mode_t old_mask = umask(0077);
	int rc = act_run(a, limit_ms, err, "xl", "save", "-p", a->name, part, NULL);
	(void)umask(old_mask);
	if (rc < 0) {
		let_go_on(a);
		return -1;
	}
	if (!a->is_dry)
		rc = sync_file(part, err);
	if (rc == 0)
		rc = act_run(&rest, COMMAND_MS, err, "xl", "destroy", a->name, NULL);
	if (rc < 0)
		(void)act_run(&rest, COMMAND_MS, NULL, "xl", "unpause", a->name, NULL);
	return rc;
}

int vm_save(const struct vm_action *a, struct err *err)
{
	const char *dir = savedguest_dir(a->root);
	CLEANUP(mem_free_string) char *path = xasprintf("%s/%s", dir, a->name);
	CLEANUP(mem_free_string) char *part = xasprintf("%s.part", path);
	if (act_want_settled(a, err) < 0 || act_want_running(a, err) < 0 ||
		refuse_paused(a, err) < 0)
		return -1;
	if (!a->is_dry && file_make_dirs(a->root, dir, 0700, err) < 0)
		return -1;
	int rc = save_to(a, part, err);
	if (a->is_dry)
		return rc;
	if (rc < 0) {
		(void)file_remove(a->root, part, NULL);
		return -1;
	}
	if (act_keep_saved(part, path, err) < 0)
		return -1;
	return act_wait(a, 30, is_gone, NULL, _("was saved, but does not go away"), err);
}

int vm_restore(const struct vm_action *a, struct err *err)
{
	CLEANUP(mem_free_string) char *path = savedguest_path(a->root, a->name);
	if (!path && !a->is_dry)
		return err_set(err, ERR_MISSING, 0, _("guest %s was not saved"), a->name);
	if (act_want_settled(a, err) < 0 || act_want_off(a, err) < 0 || claim_disks(a, err) < 0)
		return -1;
	if (a->is_dry)
		return act_run(a, SAVE_MS, err, "xl", "restore", "-e",
			path ? path : SAVEDGUEST_STATE, NULL);
	/*
	 * Its disks go on from here: a second start from the same memory would destroy them. So the file
	 * has another name before the guest runs, whatever happens to this program or the host then.
	 */
	CLEANUP(mem_free_string) char *used = xasprintf("%s.used", path);
	if (file_rename(a->root, path, used, err) < 0)
		return -1;
	if (act_run(a, SAVE_MS, err, "xl", "restore", "-e", used, NULL) < 0) {
		(void)file_rename(a->root, used, path, NULL);
		return -1;
	}
	if (command_wait_alive(a->name, err) < 0)
		return -1;
	return file_remove(a->root, used, err);
}
