/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host console: the pages of the host's own console. */
#include "console.h"

#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "lang.h"
#include "mem.h"
#include "release.h"

static const struct {
	const char *tag;
	const char *text;
	enum ui_result (*run)(struct ui *ui, struct console *console);
} menu[] = {
	{N_("machines"), N_("Virtual machines"), page_guests},
	{N_("create"), N_("Create virtual machine"), page_create},
	{N_("network"), N_("Bridges, addresses, test of the connection"), page_network},
	{N_("storage"), N_("Space for guests' disks"), page_storage},
	{N_("boot"), N_("Boot loader, dom0's share, serial port"), page_boot},
	{N_("time"), N_("Time zone, clock, time servers"), page_time},
	{N_("keyboard"), N_("Keyboard of this machine"), page_keyboard},
	{N_("password"), N_("Password of root"), page_password},
	{N_("users"), N_("Users, keys, SSH"), page_users},
	{N_("services"), N_("What runs in the background"), page_services},
	{N_("changes"), N_("Differences, apply, undo"), page_changes},
	{N_("logs"), N_("System log"), page_logs},
	{N_("diagnostics"), N_("A bundle for whoever helps"), page_diagnostics},
	{N_("shell"), N_("Command line"), page_shell},
	{N_("reboot"), N_("Restart this host"), page_reboot},
	{N_("poweroff"), N_("Switch this host off"), page_poweroff},
};

static void run_menu(struct ui *ui, struct console *console)
{
	struct ui_item items[ARRAY_SIZE(menu)];
	size_t chosen = 0;
	for (size_t i = 0; i < ARRAY_SIZE(menu); i++)
		items[i] = (struct ui_item){.tag = _(menu[i].tag), .text = _(menu[i].text)};
	const struct ui_question q = {.id = "menu",
		.title = _("Settings of this host"),
		.ok = _("Open"),
		.help = _(
			"Enter opens a page, Back (Esc) leaves it. Every page changes the one file "
			"that describes this host, /etc/domus/host.conf, and the same can be done on "
			"the command line: domus-host help.\n\nBack on this page logs out.")};
	while (!console->is_over && !ui->is_gone) {
		if (ui_menu(ui, &q, items, ARRAY_SIZE(menu), &chosen) != UI_OK)
			return;
		(void)menu[chosen].run(ui, console);
	}
}

/* One log-in: 0 when it ended well, -1 when this terminal cannot show pages. */
static int run_session(const struct options *options, bool is_locked, struct err *err)
{
	CLEANUP(release_dispose) struct release release;
	struct console console = {.root = options->root};
	struct ui ui;
	release_read(options->root, &release);
	CLEANUP(mem_free_string)
	char *headline = xasprintf(_("%s %s: this host"), release.product, release.version);
	if (ui_open("domus-host console", &ui, err) < 0)
		return -1;
	ui.frame.headline = headline;
	if (!is_locked || console_log_in(&ui, options->root))
		run_menu(&ui, &console);
	ui_close(&ui);
	return 0;
}

/* What pages there are: a program has no use for a terminal's. */
static void print_pages_json(void)
{
	json_t *list = json_array();
	for (size_t i = 0; i < ARRAY_SIZE(menu); i++)
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s}", "name", menu[i].tag, "text", menu[i].text));
	host_print_json(json_pack("{s:o}", "pages", list));
}

/*
 * Exit code 0: the session is over; 1: an ordinary log-in prompt is wanted, or these pages cannot
 * be shown here. /usr/lib/domus/local-login goes by it.
 */
int command_console(const struct options *options)
{
	bool is_locked = options->n_args == 1 && strcmp(options->args[0], "locked") == 0;
	struct err err = ERR_INIT;
	(void)setlocale(LC_ALL, "");
	if (options->n_args && !is_locked) {
		(void)err_set(&err, ERR_INVALID, 0, "%s",
			_("console, or console locked: with a log-in first"));
		return host_fail(options, &err) + 1;
	}
	if (options->is_json) {
		print_pages_json();
		return 0;
	}
	if (is_locked) {
		enum status_end end = console_show_status(options->root);
		if (end == STATUS_SHELL)
			return 1;
		if (end == STATUS_GONE)
			return 0;
	}
	if (run_session(options, is_locked, &err) < 0)
		return host_fail(options, &err);
	return 0;
}
