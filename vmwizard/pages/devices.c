/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of disks and of network adapters. */
#include "devices.h"

#include <stdlib.h>

#include "lang.h"
#include "mem.h"

void devices_begin(struct create *c, struct vm_spec *ret_copy)
{
	vm_spec_copy(ret_copy, &c->spec);
	/* From here on the list counts, not what the profile proposes. */
	ret_copy->has_disks = true;
	ret_copy->has_nics = true;
}

bool devices_end(struct create *c, struct vm_spec *copy)
{
	bool is_taken = create_accept(c, copy);

	vm_spec_dispose(copy);
	return is_taken;
}

int devices_menu(struct create *c, const struct ui_question *q, const struct ui_item *items,
	size_t count, size_t *chosen)
{
	return ui_menu(c->ui, q, items, count, chosen) == UI_OK ? (int)*chosen : -1;
}

static size_t count_additions(const struct devices_kind *kind)
{
	size_t count = 0;

	while (kind->additions[count].tag)
		count++;
	return count;
}

static int show(struct create *c, const struct devices_kind *kind, size_t *chosen)
{
	size_t count = kind->count(&c->spec), more = count_additions(kind);
	struct ui_item *items = xcalloc(count + more, sizeof(items[0]));
	struct str *tags = xcalloc(count + 1, sizeof(tags[0]));
	struct str *texts = xcalloc(count + 1, sizeof(texts[0]));
	struct ui_question q = {.id = kind->id,
		.title = _(kind->title),
		.text = _(kind->text),
		.help = _(kind->help),
		.ok = _("Choose")};
	int result;

	for (size_t i = 0; i < count; i++) {
		kind->describe(c, i, &tags[i], &texts[i]);
		items[i] = (struct ui_item){.tag = str_text(&tags[i]), .text = str_text(&texts[i])};
	}
	for (size_t i = 0; i < more; i++)
		items[count + i] = (struct ui_item){
			.tag = _(kind->additions[i].tag), .text = _(kind->additions[i].text)};
	if (*chosen >= count + more)
		*chosen = 0;
	result = devices_menu(c, &q, items, count + more, chosen);
	for (size_t i = 0; i < count; i++) {
		str_dispose(&tags[i]);
		str_dispose(&texts[i]);
	}
	free(tags);
	free(texts);
	free(items);
	return result;
}

void devices_run(struct create *c, const struct devices_kind *kind)
{
	size_t chosen = 0;
	int result;

	while ((result = show(c, kind, &chosen)) >= 0) {
		size_t count = kind->count(&c->spec);

		if ((size_t)result < count)
			kind->open(c, (size_t)result);
		else
			kind->add(c, (size_t)result - count);
	}
}
