/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host time, keyboard, services, logs, reboot, poweroff. */
#define _GNU_SOURCE
#include "system.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conftext.h"
#include "file.h"
#include "host.h"
#include "lang.h"
#include "mem.h"
#include "proc.h"
#include "settings.h"
#include "source.h"

#define KEYMAP_DIR "/usr/share/domus/keymaps"
#define SERVICE_DIR "/run/service"
#define LOG_PATH "/var/log/messages"

enum { TOOL_TIMEOUT_MS = 20000, LOG_MAX_BYTES = 2 * 1024 * 1024, LOG_LINES = 200 };

static int run_output(const char *const *argv, struct str *ret_output, struct err *err)
{
	const struct proc_spec spec = {
		.argv = argv, .timeout_ms = TOOL_TIMEOUT_MS, .output_max_bytes = LOG_MAX_BYTES};
	return proc_run_output(&spec, ret_output, err);
}

/* Sets one key and puts it in force. */
static int set_and_apply(const struct options *options, const char *name, const char *value)
{
	CLEANUP(conf_key_dispose) struct conf_key key = {.kind = NULL};
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
	struct err err = ERR_INIT;
	strlist_add(&values, value);
	if (conf_key_parse(name, &key, &err) < 0 ||
		settings_set(options->root, &key, &values, &err) < 0)
		return host_fail(options, &err);
	return command_apply(&(struct options){.root = options->root, .is_json = options->is_json});
}

/* ---- time ---- */

static int set_clock(const char *text, struct err *err)
{
	const char *const date[] = {"date", "-s", text, NULL};
	const char *const clock[] = {"hwclock", "-u", "-w", NULL};
	const char *const local[] = {"hwclock", "-l", "-w", NULL};
	CLEANUP(source_dispose) struct source source;
	source_load("/", NULL, &source);
	if (run_output(date, NULL, err) < 0)
		return -1;
	/* A machine may be without a clock of its own. */
	if (file_exists("/", "/dev/rtc0"))
		return run_output(
			source.config.clock == HOST_CLOCK_LOCAL ? local : clock, NULL, err);
	return 0;
}

static void show_time(const struct options *options)
{
	CLEANUP(source_dispose) struct source source;
	source_load(options->root, NULL, &source);
	const struct host_config *c = &source.config;
	CLEANUP(mem_free_string) char *servers = strlist_join(&c->ntp_servers);
	const char *clock = c->clock == HOST_CLOCK_LOCAL ? "local" : "utc";
	char now[64];
	time_t seconds = time(NULL);
	struct tm tm;
	CLEANUP(mem_free_string)
	char *zone = xasprintf(":/usr/share/zoneinfo/%s", c->zone);
	(void)setenv("TZ", zone, 1);
	tzset();
	(void)localtime_r(&seconds, &tm);
	(void)strftime(now, sizeof(now), "%Y-%m-%d %H:%M:%S %z", &tm);
	if (options->is_json) {
		host_print_json(json_pack("{s:s, s:s, s:s, s:s}", "now", now, "zone", c->zone,
			"clock", clock, "servers", servers));
		return;
	}
	(void)printf(
		_("Now:            %s\nZone:           %s\nHardware clock: %s\nServers:        %s\n"),
		now, c->zone, clock, servers[0] ? servers : _("none"));
}

int command_time(const struct options *options)
{
	struct err err = ERR_INIT;
	if (!options->n_args) {
		show_time(options);
		return 0;
	}
	const char *word = options->args[0];
	if (options->n_args == 2 && strcmp(word, "zone") == 0)
		return set_and_apply(options, "time.zone", options->args[1]);
	if (options->n_args == 2 && strcmp(word, "servers") == 0)
		return set_and_apply(options, "time.ntp-servers", options->args[1]);
	if (options->n_args == 2 && strcmp(word, "set") == 0) {
		if (set_clock(options->args[1], &err) == 0 &&
			file_remove(options->root, "/run/domus/failed/clock", &err) == 0)
			return host_done(options, "done", "");
	} else {
		(void)err_set(&err, ERR_INVALID, 0, "%s",
			_("time zone ZONE, time servers 'HOST ...' or time set 'YYYY-MM-DD hh:mm:ss'"));
	}
	return host_fail(options, &err);
}

/* ---- keyboard ---- */

void system_list_keymaps(const char *root, struct strlist *ret_names)
{
	(void)file_list_suffix(root, KEYMAP_DIR, ".bmap", ret_names, NULL);
	if (!strlist_has(ret_names, "us"))
		strlist_add(ret_names, "us");
}

int command_keyboard(const struct options *options)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	CLEANUP(source_dispose) struct source source = {.path = NULL};
	struct err err = ERR_INIT;
	system_list_keymaps(options->root, &names);
	if (options->n_args) {
		if (strlist_has(&names, options->args[0]))
			return set_and_apply(options, "keyboard.layout", options->args[0]);
		(void)err_set(&err, ERR_MISSING, 0,
			_("there is no keymap %s; domus-host keyboard lists them"),
			options->args[0]);
		return host_fail(options, &err);
	}
	source_load(options->root, NULL, &source);
	const char *layout = source.config.layout;
	if (options->is_json) {
		json_t *list = json_array();
		for (size_t i = 0; i < names.count; i++)
			(void)json_array_append_new(list, json_string(names.items[i]));
		host_print_json(json_pack("{s:s, s:o}", "layout", layout, "known", list));
		return 0;
	}
	CLEANUP(mem_free_string) char *all = strlist_join(&names);
	(void)printf(_("Layout: %s\nKnown:  %s\n"), layout, all);
	return 0;
}

/* ---- services ---- */

/* "run: /run/service/ntpd: (pid 123) 45s"; the caller frees. */
static char *service_state(const char *name)
{
	CLEANUP(mem_free_string) char *dir = xasprintf(SERVICE_DIR "/%s", name);
	const char *const argv[] = {"sv", "status", dir, NULL};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	(void)run_output(argv, &text, &err);
	const char *line = str_text(&text);
	size_t skip = strlen(dir) + 2;
	const char *at = strstr(line, dir);
	if (!at || strlen(at) < skip)
		return xstrdup(_("unknown"));
	return xasprintf("%.*s%.*s", (int)strcspn(line, ":"), line,
		(int)strcspn(at + skip - 1, "\n"), at + skip - 1);
}

void system_list_services(const char *root, struct strlist *ret_names, struct strlist *ret_states)
{
	(void)file_list_dir(root, SERVICE_DIR, ret_names, NULL);
	for (size_t i = 0; i < ret_names->count; i++) {
		CLEANUP(mem_free_string) char *state = service_state(ret_names->items[i]);
		strlist_add(ret_states, state);
	}
}

int system_restart_service(const char *root, const char *name, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	(void)file_list_dir(root, SERVICE_DIR, &names, NULL);
	if (!strlist_has(&names, name))
		return err_set(err, ERR_MISSING, 0, _("there is no service %s"), name);
	/* Guests lose their store for good when it ends. */
	if (strcmp(name, "xenstored") == 0)
		return err_set(err, ERR_INVALID, 0, "%s",
			_("xenstored cannot be restarted: guests need it without a break"));
	CLEANUP(mem_free_string) char *dir = xasprintf(SERVICE_DIR "/%s", name);
	const char *const argv[] = {"sv", "restart", dir, NULL};
	return run_output(argv, NULL, err);
}

int command_services(const struct options *options)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	CLEANUP(strlist_dispose) struct strlist states = STRLIST_INIT;
	struct err err = ERR_INIT;
	if (options->n_args) {
		int rc;
		if (options->n_args == 2 && strcmp(options->args[0], "restart") == 0)
			rc = system_restart_service(options->root, options->args[1], &err);
		else
			rc = err_set(&err, ERR_INVALID, 0, "%s", _("services restart NAME"));
		return rc < 0 ? host_fail(options, &err) : host_done(options, "done", "");
	}
	system_list_services(options->root, &names, &states);
	json_t *object = options->is_json ? json_object() : NULL;
	for (size_t i = 0; i < names.count; i++) {
		if (object)
			(void)json_object_set_new(
				object, names.items[i], json_string(states.items[i]));
		else
			(void)printf("%-20s %s\n", names.items[i], states.items[i]);
	}
	if (object)
		host_print_json(object);
	return 0;
}

/* ---- logs ---- */

static bool is_line_of(const char *line, const char *word)
{
	return !word || strstr(line, word);
}

void system_read_log(const char *root, const char *word, size_t max_lines, struct str *ret_text)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	size_t n_shown = 0;
	(void)file_read(root, LOG_PATH ".0", LOG_MAX_BYTES, &text, NULL);
	(void)file_read(root, LOG_PATH, LOG_MAX_BYTES, &text, NULL);
	strlist_add_lines(&lines, str_text(&text));
	size_t first = lines.count;
	while (first > 0 && n_shown < max_lines)
		n_shown += is_line_of(lines.items[--first], word);
	for (size_t i = first; i < lines.count; i++)
		if (is_line_of(lines.items[i], word))
			str_add(ret_text, "%s\n", lines.items[i]);
}

int command_logs(const struct options *options)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	system_read_log(options->root, options->n_args ? options->args[0] : NULL, LOG_LINES, &text);
	if (!options->is_json) {
		(void)fputs(str_text(&text), stdout);
		return 0;
	}
	json_t *list = json_array();
	strlist_add_lines(&lines, str_text(&text));
	/* A log may hold bytes that are no text. */
	for (size_t i = 0; i < lines.count; i++)
		(void)json_array_append_new(list, host_json_text(lines.items[i]));
	host_print_json(list);
	return 0;
}

/* ---- reboot, poweroff ---- */

int system_list_guests(struct strlist *ret_names, struct err *err)
{
	static const char *const argv[] = {"xl", "list", NULL};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (run_output(argv, &text, err) < 0)
		return -1;
	bool is_head = true;
	for (const char *p = str_text(&text); *p; p += strcspn(p, "\n"), p += *p == '\n') {
		CLEANUP(mem_free_string) char *name = xstrndup(p, strcspn(p, " \n"));
		if (!is_head && strcmp(name, "Domain-0") != 0)
			strlist_add(ret_names, name);
		is_head = false;
	}
	return 0;
}

int system_leave(bool is_reboot, struct err *err)
{
	const char *const argv[] = {is_reboot ? "reboot" : "poweroff", NULL};
	return run_output(argv, NULL, err);
}

/* Says which guests go down, and asks when there is somebody to ask. */
static bool is_meant(const struct strlist *guests, const char *what, struct err *err)
{
	char answer[8] = "";
	if (guests->count)
		(void)printf("%s", _("Guests that are shut down first:\n"));
	for (size_t i = 0; i < guests->count; i++)
		(void)printf("  %s\n", guests->items[i]);
	if (!isatty(STDIN_FILENO)) {
		(void)err_set(
			err, ERR_INVALID, 0, _("%s needs --yes where nobody can be asked"), what);
		return false;
	}
	(void)printf(_("%s this host? Type yes: "), what);
	(void)fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) && strcmp(answer, "yes\n") == 0;
}

/* As far as a program wants to know it: whether the host goes down, and with which guests. */
static int leave_json(const struct options *options, const struct strlist *guests, bool is_reboot)
{
	struct err err = ERR_INIT;
	json_t *list = json_array();
	for (size_t i = 0; i < guests->count; i++)
		(void)json_array_append_new(list, host_json_text(guests->items[i]));
	if (!options->is_sure)
		(void)err_set(&err, ERR_INVALID, 0, _("%s needs --yes where nobody can be asked"),
			is_reboot ? "reboot" : "poweroff");
	bool is_done = options->is_sure && system_leave(is_reboot, &err) == 0;
	host_print_json(json_pack("{s:s, s:o, s:o}", "outcome", is_done ? "done" : "failed",
		"guests", list, "error", host_json_text(err.text)));
	return is_done ? 0 : 1;
}

static int leave(const struct options *options, bool is_reboot)
{
	CLEANUP(strlist_dispose) struct strlist guests = STRLIST_INIT;
	struct err err = ERR_INIT;
	if (options->is_json || !options->is_sure)
		(void)system_list_guests(&guests, NULL);
	if (options->is_json)
		return leave_json(options, &guests, is_reboot);
	if (!options->is_sure && !is_meant(&guests, is_reboot ? "reboot" : "poweroff", &err))
		return err.code ? host_fail(options, &err) : 1;
	if (system_leave(is_reboot, &err) < 0)
		return host_fail(options, &err);
	return 0;
}

int command_reboot(const struct options *options)
{
	return leave(options, true);
}

int command_poweroff(const struct options *options)
{
	return leave(options, false);
}
