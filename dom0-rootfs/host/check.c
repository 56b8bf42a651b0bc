/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host check and schema. */
#include <jansson.h>
#include <stdio.h>

#include "file.h"
#include "host.h"
#include "hostconf.h"
#include "lang.h"
#include "mem.h"
#include "source.h"

static void print_problems_json(const char *path, const struct problems *problems)
{
	json_t *list = json_array();
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];
		(void)json_array_append_new(
			list, json_pack("{s:I, s:s, s:o}", "line", (json_int_t)p->line, "level",
				      p->level == PROBLEM_ERROR ? "error" : "warning", "text",
				      host_json_text(p->text)));
	}
	host_print_json(json_pack("{s:s, s:I, s:o}", "file", path, "errors",
		(json_int_t)problems->errors, "problems", list));
}

int command_check(const struct options *options)
{
	const char *path = options->args[0];
	CLEANUP(mem_free_string) char *full = file_absolute(path);
	CLEANUP(hostconf_dispose) struct host_config config;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	CLEANUP(str_dispose) struct str uids = STR_INIT;
	struct err err = ERR_INIT;
	/* Off the host there is no such file, and no past to compare with. */
	(void)file_read("/", SOURCE_UIDS_PATH, 1024 * 1024, &uids, NULL);
	const struct hostconf_context context = {
		.zoneinfo_root = file_exists("/", "/usr/share/zoneinfo") ? "/" : NULL,
		.is_live = options->is_live,
		.known_uids = str_text(&uids)};
	hostconf_init(&config);
	if (hostconf_read_file("/", full, &context, SCHEMA_STRICT, &config, &problems, &err) < 0) {
		if (options->is_json)
			return host_fail(options, &err);
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	if (options->is_json) {
		print_problems_json(path, &problems);
		return problems.errors ? 1 : 0;
	}
	source_add_problems(path, &problems, &lines);
	for (size_t i = 0; i < lines.count; i++)
		(void)fprintf(stderr, "%s\n", lines.items[i]);
	if (problems.errors)
		return 1;
	(void)printf(_("%s: no errors\n"), path);
	return 0;
}

int command_schema(const struct options *options)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (options->is_json)
		schema_describe_json(&host_schema, &text);
	else
		schema_describe(&host_schema, &text);
	(void)fputs(str_text(&text), stdout);
	return 0;
}
