/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes in the text of a configuration file that leave its comments and its order alone. Pure. */
#ifndef DOMUS_HOST_CONFTEXT_H
#define DOMUS_HOST_CONFTEXT_H

#include "err.h"
#include "str.h"

/* One key of one section; name is NULL for a section without one. */
struct conf_key {
	char *kind;
	char *name;
	char *key;
};

/*
 * Takes "SECTION.KEY" or "SECTION.NAME.KEY" apart; a name may have dots in it. ERR_INVALID when the
 * schema of hosts does not know it. The caller disposes.
 */
int conf_key_parse(const char *text, struct conf_key *ret_key, struct err *err);
void conf_key_dispose(struct conf_key *key);

/*
 * The text with the key set to the values, one line each; without values the key goes. A section
 * that is not there is added at the end.
 */
void conftext_set(const char *text, const struct conf_key *key, const struct strlist *values,
	struct str *ret_text);

/* The text without the section, from its line to its last key. */
void conftext_remove_section(
	const char *text, const char *kind, const char *name, struct str *ret_text);

#endif
