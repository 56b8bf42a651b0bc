/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes in the text of a configuration file that leave its comments and its order alone. Pure. */
#include "conftext.h"

#include <stdlib.h>
#include <string.h>

#include "cfg.h"
#include "hostconf.h"
#include "lang.h"
#include "mem.h"
#include "near.h"

enum { NAMES_MAX = 256 };

static int say_unknown(const char *text, struct err *err)
{
	const char *names[NAMES_MAX];
	char *built[NAMES_MAX];
	size_t n = 0;
	for (size_t i = 0; i < host_schema.n_keys && n < NAMES_MAX; i++, n++)
		names[n] = built[n] =
			xasprintf("%s.%s", host_schema.keys[i].section, host_schema.keys[i].key);
	const char *near = near_find(text, names, n);
	int rc = near ? err_set(err, ERR_INVALID, 0,
				_("there is no key \"%s\"; did you mean \"%s\"?"), text, near)
		      : err_set(err, ERR_INVALID, 0,
				_("there is no key \"%s\": see domus-host schema"), text);
	for (size_t i = 0; i < n; i++)
		free(built[i]);
	return rc;
}

int conf_key_parse(const char *text, struct conf_key *ret_key, struct err *err)
{
	const char *first = strchr(text, '.');
	const char *last = strrchr(text, '.');
	if (!first)
		return say_unknown(text, err);
	CLEANUP(mem_free_string) char *kind = xstrndup(text, (size_t)(first - text));
	const struct schema_section *section = schema_find_section(&host_schema, kind);
	if (!section || section->add_entry || !schema_find_key(&host_schema, kind, last + 1))
		return say_unknown(text, err);
	if (!section->check_name && first != last)
		return err_set(
			err, ERR_INVALID, 0, _("[%s] takes no name: %s.%s"), kind, kind, last + 1);
	if (section->check_name && first == last)
		return err_set(err, ERR_INVALID, 0, _("[%s] needs a name: %s.NAME.%s"), kind, kind,
			last + 1);
	CLEANUP(mem_free_string)
	char *name = first == last ? NULL : xstrndup(first + 1, (size_t)(last - first - 1));
	if (name && section->check_name(name, err) < 0)
		return -1;
	*ret_key = (struct conf_key){.kind = xstrdup(kind),
		.name = name ? xstrdup(name) : NULL,
		.key = xstrdup(last + 1)};
	return 0;
}

void conf_key_dispose(struct conf_key *key)
{
	free(key->kind);
	free(key->name);
	free(key->key);
	*key = (struct conf_key){.kind = NULL};
}

/* What happens to the lines of the old text. */
struct edit {
	bool *is_dropped; /* by line, from 1 */
	size_t n_lines;
	unsigned insert_after; /* line, 0: nowhere */
	const char *insert;
};

static void apply_edit(const char *text, const struct edit *edit, struct str *out)
{
	unsigned line = 0;
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n");
		line++;
		if (!edit->is_dropped[line])
			str_add(out, "%.*s\n", (int)len, p);
		if (line == edit->insert_after)
			str_add(out, "%s", edit->insert);
		p += len + (p[len] == '\n');
	}
}

static size_t count_lines(const char *text)
{
	size_t n = 1;
	for (const char *p = text; *p; p++)
		n += *p == '\n';
	return n;
}

static void build_lines(const struct conf_key *key, const struct strlist *values, struct str *out)
{
	for (size_t i = 0; i < values->count; i++)
		str_add(out, "%s =%s%s\n", key->key, values->items[i][0] ? " " : "",
			values->items[i]);
}

void conftext_set(const char *text, const struct conf_key *key, const struct strlist *values,
	struct str *ret_text)
{
	CLEANUP(cfg_dispose) struct cfg cfg = CFG_INIT;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(str_dispose) struct str lines = STR_INIT;
	cfg_parse(text, strlen(text), &cfg, &problems);
	build_lines(key, values, &lines);
	const struct cfg_section *section = cfg_find_section(&cfg, key->kind, key->name);
	size_t n_lines = count_lines(text);
	bool *is_dropped = xcalloc(n_lines + 1, sizeof(*is_dropped));
	struct edit edit = {
		.is_dropped = is_dropped, .n_lines = n_lines, .insert = str_text(&lines)};
	bool is_there = false;
	for (size_t i = 0; section && i < section->count; i++) {
		const struct cfg_entry *entry = &section->entries[i];
		if (!is_there)
			edit.insert_after = entry->line;
		if (strcmp(entry->key, key->key) != 0)
			continue;
		is_there = true;
		is_dropped[entry->line] = true;
	}
	if (section && !edit.insert_after)
		edit.insert_after = section->line;
	apply_edit(text, &edit, ret_text);
	free(is_dropped);
	if (!section && values->count)
		str_add(ret_text, "%s[%s%s%s]\n%s", ret_text->len ? "\n" : "", key->kind,
			key->name ? " " : "", key->name ? key->name : "", str_text(&lines));
}

void conftext_remove_section(
	const char *text, const char *kind, const char *name, struct str *ret_text)
{
	CLEANUP(cfg_dispose) struct cfg cfg = CFG_INIT;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	cfg_parse(text, strlen(text), &cfg, &problems);
	const struct cfg_section *section = cfg_find_section(&cfg, kind, name);
	size_t n_lines = count_lines(text);
	bool *is_dropped = xcalloc(n_lines + 1, sizeof(*is_dropped));
	if (section) {
		unsigned last = section->line;
		if (section->count)
			last = section->entries[section->count - 1].line;
		for (unsigned line = section->line; line <= last; line++)
			is_dropped[line] = true;
	}
	const struct edit edit = {.is_dropped = is_dropped, .n_lines = n_lines, .insert = ""};
	apply_edit(text, &edit, ret_text);
	free(is_dropped);
}
