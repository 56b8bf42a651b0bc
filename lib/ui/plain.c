/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plain questions, line by line: for terminals that cannot place a cursor, and for readers of
 * screens. Nothing is sent but text.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lang.h"
#include "mem.h"
#include "str.h"
#include "ui.h"
#include "width.h"

#define PLAIN_WIDTH 76

struct plain {
	int in_fd;
	int out_fd;
	unsigned percent; /* last one that was shown; above 100: none */
	char *step;
};

static struct plain *plain_of(struct ui *ui)
{
	return ui->self;
}

static void put(struct ui *ui, const char *text)
{
	size_t len = strlen(text);
	while (len > 0) {
		ssize_t done = write(plain_of(ui)->out_fd, text, len);
		if (done <= 0)
			return;
		text += done;
		len -= (size_t)done;
	}
}

static void put_wrapped(struct ui *ui, const char *text)
{
	CLEANUP(str_dispose) struct str out = STR_INIT;
	width_add_wrapped(&out, text, PLAIN_WIDTH);
	str_add(&out, "\n");
	put(ui, str_text(&out));
}

static void put_question(struct ui *ui, const struct ui_question *q)
{
	put(ui, "\n== ");
	put(ui, q->title ? q->title : "");
	put(ui, " ==\n");
	if (q->text && *q->text)
		put_wrapped(ui, q->text);
}

/* One line without its end; false when there will be no more. Ctrl-C arrives as its character. */
static bool read_line(struct ui *ui, char *line, size_t room)
{
	size_t len = 0;
	for (;;) {
		char c;
		if (read(plain_of(ui)->in_fd, &c, 1) != 1) {
			ui->is_gone = true;
			return false;
		}
		if (c == '\n' || c == '\r')
			break;
		if (c == 3) {
			put(ui, "\n");
			len = 0;
			line[len++] = '!';
			break;
		}
		if (len + 1 < room)
			line[len++] = c;
	}
	line[len] = '\0';
	return true;
}

static void set_echo(struct ui *ui, bool has_echo)
{
	struct termios line;
	if (tcgetattr(plain_of(ui)->in_fd, &line) < 0)
		return;
	line.c_lflag = has_echo ? line.c_lflag | ECHO : line.c_lflag & ~(tcflag_t)ECHO;
	(void)tcsetattr(plain_of(ui)->in_fd, TCSADRAIN, &line);
}

/* The words every question understands; UI_OK: it was none of them. */
static enum ui_result special(const char *line, const struct ui_question *q)
{
	if (strcmp(line, "<") == 0)
		return UI_BACK;
	if (strcmp(line, "!") == 0)
		return UI_ABORT;
	if (strcmp(line, "?") == 0)
		return UI_HELP;
	return q->extra && strcmp(line, "+") == 0 ? UI_EXTRA : UI_OK;
}

/* "what [initial] (< back, ? help, ! abort): " and the answer. */
static enum ui_result ask(struct ui *ui, const struct ui_question *q, const char *what, char *line,
	size_t room, bool is_secret)
{
	put(ui, what);
	if (q->extra) {
		put(ui, " (+ ");
		put(ui, q->extra);
		put(ui, ")");
	}
	put(ui, _(" (< back, ? help, ! abort): "));
	if (is_secret)
		set_echo(ui, false);
	bool is_there = read_line(ui, line, room);
	if (is_secret) {
		set_echo(ui, true);
		put(ui, "\n");
	}
	return is_there ? special(line, q) : UI_ABORT;
}

static enum ui_result plain_message(struct ui *ui, const struct ui_question *q, bool is_long)
{
	(void)is_long;
	char line[16];
	put_question(ui, q);
	CLEANUP(str_dispose) struct str what = STR_INIT;
	str_add(&what, _("Enter: %s"), q->ok ? q->ok : _("Next"));
	return ask(ui, q, str_text(&what), line, sizeof(line), false);
}

static enum ui_result plain_yes_no(struct ui *ui, const struct ui_question *q, bool *yes)
{
	for (;;) {
		char line[16];
		put_question(ui, q);
		enum ui_result result =
			ask(ui, q, *yes ? _("yes or no [yes]") : _("yes or no [no]"), line,
				sizeof(line), false);
		if (result != UI_OK || line[0] == '\0')
			return result;
		bool is_yes = strcmp(line, "yes") == 0 || strcmp(line, _("yes")) == 0;
		if (is_yes || strcmp(line, "no") == 0 || strcmp(line, _("no")) == 0) {
			*yes = is_yes;
			return UI_OK;
		}
		put(ui, _("Please answer yes or no.\n"));
	}
}

static void put_items(struct ui *ui, const struct ui_item *items, size_t count, bool has_marks)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(str_dispose) struct str out = STR_INIT;
		str_add(&out, "%3zu) ", i + 1);
		if (has_marks)
			str_add(&out, "[%c] ", items[i].is_on ? 'x' : ' ');
		str_add(&out, "%s  %s\n", items[i].tag, items[i].text);
		if (items[i].why_not)
			str_add(&out, _("     not possible: %s\n"), items[i].why_not);
		else if (items[i].detail)
			str_add(&out, "     %s\n", items[i].detail);
		put(ui, str_text(&out));
	}
}

/* By number or by tag; count when it is neither. */
static size_t find_item(const struct ui_item *items, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(items[i].tag, word) == 0)
			return i;
	char *end;
	unsigned long number = strtoul(word, &end, 10);
	return *word && !*end && number >= 1 && number <= count ? number - 1 : count;
}

static enum ui_result plain_menu(struct ui *ui, const struct ui_question *q,
	const struct ui_item *items, size_t count, size_t *chosen)
{
	put_question(ui, q);
	put_items(ui, items, count, false);
	for (;;) {
		char line[256];
		CLEANUP(str_dispose) struct str what = STR_INIT;
		str_add(&what, _("Number or name [%s]"), items[*chosen].tag);
		enum ui_result result = ask(ui, q, str_text(&what), line, sizeof(line), false);
		if (result != UI_OK || line[0] == '\0')
			return result;
		size_t at = find_item(items, count, line);
		if (at < count) {
			*chosen = at;
			return UI_OK;
		}
		put(ui, _("There is no such entry.\n"));
	}
}

static enum ui_result plain_checklist(
	struct ui *ui, const struct ui_question *q, struct ui_item *items, size_t count)
{
	put_question(ui, q);
	for (;;) {
		char line[256];
		put_items(ui, items, count, true);
		enum ui_result result =
			ask(ui, q, _("Number or name to change, Enter when it is right"), line,
				sizeof(line), false);
		if (result != UI_OK || line[0] == '\0')
			return result;
		size_t at = find_item(items, count, line);
		if (at == count)
			put(ui, _("There is no such entry.\n"));
		else
			items[at].is_on = !items[at].is_on;
	}
}

static enum ui_result ask_field(struct ui *ui, const struct ui_question *q, struct ui_field *field)
{
	bool is_secret = field->flags & UI_FIELD_SECRET;
	char line[UI_VALUE_MAX];
	CLEANUP(str_dispose) struct str what = STR_INIT;
	str_add(&what, "%s", field->label);
	if (is_secret && field->value[0])
		str_add(&what, "%s", _(" [as before]"));
	else if (field->value[0])
		str_add(&what, _(" [%s, - for nothing]"), field->value);
	enum ui_result result = ask(ui, q, str_text(&what), line, sizeof(line), is_secret);
	if (result == UI_OK && line[0] != '\0')
		ui_field_set(field, strcmp(line, "-") == 0 && !is_secret ? "" : line);
	explicit_bzero(line, sizeof(line));
	return result;
}

static enum ui_result plain_form(
	struct ui *ui, const struct ui_question *q, struct ui_field *fields, size_t count)
{
	put_question(ui, q);
	for (size_t i = 0; i < count; i++) {
		if (fields[i].flags & UI_FIELD_READONLY) {
			CLEANUP(str_dispose) struct str out = STR_INIT;
			str_add(&out, "%s %s\n", fields[i].label, fields[i].value);
			put(ui, str_text(&out));
			continue;
		}
		enum ui_result result = ask_field(ui, q, &fields[i]);
		if (result != UI_OK)
			return result;
	}
	return UI_OK;
}

static void plain_gauge(struct ui *ui, const struct ui_question *q, unsigned percent)
{
	struct plain *plain = plain_of(ui);
	bool is_same = plain->step && strcmp(plain->step, q->text ? q->text : "") == 0;
	if (is_same && percent / 10 == plain->percent / 10)
		return;
	CLEANUP(str_dispose) struct str out = STR_INIT;
	str_add(&out, "%3u %%  %s\n", percent, q->text ? q->text : "");
	put(ui, str_text(&out));
	free(plain->step);
	plain->step = xstrdup(q->text ? q->text : "");
	plain->percent = percent;
}

static int plain_gauge_key(struct ui *ui, unsigned timeout_ms)
{
	struct pollfd wait = {.fd = plain_of(ui)->in_fd, .events = POLLIN};
	if (ui->is_gone || poll(&wait, 1, (int)timeout_ms) != 1)
		return 0;
	char line[16];
	return read_line(ui, line, sizeof(line)) ? line[0] : 0;
}

static void plain_nothing(struct ui *ui)
{
	(void)ui;
}

static void plain_close(struct ui *ui)
{
	free(plain_of(ui)->step);
	free(ui->self);
}

static const struct ui_ops plain_ops = {
	.message = plain_message,
	.yes_no = plain_yes_no,
	.menu = plain_menu,
	.checklist = plain_checklist,
	.form = plain_form,
	.gauge = plain_gauge,
	.gauge_key = plain_gauge_key,
	.gauge_end = plain_nothing,
	.suspend = plain_nothing,
	.resume = plain_nothing,
	.close = plain_close,
};

void ui_open_plain(int in_fd, int out_fd, struct ui *ret_ui)
{
	struct plain *plain = xcalloc(1, sizeof(*plain));
	*plain = (struct plain){.in_fd = in_fd, .out_fd = out_fd, .percent = 101};
	*ret_ui = (struct ui){.ops = &plain_ops, .self = plain};
}
