/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host's own look at the disks of a guest: what is there, and whether it is the same elsewhere. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "file.h"
#include "mem.h"
#include "vmwizard/migrate/migrate.h"

static uint64_t block_size(const char *path)
{
	uint64_t bytes = 0;
	CLEANUP(file_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &bytes) < 0)
		return 0;
	return bytes;
}

/* Of a whole disk, SCSI, NVMe or iSCSI: its world wide name. Volumes and partitions have none. */
static char *wwid_of(const char *root, dev_t device)
{
	static const char *const names[] = {"device/wwid", "wwid"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(mem_free_string)
		char *path = xasprintf(
			"/sys/dev/block/%u:%u/%s", major(device), minor(device), names[i]);
		char *wwid = file_first_line(root, path);
		if (wwid)
			return wwid;
	}
	return xstrdup("");
}

/* True when a loop device has the file open through the page cache: what the other host reads may be old. */
static bool is_buffered(const char *root, const char *path)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	(void)file_list_dir(root, "/sys/block", &names, NULL);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_free_string)
		char *backing = xasprintf("/sys/block/%s/loop/backing_file", names.items[i]);
		CLEANUP(mem_free_string)
		char *direct = xasprintf("/sys/block/%s/loop/dio", names.items[i]);
		CLEANUP(mem_free_string) char *file = file_first_line(root, backing);
		CLEANUP(mem_free_string) char *is_direct = file_first_line(root, direct);
		if (file && strcmp(file, path) == 0 && is_direct && strcmp(is_direct, "0") == 0)
			return true;
	}
	return false;
}

void migrate_probe(const char *root, const struct mig_offer *offer, const char *path,
	struct mig_part *ret_part)
{
	CLEANUP(mem_free_string) char *full = xasprintf("%s%s", root[1] ? root : "", path);
	struct stat st;
	ret_part->size_bytes = 0;
	ret_part->is_block = ret_part->has_mark = ret_part->is_buffered = false;
	if (stat(full, &st) < 0)
		return;
	ret_part->is_block = S_ISBLK(st.st_mode);
	if (ret_part->is_block) {
		free(ret_part->wwid);
		ret_part->wwid = wwid_of(root, st.st_rdev);
		ret_part->size_bytes = block_size(full);
	} else if (S_ISREG(st.st_mode)) {
		CLEANUP(mem_free_string) char *mark = mig_mark_path(offer, ret_part);
		ret_part->size_bytes = (uint64_t)st.st_size;
		ret_part->has_mark = file_is_regular(root, mark);
		ret_part->is_buffered = is_buffered(root, path);
	}
}
