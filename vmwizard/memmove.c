/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory moved between running guests, step after step, and back where a step fails. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <poll.h>

#include "lang.h"
#include "mem.h"
#include "vmwizard/act.h"

#define TICK_MS 200
/* Memory that a guest gave is free at once; Xen cleans what an ended guest left, which takes longer. */
#define FREE_S 10

static struct vm_action action_of(const struct vm_action *a, const struct memplan_step *step)
{
	struct vm_action of_guest = *a;
	of_guest.name = step->name;
	return of_guest;
}

static int wait_free(const struct vm_action *a, const struct memplan_step *step, struct err *err)
{
	int64_t begun_ms = vm_now_ms();
	unsigned limit_s = a->timeout_s ? a->timeout_s : FREE_S;
	while (!a->is_dry) {
		struct vm_list list;
		if (vm_list_read(a->xen, a->root, NULL, &list, err) < 0)
			return -1;
		uint64_t free_kib = list.free_kib;
		vm_list_dispose(&list);
		if (memplan_fits(free_kib + MEMPLAN_SLACK_KIB, 0, step->to_kib - step->from_kib,
			    err) == 0)
			return 0;
		if (vm_now_ms() - begun_ms >= (int64_t)limit_s * 1000)
			return err_prefix(err, _("guest %s: "), step->name);
		(void)poll(NULL, 0, TICK_MS);
	}
	return 0;
}

static int ask(const struct vm_action *a, struct memplan_step *step, uint64_t kib, struct err *err)
{
	const struct vm_action of_guest = action_of(a, step);
	int64_t now_mib = 0;
	int rc = vm_ask_memory(&of_guest, (int64_t)(kib / 1024), &now_mib, err);
	if (!a->is_dry && now_mib > 0)
		step->reached_kib = (uint64_t)now_mib * 1024;
	return rc;
}

static int do_step(const struct vm_action *a, struct memplan_step *step, struct err *err)
{
	if (step->to_kib > step->from_kib && wait_free(a, step, err) < 0)
		return -1;
	return ask(a, step, step->to_kib, err);
}

/* Those that took give first. What each has then is said behind the reason. */
static void undo(const struct vm_action *a, struct memplan *plan, size_t failed, struct err *err)
{
	CLEANUP(str_dispose) struct str said = STR_INIT;
	for (size_t i = failed + 1; i-- > 0;) {
		struct memplan_step *step = &plan->steps[i];
		struct err own = ERR_INIT;
		uint64_t kib = (step->from_kib + 512) / 1024 * 1024;
		/* It was not asked for anything: there was not enough free. */
		if (step->reached_kib == 0)
			continue;
		if (ask(a, step, kib, &own) == 0)
			str_add(&said, _("%s%s has %" PRIu64 " MiB again"), said.len ? ", " : "",
				step->name, step->reached_kib / 1024);
		else
			str_add(&said, "%s%s", said.len ? ", " : "", own.text);
	}
	if (said.len) {
		struct err why = err ? *err : (struct err)ERR_INIT;
		(void)err_set(err, why.code, 0, _("%s. Taken back: %s"), why.text, str_text(&said));
	}
}

int vm_move_memory(const struct vm_action *a, struct memplan *plan, struct err *err)
{
	for (size_t i = 0; i < plan->count; i++)
		if (do_step(a, &plan->steps[i], err) < 0) {
			undo(a, plan, i, err);
			return -1;
		}
	return 0;
}
