/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wizard: list of systems, summary page, OK. */
#include "create.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "pages.h"
#include "summary.h"
#include "ui/wizard.h"
#include "vmwizard/image.h"
#include "vmwizard/paths.h"
#include "xlcfg.h"

static void create_init(struct create *c, struct ui *ui, struct session *session)
{
	*c = (struct create){.ui = ui, .session = session};
	vm_spec_init(&c->spec);
	vm_spec_init(&c->before);
}

static void create_dispose(struct create *c)
{
	vm_spec_dispose(&c->spec);
	vm_spec_dispose(&c->before);
	vm_host_dispose(&c->host);
	free(c->old_text);
}

bool create_ask_line(struct create *c, const struct ui_question *q, const char *label,
	const char *value, unsigned max, char **ret_value)
{
	struct ui_field field = {.id = "value", .label = label, .max = max};

	ui_field_set(&field, value);
	if (ui_form(c->ui, q, &field, 1) != UI_OK)
		return false;
	*ret_value = xstrdup(field.value);
	return true;
}

static bool has_text(const struct problems *problems, const char *text)
{
	for (size_t i = 0; i < problems->count; i++) {
		if (strcmp(problems->items[i].text, text) == 0)
			return true;
	}
	return false;
}

/* The errors of a that b does not have. */
static void add_new_errors(const struct problems *a, const struct problems *b, struct str *text)
{
	for (size_t i = 0; i < a->count; i++) {
		if (a->items[i].level == PROBLEM_ERROR && !has_text(b, a->items[i].text))
			str_add(text, "%s\n", a->items[i].text);
	}
}

bool create_accept(struct create *c, struct vm_spec *changed)
{
	struct problems before = PROBLEMS_INIT, after = PROBLEMS_INIT;
	CLEANUP(str_dispose) struct str errors = STR_INIT;
	struct vm_spec old = c->spec;

	vm_spec_complete(changed, c->profile, &c->host);
	image_choose_formats(c->host.root, changed);
	vm_check(&c->spec, c->profile, &c->host, NULL, !c->is_edit, &before);
	vm_check(changed, c->profile, &c->host, NULL, !c->is_edit, &after);
	add_new_errors(&after, &before, &errors);
	problems_dispose(&before);
	problems_dispose(&after);
	if (errors.len > 0) {
		ui_say(c->ui, _("This cannot be"), "%s", str_text(&errors));
		return false;
	}
	c->spec = *changed;
	*changed = old;
	return true;
}

/* --- a new guest */

static enum ui_result os_page(struct ui *ui, void *state)
{
	(void)ui;
	return os_choose(state);
}

static enum ui_result summary_page(struct ui *ui, void *state)
{
	(void)ui;
	return summary_run(state);
}

static const char *abort_text(const void *state)
{
	(void)state;
	return _("Nothing has been made yet.");
}

static enum ui_result run_create(struct create *c)
{
	static const struct wizard_page pages[] = {
		{.id = "os",
			.help = N_(
				"Each system comes with what it needs: virtualization method, "
				"memory, disk, devices, where its installer lies. Nothing is "
				"asked of the network for this list.\n\nThe word at the end says "
				"what has been tried: installed (an installation to its end), "
				"booted (its kernel or installer was seen), generated (only its "
				"configuration was checked)."),
			.run = os_page},
		{.id = "summary",
			.help = N_("Everything has a value. OK makes the virtual machine, starts "
				   "it and shows its console, which Ctrl-] leaves. Each heading "
				   "opens its page."),
			.run = summary_page},
	};
	static const struct wizard wizard = {.headline = N_("Create virtual machine"),
		.pages = pages,
		.n_pages = ARRAY_SIZE(pages),
		.abort_text = abort_text};

	return wizard_run(c->ui, &wizard, c);
}

enum ui_result pages_create(struct ui *ui, struct session *session, char **ret_name)
{
	struct create c;
	struct err err = ERR_INIT;
	enum ui_result result = UI_BACK;

	create_init(&c, ui, session);
	vm_host_init(&c.host);
	if (session_read_host(session, VM_HOST_WHOLE, &c.host, &err) != 0)
		ui_say(ui, _("Create virtual machine"), "%s", err.text);
	else
		result = run_create(&c);
	if (result == UI_OK)
		*ret_name = xstrdup(c.spec.name);
	create_dispose(&c);
	return result;
}

/* --- a guest that is there */

static int load(struct create *c, const char *name, struct problems *problems, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(mem_free_string) char *path = vm_cfg_path(name);

	if (session_read_host(c->session, VM_HOST_WHOLE, &c->host, err) != 0 ||
		file_read(c->session->root, path, XLCFG_FILE_MAX, &text, err) != 0)
		return -1;
	vm_spec_dispose(&c->before);
	if (vm_xlcfg_read(str_text(&text), name, &c->before, problems, err) != 0)
		return -1;
	c->old_text = xstrdup(str_text(&text));
	c->profile = profiles_find(&c->session->profiles, c->before.os);
	if (!c->profile)
		c->profile = profiles_find(&c->session->profiles, "generic-linux");
	if (!c->profile)
		return err_set(
			err, ERR_MISSING, 0, _("there is no profile for \"%s\""), c->before.os);
	vm_spec_dispose(&c->spec);
	vm_spec_copy(&c->spec, &c->before);
	vm_spec_complete(&c->spec, c->profile, &c->host);
	return 0;
}

/* Keys that xl does not know and the like: said before, kept in the file all the same. */
static void say_problems(struct ui *ui, const char *name, const struct problems *problems)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;

	for (size_t i = 0; i < problems->count; i++)
		str_add(&text, _("Line %u: %s\n"), problems->items[i].line,
			problems->items[i].text);
	if (text.len > 0)
		ui_say(ui, name, _("%s\nThese lines stay as they are."), str_text(&text));
}

enum ui_result pages_edit(struct ui *ui, struct session *session, const char *name)
{
	struct problems problems = PROBLEMS_INIT;
	struct create c;
	struct err err = ERR_INIT;
	enum ui_result result = UI_BACK;

	create_init(&c, ui, session);
	vm_host_init(&c.host);
	c.is_edit = true;
	if (load(&c, name, &problems, &err) != 0) {
		ui_say(ui, name, "%s", err.text);
	} else {
		say_problems(ui, name, &problems);
		result = summary_run(&c);
	}
	problems_dispose(&problems);
	create_dispose(&c);
	return result;
}

/* --- domus-vm create */

int pages_create_main(const char *root, const char *facts_path)
{
	struct session session;
	struct err err = ERR_INIT;
	struct ui ui;
	char *name = NULL;
	enum ui_result result;

	if (session_open(&session, root, facts_path, &err) != 0 ||
		session_load_profiles(&session, &err) != 0 ||
		ui_open("domus-vm create", &ui, &err) != 0) {
		(void)fprintf(stderr, "domus-vm: %s\n", err.text);
		return 1;
	}
	result = pages_create(&ui, &session, &name);
	ui_close(&ui);
	if (result == UI_OK && !session_is_dry(&session))
		(void)printf(
			_("%s is there. domus-vm shows it, domus-vm console %s its console.\n"),
			name, name);
	free(name);
	session_close(&session);
	return result == UI_OK ? 0 : 1;
}
