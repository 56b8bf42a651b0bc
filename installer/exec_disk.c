/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written to the disk itself: zeros, and GRUB's first sectors. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "exec_private.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"

enum {
	SECTOR = 512,
	WIPE_BYTES = 4 << 20,
	TABLE_BYTES = 4096,       /* boot code, and the beginning of the table */
	CORE_MAX_BYTES = 1 << 20, /* the BIOS boot partition */
	/* Offsets in GRUB's boot.img, see include/grub/i386/pc/boot.h. */
	BOOT_CODE_END = 440, /* then the MBR's own data */
	BOOT_KERNEL_SECTOR = 0x5C,
	BOOT_DRIVE_CHECK = 0x66,
	/* The only block list of core.img, at the end of its first sector. */
	CORE_BLOCKLIST = SECTOR - 12,
	CORE_SEGMENT = 0x820,
};

static int write_all(int fd, const void *data, size_t len, uint64_t at)
{
	const char *p = data;
	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int exec_wipe(const char *path, struct err *err)
{
	/* O_EXCL: the kernel refuses a disk that is mounted or part of a volume. */
	CLEANUP(file_close) int fd = open(path, O_WRONLY | O_EXCL | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, ERR_IO, errno, _("cannot open %s for writing"), path);
	off_t end = lseek(fd, 0, SEEK_END);
	if (end < 2 * (off_t)WIPE_BYTES)
		return err_set(err, ERR_IO, end < 0 ? errno : 0, _("no size of %s"), path);
	char *zeros = xcalloc(WIPE_BYTES, 1);
	int rc = 0;
	/* Boot code goes first and alone: it must not find the half of what it starts. */
	if (write_all(fd, zeros, TABLE_BYTES, 0) < 0 || fsync(fd) < 0 ||
		write_all(fd, zeros, WIPE_BYTES, 0) < 0 || fsync(fd) < 0 ||
		write_all(fd, zeros, WIPE_BYTES, (uint64_t)end - WIPE_BYTES) < 0 || fsync(fd) < 0)
		rc = err_set(err, ERR_IO, errno, _("cannot write to %s"), path);
	free(zeros);
	/* Not all devices have partitions; parted tells the kernel about the new ones anyway. */
	(void)ioctl(fd, BLKRRPART);
	return rc;
}

static void put_le(unsigned char *at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> (8 * i));
}

/* boot.img keeps what the MBR has from byte 440 on: the disk's id and the protective entry. */
static int write_boot_sector(int fd, const struct str *boot, uint64_t core_sector, struct err *err)
{
	unsigned char sector[SECTOR];
	if (pread(fd, sector, SECTOR, 0) != SECTOR)
		return err_set(err, ERR_IO, errno, _("cannot read the first sector"));
	memcpy(sector, boot->data, BOOT_CODE_END);
	put_le(sector + BOOT_KERNEL_SECTOR, core_sector, 8);
	/* Two NOPs: do not trust the drive number that some BIOSes hand over for hard disks. */
	sector[BOOT_DRIVE_CHECK] = 0x90;
	sector[BOOT_DRIVE_CHECK + 1] = 0x90;
	if (write_all(fd, sector, SECTOR, 0) < 0)
		return err_set(err, ERR_IO, errno, _("cannot write the first sector"));
	return 0;
}

static int write_core(int fd, struct str *core, uint64_t first_sector, struct err *err)
{
	unsigned char *list = (unsigned char *)core->data + CORE_BLOCKLIST;
	uint64_t sectors = (core->len + SECTOR - 1) / SECTOR;
	put_le(list, first_sector + 1, 8);
	put_le(list + 8, sectors - 1, 2);
	put_le(list + 10, CORE_SEGMENT, 2);
	if (write_all(fd, core->data, core->len, first_sector * SECTOR) < 0)
		return err_set(err, ERR_IO, errno, _("cannot write GRUB's core image"));
	return 0;
}

int exec_boot_code(const char *disk, const char *boot_image, const char *core_image,
	uint64_t first_sector, struct err *err)
{
	CLEANUP(str_dispose) struct str boot = STR_INIT;
	CLEANUP(str_dispose) struct str core = STR_INIT;
	if (file_read("/", boot_image, SECTOR, &boot, err) < 0 ||
		file_read("/", core_image, CORE_MAX_BYTES, &core, err) < 0)
		return -1;
	if (boot.len != SECTOR || core.len < 2 * SECTOR)
		return err_set(err, ERR_INVALID, 0,
			_("%s and %s are no GRUB images; write the medium again"), boot_image,
			core_image);
	CLEANUP(file_close) int fd = open(disk, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, ERR_IO, errno, _("cannot open %s for writing"), disk);
	if (write_core(fd, &core, first_sector, err) < 0)
		return err_prefix(err, "%s: ", disk);
	/* The first sector jumps to the core, so that has to be there before. */
	if (fsync(fd) < 0)
		return err_set(err, ERR_IO, errno, _("cannot write to %s"), disk);
	if (write_boot_sector(fd, &boot, first_sector, err) < 0)
		return err_prefix(err, "%s: ", disk);
	if (fsync(fd) < 0)
		return err_set(err, ERR_IO, errno, _("cannot write to %s"), disk);
	return 0;
}

int exec_sync(const char *disk, struct err *err)
{
	sync();
	/* sync() empties the memory, but tells a disk to empty its cache only where a file system does. */
	CLEANUP(file_close) int fd = open(disk, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_set(err, ERR_IO, errno, _("cannot write to %s"), disk);
	return 0;
}

int exec_poke(const char *path, const struct str *data, struct err *err)
{
	CLEANUP(file_close) int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write_all(fd, data->data, data->len, 0) < 0 || fsync(fd) < 0)
		return err_set(err, ERR_IO, errno, _("cannot overwrite %s"), path);
	return 0;
}
