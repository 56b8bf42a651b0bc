/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A page that lists devices of one kind: each opens, new ones are added at the end. */
#ifndef PAGES_DEVICES_H
#define PAGES_DEVICES_H

#include "create.h"

struct devices_kind {
	const char *id, *title, *text, *help;
	size_t (*count)(const struct vm_spec *spec);
	/* Short name and description of one. */
	void (*describe)(
		const struct create *c, size_t i, struct str *ret_tag, struct str *ret_text);
	void (*open)(struct create *c, size_t i);
	/* What can be added, ends with tag NULL. */
	const struct ui_item *additions;
	void (*add)(struct create *c, size_t which);
};

void devices_run(struct create *c, const struct devices_kind *kind);

/* Changes made to a copy: begin, change, end. end returns whether they were taken. */
void devices_begin(struct create *c, struct vm_spec *ret_copy);
bool devices_end(struct create *c, struct vm_spec *copy);

/* A list of properties with their values; the index chosen, or -1 when it was left. */
int devices_menu(struct create *c, const struct ui_question *q, const struct ui_item *items,
	size_t count, size_t *chosen);

#endif
