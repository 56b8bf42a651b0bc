/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots of a guest's disks: thin volumes beside them, called VOLUME.SNAPSHOT and tagged
 * "domus-snapshot"; those of all disks with one name belong together.
 */
#ifndef VMWIZARD_SNAPSHOT_H
#define VMWIZARD_SNAPSHOT_H

#include "vmwizard/plan.h"
#include "vmwizard/spec.h"

/* What the disks were before they went back to a snapshot is kept under this name. */
#define SNAPSHOT_UNDO "undo"

struct snap_volume {
	char *group;
	char *name;
	char *pool; /* "" unless it is thin */
	char *made; /* date and time as LVM writes them */
	uint64_t size_bytes;
	double data_percent;
	double meta_percent; /* of a pool */
	bool is_snapshot;
};

struct snap_volumes {
	struct snap_volume *items;
	size_t count;
};

#define SNAP_VOLUMES_INIT {.items = NULL, .count = 0}

/* Columns of lvs that snap_parse() wants, with "|" between them, sizes in bytes. */
#define SNAP_COLUMNS "vg_name,lv_name,pool_lv,lv_size,data_percent,metadata_percent,lv_tags,lv_time"

/* ---- pure */

void snap_parse(const char *lvs, struct snap_volumes *ret_volumes);
void snap_volumes_dispose(struct snap_volumes *volumes);

/* One snapshot of a guest, as far as its disks have it. */
struct snapshot {
	char *name;
	char *made;            /* of its first disk */
	struct strlist disks;  /* targets: "xvda" */
	uint64_t unique_bytes; /* at most: what its volumes map */
};

struct snapshots {
	struct snapshot *items;
	size_t count;
};

void snap_list(const struct vm_spec *spec, const struct snap_volumes *volumes,
	struct snapshots *ret_snapshots);
void snapshots_dispose(struct snapshots *snapshots);

int snap_check_name(const char *name, struct err *err);
/* Plans for the guest of the spec, which is off; the caller disposes. */
int snap_plan_create(const struct vm_spec *spec, const struct snap_volumes *volumes,
	const char *name, struct vm_plan *ret_plan, struct err *err);
int snap_plan_back(const struct vm_spec *spec, const struct snap_volumes *volumes, const char *name,
	struct vm_plan *ret_plan, struct err *err);
int snap_plan_remove(const struct vm_spec *spec, const struct snap_volumes *volumes,
	const char *name, struct vm_plan *ret_plan, struct err *err);
/* "GROUP/VOLUME.SNAPSHOT" of all snapshots of one volume "GROUP/VOLUME". */
void snap_list_of(
	const struct snap_volumes *volumes, const char *volume, struct strlist *ret_names);

/* ---- asks lvm */

int snap_read(struct snap_volumes *ret_volumes, struct err *err);

#endif
