/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text that grows and a list of texts. */
#ifndef DOMUS_STR_H
#define DOMUS_STR_H

#include <stdbool.h>
#include <stddef.h>

#include "attrs.h"

/* Owns data, which is always terminated once anything was added. */
struct str {
	char *data;
	size_t len;
	size_t room;
};

#define STR_INIT {.data = NULL, .len = 0, .room = 0}

void str_add(struct str *s, const char *fmt, ...) ATTR_PRINTF(2, 3);
void str_add_bytes(struct str *s, const void *bytes, size_t len);
/* The text so far, "" when empty; valid until the next change. */
const char *str_text(const struct str *s);
/* Frees; the bytes are wiped first, because a text may hold a password hash. */
void str_dispose(struct str *s);

/* Length of the UTF-8 character at s (Unicode 15, table 3-7), 0 when it is none. */
size_t str_utf8_len(const unsigned char *s, size_t left);
/* Puts '?' for each byte that is in no UTF-8 character: JSON takes no others. */
void str_make_utf8(char *text);

/* Owns its items; items[count] is NULL as soon as there is an item, so it can serve as argv. */
struct strlist {
	char **items;
	size_t count;
};

#define STRLIST_INIT {.items = NULL, .count = 0}

void strlist_add(struct strlist *list, const char *item);
void strlist_addf(struct strlist *list, const char *fmt, ...) ATTR_PRINTF(2, 3);
/* Adds the words of text, separated by blanks, tabs or commas. */
void strlist_add_words(struct strlist *list, const char *text);
/* Adds the lines of text, empty ones too, without their newlines. */
void strlist_add_lines(struct strlist *list, const char *text);
bool strlist_has(const struct strlist *list, const char *item);
/* Whether word is one of text's, which are separated as for strlist_add_words(). */
bool str_has_word(const char *text, const char *word);
/* The items with blanks between them; the caller frees. */
char *strlist_join(const struct strlist *list);
/* The same with another text between than a blank. */
char *strlist_join_with(const struct strlist *list, const char *between);
void strlist_dispose(struct strlist *list);

#endif
