/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running installation, and what comes after it. */
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "executor.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "schema.h"
#include "stick.h"

#define LOOK_MS 500
#define LOG_MAX (4 * 1024 * 1024)
#define LOG_SHOWN 16384 /* bytes, from the end */
#define STICKS_MAX 16
#define KEY_ESC 27
#define KEY_CTRL_C 3

static void show_log(struct ui *ui)
{
	CLEANUP(str_dispose) struct str log = STR_INIT;
	struct err err = ERR_INIT;
	if (file_read("/", PLAN_LOG, LOG_MAX, &log, &err) < 0)
		str_add(&log, "%s", err.text);
	const char *text = str_text(&log);
	if (log.len > LOG_SHOWN)
		text += log.len - LOG_SHOWN;
	struct ui_question q = {.id = "log",
		.title = _("Log"),
		.text = *text ? text : _("The log is empty."),
		.help = "",
		.ok = _("Close"),
		.is_wide = true};
	(void)ui_text(ui, &q);
}

static void ask_stop(struct ui *ui)
{
	struct ui_question q = {.id = "stop",
		.title = _("Stop the installation?"),
		.text = _(
			"The present step is finished, then it is undone as far as possible. The disk "
			"cannot be booted from afterwards.\n\nStop it?"),
		.help = ""};
	bool yes = false;
	struct err err = ERR_INIT;
	if (ui_yes_no(ui, &q, &yes) == UI_OK && yes && executor_abort(&err) < 0)
		ui_say(ui, q.title, "%s", err.text);
}

static void show_status(struct ui *ui, const struct executor_status *status)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	str_add(&text, _("Step %zu of %zu:\n%s\n\n"), status->step, status->n_steps, status->title);
	if (status->seconds_left >= 60)
		str_add(&text, _("About %u min %02u s left."), status->seconds_left / 60,
			status->seconds_left % 60);
	else
		str_add(&text, _("About %u s left."), status->seconds_left);
	if (status->n_warnings > 0)
		str_add(&text, _("\n\nWarnings: %u, see the log."), status->n_warnings);
	str_add(&text, "%s",
		_("\n\nL shows the log, Ctrl-C stops. The installation goes on even if this screen "
		  "is lost; domus-install shows it again."));
	struct ui_question q = {
		.id = "progress", .title = _("Installing"), .text = str_text(&text)};
	ui_gauge(ui, &q, status->percent);
}

/* Until it is no longer running; -1 when its state cannot be read. */
static int follow(struct ui *ui, struct executor_status *status, struct err *err)
{
	for (;;) {
		if (executor_read_status(status, err) < 0)
			return -1;
		if (status->state != EXECUTOR_RUNNING || ui->is_gone)
			return 0;
		show_status(ui, status);
		int key = ui_gauge_key(ui, LOOK_MS);
		if (!key)
			continue;
		ui_gauge_end(ui);
		if (key == 'l' || key == 'L')
			show_log(ui);
		else if (key == KEY_CTRL_C || key == KEY_ESC || key == '!')
			ask_stop(ui);
	}
}

/* UI_BACK: to the settings, for another try. */
static enum ui_result ask_after_failure(struct ui *ui, struct pages *pages, const char *error)
{
	CLEANUP(mem_free_string)
	char *text = xasprintf(_("%s\n\nWhat could be undone has been undone. The log is in %s."),
		error, PLAN_LOG);
	const struct ui_item items[] = {
		{.tag = "log", .text = _("Show the log")},
		{.tag = "settings", .text = _("Back to the settings, and try again")},
		{.tag = "shell", .text = _("Leave, to a shell")},
	};
	struct ui_question q = {
		.id = "failed", .title = _("The installation failed"), .text = text, .help = ""};
	size_t chosen = 0;
	for (;;) {
		enum ui_result result = ui_menu(ui, &q, items, ARRAY_SIZE(items), &chosen);
		if (ui->is_gone || result == UI_ABORT || (result == UI_OK && chosen == 2)) {
			pages->end = PAGES_SHELL;
			return UI_EXTRA;
		}
		if (result == UI_OK && chosen == 0)
			show_log(ui);
		else
			return UI_BACK;
	}
}

enum ui_result page_progress(struct ui *ui, void *state)
{
	struct pages *pages = state;
	struct executor_status status = {.state = EXECUTOR_IDLE};
	struct err err = ERR_INIT;
	int rc = follow(ui, &status, &err);
	ui_gauge_end(ui);
	if (ui->is_gone) { /* only the screen is lost */
		pages->end = PAGES_SHELL;
		return UI_EXTRA;
	}
	if (rc == 0 && status.state == EXECUTOR_DONE)
		return UI_OK;
	pages->was_started = false;
	pages->has_failed = true;
	if (rc == 0 && status.state == EXECUTOR_DIED)
		(void)err_set(&err, ERR_PROC, 0, "%s",
			_("The installation ended without a result: its process is gone"));
	return ask_after_failure(ui, pages, rc == 0 && *status.error ? status.error : err.text);
}

/* Asks for one of the sticks that are plugged in now; UI_BACK without one. */
static enum ui_result choose_stick(
	struct ui *ui, const struct disk_inventory *disks, struct stick *ret_stick)
{
	struct stick sticks[STICKS_MAX];
	struct ui_item items[STICKS_MAX];
	struct str texts[STICKS_MAX];
	size_t count = 0;
	for (size_t at = 0; count < STICKS_MAX && stick_next(disks, &at, &sticks[count]); count++) {
		const struct stick *stick = &sticks[count];
		texts[count] = (struct str)STR_INIT;
		disk_describe(stick->disk, &texts[count]);
		items[count] =
			(struct ui_item){.tag = stick->part ? stick->part->name : stick->disk->name,
				.text = str_text(&texts[count])};
	}
	if (count == 0) {
		ui_say(ui, _("USB stick"), "%s",
			_("No USB stick with a FAT file system was found. Plug one in and try again."));
		return UI_BACK;
	}
	struct ui_question q = {.id = "stick",
		.title = _("USB stick"),
		.text = _(
			"Which one gets host.conf? Other files on it stay. The file holds no plain "
			"password, but the hashes of passwords: keep it safe."),
		.help = ""};
	size_t chosen = 0;
	enum ui_result result = ui_menu(ui, &q, items, count, &chosen);
	*ret_stick = sticks[chosen];
	for (size_t i = 0; i < count; i++)
		str_dispose(&texts[i]);
	return result;
}

static void save_answers(struct ui *ui, const struct host_config *config)
{
	struct disk_inventory disks = DISK_INVENTORY_INIT;
	struct err err = ERR_INIT;
	struct stick stick;
	if (diskinv_read("/", &disks, &err) < 0) {
		ui_say(ui, _("USB stick"), "%s", err.text);
		return;
	}
	if (choose_stick(ui, &disks, &stick) == UI_OK) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		const struct host_config again = hostconf_for_again(config);
		schema_write(&host_schema, &again, &text);
		if (stick_save(&stick, "host.conf", text.data, text.len, &err) < 0)
			ui_say(ui, _("USB stick"), "%s", err.text);
		else
			ui_say(ui, _("USB stick"), "%s",
				_("host.conf is saved; the stick can be removed."));
	}
	diskinv_dispose(&disks);
}

enum ui_result page_done(struct ui *ui, void *state)
{
	struct pages *pages = state;
	static const enum pages_end ends[] = {PAGES_REBOOT, PAGES_POWEROFF, PAGES_SHELL};
	const struct ui_item items[] = {
		{.tag = "reboot", .text = _("Restart into the new host")},
		{.tag = "poweroff", .text = _("Switch the machine off")},
		{.tag = "shell", .text = _("Stay here, in a shell")},
		{.tag = "log", .text = _("Show the log")},
		{.tag = "save", .text = _("Save the answers to a USB stick")},
	};
	/* Another process may have asked: then the answers are not here. */
	const struct host_config *config = &pages->spec->config;
	size_t count = ARRAY_SIZE(items) - (config->licence == HOST_LICENCE_ACCEPTED ? 0 : 1);
	struct ui_question q = {.id = "done",
		.title = _("Domus is installed"),
		.text = _(
			"After the restart Xen starts by itself; the medium may stay in.\n\n"
			"  console, ssh   log in as root\n"
			"  xl list        shows Domain-0\n"
			"  domus-vm       lists and makes guests\n"
			"  domus-host     shows and changes this host\n\n"
			"Your answers are kept; there \"domus-host save\" writes the file that installs "
			"the same host again."),
		.help = ""};
	struct executor_status status;
	if (executor_read_status(&status, NULL) == 0 && status.n_warnings > 0)
		q.title = _("Domus is installed, with warnings: see the log");
	size_t chosen = 0;
	for (;;) {
		enum ui_result result = ui_menu(ui, &q, items, count, &chosen);
		if (ui->is_gone || result == UI_ABORT) {
			pages->end = PAGES_SHELL;
			return UI_EXTRA;
		}
		if (result != UI_OK)
			continue;
		if (chosen < ARRAY_SIZE(ends)) {
			pages->end = ends[chosen];
			return UI_OK;
		}
		if (chosen == ARRAY_SIZE(ends))
			show_log(ui);
		else
			save_answers(ui, config);
	}
}
