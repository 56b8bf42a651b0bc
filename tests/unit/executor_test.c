/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The executor on a real plan, in a mount namespace of its own: tmpfs in place of the partitions, and
 * "true" in place of what needs a disk. Each operation fails once. Then the firmware's boot menu.
 */
/* sources: installer/exec_conf.c installer/exec_copy.c installer/exec_disk.c installer/exec_nvram.c installer/exec_op.c installer/executor.c installer/hosts.c installer/machine.c installer/machine_json.c installer/plan.c installer/plan_disk.c installer/plan_keep.c installer/plan_ops.c installer/spec.c */
/* libs: -lnettle -lcurl */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "installer/exec_private.h"
#include "installer/executor.h"
#include "installer/plan.h"
#include "lib/file.h"
#include "tests/unit/scratch.h"

#define CASE "tests/plan/cases/hooks.case"
#define NOT_DONE ((size_t)-1)

static void set_argv(struct plan_op *op, enum plan_verb verb, const char *const *words)
{
	op->verb = verb;
	strlist_dispose(&op->argv);
	for (; *words; words++)
		strlist_add(&op->argv, *words);
}

/* What is not there in this test: disks, volumes, the medium. */
static void tame(struct plan_op *op)
{
	static const char *const right[] = {"true", NULL};
	if (op->verb == PLAN_MOUNT) {
		CLEANUP(mem_free_string) char *dir = xstrdup(op->argv.items[1]);
		const char *const words[] = {"tmpfs", dir, "tmpfs", NULL};
		set_argv(op, PLAN_MOUNT, words);
	}
	switch (op->verb) {
	case PLAN_RUN:
	case PLAN_WIPE:
	case PLAN_WAIT:
	case PLAN_COPY_DIR:
	case PLAN_COPY_SLOT:
	case PLAN_BOOT_CODE:
	case PLAN_HOST_CONF:
	case PLAN_SYNC:
	case PLAN_NVRAM:
		set_argv(op, PLAN_RUN, right);
		break;
	case PLAN_MKDIR:
	case PLAN_MOUNT:
	case PLAN_UMOUNT:
	case PLAN_COPY:
	case PLAN_WRITE:
	case PLAN_POKE:
	case PLAN_HOOK:
		break;
	}
	if (op->undo.count && strcmp(op->undo.items[0], "umount") != 0) {
		strlist_dispose(&op->undo);
		strlist_add(&op->undo, "true");
	}
}

static void make_plan(struct plan *ret_plan)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(spec_dispose) struct install_spec spec;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	/* The plan points to the machine's disk, but the executor does not look there. */
	CLEANUP(machine_dispose) struct machine machine = {.firmware = FIRMWARE_BIOS};
	struct err err = ERR_INIT;
	CLEANUP(mem_free_string) char *path = file_absolute(CASE);
	assert_int_equal(file_read("/", path, 1 << 20, &text, &err), 0);
	char *inventory = strstr(text.data, "=== inventory\n");
	char *end = strstr(text.data, "=== output\n");
	assert_true(inventory && end);
	*inventory = *end = '\0';
	assert_int_equal(
		file_write("/", "/run/host.conf", text.data, strlen(text.data), 0600, &err), 0);
	assert_int_equal(machine_read_json(strchr(inventory + 1, '\n'), &machine, &err), 0);
	spec_init(&spec);
	assert_int_equal(spec_read_file(&spec, "/run/host.conf", &problems, &err), 0);
	spec_name_ids(&spec);
	assert_int_equal(plan_build(&spec, &machine, ret_plan, &problems), 0);
	for (size_t i = 0; i < ret_plan->n_ops; i++)
		tame(&ret_plan->ops[i]);
}

/* To the end of the process; -1 when it could not be started. */
static int execute(const struct plan *plan, struct executor_status *status)
{
	struct err err = ERR_INIT;
	if (executor_start(plan, &err) < 0)
		return -1;
	assert_true(wait(NULL) > 0);
	assert_int_equal(executor_read_status(status, &err), 0);
	return 0;
}

static bool something_is_mounted(void)
{
	CLEANUP(str_dispose) struct str mounts = STR_INIT;
	assert_int_equal(file_read("/", "/proc/self/mounts", 1 << 20, &mounts, NULL), 0);
	return strstr(str_text(&mounts), PLAN_TARGET);
}

static bool log_has(const char *path, const char *text)
{
	CLEANUP(str_dispose) struct str log = STR_INIT;
	return file_read("/", path, 1 << 20, &log, NULL) == 0 && strstr(str_text(&log), text);
}

static void a_right_plan_ends_well(void **state)
{
	CLEANUP(plan_dispose) struct plan plan = PLAN_INIT;
	struct executor_status status;
	(void)state;
	make_plan(&plan);
	assert_int_equal(execute(&plan, &status), 0);
	assert_string_equal(status.error, "");
	assert_int_equal(status.state, EXECUTOR_DONE);
	assert_int_equal(status.percent, 100);
	assert_int_equal(status.n_warnings, 0);
	assert_false(something_is_mounted());
	/* The hooks' output. */
	assert_true(log_has(PLAN_LOG, "\nbegin\n"));
	assert_true(log_has(PLAN_LOG, "\nend\n"));
}

/*
 * Whichever fails: its own error is reported, what was opened is closed, and nothing after it is begun;
 * unless it is optional (the log of a host whose state partition is full).
 */
static void each_operation_fails(void **state)
{
	static const char *const wrong[] = {"sh", "-c", "echo It broke. >&2; exit 3", NULL};
	CLEANUP(plan_dispose) struct plan plan = PLAN_INIT;
	(void)state;
	make_plan(&plan);
	assert_true(plan.n_ops > 30);
	for (size_t i = 0; i < plan.n_ops; i++) {
		struct plan_op *op = &plan.ops[i];
		struct plan_op right = *op;
		struct executor_status status;
		op->argv = (struct strlist)STRLIST_INIT;
		set_argv(op, PLAN_RUN, wrong);
		CLEANUP(mem_free_string)
		char *expected = xasprintf("%s: sh failed (status 3): It broke.", op->title);
		assert_int_equal(execute(&plan, &status), 0);
		assert_int_equal(status.state, right.is_optional ? EXECUTOR_DONE : EXECUTOR_FAILED);
		assert_string_equal(status.error, right.is_optional ? "" : expected);
		assert_int_equal(status.step, right.is_optional ? plan.n_ops : i + 1);
		assert_int_equal(status.n_warnings, right.is_optional ? 1 : 0);
		if (something_is_mounted())
			fail_msg("%s: something is left mounted", op->title);
		strlist_dispose(&op->argv);
		*op = right;
	}
}

static void what_is_optional_warns(void **state)
{
	static const char *const wrong[] = {"sh", "-c", "echo No room. >&2; exit 1", NULL};
	CLEANUP(plan_dispose) struct plan plan = PLAN_INIT;
	struct executor_status status;
	(void)state;
	make_plan(&plan);
	plan.ops[3].is_optional = true;
	set_argv(&plan.ops[3], PLAN_RUN, wrong);
	assert_int_equal(execute(&plan, &status), 0);
	assert_int_equal(status.state, EXECUTOR_DONE);
	assert_int_equal(status.n_warnings, 1);
	assert_true(log_has(PLAN_LOG, "warning: "));
	assert_true(log_has(PLAN_LOG, "No room."));
}

static struct plan_op *find(struct plan *plan, enum plan_verb verb, const char *word)
{
	for (size_t i = 0; i < plan->n_ops; i++)
		if (plan->ops[i].verb == verb && strcmp(plan->ops[i].argv.items[0], word) == 0)
			return &plan->ops[i];
	fail_msg("no operation %d %s", (int)verb, word);
	return NULL;
}

static void set_hook(struct plan *plan, const char *name, const char *script, const char *limit)
{
	struct plan_op *op = find(plan, PLAN_HOOK, name);
	const char *const words[] = {name, limit, NULL};
	set_argv(op, PLAN_HOOK, words);
	str_dispose(&op->data);
	str_add(&op->data, "%s\n", script);
}

static void a_hook_has_its_time(void **state)
{
	CLEANUP(plan_dispose) struct plan plan = PLAN_INIT;
	struct executor_status status;
	(void)state;
	make_plan(&plan);
	set_hook(&plan, "tell", "echo I am slow.; sleep 300", "1");
	assert_int_equal(execute(&plan, &status), 0);
	assert_int_equal(status.state, EXECUTOR_FAILED);
	assert_int_equal(status.step, 1);
	assert_non_null(strstr(status.error, "hook tell: "));
	assert_true(log_has(PLAN_LOG, "I am slow."));
}

/* A late failure: the log is where the host's own would be, before that is closed. */
static void the_log_of_a_failure_stays(void **state)
{
	CLEANUP(plan_dispose) struct plan plan = PLAN_INIT;
	struct executor_status status;
	(void)state;
	make_plan(&plan);
	set_hook(&plan, "done", "echo $DOMUS_TARGET >&2; exit 5", "9");
	struct plan_op *op = find(&plan, PLAN_HOOK, "done");
	strlist_add_words(
		&op->undo, "cp " PLAN_TARGET "/state/var/log/domus-install.log /run/kept");
	assert_int_equal(execute(&plan, &status), 0);
	assert_int_equal(status.state, EXECUTOR_FAILED);
	assert_non_null(strstr(status.error, "hook done: env failed (status 5): " PLAN_TARGET));
	assert_true(log_has("/run/kept", "error: "));
}

static void stopped_and_started_twice(void **state)
{
	CLEANUP(plan_dispose) struct plan plan = PLAN_INIT;
	struct executor_status status;
	struct err err = ERR_INIT;
	(void)state;
	make_plan(&plan);
	set_hook(&plan, "tell", "until [ -e " PLAN_DIR "/abort ]; do sleep 0.05; done", "60");
	assert_int_equal(executor_start(&plan, &err), 0);
	assert_int_equal(executor_start(&plan, &err), -1);
	assert_string_equal(err.text, "an installation is running already");
	assert_int_equal(executor_read_status(&status, &err), 0);
	assert_int_equal(status.state, EXECUTOR_RUNNING);
	assert_int_equal(executor_abort(&err), 0);
	assert_true(wait(NULL) > 0);
	assert_int_equal(executor_read_status(&status, &err), 0);
	assert_int_equal(status.state, EXECUTOR_FAILED);
	assert_non_null(strstr(status.error, "stopped by the user"));
	assert_false(something_is_mounted());
}

/* What a lost connection, a closed terminal or its keys send. */
static void no_signal_stops_it(void **state)
{
	CLEANUP(plan_dispose) struct plan plan = PLAN_INIT;
	struct executor_status status;
	(void)state;
	make_plan(&plan);
	set_hook(&plan, "tell", "for s in HUP INT QUIT PIPE TERM; do kill -$s $PPID; done", "9");
	assert_int_equal(execute(&plan, &status), 0);
	assert_string_equal(status.error, "");
	assert_int_equal(status.state, EXECUTOR_DONE);
}

/* ---- the firmware's boot menu ---- */

#define VENDOR "-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* A disk with one partition in the second place of its table: sectors 2048 to 4095. */
static void make_disk(const char *root)
{
	unsigned char image[4096] = {0};
	unsigned char *header = image + 512;
	unsigned char *entry = image + 1024 + 128;
	memcpy(header, "EFI PART", 8);
	header[72] = 2;
	header[84] = 128;
	memset(entry, 0x28, 16);
	for (size_t i = 0; i < 16; i++)
		entry[16 + i] = (unsigned char)(0xa0 + i);
	entry[33] = 8;
	entry[40] = 0xff;
	entry[41] = 0xf;
	assert_int_equal(file_write(root, "/disk", image, sizeof(image), 0600, NULL), 0);
}

static void expect_bytes(const char *root, const char *path, const void *bytes, size_t len)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	assert_int_equal(file_read(root, path, 65536, &text, NULL), 0);
	assert_int_equal(text.len, len);
	assert_memory_equal(text.data, bytes, len);
}

/* As efibootmgr writes it: attributes, EFI_LOAD_OPTION, two nodes and the end of a device path. */
static const unsigned char option[] =
	"\7\0\0\0\1\0\0\0\x5e\0D\0o\0m\0u\0s\0\0\0"
	"\4\1\x2a\0\2\0\0\0\0\x08\0\0\0\0\0\0\0\x08\0\0\0\0\0\0"
	"\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf\2\2"
	"\4\4\x30\0\\\0E\0F\0I\0\\\0B\0O\0O\0T\0\\\0B\0O\0O\0T\0X\0"
	"6\0004\0.\0E\0F\0I\0\0\0\x7f\xff\4";

static void the_firmware_starts_the_disk_first(void **state)
{
	const char *root = *state;
	CLEANUP(mem_free_string) char *disk = xasprintf("%s/disk", root);
	CLEANUP(mem_free_string) char *vars = xasprintf("%s/efivars", root);
	struct err err = ERR_INIT;
	make_disk(root);
	assert_int_equal(exec_nvram(disk, 2, vars, &err), -1);
	assert_non_null(strstr(err.text, "the firmware shows no variables"));
	assert_int_equal(file_make_dirs(root, "/efivars", 0755, NULL), 0);
	assert_int_equal(file_write(root, "/efivars/Boot0000" VENDOR, "\7\0\0\0\1\0\0\0\4\0C\0\0\0",
				 14, 0644, NULL),
		0);
	assert_int_equal(
		file_write(root, "/efivars/BootOrder" VENDOR, "\7\0\0\0\0\0\2\0", 8, 0644, NULL),
		0);
	assert_int_equal(exec_nvram(disk, 1, vars, &err), -1);
	assert_non_null(strstr(err.text, "has no partition 1"));
	/* The second time it is the same entry. */
	for (int i = 0; i < 2; i++) {
		if (exec_nvram(disk, 2, vars, &err) < 0)
			fail_msg("%s", err.text);
		expect_bytes(root, "/efivars/Boot0001" VENDOR, option, sizeof(option));
		expect_bytes(root, "/efivars/BootOrder" VENDOR, "\7\0\0\0\1\0\0\0\2\0", 10);
		assert_false(file_exists(root, "/efivars/Boot0002" VENDOR));
	}
}

static void expect_text(const char *path, const char *expected)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	assert_int_equal(file_read("/", path, 65536, &text, NULL), 0);
	assert_string_equal(str_text(&text), expected);
}

/* domus-install add: the host's file keeps its comments, what is in force agrees, dom0 gets the memory. */
static void a_component_is_added_to_the_file(void **state)
{
	static const struct {
		const char *before;
		const char *after;
	} cases[] = {
		{"# mine\n[install]\n# why\ncomponents = remote\nlicence = accepted\n",
			"# mine\n[install]\n# why\ncomponents = remote hvm\nlicence = accepted\n"},
		{"[install]\ncomponents =\n", "[install]\ncomponents = hvm\n"},
		/* The default has it. */
		{"[install]\nlicence = accepted\n", "[install]\nlicence = accepted\n"},
		{"[host]\nname = a", "[host]\nname = a"},
	};
	CLEANUP(mem_free_string) char *conf = xasprintf("%s/host.conf", (char *)*state);
	CLEANUP(mem_free_string) char *args = xasprintf("%s/args.cfg", (char *)*state);
	CLEANUP(mem_free_string) char *applied = xasprintf("%s/applied.conf", (char *)*state);
	const char *const words[] = {conf, args, "2048", "hvm", applied, "/nonexistent/x", NULL};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *text = cases[i].before;
		struct err err = ERR_INIT;
		struct plan_op op = {.verb = PLAN_RUN};
		set_argv(&op, PLAN_HOST_CONF, words);
		assert_int_equal(file_write("/", conf, text, strlen(text), 0600, &err), 0);
		assert_int_equal(file_write("/", applied, text, strlen(text), 0600, &err), 0);
		assert_int_equal(exec_op(&op, NULL, &err), 0);
		expect_text(conf, cases[i].after);
		expect_text(applied, cases[i].after);
		assert_true(file_exists("/", args));
		strlist_dispose(&op.argv);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_right_plan_ends_well),
		cmocka_unit_test(each_operation_fails),
		cmocka_unit_test(what_is_optional_warns),
		cmocka_unit_test(a_hook_has_its_time),
		cmocka_unit_test(the_log_of_a_failure_stays),
		cmocka_unit_test(stopped_and_started_twice),
		cmocka_unit_test(no_signal_stops_it),
		SCRATCH_TEST(the_firmware_starts_the_disk_first),
		SCRATCH_TEST(a_component_is_added_to_the_file),
	};
	if (unshare(CLONE_NEWNS) < 0 || mount("tmpfs", "/run", "tmpfs", 0, "") < 0) {
		perror("a mount namespace");
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
