/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When guests are paused for a full thin pool and when they go on; what lies below a disk. */
/* sources: dom0-rootfs/monitor/fill.c dom0-rootfs/monitor/below.c */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "dom0-rootfs/monitor/below.h"
#include "dom0-rootfs/monitor/fill.h"
#include "lib/file.h"
#include "lib/num.h"
#include "tests/unit/scratch.h"

static void status_lines(void **state)
{
	static const char text[] =
		"domus-pool-tpool: 0 20971520 thin-pool 3 870/8192 100000/163840 - rw "
		"no_discard_passdown queue_if_no_space - 1024 \n"
		"domus--fast-my--pool-tpool: 0 2048 thin-pool 1 10/1024 16/16 - out_of_data_space "
		"discard_passdown queue_if_no_space - 1024 \n"
		"a-b-tpool: 0 2048 thin-pool Fail\n"
		"nonsense\n"
		"c: 0 2048 linear 8:1 0\n";
	struct fill_pools pools = FILL_POOLS_INIT;

	(void)state;
	fill_parse(text, &pools);
	assert_int_equal(pools.count, 3);
	assert_string_equal(pools.items[0].device, "domus-pool-tpool");
	assert_string_equal(pools.items[0].name, "domus/pool");
	assert_int_equal(pools.items[0].size_bytes, 10 * NUM_GIB);
	assert_int_equal(pools.items[0].meta_used, 870);
	assert_int_equal(pools.items[0].data_total, 163840);
	assert_false(pools.items[0].is_stuck);
	assert_int_equal(fill_level(&pools.items[0]), FILL_ROOM);
	assert_string_equal(pools.items[1].name, "domus-fast/my-pool");
	assert_true(pools.items[1].is_stuck);
	assert_int_equal(fill_level(&pools.items[1]), FILL_BRIM);
	assert_true(pools.items[2].is_stuck);
	assert_int_equal(fill_level(&pools.items[2]), FILL_BRIM);
	fill_dispose(&pools);
	fill_parse("No devices found\n", &pools);
	assert_int_equal(pools.count, 0);
}

static struct fill_pool pool_of(uint64_t size_mib, uint64_t free_mib, unsigned meta_free)
{
	/* chunks of 64 KiB, 8192 blocks of metadata */
	return (struct fill_pool){.size_bytes = size_mib * NUM_MIB,
		.data_total = size_mib * 16,
		.data_used = (size_mib - free_mib) * 16,
		.meta_total = 8192,
		.meta_used = 8192 - meta_free};
}

static void levels(void **state)
{
	static const struct {
		uint64_t size_mib, free_mib;
		unsigned meta_free;
		enum fill_level level;
	} cases[] = {
		/* 10 GiB: 256 MiB are kept back */
		{10240, 10240, 8000, FILL_ROOM},
		{10240, 513, 8000, FILL_ROOM},
		{10240, 512, 8000, FILL_NEAR},
		{10240, 257, 8000, FILL_NEAR},
		{10240, 256, 8000, FILL_STOP},
		{10240, 65, 8000, FILL_STOP},
		{10240, 64, 8000, FILL_BRIM},
		{10240, 0, 8000, FILL_BRIM},
		/* a small one: a tenth */
		{500, 101, 8000, FILL_ROOM},
		{500, 50, 8000, FILL_STOP},
		/* 100 GiB: a fiftieth; 1 TiB: 4 GiB */
		{102400, 2048, 8000, FILL_STOP},
		{102400, 2049, 8000, FILL_NEAR},
		{1048576, 4096, 8000, FILL_STOP},
		{1048576, 4097, 8000, FILL_NEAR},
		/* metadata: 327 of 8192 blocks */
		{10240, 9000, 700, FILL_ROOM},
		{10240, 9000, 600, FILL_NEAR},
		{10240, 9000, 327, FILL_STOP},
		{10240, 9000, 81, FILL_BRIM},
		{10240, 64, 700, FILL_BRIM},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fill_pool pool =
			pool_of(cases[i].size_mib, cases[i].free_mib, cases[i].meta_free);

		if (fill_level(&pool) != cases[i].level)
			fail_msg("case %zu: %d", i, (int)fill_level(&pool));
	}
}

static void steps(void **state)
{
	static const struct {
		enum fill_level level, held;
		bool is_paused;
		enum fill_step step;
	} cases[] = {
		{FILL_ROOM, FILL_ROOM, false, FILL_LEAVE},
		{FILL_STOP, FILL_ROOM, false, FILL_PAUSE},
		{FILL_STOP, FILL_STOP, true, FILL_LEAVE},
		{FILL_BRIM, FILL_STOP, true, FILL_LEAVE},
		{FILL_ROOM, FILL_STOP, true, FILL_GO_ON},
		/* not yet: it would be paused again at once */
		{FILL_NEAR, FILL_STOP, true, FILL_LEAVE},
		{FILL_NEAR, FILL_ROOM, false, FILL_LEAVE},
		/* paused by somebody else: stays so */
		{FILL_ROOM, FILL_ROOM, true, FILL_LEAVE},
		{FILL_BRIM, FILL_ROOM, true, FILL_LEAVE},
		/* unpaused by hand: may use the reserve, but not its last quarter */
		{FILL_STOP, FILL_STOP, false, FILL_LEAVE},
		{FILL_BRIM, FILL_STOP, false, FILL_PAUSE},
		{FILL_BRIM, FILL_BRIM, false, FILL_LEAVE},
		{FILL_ROOM, FILL_BRIM, false, FILL_FORGET},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(fill_decide(cases[i].level, cases[i].held, cases[i].is_paused),
			cases[i].step);
}

static void waits(void **state)
{
	struct fill_pool items[2] = {pool_of(102400, 90000, 8000), pool_of(102400, 7000, 8000)};
	struct fill_pools pools = {.items = items, .count = 1};

	(void)state;
	assert_int_equal(fill_wait_ms(&pools), 10000);
	/* 4952 MiB above what is kept back, at 2 GiB a second */
	pools.count = 2;
	assert_in_range(fill_wait_ms(&pools), 2400, 2500);
	items[1] = pool_of(500, 20, 8000);
	assert_int_equal(fill_wait_ms(&pools), 500);
	/* 300 blocks of metadata above what is kept back: there is data room for longer */
	items[1] = pool_of(102400, 90000, 627);
	assert_in_range(fill_wait_ms(&pools), 1900, 2000);
	items[1] = pool_of(102400, 90000, 300);
	assert_int_equal(fill_wait_ms(&pools), 500);
	pools.count = 0;
	assert_int_equal(fill_wait_ms(&pools), 30000);
}

static void put(const char *root, const char *dir, const char *file, const char *text)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s/%s", dir, file);

	assert_int_equal(file_make_dirs(root, dir, 0755, NULL), 0);
	assert_int_equal(file_write(root, path, text, strlen(text), 0644, NULL), 0);
}

/* A guest's volume in a pool, over its data and metadata, over one disk. */
static void below(void **state)
{
	const char *root = *state;
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	CLEANUP(strlist_dispose) struct strlist none = STRLIST_INIT;

	put(root, "/sys/dev/block/253:4/dm", "name", "domus-web--xvda\n");
	put(root, "/sys/dev/block/253:4/slaves", "dm-2", "");
	put(root, "/sys/block/dm-2/dm", "name", "domus-pool-tpool\n");
	put(root, "/sys/block/dm-2/slaves", "dm-0", "");
	put(root, "/sys/block/dm-2/slaves", "dm-1", "");
	put(root, "/sys/block/dm-0/dm", "name", "domus-pool_tmeta\n");
	put(root, "/sys/block/dm-0/slaves", "sda", "");
	put(root, "/sys/block/dm-1/dm", "name", "domus-pool_tdata\n");
	/* a circle ends */
	put(root, "/sys/block/sda/slaves", "sda", "");
	below_list_device(root, 253, 4, &names);
	assert_int_equal(names.count, 4);
	assert_true(strlist_has(&names, "domus-pool-tpool"));
	assert_string_equal(names.items[0], "domus-web--xvda");
	below_list_device(root, 7, 0, &none);
	below_list(root, "/dev/null/nothing", &none);
	below_list(root, "", &none);
	assert_int_equal(none.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_lines),
		cmocka_unit_test(levels),
		cmocka_unit_test(steps),
		cmocka_unit_test(waits),
		SCRATCH_TEST(below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
