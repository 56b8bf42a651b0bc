/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's disk lies on. */
#ifndef MONITOR_BELOW_H
#define MONITOR_BELOW_H

#include "str.h"

/*
 * Adds the names that the device mapper gives to all devices below a disk, by root/sys: those of a
 * volume, or of the file system that an image file is in. A path without a slash is LVM's GROUP/VOLUME.
 */
void below_list(const char *root, const char *path, struct strlist *ret_names);
/* The same for the device MAJOR:MINOR. */
void below_list_device(const char *root, unsigned major, unsigned minor, struct strlist *ret_names);

#endif
