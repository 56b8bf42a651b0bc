/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the console shows before anybody is logged in, and the log-in. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "console.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "proc.h"
#include "pwhash.h"
#include "source.h"
#include "state.h"
#include "storage.h"
#include "system.h"
#include "ui/width.h"

enum {
	REFRESH_MS = 10000,
	STORAGE_EVERY = 6, /* refreshes: lvm is slow */
	ADDRESSES_MAX = 5,
	GUESTS_COLUMNS = 62,
	COLUMNS_MAX = 79,
	FAILURES_MAX = 6,
	LOGIN_TRIES = 3,
	WRONG_WAIT_MS = 2000,
};

static void add_line(struct str *out, const char *label, const char *text)
{
	CLEANUP(mem_free_string) char *line = xasprintf(" %-14s %s", label, text);
	str_add(out, "%.*s\n", (int)width_fit(line, COLUMNS_MAX), line);
}

static void add_addresses(struct str *out, const struct state *s)
{
	const struct addresses *a = &s->addresses;
	for (size_t i = 0; i < a->texts.count && i < ADDRESSES_MAX; i++) {
		CLEANUP(mem_free_string)
		char *text = xasprintf("%s (%s)", a->texts.items[i], a->ifnames.items[i]);
		add_line(out, i ? "" : _("Addresses"), text);
	}
	if (a->texts.count == 0)
		add_line(out, _("Addresses"), _("none"));
	if (a->texts.count > ADDRESSES_MAX)
		add_line(out, "", _("and more: domus-host network status"));
}

static void add_guests(struct str *out)
{
	CLEANUP(strlist_dispose) struct strlist guests = STRLIST_INIT;
	if (system_list_guests(&guests, NULL) < 0) {
		add_line(out, _("Guests"), _("unknown: Xen does not answer"));
		return;
	}
	CLEANUP(mem_free_string) char *names = strlist_join(&guests);
	CLEANUP(mem_free_string)
	char *text = guests.count ? xasprintf(_("%zu running: %.*s%s"), guests.count,
					    (int)width_fit(names, GUESTS_COLUMNS - 16), names,
					    width_of(names) > GUESTS_COLUMNS - 16 ? " ..." : "")
				  : xstrdup(_("none running"));
	add_line(out, _("Guests"), text);
}

static void add_storage(struct str *out, const char *root)
{
	CLEANUP(storage_dispose) struct pools pools = POOLS_INIT;
	CLEANUP(source_dispose) struct source source;
	source_load(root, NULL, &source);
	(void)storage_read(root, &source.config, &pools, NULL);
	for (size_t i = 0; i < pools.count; i++) {
		const struct pool *p = &pools.items[i];
		const char *slash = p->group[0] ? "/" : "";
		CLEANUP(mem_free_string)
		char *text =
			p->is_there
				? xasprintf(_("%s%s%s: %.0f %% of %" PRIu64 " GiB in use%s"),
					  p->group, slash, p->name, p->data_percent,
					  p->size_bytes / NUM_GIB,
					  storage_is_nearly_full(p) ? _("  WARNING: nearly full")
								    : "")
				: xasprintf(_("%s%s%s: not there"), p->group, slash, p->name);
		add_line(out, i ? "" : _("Storage"), text);
	}
}

static void add_failures(struct str *out, const struct state *s)
{
	if (s->failed.count)
		str_add(out, "%s", _("\n What is wrong:\n"));
	for (size_t i = 0; i < s->failed.count && i < FAILURES_MAX; i++) {
		CLEANUP(mem_free_string)
		char *line = xasprintf(" ! %s: %s", s->failed.items[i], s->reasons.items[i]);
		width_add_wrapped(out, line, COLUMNS_MAX);
		str_add(out, "\n");
	}
	if (s->failed.count > FAILURES_MAX)
		str_add(out, "%s", _(" ! and more: domus-host status\n"));
}

void console_status_text(const char *root, const char *storage, struct str *ret_text)
{
	CLEANUP(state_dispose) struct state s;
	state_read(root, &s);
	CLEANUP(mem_free_string) char *uptime = state_uptime_text(&s);
	CLEANUP(mem_free_string)
	char *system = xasprintf("%s %s%s%s", s.release.product, s.release.version,
		s.release.build[0] ? ", " : "", s.release.build);
	CLEANUP(mem_free_string)
	char *memory = xasprintf(_("%" PRIu64 " of dom0's %" PRIu64 " MiB in use"),
		(s.memory_kib - s.available_kib) / 1024, s.memory_kib / 1024);
	str_add(ret_text, " %s\n\n", system);
	add_line(ret_text, _("Name"), s.name);
	add_addresses(ret_text, &s);
	add_line(ret_text, _("Up for"), uptime);
	add_line(ret_text, _("Memory"), memory);
	add_line(ret_text, _("Load of dom0"), s.load);
	add_guests(ret_text);
	str_add(ret_text, "%s", storage);
	add_failures(ret_text, &s);
}

/* A key, 0 when none came in time, -1 at the end of the line. */
static int wait_for_key(void)
{
	struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
	char key;
	int r = poll(&wait, 1, REFRESH_MS);
	if (r <= 0)
		return 0;
	return read(STDIN_FILENO, &key, 1) == 1 ? (unsigned char)key : -1;
}

static void draw(const char *text)
{
	(void)printf("\033[0m\033[2J\033[H");
	for (const char *p = text; *p; p++)
		(void)printf("%s%c", *p == '\n' ? "\r" : "", *p);
	(void)printf("\033[23;1H %s", _("Enter  log in and change settings     L  log-in prompt"));
	(void)fflush(stdout);
}

static enum status_end watch(const char *root)
{
	CLEANUP(str_dispose) struct str storage = STR_INIT;
	for (unsigned turn = 0;; turn++) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		if (turn % STORAGE_EVERY == 0) {
			str_dispose(&storage);
			add_storage(&storage, root);
		}
		console_status_text(root, str_text(&storage), &text);
		draw(str_text(&text));
		int key = wait_for_key();
		if (key < 0)
			return STATUS_GONE;
		if (key == '\r' || key == '\n')
			return STATUS_LOGIN;
		if (key == 'l' || key == 'L')
			return STATUS_SHELL;
	}
}

enum status_end console_show_status(const char *root)
{
	struct termios saved;
	if (tcgetattr(STDIN_FILENO, &saved) < 0)
		return STATUS_GONE;
	struct termios raw = saved;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	enum status_end end = watch(root);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved);
	(void)printf("\033[2J\033[H");
	(void)fflush(stdout);
	return end;
}

/* ---- log-in ---- */

/* Root's field of /etc/shadow, which "passwd" of before may have changed. The caller frees. */
static char *root_hash(const char *root)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read(root, "/etc/shadow", 65536, &text, NULL) < 0)
		return xstrdup("*");
	const char *line = str_text(&text);
	while (*line && strncmp(line, "root:", 5) != 0) {
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return *line ? xstrndup(line + 5, strcspn(line + 5, ":\n")) : xstrdup("*");
}

static void note_failure(void)
{
	static const char *const argv[] = {"logger", "-t", "domus-console", "-p", "auth.warning",
		"a wrong password at the console", NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = 5000};
	(void)proc_run_ok(&spec, NULL);
}

bool console_log_in(struct ui *ui, const char *root)
{
	CLEANUP(mem_free_string) char *hash = root_hash(root);
	struct ui_field field = {.id = "password",
		.label = _("Password:"),
		.flags = UI_FIELD_SECRET,
		.max = PWHASH_PASSWORD_MAX};
	const struct ui_question q = {.id = "login",
		.title = _("Log in"),
		.text = _("The password of root opens the settings of this host."),
		.ok = _("OK"),
		.help = ""};
	/* No usable configuration: local consoles are open, so that somebody can mend it. */
	bool is_right = hash[0] == '\0';
	for (int i = 0; i < LOGIN_TRIES && !is_right; i++) {
		enum ui_result result = ui_form(ui, &q, &field, 1);
		is_right = result == UI_OK && pwhash_is_right(hash, field.value);
		explicit_bzero(field.value, sizeof(field.value));
		if (result != UI_OK || ui->is_gone)
			break;
		if (is_right)
			continue;
		note_failure();
		(void)poll(NULL, 0, WRONG_WAIT_MS);
		ui_say(ui, _("Log in"), "%s", _("That is not the password of root."));
	}
	mem_wipe_string(hash);
	return is_right;
}
