/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The summary page, with the headings of the walkthrough (B3 to B9) word for word. */
#include "summary.h"

#include <stdlib.h>

#include "lang.h"
#include "texts.h"

static void ok_value(const struct create *c, struct str *text)
{
	if (c->is_edit)
		str_add(text, _("write it to /etc/xen/%s.cfg"), c->spec.name);
	else if (!c->spec.start)
		str_add(text, "%s", _("make it"));
	else if (make_is_graphical(c))
		str_add(text, "%s", _("make it, start it, say how to see it"));
	else
		str_add(text, "%s", _("make it, start it, show its console"));
}

static void method_value(const struct create *c, struct str *text)
{
	/* The whole title of PVH is wider than the page. */
	str_add(text, "%s",
		c->spec.method == VM_PVH ? _("Paravirtualization, in hardware (PVH)")
					 : _(vm_method_titles[c->spec.method]));
}

static void name_value(const struct create *c, struct str *text)
{
	str_add(text, "%s", c->spec.name);
}

static void hardware_value(const struct create *c, struct str *text)
{
	texts_hardware(&c->spec, text);
}

static void disks_value(const struct create *c, struct str *text)
{
	texts_disks(&c->spec, text);
}

static void nics_value(const struct create *c, struct str *text)
{
	texts_nics(&c->spec, text);
}

static void install_value(const struct create *c, struct str *text)
{
	texts_install(&c->spec, c->profile, text);
}

static void options_value(const struct create *c, struct str *text)
{
	texts_options(&c->spec, text);
}

static void config_value(const struct create *c, struct str *text)
{
	str_add(text, "%s",
		c->is_edit ? _("see the xl.cfg as it will be")
			   : _("see the xl.cfg and what will be done"));
}

static const struct {
	const char *heading;
	page_value *value;
	page_open *open; /* NULL: this is OK itself */
} rows[] = {
	{N_("OK"), ok_value, NULL},
	{N_("Virtualization Method"), method_value, method_open},
	{N_("Name of Virtual Machine"), name_value, name_open},
	{N_("Hardware"), hardware_value, hardware_open},
	{N_("Disks"), disks_value, disks_open},
	{N_("Network Adapters"), nics_value, nics_open},
	{N_("Operating System Installation"), install_value, install_open},
	{N_("Options"), options_value, options_open},
	{N_("Configuration"), config_value, config_open},
};

/* What speaks against it stands above the list, errors first. */
static void add_problems(const struct create *c, struct str *text)
{
	struct problems problems = PROBLEMS_INIT;
	const struct problem *first;

	vm_check(&c->spec, c->profile, &c->host, NULL, !c->is_edit, &problems);
	first = problems_first(&problems);
	if (first)
		str_add(text, "\n%s: %s",
			first->level == PROBLEM_ERROR ? _("Not possible yet") : _("Note"),
			first->text);
	else if (c->profile->note[0] != '\0')
		str_add(text, "\n%s", _(c->profile->note));
	problems_dispose(&problems);
}

static enum ui_result ask(struct create *c, size_t *chosen)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct str values[ARRAY_SIZE(rows)];
	struct ui_item items[ARRAY_SIZE(rows)];
	struct ui_question q = {.id = "summary",
		.title = c->is_edit ? c->spec.name : _("Create virtual machine"),
		.ok = _("Choose")};
	enum ui_result result;

	str_add(&text, _("%s. Each heading opens its page."), _(c->profile->name));
	add_problems(c, &text);
	q.text = str_text(&text);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		values[i] = (struct str)STR_INIT;
		rows[i].value(c, &values[i]);
		items[i] =
			(struct ui_item){.tag = _(rows[i].heading), .text = str_text(&values[i])};
	}
	result = ui_menu(c->ui, &q, items, ARRAY_SIZE(rows), chosen);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		str_dispose(&values[i]);
	return result;
}

enum ui_result summary_run(struct create *c)
{
	size_t chosen = 0;

	while (!c->ui->is_gone) {
		enum ui_result result = ask(c, &chosen);

		if (result != UI_OK)
			return result;
		if (rows[chosen].open) {
			rows[chosen].open(c);
			continue;
		}
		result = c->is_edit ? make_edit(c) : make_guest(c);
		if (result == UI_OK)
			return result;
	}
	return UI_ABORT;
}
