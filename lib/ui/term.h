/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of the terminal before anything is drawn on it. */
#ifndef DOMUS_TERM_H
#define DOMUS_TERM_H

#include <stdbool.h>

#define TERM_LINES_MIN 24
#define TERM_COLUMNS_MIN 80

/*
 * Size of the terminal. A line that does not know it (0x0: serial, hvc0) is asked by escape
 * sequence (CSI 6n), and the answer is stored in the line; without an answer it is 80x24.
 */
void term_ask_size(int in_fd, int out_fd, int *ret_lines, int *ret_columns);
/* True when TERM is known and the cursor can be placed. */
bool term_can_draw(int out_fd);
/* True when the line drawing characters of this TERM are not to be relied on. */
bool term_wants_ascii(void);

#endif
