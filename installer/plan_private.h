/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the planner share. */
#ifndef DOMUS_PLAN_PRIVATE_H
#define DOMUS_PLAN_PRIVATE_H

#include "bootcfg.h"
#include "plan.h"

#define OPS_MEDIUM "/run/domus/medium/domus"
#define OPS_ESP PLAN_TARGET "/esp"
#define OPS_SLOT PLAN_TARGET "/slot"
#define OPS_STATE PLAN_TARGET "/state"

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

/* True when the disk meets every condition of [disk]. */
bool disk_fits(const struct host_config *config, const struct disk_info *disk);

/* Repair and upgrade of a host that is there. -1 and the reasons. */
int ops_add_keep(const struct install_spec *spec, const struct machine *machine, struct plan *plan,
	struct problems *problems);

/* ---- parts that the kinds of installation share ---- */

/* Adds an operation; its words end with NULL. */
struct plan_op *ops_add(
	struct plan *plan, enum plan_verb verb, unsigned weight, const char *title, ...);
void ops_add_mount(struct plan *plan, const char *title, const char *device, const char *dir,
	const char *type);
void ops_add_write(struct plan *plan, const char *title, const char *path, const char *mode,
	const struct str *text, bool is_secret);

struct ops_slot {
	char letter;
	const char *device;
	const char *uuid;
	bool is_empty; /* formatted only */
};
/* Formats a slot and copies the release to it. */
void ops_add_slot(struct plan *plan, const struct install_spec *spec, const struct machine *machine,
	const struct ops_slot *slot);

struct ops_loader {
	struct bootcfg_ids ids;
	const char *disk;
	unsigned sector_bytes;
	uint64_t bios_boot_mib; /* where that partition begins */
};
/* GRUB for both kinds of firmware, and its chooser; the ESP is open. All of it is on the disk then. */
void ops_add_loader(struct plan *plan, const struct ops_loader *loader);

/* plan.c: name, network, software and dom0 in the summary. */
void plan_add_host_lines(
	const struct install_spec *spec, const struct machine *machine, struct plan *plan);

/* The log goes to the state partition, which is open, and that is closed. */
void ops_add_log(struct plan *plan);
/* What the file gives to be run then. */
void ops_add_hooks(struct plan *plan, const struct host_config *config, enum host_hook_at at);
/* The file itself and what belongs to it; the state partition is open. */
void ops_add_settings(struct plan *plan, const struct install_spec *spec,
	const struct machine *machine, const char *disk);
/* The boot loader's arguments of the file; the ESP is open. */
void ops_add_args(
	struct plan *plan, const struct install_spec *spec, const struct machine *machine);

/* All that was written so far is on the disk before anything else is. */
void ops_add_sync(struct plan *plan, unsigned weight, const char *disk);
/* UEFI: the ESP in the firmware's boot menu. */
void ops_add_nvram(struct plan *plan, const struct machine *machine, const char *disk);
/* Overwrites the boot environment with these words. */
void ops_add_poke(struct plan *plan, const char *title, const struct strlist *words);

#endif
