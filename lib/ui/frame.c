/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headline, steps, keys. */
#include "frame.h"

#include <curses.h>

#include "lang.h"
#include "term.h"
#include "width.h"

#define STEPS_WIDTH 18 /* columns, with the mark before and a blank behind */

static void put_bar(int y, const char *text)
{
	CLEANUP(str_dispose) struct str line = STR_INIT;
	size_t width = (size_t)COLS;
	str_add(&line, " ");
	width_add_cell(&line, text, width > 1 ? width - 2 : 0);
	str_add(&line, " ");
	attrset(A_REVERSE);
	mvaddstr(y, 0, str_text(&line));
	attrset(A_NORMAL);
}

/* Steps that are done, the present one, those to come. */
static void put_step(int y, const char *name, size_t i, size_t present)
{
	CLEANUP(str_dispose) struct str line = STR_INIT;
	str_add(&line, "%s", i < present ? " * " : i == present ? " > " : "   ");
	width_add_cell(&line, name, STEPS_WIDTH - 3);
	attrset(i == present ? A_BOLD : A_NORMAL);
	mvaddstr(y, 0, str_text(&line));
	attrset(A_NORMAL);
}

struct frame_area frame_area(const struct ui_frame *frame)
{
	int left = frame->steps ? STEPS_WIDTH : 1;
	return (struct frame_area){
		.y = 1, .x = left, .height = LINES - 3, .width = COLS - left - 1};
}

struct frame_area frame_draw(const struct ui_frame *frame)
{
	erase();
	(void)touchwin(stdscr); /* also where a box was that is gone */
	put_bar(0, frame->headline ? frame->headline : "Domus");
	size_t rows = (size_t)(LINES - 5);
	size_t first = 0;
	if (frame->n_steps > rows && frame->present > rows / 2)
		first = frame->present - rows / 2;
	for (size_t i = 0; frame->steps && first + i < frame->n_steps && i < rows; i++)
		put_step((int)i + 2, frame->steps[first + i], first + i, frame->present);
	put_bar(LINES - 2, _("F1 Help   Tab Buttons   Enter Choose   Esc Back   Ctrl-C Abort"));
	wnoutrefresh(stdscr);
	return frame_area(frame);
}

void frame_wait_for_size(void)
{
	bool was_small = false;
	while (LINES < TERM_LINES_MIN || COLS < TERM_COLUMNS_MIN) {
		was_small = true;
		erase();
		mvprintw(0, 0, _("Too small: %dx%d."), COLS, LINES);
		mvprintw(1, 0, _("%dx%d is needed."), TERM_COLUMNS_MIN, TERM_LINES_MIN);
		refresh();
		if (getch() == ERR)
			break;
	}
	if (was_small)
		clear();
}
