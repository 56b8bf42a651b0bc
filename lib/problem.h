/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All problems found in one file, with their lines: nothing stops at the first. */
#ifndef DOMUS_PROBLEM_H
#define DOMUS_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "attrs.h"

enum problem_level { PROBLEM_ERROR, PROBLEM_WARNING };

struct problem {
	unsigned line; /* 1 is the first; 0: the file as a whole */
	enum problem_level level;
	char *text;
};

/* Past this many, the rest is not kept: the file is not what it was taken for. */
#define PROBLEMS_MAX 200

struct problems {
	struct problem *items;
	size_t count;
	size_t errors; /* how many of them are errors */
};

#define PROBLEMS_INIT {.items = NULL, .count = 0, .errors = 0}

void problems_add(struct problems *p, enum problem_level level, unsigned line, const char *fmt, ...)
	ATTR_PRINTF(4, 5);
/* True when further problems would be dropped. */
bool problems_are_full(const struct problems *p);
/* By line, in the order of arrival within a line. */
void problems_sort(struct problems *p);
/* The first error (or, without one, the first warning); NULL when there is none. */
const struct problem *problems_first(const struct problems *p);
void problems_dispose(struct problems *p);

#endif
