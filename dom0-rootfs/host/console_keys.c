/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings on the console: lists, forms and questions made from the rows of the schema. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounts.h"
#include "changes.h"
#include "conftext.h"
#include "console.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "pwhash.h"
#include "settings.h"
#include "store.h"

enum { REPEAT_FIELDS = 6, ENTRIES_MAX = 256 };

/* ---- the draft ---- */

enum ui_result draft_open(struct ui *ui, const char *root, struct draft *ret_draft)
{
	struct err err = ERR_INIT;
	*ret_draft = (struct draft){.root = root};
	if (store_read(root, &ret_draft->original, &err) < 0) {
		ui_say(ui, _("Settings"), "%s", err.text);
		return UI_ABORT;
	}
	str_add(&ret_draft->text, "%s", str_text(&ret_draft->original));
	return UI_OK;
}

void draft_dispose(struct draft *draft)
{
	str_dispose(&draft->original);
	str_dispose(&draft->text);
}

static void draft_replace(struct draft *draft, struct str *text)
{
	struct str old = draft->text;
	draft->text = *text;
	*text = old;
}

void draft_set(struct draft *draft, const char *kind, const char *name, const char *key,
	const struct strlist *values)
{
	CLEANUP(conf_key_dispose)
	struct conf_key where = {
		.kind = xstrdup(kind), .name = name ? xstrdup(name) : NULL, .key = xstrdup(key)};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	conftext_set(str_text(&draft->text), &where, values, &text);
	draft_replace(draft, &text);
}

void draft_read(const struct draft *draft, struct host_config *ret_config)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	const struct hostconf_context context = {.is_live = true};
	hostconf_init(ret_config);
	hostconf_parse(str_text(&draft->text), draft->text.len, &context, SCHEMA_LENIENT,
		ret_config, &problems);
}

/* ---- one key ---- */

static void get_values(const struct draft *draft, const struct schema_key *key, const char *name,
	struct strlist *ret_values)
{
	CLEANUP(hostconf_dispose) struct host_config config;
	draft_read(draft, &config);
	const void *base =
		changes_find_base(&config, schema_find_section(&host_schema, key->section), name);
	if (base)
		schema_get(key, base, ret_values);
}

static void set_one(
	struct draft *draft, const struct schema_key *key, const char *name, const char *value)
{
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
	/* Empty is the default for what has no empty form of its own. */
	if (*value || (key->flags & SCHEMA_EMPTY))
		strlist_add(&values, value);
	draft_set(draft, key->section, name, key->key, &values);
}

static bool is_value_right(struct ui *ui, const struct schema_key *key, const char *value)
{
	struct err err = ERR_INIT;
	/* Large enough for any section's struct, of which only this member is touched. */
	CLEANUP(hostconf_dispose) struct host_config config;
	hostconf_init(&config);
	const struct schema_section *section = schema_find_section(&host_schema, key->section);
	void *base = section->check_name ? section->add(&config, "x") : &config;
	if (!*value && !(key->flags & SCHEMA_REQUIRED))
		return true;
	if (key->flags & SCHEMA_LIST)
		strlist_dispose((struct strlist *)(void *)((char *)base + key->offset));
	if (schema_set(key, base, value, &err) == 0)
		return true;
	ui_say(ui, _("Not right yet"), "%s", err.text);
	return false;
}

static enum ui_result edit_yes_no(struct ui *ui, struct draft *draft, const struct ui_question *q,
	const struct schema_key *key, const char *name, const char *value)
{
	bool yes = strcmp(value, "yes") == 0;
	enum ui_result result = ui_yes_no(ui, q, &yes);
	if (result == UI_OK)
		set_one(draft, key, name, yes ? "yes" : "no");
	return result;
}

static enum ui_result edit_word(struct ui *ui, struct draft *draft, const struct ui_question *q,
	const struct schema_key *key, const char *name, const char *value)
{
	struct ui_item items[32];
	size_t count = 0;
	size_t chosen = 0;
	for (; key->words[count] && count < ARRAY_SIZE(items); count++) {
		items[count] = (struct ui_item){.tag = key->words[count], .text = ""};
		if (strcmp(key->words[count], value) == 0)
			chosen = count;
	}
	enum ui_result result = ui_menu(ui, q, items, count, &chosen);
	if (result == UI_OK)
		set_one(draft, key, name, key->words[chosen]);
	return result;
}

static enum ui_result edit_password(struct ui *ui, struct draft *draft, const struct ui_question *q,
	const struct schema_key *key, const char *name)
{
	struct ui_field fields[] = {{.id = "password",
					    .label = _("Password:"),
					    .flags = UI_FIELD_SECRET,
					    .max = PWHASH_PASSWORD_MAX},
		{.id = "again",
			.label = _("Again:"),
			.flags = UI_FIELD_SECRET,
			.max = PWHASH_PASSWORD_MAX}};
	enum ui_result result;
	for (;;) {
		struct err err = ERR_INIT;
		char *hash;
		result = ui_form(ui, q, fields, 2);
		if (result != UI_OK || ui->is_gone)
			break;
		if (strcmp(fields[0].value, fields[1].value) != 0) {
			ui_say(ui, _("Not the same"), "%s",
				_("The two passwords differ. Please type both again."));
		} else if (pwhash_make(fields[0].value, &hash, &err) < 0) {
			ui_say(ui, _("Not right yet"), "%s", err.text);
		} else {
			set_one(draft, key, name, hash);
			mem_wipe_string(hash);
			free(hash);
			break;
		}
		explicit_bzero(fields[0].value, sizeof(fields[0].value));
		explicit_bzero(fields[1].value, sizeof(fields[1].value));
	}
	explicit_bzero(fields, sizeof(fields));
	return result;
}

static enum ui_result edit_text(struct ui *ui, struct draft *draft, const struct ui_question *q,
	const struct schema_key *key, const char *name, const char *value)
{
	CLEANUP(mem_free_string) char *label = xasprintf("%s:", key->key);
	struct ui_field field = {.id = key->key, .label = label};
	ui_field_set(&field, value);
	for (;;) {
		enum ui_result result = ui_form(ui, q, &field, 1);
		if (result != UI_OK || ui->is_gone)
			return result;
		if (!is_value_right(ui, key, field.value))
			continue;
		set_one(draft, key, name, field.value);
		return UI_OK;
	}
}

/* One field a value, and one more for another; an empty one takes its value away. */
static enum ui_result edit_repeated(struct ui *ui, struct draft *draft, const struct ui_question *q,
	const struct schema_key *key, const char *name, const struct strlist *values)
{
	struct ui_field fields[REPEAT_FIELDS] = {{.id = NULL}};
	static const char *const ids[REPEAT_FIELDS] = {"1", "2", "3", "4", "5", "6"};
	size_t count = values->count + 1 < REPEAT_FIELDS ? values->count + 1 : REPEAT_FIELDS;
	if (values->count > REPEAT_FIELDS) {
		ui_say(ui, key->key, _("There are %zu of them: use domus-host edit."),
			values->count);
		return UI_BACK;
	}
	for (size_t i = 0; i < count; i++) {
		fields[i] = (struct ui_field){.id = ids[i], .label = ids[i]};
		ui_field_set(&fields[i], i < values->count ? values->items[i] : "");
	}
	for (;;) {
		CLEANUP(strlist_dispose) struct strlist new = STRLIST_INIT;
		enum ui_result result = ui_form(ui, q, fields, count);
		bool is_right = true;
		if (result != UI_OK || ui->is_gone)
			return result;
		for (size_t i = 0; i < count; i++) {
			is_right = is_right && is_value_right(ui, key, fields[i].value);
			if (*fields[i].value)
				strlist_add(&new, fields[i].value);
		}
		if (!is_right)
			continue;
		draft_set(draft, key->section, name, key->key, &new);
		return UI_OK;
	}
}

enum ui_result console_edit_key(
	struct ui *ui, struct draft *draft, const struct schema_key *key, const char *name)
{
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
	CLEANUP(mem_free_string)
	char *title = name ? xasprintf("%s %s: %s", key->section, name, key->key)
			   : xasprintf("%s: %s", key->section, key->key);
	CLEANUP(mem_free_string)
	char *text = key->flags & SCHEMA_SECRET
			     ? xstrdup(_("Type the new password twice. It is kept as a hash only."))
			     : xasprintf("%s.", _(key->meaning));
	if (text[0] >= 'a' && text[0] <= 'z')
		text[0] = (char)(text[0] - 'a' + 'A');
	const struct ui_question q = {
		.id = key->key, .title = title, .text = text, .ok = _("OK"), .help = ""};
	get_values(draft, key, name, &values);
	const char *value = values.count ? values.items[0] : "";
	if (key->flags & SCHEMA_SECRET)
		return edit_password(ui, draft, &q, key, name);
	if (key->flags & SCHEMA_REPEAT)
		return edit_repeated(ui, draft, &q, key, name, &values);
	if (key->type == SCHEMA_BOOL)
		return edit_yes_no(ui, draft, &q, key, name, value);
	if (key->type == SCHEMA_WORD)
		return edit_word(ui, draft, &q, key, name, value);
	return edit_text(ui, draft, &q, key, name, value);
}

/* ---- a list of sections and keys ---- */

enum entry_kind { ENTRY_KEY, ENTRY_SECTION, ENTRY_ADD, ENTRY_REMOVE };

struct entry {
	enum entry_kind kind;
	const struct schema_section *section;
	const struct schema_key *key;
	char *name; /* of the section, or NULL */
	char *tag;
	char *text;
};

struct entries {
	struct entry *items;
	size_t count;
};

static struct entry *add_entry(
	struct entries *entries, enum entry_kind kind, const struct schema_section *section)
{
	entries->items = xreallocarray(entries->items, entries->count + 1, sizeof(*entries->items));
	struct entry *entry = &entries->items[entries->count++];
	*entry = (struct entry){.kind = kind, .section = section};
	return entry;
}

static void entries_dispose(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free(entries->items[i].name);
		free(entries->items[i].tag);
		free(entries->items[i].text);
	}
	free(entries->items);
}

/* Values as they are shown in a list: secrets as words, many keys as their number. */
static char *value_text(const struct schema_key *key, const void *base)
{
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
	schema_get(key, base, &values);
	const char *value = values.count ? values.items[0] : "";
	if (key->flags & SCHEMA_SECRET)
		return xstrdup(hostconf_has_hash(value) ? _("(set)")
			       : *value                 ? _("(locked)")
							: _("(none)"));
	if (key->flags & SCHEMA_REPEAT)
		return values.count ? xasprintf(_("%zu given"), values.count) : xstrdup("-");
	return xstrdup(*value ? value : "-");
}

static void add_keys(struct entries *entries, const struct schema_section *section,
	const char *name, const void *base, bool with_section)
{
	for (size_t i = 0; i < host_schema.n_keys; i++) {
		const struct schema_key *key = &host_schema.keys[i];
		if (strcmp(key->section, section->kind) != 0)
			continue;
		struct entry *entry = add_entry(entries, ENTRY_KEY, section);
		entry->key = key;
		entry->name = name ? xstrdup(name) : NULL;
		entry->tag = with_section ? xasprintf("%s.%s", section->kind, key->key)
					  : xstrdup(key->key);
		entry->text = value_text(key, base);
	}
}

/* The first values of a section that say something. */
static char *summary_of(const struct schema_section *section, const void *element)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	for (size_t i = 0; i < host_schema.n_keys; i++) {
		const struct schema_key *key = &host_schema.keys[i];
		if (strcmp(key->section, section->kind) != 0 || (key->flags & SCHEMA_SECRET))
			continue;
		CLEANUP(mem_free_string) char *value = value_text(key, element);
		bool is_default = strcmp(value, key->initial ? key->initial : "-") == 0;
		if (!is_default && strcmp(value, "-") != 0)
			str_add(&text, "%s%s %s", text.len ? ", " : "", key->key, value);
	}
	return xstrdup(str_text(&text));
}

static void add_named(struct entries *entries, const struct schema_section *section,
	const struct host_config *config)
{
	const void *element;
	for (size_t i = 0; (element = section->at(config, i)) != NULL; i++) {
		struct entry *entry = add_entry(entries, ENTRY_SECTION, section);
		entry->name = xstrdup(section->name_of(element));
		entry->tag = xasprintf("%s %s", section->kind, entry->name);
		entry->text = summary_of(section, element);
	}
	struct entry *entry = add_entry(entries, ENTRY_ADD, section);
	entry->tag = xasprintf("+%s", section->kind);
	entry->text = xasprintf(_("Add: %s"), _(section->meaning));
}

/* Shows entries; UI_OK: *chosen is the one to be opened. */
static enum ui_result choose_entry(struct ui *ui, const char *id, const char *title,
	const struct entries *entries, size_t *chosen)
{
	struct ui_item *items = xcalloc(entries->count, sizeof(*items));
	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->items[i];
		items[i] = (struct ui_item){.tag = entry->tag,
			.text = entry->text,
			.detail = entry->kind == ENTRY_KEY ? _(entry->key->meaning) : NULL};
	}
	const struct ui_question q = {.id = id,
		.title = title,
		.ok = _("Change"),
		.help = _(
			"Enter opens an entry. Back leaves the page: then the difference is shown, "
			"and nothing is written before you say so.")};
	if (*chosen >= entries->count)
		*chosen = 0;
	enum ui_result result = ui_menu(ui, &q, items, entries->count, chosen);
	free(items);
	return result;
}

static void remove_section(struct draft *draft, const struct entry *entry)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	conftext_remove_section(str_text(&draft->text), entry->section->kind, entry->name, &text);
	draft_replace(draft, &text);
}

static enum ui_result edit_section(struct ui *ui, struct draft *draft, const struct entry *of)
{
	size_t chosen = 0;
	for (;;) {
		CLEANUP(hostconf_dispose) struct host_config config;
		CLEANUP(entries_dispose) struct entries entries = {.items = NULL};
		draft_read(draft, &config);
		const void *base = changes_find_base(&config, of->section, of->name);
		if (!base)
			return UI_BACK;
		add_keys(&entries, of->section, of->name, base, false);
		struct entry *remove = add_entry(&entries, ENTRY_REMOVE, of->section);
		remove->tag = xstrdup(_("remove"));
		remove->text = xasprintf(_("Remove %s %s"), of->section->kind, of->name);
		enum ui_result result =
			choose_entry(ui, of->section->kind, of->tag, &entries, &chosen);
		if (result != UI_OK || ui->is_gone)
			return result;
		if (entries.items[chosen].kind == ENTRY_REMOVE) {
			remove_section(draft, of);
			return UI_BACK;
		}
		result = console_edit_key(ui, draft, entries.items[chosen].key, of->name);
		if (result == UI_ABORT)
			return result;
	}
}

/* What a new section needs before it can be read; the rest has defaults. */
static enum ui_result ask_required(
	struct ui *ui, struct draft *draft, const struct schema_section *section, const char *name)
{
	bool has_any = false;
	for (size_t i = 0; i < host_schema.n_keys; i++) {
		const struct schema_key *key = &host_schema.keys[i];
		if (strcmp(key->section, section->kind) != 0 || !(key->flags & SCHEMA_REQUIRED))
			continue;
		has_any = true;
		if (strcmp(section->kind, "user") == 0) {
			CLEANUP(hostconf_dispose) struct host_config config;
			draft_read(draft, &config);
			CLEANUP(mem_free_string)
			char *uid = xasprintf(
				"%lld", (long long)accounts_next_uid(draft->root, &config));
			set_one(draft, key, name, uid);
			continue;
		}
		enum ui_result result = console_edit_key(ui, draft, key, name);
		if (result != UI_OK)
			return result;
	}
	/* A key of its own, so that the section is there at all. */
	for (size_t i = 0; !has_any && i < host_schema.n_keys; i++)
		if (strcmp(host_schema.keys[i].section, section->kind) == 0) {
			set_one(draft, &host_schema.keys[i], name, "");
			break;
		}
	return UI_OK;
}

static enum ui_result add_section(
	struct ui *ui, struct draft *draft, const struct schema_section *section)
{
	struct ui_field field = {.id = "name", .label = _("Name:"), .max = 32};
	CLEANUP(mem_free_string) char *title = xasprintf(_("New: %s"), section->kind);
	const struct ui_question q = {.id = "name",
		.title = title,
		.text = _(section->meaning),
		.ok = _("OK"),
		.help = ""};
	for (;;) {
		CLEANUP(hostconf_dispose) struct host_config config;
		struct err err = ERR_INIT;
		draft_read(draft, &config);
		enum ui_result result = ui_form(ui, &q, &field, 1);
		if (result != UI_OK || ui->is_gone)
			return result;
		if (section->check_name(field.value, &err) < 0)
			ui_say(ui, _("Not right yet"), "%s", err.text);
		else if (changes_find_base(&config, section, field.value))
			ui_say(ui, _("Not right yet"), _("There is one called %s already."),
				field.value);
		else
			break;
	}
	CLEANUP(str_dispose) struct str before = STR_INIT;
	str_add(&before, "%s", str_text(&draft->text));
	enum ui_result result = ask_required(ui, draft, section, field.value);
	if (result != UI_OK) {
		draft_replace(draft, &before);
		return result;
	}
	CLEANUP(mem_free_string) char *tag = xasprintf("%s %s", section->kind, field.value);
	const struct entry entry = {.section = section, .name = field.value, .tag = tag};
	return edit_section(ui, draft, &entry);
}

static enum ui_result open_entry(struct ui *ui, struct draft *draft, const struct entry *entry)
{
	switch (entry->kind) {
	case ENTRY_KEY:
		return console_edit_key(ui, draft, entry->key, entry->name);
	case ENTRY_SECTION:
		return edit_section(ui, draft, entry);
	case ENTRY_ADD:
		return add_section(ui, draft, entry->section);
	case ENTRY_REMOVE:
		break;
	}
	return UI_BACK;
}

static enum ui_result edit_draft(
	struct ui *ui, struct draft *draft, const struct console_sections *sections, size_t *chosen)
{
	for (;;) {
		CLEANUP(hostconf_dispose) struct host_config config;
		CLEANUP(entries_dispose) struct entries entries = {.items = NULL};
		bool are_many = sections->kinds[1] != NULL;
		draft_read(draft, &config);
		for (size_t i = 0; sections->kinds[i]; i++) {
			const struct schema_section *section =
				schema_find_section(&host_schema, sections->kinds[i]);
			if (section->check_name)
				add_named(&entries, section, &config);
			else
				add_keys(&entries, section, NULL, &config, are_many);
		}
		enum ui_result result =
			choose_entry(ui, "settings", sections->title, &entries, chosen);
		if (result != UI_OK || ui->is_gone)
			return result;
		result = open_entry(ui, draft, &entries.items[*chosen]);
		if (result == UI_ABORT)
			return result;
	}
}

enum ui_result console_edit_sections(
	struct ui *ui, const char *root, const struct console_sections *sections)
{
	CLEANUP(draft_dispose) struct draft draft;
	size_t chosen = 0;
	if (draft_open(ui, root, &draft) != UI_OK)
		return UI_BACK;
	for (;;) {
		enum ui_result result = edit_draft(ui, &draft, sections, &chosen);
		if (result == UI_ABORT || ui->is_gone)
			return result;
		if (console_finish(ui, &draft) != UI_BACK)
			return UI_OK;
	}
}
