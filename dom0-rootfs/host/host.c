/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all commands end with: an error, or JSON. */
#include "host.h"

#include <jansson.h>
#include <stdio.h>

#include "mem.h"
#include "str.h"

json_t *host_json_text(const char *text)
{
	CLEANUP(mem_free_string) char *copy = xstrdup(text);
	str_make_utf8(copy);
	return json_string(copy);
}

int host_done(const struct options *options, const char *outcome, const char *text)
{
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	if (!options->is_json) {
		(void)fputs(text, stdout);
		return 0;
	}
	json_t *list = json_array();
	strlist_add_lines(&lines, text);
	for (size_t i = 0; i < lines.count; i++)
		(void)json_array_append_new(list, host_json_text(lines.items[i]));
	host_print_json(json_pack("{s:s, s:o}", "outcome", outcome, "text", list));
	return 0;
}

int host_fail(const struct options *options, const struct err *err)
{
	if (options->is_json) {
		host_print_json(json_pack(
			"{s:s, s:o}", "outcome", "failed", "error", host_json_text(err->text)));
		return 1;
	}
	(void)fprintf(stderr, "domus-host: %s\n", err->text);
	return 1;
}

void host_print_json(json_t *value)
{
	(void)json_dumpf(value, stdout, JSON_INDENT(2));
	(void)printf("\n");
	json_decref(value);
}
