/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the memory of a saved guest lies, and whether there is room for more. */
#include "savedguest.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"

#define LIST_MAX (256u * 1024) /* bytes */
/* Of a file system, or of a pool: what stays free whatever is saved. */
#define MARGIN_PART 20
#define MARGIN_MIN (64 * NUM_MIB)
/* Numbers of pages, CPUs' and devices' state, QEMU's own. */
#define OVERHEAD_PART 64
#define OVERHEAD_MIN (16 * NUM_MIB)

const char *savedguest_dir(const char *root)
{
	return file_exists(root, "/srv/domus/lost+found") ? SAVEDGUEST_LIBRARY : SAVEDGUEST_STATE;
}

char *savedguest_path(const char *root, const char *name)
{
	static const char *const dirs[] = {SAVEDGUEST_LIBRARY, SAVEDGUEST_STATE};
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		char *path = xasprintf("%s/%s", dirs[i], name);
		if (file_is_regular(root, path))
			return path;
		free(path);
	}
	return NULL;
}

int savedguest_look(const char *root, struct savedguest_place *ret_place, struct err *err)
{
	const char *dir = savedguest_dir(root);
	CLEANUP(file_close) int fd = -1;
	struct statfs fs;
	if (file_make_dirs(root, dir, 0700, err) < 0 || file_open_dir(root, dir, &fd, err) < 0)
		return -1;
	if (fstatfs(fd, &fs) < 0)
		return err_set(err, ERR_IO, errno, _("cannot tell how full %s is"), dir);
	*ret_place = (struct savedguest_place){.size_bytes = fs.f_blocks * (uint64_t)fs.f_bsize,
		.free_bytes = fs.f_bavail * (uint64_t)fs.f_bsize,
		.is_in_memory = fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC ||
				fs.f_type == OVERLAYFS_SUPER_MAGIC};
	return 0;
}

static int want(const char *what, uint64_t free_bytes, uint64_t need_bytes, struct err *err)
{
	if (free_bytes >= need_bytes)
		return 0;
	return err_set(err, ERR_RANGE, 0,
		_("no room for its memory: %s has %" PRIu64 " MiB free, %" PRIu64
		  " MiB would be enough"),
		what, free_bytes / NUM_MIB, (need_bytes + NUM_MIB - 1) / NUM_MIB);
}

int savedguest_check_room(
	const struct savedguest_place *place, uint64_t memory_bytes, struct err *err)
{
	uint64_t margin = place->size_bytes / MARGIN_PART;
	uint64_t overhead = memory_bytes / OVERHEAD_PART;
	if (place->is_in_memory)
		return err_set(err, ERR_RANGE, 0,
			_("no place for its memory: what is saved on this system is gone with it"));
	if (margin < MARGIN_MIN)
		margin = MARGIN_MIN;
	if (overhead < OVERHEAD_MIN)
		overhead = OVERHEAD_MIN;
	uint64_t need = memory_bytes + overhead + margin;
	if (want(_("the file system of saved guests"), place->free_bytes, need, err) < 0)
		return -1;
	return place->has_pool ? want(_("its pool"), place->pool_free_bytes, need, err) : 0;
}

static void read_notes(const char *root, struct strlist *names)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read(root, SAVEDGUEST_LIST, LIST_MAX, &text, NULL) == 0)
		strlist_add_lines(names, str_text(&text));
}

int savedguest_note(const char *root, const char *name, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	read_notes(root, &names);
	if (strlist_has(&names, name))
		return 0;
	strlist_add(&names, name);
	CLEANUP(mem_free_string) char *lines = strlist_join_with(&names, "\n");
	CLEANUP(mem_free_string) char *text = xasprintf("%s\n", lines);
	if (file_make_dirs(root, "/var/lib/domus", 0755, err) < 0)
		return -1;
	return file_write(root, SAVEDGUEST_LIST, text, strlen(text), 0600, err);
}

void savedguest_noted(const char *root, struct strlist *ret_names)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	read_notes(root, &names);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_free_string) char *path = savedguest_path(root, names.items[i]);
		if (path)
			strlist_add(ret_names, names.items[i]);
	}
}

int savedguest_forget_notes(const char *root, struct err *err)
{
	return file_remove(root, SAVEDGUEST_LIST, err);
}
