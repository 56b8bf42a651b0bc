/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies files, and a whole release, which is compared with its sums on the disk. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec_private.h"
#include "fetch.h"
#include "file.h"
#include "lang.h"
#include "machine.h"
#include "mem.h"

enum { BLOCK = 1 << 20, SUMS_MAX_BYTES = 1 << 20, HEX_LEN = 64 };

static int copy_blocks(int in, int out, const char *from, const char *to, struct err *err)
{
	char *block = xmalloc(BLOCK);
	ssize_t n;
	int rc = 0;
	while (rc == 0 && (n = read(in, block, BLOCK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = err_set(err, ERR_IO, errno, _("cannot read %s"), from);
		else if (file_write_all(out, block, (size_t)n) < 0)
			rc = err_set(err, ERR_IO, errno, _("cannot write %s"), to);
	}
	free(block);
	return rc;
}

int exec_copy_file(const char *from, const char *to, struct err *err)
{
	CLEANUP(file_close) int in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return err_set(err, ERR_IO, errno, _("cannot open %s"), from);
	CLEANUP(file_close) int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0)
		return err_set(err, ERR_IO, errno, _("cannot make %s"), to);
	if (copy_blocks(in, out, from, to, err) < 0)
		return -1;
	if (fsync(out) < 0)
		return err_set(err, ERR_IO, errno, _("cannot write %s"), to);
	/* The comparison is to read the disk, not the memory; and dom0's memory is small. */
	(void)posix_fadvise(out, 0, 0, POSIX_FADV_DONTNEED);
	(void)posix_fadvise(in, 0, 0, POSIX_FADV_DONTNEED);
	return 0;
}

int exec_copy_dir(const char *from, const char *to, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	if (file_list_dir("/", from, &names, err) < 0 || file_make_dirs("/", to, 0755, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_free_string) char *source = xasprintf("%s/%s", from, names.items[i]);
		CLEANUP(mem_free_string) char *target = xasprintf("%s/%s", to, names.items[i]);
		struct stat st;
		if (stat(source, &st) == 0 && S_ISREG(st.st_mode) &&
			exec_copy_file(source, target, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- a release ---- */

struct slot {
	const char *from;
	const char *to;
	const struct strlist *argv; /* components from the third word on */
	struct strlist sums;        /* of the files that are wanted */
	struct strlist files;
	uint64_t total_bytes; /* copied once and read once */
	uint64_t done_bytes;
};

static bool is_wanted(const struct slot *s, const char *file)
{
	const char *component = machine_component_of(file);
	for (size_t i = 2; component && i < s->argv->count; i++)
		if (strcmp(s->argv->items[i], component) == 0)
			return true;
	return !component;
}

static uint64_t size_of(const char *dir, const char *file)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s/%s", dir, file);
	struct stat st;
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static int read_list(struct slot *s, struct err *err)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s/SHA256SUMS", s->from);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read("/", path, SUMS_MAX_BYTES, &text, err) < 0)
		return -1;
	for (const char *p = str_text(&text); *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t len = strcspn(p, "\n");
		if (len < HEX_LEN + 3 || strspn(p, "0123456789abcdef") != HEX_LEN)
			return err_set(err, ERR_INVALID, 0,
				_("%s is damaged; write the medium again"), path);
		CLEANUP(mem_free_string)
		char *file = xstrndup(p + HEX_LEN + 2, len - HEX_LEN - 2);
		CLEANUP(mem_free_string) char *sum = xstrndup(p, HEX_LEN);
		if (!is_wanted(s, file))
			continue;
		strlist_add(&s->files, file);
		strlist_add(&s->sums, sum);
		s->total_bytes += 2 * size_of(s->from, file);
	}
	return 0;
}

static void advance(struct slot *s, const char *file, const struct exec_progress *progress)
{
	s->done_bytes += size_of(s->from, file);
	progress->report(progress->context, s->done_bytes, s->total_bytes);
}

static int copy_one(const struct slot *s, const char *file, struct err *err)
{
	CLEANUP(mem_free_string) char *source = xasprintf("%s/%s", s->from, file);
	CLEANUP(mem_free_string) char *target = xasprintf("%s/%s", s->to, file);
	CLEANUP(mem_free_string)
	char *dir = xstrndup(target, (size_t)(strrchr(target, '/') - target));
	if (file_make_dirs("/", dir, 0755, err) < 0)
		return -1;
	return exec_copy_file(source, target, err);
}

static int compare_one(const struct slot *s, size_t i, struct err *err)
{
	CLEANUP(mem_free_string) char *target = xasprintf("%s/%s", s->to, s->files.items[i]);
	struct err reason = ERR_INIT;
	char hex[FETCH_SHA256_TEXT];
	/* What cannot be read back is as damaged as what differs; the log has the reason. */
	if (fetch_sha256("/", target, hex, &reason) < 0)
		exec_log("%s", reason.text);
	else if (strcmp(hex, s->sums.items[i]) == 0)
		return 0;
	return err_set(err, ERR_IO, 0,
		_("%s differs from the medium's sum after it was copied: the medium or the disk is "
		  "damaged (\"Check this medium\" in the boot menu tells which)"),
		target);
}

/* The slot's own list, and one for each file that GRUB compares. */
static int write_lists(const struct slot *s, struct err *err)
{
	CLEANUP(mem_free_string) char *list = xasprintf("%s/SHA256SUMS", s->to);
	CLEANUP(mem_free_string) char *sums_from = xasprintf("%s/sums", s->from);
	CLEANUP(mem_free_string) char *sums_to = xasprintf("%s/sums", s->to);
	CLEANUP(mem_free_string) char *whole = xasprintf("%s/whole", s->to);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	for (size_t i = 0; i < s->files.count; i++)
		str_add(&text, "%s  %s\n", s->sums.items[i], s->files.items[i]);
	if (file_write("/", list, str_text(&text), text.len, 0644, err) < 0 ||
		exec_copy_dir(sums_from, sums_to, err) < 0)
		return -1;
	/* Last: without it the boot loader has no entry for the slot. */
	return file_write("/", whole, "", 0, 0644, err);
}

static int copy_and_compare(struct slot *s, const struct exec_progress *progress, struct err *err)
{
	for (size_t i = 0; i < s->files.count; i++) {
		if (copy_one(s, s->files.items[i], err) < 0)
			return -1;
		advance(s, s->files.items[i], progress);
	}
	sync();
	for (size_t i = 0; i < s->files.count; i++) {
		if (compare_one(s, i, err) < 0)
			return -1;
		advance(s, s->files.items[i], progress);
	}
	return write_lists(s, err);
}

int exec_copy_slot(
	const struct strlist *argv, const struct exec_progress *progress, struct err *err)
{
	struct slot s = {.from = argv->items[0], .to = argv->items[1], .argv = argv};
	int rc = file_make_dirs("/", s.to, 0755, err);
	if (rc == 0)
		rc = read_list(&s, err);
	if (rc == 0)
		rc = copy_and_compare(&s, progress, err);
	strlist_dispose(&s.files);
	strlist_dispose(&s.sums);
	return rc;
}
