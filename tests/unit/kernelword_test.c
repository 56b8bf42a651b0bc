/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of the kernel's command line. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/file.h"
#include "lib/kernelword.h"
#include "tests/unit/scratch.h"

static void expect_word(const char *root, const char *name, const char *value)
{
	CLEANUP(mem_free_string) char *found = kernel_word(root, name);
	if (value)
		assert_string_equal(found, value);
	else
		assert_null(found);
}

static void values_of_words(void **state)
{
	const char *root = *state;
	static const char line[] =
		" console=hvc0 xdomus.slot=no domus.slot=c0ffee-01  domus.slotted domus.layers=a,b"
		" domus.config=LABEL=X:/y domus.slot=second domus.empty= domus.esp=AB-12\n";
	expect_word(root, "domus.slot", NULL);
	assert_int_equal(file_make_dirs(root, "/proc", 0755, NULL), 0);
	assert_int_equal(file_write(root, "/proc/cmdline", line, strlen(line), 0644, NULL), 0);
	expect_word(root, "console", "hvc0");
	expect_word(root, "domus.slot", "c0ffee-01");
	expect_word(root, "domus.slotted", NULL);
	expect_word(root, "domus.layers", "a,b");
	expect_word(root, "domus.config", "LABEL=X:/y");
	expect_word(root, "domus.empty", "");
	expect_word(root, "domus.esp", "AB-12");
	expect_word(root, "domus", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {SCRATCH_TEST(values_of_words)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
