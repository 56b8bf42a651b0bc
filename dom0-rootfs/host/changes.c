/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two configurations of a host, key by key of the schema. Pure. */
#include "changes.h"

#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"

const void *changes_find_base(
	const struct host_config *config, const struct schema_section *section, const char *name)
{
	if (!section->check_name)
		return config;
	const void *element;
	for (size_t i = 0; (element = section->at(config, i)) != NULL; i++)
		if (strcmp(section->name_of(element), name) == 0)
			return element;
	return NULL;
}

static struct change *add_change(
	struct changes *changes, const struct schema_section *section, const char *name)
{
	changes->items = xreallocarray(changes->items, changes->count + 1, sizeof(*changes->items));
	struct change *change = &changes->items[changes->count++];
	*change = (struct change){
		.kind = xstrdup(section->kind), .name = name ? xstrdup(name) : NULL};
	return change;
}

static void get_values(const struct schema_key *key, const void *base, struct strlist *ret_values)
{
	if (base)
		schema_get(key, base, ret_values);
}

static bool is_same(const struct strlist *a, const struct strlist *b)
{
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->items[i], b->items[i]) == 0;
	return same;
}

/* A section that comes or goes shows what it says, not all it leaves at the default. */
static bool is_worth_saying(const struct schema_key *key, const struct strlist *values)
{
	if (key->flags & SCHEMA_REQUIRED)
		return true;
	const char *value = values->count ? values->items[0] : "";
	return values->count > 1 || strcmp(value, key->initial ? key->initial : "") != 0;
}

static char *text_of(const struct schema_key *key, const struct strlist *values)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (key->flags & SCHEMA_SECRET) {
		const char *value = values->count ? values->items[0] : "";
		if (strcmp(value, "*") == 0 || value[0] == '\0')
			return xstrdup(value);
		return xstrdup(_("(set)"));
	}
	for (size_t i = 0; i < values->count; i++)
		str_add(&text, "%s%s", i ? "; " : "", values->items[i]);
	return xstrdup(str_text(&text));
}

static void compare_keys(struct changes *changes, const struct schema_section *section,
	const char *name, const void *before, const void *after)
{
	size_t count_before = changes->count;
	for (size_t i = 0; i < host_schema.n_keys; i++) {
		const struct schema_key *key = &host_schema.keys[i];
		CLEANUP(strlist_dispose) struct strlist old = STRLIST_INIT;
		CLEANUP(strlist_dispose) struct strlist new = STRLIST_INIT;
		if (strcmp(key->section, section->kind) != 0)
			continue;
		get_values(key, before, &old);
		get_values(key, after, &new);
		if (is_same(&old, &new))
			continue;
		if ((!before && !is_worth_saying(key, &new)) ||
			(!after && !is_worth_saying(key, &old)))
			continue;
		struct change *change = add_change(changes, section, name);
		change->key = key;
		change->before = text_of(key, &old);
		change->after = text_of(key, &new);
	}
	/* A section with nothing but defaults in it. */
	if ((!before || !after) && changes->count == count_before) {
		struct change *change = add_change(changes, section, name);
		change->before = xstrdup(before ? _("there") : "");
		change->after = xstrdup(after ? _("there") : "");
	}
}

static bool has_same_entries(
	const struct schema_section *section, const void *before, const void *after)
{
	for (size_t i = 0;; i++) {
		const struct cfg_entry *a = section->entry_at(before, i);
		const struct cfg_entry *b = section->entry_at(after, i);
		if (!a || !b)
			return a == b;
		if (strcmp(a->key, b->key) != 0 || strcmp(a->value, b->value) != 0)
			return false;
	}
}

static void compare_named(struct changes *changes, const struct schema_section *section,
	const char *name, const void *before, const void *after)
{
	if (!section->add_entry) {
		compare_keys(changes, section, name, before, after);
		return;
	}
	/* A guest's section leaves the file once the guest was made: nothing is to be done. */
	if (!after || (before && has_same_entries(section, before, after)))
		return;
	struct change *change = add_change(changes, section, name);
	change->before = xstrdup(before ? _("there") : "");
	change->after = xstrdup(after ? _("there") : "");
}

void changes_build(const struct host_config *before, const struct host_config *after,
	struct changes *ret_changes)
{
	for (size_t s = 0; s < host_schema.n_sections; s++) {
		const struct schema_section *section = &host_schema.sections[s];
		const void *element;
		if (!section->check_name) {
			compare_keys(ret_changes, section, NULL, before, after);
			continue;
		}
		for (size_t i = 0; (element = section->at(before, i)) != NULL; i++) {
			const char *name = section->name_of(element);
			compare_named(ret_changes, section, name, element,
				changes_find_base(after, section, name));
		}
		for (size_t i = 0; (element = section->at(after, i)) != NULL; i++) {
			const char *name = section->name_of(element);
			if (!changes_find_base(before, section, name))
				compare_named(ret_changes, section, name, NULL, element);
		}
	}
}

void changes_dispose(struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		free(changes->items[i].kind);
		free(changes->items[i].name);
		free(changes->items[i].before);
		free(changes->items[i].after);
	}
	free(changes->items);
	*changes = (struct changes)CHANGES_INIT;
}

static enum schema_when when_of(const struct change *change)
{
	if (change->key)
		return change->key->when;
	return strcmp(change->kind, "vm") == 0 ? SCHEMA_BOOT : SCHEMA_LIVE;
}

const char *change_when(const struct change *change)
{
	switch (when_of(change)) {
	case SCHEMA_INSTALL:
		return "install";
	case SCHEMA_BOOT:
		return "boot";
	case SCHEMA_LIVE:
		return "live";
	}
	return "";
}

static const char *when_text(const struct change *change)
{
	switch (when_of(change)) {
	case SCHEMA_INSTALL:
		return _("only at installation");
	case SCHEMA_BOOT:
		return _("at the next start");
	case SCHEMA_LIVE:
		return _("at once");
	}
	return "";
}

char *change_text(const struct change *change)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	str_add(&text, "[%s%s%s]", change->kind, change->name ? " " : "",
		change->name ? change->name : "");
	if (change->key)
		str_add(&text, " %s", change->key->key);
	str_add(&text, ": %s -> %s (%s)", change->before[0] ? change->before : _("nothing"),
		change->after[0] ? change->after : _("nothing"), when_text(change));
	return xstrdup(str_text(&text));
}
