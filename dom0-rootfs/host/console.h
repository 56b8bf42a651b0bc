/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pages of the host's own console share. */
#ifndef DOMUS_HOST_CONSOLE_H
#define DOMUS_HOST_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "hostconf.h"
#include "str.h"
#include "ui/ui.h"

struct console {
	const char *root;
	bool is_over; /* the machine goes down */
};

/* ---- console_status.c: before anybody is logged in */

enum status_end {
	STATUS_LOGIN, /* somebody wants in */
	STATUS_SHELL, /* an ordinary log-in prompt is wanted */
	STATUS_GONE,  /* the terminal is gone */
};

/* Shows the state of the host, and shows it anew, until a key is pressed. */
enum status_end console_show_status(const char *root);
/* The page's text, lines of 79 columns; storage: lines that come before what is wrong. */
void console_status_text(const char *root, const char *storage, struct str *ret_text);
/* Asks for root's password, three times at most. True when it was right. */
bool console_log_in(struct ui *ui, const char *root);

/* ---- console_keys.c: settings, by the rows of the schema */

/*
 * The host's file while it is being changed. Nothing is written before console_finish(): keys may
 * depend on each other.
 */
struct draft {
	const char *root;
	struct str original;
	struct str text;
};

/* UI_ABORT when the file cannot be read, which is said. */
enum ui_result draft_open(struct ui *ui, const char *root, struct draft *ret_draft);
void draft_dispose(struct draft *draft);
/* Sets a key in the draft. */
void draft_set(struct draft *draft, const char *kind, const char *name, const char *key,
	const struct strlist *values);
/* The draft read as far as it makes sense; the caller disposes. */
void draft_read(const struct draft *draft, struct host_config *ret_config);
/* Checks, shows the difference, writes and puts it in force, as far as the user wants. */
enum ui_result console_finish(struct ui *ui, struct draft *draft);

/* Asks for one key's new value. */
enum ui_result console_edit_key(
	struct ui *ui, struct draft *draft, const struct schema_key *key, const char *name);

struct console_sections {
	const char *title;
	const char *const *kinds; /* sections of the schema, ends with NULL */
};
/* A list of the keys of sections, each of which can be opened; ends with console_finish(). */
enum ui_result console_edit_sections(
	struct ui *ui, const char *root, const struct console_sections *sections);

/* ---- console_apply.c */

/* Puts the written file in force; a change that could lock out is confirmed here. */
enum ui_result console_apply(struct ui *ui, const char *root);

/* ---- console_pages.c: entries of the menu */

/* Shows what a program prints. */
enum ui_result console_show_output(struct ui *ui, const char *title, const char *const *argv);

/* A page that is a menu of few things. */
struct console_choice {
	const char *tag;
	const char *text;
	enum ui_result (*run)(struct ui *ui, struct console *console);
};
enum ui_result console_run_choices(struct ui *ui, struct console *console, const char *id,
	const char *title, const struct console_choice *choices, size_t count);

enum ui_result page_guests(struct ui *ui, struct console *console);
enum ui_result page_create(struct ui *ui, struct console *console);
enum ui_result page_network(struct ui *ui, struct console *console);
enum ui_result page_storage(struct ui *ui, struct console *console);
enum ui_result page_boot(struct ui *ui, struct console *console);
enum ui_result page_time(struct ui *ui, struct console *console);
enum ui_result page_keyboard(struct ui *ui, struct console *console);
enum ui_result page_password(struct ui *ui, struct console *console);
enum ui_result page_users(struct ui *ui, struct console *console);
enum ui_result page_services(struct ui *ui, struct console *console);
enum ui_result page_changes(struct ui *ui, struct console *console);
enum ui_result page_logs(struct ui *ui, struct console *console);
enum ui_result page_diagnostics(struct ui *ui, struct console *console);
enum ui_result page_shell(struct ui *ui, struct console *console);
enum ui_result page_reboot(struct ui *ui, struct console *console);
enum ui_result page_poweroff(struct ui *ui, struct console *console);

#endif
