/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manager's main window. */
#include "screen.h"

#include <curses.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lang.h"
#include "str.h"
#include "ui/width.h"

/* Lines that are no rows: title, header; summary, message, keys. */
#define LINES_ABOVE 2
#define LINES_BELOW 3

#define INTERVAL_MS 2000
#define SLOW_BAUD 9600
#define SLOW_INTERVAL_MS 5000

size_t screen_page(void)
{
	int rows = LINES - LINES_ABOVE - LINES_BELOW;

	return rows > 0 ? (size_t)rows : 1;
}

unsigned screen_interval_ms(void)
{
	return baudrate() > 0 && baudrate() <= SLOW_BAUD ? SLOW_INTERVAL_MS : INTERVAL_MS;
}

/* One line of the screen. The last column stays free: some terminals wrap when it is written. */
static void put(int y, attr_t attr, const char *text)
{
	CLEANUP(str_dispose) struct str line = STR_INIT;
	size_t width = COLS > 1 ? (size_t)COLS - 1 : 1;

	if (attr & A_REVERSE)
		width_add_cell(&line, text, width);
	else
		str_add_bytes(&line, text, width_fit(text, width));
	(void)attrset((int)attr);
	(void)mvaddstr(y, 0, str_text(&line));
	(void)attrset(A_NORMAL);
}

void screen_line(int y, bool is_reverse, bool is_bold, const char *text)
{
	put(y, (is_reverse ? A_REVERSE : A_NORMAL) | (is_bold ? A_BOLD : A_NORMAL), text);
}

static void put_title(const struct rows *rows, const struct screen_frame *frame)
{
	CLEANUP(str_dispose) struct str right = STR_INIT;
	CLEANUP(str_dispose) struct str line = STR_INIT;
	size_t width = COLS > 1 ? (size_t)COLS - 1 : 1, used;

	if (rows->filter[0] != '\0')
		str_add(&right, _(" only *%s*"), rows->filter);
	str_add(&right, _(" by %s%s "), rows_order_word(rows->order),
		rows->is_reversed ? _(", reversed") : "");
	used = width_of(str_text(&right));
	str_add(&line, " ");
	width_add_cell(&line, frame->title, width > used + 1 ? width - used - 1 : 0);
	str_add(&line, "%s", str_text(&right));
	put(0, A_REVERSE, str_text(&line));
}

static attr_t row_attr(const struct rows *rows, size_t i)
{
	const struct vm_domain *guest = rows_shown(rows, i);

	if (i == rows->at)
		return A_REVERSE;
	return rows_is_there(guest) ? A_BOLD : A_NORMAL;
}

static void put_message(const struct rows *rows, const struct screen_frame *frame)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;

	if (!frame->is_typing) {
		str_add(&text, " %s", frame->message);
		put(LINES - 2, A_NORMAL, str_text(&text));
		return;
	}
	str_add(&text, _(" Show only names with: %s"), rows->filter);
	put(LINES - 2, A_NORMAL, str_text(&text));
	(void)move(LINES - 2, (int)width_of(str_text(&text)));
}

static void put_nothing(const struct rows *rows)
{
	if (rows->filter[0] != '\0')
		put(LINES_ABOVE + 1, A_NORMAL, _("   No name has this in it. Esc shows all."));
	else
		put(LINES_ABOVE + 1, A_NORMAL,
			_("   There is no virtual machine yet. n makes one."));
}

void screen_draw(const struct rows *rows, const struct screen_frame *frame)
{
	char line[ROWTEXT_MAX];

	(void)erase();
	put_title(rows, frame);
	rowtext_header((unsigned)COLS, line);
	put(1, A_BOLD | A_UNDERLINE, line);
	for (size_t i = 0; i < rows->page && rows->top + i < rows->count; i++) {
		rowtext_row(rows_shown(rows, rows->top + i), (unsigned)COLS, line);
		put(LINES_ABOVE + (int)i, row_attr(rows, rows->top + i), line);
	}
	if (rows->count == 0)
		put_nothing(rows);
	rowtext_summary(rows, (unsigned)COLS, line);
	put(LINES - 3, A_NORMAL, line);
	put(LINES - 1, A_REVERSE, frame->keys);
	put_message(rows, frame);
	(void)curs_set(frame->is_typing ? 1 : 0);
	if (!frame->is_typing)
		(void)move(LINES - 1, 0);
	(void)refresh();
}

void screen_forget(void)
{
	(void)clearok(stdscr, TRUE);
}

int screen_key(unsigned timeout_ms)
{
	int key;

	timeout((int)timeout_ms);
	key = getch();
	timeout(-1);
	return key;
}

bool screen_is_line_gone(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, 0) == 1 && (in.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}
