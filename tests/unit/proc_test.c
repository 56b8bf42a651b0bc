/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs: exit codes, output, input, time limits, what they leave behind. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/attrs.h"
#include "lib/proc.h"

static double seconds(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Runs sh -c, with input, limits as given. */
static int run_sh(const char *script, const char *input, unsigned timeout_ms, size_t max,
	struct proc_result *result, struct err *err)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	const struct proc_spec spec = {.argv = argv,
		.input = input,
		.input_len = input ? strlen(input) : 0,
		.timeout_ms = timeout_ms,
		.output_max_bytes = max};
	return proc_run(&spec, result, err);
}

static void exit_codes(void **state)
{
	static const struct {
		const char *script;
		int code;
	} cases[] = {{"exit 0", 0}, {"exit 3", 3}, {"kill -9 $$", 137}, {"kill -15 $$", 143}};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
		assert_int_equal(run_sh(cases[i].script, NULL, 10000, 0, &result, NULL), 0);
		assert_int_equal(result.exit_code, cases[i].code);
	}
}

static void both_streams(void **state)
{
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	(void)state;
	assert_int_equal(run_sh("echo out; echo err >&2; echo more", NULL, 0, 0, &result, NULL), 0);
	assert_string_equal(str_text(&result.output), "out\nmore\n");
	assert_string_equal(str_text(&result.errors), "err\n");
}

static void input_is_fed(void **state)
{
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	CLEANUP(proc_result_dispose) struct proc_result empty = PROC_RESULT_INIT;
	CLEANUP(proc_result_dispose) struct proc_result unread = PROC_RESULT_INIT;
	char big[300000];
	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(run_sh("cat", big, 10000, 1000000, &result, NULL), 0);
	assert_int_equal(result.output.len, sizeof(big) - 1);
	assert_int_equal(run_sh("cat", NULL, 10000, 0, &empty, NULL), 0);
	assert_int_equal(empty.output.len, 0);
	/* A program that reads nothing costs no SIGPIPE. */
	assert_int_equal(run_sh("exit 0", big, 10000, 0, &unread, NULL), 0);
}

static void output_is_bounded(void **state)
{
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	(void)state;
	assert_int_equal(
		run_sh("head -c 300000 /dev/zero | tr '\\0' x", NULL, 10000, 1000, &result, NULL),
		0);
	assert_int_equal(result.exit_code, 0);
	assert_int_equal(result.output.len, 1000);
}

static void time_limit(void **state)
{
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	struct err err = ERR_INIT;
	double begin = seconds();
	(void)state;
	assert_int_equal(
		run_sh("echo first; sleep 60 & sleep 60", NULL, 300, 0, &result, &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_string_equal(err.text, "sh did not end within 0.3 s and was stopped");
	assert_string_equal(str_text(&result.output), "first\n");
	assert_true(seconds() - begin < 10);
}

/* A daemon that a program leaves behind holds its pipes; nobody waits for it. */
static void daemons_do_not_hold_us(void **state)
{
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	double begin = seconds();
	(void)state;
	assert_int_equal(run_sh("sleep 5 & echo started", NULL, 0, 0, &result, NULL), 0);
	assert_string_equal(str_text(&result.output), "started\n");
	assert_true(seconds() - begin < 4);
}

static void not_there(void **state)
{
	static const char *const argv[] = {"domus-no-such-program", NULL};
	const struct proc_spec spec = {.argv = argv};
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(proc_run(&spec, &result, &err), -1);
	assert_string_equal(
		err.text, "cannot run domus-no-such-program: No such file or directory");
}

static void failures_say_why(void **state)
{
	static const char *const argv[] = {"sh", "-c", "echo one >&2; echo two >&2; exit 4", NULL};
	static const char *const silent[] = {"sh", "-c", "exit 4", NULL};
	const struct proc_spec spec = {.argv = argv};
	const struct proc_spec silent_spec = {.argv = silent};
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(proc_run_ok(&spec, &err), -1);
	assert_string_equal(err.text, "sh failed: two");
	assert_int_equal(proc_run_ok(&silent_spec, &err), -1);
	assert_string_equal(err.text, "sh failed with exit code 4");
}

static void output_or_why_not(void **state)
{
	static const char *const argv[] = {"sh", "-c", "echo out; echo more", NULL};
	static const char *const fails[] = {
		"sh", "-c", "echo half; echo one >&2; echo two >&2; exit 4", NULL};
	static const char *const missing[] = {"domus-no-such-program", NULL};
	const struct proc_spec spec = {.argv = argv};
	const struct proc_spec fails_spec = {.argv = fails};
	const struct proc_spec named_spec = {.argv = fails, .name = "tool"};
	const struct proc_spec missing_spec = {.argv = missing, .name = "tool"};
	CLEANUP(str_dispose) struct str output = STR_INIT;
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(proc_run_output(&spec, &output, &err), 0);
	assert_string_equal(str_text(&output), "out\nmore\n");
	assert_int_equal(proc_run_output(&spec, NULL, NULL), 0);
	assert_int_equal(proc_run_output(&fails_spec, &output, &err), -1);
	assert_int_equal(err.code, ERR_PROC);
	assert_string_equal(err.text, "sh: one");
	assert_string_equal(str_text(&output), "out\nmore\nhalf\n");
	assert_int_equal(proc_run_output(&named_spec, NULL, &err), -1);
	assert_string_equal(err.text, "tool: one");
	assert_int_equal(proc_run_output(&missing_spec, NULL, &err), -1);
	assert_string_equal(
		err.text, "cannot run domus-no-such-program: No such file or directory");
}

int main(void)
{
	/* The caller's may hold directories that this user cannot read. */
	(void)setenv("PATH", "/usr/bin:/bin", 1);
	const struct CMUnitTest tests[] = {cmocka_unit_test(exit_codes),
		cmocka_unit_test(both_streams), cmocka_unit_test(input_is_fed),
		cmocka_unit_test(output_is_bounded), cmocka_unit_test(time_limit),
		cmocka_unit_test(daemons_do_not_hold_us), cmocka_unit_test(not_there),
		cmocka_unit_test(failures_say_why), cmocka_unit_test(output_or_why_not)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
