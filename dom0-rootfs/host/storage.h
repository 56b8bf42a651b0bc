/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thin pools that hold guests' disks. */
#ifndef DOMUS_HOST_STORAGE_H
#define DOMUS_HOST_STORAGE_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "str.h"

struct pool {
	char *group;
	char *name;
	uint64_t size_bytes;
	uint64_t free_bytes; /* of the volume group, to grow into */
	double data_percent; /* in use */
	double meta_percent;
};

struct pools {
	struct pool *items;
	size_t count;
};

#define POOLS_INIT {.items = NULL, .count = 0}

/* Fill levels from which a pool is named in warnings. */
#define STORAGE_WARN_PERCENT 80.0

/* Asks lvm. */
int storage_read(struct pools *ret_pools, struct err *err);
/* Lines of lvs: group|name|size|free|data|metadata. Pure. */
int storage_parse(const char *text, struct pools *ret_pools, struct err *err);
void storage_dispose(struct pools *pools);

#endif
