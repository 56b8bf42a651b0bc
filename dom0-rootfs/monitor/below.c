/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's disk lies on: /sys/block/DEVICE/slaves, down to the bottom. */
#define _GNU_SOURCE
#include "below.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "file.h"
#include "mem.h"

/* Guest's file, loop, volume, pool, its data, md, disk: more are no stack but a circle. */
#define DEPTH_MAX 12
#define NAME_MAX_BYTES 256

/* dir: of a block device in /sys. */
static void list_dir(const char *root, const char *dir, int depth, struct strlist *names)
{
	CLEANUP(mem_free_string) char *slaves = xasprintf("%s/slaves", dir);
	CLEANUP(mem_free_string) char *name_path = xasprintf("%s/dm/name", dir);
	CLEANUP(strlist_dispose) struct strlist below = STRLIST_INIT;
	CLEANUP(str_dispose) struct str name = STR_INIT;

	if (file_read(root, name_path, NAME_MAX_BYTES, &name, NULL) == 0)
		strlist_addf(names, "%.*s", (int)strcspn(str_text(&name), "\n"), str_text(&name));
	if (depth == 0 || file_list_dir(root, slaves, &below, NULL) != 0)
		return;
	for (size_t i = 0; i < below.count; i++) {
		CLEANUP(mem_free_string) char *next = xasprintf("/sys/block/%s", below.items[i]);

		list_dir(root, next, depth - 1, names);
	}
}

void below_list_device(const char *root, unsigned major, unsigned minor, struct strlist *ret_names)
{
	CLEANUP(mem_free_string) char *dir = xasprintf("/sys/dev/block/%u:%u", major, minor);

	list_dir(root, dir, DEPTH_MAX, ret_names);
}

void below_list(const char *root, const char *path, struct strlist *ret_names)
{
	CLEANUP(mem_free_string)
	char *full = path[0] == '/' ? xstrdup(path) : xasprintf("/dev/%s", path);
	struct stat st;

	if (path[0] == '\0' || stat(full, &st) != 0)
		return;
	dev_t device = S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev;
	below_list_device(root, major(device), minor(device), ret_names);
}
