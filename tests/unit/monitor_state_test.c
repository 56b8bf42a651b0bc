/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor's files: locks, the flag of a stop-all that died, records that survive a round trip. */
/* sources: dom0-rootfs/monitor/state.c dom0-rootfs/guests/progress.c */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dom0-rootfs/guests/guests.h"
#include "dom0-rootfs/monitor/state.h"
#include "lib/file.h"

#define UUID "00000000-0000-0000-0000-00000000000a"

static char run[] = "/tmp/monitor-state-XXXXXX";

static int prepare(void **state)
{
	(void)state;
	return mkdtemp(run) ? state_prepare(run, NULL) : -1;
}

static int clean_up(void **state)
{
	const char *const argv[] = {"rm", "-rf", run, NULL};
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

static void one_process_has_the_guest(void **state)
{
	int first, second;

	(void)state;
	assert_int_equal(state_lock_guest(run, UUID, &first, NULL), 0);
	assert_int_equal(state_lock_guest(run, UUID, &second, NULL), 1);
	close(first);
	assert_int_equal(state_lock_guest(run, UUID, &second, NULL), 0);
	close(second);
}

static void stopping_waits_for_actions(void **state)
{
	int fd;

	(void)state;
	assert_false(state_is_stopping(run));
	assert_int_equal(state_share_actions(run, &fd, NULL), 0);
	assert_int_equal(state_begin_stopping(run, 0, NULL), 1);
	assert_true(state_is_stopping(run));
	close(fd);
	assert_int_equal(state_begin_stopping(run, 0, NULL), 0);
	/* The lock is free again: a worker gets it and reads the flag. */
	assert_int_equal(state_share_actions(run, &fd, NULL), 0);
	close(fd);
	state_end_stopping(run);
	assert_false(state_is_stopping(run));
}

static void flag_of_the_dead_does_not_count(void **state)
{
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/stopping", run);
	assert_int_equal(file_write("/", path, "1 1\n", 4, 0644, NULL), 0);
	assert_false(state_is_stopping(run));
	/* The host's own is empty, stays, and is not ours to remove. */
	assert_int_equal(file_write("/", path, "", 0, 0644, NULL), 0);
	assert_true(state_is_stopping(run));
	assert_int_equal(state_begin_stopping(run, 0, NULL), 0);
	state_end_stopping(run);
	assert_true(state_is_stopping(run));
	assert_int_equal(file_remove("/", path, NULL), 0);
}

static void records_come_back(void **state)
{
	struct decide_life life = {1234567, 3};
	struct state_restart restart = {.old_domid = 17, .tries = 2, .json = "{\n  \"a\": 1\n}\n"};
	struct strlist uuids = STRLIST_INIT;

	(void)state;
	assert_int_equal(state_write_life(run, UUID, &life, NULL), 0);
	life = (struct decide_life){0};
	state_read_life(run, UUID, &life);
	assert_int_equal(life.born_ms, 1234567);
	assert_int_equal(life.short_lives, 3);
	state_read_life(run, "none", &life);
	assert_int_equal(life.born_ms, 0);

	assert_int_equal(state_write_restart(run, UUID, &restart, NULL), 0);
	restart = (struct state_restart){0};
	assert_int_equal(state_read_restart(run, UUID, &restart, NULL), 0);
	assert_int_equal(restart.old_domid, 17);
	assert_int_equal(restart.tries, 2);
	assert_string_equal(restart.json, "{\n  \"a\": 1\n}\n");
	state_restart_dispose(&restart);
	assert_int_equal(state_list_restarts(run, &uuids, NULL), 0);
	assert_int_equal(uuids.count, 1);
	assert_string_equal(uuids.items[0], UUID);
	strlist_dispose(&uuids);
	state_drop_restart(run, UUID);
	assert_int_equal(state_list_restarts(run, &uuids, NULL), 0);
	assert_int_equal(uuids.count, 0);
}

static void failures_have_safe_names(void **state)
{
	char name[16], path[128];

	(void)state;
	state_file_name("web-1.example", name, sizeof(name));
	assert_string_equal(name, "web-1.example");
	state_file_name("../a b/c", name, sizeof(name));
	assert_string_equal(name, ".._a_b_c");
	state_file_name("0123456789abcdefgh", name, sizeof(name));
	assert_string_equal(name, "0123456789abcde");
	assert_int_equal(state_write_failed(run, "a/b", "why", NULL), 0);
	(void)snprintf(path, sizeof(path), "%s/failed/guest-a_b", run);
	assert_true(file_exists("/", path));
	state_clear_failed(run, "a/b");
	assert_false(file_exists("/", path));
}

static void leftovers_are_no_guests(void **state)
{
	static const struct {
		const char *name;
		bool is_config;
	} cases[] = {
		{"a.cfg", true},
		{"10-web", true},
		{"a~", false},
		{".a.cfg.swp", false},
		{"a.cfg.dpkg-old", false},
		{"#a.cfg#", false},
		{"a.cfg.bak", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(guests_is_config_name(cases[i].name), cases[i].is_config);
}

static void progress_names_the_guests(void **state)
{
	struct strlist names = STRLIST_INIT;
	char *text;

	(void)state;
	strlist_add(&names, "a");
	text = guests_progress_text(&names, 60);
	assert_string_equal(text, "waiting for 1 guest: a (60 s left)");
	free(text);
	strlist_add(&names, "b");
	text = guests_progress_text(&names, 41);
	assert_string_equal(text, "waiting for 2 guests: a b (41 s left)");
	free(text);
	strlist_dispose(&names);
}

/* Only the domain that was paused is let go on, not the one that the guest is after a restart. */
static void held_guests(void **state)
{
	(void)state;
	assert_int_equal(state_read_held(run, UUID, 5), 0);
	assert_int_equal(state_write_held(run, UUID, 5, 2, NULL), 0);
	assert_int_equal(state_read_held(run, UUID, 5), 2);
	assert_int_equal(state_read_held(run, UUID, 6), 0);
	state_drop_held(run, UUID);
	assert_int_equal(state_read_held(run, UUID, 5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_process_has_the_guest),
		cmocka_unit_test(stopping_waits_for_actions),
		cmocka_unit_test(flag_of_the_dead_does_not_count),
		cmocka_unit_test(records_come_back),
		cmocka_unit_test(failures_have_safe_names),
		cmocka_unit_test(leftovers_are_no_guests),
		cmocka_unit_test(progress_names_the_guests),
		cmocka_unit_test(held_guests),
	};

	return cmocka_run_group_tests(tests, prepare, clean_up);
}
