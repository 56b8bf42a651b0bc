/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block devices of this machine and what their first sectors say. */
#include "disk.h"

#include "text.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/cdrom.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ISO_DESCRIPTOR_OFFSET 32768 /* ECMA-119 6.2.1: the first 16 sectors are the system's */
#define ISO_VOLUME_ID 40
#define EXT_SUPERBLOCK_OFFSET 1024
#define EXT_MAGIC 0x38
#define EXT_UUID 0x68
#define EXT_LABEL 0x78

/* Never a medium; asking a floppy drive without floppy takes seconds. */
static const char *const ignored[] = {"loop", "ram", "zram", "fd", "nbd", "mtd"};

static bool is_ignored(const char *name)
{
	for (unsigned int i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		if (strncmp(name, ignored[i], strlen(ignored[i])) == 0)
			return true;
	return false;
}

/* Reading an empty CD drive takes long and fills the console with the kernel's errors. */
static bool has_medium(int fd)
{
	int status = ioctl(fd, CDROM_DRIVE_STATUS, CDSL_CURRENT);

	return status != CDS_NO_DISC && status != CDS_TRAY_OPEN && status != CDS_DRIVE_NOT_READY;
}

static void read_iso_label(int fd, struct disk *disk)
{
	unsigned char sector[128];

	if (pread(fd, sector, sizeof(sector), ISO_DESCRIPTOR_OFFSET) != (ssize_t)sizeof(sector))
		return;
	if (sector[0] != 1 || memcmp(sector + 1, "CD001", 5) != 0)
		return;
	memcpy(disk->iso_label, sector + ISO_VOLUME_ID, sizeof(disk->iso_label) - 1);
	text_trim_end(disk->iso_label);
}

static void read_ext_label(int fd, struct disk *disk)
{
	unsigned char super[256];
	char *out = disk->ext_uuid;

	if (pread(fd, super, sizeof(super), EXT_SUPERBLOCK_OFFSET) != (ssize_t)sizeof(super))
		return;
	if (super[EXT_MAGIC] != 0x53 || super[EXT_MAGIC + 1] != 0xef)
		return;
	memcpy(disk->ext_label, super + EXT_LABEL, sizeof(disk->ext_label) - 1);
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		out += sprintf(out, "%02x", super[EXT_UUID + i]);
	}
}

static void read_parent(struct disk *disk)
{
	char path[128];
	char target[PATH_MAX];
	ssize_t n;

	text_format(path, sizeof(path), "/sys/class/block/%s/partition", disk->name);
	if (access(path, F_OK) != 0)
		return;
	text_format(path, sizeof(path), "/sys/class/block/%s", disk->name);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	text_format(disk->parent, sizeof(disk->parent), "%.63s", basename(dirname(target)));
}

static void read_disk(struct disk *disk, const char *name)
{
	char path[128];
	char text[64];
	int fd;

	memset(disk, 0, sizeof(*disk));
	text_format(disk->name, sizeof(disk->name), "%.63s", name);
	read_parent(disk);
	text_format(path, sizeof(path), "/sys/class/block/%s/size", disk->name);
	if (text_read_file(path, text, sizeof(text)) > 0)
		disk->size_bytes = strtoull(text, NULL, 10) * 512;
	text_format(path, sizeof(path), "/sys/class/block/%s/device/model", disk->name);
	if (text_read_file(path, disk->model, sizeof(disk->model)) > 0)
		text_trim_end(disk->model);

	text_format(path, sizeof(path), "/dev/%s", disk->name);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* non-blocking: an open CD tray */
	if (fd < 0)
		return;
	if (has_medium(fd)) {
		read_iso_label(fd, disk);
		read_ext_label(fd, disk);
	}
	close(fd);
}

static int whole_disks_first(const void *a, const void *b)
{
	const struct disk *x = a;
	const struct disk *y = b;

	if ((x->parent[0] != '\0') != (y->parent[0] != '\0'))
		return x->parent[0] != '\0' ? 1 : -1;
	return strcmp(x->name, y->name);
}

void disk_list_read(struct disk_list *ret_list)
{
	struct dirent *e;
	DIR *d = opendir("/sys/class/block");

	ret_list->count = 0;
	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL && ret_list->count < DISK_MAX)
		if (e->d_name[0] != '.' && !is_ignored(e->d_name))
			read_disk(&ret_list->disk[ret_list->count++], e->d_name);
	closedir(d);
	qsort(ret_list->disk, ret_list->count, sizeof(ret_list->disk[0]), whole_disks_first);
}
