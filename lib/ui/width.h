/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts in columns of the screen, not bytes: wide characters take two, combining ones none. */
#ifndef DOMUS_WIDTH_H
#define DOMUS_WIDTH_H

#include <stddef.h>

#include "str.h"

/* Columns of a text of one line; a byte that is no character counts one. */
size_t width_of(const char *text);
/* Bytes of the longest beginning of text that fits into columns. */
size_t width_fit(const char *text, size_t columns);
/* Adds text cut or filled up to exactly columns; what is cut ends with "~". */
void width_add_cell(struct str *out, const char *text, size_t columns);
/*
 * Adds text broken at blanks to lines of at most columns, each but the last ended by \n. What is
 * broken goes on under the text of its line, or under the last column of a table's row.
 */
void width_add_wrapped(struct str *out, const char *text, size_t columns);

#endif
