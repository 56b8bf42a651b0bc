/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one way to read and write files, under a root directory. */
#define _GNU_SOURCE
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lang.h"
#include "mem.h"

/* linux/openat2.h, which musl-gcc does not find; see openat2(2). */
struct open_how_v0 {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};
#define RESOLVE_IN_ROOT_V0 0x10u

#define LINE_FILE_MAX 65536
#define LOCK_TICK_MS 100

static bool is_real_root(const char *root)
{
	return strspn(root, "/") == strlen(root);
}

/* root and path as one, for messages and for kernels without openat2(). The caller frees. */
static char *join(const char *root, const char *path)
{
	if (is_real_root(root))
		return xasprintf("%s%s", path[0] == '/' ? "" : "/", path);
	size_t len = strlen(root);
	while (len > 1 && root[len - 1] == '/')
		len--;
	return xasprintf("%.*s%s%s", (int)len, root, path[0] == '/' ? "" : "/", path);
}

/* open(root/path), with links resolved as if root were "/". Descriptor or -1 with errno. */
static int open_under(const char *root, const char *path, int flags)
{
	flags |= O_CLOEXEC;
	if (is_real_root(root)) {
		CLEANUP(mem_free_string) char *full = join(root, path);
		return open(full, flags);
	}
	CLEANUP(file_close) int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return -1;
	struct open_how_v0 how = {.flags = (uint64_t)flags, .resolve = RESOLVE_IN_ROOT_V0};
	long fd = -1;
	/* EAGAIN: something was renamed meanwhile. */
	for (int tries = 0; tries < 8 && fd < 0 && (tries == 0 || errno == EAGAIN); tries++)
		fd = syscall(SYS_openat2, root_fd, path[0] ? path : ".", &how, sizeof(how));
	/* Older kernels and some sandboxes do not know the call. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
		CLEANUP(mem_free_string) char *full = join(root, path);
		return open(full, flags);
	}
	return (int)fd;
}

static enum err_code code_of(int sys)
{
	return sys == ENOENT || sys == ENOTDIR ? ERR_MISSING : ERR_IO;
}

static int fail(struct err *err, int sys, const char *what, const char *root, const char *path)
{
	CLEANUP(mem_free_string) char *full = join(root, path);
	return err_set(err, code_of(sys), sys, "%s %s", what, full);
}

int file_rename(const char *root, const char *from, const char *to, struct err *err)
{
	CLEANUP(mem_free_string) char *full_from = join(root, from);
	CLEANUP(mem_free_string) char *full_to = join(root, to);
	CLEANUP(mem_free_string) char *dir = xstrndup(to, (size_t)(strrchr(to, '/') - to));
	CLEANUP(file_close) int fd = -1;
	if (rename(full_from, full_to) < 0)
		return err_set(err, ERR_IO, errno, _("cannot rename %s to %s"), from, to);
	if (file_open_dir(root, dir[0] ? dir : "/", &fd, err) < 0)
		return -1;
	if (fsync(fd) < 0 && errno != EINVAL)
		return err_set(err, ERR_IO, errno, _("cannot write %s"), dir);
	return 0;
}

int file_lock(const char *root, const char *path, unsigned wait_ms, int *ret_fd, struct err *err)
{
	CLEANUP(mem_free_string) char *full = join(root, path);
	CLEANUP(file_close) int fd = open(full, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, ERR_IO, errno, _("cannot open %s"), path);
	for (unsigned waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += LOCK_TICK_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_set(err, ERR_IO, errno, _("cannot lock %s"), path);
		if (waited >= wait_ms)
			return 1;
		(void)poll(NULL, 0, LOCK_TICK_MS);
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}

void file_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

int file_read(
	const char *root, const char *path, size_t max_bytes, struct str *ret_text, struct err *err)
{
	/* O_NONBLOCK: a FIFO in a file's place must not hang the boot. */
	CLEANUP(file_close) int fd = open_under(root, path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return fail(err, errno, _("cannot read"), root, path);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	char buf[16384];
	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, errno, _("cannot read"), root, path);
		if (n == 0)
			break;
		if ((size_t)n > max_bytes - text.len) {
			explicit_bzero(buf, sizeof(buf));
			return err_set(err, ERR_RANGE, 0, _("%s is larger than %zu bytes"), path,
				max_bytes);
		}
		str_add_bytes(&text, buf, (size_t)n);
	}
	explicit_bzero(buf, sizeof(buf));
	str_add_bytes(ret_text, text.data, text.len);
	return 0;
}

int file_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Fills the new file; 0 or -1 with errno. */
static int fill_file(int fd, const void *data, size_t len, const struct file_attr *attr)
{
	if (attr->has_owner && fchown(fd, attr->uid, attr->gid) < 0)
		return -1;
	if (fchmod(fd, attr->mode) < 0 || file_write_all(fd, data, len) < 0)
		return -1;
	return fsync(fd);
}

int file_write_at(int dir_fd, const char *name, const void *data, size_t len,
	const struct file_attr *attr, struct err *err)
{
	CLEANUP(mem_free_string) char *aside = xasprintf(".%s.domus-new", name);
	(void)unlinkat(dir_fd, aside, 0);
	CLEANUP(file_close)
	int fd = openat(dir_fd, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, ERR_IO, errno, _("cannot create %s"), name);
	if (fill_file(fd, data, len, attr) < 0 || renameat(dir_fd, aside, dir_fd, name) < 0) {
		int sys = errno;
		(void)unlinkat(dir_fd, aside, 0);
		return err_set(err, ERR_IO, sys, _("cannot write %s"), name);
	}
	/* The name must survive a power cut too; file systems that cannot do it say EINVAL. */
	if (fsync(dir_fd) < 0 && errno != EINVAL)
		return err_set(err, ERR_IO, errno, _("cannot write %s"), name);
	return 0;
}

/* Opens the directory of path and sets *ret_name to the last part inside path. */
static int open_parent(
	const char *root, const char *path, int *ret_fd, const char **ret_name, struct err *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	CLEANUP(mem_free_string)
	char *dir = slash && slash > path ? xstrndup(path, (size_t)(slash - path)) : xstrdup("/");
	if (name[0] == '\0')
		return err_set(err, ERR_INVALID, 0, _("%s is not a file name"), path);
	int fd = open_under(root, dir, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fail(err, errno, _("cannot open"), root, dir);
	*ret_fd = fd;
	*ret_name = name;
	return 0;
}

int file_write(const char *root, const char *path, const void *data, size_t len, mode_t mode,
	struct err *err)
{
	CLEANUP(file_close) int dir_fd = -1;
	const char *name = "";
	if (open_parent(root, path, &dir_fd, &name, err) < 0)
		return -1;
	const struct file_attr attr = {.mode = mode};
	if (file_write_at(dir_fd, name, data, len, &attr, err) < 0)
		return err_prefix(err, "%s: ", path);
	return 0;
}

static bool is_as_wanted(
	const char *root, const char *path, const void *data, size_t len, mode_t mode)
{
	struct stat st;
	CLEANUP(str_dispose) struct str old = STR_INIT;
	CLEANUP(file_close) int fd = open_under(root, path, O_PATH | O_NOFOLLOW);
	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_mode & 07777) == mode && st.st_uid == geteuid() &&
	       file_read(root, path, len, &old, NULL) == 0 && old.len == len &&
	       memcmp(str_text(&old), data, len) == 0;
}

int file_update(const char *root, const char *path, const void *data, size_t len, mode_t mode,
	struct err *err)
{
	if (is_as_wanted(root, path, data, len, mode))
		return 0;
	return file_write(root, path, data, len, mode, err);
}

int file_make_dirs(const char *root, const char *path, mode_t mode, struct err *err)
{
	CLEANUP(file_close) int fd = open_under(root, "/", O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fail(err, errno, _("cannot open"), root, "");
	CLEANUP(strlist_dispose) struct strlist parts = STRLIST_INIT;
	for (const char *p = path + strspn(path, "/"); *p; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");
		strlist_addf(&parts, "%.*s", (int)n, p);
		p += n;
	}
	CLEANUP(str_dispose) struct str so_far = STR_INIT;
	for (size_t i = 0; i < parts.count; i++) {
		bool is_last = i + 1 == parts.count;
		mode_t part_mode = is_last ? mode : 0755;
		bool is_new = mkdirat(fd, parts.items[i], part_mode) == 0;
		if (!is_new && errno != EEXIST)
			return fail(err, errno, _("cannot make directory"), root, path);
		/* From the root again: a part may be a link, which openat() would follow out. */
		str_add(&so_far, "/%s", parts.items[i]);
		file_close(&fd);
		fd = open_under(root, str_text(&so_far), O_RDONLY | O_DIRECTORY);
		if (fd < 0)
			return fail(err, errno, _("cannot open"), root, str_text(&so_far));
		if (is_new && fchmod(fd, part_mode) < 0)
			return fail(err, errno, _("cannot make directory"), root, path);
	}
	return 0;
}

int file_symlink(const char *root, const char *path, const char *target, struct err *err)
{
	CLEANUP(file_close) int dir_fd = -1;
	const char *name = "";
	if (open_parent(root, path, &dir_fd, &name, err) < 0)
		return -1;
	CLEANUP(mem_free_string) char *aside = xasprintf(".%s.domus-new", name);
	(void)unlinkat(dir_fd, aside, 0);
	if (symlinkat(target, dir_fd, aside) < 0)
		return fail(err, errno, _("cannot make link"), root, path);
	if (renameat(dir_fd, aside, dir_fd, name) < 0) {
		int sys = errno;
		(void)unlinkat(dir_fd, aside, 0);
		return fail(err, sys, _("cannot make link"), root, path);
	}
	return 0;
}

int file_readlink(const char *root, const char *path, char **ret_target, struct err *err)
{
	CLEANUP(file_close) int dir_fd = -1;
	const char *name = "";
	char buf[PATH_MAX];
	if (open_parent(root, path, &dir_fd, &name, err) < 0)
		return -1;
	ssize_t n = readlinkat(dir_fd, name, buf, sizeof(buf) - 1);
	if (n < 0)
		return fail(err, errno, _("cannot read link"), root, path);
	*ret_target = xstrndup(buf, (size_t)n);
	return 0;
}

int file_remove(const char *root, const char *path, struct err *err)
{
	CLEANUP(file_close) int dir_fd = -1;
	const char *name = "";
	struct err ignored = ERR_INIT;
	if (open_parent(root, path, &dir_fd, &name, &ignored) < 0) {
		if (ignored.code == ERR_MISSING)
			return 0;
		if (err)
			*err = ignored;
		return -1;
	}
	if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
		return fail(err, errno, _("cannot remove"), root, path);
	return 0;
}

bool file_exists(const char *root, const char *path)
{
	CLEANUP(file_close) int fd = open_under(root, path, O_PATH);
	return fd >= 0;
}

bool file_is_regular(const char *root, const char *path)
{
	struct stat st;
	CLEANUP(file_close) int fd = open_under(root, path, O_PATH);
	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int file_list_dir(const char *root, const char *path, struct strlist *ret_names, struct err *err)
{
	int fd = open_under(root, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fail(err, errno, _("cannot list"), root, path);
	DIR *dir = fdopendir(fd);
	if (!dir) {
		int sys = errno;
		(void)close(fd);
		return fail(err, sys, _("cannot list"), root, path);
	}
	size_t first = ret_names->count;
	const struct dirent *entry;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			strlist_add(ret_names, entry->d_name);
	(void)closedir(dir);
	if (ret_names->count > first)
		qsort(ret_names->items + first, ret_names->count - first, sizeof(char *),
			compare_names);
	return 0;
}

char *file_first_line(const char *root, const char *path)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read(root, path, LINE_FILE_MAX, &text, NULL) < 0)
		return NULL;
	return xstrndup(str_text(&text), strcspn(str_text(&text), "\n"));
}

int file_list_suffix(const char *root, const char *path, const char *suffix,
	struct strlist *ret_names, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist all = STRLIST_INIT;
	if (file_list_dir(root, path, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		size_t len = strlen(all.items[i]), end = strlen(suffix);
		if (len > end && strcmp(all.items[i] + len - end, suffix) == 0)
			strlist_addf(ret_names, "%.*s", (int)(len - end), all.items[i]);
	}
	return 0;
}

int file_open_dir(const char *root, const char *path, int *ret_fd, struct err *err)
{
	int fd = open_under(root, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fail(err, errno, _("cannot open"), root, path);
	*ret_fd = fd;
	return 0;
}

char *file_absolute(const char *path)
{
	if (path[0] == '/')
		return xstrdup(path);
	char *dir = realpath(".", NULL);
	char *full = dir ? xasprintf("%s/%s", dir, path) : xstrdup(path);
	free(dir);
	return full;
}
