/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host get, set, unset, edit, apply, confirm, undo. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "host.h"
#include "lang.h"
#include "mem.h"
#include "rollback.h"
#include "settings.h"
#include "source.h"
#include "store.h"

/* ---- get ---- */

static json_t *json_of_values(const struct schema_key *key, const struct strlist *values)
{
	bool is_many = key->flags & (SCHEMA_LIST | SCHEMA_REPEAT);
	const char *first = values->count ? values->items[0] : "";
	if (key->flags & SCHEMA_SECRET)
		return json_string(first[0] == '$' ? "(set)" : first);
	if (!is_many)
		return json_string(first);
	json_t *list = json_array();
	for (size_t i = 0; i < values->count; i++) {
		CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
		if (key->flags & SCHEMA_LIST)
			strlist_add_words(&words, values->items[i]);
		else
			strlist_add(&words, values->items[i]);
		for (size_t j = 0; j < words.count; j++)
			(void)json_array_append_new(list, json_string(words.items[j]));
	}
	return list;
}

static void print_value(
	const struct schema_key *key, const char *prefix, const void *base, json_t *object)
{
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
	schema_get(key, base, &values);
	if (object) {
		CLEANUP(mem_free_string) char *name = xasprintf("%s%s", prefix, key->key);
		(void)json_object_set_new(object, name, json_of_values(key, &values));
		return;
	}
	for (size_t i = 0; i < values.count; i++) {
		bool is_hidden = (key->flags & SCHEMA_SECRET) && values.items[i][0] == '$';
		if (prefix[0])
			(void)printf("%s%s = ", prefix, key->key);
		(void)printf("%s\n", is_hidden ? _("(set)") : values.items[i]);
	}
}

static void print_section(const struct schema_section *section, const void *base, json_t *object)
{
	CLEANUP(mem_free_string)
	char *prefix = section->name_of ? xasprintf("%s.%s.", section->kind, section->name_of(base))
					: xasprintf("%s.", section->kind);
	for (size_t i = 0; i < host_schema.n_keys; i++)
		if (strcmp(host_schema.keys[i].section, section->kind) == 0)
			print_value(&host_schema.keys[i], prefix, base, object);
}

static void print_all(const struct host_config *config, json_t *object)
{
	for (size_t s = 0; s < host_schema.n_sections; s++) {
		const struct schema_section *section = &host_schema.sections[s];
		const void *element;
		if (section->add_entry)
			continue;
		if (!section->check_name) {
			print_section(section, config, object);
			continue;
		}
		for (size_t i = 0; (element = section->at(config, i)) != NULL; i++)
			print_section(section, element, object);
	}
}

static int print_one(
	const struct options *options, const struct host_config *config, json_t *object)
{
	const char *text = options->args[0];
	CLEANUP(conf_key_dispose) struct conf_key name = {.kind = NULL};
	struct err err = ERR_INIT;
	if (conf_key_parse(text, &name, &err) < 0)
		return host_fail(options, &err);
	const void *base =
		changes_find_base(config, schema_find_section(&host_schema, name.kind), name.name);
	if (!base) {
		(void)err_set(&err, ERR_MISSING, 0, _("there is no section [%s %s]"), name.kind,
			name.name);
		return host_fail(options, &err);
	}
	CLEANUP(mem_free_string)
	char *prefix = object ? xstrndup(text, strlen(text) - strlen(name.key)) : xstrdup("");
	print_value(schema_find_key(&host_schema, name.kind, name.key), prefix, base, object);
	return 0;
}

int command_get(const struct options *options)
{
	CLEANUP(source_dispose) struct source source;
	source_load(options->root, NULL, &source);
	if (source.trouble)
		(void)fprintf(
			stderr, _("domus-host: %s; shown: %s\n"), source.trouble, source.path);
	json_t *object = options->is_json ? json_object() : NULL;
	int rc = 0;
	if (options->n_args)
		rc = print_one(options, &source.config, object);
	else
		print_all(&source.config, object);
	if (rc == 0 && object)
		host_print_json(object);
	else if (object)
		json_decref(object);
	return rc;
}

/* ---- set, unset ---- */

static int say_next(const struct options *options)
{
	return host_done(
		options, "written", _("Written. It takes effect with: domus-host apply\n"));
}

int command_set(const struct options *options)
{
	CLEANUP(conf_key_dispose) struct conf_key key = {.kind = NULL};
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
	struct err err = ERR_INIT;
	if (conf_key_parse(options->args[0], &key, &err) < 0)
		return host_fail(options, &err);
	const struct schema_key *row = schema_find_key(&host_schema, key.kind, key.key);
	if (options->n_args > 2 && !(row->flags & SCHEMA_REPEAT)) {
		(void)err_set(&err, ERR_INVALID, 0, _("%s takes one value; quote it: '%s ...'"),
			options->args[0], options->args[1]);
		return host_fail(options, &err);
	}
	for (int i = 1; i < options->n_args; i++)
		strlist_add(&values, options->args[i]);
	if (settings_set(options->root, &key, &values, &err) < 0)
		return host_fail(options, &err);
	return say_next(options);
}

static bool is_section_word(const char *text)
{
	const char *dot = strchr(text, '.');
	CLEANUP(mem_free_string)
	char *kind = xstrndup(text, dot ? (size_t)(dot - text) : strlen(text));
	const struct schema_section *section = schema_find_section(&host_schema, kind);
	const char *last = strrchr(text, '.');
	return dot && section && section->check_name &&
	       (dot == last || !schema_find_key(&host_schema, kind, last + 1));
}

int command_unset(const struct options *options)
{
	CLEANUP(conf_key_dispose) struct conf_key key = {.kind = NULL};
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
	struct err err = ERR_INIT;
	const char *text = options->args[0];
	if (is_section_word(text)) {
		CLEANUP(mem_free_string) char *kind = xstrndup(text, strcspn(text, "."));
		if (settings_remove_section(options->root, kind, text + strlen(kind) + 1, &err) < 0)
			return host_fail(options, &err);
	} else if (conf_key_parse(text, &key, &err) < 0 ||
		   settings_set(options->root, &key, &values, &err) < 0) {
		return host_fail(options, &err);
	}
	return say_next(options);
}

/* ---- edit ---- */

static int run_editor(const char *path, struct err *err)
{
	const char *editor = getenv("EDITOR");
	if (!editor || !*editor)
		editor = "vi";
	CLEANUP(strlist_dispose) struct strlist argv = STRLIST_INIT;
	strlist_add_words(&argv, editor);
	strlist_add(&argv, path);
	pid_t pid = fork();
	if (pid == 0) {
		(void)execvp(argv.items[0], argv.items);
		_exit(127);
	}
	int status = -1;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, ERR_PROC, 0, _("%s failed: nothing was changed"), editor);
	return 0;
}

/* Shows what is wrong, by line. True when the user wants to go on editing. */
static bool wants_to_go_on(const struct options *options, const struct problems *problems)
{
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	char answer[8] = "";
	source_add_problems(HOSTCONF_PATH, problems, &lines);
	for (size_t i = 0; i < lines.count; i++)
		(void)fprintf(stderr, "%s\n", lines.items[i]);
	if (options->is_json || !isatty(STDIN_FILENO))
		return false;
	(void)printf("%s", _("Enter: go on editing; q: give up, nothing is changed: "));
	(void)fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) && answer[0] != 'q';
}

static int edit_text(
	const struct options *options, const char *aside, const char *old, struct err *err)
{
	const char *root = options->root;
	for (;;) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		CLEANUP(hostconf_dispose) struct host_config config;
		CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
		CLEANUP(file_close) int lock = -1;
		hostconf_init(&config);
		if (run_editor(aside, err) < 0 ||
			file_read("/", aside, CFG_FILE_MAX, &text, err) < 0)
			return -1;
		if (strcmp(str_text(&text), old) == 0)
			return 1;
		hostconf_dispose(&config);
		if (store_parse(root, str_text(&text), &config, &problems, err) < 0) {
			if (wants_to_go_on(options, &problems))
				continue;
			return err_prefix(err, "%s", _("nothing was changed: "));
		}
		if (store_lock(root, &lock, err) < 0)
			return -1;
		return store_write(root, old, str_text(&text), err);
	}
}

int command_edit(const struct options *options)
{
	CLEANUP(str_dispose) struct str old = STR_INIT;
	struct err err = ERR_INIT;
	/* 0600, on a file system in memory: it may hold hashes. */
	CLEANUP(mem_free_string) char *aside = xstrdup("/run/domus-edit.XXXXXX");
	if (strcmp(options->root, "/") != 0) {
		free(aside);
		aside = xasprintf("%s/domus-edit.XXXXXX", options->root);
	}
	if (store_read(options->root, &old, &err) < 0)
		return host_fail(options, &err);
	CLEANUP(file_close) int fd = mkostemp(aside, O_CLOEXEC);
	if (fd < 0) {
		(void)err_set(&err, ERR_IO, errno, _("cannot make %s"), aside);
		return host_fail(options, &err);
	}
	int rc = file_write("/", aside, str_text(&old), old.len, 0600, &err);
	if (rc == 0)
		rc = edit_text(options, aside, str_text(&old), &err);
	(void)unlink(aside);
	if (rc < 0)
		return host_fail(options, &err);
	if (rc == 1)
		return host_done(options, "nothing", _("Nothing was changed.\n"));
	return say_next(options);
}

/* ---- apply, undo, confirm ---- */

static const char *outcome_word(enum settings_outcome outcome)
{
	switch (outcome) {
	case SETTINGS_NOTHING:
		return "nothing";
	case SETTINGS_DONE:
		return "done";
	case SETTINGS_WAITS:
		return "waits";
	}
	return "";
}

static void say_outcome(const struct options *options, enum settings_outcome outcome)
{
	if (options->is_dry_run)
		return;
	switch (outcome) {
	case SETTINGS_NOTHING:
		(void)printf("%s", _("Nothing to do: everything is in force.\n"));
		break;
	case SETTINGS_DONE:
		(void)printf("%s", _("In force.\n"));
		break;
	case SETTINGS_WAITS:
		(void)printf(
			_("The change is being made. Confirm it within %u s, or all goes back:\n"
			  "  domus-host confirm\n"),
			options->seconds ? options->seconds : ROLLBACK_DEFAULT_S);
		break;
	}
}

int command_apply(const struct options *options)
{
	const struct settings_request request = {.root = options->root,
		.is_sure = options->is_sure,
		.seconds = options->seconds,
		.is_dry_run = options->is_dry_run};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	enum settings_outcome outcome = SETTINGS_NOTHING;
	struct err err = ERR_INIT;
	int rc = settings_apply(&request, &text, &outcome, &err);
	if (options->is_json) {
		CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
		json_t *list = json_array();
		strlist_add_lines(&lines, str_text(&text));
		for (size_t i = 0; i < lines.count; i++)
			(void)json_array_append_new(list, json_string(lines.items[i]));
		host_print_json(json_pack("{s:o, s:s, s:s}", "changes", list, "outcome",
			rc < 0 ? "failed" : outcome_word(outcome), "error", err.text));
		return rc < 0 ? 1 : 0;
	}
	(void)fputs(str_text(&text), stdout);
	(void)fflush(stdout);
	if (rc < 0)
		return host_fail(options, &err);
	say_outcome(options, outcome);
	return 0;
}

int command_undo(const struct options *options)
{
	struct err err = ERR_INIT;
	if (settings_undo(options->root, &err) < 0)
		return host_fail(options, &err);
	return command_apply(options);
}

int command_confirm(const struct options *options)
{
	struct err err = ERR_INIT;
	if (rollback_confirm(options->root, &err) < 0)
		return host_fail(options, &err);
	return host_done(options, "done", _("Confirmed: the change is kept.\n"));
}
