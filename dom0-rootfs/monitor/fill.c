/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How full thin pools are, and what follows for guests that write there: decisions only, no I/O. */
#include "fill.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "num.h"

#define SECTOR_BYTES 512

/*
 * Data that is kept back for what is under way when a guest is paused: up to 64 MiB for each queue
 * of a disk (blkback takes 512 requests of 128 KiB), dom0's own dirty pages, and what is written
 * between two looks; and for a clean shutdown of the guests. A fiftieth of the pool, within bounds,
 * but never more than a tenth of it.
 */
#define RESERVE_LEAST_BYTES (256 * NUM_MIB)
#define RESERVE_MOST_BYTES (4 * NUM_GIB)
/* The same of the metadata. 64 blocks hold the places of some 15,000 chunks. */
#define META_RESERVE_PART 25
#define META_RESERVE_LEAST 64

/* Nothing that a host of this kind has writes faster; a pool is looked at before it could fill up. */
#define FASTEST_BYTES_PER_S (2 * NUM_GIB)
/* Its metadata: a block holds the places of some 230 chunks, and a chunk is 64 KiB at least. */
#define META_FASTEST_BLOCKS_PER_S 150
#define WAIT_LEAST_MS 500
#define WAIT_MOST_MS 10000
#define WAIT_WITHOUT_POOL_MS 30000

/* "domus-pool-tpool" is "domus/pool"; a hyphen in a name is written twice. */
static char *lvm_name(const char *device)
{
	size_t len = strlen(device);
	CLEANUP(str_dispose) struct str name = STR_INIT;

	if (len > 6 && strcmp(device + len - 6, "-tpool") == 0)
		len -= 6;
	for (size_t i = 0; i < len; i++) {
		if (device[i] != '-')
			str_add(&name, "%c", device[i]);
		else if (i + 1 < len && device[i + 1] == '-')
			str_add(&name, "%c", device[i++]);
		else
			str_add(&name, "/");
	}
	return xstrdup(str_text(&name));
}

/* "NAME: START LENGTH thin-pool TRANSACTION USED/TOTAL USED/TOTAL HELD MODE ..." */
static bool parse_line(const char *line, struct fill_pool *ret_pool)
{
	const char *colon = strstr(line, ": ");
	struct fill_pool pool = {.device = NULL};
	uint64_t sectors;
	char mode[32] = "";
	int used = 0;

	if (!colon || sscanf(colon + 2, "%*u %19" SCNu64 " thin-pool %n", &sectors, &used) != 1 ||
		used == 0)
		return false;
	pool.size_bytes = sectors * SECTOR_BYTES;
	if (sscanf(colon + 2 + used,
		    "%*u %19" SCNu64 "/%19" SCNu64 " %19" SCNu64 "/%19" SCNu64 " %*s %31s",
		    &pool.meta_used, &pool.meta_total, &pool.data_used, &pool.data_total,
		    mode) != 5)
		pool.meta_used = pool.meta_total = pool.data_used = pool.data_total = 0;
	pool.is_stuck = strcmp(mode, "rw") != 0;
	pool.device = xstrndup(line, (size_t)(colon - line));
	pool.name = lvm_name(pool.device);
	*ret_pool = pool;
	return true;
}

void fill_parse(const char *status, struct fill_pools *ret_pools)
{
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;

	strlist_add_lines(&lines, status);
	for (size_t i = 0; i < lines.count; i++) {
		struct fill_pool pool;

		if (!parse_line(lines.items[i], &pool))
			continue;
		ret_pools->items = xreallocarray(
			ret_pools->items, ret_pools->count + 1, sizeof(*ret_pools->items));
		ret_pools->items[ret_pools->count++] = pool;
	}
}

void fill_dispose(struct fill_pools *pools)
{
	for (size_t i = 0; i < pools->count; i++) {
		free(pools->items[i].device);
		free(pools->items[i].name);
	}
	free(pools->items);
	*pools = (struct fill_pools)FILL_POOLS_INIT;
}

static uint64_t left(uint64_t used, uint64_t total)
{
	return used < total ? total - used : 0;
}

static uint64_t free_bytes(const struct fill_pool *pool)
{
	if (pool->data_total == 0)
		return 0;
	return left(pool->data_used, pool->data_total) * (pool->size_bytes / pool->data_total);
}

static uint64_t reserve_bytes(const struct fill_pool *pool)
{
	uint64_t reserve = pool->size_bytes / 50;

	if (reserve < RESERVE_LEAST_BYTES)
		reserve = RESERVE_LEAST_BYTES;
	if (reserve > RESERVE_MOST_BYTES)
		reserve = RESERVE_MOST_BYTES;
	return reserve > pool->size_bytes / 10 ? pool->size_bytes / 10 : reserve;
}

static uint64_t meta_reserve(const struct fill_pool *pool)
{
	uint64_t reserve = pool->meta_total / META_RESERVE_PART;

	return reserve < META_RESERVE_LEAST ? META_RESERVE_LEAST : reserve;
}

static enum fill_level level_of(uint64_t room, uint64_t reserve)
{
	if (room <= reserve / 4)
		return FILL_BRIM;
	if (room <= reserve)
		return FILL_STOP;
	return room <= 2 * reserve ? FILL_NEAR : FILL_ROOM;
}

enum fill_level fill_level(const struct fill_pool *pool)
{
	enum fill_level data, meta;

	if (pool->is_stuck)
		return FILL_BRIM;
	data = level_of(free_bytes(pool), reserve_bytes(pool));
	meta = level_of(left(pool->meta_used, pool->meta_total), meta_reserve(pool));
	return data > meta ? data : meta;
}

static double percent(uint64_t used, uint64_t total)
{
	return total ? 100.0 * (double)used / (double)total : 100.0;
}

double fill_data_percent(const struct fill_pool *pool)
{
	return percent(pool->data_used, pool->data_total);
}

double fill_meta_percent(const struct fill_pool *pool)
{
	return percent(pool->meta_used, pool->meta_total);
}

enum fill_step fill_decide(enum fill_level level, enum fill_level held, bool is_paused)
{
	switch (level) {
	case FILL_ROOM:
		if (held == FILL_ROOM)
			return FILL_LEAVE;
		return is_paused ? FILL_GO_ON : FILL_FORGET;
	case FILL_NEAR:
		return FILL_LEAVE;
	case FILL_STOP:
	case FILL_BRIM:
		/* Who unpauses it by hand uses the reserve: to shut it down, to make room in it. */
		return is_paused || held >= level ? FILL_LEAVE : FILL_PAUSE;
	}
	return FILL_LEAVE;
}

int fill_wait_ms(const struct fill_pools *pools)
{
	int wait_ms = pools->count ? WAIT_MOST_MS : WAIT_WITHOUT_POOL_MS;

	for (size_t i = 0; i < pools->count; i++) {
		const struct fill_pool *pool = &pools->items[i];
		uint64_t room = left(reserve_bytes(pool), free_bytes(pool));
		uint64_t meta_free = left(pool->meta_used, pool->meta_total);
		uint64_t ms = room / (FASTEST_BYTES_PER_S / 1000);
		uint64_t meta_ms =
			left(meta_reserve(pool), meta_free) * 1000 / META_FASTEST_BLOCKS_PER_S;

		if (meta_ms < ms)
			ms = meta_ms;
		if (ms < (uint64_t)wait_ms)
			wait_ms = (int)ms;
	}
	return wait_ms < WAIT_LEAST_MS ? WAIT_LEAST_MS : wait_ms;
}
