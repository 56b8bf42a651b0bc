/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forms over keys of the schema, sizes, passwords. */
#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "num.h"
#include "pwhash.h"
#include "schema.h"

static void *member(const struct schema_key *key, void *base)
{
	return (char *)base + key->offset;
}

static bool is_list(const struct schema_key *key)
{
	return key->flags & (SCHEMA_LIST | SCHEMA_REPEAT);
}

static bool is_text(const struct schema_key *key)
{
	return !is_list(key) && key->type != SCHEMA_BOOL && key->type != SCHEMA_INT &&
	       key->type != SCHEMA_SIZE_MIB && key->type != SCHEMA_WORD;
}

char *page_get(const char *section, const char *key_name, const void *base)
{
	const struct schema_key *key = schema_find_key(&host_schema, section, key_name);
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
	schema_get(key, base, &values);
	return strlist_join(&values);
}

int page_set(
	const char *section, const char *key_name, void *base, const char *value, struct err *err)
{
	const struct schema_key *key = schema_find_key(&host_schema, section, key_name);
	if (is_text(key) && !*value && !(key->flags & SCHEMA_REQUIRED)) {
		char **text = member(key, base);
		mem_wipe_string(*text);
		free(*text);
		*text = xstrdup("");
		return 0;
	}
	if (!is_list(key))
		return schema_set(key, base, value, err);
	CLEANUP(mem_free_string) char *before = page_get(section, key_name, base);
	strlist_dispose(member(key, base));
	if (!*value && key->flags & SCHEMA_EMPTY)
		return 0;
	if (schema_set(key, base, value, err) < 0) {
		strlist_dispose(member(key, base));
		if (*before)
			(void)schema_set(key, base, before, NULL);
		return -1;
	}
	return 0;
}

void *page_add(struct host_config *config, const char *kind, const char *name)
{
	void *base = schema_find_section(&host_schema, kind)->add(config, name);
	for (size_t i = 0; i < host_schema.n_keys; i++) {
		const struct schema_key *key = &host_schema.keys[i];
		if (strcmp(key->section, kind) != 0)
			continue;
		if (key->initial)
			(void)schema_set(key, base, key->initial, NULL);
		else if (is_text(key))
			*(char **)member(key, base) = xstrdup("");
	}
	return base;
}

/* Every struct of a named section begins with its name. */
void page_remove(const char *kind, void *elements, size_t *count, size_t size, size_t at)
{
	char *element = (char *)elements + at * size;
	schema_dispose_section(&host_schema, kind, element);
	free(*(char **)(void *)element);
	memmove(element, element + size, (*count - at - 1) * size);
	(*count)--;
}

static char *make_help(
	const struct ui *ui, const struct ui_question *q, const struct page_key *keys, size_t count)
{
	struct str out = STR_INIT;
	const char *help = q->help ? q->help : ui->page_help;
	if (help && *help)
		str_add(&out, "%s\n\n", help);
	for (size_t i = 0; i < count; i++) {
		const struct schema_key *key =
			schema_find_key(&host_schema, keys[i].section, keys[i].key);
		str_add(&out, "%s %s.\n", keys[i].label, _(key->meaning));
	}
	str_add(&out, "%s", _("\nCtrl-U empties a field, the arrow keys go from one to the next."));
	char *copy = xstrdup(str_text(&out));
	str_dispose(&out);
	return copy;
}

/* True when every field is right; the first one that is not is said. */
static bool take_fields(struct ui *ui, const struct page_key *keys, const struct ui_field *fields,
	size_t count, void *base, bool is_silent)
{
	bool is_right = true;
	for (size_t i = 0; i < count; i++) {
		struct err err = ERR_INIT;
		if (page_set(keys[i].section, keys[i].key, base, fields[i].value, &err) == 0)
			continue;
		if (is_right && !is_silent)
			ui_say(ui, _("Not right yet"), "%s %s", keys[i].label, err.text);
		is_right = false;
	}
	return is_right;
}

enum ui_result page_form(struct ui *ui, const struct ui_question *q, const struct page_key *keys,
	size_t count, void *base)
{
	struct ui_field fields[PAGE_KEYS_MAX] = {{.id = NULL}};
	for (size_t i = 0; i < count; i++) {
		CLEANUP(mem_free_string) char *value = page_get(keys[i].section, keys[i].key, base);
		fields[i] = (struct ui_field){.id = keys[i].key, .label = keys[i].label};
		ui_field_set(&fields[i], value);
	}
	CLEANUP(mem_free_string) char *help = make_help(ui, q, keys, count);
	struct ui_question question = *q;
	question.help = help;
	for (;;) {
		enum ui_result result = ui_form(ui, &question, fields, count);
		bool is_right = take_fields(ui, keys, fields, count, base, result != UI_OK);
		if (result != UI_OK || is_right || ui->is_gone)
			return result;
	}
}

const char *page_gb(uint64_t bytes, char buf[32])
{
	if (bytes >= 1000ull * 1000 * 1000 * 1000)
		(void)snprintf(buf, 32, "%.2f TB", (double)bytes / 1e12);
	else
		(void)snprintf(buf, 32, "%.1f GB", (double)bytes / 1e9);
	return buf;
}

const char *page_mib(uint64_t bytes, char buf[32])
{
	if (bytes >= NUM_GIB)
		(void)snprintf(buf, 32, "%.1f GiB", (double)bytes / (double)NUM_GIB);
	else
		(void)snprintf(buf, 32, "%.1f MiB", (double)bytes / (double)NUM_MIB);
	return buf;
}

enum ui_result page_choose(struct ui *ui, const struct ui_question *q, const struct ui_item *items,
	size_t count, unsigned *chosen)
{
	size_t at = *chosen;
	enum ui_result result = ui_menu(ui, q, items, count, &at);
	if (result == UI_OK)
		*chosen = (unsigned)at;
	return result;
}

enum ui_result page_end_dry_run(struct ui *ui, struct pages *pages)
{
	ui_say(ui, _("Dry run"), "%s", _("This was a dry run: nothing has been written."));
	pages->end = PAGES_SHELL;
	return UI_EXTRA;
}

#define PASSWORD_SHORT 8

/* True when the two are equal and meant. */
static bool is_meant(struct ui *ui, const char *first, const char *second)
{
	if (strcmp(first, second) != 0) {
		ui_say(ui, _("Not the same"), "%s",
			_("The two passwords differ. Please type both again."));
		return false;
	}
	if (strlen(first) >= PASSWORD_SHORT)
		return true;
	struct ui_question q = {.id = "weak-password",
		.title = _("Short password"),
		.text = _(
			"This password has fewer than 8 characters. Over SSH everybody may try.\n\n"
			"Use it all the same?"),
		.help = ""};
	bool yes = false;
	return ui_yes_no(ui, &q, &yes) == UI_OK && yes;
}

enum ui_result page_password(struct ui *ui, const struct ui_question *q, char **hash)
{
	struct ui_field fields[] = {
		{.id = "password",
			.label = _("Password:"),
			.flags = UI_FIELD_SECRET,
			.max = PWHASH_PASSWORD_MAX},
		{.id = "again",
			.label = _("Again:"),
			.flags = UI_FIELD_SECRET,
			.max = PWHASH_PASSWORD_MAX},
	};
	enum ui_result result;
	for (;;) {
		result = ui_form(ui, q, fields, 2);
		if (result != UI_OK || ui->is_gone || (!*fields[0].value && !*fields[1].value))
			break;
		if (is_meant(ui, fields[0].value, fields[1].value)) {
			struct err err = ERR_INIT;
			char *made;
			if (pwhash_make(fields[0].value, &made, &err) == 0) {
				free(*hash);
				*hash = made;
				break;
			}
			ui_say(ui, _("Not right yet"), "%s", err.text);
		}
		explicit_bzero(fields[0].value, sizeof(fields[0].value));
		explicit_bzero(fields[1].value, sizeof(fields[1].value));
	}
	explicit_bzero(fields, sizeof(fields));
	return result;
}
