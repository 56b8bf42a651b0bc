/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block devices of this machine and what their first sectors say. */
#ifndef EARLY_DISK_H
#define EARLY_DISK_H

#include <stdbool.h>
#include <stdint.h>

#define DISK_MAX 256

struct disk {
	char name[64];   /* as under /dev */
	char parent[64]; /* the whole disk of a partition, else empty */
	char model[64];
	char iso_label[33]; /* volume id of an ISO 9660 file system, else empty */
	char ext_label[17];
	char ext_uuid[37];
	uint64_t size_bytes;
};

struct disk_list {
	struct disk disk[DISK_MAX];
	unsigned int count;
};

/* List the block devices that could hold a medium or a slot, whole disks first. */
void disk_list_read(struct disk_list *ret_list);

#endif
