/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any valid configuration and the file that it is written to mean the same plan. */
/* sources: installer/hosts.c installer/machine.c installer/machine_json.c installer/plan.c installer/plan_disk.c installer/plan_keep.c installer/plan_ops.c installer/spec.c */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <time.h>

#include "installer/plan.h"
#include "lib/file.h"
#include "tests/unit/hostconf_random.h"
#include "tests/unit/scratch.h"

#define CASE "tests/plan/cases/hooks.case"
#define TIB ((uint64_t)1 << 40)

enum { ROUNDS = 200 };

static void read_machine(struct machine *ret_machine)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(mem_free_string) char *path = file_absolute(CASE);
	struct err err = ERR_INIT;
	assert_int_equal(file_read("/", path, 1 << 20, &text, &err), 0);
	char *inventory = strstr(text.data, "=== inventory\n");
	char *end = strstr(text.data, "=== output\n");
	assert_true(inventory && end);
	*end = '\0';
	assert_int_equal(machine_read_json(strchr(inventory, '\n'), ret_machine, &err), 0);
	/* Any partition fits. */
	ret_machine->disks.disks[0].size_bytes = 64 * TIB;
}

/* One that the machine can be installed with, the disk named by itself. */
static void random_spec(struct install_spec *spec)
{
	static const char *const disk_keys[] = {"serial", "wwn", "path", "model"};
	spec_init(spec);
	hostconf_dispose(&spec->config);
	random_config(&spec->config);
	for (size_t i = 0; i < ARRAY_SIZE(disk_keys); i++)
		set(&spec->config, "disk", disk_keys[i], "");
	set(&spec->config, "disk", "only", "yes");
	set(&spec->config, "disk", "erase", "yes");
	set(&spec->config, "disk", "slot", "4 GiB");
	set(&spec->config, "install", "licence", "accepted");
	set(&spec->config, "install", "mode", "new");
	set(&spec->config, "root", "password", SAMPLE_HASH);
	set(&spec->config, "time", "zone", "UTC");
	spec_name_ids(spec);
}

static void dump_plan(
	const struct install_spec *spec, const struct machine *machine, struct str *out)
{
	CLEANUP(plan_dispose) struct plan plan = PLAN_INIT;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	if (plan_build(spec, machine, &plan, &problems) < 0)
		fail_msg("%s", problems_first(&problems)->text);
	plan_print(&plan, out);
	for (size_t i = 0; i < plan.n_ops; i++) {
		const struct plan_op *op = &plan.ops[i];
		CLEANUP(mem_free_string) char *undo = strlist_join(&op->undo);
		str_add(out, "%u %s %d %d %s\n", op->weight, undo, op->is_secret, op->is_optional,
			str_text(&op->data));
	}
}

static void the_same_plan(void **state)
{
	const char *given = getenv("SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	CLEANUP(mem_free_string) char *path = xasprintf("%s/host.conf", (char *)*state);
	CLEANUP(machine_dispose) struct machine machine = {.firmware = FIRMWARE_BIOS};
	read_machine(&machine);
	print_message("SEED=%u repeats this run\n", seed);
	srand(seed);
	for (int round = 0; round < ROUNDS; round++) {
		CLEANUP(spec_dispose) struct install_spec spec;
		CLEANUP(spec_dispose) struct install_spec again;
		CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
		CLEANUP(str_dispose) struct str text = STR_INIT;
		CLEANUP(str_dispose) struct str before = STR_INIT;
		CLEANUP(str_dispose) struct str after = STR_INIT;
		struct err err = ERR_INIT;
		random_spec(&spec);
		schema_write(&host_schema, &spec.config, &text);
		assert_int_equal(file_write("/", path, str_text(&text), text.len, 0600, &err), 0);
		spec_init(&again);
		assert_int_equal(spec_read_file(&again, path, &problems, &err), 0);
		if (problems.errors)
			fail_msg("line %u: %s\n%s", problems_first(&problems)->line,
				problems_first(&problems)->text, str_text(&text));
		spec_name_ids(&again);
		dump_plan(&spec, &machine, &before);
		dump_plan(&again, &machine, &after);
		assert_string_equal(str_text(&after), str_text(&before));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {SCRATCH_TEST(the_same_plan)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
