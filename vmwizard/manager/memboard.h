/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's memory as it is and as it is wished, while borders between guests are moved on the
 * screen. Pure: no screen, no Xen. All amounts in MiB.
 */
#ifndef MANAGER_MEMBOARD_H
#define MANAGER_MEMBOARD_H

#include "vmwizard/memplan.h"

struct memboard_row {
	char *name;
	char letter; /* of its part in the bars */
	int64_t now, then;
	int64_t least, most;
	const char *why_not; /* it cannot be changed; NULL: it can */
};

struct memboard {
	struct memboard_row *rows; /* dom0 and what runs, in the list's order */
	size_t count;
	size_t at;   /* the chosen row */
	size_t step; /* index into memboard_steps */
	int64_t total, hypervisor, free_now, free_then;
};

#define MEMBOARD_STEPS 4
extern const int64_t memboard_steps[MEMBOARD_STEPS];

void memboard_init(struct memboard *board, const struct vm_list *list);
void memboard_dispose(struct memboard *board);
/* The next one; stops at the ends. */
void memboard_choose(struct memboard *board, int by);

/* The guest on the other side of the chosen one's border: the next that can change; NULL: what is free. */
struct memboard_row *memboard_partner(const struct memboard *board);
/*
 * Moves one step, or what is left to the next limit, between the chosen guest and its partner, or
 * with_free: what is free. sign 1: the chosen one takes; -1: it gives. At a limit -1 and err says
 * which.
 */
int memboard_move(struct memboard *board, int sign, bool with_free, struct err *err);

bool memboard_is_changed(const struct memboard *board);
/* What differs, as wishes; names are the board's. The caller frees. */
struct memplan_wish *memboard_wishes(const struct memboard *board, size_t *ret_count);

/* The machine in so many characters: each row's part in its letter, "#" Xen itself, "." free. */
void memboard_bar(const struct memboard *board, bool is_then, size_t width, struct str *ret_text);

#endif
