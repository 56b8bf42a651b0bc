/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks from a /sys/block made of plain files; a disk in words. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/diskinv.h"
#include "lib/file.h"
#include "tests/unit/scratch.h"

static void put(const char *root, const char *path, const char *text, size_t len)
{
	CLEANUP(mem_free_string) char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	assert_int_equal(file_make_dirs(root, dir, 0755, NULL), 0);
	assert_int_equal(file_write(root, path, text, len, 0644, NULL), 0);
}

static void put_text(const char *root, const char *path, const char *text)
{
	put(root, path, text, strlen(text));
}

/* A disk is a link into /sys/devices, as in the kernel's tree. */
static char *make_disk(
	const char *root, const char *name, const char *bus_path, const char *sectors)
{
	char *dir = xasprintf("/sys/devices/%s/block/%s", bus_path, name);
	CLEANUP(mem_free_string) char *size = xasprintf("%s/size", dir);
	CLEANUP(mem_free_string) char *link = xasprintf("/sys/block/%s", name);
	CLEANUP(mem_free_string) char *target = xasprintf("../devices/%s/block/%s", bus_path, name);
	put_text(root, size, sectors);
	assert_int_equal(file_make_dirs(root, "/sys/block", 0755, NULL), 0);
	assert_int_equal(file_symlink(root, link, target, NULL), 0);
	return dir;
}

static void put_in(const char *root, const char *dir, const char *name, const char *text)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s/%s", dir, name);
	put_text(root, path, text);
}

static void reads_disks(void **state)
{
	const char *root = *state;
	struct disk_inventory inventory;
	CLEANUP(mem_free_string)
	char *sda = make_disk(root, "sda", "pci0/ata1/host0/target0", "16777216\n");
	CLEANUP(mem_free_string)
	char *sdb = make_disk(root, "sdb", "pci0/usb1/1-1/1-1:1.0/host6/target6", "2048\n");
	CLEANUP(mem_free_string) char *vda = make_disk(root, "vda", "pci0/virtio1", "8388608\n");
	CLEANUP(mem_free_string) char *loop = make_disk(root, "loop0", "virtual", "100\n");
	CLEANUP(mem_free_string) char *empty = make_disk(root, "sdc", "pci0/ata2/host1", "0\n");
	CLEANUP(mem_free_string) char *page = xasprintf("%s/device/vpd_pg80", sda);
	put(root, page, "\0\x80\0\x0a  WD-WX 1\0", 13);
	put_in(root, sda, "device/model", "QEMU HARDDISK   \n");
	put_in(root, sda, "device/wwid", "t10.ATA     QEMU HARDDISK\n");
	put_in(root, sda, "queue/logical_block_size", "4096\n");
	put_in(root, sda, "sda2/partition", "2\n");
	put_in(root, sda, "sda2/size", "2048\n");
	put_in(root, sda, "sda10/partition", "10\n");
	put_in(root, sda, "sda10/size", "4096\n");
	put_in(root, sda, "sda10/holders/dm-0", "");
	put_in(root, "/sys/block/dm-0", "dm/name", "vg-root\n");
	put_text(root, "/sys/devices/pci0/usb1/1-1/serial", "STICK7\n");
	put_in(root, sdb, "removable", "1\n");
	put_in(root, vda, "serial", "SYSTEM\n");
	put_in(root, vda, "ro", "1\n");
	put_text(root, "/proc/mounts", "/dev/sdb /run/domus/medium iso9660 ro 0 0\n");
	put_text(root, "/proc/swaps", "Filename Type\n/dev/sda2 partition 1 0 -2\n");
	assert_int_equal(diskinv_read(root, &inventory, NULL), 0);
	assert_int_equal(inventory.count, 3);
	const struct disk_info *d = &inventory.disks[0];
	assert_string_equal(d->path, "/dev/sda");
	assert_string_equal(d->model, "QEMU HARDDISK");
	assert_string_equal(d->serial, "WD-WX 1");
	assert_string_equal(d->wwn, "");
	assert_string_equal(d->bus, "sata");
	assert_int_equal(d->sector_bytes, 4096);
	assert_true(d->size_bytes == (uint64_t)8 << 30);
	assert_int_equal(d->n_parts, 2);
	assert_string_equal(d->parts[0].name, "sda2");
	assert_string_equal(d->parts[0].mounted_at, "swap");
	assert_string_equal(d->parts[1].mounted_at, "vg-root");
	assert_true(disk_is_in_use(d));
	d = &inventory.disks[1];
	assert_string_equal(d->serial, "STICK7");
	assert_string_equal(d->bus, "usb");
	assert_true(d->is_removable && d->is_medium);
	d = &inventory.disks[2];
	assert_string_equal(d->serial, "SYSTEM");
	assert_true(d->is_read_only && disk_is_empty(d) && !disk_is_in_use(d));
	assert_int_equal(d->sector_bytes, 512);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	disk_describe(d, &text);
	assert_string_equal(str_text(&text), "/dev/vda, 4.3 GB, serial SYSTEM (virtio)");
	diskinv_dispose(&inventory);
	diskinv_dispose(&inventory);
}

static void no_disks(void **state)
{
	struct disk_inventory inventory;
	assert_int_equal(diskinv_read(*state, &inventory, NULL), 0);
	assert_int_equal(inventory.count, 0);
	diskinv_dispose(&inventory);
}

static void names_of_parts(void **state)
{
	static const struct {
		const char *disk;
		const char *name;
		bool is_part;
	} cases[] = {{"/dev/sda", "/dev/sda1", true}, {"/dev/sda", "/dev/sda10", true},
		{"/dev/nvme0n1", "/dev/nvme0n1p2", true}, {"/dev/mmcblk0", "/dev/mmcblk0p1", true},
		{"/dev/sda", "/dev/sda", false}, {"/dev/sda", "/dev/sdaa", false},
		{"/dev/sda", "/dev/sdaa1", false}, {"/dev/sda", "/dev/sdap1", false},
		{"/dev/sda1", "/dev/sda10", false}, {"/dev/sda1", "/dev/sda1p", false},
		{"/dev/nvme0n1", "/dev/nvme0n10", false}, {"/dev/sdb", "/dev/sda1", false},
		{"", "1", false}};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(disk_is_part_name(cases[i].disk, cases[i].name), cases[i].is_part);
}

int main(void)
{
	const struct CMUnitTest tests[] = {SCRATCH_TEST(reads_disks), SCRATCH_TEST(no_disks),
		cmocka_unit_test(names_of_parts)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
