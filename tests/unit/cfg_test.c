/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader's grammar: every way a line can be wrong, and that any bytes are survived. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attrs.h"
#include "lib/cfg.h"
#include "lib/str.h"

/* Sections and values as "[kind name] key=value", then the problems as "LINE: TEXT". */
static void render(const char *text, size_t len, struct str *out)
{
	CLEANUP(cfg_dispose) struct cfg cfg = CFG_INIT;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	cfg_parse(text, len, &cfg, &problems);
	for (size_t i = 0; i < cfg.count; i++) {
		const struct cfg_section *s = &cfg.sections[i];
		str_add(out, "[%s%s%s]%u\n", s->kind, s->name ? " " : "", s->name ? s->name : "",
			s->line);
		for (size_t j = 0; j < s->count; j++)
			str_add(out, "%s=<%s>%u\n", s->entries[j].key, s->entries[j].value,
				s->entries[j].line);
	}
	for (size_t i = 0; i < problems.count; i++)
		str_add(out, "%u: %s\n", problems.items[i].line, problems.items[i].text);
}

static void grammar(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"", ""},
		{"\n\n# only a comment\n  # and another", ""},
		{"[a]\nk = v\n", "[a]1\nk=<v>2\n"},
		{"[a]\nk=v", "[a]1\nk=<v>2\n"},
		{"  [ a  b ]  \n\tkey-2 \t=  two words \t\n", "[a b]1\nkey-2=<two words>2\n"},
		{"[a]\nk =\n", "[a]1\nk=<>2\n"},
		{"[a]\nk = x = y # z\n", "[a]1\nk=<x = y # z>2\n"},
		{"\xEF\xBB\xBF[a]\r\nk = v\r\n", "[a]1\nk=<v>2\n"},
		{"[a]\nk = J\xC3\xBCrgen \xE6\x97\xA5\xF0\x9F\x8F\xA0\n",
			"[a]1\nk=<J\xC3\xBCrgen \xE6\x97\xA5\xF0\x9F\x8F\xA0>2\n"},
		{"[a]\n[b]\n[a]\nk = v\n[a x]\n",
			"[a]1\n[b]2\n[a x]5\n3: [a] is already in line 1\n"},
		{"[a x]\n[a x]\n", "[a x]1\n2: [a x] is already in line 1\n"},
		{"k = v\nl = w\n[a]\n", "[a]3\n1: \"k\" stands before the first [section]\n"},
		{"[a]\nnonsense\n",
			"[a]1\n2: neither a [section], a \"key = value\" nor a # comment\n"},
		{"[a\nk = v\n", "1: a section is written [section] or [section name]\n"},
		{"[]\n", "1: \"\" is not a section: use small letters, digits and \"-\"\n"},
		{"[A]\n", "1: \"A\" is not a section: use small letters, digits and \"-\"\n"},
		{"[a b c]\n",
			"1: \"b c\" is not a name: use letters, digits, \".\", \"-\" and \"_\", at "
			"most 63\n"},
		{"[a ../b]\n",
			"1: \"../b\" is not a name: use letters, digits, \".\", \"-\" and \"_\", "
			"at most 63\n"},
		{"[a]\nKey = v\n",
			"[a]1\n2: \"Key\" is not a key: use small letters, digits and \"-\"\n"},
		{"[a]\n= v\n", "[a]1\n2: \"\" is not a key: use small letters, digits and \"-\"\n"},
		{"[a]\nk = \xFF\n", "[a]1\n2: byte 5 is not valid UTF-8\n"},
		{"[a]\nk = \xC3\n", "[a]1\n2: byte 5 is not valid UTF-8\n"},
		{"[a]\nk = \xC0\xAF\n", "[a]1\n2: byte 5 is not valid UTF-8\n"},
		{"[a]\nk = \xED\xA0\x80\n", "[a]1\n2: byte 5 is not valid UTF-8\n"},
		{"[a]\nk = \xF4\x90\x80\x80\n", "[a]1\n2: byte 5 is not valid UTF-8\n"},
		{"[a]\nk = \x1B[31m\n", "[a]1\n2: control character (byte 5)\n"},
		{"[a]\nk = \x7F\n", "[a]1\n2: control character (byte 5)\n"},
		{"[a]\nk = \xC2\x9B\n", "[a]1\n2: control character (byte 5)\n"},
		{"[a]\nk = a\rb\n", "[a]1\n2: control character (byte 6)\n"},
		/* All errors, not only the first. */
		{"x\n[a]\ny\nk = v\nZ = 1\n",
			"[a]2\nk=<v>4\n1: neither a [section], a \"key = value\" nor a # comment\n3: "
			"neither a [section], a \"key = value\" nor a # comment\n5: \"Z\" is not a key: "
			"use small letters, digits and \"-\"\n"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_dispose) struct str out = STR_INIT;
		render(cases[i].text, strlen(cases[i].text), &out);
		assert_string_equal(str_text(&out), cases[i].expected);
	}
}

static void nul_bytes(void **state)
{
	static const char text[] = "[a]\nk = v\0w\n";
	CLEANUP(str_dispose) struct str out = STR_INIT;
	(void)state;
	render(text, sizeof(text) - 1, &out);
	assert_string_equal(str_text(&out), "[a]1\n2: control character (byte 6)\n");
}

static void long_lines(void **state)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(str_dispose) struct str out = STR_INIT;
	(void)state;
	str_add(&text, "[a]\nk = %*s\nl = %*s\n", (int)CFG_LINE_MAX - 4, "x", (int)CFG_LINE_MAX - 3,
		"y");
	render(text.data, text.len, &out);
	assert_string_equal(str_text(&out), "[a]1\nk=<x>2\n3: line is longer than 8192 bytes\n");
}

static void large_files(void **state)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(str_dispose) struct str many = STR_INIT;
	CLEANUP(cfg_dispose) struct cfg cfg = CFG_INIT;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(str_dispose) struct str out = STR_INIT;
	(void)state;
	while (text.len <= CFG_FILE_MAX)
		str_add(&text, "# 123456789012345678901234567890\n");
	render(text.data, text.len, &out);
	assert_string_equal(str_text(&out), "0: file is larger than 1048576 bytes\n");
	for (unsigned i = 0; i <= CFG_SECTIONS_MAX; i++)
		str_add(&many, "[a n%u]\nk = v\n", i);
	cfg_parse(many.data, many.len, &cfg, &problems);
	assert_int_equal(cfg.count, CFG_SECTIONS_MAX);
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.items[0].text, "more than 1024 sections");
}

static void lines_are_known(void **state)
{
	static const char text[] = "[a]\nk = 1\nk = 2\n[b x]\nk = 3\n";
	CLEANUP(cfg_dispose) struct cfg cfg = CFG_INIT;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	(void)state;
	cfg_parse(text, sizeof(text) - 1, &cfg, &problems);
	assert_int_equal(cfg_line_of(&cfg, "a", NULL, "k", 0), 2);
	assert_int_equal(cfg_line_of(&cfg, "a", NULL, "k", 1), 3);
	assert_int_equal(cfg_line_of(&cfg, "a", NULL, "k", 2), 1);
	assert_int_equal(cfg_line_of(&cfg, "b", "x", "k", 0), 5);
	assert_int_equal(cfg_line_of(&cfg, "b", "x", NULL, 0), 4);
	assert_int_equal(cfg_line_of(&cfg, "b", NULL, "k", 0), 0);
	assert_int_equal(cfg_line_of(NULL, "b", "x", "k", 0), 0);
}

/* Any bytes; the seed is fixed, so a failure repeats. The fuzz target goes on from here. */
static void any_bytes(void **state)
{
	static const char alphabet[] = "[]=# \t\n\rabk-v\xC3\xBC\xFF\x00";
	(void)state;
	srand(20070611);
	for (int round = 0; round < 2000; round++) {
		char text[200];
		size_t len = (size_t)rand() % sizeof(text);
		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[(size_t)rand() % sizeof(alphabet)];
		CLEANUP(str_dispose) struct str out = STR_INIT;
		render(text, len, &out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(grammar), cmocka_unit_test(nul_bytes),
		cmocka_unit_test(long_lines), cmocka_unit_test(large_files),
		cmocka_unit_test(lines_are_known), cmocka_unit_test(any_bytes)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
