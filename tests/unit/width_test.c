/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts measured, cut and broken by columns. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attrs.h"
#include "ui/width.h"

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(width_of(""), 0);
	assert_int_equal(width_of("abc"), 3);
	assert_int_equal(width_of("\u65e5\u672c\u8a9e"), 6);
	assert_int_equal(width_of("e\u0301"), 1);
	assert_int_equal(width_of("\xff\xfe"), 2);
	assert_int_equal(width_fit("\u65e5\u672c", 3), 3);
	assert_int_equal(width_fit("abc", 2), 2);
}

static void test_cell(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t columns;
		const char *cell;
	} cases[] = {
		{"ab", 4, "ab  "},
		{"abcd", 4, "abcd"},
		{"abcde", 4, "abc~"},
		{"\u65e5\u672c\u8a9e", 4, "\u65e5~ "},
		{"abc", 0, ""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_dispose) struct str out = STR_INIT;
		width_add_cell(&out, cases[i].text, cases[i].columns);
		assert_string_equal(str_text(&out), cases[i].cell);
	}
}

static void test_wrapped(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t columns;
		const char *lines;
	} cases[] = {
		{"", 10, ""},
		{"short\n\nlines\n", 10, "short\n\nlines\n"},
		{"one two three", 8, "one two\nthree"},
		{"one two", 7, "one two"},
		{"abcdefghij", 4, "abcd\nefgh\nij"},
		{"  * one two three", 12, "  * one two\n  three"},
		{"Name     one two three", 18, "Name     one two\n         three"},
		{"    abcdefgh", 10, "    abcdef\n    gh"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_dispose) struct str out = STR_INIT;
		width_add_wrapped(&out, cases[i].text, cases[i].columns);
		assert_string_equal(str_text(&out), cases[i].lines);
	}
}

int main(void)
{
	(void)setlocale(LC_ALL, "C.UTF-8");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_cell),
		cmocka_unit_test(test_wrapped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
