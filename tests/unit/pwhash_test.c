/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes are of the kind that a host's file takes, and verify. */
#include <crypt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "attrs.h"
#include "mem.h"
#include "pwhash.h"
#include "value.h"

static void test_hash(void **state)
{
	(void)state;
	CLEANUP(mem_free_string) char *first = NULL;
	CLEANUP(mem_free_string) char *second = NULL;
	assert_int_equal(pwhash_make("p@ss:_word", &first, NULL), 0);
	assert_int_equal(pwhash_make("p@ss:_word", &second, NULL), 0);
	assert_string_not_equal(first, second);
	assert_int_equal(value_check_hash(first, NULL), 0);
	struct crypt_data data = {0};
	assert_string_equal(crypt_r("p@ss:_word", first, &data), first);
	assert_string_not_equal(crypt_r("other", first, &data), first);
	assert_true(pwhash_is_right(first, "p@ss:_word"));
	assert_false(pwhash_is_right(first, "p@ss:_wore"));
	assert_false(pwhash_is_right(first, ""));
	assert_false(pwhash_is_right("*", "*"));
	assert_false(pwhash_is_right("", ""));
	assert_false(pwhash_is_right("$6$", "x"));
}

static void test_refused(void **state)
{
	(void)state;
	char *hash = NULL;
	char long_text[PWHASH_PASSWORD_MAX + 2];
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	assert_int_equal(pwhash_make("", &hash, NULL), -1);
	assert_int_equal(pwhash_make(long_text, &hash, NULL), -1);
	assert_int_equal(pwhash_make("a\nb", &hash, NULL), -1);
	assert_null(hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
