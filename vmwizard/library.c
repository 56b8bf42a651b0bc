/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CD images into the library: by URL, from a file, from a CD in a drive. */
#define _GNU_SOURCE
#include "vmwizard/library.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "vmwizard/image.h"

#define CHUNK NUM_MIB
/* ECMA-119 8.4: the primary volume descriptor, in it the volume's blocks and their size */
#define PVD_AT 32768
#define PVD_BLOCKS 80
#define PVD_BLOCK_BYTES 128

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+";

static bool is_url(const char *source)
{
	return strncmp(source, "http://", 7) == 0 || strncmp(source, "https://", 8) == 0;
}

static bool is_name(const char *name)
{
	return name[0] && name[0] != '.' && name[0] != '-' && strlen(name) < 200 &&
	       name[strspn(name, plain)] == '\0';
}

static char *last_part(const char *source)
{
	const char *slash = strrchr(source, '/');
	const char *name = slash ? slash + 1 : "";
	return xstrndup(name, is_url(source) ? strcspn(name, "?#") : strlen(name));
}

/* --- a copy */

struct source {
	int fd;
	uint64_t bytes;
	char *name;
};

/* How long the CD is: a drive's size may be larger, and what lies behind cannot be read. */
static uint64_t cd_bytes(int fd)
{
	unsigned char pvd[PVD_BLOCK_BYTES + 2];
	if (pread(fd, pvd, sizeof(pvd), PVD_AT) != (ssize_t)sizeof(pvd))
		return 0;
	return num_little_endian(pvd + PVD_BLOCKS, 4) * num_little_endian(pvd + PVD_BLOCK_BYTES, 2);
}

static char *name_of_cd(const char *label)
{
	char *name = xasprintf("%s.iso", label[0] ? label : "cd");
	for (char *p = name; *p; p++)
		if (!strchr(plain, *p))
			*p = '_';
	return name;
}

static int open_source(const char *path, struct source *ret_source, struct err *err)
{
	enum image_kind kind;
	char label[40];
	struct stat st;
	uint64_t bytes;
	if (image_look("/", path, &kind, &bytes, label, err) < 0)
		return -1;
	if (kind != IMAGE_ISO)
		return err_set(err, ERR_INVALID, 0, _("%s is no CD image (%s)"), path,
			image_kind_word(kind));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		(void)err_set(err, ERR_IO, errno, "%s", path);
		file_close(&fd);
		return -1;
	}
	bool is_device = S_ISBLK(st.st_mode);
	uint64_t cd = cd_bytes(fd);
	*ret_source = (struct source){.fd = fd,
		.bytes = is_device && cd > 0 && cd < bytes ? cd : bytes,
		.name = is_device ? name_of_cd(label) : last_part(path)};
	return 0;
}

static int copy(const struct library_job *job, const struct source *from, int to, uint64_t done,
	struct err *err)
{
	char *buf = xmalloc(CHUNK);
	int rc = 0;
	while (rc == 0 && done < from->bytes) {
		uint64_t left = from->bytes - done;
		ssize_t n = pread(from->fd, buf, left < CHUNK ? left : CHUNK, (off_t)done);
		if (n <= 0)
			rc = err_set(err, ERR_IO, n < 0 ? errno : 0,
				_("%s cannot be read further than MiB %llu of %llu"), job->source,
				(unsigned long long)(done / NUM_MIB),
				(unsigned long long)(from->bytes / NUM_MIB));
		else if (file_write_all(to, buf, (size_t)n) < 0)
			rc = err_set(err, ERR_IO, errno, _("cannot write into the library"));
		else
			done += (uint64_t)n;
		if (rc == 0 && job->amount && !job->amount(job->context, done, from->bytes))
			rc = err_set(err, ERR_INVALID, 0, _("cancelled"));
	}
	free(buf);
	return rc;
}

/* done: so much of it is on the file system already. */
static int check_room(const struct library_job *job, uint64_t bytes, uint64_t done, struct err *err)
{
	uint64_t need = bytes > done ? bytes - done : 0;
	if (need <= job->place->free_bytes)
		return 0;
	return err_set(err, ERR_RANGE, 0,
		_("%s needs %llu MiB, the pool %s has %llu: name another (--pool), or remove images "
		  "(domus-vm library)"),
		job->source, (unsigned long long)((need + NUM_MIB - 1) / NUM_MIB), job->place->pool,
		(unsigned long long)(job->place->free_bytes / NUM_MIB));
}

static int check_sum(const struct library_job *job, const char *part, struct err *err)
{
	char hex[FETCH_SHA256_TEXT];
	if (!job->sha256)
		return 0;
	if (fetch_sha256(job->root, part, hex, err) < 0)
		return -1;
	if (fetch_compare(hex, job->sha256, job->source, err) == 0)
		return 0;
	(void)file_remove(job->root, part, NULL);
	return -1;
}

static uint64_t part_bytes(const char *root, const char *path)
{
	CLEANUP(mem_free_string) char *full = xasprintf("%s%s.part", root[1] ? root : "", path);
	struct stat st;
	return stat(full, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static int copy_to(
	const struct library_job *job, const struct source *from, const char *path, struct err *err)
{
	const char *root = job->root[1] ? job->root : "";
	CLEANUP(mem_free_string) char *part = xasprintf("%s.part", path);
	CLEANUP(mem_free_string) char *full_part = xasprintf("%s%s", root, part);
	if (check_room(job, from->bytes, part_bytes(job->root, path), err) < 0)
		return -1;
	CLEANUP(file_close)
	int to = open(full_part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	off_t done = to < 0 ? -1 : lseek(to, 0, SEEK_END);
	/* A part that is too long is not of this CD. */
	if (done >= 0 && (uint64_t)done > from->bytes)
		done = ftruncate(to, 0) < 0 ? -1 : lseek(to, 0, SEEK_SET);
	if (done < 0)
		return err_set(err, ERR_IO, errno, _("cannot make %s"), path);
	if (copy(job, from, to, (uint64_t)done, err) < 0 || check_sum(job, part, err) < 0)
		return -1;
	if (fsync(to) < 0)
		return err_set(err, ERR_IO, errno, _("cannot write %s"), path);
	return file_rename(job->root, part, path, err);
}

/* --- both */

static int place(const struct library_job *job, const char *name, char **ret_path, struct err *err)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s/%s", job->place->dir, name);
	if (!is_name(name))
		return err_set(err, ERR_INVALID, 0,
			_("%s does not end in a file's name of letters, digits and -_.+"),
			job->source);
	if (file_exists(job->root, path))
		return err_set(err, ERR_INVALID, 0, _("%s is in the library already"), path);
	if (file_make_dirs(job->root, job->place->dir, 0755, err) < 0)
		return -1;
	*ret_path = xstrdup(path);
	return 0;
}

/* A download, whose size is known only when it has begun. */
struct download {
	const struct library_job *job;
	uint64_t begun; /* bytes of an earlier try */
	struct err full;
};

static bool download_amount(void *context, uint64_t done, uint64_t total)
{
	struct download *d = context;
	if (check_room(d->job, total, d->begun, &d->full) < 0)
		return false;
	return !d->job->amount || d->job->amount(d->job->context, done, total);
}

/* What was refused leaves nothing; an earlier try may go on when there is room. */
static void drop_empty_part(const char *root, const char *path, uint64_t begun)
{
	CLEANUP(mem_free_string) char *part = xasprintf("%s.part", path);
	if (begun == 0)
		(void)file_remove(root, part, NULL);
}

static int add_url(const struct library_job *job, char **ret_path, struct err *err)
{
	CLEANUP(mem_free_string) char *name = last_part(job->source);
	char *path = NULL;
	if (place(job, name, &path, err) < 0)
		return -1;
	struct download download = {
		.job = job, .begun = part_bytes(job->root, path), .full = ERR_INIT};
	const struct fetch_spec spec = {.root = job->root,
		.url = job->source,
		.path = path,
		.sha256 = job->sha256,
		.keeps_part = true,
		.amount = download_amount,
		.context = &download};
	if (fetch_file(&spec, err) < 0) {
		if (download.full.code) {
			*err = download.full;
			drop_empty_part(job->root, path, download.begun);
		}
		free(path);
		return -1;
	}
	*ret_path = path;
	return 0;
}

int library_add(const struct library_job *job, char **ret_path, struct err *err)
{
	struct source from;
	char *path = NULL;
	if (is_url(job->source))
		return add_url(job, ret_path, err);
	if (job->source[0] != '/')
		return err_set(err, ERR_INVALID, 0,
			_("%s is neither a URL (http, https) nor the path of a file or drive"),
			job->source);
	if (open_source(job->source, &from, err) < 0)
		return -1;
	int rc = place(job, from.name, &path, err);
	if (rc == 0)
		rc = copy_to(job, &from, path, err);
	if (rc == 0)
		*ret_path = path;
	else
		free(path);
	free(from.name);
	file_close(&from.fd);
	return rc;
}
