/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done when a guest has shut down: every action of xl.cfg(5), the guard, the host's end. */
/* sources: dom0-rootfs/monitor/decide.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dom0-rootfs/monitor/decide.h"
#include "lib/attrs.h"

#define ON(word) LIBXL_ACTION_ON_SHUTDOWN_##word
#define BY(word) LIBXL_SHUTDOWN_REASON_##word

/* xl's defaults. */
static const struct decide_wishes usual = {
	.poweroff = ON(DESTROY),
	.reboot = ON(RESTART),
	.crash = ON(DESTROY),
	.watchdog = ON(DESTROY),
	.soft_reset = ON(SOFT_RESET),
};

static void defaults_follow_the_reason(void **state)
{
	static const struct {
		libxl_shutdown_reason reason;
		enum decide_end end, end_when_stopping;
	} cases[] = {
		{BY(POWEROFF), DECIDE_DESTROY, DECIDE_DESTROY},
		{BY(REBOOT), DECIDE_RESTART, DECIDE_DESTROY},
		{BY(CRASH), DECIDE_DESTROY, DECIDE_DESTROY},
		{BY(WATCHDOG), DECIDE_DESTROY, DECIDE_DESTROY},
		{BY(SOFT_RESET), DECIDE_SOFT_RESET, DECIDE_DESTROY},
		/* It belongs to an xl save or migrate, also while the host goes down. */
		{BY(SUSPEND), DECIDE_LEAVE, DECIDE_LEAVE},
		{BY(UNKNOWN), DECIDE_DESTROY, DECIDE_DESTROY},
		{(libxl_shutdown_reason)77, DECIDE_DESTROY, DECIDE_DESTROY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct decide_plan plan = decide_action(cases[i].reason, &usual, false, 0);

		assert_int_equal(plan.end, cases[i].end);
		assert_false(plan.dump_core);
		assert_false(plan.left_down);
		assert_non_null(plan.why);
		plan = decide_action(cases[i].reason, &usual, true, 0);
		assert_int_equal(plan.end, cases[i].end_when_stopping);
	}
}

static void every_action_is_known(void **state)
{
	static const struct {
		libxl_action_on_shutdown wish;
		const char *word;
		enum decide_end end;
		bool dump_core;
	} cases[] = {
		{ON(DESTROY), "destroy", DECIDE_DESTROY, false},
		{ON(RESTART), "restart", DECIDE_RESTART, false},
		{ON(RESTART_RENAME), "rename-restart", DECIDE_RENAME, false},
		{ON(PRESERVE), "preserve", DECIDE_LEAVE, false},
		{ON(COREDUMP_DESTROY), "coredump-destroy", DECIDE_DESTROY, true},
		{ON(COREDUMP_RESTART), "coredump-restart", DECIDE_RESTART, true},
		{ON(SOFT_RESET), "soft-reset", DECIDE_SOFT_RESET, false},
		{(libxl_action_on_shutdown)99, "destroy", DECIDE_DESTROY, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct decide_wishes wishes = usual;
		struct decide_plan plan;

		wishes.crash = cases[i].wish;
		plan = decide_action(BY(CRASH), &wishes, false, 0);
		assert_int_equal(plan.end, cases[i].end);
		assert_int_equal(plan.dump_core, cases[i].dump_core);
		assert_string_equal(plan.wish, cases[i].word);
		/* The host goes down: the memory is still written, the domain goes. */
		plan = decide_action(BY(CRASH), &wishes, true, 0);
		assert_int_equal(plan.end, DECIDE_DESTROY);
		assert_int_equal(plan.dump_core, cases[i].dump_core);
	}
}

static void short_lives_are_counted_in_a_row(void **state)
{
	static const struct {
		int64_t born_ms;
		unsigned before;
		int64_t now_ms;
		unsigned after;
	} cases[] = {
		{0, 0, 5000, 0}, /* first life, made by xl: not known */
		{1000, 0, 2000, 1},
		{1000, 4, 1000 + DECIDE_SHORT_LIFE_MS - 1, 5},
		{1000, 4, 1000 + DECIDE_SHORT_LIFE_MS, 0},
		{1000, 9, 100 * 1000 * 1000, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct decide_life life = {cases[i].born_ms, cases[i].before};

		assert_int_equal(decide_short_lives(&life, cases[i].now_ms), cases[i].after);
	}
}

static void restart_loop_ends(void **state)
{
	struct decide_wishes wishes = usual;
	struct decide_plan plan;

	(void)state;
	wishes.crash = ON(COREDUMP_RESTART);
	plan = decide_action(BY(REBOOT), &usual, false, DECIDE_SHORT_LIVES_MAX);
	assert_int_equal(plan.end, DECIDE_RESTART);
	assert_false(plan.left_down);
	plan = decide_action(BY(REBOOT), &usual, false, DECIDE_SHORT_LIVES_MAX + 1);
	assert_int_equal(plan.end, DECIDE_DESTROY);
	assert_true(plan.left_down);
	plan = decide_action(BY(CRASH), &wishes, false, DECIDE_SHORT_LIVES_MAX + 1);
	assert_int_equal(plan.end, DECIDE_DESTROY);
	assert_true(plan.dump_core);
	assert_true(plan.left_down);
	/* Nobody asked for a restart: nothing was left down. */
	plan = decide_action(BY(POWEROFF), &usual, false, DECIDE_SHORT_LIVES_MAX + 1);
	assert_false(plan.left_down);
	wishes.crash = ON(PRESERVE);
	plan = decide_action(BY(CRASH), &wishes, false, DECIDE_SHORT_LIVES_MAX + 1);
	assert_int_equal(plan.end, DECIDE_LEAVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_follow_the_reason),
		cmocka_unit_test(every_action_is_known),
		cmocka_unit_test(short_lives_are_counted_in_a_row),
		cmocka_unit_test(restart_loop_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
