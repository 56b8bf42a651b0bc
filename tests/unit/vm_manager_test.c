/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manager's pure parts: what can be done when, keys, logs, and work in another process. */
/* sources: vmwizard/manager/actions.c vmwizard/manager/rows.c vmwizard/manager/logtext.c vmwizard/manager/job.c vmwizard/manager/memboard.c vmwizard/memplan.c vmwizard/list_data.c */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/mem.h"
#include "vmwizard/manager/actions.h"
#include "vmwizard/manager/job.h"
#include "vmwizard/manager/logtext.h"
#include "vmwizard/manager/memboard.h"

static struct vm_domain guest_in(enum vm_state state, const char *method)
{
	bool is_there = state != VM_STATE_OFF && state != VM_STATE_SAVED;

	return (struct vm_domain){.name = (char *)(uintptr_t)"web",
		.domid = is_there ? 3 : VM_NO_DOMID,
		.state = state,
		.method = (char *)(uintptr_t)method,
		.has_cfg = true};
}

/* The keys of what can be done, in the table's order. */
static const char *possible(const struct vm_domain *guest)
{
	static char keys[ACTIONS + 1];
	size_t n = 0;

	for (size_t i = 0; i < ACTIONS; i++) {
		if (!action_why_not((enum action)i, guest))
			keys[n++] = (char)action_rows[i].key;
	}
	keys[n] = '\0';
	return keys;
}

static void what_can_be_done(void **state)
{
	static const struct {
		enum vm_state state;
		const char *method, *keys;
	} cases[] = {
		{VM_STATE_OFF, "pv", "sieatlrD"},
		{VM_STATE_OFF, "hvm", "siematlrD"},
		{VM_STATE_RUNNING, "pv", "cidbpvxueat"},
		{VM_STATE_RUNNING, "hvm", "cgidbpvxuemat"},
		{VM_STATE_PAUSED, "pvh", "cipxea"},
		{VM_STATE_ENDING, "pv", "cixea"},
		{VM_STATE_CRASHED, "pv", "cixea"},
		{VM_STATE_SAVED, "pv", "sieaD"},
	};
	struct vm_domain guest;
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		guest = guest_in(cases[i].state, cases[i].method);
		assert_string_equal(possible(&guest), cases[i].keys);
	}
	guest = guest_in(VM_STATE_RUNNING, "pv");
	guest.domid = 0;
	assert_string_equal(possible(&guest), "i");
	guest = guest_in(VM_STATE_OFF, "pv");
	guest.has_cfg = false;
	assert_string_equal(possible(&guest), "i");
}

static void keys_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < ACTIONS; i++) {
		assert_int_equal(action_of_key(action_rows[i].key), i);
		/* those of the list itself */
		assert_null(strchr("nqoO/?", action_rows[i].key));
	}
	assert_int_equal(action_of_key('n'), ACTIONS);
}

static void words_and_commands(void **state)
{
	struct vm_domain off = guest_in(VM_STATE_OFF, "pv");
	struct vm_domain paused = guest_in(VM_STATE_PAUSED, "pv");
	struct vm_domain saved = guest_in(VM_STATE_SAVED, "pv");
	char *command = action_command(ACTION_START, &off);
	(void)state;
	assert_string_equal(command, "xl create -e -q /etc/xen/web.cfg");
	free(command);
	command = action_command(ACTION_PAUSE, &paused);
	assert_string_equal(command, "xl unpause web");
	free(command);
	assert_string_equal(action_word(ACTION_PAUSE, &paused), "Continue");
	assert_string_equal(action_word(ACTION_START, &saved), "Restore");
}

static void logs_are_harmless(void **state)
{
	static const struct {
		const char *bytes, *text;
	} cases[] = {
		{"one\r\ntwo\r\r\n", "one\ntwo\n"},
		{"10%\r20%\r100%\n", "100%\n"},
		{"\x1b[1;31mred\x1b[0m\n", "red\n"},
		{"\x1b]0;title\x07text\x1b]2;x\x1b\\y\n", "texty\n"},
		{"a\tb\x01\x7f\xc3\xa9\n", "a b?\n"},
		{"no end", "no end\n"},
		{"cut\x1b[12", "cut\n"},
		{"\x1b", ""},
		{"", ""},
	};
	char wide[2000];
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_dispose) struct str text = STR_INIT;

		logtext_add(&text, cases[i].bytes, strlen(cases[i].bytes));
		assert_string_equal(str_text(&text), cases[i].text);
	}
	memset(wide, 'x', sizeof(wide));
	CLEANUP(str_dispose) struct str text = STR_INIT;
	logtext_add(&text, wide, sizeof(wide));
	assert_int_equal(text.len, 401);
}

static int good_work(const struct job_out *out, const void *arg, struct err *err)
{
	(void)err;
	job_say_command(out, "xl start\nthis");
	job_say_amount(out, 5, 10);
	job_say_note(out, arg);
	return 0;
}

static int bad_work(const struct job_out *out, const void *arg, struct err *err)
{
	(void)out;
	(void)arg;
	return err_set(err, ERR_PROC, 0, "no\nmemory");
}

static int killed_work(const struct job_out *out, const void *arg, struct err *err)
{
	(void)out;
	(void)arg;
	(void)err;
	(void)raise(SIGKILL);
	return 0;
}

static void run_job(struct job *job, job_work *work)
{
	assert_int_equal(job_start(job, "web", "working", work, "all well", NULL), 0);
	while (!job_poll(job))
		(void)poll(NULL, 0, 5);
	assert_true(job_poll(job));
}

static void work_in_another_process(void **state)
{
	struct job job;
	(void)state;
	run_job(&job, good_work);
	assert_true(job.is_done);
	assert_null(job.error);
	assert_string_equal(job.command, "xl start this");
	assert_string_equal(job.note, "all well");
	assert_int_equal(job.total_bytes, 10);
	job_dispose(&job);
	run_job(&job, bad_work);
	assert_false(job.is_done);
	assert_string_equal(job.error, "no memory");
	job_dispose(&job);
	run_job(&job, killed_work);
	assert_string_equal(job.error, "stopped by signal 9");
	job_dispose(&job);
}

#define TEXT(text) ((char *)(uintptr_t)(text))

/* "512+512=1024" of each row that changed; then what is free. */
static void board_text(const struct memboard *board, struct str *text)
{
	for (size_t i = 0; i < board->count; i++) {
		const struct memboard_row *row = &board->rows[i];
		if (row->then != row->now)
			str_add(text, "%s %lld ", row->name, (long long)row->then);
	}
	str_add(text, "free %lld", (long long)board->free_then);
}

/* Keys: d, u choose; l, r the border with the next guest; +, - with what is free; s the step. */
static void borders_move(void **state)
{
	static const struct {
		const char *keys, *after, *err;
	} cases[] = {
		{"", "free 100", ""},
		{"llllllll", "alpha 512 beta 1024 free 100", ""},
		{"lllllllll", "alpha 512 beta 1024 free 100",
			"beta may have at most 1024 MiB before its next start"},
		{"lrr", "free 100", "alpha may have at most 1024 MiB before its next start"},
		/* The last one's border is with what is free; the crashed one is passed over. */
		{"dd+", "free 100", "trial: it has crashed"},
		{"dddl", "gamma 448 free 164", ""},
		{"dddlllllllll", "gamma 32 free 580", "gamma must keep 32 MiB"},
		{"d++", "beta 604 free 8", ""},
		{"d+++", "beta 604 free 8", "8 MiB would be free, and 8 MiB stay for Xen itself"},
		{"ds-", "beta 256 free 356", ""},
		{"dsss-r", "gamma 496 free 116", ""},
		{"u-", "free 100",
			"Domain-0: the host's own share counts from its next start: domus-host boot "
			"memory SIZE"},
	};
	struct vm_domain guests[] = {
		{.name = TEXT("Domain-0"), .domid = 0, .memory_kib = 360 << 10},
		{.name = TEXT("alpha"),
			.domid = 1,
			.memory_kib = 1024 << 10,
			.max_memory_kib = 1024 << 10},
		{.name = TEXT("beta"),
			.domid = 2,
			.memory_kib = 512 << 10,
			.max_memory_kib = 1024 << 10},
		{.name = TEXT("off"), .domid = VM_NO_DOMID, .state = VM_STATE_OFF},
		{.name = TEXT("trial"),
			.domid = 3,
			.state = VM_STATE_CRASHED,
			.memory_kib = 64 << 10},
		{.name = TEXT("gamma"),
			.domid = 4,
			.memory_kib = (512 << 10) + 300,
			.max_memory_kib = 512 << 10},
	};
	const struct vm_list list = {.items = guests,
		.count = ARRAY_SIZE(guests),
		.total_kib = 2600 << 10,
		.free_kib = 100 << 10};
	(void)state;
	for (size_t i = 1; i < ARRAY_SIZE(guests); i++)
		if (guests[i].domid != VM_NO_DOMID && guests[i].state != VM_STATE_CRASHED)
			guests[i].state = VM_STATE_RUNNING;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		CLEANUP(str_dispose) struct str bar = STR_INIT;
		struct err err = ERR_INIT;
		struct memboard board;
		memboard_init(&board, &list);
		for (const char *key = cases[i].keys; *key; key++) {
			err = (struct err)ERR_INIT;
			if (*key == 'd' || *key == 'u')
				memboard_choose(&board, *key == 'd' ? 1 : -1);
			else if (*key == 's')
				board.step = (board.step + 1) % MEMBOARD_STEPS;
			else
				(void)memboard_move(&board, *key == 'r' || *key == '+' ? 1 : -1,
					*key == '+' || *key == '-', &err);
		}
		board_text(&board, &text);
		assert_string_equal(str_text(&text), cases[i].after);
		assert_string_equal(err.text, cases[i].err);
		size_t count;
		struct memplan_wish *wishes = memboard_wishes(&board, &count);
		assert_int_equal(count > 0, memboard_is_changed(&board));
		free(wishes);
		memboard_bar(&board, true, 72, &bar);
		assert_int_equal(bar.len, 72);
		memboard_dispose(&board);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_can_be_done),
		cmocka_unit_test(borders_move), cmocka_unit_test(keys_are_unique),
		cmocka_unit_test(words_and_commands), cmocka_unit_test(logs_are_harmless),
		cmocka_unit_test(work_in_another_process)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
