/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leaving the initramfs for the real root. */
#include "root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

struct basic {
	const char *type;
	const char *dir;
	unsigned long flags;
	const char *options;
};

static const struct basic basics[] = {
	{"proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
	{"sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
	{"devtmpfs", "/dev", MS_NOSUID, "mode=0755"},
	{"tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755"},
};

#define BASIC_COUNT (sizeof(basics) / sizeof(basics[0]))

int root_mount_basics(struct why *why)
{
	for (size_t i = 0; i < BASIC_COUNT; i++) {
		mkdir(basics[i].dir, 0755);
		/* devtmpfs may be there already (CONFIG_DEVTMPFS_MOUNT) */
		if (mount(basics[i].type, basics[i].dir, basics[i].type, basics[i].flags,
			    basics[i].options) < 0 &&
			errno != EBUSY)
			return why_set(why, errno, "cannot mount %s", basics[i].dir);
	}
	return 0;
}

static bool is_memory(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (fs.f_type == RAMFS_MAGIC || fs.f_type == TMPFS_MAGIC);
}

/* Delete what is below fd on the same file system; takes the descriptor. */
static void delete_below(int fd, dev_t device, const char *keep)
{
	struct dirent *e;
	struct stat st;
	DIR *d = fdopendir(fd);

	if (d == NULL) {
		close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		bool is_dir;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
			(keep != NULL && strcmp(e->d_name, keep) == 0) ||
			fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			st.st_dev != device)
			continue;
		is_dir = S_ISDIR(st.st_mode);
		if (is_dir) {
			int sub = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			if (sub >= 0)
				delete_below(sub, device, NULL);
		}
		unlinkat(dirfd(d), e->d_name, is_dir ? AT_REMOVEDIR : 0);
	}
	closedir(d);
}

int root_switch(const char *new_root, const char *keep, const char *init, struct why *why)
{
	char *const argv[] = {(char *)(size_t)init, NULL};
	char path[256];
	struct stat st;
	int old;

	text_format(path, sizeof(path), "%s%s", new_root, init);
	if (lstat(path, &st) < 0)
		return why_set(why, errno, "the layers hold no %s", init);
	for (size_t i = 0; i < BASIC_COUNT; i++) {
		text_format(path, sizeof(path), "%s%s", new_root, basics[i].dir);
		mkdir(path, 0755);
		if (mount(basics[i].dir, path, NULL, MS_MOVE, NULL) < 0)
			return why_set(why, errno, "cannot move %s", basics[i].dir);
	}
	old = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (chdir(new_root) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
		chdir("/") < 0)
		return why_set(why, errno, "cannot switch to the new root");
	if (old >= 0 && is_memory(old) && fstat(old, &st) == 0)
		delete_below(old, st.st_dev, keep);
	execv(init, argv);
	return why_set(why, errno, "cannot run %s", init);
}
