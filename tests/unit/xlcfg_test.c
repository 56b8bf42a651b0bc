/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xl.cfg files: what is not edited stays byte for byte; keys that xl does not know are named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mem.h"
#include "xlcfg.h"

static const char hand_made[] =
	"# my web server, do not touch\n"
	"name = 'web' ; memory=512\n"
	"\n"
	"  cpuid = [ '0:eax=x' ]   # nobody knows why\n"
	"disk = [\n"
	"\t'format=raw, vdev=xvda, access=rw, target=/dev/domus/web', # system\n"
	"\t# data, moved in May\n"
	"\t\"format=raw, vdev=xvdb, access=rw, target=/srv/domus/a, b.img\",\n"
	"]\n"
	"memroy = 1024\n"
	"vnuma = [ [ 'pnode=0', 'size=512' ] ]\n"
	"extra = \"quiet\"";

static struct xlcfg parse(const char *text)
{
	struct xlcfg cfg;
	struct err err = ERR_INIT;
	if (xlcfg_parse(text, strlen(text), &cfg, &err) < 0)
		fail_msg("%s", err.text);
	return cfg;
}

static void test_reads(void **state)
{
	struct xlcfg cfg = parse(hand_made);
	(void)state;
	assert_string_equal(xlcfg_get(&cfg, "name"), "web");
	assert_string_equal(xlcfg_get(&cfg, "memory"), "512");
	assert_null(xlcfg_get(&cfg, "disk"));
	assert_int_equal(xlcfg_find(&cfg, "disk")->count, 2);
	assert_int_equal(xlcfg_find(&cfg, "disk")->line, 5);
	assert_string_equal(xlcfg_find(&cfg, "disk")->values[1].text,
		"format=raw, vdev=xvdb, access=rw, target=/srv/domus/a, b.img");
	assert_null(xlcfg_find(&cfg, "vnuma")->values[0].text);
	xlcfg_dispose(&cfg);
}

static void test_edit_keeps_the_rest(void **state)
{
	struct xlcfg cfg = parse(hand_made);
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(xlcfg_set(&cfg, "memory", "768", NULL, &err), 0);
	assert_int_equal(xlcfg_set_text(&cfg, "cpus", "0-1", "pinned", &err), 0);
	assert_int_equal(xlcfg_list_replace(&cfg, "disk", 0, "format=raw, vdev=xvda", &err), 0);
	assert_int_equal(xlcfg_list_add(&cfg, "disk", "new \\ one", &err), 0);
	assert_int_equal(xlcfg_unset(&cfg, "vnuma", &err), 0);
	assert_int_equal(xlcfg_set_note(&cfg, "os", "debian13", &err), 0);
	assert_string_equal(str_text(&cfg.text),
		"# domus.os = debian13\n"
		"# my web server, do not touch\n"
		"name = 'web' ; memory=768\n"
		"\n"
		"  cpuid = [ '0:eax=x' ]   # nobody knows why\n"
		"disk = [\n"
		"\t\"format=raw, vdev=xvda\", # system\n"
		"\t# data, moved in May\n"
		"\t\"format=raw, vdev=xvdb, access=rw, target=/srv/domus/a, b.img\", \"new \\\\ one\",\n"
		"]\n"
		"memroy = 1024\n"
		"extra = \"quiet\"\n"
		"# pinned\n"
		"cpus = \"0-1\"\n");
	assert_string_equal(xlcfg_find(&cfg, "disk")->values[2].text, "new \\ one");
	char *os = xlcfg_note(&cfg, "os");
	assert_string_equal(os, "debian13");
	mem_free_string(&os);
	assert_int_equal(xlcfg_set_note(&cfg, "at-stop", NULL, &err), 0);
	assert_int_equal(xlcfg_set_note(&cfg, "os", NULL, &err), 0);
	assert_int_equal(strncmp(str_text(&cfg.text), "# my web server, do not touch\n", 30), 0);
	assert_null(xlcfg_note(&cfg, "os"));
	assert_string_equal(xlcfg_get(&cfg, "name"), "web");
	xlcfg_dispose(&cfg);
}

static void test_list_remove(void **state)
{
	static const struct {
		const char *before;
		size_t i;
		const char *after;
	} cases[] = {
		{"vif = [ 'a', 'b', 'c' ]\n", 0, "vif = [ 'b', 'c' ]\n"},
		{"vif = [ 'a', 'b', 'c' ]\n", 1, "vif = [ 'a', 'c' ]\n"},
		{"vif = [ 'a', 'b', 'c' ]\n", 2, "vif = [ 'a', 'b' ]\n"},
		{"vif = [ 'a' ]\n", 0, "vif = [  ]\n"},
		{"vif = [\n'a', # one\n'b' # two\n]\n", 1, "vif = [\n'a', # one\n # two\n]\n"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct xlcfg cfg = parse(cases[i].before);
		struct err err = ERR_INIT;
		if (xlcfg_list_remove(&cfg, "vif", cases[i].i, &err) < 0)
			fail_msg("%zu: %s", i, err.text);
		assert_string_equal(str_text(&cfg.text), cases[i].after);
		xlcfg_dispose(&cfg);
	}
}

static void test_unknown_keys(void **state)
{
	struct xlcfg cfg = parse("memroy = 512\nname='a'\nname='b'\nzzzzzzzz=1\nvif=[]\n");
	struct problems problems = PROBLEMS_INIT;
	(void)state;
	xlcfg_check_keys(&cfg, &problems);
	assert_int_equal(problems.count, 3);
	assert_string_equal(problems.items[0].text,
		"xl does not know the key \"memroy\" and ignores it; did you mean \"memory\"?");
	assert_int_equal(problems.items[0].line, 1);
	assert_string_equal(
		problems.items[1].text, "\"name\" is set in line 2 already; this one counts");
	assert_string_equal(
		problems.items[2].text, "xl does not know the key \"zzzzzzzz\" and ignores it");
	assert_string_equal(xlcfg_get(&cfg, "name"), "b");
	problems_dispose(&problems);
	xlcfg_dispose(&cfg);
}

static void test_bad_files(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{"name 'x'", "line 1: \"=\" is missing behind the key"},
		{"\nname = \"x\n", "line 2: a quoted text does not end in its line"},
		{"disk = [ 'a' 'b' ]", "line 1: in a list: \",\" or \"]\" is missing"},
		{"disk = [\n'a',", "line 2: a value is missing: a number, a quoted text or a list"},
		{"= 5", "line 1: this is neither KEY = VALUE nor a comment"},
		{"memory = 5 12", "line 1: something follows the value"},
		{"memory = twelve",
			"line 1: a value is missing: a number, a quoted text or a list"},
		{"name = 'a\\q'", "line 1: invalid escape in a quoted text"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct xlcfg cfg;
		struct err err = ERR_INIT;
		assert_int_equal(xlcfg_parse(cases[i].text, strlen(cases[i].text), &cfg, &err), -1);
		assert_string_equal(err.text, cases[i].message);
		xlcfg_dispose(&cfg);
	}
}

static void test_quote(void **state)
{
	struct str out = STR_INIT;
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(xlcfg_quote("it's; $(x) \xc3\xa4", &out, &err), 0);
	assert_string_equal(str_text(&out), "\"it's; $(x) \xc3\xa4\"");
	str_dispose(&out);
	assert_int_equal(xlcfg_quote("say \"x\"", &out, &err), 0);
	assert_string_equal(str_text(&out), "'say \"x\"'");
	str_dispose(&out);
	assert_int_equal(xlcfg_quote("a\nb", &out, &err), -1);
	assert_int_equal(xlcfg_quote("'\"", &out, &err), -1);
	str_dispose(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_edit_keeps_the_rest),
		cmocka_unit_test(test_list_remove),
		cmocka_unit_test(test_unknown_keys),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_quote),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
