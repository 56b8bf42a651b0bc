/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loop devices: what makes a file a disk that the kernel's blkback can take. */
#ifndef DOMUS_HOTPLUG_LOOP_H
#define DOMUS_HOTPLUG_LOOP_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"

#define LOOP_NAME_MAX 32

/*
 * Puts the file behind a free loop device, with direct I/O where the file system can do it.
 * Not autocleared: blkback opens the device some time after the script has ended, and until then
 * nobody would hold it.
 */
int loop_attach(
	const char *file, bool is_readonly, char ret_device[LOOP_NAME_MAX], struct err *err);
/* Frees it; one that is still open goes when it is closed. That it is free already is no error. */
int loop_detach(const char *device, struct err *err);
/* True when device is a loop device with a file behind it; that file's device and inode. */
bool loop_backing_file(dev_t device, dev_t *ret_dev, ino_t *ret_ino);

#endif
