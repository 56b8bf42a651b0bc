/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors, texts, lists, problems, nearest names: the small things that all else stands on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/attrs.h"
#include "lib/err.h"
#include "lib/mem.h"
#include "lib/near.h"
#include "lib/problem.h"
#include "lib/str.h"

static void errors_grow_to_the_front(void **state)
{
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(err_set(&err, ERR_IO, ENOSPC, "mkfs.%s failed", "ext4"), -1);
	assert_int_equal(err_prefix(&err, "partition %d: ", 2), -1);
	assert_string_equal(err.text, "partition 2: mkfs.ext4 failed: No space left on device");
	assert_int_equal(err.code, ERR_IO);
	assert_int_equal(err.sys, ENOSPC);
	assert_int_equal(err_set(NULL, ERR_IO, 0, "nobody listens"), -1);
	assert_int_equal(err_prefix(NULL, "nobody"), -1);
}

static void long_errors_are_cut(void **state)
{
	struct err err = ERR_INIT;
	char text[3000];
	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)err_set(&err, ERR_IO, EIO, "%s", text);
	(void)err_prefix(&err, "%s", text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void text_grows(void **state)
{
	struct str s = STR_INIT;
	(void)state;
	assert_string_equal(str_text(&s), "");
	for (int i = 0; i < 1000; i++)
		str_add(&s, "%d,", i % 10);
	assert_int_equal(s.len, 2000);
	str_add_bytes(&s, "a\0b", 3);
	assert_int_equal(s.len, 2003);
	str_dispose(&s);
	str_dispose(&s);
}

static void bytes_that_are_no_text(void **state)
{
	static const struct {
		const char *before;
		const char *after;
	} cases[] = {{"", ""}, {"plain", "plain"},
		{"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80",
			"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80"},
		{"f\xFCr", "f?r"}, {"\x80\xFF", "??"}, {"cut \xE2\x82", "cut ??"},
		{"cut \xC3", "cut ?"}, {"\xC0\xAF", "??"}, {"\xED\xA0\x80", "???"},
		{"\xE2\x82x\xC3\xBC", "??x\xC3\xBC"}};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(mem_free_string) char *text = xstrdup(cases[i].before);
		str_make_utf8(text);
		assert_string_equal(text, cases[i].after);
	}
}

static void lists(void **state)
{
	struct strlist list = STRLIST_INIT;
	(void)state;
	strlist_add_words(&list, " a, b\tc,,d ");
	assert_int_equal(list.count, 4);
	assert_null(list.items[4]);
	assert_true(strlist_has(&list, "c"));
	assert_false(strlist_has(&list, "e"));
	strlist_addf(&list, "%s-%d", "eth", 0);
	CLEANUP(mem_free_string) char *joined = strlist_join(&list);
	assert_string_equal(joined, "a b c d eth-0");
	strlist_dispose(&list);
	strlist_dispose(&list);
}

static void lines(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		const char *last;
	} cases[] = {{"", 0, NULL}, {"\n", 1, ""}, {"a b", 1, "a b"}, {"a\n", 1, "a"},
		{"a\n\nb", 3, "b"}, {"\n\n", 2, ""}, {"a\r\nb c\n", 2, "b c"}};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strlist_dispose) struct strlist list = STRLIST_INIT;
		strlist_add_lines(&list, cases[i].text);
		assert_int_equal(list.count, cases[i].count);
		if (cases[i].count)
			assert_string_equal(list.items[list.count - 1], cases[i].last);
	}
}

static void nearest_names(void **state)
{
	static const char *const names[] = {"address", "gateway", "method", "mtu", "stp"};
	static const struct {
		const char *word;
		const char *near;
	} cases[] = {{"adress", "address"}, {"ADDRESS", "address"}, {"gatway", "gateway"},
		{"metohd", "method"}, {"mut", "mtu"}, {"banana", NULL}, {"x", NULL}, {"", NULL},
		{"stpp", "stp"}};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *near = near_find(cases[i].word, names, ARRAY_SIZE(names));
		if (cases[i].near)
			assert_string_equal(near, cases[i].near);
		else
			assert_null(near);
	}
	assert_null(near_find("mtu", NULL, 0));
}

static void problems_are_sorted_and_bounded(void **state)
{
	struct problems p = PROBLEMS_INIT;
	(void)state;
	assert_null(problems_first(&p));
	problems_add(&p, PROBLEM_WARNING, 9, "nine");
	problems_add(&p, PROBLEM_ERROR, 5, "five");
	problems_add(&p, PROBLEM_ERROR, 5, "five too");
	problems_sort(&p);
	assert_string_equal(p.items[0].text, "five");
	assert_string_equal(p.items[1].text, "five too");
	assert_string_equal(p.items[2].text, "nine");
	assert_string_equal(problems_first(&p)->text, "five");
	assert_int_equal(p.errors, 2);
	for (unsigned i = 0; i < 1000; i++)
		problems_add(&p, PROBLEM_ERROR, i, "again");
	assert_int_equal(p.count, PROBLEMS_MAX);
	assert_true(problems_are_full(&p));
	problems_dispose(&p);
	problems_dispose(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(errors_grow_to_the_front),
		cmocka_unit_test(long_errors_are_cut), cmocka_unit_test(text_grows),
		cmocka_unit_test(bytes_that_are_no_text), cmocka_unit_test(lists),
		cmocka_unit_test(lines), cmocka_unit_test(nearest_names),
		cmocka_unit_test(problems_are_sorted_and_bounded)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
