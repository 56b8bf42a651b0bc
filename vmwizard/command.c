/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running xl and LVM: their errors in words, and what came of it read back from Xen. */
#define _GNU_SOURCE
#include "vmwizard/command.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "proc.h"
#include "vmwizard/list.h"

/* A kernel that cannot work panics within this time, even under emulation. */
#define ALIVE_MS 2000
#define TICK_MS 200
#define AWAY_LIMIT_MS 30000

int command_run(const struct strlist *argv, unsigned timeout_ms, struct err *err)
{
	const struct proc_spec spec = {
		.argv = (const char *const *)argv->items, .timeout_ms = timeout_ms};
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	CLEANUP(str_dispose) struct str reason = STR_INIT;
	if (proc_run(&spec, &result, err) < 0)
		return -1;
	if (result.exit_code == 0)
		return 0;
	const struct str *said = result.errors.len ? &result.errors : &result.output;
	if (result.exit_code > 128)
		return err_set(err, ERR_KILLED, 0, _("%s was killed by signal %d (%s)"),
			argv->items[0], result.exit_code - 128, strsignal(result.exit_code - 128));
	if (said->len == 0)
		return err_set(err, ERR_PROC, 0, _("%s ended with exit code %d and said nothing"),
			argv->items[0], result.exit_code);
	explain_xl(str_text(said), &reason);
	return err_set(err, ERR_PROC, 0, "%s", str_text(&reason));
}

int command_wait_alive(const char *name, struct err *err)
{
	struct vm_xen *xen = NULL;
	uint32_t first = VM_NO_DOMID;
	int rc = 0;
	if (vm_xen_open(&xen, err) < 0)
		return -1;
	for (int waited = 0; rc == 0 && waited <= ALIVE_MS; waited += TICK_MS) {
		struct vm_list list;
		rc = vm_list_running(xen, &list, err);
		if (rc < 0)
			break;
		const struct vm_domain *d = vm_list_find(&list, name);
		if (d && first == VM_NO_DOMID)
			first = d->domid;
		/* Another number: it died, and domus-monitor has started it again. */
		if (!d || d->domid != first)
			rc = err_set(err, ERR_PROC, 0,
				_("the guest ended at once; what it said is in /var/log/xen/console/guest-%s.log"),
				name);
		else if (d->state == VM_STATE_CRASHED)
			rc = err_set(err, ERR_PROC, 0, _("the guest crashed at once"));
		vm_list_dispose(&list);
		(void)poll(NULL, 0, TICK_MS);
	}
	vm_xen_close(xen);
	return rc;
}

int command_lock(const char *root, const char *uuid)
{
	/* As state_lock_guest() of the monitor names it; a worker of it is done in seconds. */
	CLEANUP(mem_free_string) char *path = xasprintf("/run/domus/monitor/%s.lock", uuid);
	int fd = -1;
	(void)file_lock(root, path, AWAY_LIMIT_MS, &fd, NULL);
	return fd;
}

static bool destroy_one(const struct vm_list *list, const char *uuid)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct vm_domain *d = &list->items[i];
		if (d->domid == 0 || d->domid == VM_NO_DOMID || strcasecmp(d->uuid, uuid) != 0)
			continue;
		CLEANUP(mem_free_string) char *domid = xasprintf("%" PRIu32, d->domid);
		CLEANUP(strlist_dispose) struct strlist argv = STRLIST_INIT;
		strlist_add(&argv, "xl");
		strlist_add(&argv, "destroy");
		strlist_add(&argv, domid);
		(void)command_run(&argv, COMMAND_MS, NULL);
		return true;
	}
	return false;
}

void command_take_away(const char *uuid)
{
	struct vm_xen *xen = NULL;
	if (vm_xen_open(&xen, NULL) < 0)
		return;
	/* It may be dying, or domus-monitor may be making it anew: until it stays away. */
	for (int waited = 0, away = 0; waited <= AWAY_LIMIT_MS && away <= ALIVE_MS;
		waited += TICK_MS) {
		struct vm_list list;
		bool was_there = true;
		if (vm_list_running(xen, &list, NULL) == 0) {
			was_there = destroy_one(&list, uuid);
			vm_list_dispose(&list);
		}
		away = was_there ? 0 : away + TICK_MS;
		(void)poll(NULL, 0, TICK_MS);
	}
	vm_xen_close(xen);
}
