/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saving a file to a USB stick. */
#include "stick.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "file.h"
#include "lang.h"
#include "mem.h"

#define STICK_DIR "/run/domus/stick"

/* Many a stick says of itself that it is fixed; what hangs on USB can be taken along. */
static bool is_portable(const struct disk_info *disk)
{
	return disk->is_removable || (disk->bus && strcmp(disk->bus, "usb") == 0);
}

static bool is_volume(const struct disk_info *disk, const char *fstype, const char *mounted_at)
{
	return is_portable(disk) && !disk->is_medium && !disk->is_read_only && !*mounted_at &&
	       strcmp(fstype, "vfat") == 0;
}

bool stick_next(const struct disk_inventory *disks, size_t *at, struct stick *ret_stick)
{
	size_t n = 0;
	for (size_t i = 0; i < disks->count; i++) {
		const struct disk_info *disk = &disks->disks[i];
		struct stick found = {.disk = disk, .part = NULL};
		if (is_volume(disk, disk->fstype, disk->mounted_at) && n++ == *at) {
			*ret_stick = found;
			(*at)++;
			return true;
		}
		for (size_t p = 0; p < disk->n_parts; p++) {
			found.part = &disk->parts[p];
			if (is_volume(disk, found.part->fstype, found.part->mounted_at) &&
				n++ == *at) {
				*ret_stick = found;
				(*at)++;
				return true;
			}
		}
	}
	return false;
}

int stick_save(
	const struct stick *stick, const char *name, const void *data, size_t len, struct err *err)
{
	CLEANUP(mem_free_string)
	char *device =
		stick->part ? xasprintf("/dev/%s", stick->part->name) : xstrdup(stick->disk->path);
	if (file_make_dirs("/", STICK_DIR, 0700, err) < 0)
		return -1;
	if (mount(device, STICK_DIR, "vfat", MS_NOSUID | MS_NODEV | MS_NOEXEC, "umask=0077") < 0)
		return err_set(err, ERR_IO, errno, _("cannot open %s"), device);
	CLEANUP(mem_free_string) char *path = xasprintf("/%s", name);
	int rc = file_write(STICK_DIR, path, data, len, 0600, err);
	if (umount(STICK_DIR) < 0 && rc == 0)
		rc = err_set(
			err, ERR_IO, errno, _("cannot close %s; the file may be lost"), device);
	return rc;
}
