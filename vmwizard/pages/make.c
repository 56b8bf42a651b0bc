/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What OK does: checks, plan, execution with progress, console. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "create.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "progress.h"
#include "vmwizard/act.h"

/* --- before anything is made */

static bool is_possible(struct create *c)
{
	struct problems problems = PROBLEMS_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;

	vm_check(&c->spec, c->profile, &c->host, NULL, !c->is_edit, &problems);
	for (size_t i = 0; i < problems.count; i++) {
		if (problems.items[i].level == PROBLEM_ERROR)
			str_add(&text, "%s\n", problems.items[i].text);
	}
	problems_dispose(&problems);
	if (text.len > 0)
		ui_say(c->ui, _("Not possible yet"), "%s", str_text(&text));
	return text.len == 0;
}

static int preview_new(struct create *c, struct str *text, struct err *err)
{
	struct vm_plan plan;

	if (vm_plan_build(&c->spec, c->profile, &c->host, &plan, err) != 0)
		return -1;
	str_add(text, "%s", _("What will be done:\n"));
	vm_plan_show(&plan, text);
	vm_plan_dispose(&plan);
	return 0;
}

static int new_text(struct create *c, struct str *text, struct err *err)
{
	return vm_xlcfg_update(c->old_text, &c->before, &c->spec, c->profile, &c->host, text, err);
}

int make_preview(struct create *c, struct str *ret_text, struct err *err)
{
	CLEANUP(str_dispose) struct str edited = STR_INIT;

	if (!c->is_edit)
		return preview_new(c, ret_text, err);
	if (new_text(c, &edited, err) != 0)
		return -1;
	vm_xlcfg_show(str_text(&edited), ret_text);
	return 0;
}

void config_open(struct create *c)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct ui_question q = {
		.id = "config", .title = _("Configuration"), .help = "", .ok = _("OK")};
	struct err err = ERR_INIT;

	if (make_preview(c, &text, &err) != 0) {
		ui_say(c->ui, q.title, "%s", err.text);
		return;
	}
	q.text = str_text(&text);
	(void)ui_text(c->ui, &q);
}

/* --- a new guest */

/* Firmware and the installers behind it talk to the screen; a kernel of ours to the console. */
bool make_is_graphical(const struct create *c)
{
	return c->spec.method == VM_HVM && c->spec.has_vnc && c->spec.boot != VM_BOOT_DIRECT;
}

static void show_notes(struct create *c, const struct vm_plan *plan)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct ui_question q = {.id = "notes", .title = plan->name, .help = "", .ok = _("OK")};

	for (size_t i = 0; i < plan->notes.count; i++)
		str_add(&text, "%s\n", plan->notes.items[i]);
	if (text.len == 0)
		return;
	q.text = str_text(&text);
	(void)ui_text(c->ui, &q);
}

/* B10 of the walkthrough: what to type on another computer to see the guest's screen. */
static void show_screen(struct create *c, const struct vm_plan *plan)
{
	const struct vm_action a = {
		.root = c->session->root, .xen = c->session->xen, .name = plan->name};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct ui_question q = {.id = "screen", .title = plan->name, .help = "", .ok = _("OK")};
	struct err err = ERR_INIT;

	if (vm_vnc_help(&a, &text, &err) != 0)
		str_add(&text, "%s", err.text);
	q.text = str_text(&text);
	(void)ui_text(c->ui, &q);
}

static void attach(struct create *c, const struct vm_plan *plan)
{
	const struct vm_action a = {
		.root = c->session->root, .xen = c->session->xen, .name = plan->name};
	struct err err = ERR_INIT;

	if (console_attach(c->ui, &a, &err) != 0)
		ui_say(c->ui, plan->name,
			_("%s.\nThe guest has ended already; its details show its console's log."),
			err.text);
}

static enum ui_result carry_out(struct create *c, const struct vm_plan *plan)
{
	struct progress progress;
	struct err err = ERR_INIT;
	int rc;

	progress_begin(&progress, c->ui, _("Create virtual machine"));
	rc = vm_plan_execute(c->session->root, plan, &progress.calls, &err);
	progress_end(&progress);
	if (rc != 0) {
		ui_say(c->ui, _("Nothing was made"), "%s", err.text);
		return UI_BACK;
	}
	if (c->spec.start && make_is_graphical(c))
		show_screen(c, plan);
	else if (!c->spec.start || !plan->has_console)
		show_notes(c, plan);
	else
		attach(c, plan);
	return UI_OK;
}

/* Facts from a file: what would be done is all there is. */
static enum ui_result show_only(struct create *c)
{
	config_open(c);
	return UI_OK;
}

enum ui_result make_guest(struct create *c)
{
	struct err err = ERR_INIT;
	struct vm_plan plan;
	enum ui_result result;

	if (!is_possible(c))
		return UI_BACK;
	if (session_is_dry(c->session))
		return show_only(c);
	if (vm_spec_draw(&c->spec, &err) != 0 ||
		vm_plan_build(&c->spec, c->profile, &c->host, &plan, &err) != 0) {
		ui_say(c->ui, _("Nothing was made"), "%s", err.text);
		return UI_BACK;
	}
	result = carry_out(c, &plan);
	vm_plan_dispose(&plan);
	return result;
}

/* --- a guest that is there */

static int write_edit(struct create *c, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	const struct vm_action a = {.root = c->session->root, .name = c->spec.name};

	if (vm_spec_draw(&c->spec, err) != 0 || new_text(c, &text, err) != 0)
		return -1;
	return act_write_text(&a, &text, err);
}

enum ui_result make_edit(struct create *c)
{
	struct err err = ERR_INIT;

	if (!is_possible(c))
		return UI_BACK;
	if (session_is_dry(c->session))
		return show_only(c);
	if (write_edit(c, &err) == 0)
		return UI_OK;
	ui_say(c->ui, _("Nothing was written"), "%s", err.text);
	return UI_BACK;
}
