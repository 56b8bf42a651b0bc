/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How full thin pools are, and what follows for guests that write there: decisions only, no I/O. */
#ifndef MONITOR_FILL_H
#define MONITOR_FILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"

/* One thin pool, as the kernel tells it (Documentation/admin-guide/device-mapper/thin-provisioning). */
struct fill_pool {
	char *device; /* of the device mapper: "domus-pool-tpool" */
	char *name;   /* as LVM writes it: "domus/pool" */
	uint64_t size_bytes;
	uint64_t data_used, data_total; /* chunks */
	uint64_t meta_used, meta_total; /* blocks; what the kernel keeps back counts as used */
	bool is_stuck;                  /* it takes no more writes: full, read-only or broken */
};

struct fill_pools {
	struct fill_pool *items;
	size_t count;
};

#define FILL_POOLS_INIT {.items = NULL, .count = 0}

/* Lines of `dmsetup status --target thin-pool`; what cannot be read is left out. */
void fill_parse(const char *status, struct fill_pools *ret_pools);
void fill_dispose(struct fill_pools *pools);

enum fill_level {
	FILL_ROOM, /* nothing to do, and what was paused goes on */
	FILL_NEAR, /* guests run on, but what was paused waits for more room */
	FILL_STOP, /* guests that write there are paused */
	FILL_BRIM, /* so are those that somebody let go on since: the kernel is about to act */
};

/* By the scarcer of data and metadata. */
enum fill_level fill_level(const struct fill_pool *pool);
/* Percent in use. */
double fill_data_percent(const struct fill_pool *pool);
double fill_meta_percent(const struct fill_pool *pool);

enum fill_step {
	FILL_LEAVE,
	FILL_PAUSE,
	FILL_GO_ON,  /* unpause, forget that it was paused for this */
	FILL_FORGET, /* somebody has unpaused it; it is no longer our matter */
};

/* held: the level at which the monitor paused the guest, FILL_ROOM if it did not. */
enum fill_step fill_decide(enum fill_level level, enum fill_level held, bool is_paused);

/* Milliseconds until the next look: none of the pools can fill up within this time. */
int fill_wait_ms(const struct fill_pools *pools);

#endif
