/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files under a root: bounds, modes, links that point out, whole or not at all. */
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
#include <unistd.h>

#include "lib/file.h"
#include "lib/mem.h"
#include "tests/unit/scratch.h"

static void write_then_read(void **state)
{
	const char *root = *state;
	struct err err = ERR_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	assert_int_equal(file_make_dirs(root, "/etc/domus", 0700, &err), 0);
	assert_int_equal(file_make_dirs(root, "etc/domus", 0700, &err), 0);
	assert_int_equal(file_write(root, "/etc/domus/a", "12345", 5, 0640, &err), 0);
	assert_int_equal(file_read(root, "/etc/domus/a", 5, &text, &err), 0);
	assert_string_equal(str_text(&text), "12345");
	CLEANUP(mem_free_string) char *path = xasprintf("%s/etc/domus/a", root);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	CLEANUP(mem_free_string) char *dir = xasprintf("%s/etc/domus", root);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void too_large(void **state)
{
	struct err err = ERR_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	assert_int_equal(file_write(*state, "/big", "123456", 6, 0600, &err), 0);
	assert_int_equal(file_read(*state, "/big", 5, &text, &err), -1);
	assert_int_equal(err.code, ERR_RANGE);
	assert_string_equal(err.text, "/big is larger than 5 bytes");
	assert_int_equal(text.len, 0);
}

static void missing(void **state)
{
	struct err err = ERR_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	assert_int_equal(file_read(*state, "/nowhere/x", 5, &text, &err), -1);
	assert_int_equal(err.code, ERR_MISSING);
	assert_int_equal(file_write(*state, "/nowhere/x", "", 0, 0600, &err), -1);
	assert_int_equal(err.code, ERR_MISSING);
	assert_int_equal(file_write(*state, "/", "", 0, 0600, &err), -1);
	assert_int_equal(file_remove(*state, "/nowhere/x", &err), 0);
	assert_int_equal(file_remove(*state, "/x", &err), 0);
	assert_false(file_exists(*state, "/nowhere"));
}

/* The root stands for "/": an absolute link inside it must not reach the machine's own files. */
static void links_stay_inside(void **state)
{
	const char *root = *state;
	struct err err = ERR_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	assert_int_equal(file_make_dirs(root, "/run", 0755, &err), 0);
	assert_int_equal(file_make_dirs(root, "/var", 0755, &err), 0);
	assert_int_equal(file_symlink(root, "/var/run", "/run", &err), 0);
	assert_int_equal(file_symlink(root, "/var/up", "../../../../../../run", &err), 0);
	assert_int_equal(file_write(root, "/var/run/a", "in", 2, 0644, &err), 0);
	assert_int_equal(file_read(root, "/run/a", 10, &text, &err), 0);
	assert_int_equal(file_read(root, "/var/up/a", 10, &text, &err), 0);
	assert_string_equal(str_text(&text), "inin");
	assert_int_equal(file_symlink(root, "/passwd", "/etc/passwd", &err), 0);
	assert_int_equal(file_read(root, "/passwd", 1000000, &text, &err), -1);
	CLEANUP(mem_free_string) char *target = NULL;
	assert_int_equal(file_readlink(root, "/passwd", &target, &err), 0);
	assert_string_equal(target, "/etc/passwd");
	/* Writing replaces the link, it does not follow it. */
	assert_int_equal(file_write(root, "/passwd", "x", 1, 0644, &err), 0);
	assert_true(file_is_regular(root, "/passwd"));
	assert_false(file_is_regular(root, "/run"));
}

static void a_fifo_does_not_hang(void **state)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s/fifo", (const char *)*state);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(file_read(*state, "/fifo", 10, &text, NULL), 0);
	assert_int_equal(text.len, 0);
}

static ino_t inode_of(const char *root, const char *name)
{
	struct stat st;
	CLEANUP(mem_free_string) char *path = xasprintf("%s%s", root, name);
	assert_int_equal(lstat(path, &st), 0);
	return st.st_ino;
}

static void updates_leave_alone_what_is_right(void **state)
{
	const char *root = *state;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	assert_int_equal(file_update(root, "/a", "one", 3, 0600, NULL), 0);
	assert_int_equal(file_symlink(root, "/held", "a", NULL), 0);
	ino_t first = inode_of(root, "/a");
	assert_int_equal(file_update(root, "/a", "one", 3, 0600, NULL), 0);
	assert_true(inode_of(root, "/a") == first);
	/* Another mode, another content, a link in its place: each is put right. */
	CLEANUP(mem_free_string) char *path = xasprintf("%s/a", root);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(file_update(root, "/a", "one", 3, 0600, NULL), 0);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(file_update(root, "/a", "on", 2, 0600, NULL), 0);
	assert_int_equal(file_read(root, "/a", 10, &text, NULL), 0);
	assert_string_equal(str_text(&text), "on");
	assert_int_equal(file_update(root, "/held", "on", 2, 0600, NULL), 0);
	assert_true(inode_of(root, "/held") != inode_of(root, "/a"));
	assert_int_equal(file_update(root, "/empty", "", 0, 0600, NULL), 0);
	assert_int_equal(file_update(root, "/empty", "", 0, 0600, NULL), 0);
}

static void nothing_is_left_aside(void **state)
{
	struct err err = ERR_INIT;
	CLEANUP(mem_free_string) char *dir = xasprintf("%s/d", (const char *)*state);
	CLEANUP(mem_free_string) char *inner = xasprintf("%s/target", dir);
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(mkdir(inner, 0700), 0);
	/* A directory is in the way: the rename fails. */
	assert_int_equal(file_write(*state, "/d/target", "x", 1, 0600, &err), -1);
	assert_int_equal(rmdir(inner), 0);
	assert_int_equal(rmdir(dir), 0);
	(void)file_list_dir(*state, "/d", &names, NULL);
	assert_int_equal(names.count, 0);
}

static void lists_are_sorted(void **state)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	assert_int_equal(file_make_dirs(*state, "/l/b", 0755, NULL), 0);
	assert_int_equal(file_make_dirs(*state, "/l/a", 0755, NULL), 0);
	assert_int_equal(file_make_dirs(*state, "/l/.hidden", 0755, NULL), 0);
	assert_int_equal(file_list_dir(*state, "/l", &names, NULL), 0);
	CLEANUP(mem_free_string) char *all = strlist_join(&names);
	assert_string_equal(all, "a b");
}

static void lists_by_suffix(void **state)
{
	static const char *const names[] = {
		"/s/b.cfg", "/s/a.cfg", "/s/a.cfg~", "/s/cfg", "/s/.cfg"};
	CLEANUP(strlist_dispose) struct strlist found = STRLIST_INIT;
	assert_int_equal(file_make_dirs(*state, "/s", 0755, NULL), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(file_write(*state, names[i], "", 0, 0600, NULL), 0);
	assert_int_equal(file_list_suffix(*state, "/s", ".cfg", &found, NULL), 0);
	CLEANUP(mem_free_string) char *all = strlist_join(&found);
	assert_string_equal(all, "a b");
	assert_int_equal(file_list_suffix(*state, "/missing", ".cfg", &found, NULL), -1);
}

static void first_line(void **state)
{
	static const struct {
		const char *text, *line;
	} cases[] = {{"a b\nc\n", "a b"}, {"only", "only"}, {"", ""}, {"\nx", ""}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(file_write(*state, "/line", cases[i].text, strlen(cases[i].text),
					 0600, NULL),
			0);
		CLEANUP(mem_free_string) char *line = file_first_line(*state, "/line");
		assert_string_equal(line, cases[i].line);
	}
	assert_null(file_first_line(*state, "/missing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {SCRATCH_TEST(write_then_read), SCRATCH_TEST(too_large),
		SCRATCH_TEST(missing), SCRATCH_TEST(links_stay_inside),
		SCRATCH_TEST(a_fifo_does_not_hang), SCRATCH_TEST(nothing_is_left_aside),
		SCRATCH_TEST(updates_leave_alone_what_is_right), SCRATCH_TEST(lists_are_sorted),
		SCRATCH_TEST(lists_by_suffix), SCRATCH_TEST(first_line)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
