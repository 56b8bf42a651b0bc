/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the state partition counts as nearly full. */
/* sources: dom0-rootfs/host/statefill.c dom0-rootfs/host/failed.c */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "dom0-rootfs/host/statefill.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/num.h"
#include "tests/unit/scratch.h"

static void texts(void **state)
{
	static const struct {
		struct statefill fill;
		const char *begin; /* NULL: nothing is said */
	} cases[] = {
		{{2 * NUM_GIB, NUM_GIB, 1000, 900}, NULL},
		{{1000 * NUM_MIB, 101 * NUM_MIB, 1000, 900}, NULL},
		{{1000 * NUM_MIB, 100 * NUM_MIB, 1000, 900},
			"the state partition is 90 % full, 100 MiB are free: "},
		{{1000 * NUM_MIB, 0, 1000, 900},
			"the state partition is 100 % full, 0 MiB are free: "},
		{{1000 * NUM_MIB, 500 * NUM_MIB, 1000, 7},
			"the state partition has room for 7 files only: "},
		{{1000 * NUM_MIB, 500 * NUM_MIB, 0, 0}, NULL},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		statefill_text(&cases[i].fill, &text);
		if (!cases[i].begin)
			assert_string_equal(str_text(&text), "");
		else
			assert_memory_equal(
				str_text(&text), cases[i].begin, strlen(cases[i].begin));
	}
}

/* A live system has no such partition; a record of the past goes when there is room. */
static void record(void **state)
{
	static const char failed[] = "/run/domus/failed/state-full";
	const char *root = *state;
	assert_int_equal(file_make_dirs(root, "/run/domus/failed", 0755, NULL), 0);
	assert_int_equal(file_write(root, failed, "x\n", 2, 0644, NULL), 0);
	assert_int_equal(statefill_check(root, NULL), 0);
	assert_true(file_exists(root, failed));
	assert_int_equal(file_make_dirs(root, "/run/domus/state", 0755, NULL), 0);
	assert_int_equal(statefill_check(root, NULL), 0);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_exists(root, failed)) {
		/* The machine that runs this test is nearly full itself. */
		assert_int_equal(file_read(root, failed, 999, &text, NULL), 0);
		assert_non_null(strstr(str_text(&text), "the state partition "));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(texts), SCRATCH_TEST(record)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
