/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Talking to whoever sits in front of the machine: every active console says the same. */
#ifndef EARLY_CONSOLE_H
#define EARLY_CONSOLE_H

#include "text.h"

enum tone { TONE_PLAIN, TONE_GOOD, TONE_WARN, TONE_BAD };

/* Open the kernel's active consoles (VGA and serial); needs /dev and /sys. */
void console_open(void);

/* One line to every console and, for dmesg, to the kernel's log. */
void console_say(enum tone tone, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Show `what ... 45 %` on the current line; percent 100 ends the line. */
void console_progress(const char *what, unsigned int percent);

/* Wait for a line on any console and return its first character, lower case; 0 for an empty one. */
char console_ask(void);

/* Shells on every console, until one of them ends. */
void console_shells(void);

#endif
