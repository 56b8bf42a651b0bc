/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages made from tables: a list of settings, each a key of vm_schema that says how it is asked. */
#ifndef PAGES_SETTING_H
#define PAGES_SETTING_H

#include "create.h"

/* A word of an enum in the schema, for people. */
struct setting_word {
	const char *word, *text;
	/* NULL: always; else NULL or why it cannot be chosen, in a text that lives on. */
	const char *(*why_not)(const struct create *c);
};

struct setting {
	const char *key;                           /* in vm_schema's section "vm" */
	const char *label;                         /* on the page */
	const struct setting_word *words;          /* of SCHEMA_WORD, ends with word NULL */
	bool (*is_wanted)(const struct create *c); /* NULL: always */
	page_open *open;                           /* NULL: asked by the kind of the key */
};

struct setting_page {
	const char *id, *title, *text, *help;
	const struct setting *settings;
	size_t count;
};

/* Shows the list and opens what is chosen, until it is left. */
void setting_run(struct create *c, const struct setting_page *page);
/* Asks one and puts it into c->spec. */
void setting_open(struct create *c, const struct setting *setting);
/* The value as a file would say it; the caller frees. */
char *setting_value(const struct vm_spec *spec, const char *key);

#endif
