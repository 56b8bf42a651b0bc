/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What surrounds the dialogs: headline, steps at the left, keys at the bottom. Plain ncurses. */
#ifndef DOMUS_FRAME_H
#define DOMUS_FRAME_H

#include "ui.h"

struct frame_area {
	int y;
	int x;
	int height;
	int width;
};

/* Draws on stdscr, and returns where a dialog has its place; the last line is for details. */
struct frame_area frame_draw(const struct ui_frame *frame);
/* The same area, without drawing. */
struct frame_area frame_area(const struct ui_frame *frame);
/* While the terminal is too small: says so, and waits until it is large enough. */
void frame_wait_for_size(void);

#endif
