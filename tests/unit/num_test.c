/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and sizes: what is taken, what is refused, with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/attrs.h"
#include "lib/num.h"

static void numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
		const char *error; /* NULL: taken */
	} cases[] = {
		{"0", 0, NULL},
		{"42", 42, NULL},
		{"-5", -5, NULL},
		{"100", 100, NULL},
		{"101", 0, "101 is out of range (-5 to 100)"},
		{"-6", 0, "-6 is out of range (-5 to 100)"},
		{"", 0, "\"\" is not a number"},
		{"+1", 0, "\"+1\" is not a number"},
		{" 1", 0, "\" 1\" is not a number"},
		{"1 ", 0, "\"1 \" is not a number"},
		{"010", 0, "\"010\" is not a number"},
		{"0x10", 0, "\"0x10\" is not a number"},
		{"1e3", 0, "\"1e3\" is not a number"},
		{"9223372036854775808", 0, "9223372036854775808 is out of range (-5 to 100)"},
		{"99999999999999999999999", 0, "\"99999999999999999999999\" is not a number"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t value = 77;
		struct err err = ERR_INIT;
		int rc = num_parse_int(cases[i].text, -5, 100, &value, &err);
		assert_int_equal(rc, cases[i].error ? -1 : 0);
		assert_string_equal(err.text, cases[i].error ? cases[i].error : "");
		assert_int_equal(value, cases[i].error ? 77 : cases[i].value);
	}
}

static void whole_range(void **state)
{
	int64_t value = 0;
	(void)state;
	assert_int_equal(
		num_parse_int("9223372036854775807", INT64_MIN, INT64_MAX, &value, NULL), 0);
	assert_true(value == INT64_MAX);
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
		const char *error;
	} cases[] = {
		{"4 GiB", 4 * NUM_GIB, NULL},
		{"4GiB", 4 * NUM_GIB, NULL},
		{"512", 512 * NUM_MIB, NULL},
		{"1024 KiB", NUM_MIB, NULL},
		{"1 TiB", NUM_TIB, NULL},
		{"1048576 B", NUM_MIB, NULL},
		{"4 GB", 0, "unknown unit \"GB\"; use B, KiB, MiB, GiB or TiB"},
		{"4 gib", 0, "unknown unit \"gib\"; use B, KiB, MiB, GiB or TiB"},
		{"1.5 GiB", 0, "unknown unit \".5 GiB\"; use B, KiB, MiB, GiB or TiB"},
		{"GiB", 0, "\"GiB\" is not a size; write it like \"4 GiB\""},
		{"-1 GiB", 0, "\"-1 GiB\" is not a size; write it like \"4 GiB\""},
		{"1023 KiB", 0, "1023 KiB is out of range (1 MiB to 1 TiB)"},
		{"2 TiB", 0, "2 TiB is out of range (1 MiB to 1 TiB)"},
		{"18446744073709551615 TiB", 0,
			"18446744073709551615 TiB is out of range (1 MiB to 1 TiB)"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t bytes = 0;
		struct err err = ERR_INIT;
		int rc = num_parse_size(cases[i].text, NUM_MIB, NUM_MIB, NUM_TIB, &bytes, &err);
		assert_string_equal(err.text, cases[i].error ? cases[i].error : "");
		assert_int_equal(rc, cases[i].error ? -1 : 0);
		assert_true(bytes == cases[i].bytes);
	}
}

static void sums_do_not_wrap(void **state)
{
	uint64_t result = 0;
	(void)state;
	assert_int_equal(num_add(1, 2, &result, NULL), 0);
	assert_true(result == 3);
	assert_int_equal(num_add(UINT64_MAX, 1, &result, NULL), -1);
	assert_int_equal(num_mul(NUM_TIB, 4, &result, NULL), 0);
	assert_true(result == 4 * NUM_TIB);
	assert_int_equal(num_mul(UINT64_MAX, 2, &result, NULL), -1);
	assert_true(result == 4 * NUM_TIB);
}

static void sizes_as_text(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {{0, "0 B"}, {1023, "1023 B"}, {NUM_KIB, "1 KiB"}, {1500 * NUM_MIB, "1500 MiB"},
		{4 * NUM_GIB, "4 GiB"}, {UINT64_MAX, "18446744073709551615 B"}};
	char buf[NUM_SIZE_TEXT];
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(num_size_text(cases[i].bytes, buf), cases[i].text);
}

static void little_endian(void **state)
{
	static const unsigned char bytes[] = {0x01, 0x02, 0xff, 0, 0, 0, 0, 0x80};
	(void)state;
	assert_true(num_little_endian(bytes, 0) == 0);
	assert_true(num_little_endian(bytes, 2) == 0x0201);
	assert_true(num_little_endian(bytes, 8) == 0x8000000000ff0201);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(whole_range),
		cmocka_unit_test(sizes), cmocka_unit_test(sums_do_not_wrap),
		cmocka_unit_test(sizes_as_text), cmocka_unit_test(little_endian)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
