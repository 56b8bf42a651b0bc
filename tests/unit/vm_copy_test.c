/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources: vmwizard/migrate/copy.c */
/* libs: -lnettle */
/* A disk's contents through a connection. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "mem.h"
#include "tests/unit/scratch.h"
#include "vmwizard/migrate/copy.h"

enum { MIB = 1 << 20, SIZE = 5 * MIB + 77 };

static int open_disk(const char *dir, const char *name)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	return fd;
}

/* The sum that the source says; the other end of a pipe is written to ret_disk, on a disk with old contents or none. */
static void through(int from, int to, bool has_old, char sum[COPY_SUM_TEXT])
{
	int ends[2], status;
	struct err err = ERR_INIT;
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		(void)close(ends[1]);
		_exit(copy_receive(ends[0], to, SIZE, has_old, NULL) < 0);
	}
	(void)close(ends[0]);
	assert_int_equal(copy_send(from, SIZE, ends[1], NULL, NULL, sum, &err), 0);
	(void)close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void every_byte_and_every_hole(void **state)
{
	CLEANUP(file_close) int from = open_disk(*state, "from");
	CLEANUP(file_close) int to = open_disk(*state, "to");
	CLEANUP(file_close) int old = open_disk(*state, "old");
	char sent[COPY_SUM_TEXT], got[COPY_SUM_TEXT];
	char junk[3 * MIB];
	struct stat st;
	struct err err = ERR_INIT;
	memset(junk, 'x', sizeof(junk));
	assert_int_equal(pwrite(from, "begin", 5, 0), 5);
	assert_int_equal(pwrite(from, "middle", 6, 2 * MIB - 3), 6);
	assert_int_equal(pwrite(from, "end", 3, SIZE - 3), 3);
	through(from, to, false, sent);
	assert_int_equal(copy_sum(to, SIZE, got, &err), 0);
	assert_string_equal(sent, got);
	assert_int_equal(fstat(to, &st), 0);
	assert_true(st.st_blocks * 512 <= 4 * MIB + 4096);
	/* A volume that had something else before. */
	assert_int_equal(pwrite(old, junk, sizeof(junk), MIB), sizeof(junk));
	assert_int_equal(pwrite(old, "junk", 4, SIZE - 9), 4);
	through(from, old, true, sent);
	assert_int_equal(copy_sum(old, SIZE, got, &err), 0);
	assert_string_equal(sent, got);
	/* One bit. */
	assert_int_equal(pwrite(to, "B", 1, 0), 1);
	assert_int_equal(copy_sum(to, SIZE, got, &err), 0);
	assert_string_not_equal(sent, got);
}

static void what_comes_in_disorder(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{"\0\0\0\0\0\0\0\0\xff\xff\xff\xff", 12}, /* too long a frame */
		{"\0\0\0\0\0\x50\0\0\0\0\0\xff", 12},     /* beyond the end */
		{"\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\1", 12},
		{"\0\0\0\0\0\0\0\5\0\0\0\1x\0\0\0\0\0\0\0\5\0\0\0\1x", 26}, /* twice */
		{"\0\0\0\0\0\0\0\5\0\0\0\7x", 13},                          /* cut short */
		{"", 0},
	};
	CLEANUP(file_close) int to = open_disk(*state, "to");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int ends[2];
		assert_int_equal(pipe(ends), 0);
		assert_int_equal(write(ends[1], cases[i].bytes, cases[i].len), cases[i].len);
		(void)close(ends[1]);
		assert_int_equal(copy_receive(ends[0], to, SIZE, false, NULL), -1);
		(void)close(ends[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(every_byte_and_every_hole),
		SCRATCH_TEST(what_comes_in_disorder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
