/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All problems found in one file, with their lines: nothing stops at the first. */
#define _GNU_SOURCE
#include "problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lang.h"
#include "mem.h"

static void append(struct problems *p, enum problem_level level, unsigned line, char *text)
{
	p->items = xreallocarray(p->items, p->count + 1, sizeof(*p->items));
	p->items[p->count++] = (struct problem){.line = line, .level = level, .text = text};
	if (level == PROBLEM_ERROR)
		p->errors++;
}

void problems_add(struct problems *p, enum problem_level level, unsigned line, const char *fmt, ...)
{
	if (problems_are_full(p)) {
		/* A dropped error must still make the file bad. */
		if (level == PROBLEM_ERROR)
			p->errors++;
		return;
	}
	char buf[1024];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	append(p, level, line, xstrdup(buf));
	if (p->count == PROBLEMS_MAX - 1)
		append(p, PROBLEM_ERROR, line,
			xstrdup(_("too many problems; the rest is not shown")));
}

bool problems_are_full(const struct problems *p)
{
	return p->count >= PROBLEMS_MAX;
}

void problems_sort(struct problems *p)
{
	/* Insertion sort: stable, and there are few. */
	for (size_t i = 1; i < p->count; i++) {
		struct problem moving = p->items[i];
		size_t j = i;
		for (; j > 0 && p->items[j - 1].line > moving.line; j--)
			p->items[j] = p->items[j - 1];
		p->items[j] = moving;
	}
}

const struct problem *problems_first(const struct problems *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].level == PROBLEM_ERROR)
			return &p->items[i];
	return p->count ? &p->items[0] : NULL;
}

void problems_dispose(struct problems *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->items[i].text);
	free(p->items);
	*p = (struct problems)PROBLEMS_INIT;
}
