/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The schema's table for people, and as JSON. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "schema.h"

static const char *type_name(enum schema_type type)
{
	switch (type) {
	case SCHEMA_BOOL:
		return N_("yes|no");
	case SCHEMA_INT:
		return N_("number");
	case SCHEMA_SIZE_MIB:
		return N_("size");
	case SCHEMA_WORD:
		return N_("word");
	case SCHEMA_HOSTNAME:
		return N_("host name");
	case SCHEMA_DOMAIN:
		return N_("domain name");
	case SCHEMA_HOST:
		return N_("IP address or host name");
	case SCHEMA_HOST_PORT:
		return N_("host, or host:port");
	case SCHEMA_IP:
		return N_("IP address");
	case SCHEMA_IPV4:
		return N_("IPv4 address");
	case SCHEMA_IPV6:
		return N_("IPv6 address");
	case SCHEMA_CIDR4:
		return N_("IPv4 address/prefix");
	case SCHEMA_CIDR6:
		return N_("IPv6 address/prefix");
	case SCHEMA_MAC:
		return N_("MAC address");
	case SCHEMA_IFNAME:
		return N_("interface name");
	case SCHEMA_PORT:
		return N_("interface name, or auto");
	case SCHEMA_USER:
		return N_("user name");
	case SCHEMA_ZONE:
		return N_("time zone");
	case SCHEMA_NAME:
		return N_("name");
	case SCHEMA_HASH:
		return N_("SHA-512 hash, or *");
	case SCHEMA_SSH_KEY:
		return N_("public SSH key");
	case SCHEMA_FULLNAME:
	case SCHEMA_TEXT:
	case SCHEMA_ARGS:
		return N_("text");
	case SCHEMA_PATH:
		return N_("path");
	case SCHEMA_URL:
		return N_("https:// address");
	}
	return "";
}

static const char *when_name(enum schema_when when)
{
	switch (when) {
	case SCHEMA_INSTALL:
		return "install";
	case SCHEMA_BOOT:
		return "boot";
	case SCHEMA_LIVE:
		return "live";
	}
	return "";
}

/* "576 to 9216, or auto"; "utc|local"; empty when the type says all. */
static void add_range(const struct schema_key *key, struct str *out)
{
	const char *unit = key->type == SCHEMA_SIZE_MIB ? " MiB" : "";
	if (key->type == SCHEMA_WORD)
		for (size_t i = 0; key->words[i]; i++)
			str_add(out, "%s%s", i ? "|" : "", key->words[i]);
	else if (key->type == SCHEMA_INT || key->type == SCHEMA_SIZE_MIB)
		str_add(out, _("%" PRId64 " to %" PRId64 "%s"), key->min, key->max, unit);
	else if (key->flags & SCHEMA_LIST)
		str_add(out, _("list, at most %" PRId64), key->max);
	else if (key->flags & SCHEMA_REPEAT)
		str_add(out, "%s", _("may be repeated"));
	if (key->flags & SCHEMA_AUTO)
		str_add(out, "%s", _(", or auto"));
}

static void describe_key(const struct schema_key *key, struct str *out)
{
	CLEANUP(str_dispose) struct str range = STR_INIT;
	add_range(key, &range);
	str_add(out, "  %s\n", key->key);
	str_add(out, "      %s\n", _(key->meaning));
	str_add(out, _("      type: %s"), _(type_name(key->type)));
	if (range.len)
		str_add(out, " (%s)", str_text(&range));
	if (key->flags & SCHEMA_REQUIRED)
		str_add(out, "%s", _("; required"));
	else if (key->initial && key->initial[0])
		str_add(out, _("; default: %s"), key->initial);
	str_add(out, _("; takes effect: %s\n"), when_name(key->when));
}

void schema_describe(const struct schema *schema, struct str *ret_text)
{
	for (size_t i = 0; i < schema->n_sections; i++) {
		const struct schema_section *section = &schema->sections[i];
		str_add(ret_text, "%s[%s%s]  %s\n", i ? "\n" : "", section->kind,
			section->check_name ? " NAME" : "", _(section->meaning));
		for (size_t j = 0; j < schema->n_keys; j++)
			if (strcmp(schema->keys[j].section, section->kind) == 0)
				describe_key(&schema->keys[j], ret_text);
	}
}

static void sample_key(const struct schema_key *key, struct str *out)
{
	CLEANUP(str_dispose) struct str range = STR_INIT;
	add_range(key, &range);
	str_add(out, "\n# %s\n# %s%s%s%s%s\n", _(key->meaning), _(type_name(key->type)),
		range.len ? " (" : "", str_text(&range), range.len ? ")" : "",
		key->flags & SCHEMA_REQUIRED ? _("; required") : "");
	const char *initial = key->initial ? key->initial : "";
	str_add(out, "#%s =%s%s\n", key->key, initial[0] ? " " : "", initial);
}

void schema_sample(const struct schema *schema, struct str *ret_text)
{
	for (size_t i = 0; i < schema->n_sections; i++) {
		const struct schema_section *section = &schema->sections[i];
		/* A section with a name may have keys that it needs: it stays a comment. */
		str_add(ret_text, "%s# ---- %s\n%s[%s%s]\n", i ? "\n" : "", _(section->meaning),
			section->check_name ? "#" : "", section->kind,
			section->check_name ? " NAME" : "");
		for (size_t j = 0; j < schema->n_keys; j++)
			if (strcmp(schema->keys[j].section, section->kind) == 0)
				sample_key(&schema->keys[j], ret_text);
	}
}

static json_t *key_json(const struct schema_key *key)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:s, s:s}", "section", key->section,
		"key", key->key, "type", type_name(key->type), "required",
		(key->flags & SCHEMA_REQUIRED) != 0, "list", (key->flags & SCHEMA_LIST) != 0,
		"repeat", (key->flags & SCHEMA_REPEAT) != 0, "when", when_name(key->when),
		"meaning", key->meaning);
	if (key->initial)
		(void)json_object_set_new(o, "default", json_string(key->initial));
	if (key->type == SCHEMA_INT || key->type == SCHEMA_SIZE_MIB) {
		(void)json_object_set_new(o, "min", json_integer(key->min));
		(void)json_object_set_new(o, "max", json_integer(key->max));
	}
	if (key->type == SCHEMA_WORD) {
		json_t *words = json_array();
		for (size_t i = 0; key->words[i]; i++)
			(void)json_array_append_new(words, json_string(key->words[i]));
		(void)json_object_set_new(o, "words", words);
	}
	return o;
}

void schema_describe_json(const struct schema *schema, struct str *ret_text)
{
	json_t *sections = json_array();
	json_t *keys = json_array();
	for (size_t i = 0; i < schema->n_sections; i++)
		(void)json_array_append_new(sections,
			json_pack("{s:s, s:b, s:b, s:s}", "section", schema->sections[i].kind,
				"named", schema->sections[i].check_name != NULL, "opaque",
				schema->sections[i].add_entry != NULL, "meaning",
				schema->sections[i].meaning));
	for (size_t i = 0; i < schema->n_keys; i++)
		(void)json_array_append_new(keys, key_json(&schema->keys[i]));
	json_t *all = json_pack("{s:o, s:o}", "sections", sections, "keys", keys);
	char *text = json_dumps(all, JSON_INDENT(2));
	if (text)
		str_add(ret_text, "%s\n", text);
	free(text);
	json_decref(all);
}
