/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removable volumes that a file can be saved to: USB sticks with a FAT file system. */
#ifndef DOMUS_STICK_H
#define DOMUS_STICK_H

#include <stdbool.h>
#include <stddef.h>

#include "diskinv.h"
#include "err.h"

/* A volume: of the disk's partition, or of the whole disk when part is NULL. */
struct stick {
	const struct disk_info *disk;
	const struct disk_part *part;
};

/* The next volume after the first *at that were given; false when there is no more. */
bool stick_next(const struct disk_inventory *disks, size_t *at, struct stick *ret_stick);
/* Mounts it, writes a file into its root, unmounts it. An older file of that name is replaced. */
int stick_save(
	const struct stick *stick, const char *name, const void *data, size_t len, struct err *err);

#endif
