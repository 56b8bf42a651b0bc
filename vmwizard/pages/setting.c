/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings asked by the kind of their key. */
#include "setting.h"

#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"

#define SETTINGS_MAX 24

static const struct schema_key *find_key(const char *key)
{
	return schema_find_key(&vm_schema, "vm", key);
}

char *setting_value(const struct vm_spec *spec, const char *key)
{
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;

	schema_get(find_key(key), spec, &values);
	return strlist_join(&values);
}

/* What was found under the mirror is looked for again under another one. */
static void forget_addresses(struct vm_spec *spec, const char *mirror)
{
	size_t len = strlen(mirror);

	if (len > 0 && strncmp(spec->kernel, mirror, len) == 0)
		vm_spec_set(&spec->kernel, "");
	if (len > 0 && strncmp(spec->initrd, mirror, len) == 0)
		vm_spec_set(&spec->initrd, "");
}

/* True when it was taken. */
static bool set(struct create *c, const char *key, const char *value)
{
	struct vm_spec changed;
	struct err err = ERR_INIT;
	bool is_taken;

	vm_spec_copy(&changed, &c->spec);
	if (strcmp(key, "mirror") == 0)
		forget_addresses(&changed, c->spec.mirror);
	is_taken = schema_set(find_key(key), &changed, value, &err) == 0;
	if (!is_taken)
		ui_say(c->ui, key, "%s: %s", key, err.text);
	else
		is_taken = create_accept(c, &changed);
	vm_spec_dispose(&changed);
	return is_taken;
}

static void ask_text(struct create *c, const struct setting *setting)
{
	const struct schema_key *key = find_key(setting->key);
	CLEANUP(mem_free_string) char *value = setting_value(&c->spec, setting->key);
	struct ui_question q = {.id = setting->key,
		.title = _(setting->label),
		.text = _(key->meaning),
		.help = "",
		.ok = _("OK")};

	for (;;) {
		char *typed = NULL;

		if (!create_ask_line(c, &q, _(setting->label), value, 0, &typed))
			return;
		free(value);
		value = typed;
		if (set(c, setting->key, value))
			return;
	}
}

static size_t count_words(const struct setting *setting)
{
	size_t count = 0;

	while (setting->words[count].word)
		count++;
	return count;
}

static void ask_word(struct create *c, const struct setting *setting)
{
	const struct schema_key *key = find_key(setting->key);
	CLEANUP(mem_free_string) char *value = setting_value(&c->spec, setting->key);
	struct ui_item items[SETTINGS_MAX];
	size_t count = count_words(setting), chosen = 0;
	struct ui_question q = {.id = setting->key,
		.title = _(setting->label),
		.text = _(key->meaning),
		.help = "",
		.ok = _("OK")};

	for (size_t i = 0; i < count; i++) {
		const struct setting_word *word = &setting->words[i];
		const char *why_not = word->why_not ? word->why_not(c) : NULL;

		items[i] = (struct ui_item){.tag = word->word,
			.text = why_not ? why_not : _(word->text),
			.why_not = why_not};
		if (strcmp(word->word, value) == 0)
			chosen = i;
	}
	while (ui_menu(c->ui, &q, items, count, &chosen) == UI_OK) {
		if (set(c, setting->key, setting->words[chosen].word))
			return;
	}
}

void setting_open(struct create *c, const struct setting *setting)
{
	const struct schema_key *key = find_key(setting->key);

	if (setting->open) {
		setting->open(c);
	} else if (key->type == SCHEMA_BOOL) {
		CLEANUP(mem_free_string) char *value = setting_value(&c->spec, setting->key);

		(void)set(c, setting->key, strcmp(value, "yes") == 0 ? "no" : "yes");
	} else if (setting->words) {
		ask_word(c, setting);
	} else {
		ask_text(c, setting);
	}
}

/* What the list shows as its value; the caller frees. */
static char *shown_value(const struct create *c, const struct setting *setting)
{
	char *value = setting_value(&c->spec, setting->key);

	for (size_t i = 0; setting->words && setting->words[i].word; i++) {
		if (strcmp(setting->words[i].word, value) != 0)
			continue;
		free(value);
		return xstrdup(_(setting->words[i].text));
	}
	if (value[0] == '\0') {
		free(value);
		return xstrdup("-");
	}
	return value;
}

static size_t collect(const struct create *c, const struct setting_page *page,
	const struct setting *ret_settings[SETTINGS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < page->count && count < SETTINGS_MAX; i++) {
		if (!page->settings[i].is_wanted || page->settings[i].is_wanted(c))
			ret_settings[count++] = &page->settings[i];
	}
	return count;
}

void setting_run(struct create *c, const struct setting_page *page)
{
	const struct setting *settings[SETTINGS_MAX];
	struct ui_item items[SETTINGS_MAX];
	char *values[SETTINGS_MAX];
	struct ui_question q = {.id = page->id,
		.title = _(page->title),
		.text = page->text ? _(page->text) : NULL,
		.help = _(page->help),
		.ok = _("Change")};
	size_t chosen = 0;
	enum ui_result result;

	do {
		size_t count = collect(c, page, settings);

		for (size_t i = 0; i < count; i++) {
			values[i] = shown_value(c, settings[i]);
			items[i] =
				(struct ui_item){.tag = _(settings[i]->label), .text = values[i]};
		}
		if (chosen >= count)
			chosen = 0;
		result = ui_menu(c->ui, &q, items, count, &chosen);
		for (size_t i = 0; i < count; i++)
			free(values[i]);
		if (result == UI_OK)
			setting_open(c, settings[chosen]);
	} while (result == UI_OK && !c->ui->is_gone);
}
