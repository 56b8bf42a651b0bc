/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of operating systems. */
#include <stdlib.h>
#include <string.h>

#include "create.h"
#include "lang.h"
#include "mem.h"
#include "ui/width.h"

#define NAME_WIDTH 42

/* One line of the list. The demo guest stands there once for each method, to be tried at once. */
struct os_row {
	const struct profile *profile;
	enum vm_method method;
	char *tag, *text, *why_not;
};

struct os_list {
	struct os_row *rows;
	size_t count;
};

static const char *method_word(enum vm_method method)
{
	static const char *const words[VM_METHODS] = {"", "PV", "PVH", "HVM"};

	return words[method];
}

static char *row_text(const struct profile *profile, enum vm_method method, const char *why_not)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;

	if (why_not[0] != '\0') {
		str_add(&text, "%s: %s", _(profile->name), why_not);
	} else {
		CLEANUP(mem_free_string)
		char *name = profile->family == PROFILE_DEMO
				     ? xasprintf("%s, %s", _(profile->name), method_word(method))
				     : xstrdup(_(profile->name));

		width_add_cell(&text, name, NAME_WIDTH);
		str_add(&text, " %s", _(profile_tested_words[profile->method[method].tested]));
	}
	return xstrdup(str_text(&text));
}

static void add_row(struct os_list *list, const struct profile *profile, enum vm_method method,
	const char *tag, const char *why_not)
{
	struct os_row *row;

	list->rows = xreallocarray(list->rows, list->count + 1, sizeof(list->rows[0]));
	row = &list->rows[list->count++];
	*row = (struct os_row){.profile = profile,
		.method = method,
		.tag = xstrdup(tag),
		.text = row_text(profile, method, why_not),
		.why_not = why_not[0] != '\0' ? xstrdup(why_not) : NULL};
}

static void add_demo(const struct create *c, struct os_list *list, const struct profile *profile)
{
	for (size_t i = 0; i < profile->methods.count; i++) {
		enum vm_method method = vm_method_find(profile->methods.items[i]);
		CLEANUP(mem_free_string)
		char *tag = xasprintf("%s %s", profile->id, profile->methods.items[i]);

		add_row(list, profile, method, tag,
			profile->missing[0] != '\0' ? profile->missing
						    : vm_cannot(&c->host, profile, method));
	}
}

static void add_profile(const struct create *c, struct os_list *list, const struct profile *profile)
{
	enum vm_method method = vm_best_method(profile, &c->host);
	const char *why_not = profile->missing;

	if (why_not[0] == '\0' && method == VM_METHOD_AUTO && profile->methods.count > 0)
		why_not = vm_cannot(&c->host, profile, vm_method_find(profile->methods.items[0]));
	add_row(list, profile, method, profile->id, why_not);
}

static void dispose_list(struct os_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->rows[i].tag);
		free(list->rows[i].text);
		free(list->rows[i].why_not);
	}
	free(list->rows);
}

static void take_row(struct create *c, const struct os_row *row)
{
	CLEANUP(mem_free_string) char *name = NULL;

	/* Back from the summary and on again without another choice keeps what was entered. */
	if (c->profile == row->profile && c->spec.method == row->method)
		return;
	c->profile = row->profile;
	vm_spec_dispose(&c->spec);
	vm_spec_init(&c->spec);
	vm_spec_defaults(c->profile, row->method, &c->host, &c->spec);
	vm_spec_complete(&c->spec, c->profile, &c->host);
	if (c->spec.name[0] == '\0') {
		name = vm_free_name(c->profile, &c->host);
		vm_spec_set(&c->spec.name, name);
	}
}

enum ui_result os_choose(struct create *c)
{
	struct os_list list = {.rows = NULL};
	struct ui_item *items;
	struct ui_question q = {.id = "os",
		.title = _("Operating System"),
		.text = _("Which system will the virtual machine run?"),
		.ok = _("Next")};
	enum ui_result result = UI_BACK;
	size_t chosen = 0;

	for (size_t i = 0; i < c->session->profiles.count; i++) {
		const struct profile *profile = &c->session->profiles.items[i];

		if (profile->family == PROFILE_DEMO)
			add_demo(c, &list, profile);
		else
			add_profile(c, &list, profile);
	}
	items = xcalloc(list.count + 1, sizeof(items[0]));
	for (size_t i = 0; i < list.count; i++) {
		items[i] = (struct ui_item){.tag = list.rows[i].tag,
			.text = list.rows[i].text,
			.why_not = list.rows[i].why_not};
		if (c->profile == list.rows[i].profile &&
			(chosen == 0 || c->spec.method == list.rows[i].method))
			chosen = i;
	}
	if (list.count == 0)
		ui_say(c->ui, q.title, _("There are no profiles in %s."), PROFILE_DIR);
	else
		result = ui_menu(c->ui, &q, items, list.count, &chosen);
	if (result == UI_OK)
		take_row(c, &list.rows[chosen]);
	free(items);
	dispose_list(&list);
	return result;
}
