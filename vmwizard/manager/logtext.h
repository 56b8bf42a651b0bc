/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest wrote to its console, made fit to be shown: it may try to play with our terminal. */
#ifndef MANAGER_LOGTEXT_H
#define MANAGER_LOGTEXT_H

#include "str.h"

/*
 * Adds the lines of a log: escape sequences and control characters are left out, a carriage
 * return starts a line anew, no line is longer than 400 characters.
 */
void logtext_add(struct str *text, const char *bytes, size_t len);

#endif
