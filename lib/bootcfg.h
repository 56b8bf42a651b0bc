/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts of an installed host's boot loader, as they lie on the ESP: the slot chooser, the arguments
 * that host.conf gives, GRUB's environment block. Pure.
 */
#ifndef DOMUS_BOOTCFG_H
#define DOMUS_BOOTCFG_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "hostconf.h"
#include "str.h"

#define BOOTCFG_DIR "/boot/grub"
#define BOOTCFG_ENV_BYTES 1024
/* Everything that is said lies in the block's first sector: one write changes it, whole. */
#define BOOTCFG_SECTOR_BYTES 512

/* UUIDs of the file systems. */
struct bootcfg_ids {
	const char *esp; /* "ABCD-1234" */
	const char *slot_a;
	const char *slot_b;
	const char *state;
};

/* grub.cfg: says "not completed" until the environment has installed=yes, else starts a slot. */
void bootcfg_chooser(const struct bootcfg_ids *ids, struct str *ret_text);

/* args.cfg, args-try.cfg; memory_mib is the machine's, 0 when unknown. */
void bootcfg_args(const struct host_config *config, uint64_t memory_mib, struct str *ret_text);

/* MiB that dom0_mem has besides 6 % of the machine's memory, for memory = auto. */
uint64_t bootcfg_dom0_base_mib(const struct host_config *config, uint64_t memory_mib);

/* Words "name=value"; BOOTCFG_ENV_BYTES long. ERR_RANGE when they do not fit one sector. */
int bootcfg_env(const struct strlist *words, struct str *ret_block, struct err *err);
/* The value of name in a block, or NULL. The caller frees. */
char *bootcfg_env_get(const char *block, const char *name);
/* The block with name at another value; the other words stay. */
int bootcfg_env_set(const char *block, const char *name, const char *value, struct str *ret_block,
	struct err *err);

#endif
