/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that moves between running guests: who gives, who takes, in which order, and whether it fits. Pure. */
#ifndef VMWIZARD_MEMPLAN_H
#define VMWIZARD_MEMPLAN_H

#include "problem.h"
#include "vmwizard/list.h"

/* Less than this no guest is asked to keep: its kernel would end its programs, or itself. */
#define MEMPLAN_LEAST_KIB ((uint64_t)32 * 1024)
/* What stays free for Xen's own tables when guests take of what is free. */
#define MEMPLAN_RESERVE_KIB ((uint64_t)8 * 1024)
/* Balloon drivers and Xen count a little differently: so far apart is the same. */
#define MEMPLAN_SLACK_KIB ((uint64_t)4 * 1024)
bool memplan_is_same(uint64_t a_kib, uint64_t b_kib);

struct memplan_wish {
	const char *name;
	uint64_t kib; /* what the guest is to have */
};

struct memplan_step {
	char *name;
	uint64_t from_kib, to_kib; /* gives if to is less */
	uint64_t reached_kib;      /* of vm_move_memory(): what Xen says it has; 0 not asked yet */
};

/* First all that give, then all that take, each in the order of the wishes. */
struct memplan {
	struct memplan_step *steps;
	size_t count;
	uint64_t free_kib, free_after_kib; /* given to no domain */
};

/* Why a guest's memory cannot be changed now, in words; NULL: it can. */
const char *memplan_why_not(const struct vm_domain *d);
/* The least and the most that it can be given. */
uint64_t memplan_least_kib(const struct vm_domain *d);
uint64_t memplan_most_kib(const struct vm_domain *d);
/* What is neither free nor a domain's: the hypervisor and its tables. */
uint64_t memplan_hypervisor_kib(const struct vm_list *list);
/* More than is free, with the figures, or 0: `taken` beyond `given`, both sums of differences. */
int memplan_fits(uint64_t free_kib, uint64_t given_kib, uint64_t taken_kib, struct err *err);

/*
 * Everything that speaks against the wishes becomes a problem; then -1 is returned and there is no
 * plan. Wishes that are fulfilled already take no step.
 */
int memplan_build(const struct vm_list *list, const struct memplan_wish *wishes, size_t count,
	struct memplan *ret_plan, struct problems *problems);
void memplan_dispose(struct memplan *plan);

#endif
