/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which volumes count as sticks. Writing to one needs a machine: tests/boot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attrs.h"
#include "stick.h"

static void test_volumes(void **state)
{
	(void)state;
	struct disk_part parts[] = {
		{.name = (char[]){"sdb1"}, .fstype = (char[]){"vfat"}, .mounted_at = (char[]){""}},
		{.name = (char[]){"sdb2"}, .fstype = (char[]){"ext4"}, .mounted_at = (char[]){""}},
		{.name = (char[]){"sdb3"},
			.fstype = (char[]){"vfat"},
			.mounted_at = (char[]){"/mnt"}},
	};
	struct disk_info disks[] = {
		{.fstype = (char[]){"vfat"}, .mounted_at = (char[]){""}}, /* not removable */
		{.fstype = (char[]){""},
			.mounted_at = (char[]){""},
			.is_removable = true,
			.parts = parts,
			.n_parts = ARRAY_SIZE(parts)},
		{.fstype = (char[]){"vfat"},
			.mounted_at = (char[]){""},
			.is_removable = true,
			.is_medium = true},
		{.fstype = (char[]){"vfat"}, .mounted_at = (char[]){""}, .is_removable = true},
		{.fstype = (char[]){"vfat"}, .mounted_at = (char[]){""}, .bus = (char[]){"usb"}},
		{.fstype = (char[]){"vfat"}, .mounted_at = (char[]){""}, .bus = (char[]){"sata"}},
	};
	const struct disk_inventory inventory = {.disks = disks, .count = ARRAY_SIZE(disks)};
	struct stick stick;
	size_t at = 0;
	assert_true(stick_next(&inventory, &at, &stick));
	assert_ptr_equal(stick.part, &parts[0]);
	assert_true(stick_next(&inventory, &at, &stick));
	assert_null(stick.part);
	assert_ptr_equal(stick.disk, &disks[3]);
	assert_true(stick_next(&inventory, &at, &stick));
	assert_ptr_equal(stick.disk, &disks[4]);
	assert_false(stick_next(&inventory, &at, &stick));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_volumes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
