/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the planner share. */
#ifndef DOMUS_PLAN_PRIVATE_H
#define DOMUS_PLAN_PRIVATE_H

#include "plan.h"

enum {
	LAYOUT_BIOS_BOOT,
	LAYOUT_ESP,
	LAYOUT_SLOT_A,
	LAYOUT_SLOT_B,
	LAYOUT_STATE,
	LAYOUT_STORAGE,
	LAYOUT_PARTS
};

struct layout_part {
	const char *name;
	uint64_t first_mib;
	uint64_t size_mib;
};

/* Everything in MiB, but chunks. */
struct layout {
	struct layout_part parts[LAYOUT_PARTS];
	uint64_t storage_mib;
	uint64_t pool_mib;
	uint64_t metadata_mib;
	uint64_t reserve_mib;
	uint64_t library_mib; /* thin: may be more than there is */
	uint64_t chunk_kib;
};

/* The disk that [disk] names, or NULL and the reasons. */
const struct disk_info *disk_choose(
	const struct install_spec *spec, const struct machine *machine, struct problems *problems);

/* How the disk, which is large enough, is divided. */
void layout_compute(
	const struct install_spec *spec, const struct disk_info *disk, struct layout *ret_layout);

/* The operations of a new installation. */
void ops_add_new(const struct install_spec *spec, const struct machine *machine,
	const struct disk_info *disk, const struct layout *layout, struct plan *plan);

#endif
