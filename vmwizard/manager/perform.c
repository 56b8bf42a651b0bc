/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The actions: what is asked before, and the engine's function that does it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "request.h"
#include "screen.h"
#include "state.h"
#include "ui/ui.h"
#include "vmwizard/action.h"
#include "vmwizard/ownership.h"
#include "vmwizard/pages/console.h"
#include "vmwizard/pages/pages.h"
#include "vmwizard/paths.h"
#include "xlcfg.h"

/* --- in the other process */

static void show_command(void *context, const char *command)
{
	job_say_command(context, command);
}

static bool show_amount(void *context, uint64_t done_bytes, uint64_t total_bytes)
{
	job_say_amount(context, done_bytes, total_bytes);
	return true;
}

/* A change of memory and CPUs is a request: said is what the guest has after it. */
static int change_resources(const struct vm_action *a, const struct request *request,
	const struct job_out *out, struct err *err)
{
	CLEANUP(str_dispose) struct str note = STR_INIT;
	int64_t now = 0;

	if (request->memory_mib > 0) {
		if (vm_set_memory(a, request->memory_mib, &now, err) != 0)
			return -1;
		str_add(&note, _("asked for %" PRId64 " MiB, it has %" PRId64 " MiB"),
			request->memory_mib, now);
	}
	if (request->vcpus > 0) {
		if (vm_set_vcpus(a, request->vcpus, &now, err) != 0)
			return -1;
		str_add(&note, _("%sasked for %" PRId64 " vCPUs, it has %" PRId64),
			note.len > 0 ? "; " : "", request->vcpus, now);
	}
	if (request->pin) {
		if (vm_pin(a, request->pin, request->soft_pin, err) != 0)
			return -1;
		str_add(&note, _("%sreal CPUs: %s"), note.len > 0 ? "; " : "",
			request->pin[0] != '\0' ? request->pin : _("all"));
		if (request->soft_pin[0] != '\0')
			str_add(&note, _(", rather %s"), request->soft_pin);
	}
	if (request->weight > 0) {
		if (vm_weight(a, request->weight, request->cap, err) != 0)
			return -1;
		str_add(&note, _("%sweight %" PRId64 ", cap %" PRId64), note.len > 0 ? "; " : "",
			request->weight, request->cap);
	}
	if ((request->kept_memory_mib > 0 &&
		    vm_keep_memory(a, request->kept_memory_mib, err) != 0) ||
		(request->kept_vcpus > 0 && vm_keep_vcpus(a, request->kept_vcpus, err) != 0))
		return -1;
	if (request->kept_memory_mib > 0 || request->kept_vcpus > 0)
		str_add(&note, _("%skept for later starts"), note.len > 0 ? "; " : "");
	job_say_note(out, str_text(&note));
	return 0;
}

static int call_engine(const struct vm_action *a, const struct request *request,
	const struct job_out *out, struct err *err)
{
	const struct vm_progress progress = {
		.context = (void *)(uintptr_t)out, .amount = show_amount};
	const struct vm_domain *guest = request->guest;

	switch (request->action) {
	case ACTION_START:
		return guest->state == VM_STATE_SAVED ? vm_restore(a, err) : vm_start(a, err);
	case ACTION_SHUTDOWN:
		return vm_shutdown(a, err);
	case ACTION_REBOOT:
		return vm_reboot(a, err);
	case ACTION_PAUSE:
		return guest->state == VM_STATE_PAUSED ? vm_unpause(a, err) : vm_pause(a, err);
	case ACTION_SAVE:
		return vm_save(a, err);
	case ACTION_FORCE_OFF:
		return vm_destroy(a, err);
	case ACTION_RESOURCES:
		return change_resources(a, request, out, err);
	case ACTION_CD:
		return vm_cdrom(a, request->text, err);
	case ACTION_AUTOSTART:
		return vm_autostart(a, !guest->autostart, err);
	case ACTION_MOVE:
		return move_do(request, a->xen, out, err);
	case ACTION_CLONE:
		return vm_clone(a, request->text, &progress, err);
	case ACTION_RENAME:
		return vm_rename(a, request->text, err);
	case ACTION_DELETE:
		return vm_delete(a, request->with_disks, err);
	case ACTION_CONSOLE:
	case ACTION_SCREEN:
	case ACTION_EDIT:
	case ACTION_DETAILS:
	case ACTIONS:
		break;
	}
	return 0;
}

/* A connection to Xen does not survive a fork: it opens its own. */
static int work(const struct job_out *out, const void *arg, struct err *err)
{
	const struct request *request = arg;
	struct vm_action a = {.root = request->root,
		.name = request->guest->name,
		.show = show_command,
		.context = (void *)(uintptr_t)out,
		.is_dry = request->is_dry,
		.is_forced = request->is_forced};
	int rc;

	/* Which drive it is, only Xen or its file could say. */
	if (a.is_dry && request->action == ACTION_CD) {
		CLEANUP(mem_free_string) char *command = action_command(ACTION_CD, request->guest);

		job_say_command(out, command);
		return 0;
	}
	if (!a.is_dry && vm_xen_open(&a.xen, err) != 0)
		return -1;
	rc = call_engine(&a, request, out, err);
	if (a.xen)
		vm_xen_close(a.xen);
	return rc;
}

/* --- questions */

static bool is_busy(struct manager *m, const char *guest)
{
	for (size_t i = 0; i < m->n_jobs; i++) {
		if (strcmp(m->jobs[i].guest, guest) == 0)
			return true;
	}
	return false;
}

static void begin(struct manager *m, struct request *request)
{
	const struct vm_domain *guest = request->guest;
	bool is_renaming = request->action == ACTION_RENAME || request->action == ACTION_CLONE;
	struct err err = ERR_INIT;

	request->root = m->session->root;
	request->is_dry = session_is_dry(m->session);
	if (m->n_jobs == MANAGER_JOBS_MAX || is_busy(m, guest->name))
		manager_say(m, _("%s: wait until what goes on has ended"), guest->name);
	else if (job_start(&m->jobs[m->n_jobs], guest->name, _(action_rows[request->action].what),
			 work, request, &err) != 0)
		manager_say(m, "%s: %s", guest->name, err.text);
	else
		m->jobs[m->n_jobs++].follow = is_renaming ? xstrdup(request->text) : NULL;
}

/* Yes or no, and no is the default. */
static bool is_sure(struct manager *m, const struct vm_domain *guest, enum action action)
{
	CLEANUP(mem_free_string) char *command = action_command(action, guest);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct ui_question q = {
		.id = "sure", .title = action_word(action, guest), .help = "", .text = NULL};
	bool yes = false;

	str_add(&text, _("%s \"%s\"?\n\n"), action_word(action, guest), guest->name);
	if (action == ACTION_FORCE_OFF)
		str_add(&text, "%s",
			_("This is like pulling the plug: what the guest has not written to its "
			  "disks\nis lost.\n\n"));
	str_add(&text, _("Command: %s"), command);
	q.text = str_text(&text);
	return ui_yes_no(m->ui, &q, &yes) == UI_OK && yes;
}

/* A new name for a rename or a clone; false when there is none. The caller frees. */
static bool ask_name(struct manager *m, struct request *request, char **ret_name)
{
	struct ui_field field = {.id = "name", .label = _("New name"), .max = 63};
	struct ui_question q = {.id = "new-name",
		.title = action_word(request->action, request->guest),
		.text = request->action == ACTION_CLONE
				? _("A copy with its own disks, uuid and MAC addresses.")
				: _("The guest's file, its disks made by Domus and its autostart "
				    "follow."),
		.help = "",
		.ok = _("OK")};
	CLEANUP(mem_free_string)
	char *proposal = request->action == ACTION_CLONE
				 ? xasprintf("%s-copy", request->guest->name)
				 : xstrdup(request->guest->name);

	ui_field_set(&field, proposal);
	for (;;) {
		struct err err = ERR_INIT;

		if (ui_form(m->ui, &q, &field, 1) != UI_OK)
			return false;
		if (vm_list_find(&m->rows.list, field.value))
			(void)err_set(
				&err, ERR_INVALID, 0, _("There is a \"%s\" already."), field.value);
		else if (vm_check_name(field.value, &err) == 0)
			break;
		ui_say(m->ui, _("New name"), "%s", err.text);
	}
	*ret_name = xstrdup(field.value);
	return true;
}

static bool ask_delete(struct manager *m, struct request *request)
{
	enum { KEEP_ALL, KEEP_DISKS, WITH_DISKS };
	static const struct ui_item items[] = {
		[KEEP_ALL] = {.tag = N_("Keep"), .text = N_("delete nothing")},
		[KEEP_DISKS] = {.tag = N_("Definition"),
			.text = N_("delete the definition, keep the disks")},
		[WITH_DISKS] = {.tag = N_("Everything"),
			.text = N_("delete the definition and the disks that Domus made for it")},
	};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct ui_question q = {.id = "delete", .title = _("Delete"), .help = "", .ok = _("OK")};
	size_t chosen = KEEP_ALL;

	str_add(&text, _("What of \"%s\" is deleted? It cannot be undone."), request->guest->name);
	if (request->guest->state == VM_STATE_SAVED)
		str_add(&text, "%s", _("\nIts saved state is lost in any case."));
	q.text = str_text(&text);
	if (ui_menu(m->ui, &q, items, ARRAY_SIZE(items), &chosen) != UI_OK || chosen == KEEP_ALL)
		return false;
	request->with_disks = chosen == WITH_DISKS;
	return true;
}

static bool ask_other_path(struct manager *m, char **ret_path)
{
	struct ui_field field = {.id = "path", .label = _("Path")};
	struct ui_question q = {.id = "cd-path",
		.title = _("Change CD"),
		.text = _("Path of an ISO file or of a drive such as /dev/sr0."),
		.help = "",
		.ok = _("OK")};
	struct err err = ERR_INIT;

	for (;;) {
		if (ui_form(m->ui, &q, &field, 1) != UI_OK)
			return false;
		if (vm_check_path(field.value, &err) == 0)
			break;
		ui_say(m->ui, _("Change CD"), "%s", err.text);
	}
	*ret_path = xstrdup(field.value);
	return true;
}

/* "" is the empty drive. The caller frees. */
static bool ask_cd(struct manager *m, struct request *request, char **ret_path)
{
	CLEANUP(mem_free_string)
	char *text = xasprintf(_("What is in the CD drive of \"%s\"?"), request->guest->name);
	struct ui_question q = {
		.id = "cd", .title = _("Change CD"), .text = text, .help = "", .ok = _("OK")};
	struct err err = ERR_INIT;
	struct vm_host host;
	struct ui_item *items;
	size_t chosen = 0;
	enum ui_result result;

	if (session_read_host(m->session, VM_HOST_WHOLE, &host, &err) != 0) {
		ui_say(m->ui, _("Change CD"), "%s", err.text);
		return false;
	}
	CLEANUP(mem_free_string) char *missing = vm_missing_places(&host);
	CLEANUP(mem_free_string)
	char *more = missing ? xasprintf(_("%s\nPools that are not there now: %s."), text, missing)
			     : NULL;
	q.text = more ? more : text;
	items = xcalloc(host.n_isos + 2, sizeof(items[0]));
	items[0] = (struct ui_item){.tag = _("Empty"), .text = _("no CD")};
	for (size_t i = 0; i < host.n_isos; i++)
		items[i + 1] =
			(struct ui_item){.tag = host.isos[i].path, .text = host.isos[i].label};
	items[host.n_isos + 1] =
		(struct ui_item){.tag = _("Other"), .text = _("another file or a drive")};
	result = ui_menu(m->ui, &q, items, host.n_isos + 2, &chosen);
	if (result == UI_OK && chosen == host.n_isos + 1)
		result = ask_other_path(m, ret_path) ? UI_OK : UI_BACK;
	else if (result == UI_OK)
		*ret_path = xstrdup(chosen == 0 ? "" : host.isos[chosen - 1].path);
	free(items);
	vm_host_dispose(&host);
	return result == UI_OK;
}

/* A disk on a shared pool that another host owns is not taken by a key alone. */
static bool ask_start(struct manager *m, struct request *request)
{
	CLEANUP(mem_free_string) char *path = vm_cfg_path(request->guest->name);
	CLEANUP(str_dispose) struct str file = STR_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct ui_question q = {.id = "take", .title = _("Start"), .help = "", .text = NULL};
	struct err why = ERR_INIT;

	if (file_read(m->session->root, path, XLCFG_FILE_MAX, &file, NULL) != 0 ||
		ownership_do_text(m->session->root, request->guest->name, str_text(&file),
			OWNERSHIP_CHECK, &why) == 0)
		return true;
	str_add(&text,
		_("%s\n\nTake it over? If a guest still uses it over there, both write to it and "
		  "destroy what is on it."),
		why.text);
	q.text = str_text(&text);
	return ui_yes_no(m->ui, &q, &request->is_forced) == UI_OK && request->is_forced;
}

/* --- what is no work for another process */

static void attach_console(struct manager *m, const struct vm_domain *guest)
{
	const struct vm_action a = {.root = m->session->root,
		.xen = m->session->xen,
		.name = guest->name,
		.is_dry = session_is_dry(m->session)};
	struct err err = ERR_INIT;

	if (console_attach(m->ui, &a, &err) != 0)
		manager_say(m, "%s: %s", guest->name, err.text);
	else
		manager_say(m,
			a.is_dry ? _("%s: would run: xl console %s")
				 : _("%s: console left (xl console %s)"),
			guest->name, guest->name);
	m->taken_ms = 0;
}

static void show_screen_help(struct manager *m, const struct vm_domain *guest)
{
	const struct vm_action a = {.root = m->session->root,
		.xen = m->session->xen,
		.name = guest->name,
		.is_dry = session_is_dry(m->session)};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct ui_question q = {
		.id = "screen", .title = _("Graphical screen"), .help = "", .ok = _("OK")};
	struct err err = ERR_INIT;

	if (vm_vnc_help(&a, &text, &err) != 0) {
		ui_say(m->ui, q.title, "%s", err.text);
		return;
	}
	q.text = str_text(&text);
	(void)ui_text(m->ui, &q);
}

static void edit(struct manager *m, const struct vm_domain *guest)
{
	if (pages_edit(m->ui, m->session, guest->name) != UI_OK)
		return;
	if (session_is_dry(m->session))
		manager_say(m, _("%s: nothing was written"), guest->name);
	else
		manager_say(m,
			rows_is_there(guest) ? _("%s: changed; it counts from its next start")
					     : _("%s: changed"),
			guest->name);
	m->taken_ms = 0;
}

/* --- one action */

/* Asks; true when the request stands. text is the caller's to free. */
static bool ask(struct manager *m, struct request *request, char **ret_text)
{
	switch (request->action) {
	case ACTION_SHUTDOWN:
	case ACTION_REBOOT:
	case ACTION_FORCE_OFF:
		return is_sure(m, request->guest, request->action);
	case ACTION_RESOURCES:
		return resources_ask(m, request);
	case ACTION_CD:
		return ask_cd(m, request, ret_text);
	case ACTION_MOVE:
		return move_ask(m, request, ret_text);
	case ACTION_CLONE:
	case ACTION_RENAME:
		return ask_name(m, request, ret_text);
	case ACTION_DELETE:
		return ask_delete(m, request);
	case ACTION_START:
		return ask_start(m, request);
	case ACTION_PAUSE:
	case ACTION_SAVE:
	case ACTION_AUTOSTART:
	case ACTION_CONSOLE:
	case ACTION_SCREEN:
	case ACTION_EDIT:
	case ACTION_DETAILS:
	case ACTIONS:
		break;
	}
	return true;
}

static void perform_on(struct manager *m, enum action action, const struct vm_domain *guest)
{
	struct request request = {.action = action, .guest = guest};
	CLEANUP(mem_free_string) char *text = NULL;

	if (action == ACTION_CONSOLE) {
		attach_console(m, guest);
	} else if (action == ACTION_SCREEN) {
		show_screen_help(m, guest);
	} else if (action == ACTION_EDIT) {
		edit(m, guest);
	} else if (action == ACTION_DETAILS) {
		details_show(m, guest);
	} else if (ask(m, &request, &text)) {
		request.text = text;
		begin(m, &request);
	}
	free(request.pin);
	free(request.soft_pin);
	screen_forget();
}

void perform(struct manager *m, enum action action)
{
	const struct vm_domain *guest = rows_chosen(&m->rows);
	const char *why_not = guest ? action_why_not(action, guest) : NULL;

	if (!guest)
		return;
	if (why_not)
		manager_say(m, "%s: %s: %s", guest->name, action_word(action, guest), why_not);
	else
		perform_on(m, action, guest);
}

void perform_menu(struct manager *m)
{
	const struct vm_domain *guest = rows_chosen(&m->rows);
	struct ui_item items[ACTIONS] = {{.tag = NULL}};
	char *commands[ACTIONS];
	struct ui_question q = {.id = "action", .help = "", .ok = _("Do it")};
	size_t chosen = 0;
	enum ui_result result;

	if (!guest)
		return;
	q.title = guest->name;
	for (size_t i = 0; i < ACTIONS; i++) {
		const char *why_not = action_why_not((enum action)i, guest);

		commands[i] = why_not ? xasprintf("(%s)", why_not)
				      : action_command((enum action)i, guest);
		items[i] = (struct ui_item){.tag = action_word((enum action)i, guest),
			.text = commands[i],
			.why_not = why_not};
	}
	while (chosen + 1 < ACTIONS && items[chosen].why_not)
		chosen++;
	result = ui_menu(m->ui, &q, items, ACTIONS, &chosen);
	for (size_t i = 0; i < ACTIONS; i++)
		free(commands[i]);
	screen_forget();
	if (result == UI_OK)
		perform_on(m, (enum action)chosen, guest);
}
