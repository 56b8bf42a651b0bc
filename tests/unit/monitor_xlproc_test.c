/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an xl that looks after a domain is recognised: its arguments, its log, its traces in /proc. */
/* sources: dom0-rootfs/monitor/xlproc.c */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dom0-rootfs/monitor/xlproc.h"
#include "lib/attrs.h"
#include "lib/err.h"

#define ARGS(text) (text), sizeof(text)

static void arguments_tell_who_stays(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		bool stays;
	} cases[] = {
		{ARGS("xl\0create\0/etc/xen/a.cfg"), true},
		{ARGS("/usr/lib/xen-4.20/bin/xl\0-v\0-v\0create\0-F\0a.cfg"), true},
		{ARGS("xl\0cr\0a.cfg"), true}, {ARGS("xl\0create\0-e\0a.cfg"), false},
		{ARGS("xl\0create\0a.cfg\0-e"), false}, {ARGS("xl\0create\0-qe\0a.cfg"), false},
		{ARGS("xl\0create\0-fpeter.cfg"), true}, /* the e is in a file's name */
		{ARGS("xl\0create\0--quiet\0a.cfg"), true}, {ARGS("xl\0restore\0save"), true},
		{ARGS("xl\0restore\0-e\0save"), false}, {ARGS("xl\0migrate-receive"), true},
		{ARGS("xl\0migrate-receive\0-e"), false}, {ARGS("xl\0migrate\0a\0host"), false},
		{ARGS("xl\0reboot\0a"), false}, {ARGS("xl\0console\0a"), false},
		{ARGS("xl\0list"), false},
		{ARGS("xl\0c\0a.cfg"), false}, /* ambiguous: xl refuses it */
		{ARGS("xl"), false}, {"", 0, false},
		{"xl\0create", 9, true}, /* without the last NUL */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(xlproc_stays(cases[i].text, cases[i].len), cases[i].stays);
}

static void log_tells_the_phase(void **state)
{
	static const struct {
		const char *log;
		enum xlproc_phase phase;
		uint32_t domid;
	} cases[] = {
		{"", XLPROC_SILENT, 0},
		{"libxl: warning: something\n", XLPROC_SILENT, 0},
		{"Waiting for domain a (domid 7) to die [pid 42]\n", XLPROC_WATCHING, 7},
		/* names may hold anything */
		{"Waiting for domain a (domid 3) to die [pid 42] (domid 8) to die [pid 42]\n",
			XLPROC_WATCHING, 8},
		/* another process's line; a line that is still being written */
		{"Waiting for domain a (domid 7) to die [pid 43]\n", XLPROC_SILENT, 0},
		{"Waiting for domain a (domid 7) to die [pid 42]", XLPROC_SILENT, 0},
		{"Waiting for domain a (domid 7) to die [pid 42]\n"
		 "Domain 7 has shut down, reason code 1 0x1\n"
		 "Action for shutdown reason code 1 is restart\n"
		 "Domain 7 needs to be cleaned up: destroying the domain\n",
			XLPROC_WATCHING, 7},
		{"Waiting for domain a (domid 7) to die [pid 42]\nDone. Rebooting now\n",
			XLPROC_RESTARTING, 0},
		{"Waiting for domain a (domid 7) to die [pid 42]\nDone. Rebooting now\n"
		 "Waiting for domain a (domid 9) to die [pid 42]\n",
			XLPROC_WATCHING, 9},
		{"Waiting for domain a (domid 7) to die [pid 42]\nDone. Exiting now\n",
			XLPROC_LEAVING, 0},
		{"Waiting for domain a (domid 7) to die [pid 42]\n"
		 "Domain 7 has been destroyed.\n",
			XLPROC_LEAVING, 0},
		{"Waiting for domain a (domid 4294967299999) to die [pid 42]\n", XLPROC_SILENT, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t domid = 0;

		assert_int_equal(xlproc_read_log(cases[i].log, strlen(cases[i].log), 42, &domid),
			cases[i].phase);
		if (cases[i].phase == XLPROC_WATCHING)
			assert_int_equal(domid, cases[i].domid);
	}
}

static void claims_follow_the_phase(void **state)
{
	struct xlproc xl = {.phase = XLPROC_WATCHING, .domid = 7};

	(void)state;
	assert_int_equal(xlproc_claims(&xl, 7), XLPROC_CERTAIN);
	assert_int_equal(xlproc_claims(&xl, 8), XLPROC_NONE);
	xl.phase = XLPROC_SILENT;
	assert_int_equal(xlproc_claims(&xl, 8), XLPROC_MAYBE);
	xl.phase = XLPROC_RESTARTING;
	assert_int_equal(xlproc_claims(&xl, 7), XLPROC_MAYBE);
	xl.phase = XLPROC_LEAVING;
	assert_int_equal(xlproc_claims(&xl, 7), XLPROC_NONE);
}

static void write_bytes(const char *path, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

/* A process directory: executable, arguments, log (NULL: its standard output is a terminal). */
static void fake_process(const char *root, long pid, const char *exe, const char *args,
	size_t args_len, const char *log)
{
	char path[256], target[256];

	(void)snprintf(path, sizeof(path), "%s/%ld", root, pid);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/%ld/fd", root, pid);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/%ld/exe", root, pid);
	assert_int_equal(symlink(exe, path), 0);
	(void)snprintf(path, sizeof(path), "%s/%ld/cmdline", root, pid);
	write_bytes(path, args, args_len);
	(void)snprintf(path, sizeof(path), "%s/%ld/fd/1", root, pid);
	(void)snprintf(target, sizeof(target), "%s/xl-%ld.log.1", root, pid);
	if (log)
		write_bytes(target, log, strlen(log));
	assert_int_equal(symlink(log ? target : "/dev/null", path), 0);
}

static void remove_tree(const char *root)
{
	const char *const argv[] = {"rm", "-rf", root, NULL};
	pid_t pid = fork();

	if (pid == 0) {
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void processes_are_found(void **state)
{
	char root[] = "/tmp/xlproc-test-XXXXXX";
	struct xlproc_list list;
	struct err err = ERR_INIT;
	size_t watching = 0, silent = 0;

	(void)state;
	assert_non_null(mkdtemp(root));
	fake_process(root, 101, "/usr/lib/xen-4.20/bin/xl", ARGS("xl\0create\0a.cfg"),
		"Waiting for domain a (domid 5) to die [pid 101]\n");
	fake_process(
		root, 102, "/usr/lib/xen-4.20/bin/xl (deleted)", ARGS("xl\0create\0b.cfg"), NULL);
	fake_process(root, 103, "/usr/lib/xen-4.20/bin/xl", ARGS("xl\0create\0-e\0c.cfg"), NULL);
	fake_process(root, 104, "/usr/bin/bash", ARGS("xl\0create\0d.cfg"), NULL);
	fake_process(root, 105, "/usr/lib/xen-4.20/bin/xl", ARGS("xl\0list"), NULL);
	assert_int_equal(xlproc_find(root, &list, &err), 0);
	assert_int_equal(list.count, 2);
	for (size_t i = 0; i < list.count; i++) {
		if (list.item[i].phase == XLPROC_WATCHING) {
			assert_int_equal(list.item[i].pid, 101);
			assert_int_equal(list.item[i].domid, 5);
			watching++;
		}
		silent += list.item[i].phase == XLPROC_SILENT && list.item[i].pid == 102;
	}
	assert_int_equal(watching, 1);
	assert_int_equal(silent, 1);
	xlproc_list_dispose(&list);
	xlproc_list_dispose(&list);
	assert_int_equal(xlproc_find("/nowhere/at/all", &list, &err), -1);
	assert_string_equal(err.text, "cannot read /nowhere/at/all: No such file or directory");
	remove_tree(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_tell_who_stays),
		cmocka_unit_test(log_tells_the_phase),
		cmocka_unit_test(claims_follow_the_phase),
		cmocka_unit_test(processes_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
