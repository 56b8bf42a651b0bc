/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manager's main window in plain curses, on the screen that lib/ui has opened. */
#ifndef MANAGER_SCREEN_H
#define MANAGER_SCREEN_H

#include "rowtext.h"

/* What stands around the rows. */
struct screen_frame {
	const char *title;
	const char *message; /* of the last action; "" none */
	const char *keys;    /* the last line */
	bool is_typing;      /* the filter is being typed: the cursor stands behind it */
};

/* Rows that fit on the screen as it is now. */
size_t screen_page(void);
/* Draws all; curses sends only what differs from the screen before. */
void screen_draw(const struct rows *rows, const struct screen_frame *frame);
/* One line, cut to the screen's width. */
void screen_line(int y, bool is_reverse, bool is_bold, const char *text);
/* Nobody is there any more: no key can mean that, too. */
bool screen_is_line_gone(void);
/* Everything is sent anew with the next draw: after another program or a dialog was there. */
void screen_forget(void);
/* Waits at most so long; a key of curses or ERR. */
int screen_key(unsigned timeout_ms);
/* Milliseconds between two looks: on a slow line a change of all rows needs seconds. */
unsigned screen_interval_ms(void);

#endif
