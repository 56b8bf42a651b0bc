/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An xl.cfg(5) file as text that can be asked and changed: what is not changed, hand-made keys,
 * order and comments, stays byte for byte. Pure.
 */
#ifndef DOMUS_XLCFG_H
#define DOMUS_XLCFG_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "problem.h"
#include "str.h"

#define XLCFG_FILE_MAX (1024u * 1024u) /* bytes */

/* A string, number or nested list; offsets into the text. */
struct xlcfg_value {
	size_t start, end;
	char *text; /* without quotes; NULL for a list in a list */
};

struct xlcfg_setting {
	char *key;
	unsigned line;
	size_t start, end; /* from the key to the end of its value */
	bool is_list;
	bool is_addition;   /* "+=" */
	size_t value_start; /* a list: of "[" */
	struct xlcfg_value *values;
	size_t count;
};

struct xlcfg {
	struct str text;
	struct xlcfg_setting *settings;
	size_t count;
};

#define XLCFG_INIT {.text = STR_INIT, .settings = NULL, .count = 0}

/* Reads what libxlutil would; -1 with the line in err when it would not. ret_cfg: disposed by the caller. */
int xlcfg_parse(const char *text, size_t len, struct xlcfg *ret_cfg, struct err *err);
void xlcfg_dispose(struct xlcfg *cfg);

/* The setting that counts (the last), or NULL. */
const struct xlcfg_setting *xlcfg_find(const struct xlcfg *cfg, const char *key);
/* Its string or number, or NULL when there is none or it is a list. */
const char *xlcfg_get(const struct xlcfg *cfg, const char *key);

/* A literal that reads back as value: quoted. -1 for what cannot be written (control characters). */
int xlcfg_quote(const char *value, struct str *ret_literal, struct err *err);

/*
 * Sets a key to a literal ("512", "\"pvh\"", a list): in place, or at the end of the file with the
 * comment (may be NULL) above it.
 */
int xlcfg_set(struct xlcfg *cfg, const char *key, const char *literal, const char *comment,
	struct err *err);
/* The same with a string, quoted. */
int xlcfg_set_text(struct xlcfg *cfg, const char *key, const char *value, const char *comment,
	struct err *err);
/* Removes every setting of a key; a line that it had alone goes. */
int xlcfg_unset(struct xlcfg *cfg, const char *key, struct err *err);
/* Edits a list that is there (or begins one): the other items and their comments stay. */
int xlcfg_list_add(struct xlcfg *cfg, const char *key, const char *value, struct err *err);
int xlcfg_list_replace(
	struct xlcfg *cfg, const char *key, size_t i, const char *value, struct err *err);
int xlcfg_list_remove(struct xlcfg *cfg, const char *key, size_t i, struct err *err);

/* What we note for ourselves in a comment line "# domus.WORD = VALUE": the caller frees; or NULL. */
char *xlcfg_note(const struct xlcfg *cfg, const char *word);
/* value NULL removes it. */
int xlcfg_set_note(struct xlcfg *cfg, const char *word, const char *value, struct err *err);

/* A warning for each key that xl does not know, with the nearest that it does, and for repeated ones. */
void xlcfg_check_keys(const struct xlcfg *cfg, struct problems *problems);

#endif
