/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot environment and arguments of an installed host; what is written to the disk itself. */
/* sources: installer/exec_disk.c */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "installer/exec_private.h"
#include "lib/bootcfg.h"
#include "lib/file.h"
#include "tests/unit/scratch.h"

enum { DISK_BYTES = 12 << 20 };

static void environment(void **state)
{
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	CLEANUP(str_dispose) struct str block = STR_INIT;
	(void)state;
	strlist_add(&words, "installed=yes");
	strlist_add(&words, "slot=a");
	strlist_add(&words, "reinstall=");
	assert_int_equal(bootcfg_env(&words, &block, NULL), 0);
	assert_int_equal(block.len, BOOTCFG_ENV_BYTES);
	assert_memory_equal(block.data, "# GRUB Environment Block\ninstalled=yes\nslot=a\n", 46);
	CLEANUP(mem_free_string) char *yes = bootcfg_env_get(str_text(&block), "installed");
	CLEANUP(mem_free_string) char *empty = bootcfg_env_get(str_text(&block), "reinstall");
	assert_string_equal(yes, "yes");
	assert_string_equal(empty, "");
	assert_null(bootcfg_env_get(str_text(&block), "slot_a"));
	/* All that counts fits the sector that is overwritten at once. */
	for (int i = 0; i < 40; i++)
		strlist_addf(&words, "word%d=0123456789", i);
	CLEANUP(str_dispose) struct str large = STR_INIT;
	assert_int_equal(bootcfg_env(&words, &large, NULL), -1);
}

static void arguments(void **state)
{
	CLEANUP(hostconf_dispose) struct host_config config;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	static const char conf[] =
		"[console]\nserial = com2\nspeed = 9600\n[dom0]\nvcpus = 2\nhvm-guests = 1\n"
		"[boot]\ndefault = rescue\ntimeout = 9\nxen-args = loglvl=all\n"
		"dom0-args = quiet\n";
	const struct hostconf_context context = {.zoneinfo_root = NULL};
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	(void)state;
	hostconf_init(&config);
	hostconf_parse(conf, sizeof(conf) - 1, &context, SCHEMA_STRICT, &config, &problems);
	assert_int_equal(problems.errors, 0);
	bootcfg_args(&config, 2048, &text);
	assert_string_equal(str_text(&text),
		"# From /etc/domus/host.conf; change it there, with domus-host.\n"
		"set default=rescue\nset timeout=9\n"
		"set xen_console='com2=9600,8n1 console=com2,vga'\n"
		"set xen_serial='com2=9600,8n1 console=com2'\n"
		"set linux_serial='console=ttyS1,9600'\nset serial_unit=1\nset serial_speed=9600\n"
		"set dom0_mem='dom0_mem=248M+6%,max:248M+6% dom0_max_vcpus=2'\n"
		"set xen_args='loglvl=all'\nset dom0_args='quiet'\n");
	/* A small machine keeps its memory for guests. */
	assert_int_equal(bootcfg_dom0_base_mib(&config, 512), 208 + 32);
}

static unsigned char *read_disk(const char *path)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	assert_int_equal(file_read("/", path, DISK_BYTES, &text, NULL), 0);
	unsigned char *copy = xmalloc(text.len);
	memcpy(copy, text.data, text.len);
	return copy;
}

static void boot_code(void **state)
{
	const char *dir = *state;
	CLEANUP(mem_free_string) char *disk = xasprintf("%s/disk", dir);
	CLEANUP(mem_free_string) char *boot = xasprintf("%s/boot.img", dir);
	CLEANUP(mem_free_string) char *core = xasprintf("%s/core.img", dir);
	char *bytes = xmalloc(DISK_BYTES);
	memset(bytes, 'D', DISK_BYTES);
	assert_int_equal(file_write("/", disk, bytes, DISK_BYTES, 0600, NULL), 0);
	memset(bytes, 'B', 512);
	assert_int_equal(file_write("/", boot, bytes, 512, 0600, NULL), 0);
	memset(bytes, 'C', 1500);
	assert_int_equal(file_write("/", core, bytes, 1500, 0600, NULL), 0);
	free(bytes);
	assert_int_equal(exec_boot_code(disk, boot, core, 2048, NULL), 0);
	unsigned char *d = read_disk(disk);
	assert_int_equal(d[0], 'B');
	assert_int_equal(d[0x5C + 1], 8); /* 2048, little-endian */
	assert_int_equal(d[0x66], 0x90);
	assert_int_equal(d[439], 'B');
	assert_int_equal(d[440], 'D'); /* the disk's id and the table stay */
	assert_int_equal(d[2048 * 512 - 1], 'D');
	const unsigned char *list = d + 2048 * 512 + 500;
	static const unsigned char expected[] = {1, 8, 0, 0, 0, 0, 0, 0, 2, 0, 0x20, 0x08};
	assert_memory_equal(list, expected, sizeof(expected));
	assert_int_equal(d[2048 * 512 + 1499], 'C');
	assert_int_equal(d[2048 * 512 + 1500], 'D');
	free(d);

	assert_int_equal(exec_wipe(disk, NULL), 0);
	d = read_disk(disk);
	assert_int_equal(
		d[0] | d[(4 << 20) - 1] | d[DISK_BYTES - 1] | d[DISK_BYTES - (4 << 20)], 0);
	assert_int_equal(d[4 << 20], 'D');
	free(d);

	struct err err = ERR_INIT;
	assert_int_equal(exec_boot_code(disk, core, boot, 2048, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(environment),
		cmocka_unit_test(arguments), SCRATCH_TEST(boot_code)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
