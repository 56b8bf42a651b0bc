/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small texts: why something failed, short files read whole, sizes for people. */
#ifndef EARLY_TEXT_H
#define EARLY_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

/* Why a step failed, in one line, and what the person in front of the machine can do. */
struct why {
	char text[600];
};

/* Set the reason; errnum 0 means that no system error belongs to it. Always returns -1. */
int why_set(struct why *why, int errnum, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Read a short file, without its last newline. Returns its length, or -1 with errno set. */
int text_read_file(const char *path, char *ret_text, size_t size);

/* Put a path together; the result is cut when it does not fit, and then -1 is returned. */
int text_format(char *ret_text, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* "12 MiB" into a buffer of at least 24 bytes; returns the buffer. */
char *text_size(uint64_t bytes, char *buf, size_t size);

/* Remove the blanks at the end of a fixed-width field. */
void text_trim_end(char *text);

#endif
