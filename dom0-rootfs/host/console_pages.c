/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries of the console's menu. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bootargs.h"
#include "conntest.h"
#include "console.h"
#include "diagnostics.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "proc.h"
#include "settings.h"
#include "system.h"

enum { LOG_LINES = 500, TEST_STEP_MS = 4000, TOOL_TIMEOUT_MS = 30000 };

/* ---- other programs ---- */

/* Gives the terminal to another program until its end. */
static enum ui_result run_program(struct ui *ui, const char *const *argv)
{
	ui_suspend(ui);
	void (*old_int)(int) = signal(SIGINT, SIG_IGN);
	void (*old_quit)(int) = signal(SIGQUIT, SIG_IGN);
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		(void)signal(SIGINT, SIG_DFL);
		(void)signal(SIGQUIT, SIG_DFL);
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	(void)signal(SIGINT, old_int);
	(void)signal(SIGQUIT, old_quit);
	ui_resume(ui);
	if (pid < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 127))
		ui_say(ui, argv[0], _("%s cannot be started."), argv[0]);
	return UI_OK;
}

/* Shows what a program prints. */
enum ui_result console_show_output(struct ui *ui, const char *title, const char *const *argv)
{
	const struct proc_spec spec = {
		.argv = argv, .timeout_ms = TOOL_TIMEOUT_MS, .output_max_bytes = 256 * 1024};
	struct proc_result result = PROC_RESULT_INIT;
	struct err err = ERR_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (proc_run(&spec, &result, &err) < 0)
		str_add(&text, "%s\n", err.text);
	str_add(&text, "%s%s", str_text(&result.output), str_text(&result.errors));
	const struct ui_question q = {.id = "text",
		.title = title,
		.text = text.len ? str_text(&text) : _("Nothing."),
		.ok = _("OK"),
		.help = "",
		.is_wide = true};
	enum ui_result shown = ui_text(ui, &q);
	proc_result_dispose(&result);
	return shown;
}

enum ui_result page_guests(struct ui *ui, struct console *console)
{
	static const char *const argv[] = {"domus-vm", NULL};
	(void)console;
	return run_program(ui, argv);
}

enum ui_result page_create(struct ui *ui, struct console *console)
{
	static const char *const argv[] = {"domus-vm", "create", NULL};
	(void)console;
	return run_program(ui, argv);
}

enum ui_result page_shell(struct ui *ui, struct console *console)
{
	static const char *const argv[] = {"/bin/sh", "-c", "cd; exec sh -l", NULL};
	(void)console;
	return run_program(ui, argv);
}

/* ---- a page that is a menu of few things ---- */

enum ui_result console_run_choices(struct ui *ui, struct console *console, const char *id,
	const char *title, const struct console_choice *choices, size_t count)
{
	struct ui_item *items = xcalloc(count, sizeof(*items));
	size_t chosen = 0;
	enum ui_result result;
	for (size_t i = 0; i < count; i++)
		items[i] = (struct ui_item){.tag = _(choices[i].tag), .text = _(choices[i].text)};
	const struct ui_question q = {.id = id, .title = title, .ok = _("OK"), .help = ""};
	do {
		result = ui_menu(ui, &q, items, count, &chosen);
		if (result == UI_OK && !ui->is_gone)
			result = choices[chosen].run(ui, console);
		else
			break;
	} while (result != UI_ABORT && !ui->is_gone);
	free(items);
	return result;
}

/* ---- network ---- */

static enum ui_result network_settings(struct ui *ui, struct console *console)
{
	static const char *const kinds[] = {"bridge", "bond", "vlan", "nic", "network", NULL};
	const struct console_sections sections = {_("Network: settings"), kinds};
	return console_edit_sections(ui, console->root, &sections);
}

static enum ui_result network_status(struct ui *ui, struct console *console)
{
	const char *const argv[] = {
		"domus-host", "network", "status", "--root", console->root, NULL};
	return console_show_output(ui, _("Network devices"), argv);
}

static enum ui_result network_test(struct ui *ui, struct console *console)
{
	struct ui_field field = {.id = "host", .label = _("Host:"), .max = 255};
	const struct ui_question q = {.id = "test-host",
		.title = _("Test of the connection"),
		.text = _("Which host is to answer? A name or an address, with :80 behind it for "
			  "another port than 443. Empty: link, address, gateway and name server "
			  "only."),
		.ok = _("OK"),
		.help = ""};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	enum ui_result result = ui_form(ui, &q, &field, 1);
	if (result != UI_OK || ui->is_gone)
		return result;
	const struct conntest_spec spec = {
		.root = console->root, .host = field.value, .timeout_ms = TEST_STEP_MS};
	for (size_t i = 0; i < CONNTEST_STEPS; i++) {
		struct conntest_step step;
		const struct ui_question busy = {.id = "test",
			.title = _("Test of the connection"),
			.text = conntest_step_name(i)};
		ui_gauge(ui, &busy, (unsigned)(i * 100 / CONNTEST_STEPS));
		conntest_run_step(&spec, i, &step);
		str_add(&text, "%-12s %-8s %s\n", conntest_step_name(i),
			conntest_verdict_name(step.verdict), step.detail);
	}
	ui_gauge_end(ui);
	ui_say(ui, _("Test of the connection"), "%s", str_text(&text));
	return UI_OK;
}

enum ui_result page_network(struct ui *ui, struct console *console)
{
	static const struct console_choice choices[] = {
		{N_("settings"), N_("Bridges, bonds, VLANs, names of cards, name servers"),
			network_settings},
		{N_("status"), N_("Devices, links, addresses"), network_status},
		{N_("test"), N_("Does this host reach another?"), network_test},
	};
	return console_run_choices(
		ui, console, "network", _("Network"), choices, ARRAY_SIZE(choices));
}

/* ---- pages of settings ---- */

enum ui_result page_boot(struct ui *ui, struct console *console)
{
	static const char *const kinds[] = {"boot", "dom0", "console", NULL};
	const struct console_sections sections = {_("Boot loader and dom0"), kinds};
	return console_edit_sections(ui, console->root, &sections);
}

enum ui_result page_time(struct ui *ui, struct console *console)
{
	static const char *const kinds[] = {"time", NULL};
	const struct console_sections sections = {_("Time"), kinds};
	return console_edit_sections(ui, console->root, &sections);
}

enum ui_result page_users(struct ui *ui, struct console *console)
{
	static const char *const kinds[] = {"root", "user", "ssh", NULL};
	const struct console_sections sections = {_("Users, keys, SSH"), kinds};
	return console_edit_sections(ui, console->root, &sections);
}

enum ui_result page_password(struct ui *ui, struct console *console)
{
	CLEANUP(draft_dispose) struct draft draft;
	if (draft_open(ui, console->root, &draft) != UI_OK)
		return UI_BACK;
	enum ui_result result = console_edit_key(
		ui, &draft, schema_find_key(&host_schema, "root", "password"), NULL);
	if (result == UI_OK)
		(void)console_finish(ui, &draft);
	return result;
}

enum ui_result page_keyboard(struct ui *ui, struct console *console)
{
	CLEANUP(draft_dispose) struct draft draft;
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
	CLEANUP(hostconf_dispose) struct host_config config;
	size_t chosen = 0;
	hostconf_init(&config);
	system_list_keymaps(console->root, &names);
	if (draft_open(ui, console->root, &draft) != UI_OK)
		return UI_BACK;
	hostconf_dispose(&config);
	draft_read(&draft, &config);
	struct ui_item *items = xcalloc(names.count, sizeof(*items));
	for (size_t i = 0; i < names.count; i++) {
		items[i] = (struct ui_item){.tag = names.items[i], .text = ""};
		if (strcmp(names.items[i], config.layout) == 0)
			chosen = i;
	}
	const struct ui_question q = {.id = "keyboard",
		.title = _("Keyboard"),
		.text = _("Layout of the keyboard at this machine."),
		.ok = _("OK"),
		.help = ""};
	enum ui_result result = ui_menu(ui, &q, items, names.count, &chosen);
	free(items);
	if (result != UI_OK || ui->is_gone)
		return result;
	strlist_add(&values, names.items[chosen]);
	draft_set(&draft, "keyboard", NULL, "layout", &values);
	(void)console_finish(ui, &draft);
	return UI_OK;
}

/* ---- services ---- */

static enum ui_result service_settings(struct ui *ui, struct console *console)
{
	static const char *const kinds[] = {"services", "guests", NULL};
	const struct console_sections sections = {_("Services: settings"), kinds};
	return console_edit_sections(ui, console->root, &sections);
}

static enum ui_result service_restart(struct ui *ui, struct console *console)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	CLEANUP(strlist_dispose) struct strlist states = STRLIST_INIT;
	struct err err = ERR_INIT;
	size_t chosen = 0;
	system_list_services(console->root, &names, &states);
	if (!names.count) {
		ui_say(ui, _("Services"), "%s", _("No service is supervised."));
		return UI_OK;
	}
	struct ui_item *items = xcalloc(names.count, sizeof(*items));
	for (size_t i = 0; i < names.count; i++)
		items[i] = (struct ui_item){.tag = names.items[i], .text = states.items[i]};
	const struct ui_question q = {
		.id = "service", .title = _("Services"), .ok = _("Restart"), .help = ""};
	enum ui_result result = ui_menu(ui, &q, items, names.count, &chosen);
	free(items);
	if (result != UI_OK || ui->is_gone)
		return result;
	if (system_restart_service(console->root, names.items[chosen], &err) < 0)
		ui_say(ui, names.items[chosen], "%s", err.text);
	return UI_OK;
}

enum ui_result page_services(struct ui *ui, struct console *console)
{
	static const struct console_choice choices[] = {
		{N_("list"), N_("What runs; restart one"), service_restart},
		{N_("settings"), N_("What is started, log server, watchdog"), service_settings},
	};
	return console_run_choices(
		ui, console, "services", _("Services"), choices, ARRAY_SIZE(choices));
}

/* ---- changes ---- */

static enum ui_result changes_show(struct ui *ui, struct console *console)
{
	const char *const argv[] = {"domus-host", "diff", "--root", console->root, NULL};
	return console_show_output(ui, _("Differences"), argv);
}

static enum ui_result changes_apply(struct ui *ui, struct console *console)
{
	return console_apply(ui, console->root);
}

static enum ui_result changes_undo(struct ui *ui, struct console *console)
{
	struct err err = ERR_INIT;
	if (settings_undo(console->root, &err) < 0) {
		ui_say(ui, _("Undo"), "%s", err.text);
		return UI_OK;
	}
	return console_apply(ui, console->root);
}

enum ui_result page_changes(struct ui *ui, struct console *console)
{
	static const struct console_choice choices[] = {
		{N_("show"), N_("What is not in force, by hand, or not the default"), changes_show},
		{N_("apply"), N_("Put what is written in force"), changes_apply},
		{N_("undo"), N_("Put the former settings back, in force"), changes_undo},
	};
	return console_run_choices(
		ui, console, "changes", _("Differences"), choices, ARRAY_SIZE(choices));
}

/* ---- logs, diagnostics ---- */

enum ui_result page_logs(struct ui *ui, struct console *console)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	system_read_log(console->root, NULL, LOG_LINES, &text);
	const struct ui_question q = {.id = "logs",
		.title = _("System log"),
		.text = text.len ? str_text(&text) : _("The log is empty."),
		.ok = _("OK"),
		.help = "",
		.is_wide = true};
	return ui_text(ui, &q);
}

enum ui_result page_diagnostics(struct ui *ui, struct console *console)
{
	struct ui_field field = {.id = "file", .label = _("File:"), .max = 200};
	const struct ui_question q = {.id = "diagnostics",
		.title = _("Diagnostics"),
		.text = _(
			"Logs and states are packed into one file (tar.gz). Passwords and hashes are "
			"left out."),
		.ok = _("Write"),
		.help = ""};
	struct err err = ERR_INIT;
	ui_field_set(&field, "/root/domus-diagnostics.tar.gz");
	enum ui_result result = ui_form(ui, &q, &field, 1);
	if (result != UI_OK || ui->is_gone)
		return result;
	if (field.value[0] != '/')
		(void)err_set(&err, ERR_INVALID, 0, "%s", _("The file's path begins with /."));
	else if (diagnostics_write(console->root, field.value, &err) == 0)
		ui_say(ui, _("Diagnostics"), _("Written: %s"), field.value);
	if (err.code)
		ui_say(ui, _("Diagnostics"), "%s", err.text);
	return UI_OK;
}

/* ---- the end ---- */

static enum ui_result leave(struct ui *ui, struct console *console, bool is_reboot)
{
	CLEANUP(strlist_dispose) struct strlist guests = STRLIST_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	bool yes = false;
	if (system_list_guests(&guests, NULL) < 0)
		str_add(&text, "%s", _("Xen does not say which guests run.\n"));
	else if (guests.count == 0)
		str_add(&text, "%s", _("No guest is running.\n"));
	else
		str_add(&text, "%s", _("These guests are shut down first:\n"));
	for (size_t i = 0; i < guests.count; i++)
		str_add(&text, "  %s\n", guests.items[i]);
	str_add(&text, "\n%s", is_reboot ? _("Restart this host?") : _("Switch this host off?"));
	const struct ui_question q = {.id = "leave",
		.title = is_reboot ? _("Reboot") : _("Power off"),
		.text = str_text(&text),
		.help = ""};
	enum ui_result result = ui_yes_no(ui, &q, &yes);
	if (result != UI_OK || !yes)
		return result;
	if (system_leave(is_reboot, &err) == 0)
		console->is_over = true;
	else
		ui_say(ui, q.title, "%s", err.text);
	return UI_OK;
}

enum ui_result page_reboot(struct ui *ui, struct console *console)
{
	return leave(ui, console, true);
}

enum ui_result page_poweroff(struct ui *ui, struct console *console)
{
	return leave(ui, console, false);
}
