/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One table describes every key of a configuration: reading, defaults and writing by its rows. */
#define _GNU_SOURCE
#include "schema.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "near.h"
#include "num.h"
#include "value.h"

enum { NAMES_MAX = 128 };

static bool is_many(const struct schema_key *key)
{
	return (key->flags & (SCHEMA_LIST | SCHEMA_REPEAT)) != 0;
}

static void *field(const struct schema_key *key, void *base)
{
	return (char *)base + key->offset;
}

static const void *field_of(const struct schema_key *key, const void *base)
{
	return (const char *)base + key->offset;
}

const struct schema_section *schema_find_section(const struct schema *schema, const char *kind)
{
	for (size_t i = 0; i < schema->n_sections; i++)
		if (strcmp(schema->sections[i].kind, kind) == 0)
			return &schema->sections[i];
	return NULL;
}

const struct schema_key *schema_find_key(
	const struct schema *schema, const char *kind, const char *key)
{
	for (size_t i = 0; i < schema->n_keys; i++)
		if (strcmp(schema->keys[i].section, kind) == 0 &&
			strcmp(schema->keys[i].key, key) == 0)
			return &schema->keys[i];
	return NULL;
}

static int set_bool(bool *target, const char *value, struct err *err)
{
	bool is_yes = strcmp(value, "yes") == 0;
	if (!is_yes && strcmp(value, "no") != 0)
		return err_set(err, ERR_INVALID, 0, _("\"%.40s\" is neither yes nor no"), value);
	*target = is_yes;
	return 0;
}

static int set_word(
	const struct schema_key *key, unsigned *target, const char *value, struct err *err)
{
	CLEANUP(str_dispose) struct str all = STR_INIT;
	for (unsigned i = 0; key->words[i]; i++) {
		if (strcmp(key->words[i], value) == 0) {
			*target = i;
			return 0;
		}
		str_add(&all, "%s%s", i ? ", " : "", key->words[i]);
	}
	return err_set(
		err, ERR_INVALID, 0, _("\"%.40s\" is not one of: %s"), value, str_text(&all));
}

static int set_number(
	const struct schema_key *key, int64_t *target, const char *value, struct err *err)
{
	if ((key->flags & SCHEMA_AUTO) && strcmp(value, "auto") == 0) {
		*target = 0;
		return 0;
	}
	if (key->type == SCHEMA_INT)
		return num_parse_int(value, key->min, key->max, target, err);
	uint64_t bytes;
	if (num_parse_size(value, NUM_MIB, (uint64_t)key->min * NUM_MIB,
		    (uint64_t)key->max * NUM_MIB, &bytes, err) < 0)
		return -1;
	if (bytes % NUM_MIB != 0)
		return err_set(err, ERR_INVALID, 0, _("%.40s is not a whole number of MiB"), value);
	*target = (int64_t)(bytes / NUM_MIB);
	return 0;
}

static int check_port(const char *text, struct err *err)
{
	return strcmp(text, "auto") == 0 ? 0 : value_check_ifname(text, err);
}

/* The check of a type that is stored as text. */
static int check_text(const struct schema_key *key, const char *value, struct err *err)
{
	switch (key->type) {
	case SCHEMA_HOSTNAME:
		return value_check_hostname(value, err);
	case SCHEMA_DOMAIN:
		return value_check_domain(value, err);
	case SCHEMA_HOST:
		return value_check_host(value, err);
	case SCHEMA_HOST_PORT:
		return value_check_host_port(value, err);
	case SCHEMA_IP:
		return value_check_ip(value, err);
	case SCHEMA_IPV4:
		return value_check_ipv4(value, err);
	case SCHEMA_IPV6:
		return value_check_ipv6(value, err);
	case SCHEMA_CIDR4:
		return value_check_cidr4(value, err);
	case SCHEMA_CIDR6:
		return value_check_cidr6(value, err);
	case SCHEMA_MAC:
		return value_check_mac(value, err);
	case SCHEMA_IFNAME:
		return value_check_ifname(value, err);
	case SCHEMA_PORT:
		return check_port(value, err);
	case SCHEMA_USER:
		return value_check_user(value, err);
	case SCHEMA_ZONE:
		return value_check_zone(value, err);
	case SCHEMA_NAME:
		return value_check_word(value, err);
	case SCHEMA_HASH:
		return value_check_hash(value, err);
	case SCHEMA_SSH_KEY:
		return value_check_ssh_key(value, err);
	case SCHEMA_FULLNAME:
		return value_check_fullname(value, err);
	case SCHEMA_TEXT:
		return key->check ? key->check(value, err) : value_check_text(value, err);
	case SCHEMA_ARGS:
		return value_check_args(value, err);
	case SCHEMA_PATH:
		return value_check_path(value, err);
	case SCHEMA_URL:
		return value_check_https(value, err);
	case SCHEMA_BOOL:
	case SCHEMA_INT:
	case SCHEMA_SIZE_MIB:
	case SCHEMA_WORD:
		break;
	}
	return 0;
}

/* MAC addresses are compared, so they are kept in one form. */
static void lower_case(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

static int set_text(const struct schema_key *key, char **target, const char *value, struct err *err)
{
	if (value[0] != '\0' && check_text(key, value, err) < 0)
		return -1;
	char *old = *target;
	*target = xstrdup(value);
	if (key->type == SCHEMA_MAC)
		lower_case(*target);
	mem_wipe_string(old);
	free(old);
	return 0;
}

/* Adds the words of a list, or the one value of a repeated key; all or nothing. */
static int add_many(
	const struct schema_key *key, struct strlist *target, const char *value, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	if (key->flags & SCHEMA_LIST)
		strlist_add_words(&words, value);
	else
		strlist_add(&words, value);
	size_t limit = key->max > 0 ? (size_t)key->max : 64;
	if (target->count + words.count > limit)
		return err_set(err, ERR_RANGE, 0, _("more than %zu values"), limit);
	for (size_t i = 0; i < words.count; i++) {
		if (check_text(key, words.items[i], err) < 0)
			return -1;
		if (key->flags & SCHEMA_TWICE)
			continue;
		for (size_t j = 0; j < i; j++)
			if (strcmp(words.items[i], words.items[j]) == 0)
				return err_set(err, ERR_INVALID, 0, _("\"%.40s\" is given twice"),
					words.items[i]);
		if (strlist_has(target, words.items[i]))
			return err_set(err, ERR_INVALID, 0, _("the same value was given before"));
	}
	for (size_t i = 0; i < words.count; i++)
		strlist_add(target, words.items[i]);
	return 0;
}

static int set_value(const struct schema_key *key, void *base, const char *value, struct err *err)
{
	if (is_many(key))
		return add_many(key, field(key, base), value, err);
	switch (key->type) {
	case SCHEMA_BOOL:
		return set_bool(field(key, base), value, err);
	case SCHEMA_INT:
	case SCHEMA_SIZE_MIB:
		return set_number(key, field(key, base), value, err);
	case SCHEMA_WORD:
		return set_word(key, field(key, base), value, err);
	case SCHEMA_HOSTNAME:
	case SCHEMA_DOMAIN:
	case SCHEMA_HOST:
	case SCHEMA_HOST_PORT:
	case SCHEMA_IP:
	case SCHEMA_IPV4:
	case SCHEMA_IPV6:
	case SCHEMA_CIDR4:
	case SCHEMA_CIDR6:
	case SCHEMA_MAC:
	case SCHEMA_IFNAME:
	case SCHEMA_PORT:
	case SCHEMA_USER:
	case SCHEMA_ZONE:
	case SCHEMA_NAME:
	case SCHEMA_HASH:
	case SCHEMA_SSH_KEY:
	case SCHEMA_FULLNAME:
	case SCHEMA_TEXT:
	case SCHEMA_ARGS:
	case SCHEMA_PATH:
	case SCHEMA_URL:
		break;
	}
	return set_text(key, field(key, base), value, err);
}

int schema_set(const struct schema_key *key, void *base, const char *value, struct err *err)
{
	int rc = 0;
	if (value[0] == '\0' && !(key->flags & SCHEMA_EMPTY))
		rc = err_set(err, ERR_INVALID, 0, _("a value is missing"));
	else if (value[0] == '\0' && (key->flags & SCHEMA_REPEAT))
		return 0;
	else
		rc = set_value(key, base, value, err);
	if (rc < 0)
		return err_prefix(err, "%s: ", key->key);
	return 0;
}

/* A field without a default still gets a defined value. */
static void set_default(const struct schema_key *key, void *base)
{
	if (is_many(key))
		*(struct strlist *)field(key, base) = (struct strlist)STRLIST_INIT;
	else if (key->type == SCHEMA_INT || key->type == SCHEMA_SIZE_MIB)
		*(int64_t *)field(key, base) = 0;
	else if (key->type == SCHEMA_WORD)
		*(unsigned *)field(key, base) = 0;
	else if (key->type == SCHEMA_BOOL)
		*(bool *)field(key, base) = false;
	else
		*(char **)field(key, base) = xstrdup("");
	if (key->initial && key->initial[0] != '\0')
		(void)set_value(key, base, key->initial, NULL);
}

static void dispose_value(const struct schema_key *key, void *base)
{
	if (is_many(key)) {
		strlist_dispose(field(key, base));
	} else if (key->type != SCHEMA_BOOL && key->type != SCHEMA_INT &&
		   key->type != SCHEMA_SIZE_MIB && key->type != SCHEMA_WORD) {
		char **text = field(key, base);
		mem_wipe_string(*text);
		mem_free_string(text);
	}
}

static void set_section_defaults(const struct schema *schema, const char *kind, void *base)
{
	for (size_t i = 0; i < schema->n_keys; i++)
		if (strcmp(schema->keys[i].section, kind) == 0)
			set_default(&schema->keys[i], base);
}

void schema_dispose_section(const struct schema *schema, const char *kind, void *base)
{
	for (size_t i = 0; i < schema->n_keys; i++)
		if (strcmp(schema->keys[i].section, kind) == 0)
			dispose_value(&schema->keys[i], base);
}

void schema_init_config(const struct schema *schema, void *config)
{
	for (size_t i = 0; i < schema->n_sections; i++)
		if (!schema->sections[i].check_name)
			set_section_defaults(schema, schema->sections[i].kind, config);
}

/* What reading one section needs. */
struct reader {
	const struct schema *schema;
	const struct cfg_section *from;
	enum schema_mode mode;
	struct problems *problems;
};

static enum problem_level unknown_level(const struct reader *r)
{
	return r->mode == SCHEMA_STRICT ? PROBLEM_ERROR : PROBLEM_WARNING;
}

static const char *blank_if(const char *name)
{
	return name ? " " : "";
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static void say_unknown_section(const struct reader *r)
{
	const char *names[NAMES_MAX];
	size_t n = 0;
	for (size_t i = 0; i < r->schema->n_sections && n < NAMES_MAX; i++)
		names[n++] = r->schema->sections[i].kind;
	const char *near = near_find(r->from->kind, names, n);
	if (near)
		problems_add(r->problems, unknown_level(r), r->from->line,
			_("unknown section [%s]; did you mean [%s]?"), r->from->kind, near);
	else
		problems_add(r->problems, unknown_level(r), r->from->line,
			_("unknown section [%s]"), r->from->kind);
}

static void say_unknown_key(const struct reader *r, const struct cfg_entry *entry)
{
	const char *names[NAMES_MAX];
	size_t n = 0;
	for (size_t i = 0; i < r->schema->n_keys && n < NAMES_MAX; i++)
		if (strcmp(r->schema->keys[i].section, r->from->kind) == 0)
			names[n++] = r->schema->keys[i].key;
	const char *near = near_find(entry->key, names, n);
	if (near)
		problems_add(r->problems, unknown_level(r), entry->line,
			_("unknown key \"%s\" in [%s%s%s]; did you mean \"%s\"?"), entry->key,
			r->from->kind, blank_if(r->from->name), or_empty(r->from->name), near);
	else
		problems_add(r->problems, unknown_level(r), entry->line,
			_("unknown key \"%s\" in [%s%s%s]"), entry->key, r->from->kind,
			blank_if(r->from->name), or_empty(r->from->name));
}

/* One entry; first_lines holds, per row of the table, where the key was first met. */
static void read_entry(
	const struct reader *r, const struct cfg_entry *entry, void *base, unsigned *first_lines)
{
	const struct schema_key *key = schema_find_key(r->schema, r->from->kind, entry->key);
	if (!key) {
		say_unknown_key(r, entry);
		return;
	}
	unsigned *first_line = &first_lines[key - r->schema->keys];
	if (*first_line && !(key->flags & SCHEMA_REPEAT)) {
		problems_add(r->problems, PROBLEM_ERROR, entry->line,
			_("\"%s\" is already set in line %u"), key->key, *first_line);
		return;
	}
	/* What a file gives replaces the default instead of adding to it. */
	if (!*first_line && is_many(key))
		strlist_dispose(field(key, base));
	*first_line = entry->line;
	struct err err = ERR_INIT;
	if (schema_set(key, base, entry->value, &err) < 0) {
		bool has_comment = strstr(entry->value, " #") != NULL;
		problems_add(r->problems, PROBLEM_ERROR, entry->line, "%s%s", err.text,
			has_comment ? _(" (a comment needs a line of its own)") : "");
	}
}

static void read_section(const struct reader *r, void *base)
{
	unsigned *first_lines = xcalloc(r->schema->n_keys, sizeof(*first_lines));
	for (size_t i = 0; i < r->from->count && !problems_are_full(r->problems); i++)
		read_entry(r, &r->from->entries[i], base, first_lines);
	for (size_t i = 0; i < r->schema->n_keys; i++) {
		const struct schema_key *key = &r->schema->keys[i];
		if ((key->flags & SCHEMA_REQUIRED) && !first_lines[i] &&
			strcmp(key->section, r->from->kind) == 0)
			problems_add(r->problems, PROBLEM_ERROR, r->from->line,
				_("[%s%s%s] needs the key \"%s\""), r->from->kind,
				blank_if(r->from->name), or_empty(r->from->name), key->key);
	}
	free(first_lines);
}

/* The struct that a section's values go to, or NULL after a problem was added. */
static void *find_base(const struct reader *r, const struct schema_section *section, void *config)
{
	const struct cfg_section *from = r->from;
	struct err err = ERR_INIT;
	if (!section->check_name && from->name) {
		problems_add(r->problems, PROBLEM_ERROR, from->line, _("[%s] takes no name"),
			from->kind);
		return NULL;
	}
	if (!section->check_name)
		return config;
	if (!from->name) {
		problems_add(r->problems, PROBLEM_ERROR, from->line,
			_("[%s] needs a name: [%s NAME]"), from->kind, from->kind);
		return NULL;
	}
	if (section->check_name(from->name, &err) < 0) {
		problems_add(r->problems, PROBLEM_ERROR, from->line, "[%s %s]: %s", from->kind,
			from->name, err.text);
		return NULL;
	}
	void *element = section->add(config, from->name);
	set_section_defaults(r->schema, section->kind, element);
	return element;
}

void schema_read(const struct schema *schema, const struct cfg *cfg, void *config,
	enum schema_mode mode, struct problems *problems)
{
	for (size_t i = 0; i < cfg->count && !problems_are_full(problems); i++) {
		const struct reader r = {.schema = schema,
			.from = &cfg->sections[i],
			.mode = mode,
			.problems = problems};
		const struct schema_section *section = schema_find_section(schema, r.from->kind);
		if (!section) {
			say_unknown_section(&r);
			continue;
		}
		void *base = find_base(&r, section, config);
		if (!base)
			continue;
		if (!section->add_entry) {
			read_section(&r, base);
			continue;
		}
		for (size_t j = 0; j < r.from->count; j++)
			section->add_entry(base, r.from->entries[j].key, r.from->entries[j].value);
	}
}

/* One value of a type that is not kept as text. */
static void get_number(const struct schema_key *key, const void *base, struct strlist *ret_values)
{
	int64_t value = *(const int64_t *)field_of(key, base);
	if (value == 0 && (key->flags & SCHEMA_AUTO))
		strlist_add(ret_values, "auto");
	else
		strlist_addf(ret_values, "%" PRId64 "%s", value,
			key->type == SCHEMA_SIZE_MIB ? " MiB" : "");
}

void schema_get(const struct schema_key *key, const void *base, struct strlist *ret_values)
{
	if (key->flags & SCHEMA_REPEAT) {
		const struct strlist *list = field_of(key, base);
		for (size_t i = 0; i < list->count; i++)
			strlist_add(ret_values, list->items[i]);
	} else if (key->flags & SCHEMA_LIST) {
		CLEANUP(mem_free_string) char *text = strlist_join(field_of(key, base));
		strlist_add(ret_values, text);
	} else if (key->type == SCHEMA_BOOL) {
		strlist_add(ret_values, *(const bool *)field_of(key, base) ? "yes" : "no");
	} else if (key->type == SCHEMA_INT || key->type == SCHEMA_SIZE_MIB) {
		get_number(key, base, ret_values);
	} else if (key->type == SCHEMA_WORD) {
		strlist_add(ret_values, key->words[*(const unsigned *)field_of(key, base)]);
	} else {
		const char *text = *(char *const *)field_of(key, base);
		strlist_add(ret_values, text ? text : "");
	}
}

/* The default in the form that schema_get() has. */
static bool is_default(const struct schema_key *key, const char *value)
{
	const char *initial = key->initial ? key->initial : "";
	if (is_many(key) || key->type != SCHEMA_SIZE_MIB)
		return strcmp(initial, value) == 0;
	int64_t a = 0;
	int64_t b = 0;
	return set_number(key, &a, initial, NULL) == 0 && set_number(key, &b, value, NULL) == 0 &&
	       a == b;
}

static void write_section(const struct schema *schema, const struct schema_section *section,
	const void *base, struct str *out)
{
	CLEANUP(str_dispose) struct str body = STR_INIT;
	for (size_t i = 0; i < schema->n_keys; i++) {
		const struct schema_key *key = &schema->keys[i];
		if (strcmp(key->section, section->kind) != 0)
			continue;
		CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
		schema_get(key, base, &values);
		for (size_t j = 0; j < values.count; j++)
			if ((key->flags & SCHEMA_REQUIRED) || !is_default(key, values.items[j]))
				str_add(&body, "%s =%s%s\n", key->key,
					values.items[j][0] ? " " : "", values.items[j]);
	}
	const struct cfg_entry *entry;
	for (size_t i = 0; section->entry_at && (entry = section->entry_at(base, i)) != NULL; i++)
		str_add(&body, "%s =%s%s\n", entry->key, entry->value[0] ? " " : "", entry->value);
	const char *name = section->name_of ? section->name_of(base) : NULL;
	if (body.len == 0 && !name)
		return;
	str_add(out, "%s[%s%s%s]\n%s", out->len ? "\n" : "", section->kind, blank_if(name),
		or_empty(name), str_text(&body));
}

void schema_write(const struct schema *schema, const void *config, struct str *ret_text)
{
	for (size_t i = 0; i < schema->n_sections; i++) {
		const struct schema_section *section = &schema->sections[i];
		if (!section->check_name) {
			write_section(schema, section, config, ret_text);
			continue;
		}
		const void *element;
		for (size_t j = 0; (element = section->at(config, j)) != NULL; j++)
			write_section(schema, section, element, ret_text);
	}
}
