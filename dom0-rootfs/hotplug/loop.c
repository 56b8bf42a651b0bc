/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loop devices: what makes a file a disk that the kernel's blkback can take. */
#define _GNU_SOURCE
#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "attrs.h"
#include "file.h"

/* How often somebody else may take the free device before we do. */
enum { TRIES = 32, SECTOR = 512 };

static int open_flags(bool is_readonly)
{
	return (is_readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC;
}

/* 0, or -1 with errno: EBUSY when somebody took the device. */
static int configure(const char *device, int file_fd, bool is_readonly, const char *file)
{
	/*
	 * O_DIRECT on the file itself would make the loop device's sectors as large as the disk's
	 * below; a guest's partitions count in 512. The flag falls back to buffered I/O by itself.
	 */
	struct loop_config config = {
		.fd = (__u32)file_fd,
		.block_size = SECTOR,
		.info = {.lo_flags = LO_FLAGS_DIRECT_IO | (is_readonly ? LO_FLAGS_READ_ONLY : 0)},
	};
	(void)snprintf(
		(char *)config.info.lo_file_name, sizeof(config.info.lo_file_name), "%s", file);
	CLEANUP(file_close) int fd = open(device, open_flags(is_readonly));
	return fd < 0 ? -1 : ioctl(fd, LOOP_CONFIGURE, &config);
}

int loop_attach(const char *file, bool is_readonly, char ret_device[LOOP_NAME_MAX], struct err *err)
{
	CLEANUP(file_close) int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0)
		return err_set(err, ERR_IO, errno,
			"cannot open /dev/loop-control; `modprobe loop` brings it");
	CLEANUP(file_close) int file_fd = open(file, open_flags(is_readonly));
	if (file_fd < 0)
		return err_set(err, ERR_IO, errno, "cannot open %s%s", file,
			is_readonly ? "" : " for writing");
	for (int i = 0; i < TRIES; i++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE);
		if (number < 0)
			return err_set(err, ERR_IO, errno, "no free loop device for %s", file);
		(void)snprintf(ret_device, LOOP_NAME_MAX, "/dev/loop%d", number);
		if (configure(ret_device, file_fd, is_readonly, file) == 0)
			return 0;
		if (errno != EBUSY)
			return err_set(
				err, ERR_IO, errno, "cannot put %s behind %s", file, ret_device);
	}
	return err_set(err, ERR_IO, 0, "others take loop devices faster than %s gets one", file);
}

int loop_detach(const char *device, struct err *err)
{
	CLEANUP(file_close) int fd = open(device, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENXIO))
		return 0;
	if (fd < 0 || (ioctl(fd, LOOP_CLR_FD) < 0 && errno != ENXIO))
		return err_set(err, ERR_IO, errno, "cannot free %s", device);
	return 0;
}

bool loop_backing_file(dev_t device, dev_t *ret_dev, ino_t *ret_ino)
{
	char path[LOOP_NAME_MAX];
	struct loop_info64 info;

	if (major(device) != LOOP_MAJOR)
		return false;
	/* Loop devices made without partitions, as these are, are numbered like their names. */
	(void)snprintf(path, sizeof(path), "/dev/loop%u", minor(device));
	CLEANUP(file_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return false;
	*ret_dev = info.lo_device;
	*ret_ino = info.lo_inode;
	return true;
}
