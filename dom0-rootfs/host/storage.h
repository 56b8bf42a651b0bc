/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pools that hold guests' disks: LVM thin pools, directories, NFS; how full they are. */
#ifndef DOMUS_HOST_STORAGE_H
#define DOMUS_HOST_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "hostconf.h"
#include "str.h"

struct pool {
	enum host_pool_type type;
	char *group; /* of a thin pool, else "" */
	char *name;
	char *path; /* where image files lie, "" for a thin pool */
	bool is_there;
	uint64_t size_bytes;
	uint64_t free_bytes; /* thin: of the volume group, to grow into; else not used */
	double data_percent; /* in use */
	double meta_percent; /* thin only, as meta_bytes */
	uint64_t meta_bytes;
};

struct pools {
	struct pool *items;
	size_t count;
};

#define POOLS_INIT {.items = NULL, .count = 0}

/* Fill levels from which a pool is named in warnings. */
#define STORAGE_WARN_PERCENT 80.0

/* Asks lvm, and stat(1) for what is mounted: a server that is away must not hold anybody up. */
int storage_read(const char *root, const struct host_config *config, struct pools *ret_pools,
	struct err *err);
/* Lines of lvs: group|name|size|free|data|metadata|its size. Pure. */
int storage_parse(const char *text, struct pools *ret_pools, struct err *err);
/* "10 GiB, 91.5 % in use (metadata 10.0 %), 1024 MiB free to grow into". Pure. */
void storage_describe(const struct pool *pool, struct str *ret_text);
bool storage_is_nearly_full(const struct pool *pool);
/* By its name, or as GROUP/NAME, or GROUP where that has one pool; NULL. */
const struct pool *storage_find(const struct pools *pools, const char *name);
void storage_dispose(struct pools *pools);

#endif
