/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who gives memory, who takes it, in which order, and whether it fits. */
#include "vmwizard/memplan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"

const char *memplan_why_not(const struct vm_domain *d)
{
	if (d->domid == 0)
		return _(
			"the host's own share counts from its next start: domus-host boot memory SIZE");
	switch (d->state) {
	case VM_STATE_RUNNING:
		return NULL;
	case VM_STATE_PAUSED:
		return _("it is paused: it could neither give nor take");
	case VM_STATE_CRASHED:
		return _("it has crashed");
	case VM_STATE_ENDING:
		return _("it is ending");
	case VM_STATE_OFF:
	case VM_STATE_SAVED:
		return _("it does not run");
	case VM_STATE_UNDECIDED:
		break;
	}
	return _("it may run on the other host");
}

uint64_t memplan_least_kib(const struct vm_domain *d)
{
	return d->memory_kib < MEMPLAN_LEAST_KIB ? d->memory_kib : MEMPLAN_LEAST_KIB;
}

uint64_t memplan_most_kib(const struct vm_domain *d)
{
	return d->max_memory_kib > d->memory_kib ? d->max_memory_kib : d->memory_kib;
}

uint64_t memplan_hypervisor_kib(const struct vm_list *list)
{
	uint64_t known = list->free_kib;
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].domid != VM_NO_DOMID)
			known += list->items[i].memory_kib;
	return list->total_kib > known ? list->total_kib - known : 0;
}

static uint64_t mib_up(uint64_t kib)
{
	return (kib + 1023) / 1024;
}

int memplan_fits(uint64_t free_kib, uint64_t given_kib, uint64_t taken_kib, struct err *err)
{
	uint64_t more = taken_kib > given_kib ? taken_kib - given_kib : 0;
	uint64_t usable = free_kib > MEMPLAN_RESERVE_KIB ? free_kib - MEMPLAN_RESERVE_KIB : 0;
	/* What moves from guest to guest takes nothing of what is free. */
	if (more == 0 || more <= usable)
		return 0;
	return err_set(err, ERR_RANGE, 0,
		_("%" PRIu64 " MiB more are wanted and %" PRIu64 " MiB given: %" PRIu64
		  " MiB are free, of which %" PRIu64 " MiB stay for Xen itself; %" PRIu64
		  " MiB are missing"),
		mib_up(taken_kib), given_kib / 1024, free_kib / 1024,
		(uint64_t)(MEMPLAN_RESERVE_KIB / 1024), mib_up(more - usable));
}

/* By its name alone: the name is what a file is kept under. */
static const struct vm_domain *find(const struct vm_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

static bool is_wished_before(const struct memplan_wish *wishes, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(wishes[k].name, wishes[i].name) == 0)
			return true;
	return false;
}

static bool judge(const struct vm_domain *d, const struct memplan_wish *wish, bool is_twice,
	struct problems *problems)
{
	size_t before = problems->errors;
	const char *why_not = d ? memplan_why_not(d) : NULL;
	if (!d)
		problems_add(problems, PROBLEM_ERROR, 0, _("there is no guest \"%s\""), wish->name);
	else if (is_twice)
		problems_add(problems, PROBLEM_ERROR, 0, _("%s is named twice"), wish->name);
	else if (why_not)
		problems_add(problems, PROBLEM_ERROR, 0, "%s: %s", wish->name, why_not);
	else if (wish->kib > memplan_most_kib(d))
		problems_add(problems, PROBLEM_ERROR, 0,
			_("%s may have at most %" PRIu64 " MiB (its max-memory), not %" PRIu64
			  " MiB; that is fixed until it is off"),
			wish->name, memplan_most_kib(d) / 1024, wish->kib / 1024);
	else if (wish->kib < memplan_least_kib(d))
		problems_add(problems, PROBLEM_ERROR, 0,
			_("%s must keep %" PRIu64 " MiB, not %" PRIu64 " MiB"), wish->name,
			memplan_least_kib(d) / 1024, wish->kib / 1024);
	return problems->errors == before;
}

bool memplan_is_same(uint64_t a_kib, uint64_t b_kib)
{
	return a_kib <= b_kib + MEMPLAN_SLACK_KIB && b_kib <= a_kib + MEMPLAN_SLACK_KIB;
}

static void add_step(struct memplan *plan, const struct vm_domain *d, uint64_t to_kib)
{
	plan->steps = xreallocarray(plan->steps, plan->count + 1, sizeof(*plan->steps));
	plan->steps[plan->count++] = (struct memplan_step){
		.name = xstrdup(d->name), .from_kib = d->memory_kib, .to_kib = to_kib};
}

/* The steps of those that give, or of those that take; returns the sum of the differences. */
static uint64_t add_steps(const struct vm_list *list, const struct memplan_wish *wishes,
	size_t count, bool giving, struct memplan *plan)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < count; i++) {
		const struct vm_domain *d = find(list, wishes[i].name);
		if (memplan_is_same(d->memory_kib, wishes[i].kib) ||
			(wishes[i].kib < d->memory_kib) != giving)
			continue;
		add_step(plan, d, wishes[i].kib);
		sum += giving ? d->memory_kib - wishes[i].kib : wishes[i].kib - d->memory_kib;
	}
	return sum;
}

int memplan_build(const struct vm_list *list, const struct memplan_wish *wishes, size_t count,
	struct memplan *ret_plan, struct problems *problems)
{
	struct memplan plan = {.steps = NULL, .free_kib = list->free_kib};
	struct err err = ERR_INIT;
	bool is_good = true;
	for (size_t i = 0; i < count; i++)
		is_good &= judge(find(list, wishes[i].name), &wishes[i],
			is_wished_before(wishes, i), problems);
	if (!is_good)
		return -1;
	uint64_t given = add_steps(list, wishes, count, true, &plan);
	uint64_t taken = add_steps(list, wishes, count, false, &plan);
	if (memplan_fits(list->free_kib, given, taken, &err) < 0) {
		problems_add(problems, PROBLEM_ERROR, 0, "%s", err.text);
		memplan_dispose(&plan);
		return -1;
	}
	plan.free_after_kib = list->free_kib + given - taken;
	*ret_plan = plan;
	return 0;
}

void memplan_dispose(struct memplan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		free(plan->steps[i].name);
	free(plan->steps);
	*plan = (struct memplan){.steps = NULL};
}
