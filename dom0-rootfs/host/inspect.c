/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host diff and save: what is special about this host, and the file that makes it again. */
#define _GNU_SOURCE
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "conftext.h"
#include "file.h"
#include "host.h"
#include "lang.h"
#include "local.h"
#include "mem.h"
#include "source.h"
#include "store.h"

/* ---- diff ---- */

struct differences {
	struct changes pending;  /* in the file, not in force */
	struct changes restart;  /* in force at the next start only */
	struct changes own;      /* from the release's defaults */
	struct strlist by_hand;  /* generated files that were changed */
	struct strlist replaced; /* by files of LOCAL_DIR */
	struct strlist outdated; /* what there is to say of some of these */
};

static void read_config(const char *root, const char *path, struct host_config *ret_config)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	const struct hostconf_context context = {.is_live = true};
	hostconf_init(ret_config);
	(void)hostconf_read_file(root, path, &context, SCHEMA_LENIENT, ret_config, &problems, NULL);
}

static void find_differences(const char *root, struct differences *d)
{
	CLEANUP(source_dispose) struct source source;
	CLEANUP(hostconf_dispose) struct host_config applied;
	CLEANUP(hostconf_dispose) struct host_config defaults;
	CLEANUP(hostconf_dispose) struct host_config booted;
	CLEANUP(local_dispose) struct local_files local;
	source_load(root, NULL, &source);
	store_read_applied(root, &applied);
	hostconf_init(&defaults);
	read_config(root, STORE_BOOTED_PATH, &booted);
	changes_build(&applied, &source.config, &d->pending);
	changes_build(&defaults, &source.config, &d->own);
	if (file_exists(root, STORE_BOOTED_PATH))
		changes_build(&booted, &applied, &d->restart);
	apply_find_hand_edits(root, &applied, &d->by_hand);
	local_find(root, &local);
	for (size_t i = 0; i < local.count; i++)
		if (!local.items[i].refusal)
			strlist_add(&d->replaced, local.items[i].path);
	local_describe_outdated(&local, &d->outdated);
}

static void differences_dispose(struct differences *d)
{
	changes_dispose(&d->pending);
	changes_dispose(&d->restart);
	changes_dispose(&d->own);
	strlist_dispose(&d->by_hand);
	strlist_dispose(&d->replaced);
	strlist_dispose(&d->outdated);
}

static void print_changes(const char *title, const struct changes *changes, const char *only)
{
	bool has_title = false;
	for (size_t i = 0; i < changes->count; i++) {
		if (only && strcmp(change_when(&changes->items[i]), only) != 0)
			continue;
		if (!has_title)
			(void)printf("%s\n", title);
		has_title = true;
		CLEANUP(mem_free_string) char *text = change_text(&changes->items[i]);
		(void)printf("  %s\n", text);
	}
}

static void print_list(const char *title, const struct strlist *list)
{
	if (list->count)
		(void)printf("%s\n", title);
	for (size_t i = 0; i < list->count; i++)
		(void)printf("  %s\n", list->items[i]);
}

static json_t *json_of_changes(const struct changes *changes, const char *only)
{
	json_t *list = json_array();
	for (size_t i = 0; i < changes->count; i++) {
		const struct change *c = &changes->items[i];
		if (only && strcmp(change_when(c), only) != 0)
			continue;
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s?, s:s?, s:s, s:s, s:s}", "section", c->kind,
				      "name", c->name, "key", c->key ? c->key->key : NULL, "before",
				      c->before, "after", c->after, "when", change_when(c)));
	}
	return list;
}

static json_t *json_of_list(const struct strlist *list)
{
	json_t *all = json_array();
	for (size_t i = 0; i < list->count; i++)
		(void)json_array_append_new(all, json_string(list->items[i]));
	return all;
}

int command_diff(const struct options *options)
{
	CLEANUP(differences_dispose)
	struct differences d = {.pending = CHANGES_INIT, .by_hand = STRLIST_INIT};
	find_differences(options->root, &d);
	if (options->is_json) {
		host_print_json(json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "not_in_force",
			json_of_changes(&d.pending, NULL), "at_next_start",
			json_of_changes(&d.restart, "boot"), "own", json_of_changes(&d.own, NULL),
			"changed_by_hand", json_of_list(&d.by_hand), "replaced",
			json_of_list(&d.replaced), "outdated", json_of_list(&d.outdated)));
		return 0;
	}
	print_changes(_("Written, but not in force (domus-host apply):"), &d.pending, NULL);
	print_changes(_("In force after a restart of the machine:"), &d.restart, "boot");
	print_list(
		_("Generated files that were changed by hand (lost at the next start; domus-host "
		  "apply makes them anew):"),
		&d.by_hand);
	print_list(_("Files replaced by those in " LOCAL_DIR ":"), &d.replaced);
	print_list(_("Of these:"), &d.outdated);
	print_changes(_("Different from the release's defaults:"), &d.own, NULL);
	return 0;
}

/* ---- save ---- */

/* What makes this machine this one: left out of a template. */
static const struct {
	const char *section;
	const char *key;
} identity[] = {{"host", "name"}, {"nic", "mac"}, {"bridge", "address"}, {"bridge", "address6"},
	{"root", "password"}, {"root", "ssh-key"}, {"user", "password"}, {"user", "ssh-key"},
	{"peer", "address"}, {"peer", "ssh-key"}, {"disk", "serial"}, {"disk", "wwn"},
	{"disk", "erase"}, {"install", "reinstall"}};

static bool is_identity(const char *section, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(identity); i++)
		if (strcmp(identity[i].section, section) == 0 && strcmp(identity[i].key, key) == 0)
			return true;
	return false;
}

/* Takes the identity out of a text that schema_write() made, and lists what was there. */
static void make_template(const char *text, struct str *out, struct strlist *left_out)
{
	CLEANUP(cfg_dispose) struct cfg cfg = CFG_INIT;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	const struct strlist none = STRLIST_INIT;
	cfg_parse(text, strlen(text), &cfg, &problems);
	CLEANUP(str_dispose) struct str now = STR_INIT;
	str_add(&now, "%s", text);
	for (size_t s = 0; s < cfg.count; s++) {
		const struct cfg_section *section = &cfg.sections[s];
		for (size_t i = 0; i < section->count; i++) {
			const char *key = section->entries[i].key;
			if (!is_identity(section->kind, key))
				continue;
			CLEANUP(mem_free_string)
			char *line = xasprintf("[%s%s%s] %s", section->kind,
				section->name ? " " : "", section->name ? section->name : "", key);
			if (strlist_has(left_out, line))
				continue;
			strlist_add(left_out, line);
			const struct conf_key name = {.kind = section->kind,
				.name = section->name,
				.key = section->entries[i].key};
			CLEANUP(str_dispose) struct str next = STR_INIT;
			conftext_set(str_text(&now), &name, &none, &next);
			struct str swap = now;
			now = next;
			next = swap;
		}
	}
	str_add(out, "%s", str_text(&now));
}

static void build_saved(const struct options *options, const struct host_config *config,
	struct str *out, struct strlist *left_out)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(str_dispose) struct str body = STR_INIT;
	const struct host_config again =
		options->is_template ? *config : hostconf_for_again(config);
	schema_write(&host_schema, &again, &text);
	if (options->is_template)
		make_template(str_text(&text), &body, left_out);
	else
		str_add(&body, "%s", str_text(&text));
	str_add(out, "# Written by domus-host save%s; see domus-host(8).\n",
		options->is_template ? " --template" : "");
	for (size_t i = 0; i < left_out->count; i++)
		str_add(out, "%s#   %s\n", i ? "" : _("# To be filled in:\n"), left_out->items[i]);
	str_add(out, "\n%s", str_text(&body));
}

int command_save(const struct options *options)
{
	CLEANUP(source_dispose) struct source source;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist left_out = STRLIST_INIT;
	struct err err = ERR_INIT;
	source_load(options->root, NULL, &source);
	if (source.trouble)
		(void)fprintf(
			stderr, _("domus-host: %s; saved: %s\n"), source.trouble, source.path);
	build_saved(options, &source.config, &text, &left_out);
	CLEANUP(mem_free_string)
	char *path = options->n_args ? file_absolute(options->args[0]) : NULL;
	if (path && file_write("/", path, str_text(&text), text.len, 0600, &err) < 0)
		return host_fail(options, &err);
	if (options->is_json) {
		json_t *what = path ? json_string(path) : host_json_text(str_text(&text));
		host_print_json(json_pack("{s:s, s:o, s:o}", "outcome", "done",
			path ? "path" : "text", what, "to_be_filled_in", json_of_list(&left_out)));
		return 0;
	}
	if (!path) {
		(void)fputs(str_text(&text), stdout);
		return 0;
	}
	for (size_t i = 0; i < left_out.count; i++)
		(void)printf(_("to be filled in: %s\n"), left_out.items[i]);
	return 0;
}
