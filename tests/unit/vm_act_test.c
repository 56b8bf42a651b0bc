/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources: vmwizard/act.c vmwizard/command.c vmwizard/explain.c vmwizard/listread.c vmwizard/migrate/offer.c vmwizard/migrate/protocol.c vmwizard/migrate/record.c vmwizard/list_data.c vmwizard/xen.c vmwizard/paths.c vmwizard/spec.c vmwizard/device.c vmwizard/guestread.c vmwizard/planbuild.c vmwizard/guestcfg.c vmwizard/hostdata.c vmwizard/profile.c vmwizard/defaults.c */
/* libs: -lxlutil -lxenlight -lxenstore -lxentoollog */
/* What the actions share, as far as it needs no hypervisor. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "file.h"
#include "mem.h"
#include "tests/unit/scratch.h"
#include "vmwizard/act.h"
#include "vmwizard/migrate/record.h"

/* The memory of a guest is nowhere else: a place that is taken costs the new name, not the file. */
static void test_saved_memory_stays(void **state)
{
	char *dir = *state;
	CLEANUP(mem_free_string) char *part = xasprintf("%s/web.part", dir);
	CLEANUP(mem_free_string) char *path = xasprintf("%s/web", dir);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	assert_int_equal(file_write(dir, "/web.part", "memory", 6, 0600, &err), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(act_keep_saved(part, path, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	assert_int_not_equal(err.sys, 0);
	assert_non_null(strstr(err.text, part));
	assert_int_equal(file_read(dir, "/web.part", 100, &text, &err), 0);
	assert_string_equal(str_text(&text), "memory");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(act_keep_saved(part, path, &err), 0);
	assert_true(file_is_regular(dir, "/web"));
	assert_false(file_exists(dir, "/web.part"));
}

/* As a list that takes its time to read. */
static bool is_slow(const struct vm_domain *d, void *context)
{
	unsigned *count = context;
	assert_null(d);
	(*count)++;
	(void)usleep(600000);
	return false;
}

/* The limit is of the clock, not of the pauses alone. */
static void test_wait_ends_in_time(void **state)
{
	const struct vm_action a = {.root = *state, .name = "web", .timeout_s = 1};
	struct err err = ERR_INIT;
	unsigned count = 0;
	assert_int_equal(act_wait(&a, 60, is_slow, &count, "is not off", &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_string_equal(err.text, "guest web: is not off within 1 s");
	assert_in_range(count, 1, 2);
}

static void make_moving(struct record *record, enum mig_record now)
{
	record_init(record);
	record->state = now;
	vm_spec_set(&record->peer, "xen2");
	vm_spec_set(&record->offer.id, "0123456789abcdef0123456789abcdef");
	vm_spec_set(&record->offer.uuid, "11111111-2222-3333-4444-555555555555");
	vm_spec_set(&record->offer.name, "web");
	record->offer.method = VM_PVH;
}

/* Whose definition is with a record is in the list all the same. */
static void test_moving_is_listed(void **state)
{
	static const struct {
		enum mig_record now;
		enum vm_state shown;
		const char *why;
	} cases[] = {
		{MIG_PERMITTED, VM_STATE_UNDECIDED, "it may run on xen2, which does not answer"},
		{MIG_HERE, VM_STATE_OFF,
			"it stays here, and is not defined again yet; see domus-vm settle"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(record_dispose) struct record record;
		struct vm_list list;
		struct err err = ERR_INIT;
		make_moving(&record, cases[i].now);
		assert_int_equal(record_write(*state, RECORD_OUT, "web", &record, &err), 0);
		assert_int_equal(vm_list_read(NULL, *state, NULL, &list, &err), 0);
		const struct vm_domain *d = vm_list_find(&list, "web");
		assert_non_null(d);
		assert_int_equal(d->state, cases[i].shown);
		assert_string_equal(d->why_off, cases[i].why);
		vm_list_dispose(&list);
	}
}

/* What is under way to another host is changed nowhere. */
static void test_moving_is_not_changed(void **state)
{
	const struct vm_action a = {.root = *state, .name = "web"};
	const struct vm_action other = {.root = *state, .name = "db"};
	CLEANUP(record_dispose) struct record record;
	struct err err = ERR_INIT;
	make_moving(&record, MIG_OPEN);
	assert_int_equal(act_want_settled(&a, &err), 0);
	assert_int_equal(record_write(*state, RECORD_OUT, "web", &record, &err), 0);
	assert_int_equal(act_want_settled(&a, &err), -1);
	assert_string_equal(err.text, "guest web is being moved to xen2");
	/* It may still be ended here, until the other host may have started it. */
	assert_int_equal(record_refuse_permitted(*state, "web", &err), 0);
	record.state = MIG_PERMITTED;
	assert_int_equal(record_write(*state, RECORD_OUT, "web", &record, &err), 0);
	assert_int_equal(record_refuse_permitted(*state, "web", &err), -1);
	assert_string_equal(
		err.text, "guest web is being moved to xen2, and may run there (undecided)");
	assert_int_equal(act_want_settled(&other, &err), 0);
	assert_int_equal(record_forget(*state, RECORD_OUT, "web", &err), 0);
	assert_int_equal(act_want_settled(&a, &err), 0);
}

/* What was read before it moved away does not bring it back. */
static void test_gone_is_not_written(void **state)
{
	const struct vm_action a = {.root = *state, .name = "web"};
	static const char text[] = "name = \"web\"\n";
	struct xlcfg cfg;
	struct err err = ERR_INIT;
	assert_int_equal(file_make_dirs(*state, "/etc/xen", 0755, &err), 0);
	assert_int_equal(file_write(*state, "/etc/xen/web.cfg", text, strlen(text), 0600, &err), 0);
	assert_int_equal(act_read_cfg(&a, &cfg, &err), 0);
	assert_int_equal(act_write_cfg(&a, &cfg, &err), 0);
	assert_int_equal(file_remove(*state, "/etc/xen/web.cfg", &err), 0);
	assert_int_equal(act_write_cfg(&a, &cfg, &err), -1);
	assert_string_equal(
		err.text, "guest web is not defined here any more: nothing was written");
	assert_false(file_exists(*state, "/etc/xen/web.cfg"));
	xlcfg_dispose(&cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(test_saved_memory_stays),
		SCRATCH_TEST(test_wait_ends_in_time),
		SCRATCH_TEST(test_moving_is_not_changed),
		SCRATCH_TEST(test_gone_is_not_written),
		SCRATCH_TEST(test_moving_is_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
