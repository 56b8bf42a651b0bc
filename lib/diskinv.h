/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks that a machine has, and what is on them. */
#ifndef DOMUS_DISKINV_H
#define DOMUS_DISKINV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "str.h"

/* One partition; texts are "" when unknown. */
struct disk_part {
	char *name; /* "sda1" */
	uint64_t size_bytes;
	char *fstype; /* as blkid(8) names it: "ext4", "LVM2_member", "linux_raid_member" */
	char *label;
	char *uuid;
	char *mounted_at; /* first place, or the name of the volume or array that holds it */
};

/* Owns everything in it; texts are "" when unknown. */
struct disk_info {
	char *name; /* "sda" */
	char *path; /* "/dev/sda" */
	char *model;
	char *serial;
	char *wwn;
	char *bus; /* "sata", "nvme", "usb", "virtio", ... */
	uint64_t size_bytes;
	unsigned sector_bytes; /* logical */
	bool is_removable;
	bool is_read_only;
	bool is_medium;   /* Domus was started from it */
	char *table;      /* "gpt", "dos", or "" for none */
	char *fstype;     /* of the whole disk, as for a partition */
	char *label;      /* likewise */
	char *mounted_at; /* likewise */
	struct disk_part *parts;
	size_t n_parts;
	struct strlist groups; /* LVM volume groups that have a part of themselves here */
};

struct disk_inventory {
	struct disk_info *disks; /* by name */
	size_t count;
};

#define DISK_INVENTORY_INIT {.disks = NULL, .count = 0}

/*
 * Reads root/sys/block; with root "/" also what is on the disks, by blkid(8) and lvm(8), which
 * needs the rights to read them. CD drives, floppies, loop and memory devices are left out.
 */
int diskinv_read(const char *root, struct disk_inventory *ret_inventory, struct err *err);
void diskinv_dispose(struct disk_inventory *inventory);

/* True when nothing is on it: no table, no signature, no partition, only zeros at its beginning. */
bool disk_is_empty(const struct disk_info *disk);
/* True when something of it is mounted or part of an active volume. */
bool disk_is_in_use(const struct disk_info *disk);
/* True when a Domus is installed on it, whole or not: it has a partition labelled DOMUS-ESP. */
bool disk_has_domus(const struct disk_info *disk);
/* True for the kernel's name of a part of the disk: sda1 of sda, nvme0n1p2 of nvme0n1. */
bool disk_is_part_name(const char *disk, const char *name);
/* "sda, 500.1 GB, Samsung SSD 870, serial S5Y..." */
void disk_describe(const struct disk_info *disk, struct str *ret_text);
/* What is on it, one line each, for people: "gpt table", "sda1: ntfs, 200 GiB, label Windows". */
void disk_describe_content(const struct disk_info *disk, struct strlist *ret_lines);

#endif
