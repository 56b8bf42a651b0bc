/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reader of our configuration dialect, for hosts and guests:
 *
 *	# a comment has a line of its own
 *	[section]           or  [section name]
 *	key = value
 *
 * It knows the grammar, not the keys (schema.h does). UTF-8, lines up to 8 KiB. All errors of a
 * file are collected. The order and the lines of everything are kept.
 */
#ifndef DOMUS_CFG_H
#define DOMUS_CFG_H

#include <stddef.h>

#include "err.h"
#include "problem.h"
#include "str.h"

#define CFG_LINE_MAX 8192u           /* bytes, without the end of the line */
#define CFG_FILE_MAX (1024u * 1024u) /* bytes */
#define CFG_SECTIONS_MAX 1024u
#define CFG_WORD_MAX 63u /* characters of a key, a section or its name */

struct cfg_entry {
	char *key;
	char *value; /* without the blanks around it; may be empty */
	unsigned line;
};

struct cfg_section {
	char *kind; /* "bridge" of [bridge xenbr0] */
	char *name; /* "xenbr0", or NULL */
	unsigned line;
	struct cfg_entry *entries;
	size_t count;
};

struct cfg {
	struct cfg_section *sections;
	size_t count;
};

#define CFG_INIT {.sections = NULL, .count = 0}

/*
 * Reads a text of any bytes. What can be understood is in ret_cfg even if there are errors; each
 * of them is added to problems. The caller disposes of ret_cfg in any case.
 */
void cfg_parse(const char *text, size_t len, struct cfg *ret_cfg, struct problems *problems);

/* Reads root/path and parses it; -1 only when the file cannot be read. */
int cfg_read_file(const char *root, const char *path, struct cfg *ret_cfg,
	struct problems *problems, struct err *err);

/* The section, or NULL. name may be NULL. */
const struct cfg_section *cfg_find_section(
	const struct cfg *cfg, const char *kind, const char *name);

/*
 * Line of the nth entry called key (from 0); the section's when there is no such entry; 0 without
 * the section, or when cfg is NULL.
 */
unsigned cfg_line_of(
	const struct cfg *cfg, const char *kind, const char *name, const char *key, size_t nth);

/* Values are wiped, since they may be secrets. */
void cfg_dispose(struct cfg *cfg);

#endif
