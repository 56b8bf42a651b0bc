/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation that never returns NULL: running out of memory ends the program. */
#ifndef DOMUS_MEM_H
#define DOMUS_MEM_H

#include <stddef.h>

#include "attrs.h"

void *xmalloc(size_t size) ATTR_MALLOC;
/* Zeroed array; the product is overflow-checked. */
void *xcalloc(size_t count, size_t size) ATTR_MALLOC;
/* Array of count elements of size bytes; the product is overflow-checked. */
void *xreallocarray(void *old, size_t count, size_t size)
	__attribute__((returns_nonnull, warn_unused_result));
char *xstrdup(const char *text) ATTR_MALLOC;
/* First len bytes (or fewer, up to a NUL) as a string. */
char *xstrndup(const char *text, size_t len) ATTR_MALLOC;
char *xasprintf(const char *fmt, ...) ATTR_PRINTF(1, 2)
	__attribute__((returns_nonnull, warn_unused_result));

/* Overwrites a string before it is freed; NULL is fine. */
void mem_wipe_string(char *text);

/* For CLEANUP(): frees a char * variable. */
void mem_free_string(char **text);

#endif
