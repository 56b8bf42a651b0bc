/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What domus-hotplug decides: which call it is, whether a disk may be shared, what a NIC may send. */
/* sources: dom0-rootfs/hotplug/call.c dom0-rootfs/hotplug/guard.c dom0-rootfs/hotplug/lock.c dom0-rootfs/hotplug/sharing.c */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "dom0-rootfs/hotplug/call.h"
#include "dom0-rootfs/hotplug/guard.h"
#include "dom0-rootfs/hotplug/lock.h"
#include "dom0-rootfs/hotplug/sharing.h"
#include "lib/attrs.h"
#include "lib/mem.h"
#include "tests/unit/scratch.h"

#define SCRIPTS "/etc/xen/scripts/"

static void calls_of_libxl_are_understood(void **state)
{
	static const struct {
		const char *script, *command, *type, *path;
		bool is_needless;
		struct call call;
	} cases[] = {
		{SCRIPTS "block", "add", NULL, "backend/vbd/3/51712", false,
			{.kind = CALL_BLOCK, .is_add = true, .domid = 3, .devid = 51712}},
		{SCRIPTS "block-shared", "remove", NULL, "/local/domain/0/backend/vbd/3/51712",
			false, {.kind = CALL_BLOCK, .is_shared = true, .domid = 3, .devid = 51712}},
		{SCRIPTS "vif-bridge", "online", "type_if=vif", "backend/vif/12/0", false,
			{.kind = CALL_VIF,
				.is_add = true,
				.has_tap = true,
				.domid = 12,
				.device = "vif12.0"}},
		{"vif-guarded", "offline", "type_if=vif", "backend/vif/12/0", false,
			{.kind = CALL_VIF,
				.is_guarded = true,
				.has_tap = true,
				.domid = 12,
				.device = "vif12.0"}},
		{SCRIPTS "vif-bridge", "add", "type_if=tap", "backend/vif/12/0", false,
			{.kind = CALL_TAP, .is_add = true, .domid = 12, .device = "vif12.0-emu"}},
		{SCRIPTS "vif-bridge", "remove", "type_if=tap", "backend/vif/12/0", false,
			{.kind = CALL_TAP, .domid = 12, .device = "vif12.0-emu"}},
		{SCRIPTS "vif-bridge", "online", "type_if=tap", "backend/vif/12/0", true,
			{.kind = CALL_TAP, .is_add = true, .domid = 12, .device = "vif12.0-emu"}},
		{SCRIPTS "vif-bridge", "add", "type_if=vif", "backend/vif/12/0", true,
			{.kind = CALL_VIF,
				.is_add = true,
				.has_tap = true,
				.domid = 12,
				.device = "vif12.0"}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *argv[] = {(char *)cases[i].script, (char *)cases[i].command,
			(char *)cases[i].type, NULL};
		const struct call_env env = {
			.xenbus_path = cases[i].path,
			.vif = "vif12.0",
			.interface = "vif12.0-emu",
		};
		const struct call *want = &cases[i].call;
		struct err err = ERR_INIT;
		struct call call;
		bool is_needless;

		assert_true(call_knows_script(argv[0]));
		assert_int_equal(call_read(argv, &env, &call, &is_needless, &err), 0);
		assert_int_equal(is_needless, cases[i].is_needless);
		assert_int_equal(call.kind, want->kind);
		assert_int_equal(call.is_add, want->is_add);
		assert_int_equal(call.is_guarded, want->is_guarded);
		assert_int_equal(call.is_shared, want->is_shared);
		assert_int_equal(call.has_tap, want->has_tap);
		assert_int_equal(call.domid, want->domid);
		assert_int_equal(call.devid, want->devid);
		assert_string_equal(call.device, want->device);
		assert_string_equal(call.xenbus_path, cases[i].path);
	}
}

static void other_calls_are_refused(void **state)
{
	static const struct {
		const char *script, *command, *type, *path, *vif, *text;
	} cases[] = {
		{"block", "online", NULL, "backend/vbd/3/1", NULL, "online is no command of block"},
		{"block", NULL, NULL, "backend/vbd/3/1", NULL, "(nothing) is no command of block"},
		{"block", "add", NULL, NULL, NULL, "XENBUS_PATH is missing: only xl calls this"},
		{"block", "add", NULL, "backend", NULL, "XENBUS_PATH=backend names no device"},
		{"block", "add", NULL, "backend/vbd/x/1", NULL, "XENBUS_PATH=backend/vbd/x/1: "},
		{"vif-bridge", "online", "type_if=vif", "b/vif/3/0", NULL, "vif is missing"},
		{"vif-bridge", "online", "type_if=vif", "b/vif/3/0", "a/../b",
			"vif=a/../b is no name"},
		{"vif-bridge", "online", "type_if=vif", "b/vif/3/0", "a123456789012345",
			"vif=a123456789012345 is no name"},
		{"vif-bridge", "online", "type_if=x", "b/vif/3/0", "v", "type_if=x is neither"},
	};

	(void)state;
	assert_false(call_knows_script("/usr/sbin/domus-hotplug"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *argv[] = {(char *)cases[i].script, (char *)cases[i].command,
			(char *)cases[i].type, NULL};
		const struct call_env env = {.xenbus_path = cases[i].path, .vif = cases[i].vif};
		struct err err = ERR_INIT;
		struct call call;
		bool is_needless;

		assert_int_equal(call_read(argv, &env, &call, &is_needless, &err), -1);
		if (strncmp(err.text, cases[i].text, strlen(cases[i].text)) != 0)
			fail_msg("%s", err.text);
	}
}

static void modes_are_read(void **state)
{
	(void)state;
	assert_int_equal(sharing_read_mode("r"), SHARING_READ);
	assert_int_equal(sharing_read_mode("ro"), SHARING_READ);
	assert_int_equal(sharing_read_mode(""), SHARING_READ);
	assert_int_equal(sharing_read_mode("w"), SHARING_WRITE);
	assert_int_equal(sharing_read_mode("rw"), SHARING_WRITE);
	assert_int_equal(sharing_read_mode("w!"), SHARING_UNCHECKED);
}

static void mounts_are_read(void **state)
{
	CLEANUP(sharing_users_dispose) struct sharing_users users = SHARING_USERS_INIT;
	CLEANUP(strlist_dispose) struct strlist sources = STRLIST_INIT;

	(void)state;
	sharing_add_mounts(
		"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"
		"37 35 0:30 / /a\\040b\\134 rw - btrfs /dev/sd\\040a rw,subvol=/\n"
		"38 35 7:1 / /cd ro,nosuid shared:1 propagate_from:2 - iso9660 /dev/loop1 ro\n"
		"39 35 8:1 / /bind ro - ext4 /dev/sda1 rw,error\n"
		"40 35 8:2 / /x rw - ext4 /dev/sda2 errors=remount-ro,ro\n"
		"41 broken\n"
		"42 35 8:2 / /y rw - ext4\n",
		&users, &sources);
	assert_int_equal(users.count, 5);
	assert_int_equal(sources.count, 5);
	assert_true(users.item[0].is_mount && users.item[0].writes);
	assert_string_equal(users.item[0].name, "/mnt2");
	assert_true(users.item[0].id.has_device);
	assert_int_equal(users.item[0].id.device, makedev(98, 0));
	assert_string_equal(users.item[1].name, "/a b\\");
	assert_string_equal(sources.items[1], "/dev/sd a");
	assert_false(users.item[1].id.has_device);
	assert_false(users.item[2].writes);
	assert_true(users.item[3].writes);
	assert_false(users.item[4].writes);
}

static void one_vm_may_be_several_domains(void **state)
{
	static const struct {
		struct sharing_vm asks, other;
		bool is_same;
	} cases[] = {
		{{"/vm/a", NULL}, {"/vm/b", NULL}, false},
		{{"/vm/a", NULL}, {"/vm/a", NULL}, true},
		{{"/vm/a-1", NULL}, {"/vm/a", NULL}, true},
		{{"/vm/a", NULL}, {NULL, NULL}, true},
		{{"/vm/dm", "/vm/a"}, {"/vm/a", NULL}, true},
		{{"/vm/a", NULL}, {"/vm/dm", "/vm/a"}, true},
		{{"/vm/dm1", "/vm/a"}, {"/vm/dm2", "/vm/a"}, true},
		{{"/vm/dm1", "/vm/a"}, {"/vm/dm2", "/vm/b"}, false},
		{{NULL, NULL}, {"/vm/b", NULL}, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
			sharing_is_same_vm(&cases[i].asks, &cases[i].other), cases[i].is_same);
}

static void sharing_is_decided(void **state)
{
	static const struct {
		struct sharing_user user;
		enum sharing_mode mode;
		const char *text; /* NULL: allowed */
	} cases[] = {
		{{.name = "web", .writes = true, .id = {.has_device = true, .device = 0x701}},
			SHARING_READ,
			"/d is used by the guest web and must not be read by another one; stop web, "},
		{{.name = "web", .id = {.has_device = true, .device = 0x701}}, SHARING_WRITE,
			"/d is used read-only by the guest web and must not be written to by another "},
		{{.name = "web", .id = {.has_device = true, .device = 0x701}}, SHARING_READ, NULL},
		{{.name = "web", .writes = true, .id = {.has_device = true, .device = 0x702}},
			SHARING_WRITE, NULL},
		{{.name = "web", .writes = true, .id = {.has_device = true, .device = 0x701}},
			SHARING_UNCHECKED, NULL},
		{{.name = "web",
			 .writes = true,
			 .is_same_vm = true,
			 .id = {.has_device = true, .device = 0x701}},
			SHARING_WRITE, NULL},
		/* the file behind our loop device, as QEMU's disk of another guest */
		{{.name = "web",
			 .writes = true,
			 .id = {.has_file = true, .file_dev = 5, .file_ino = 6}},
			SHARING_WRITE, "/d is used by the guest web "},
		{{.name = "web",
			 .writes = true,
			 .id = {.has_file = true, .file_dev = 5, .file_ino = 7}},
			SHARING_WRITE, NULL},
		{{.name = "web", .writes = true}, SHARING_WRITE, NULL},
		{{.is_mount = true,
			 .name = "/srv",
			 .writes = true,
			 .id = {.has_device = true, .device = 0x701}},
			SHARING_READ,
			"/d is mounted on /srv in this host and must not be read by a guest meanwhile; "
			"umount /srv first"},
		{{.is_mount = true, .name = "/srv", .id = {.has_device = true, .device = 0x701}},
			SHARING_WRITE,
			"/d is mounted read-only on /srv in this host and must not be "},
		{{.is_mount = true, .name = "/srv", .id = {.has_device = true, .device = 0x701}},
			SHARING_READ, NULL},
	};
	const struct sharing_id id = {.has_device = true,
		.device = 0x701,
		.has_file = true,
		.file_dev = 5,
		.file_ino = 6};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sharing_user item[2] = {{.name = (char *)"nobody"}, cases[i].user};
		const struct sharing_users users = {.item = item, .count = 2};
		struct err err = ERR_INIT;
		int rc = sharing_check("/d", &id, cases[i].mode, &users, &err);

		assert_int_equal(rc, cases[i].text ? -1 : 0);
		if (cases[i].text && strncmp(err.text, cases[i].text, strlen(cases[i].text)) != 0)
			fail_msg("%zu: %s", i, err.text);
	}
}

#define HEAD                              \
	"table bridge guard_3_1\n"        \
	"delete table bridge guard_3_1\n" \
	"table bridge guard_3_1 {\n"
#define OWN                                           \
	"\tchain own {\n"                             \
	"\t\tether saddr != 00:16:3e:00:00:09 drop\n" \
	"\t\tether type { 8021q, 8021ad } drop\n"     \
	"\t\tarp saddr ether != 00:16:3e:00:00:09 drop\n"
#define TAIL                                                              \
	"\t}\n"                                                           \
	"\tchain frames {\n"                                              \
	"\t\ttype filter hook prerouting priority -300; policy accept;\n" \
	"\t\tiifname \"vif3.1\" jump own\n"                               \
	"\t}\n"                                                           \
	"}\n"
#define IPV4_REST                           \
	"\t\tarp saddr ip 0.0.0.0 accept\n" \
	"\t\tip saddr 0.0.0.0 udp sport 68 udp dport 67 accept\n"
#define IPV6_REST                                                                 \
	"\t\tip6 saddr :: icmpv6 type { nd-neighbor-solicit, nd-router-solicit, " \
	"mld-listener-report, mld2-listener-report } accept\n"

static void rules_of_a_guarded_nic(void **state)
{
	static const struct {
		const char *addresses, *rules;
	} cases[] = {
		{NULL, HEAD OWN TAIL},
		{"192.0.2.9",
			HEAD OWN "\t\tarp saddr ip 192.0.2.9/32 accept\n"
				 "\t\tip saddr 192.0.2.9/32 accept\n" IPV4_REST "\t\tdrop\n" TAIL},
		{"2001:db8::9 192.0.2.0/24",
			HEAD "\tchain advert {\n"
			     "\t\ticmpv6 taddr 2001:db8::9/128 return\n"
			     "\t\ticmpv6 taddr fe80::216:3eff:fe00:9/128 return\n"
			     "\t\tdrop\n"
			     "\t}\n" OWN "\t\tarp saddr ip 192.0.2.0/24 accept\n"
			     "\t\tip saddr 192.0.2.0/24 accept\n" IPV4_REST
			     "\t\ticmpv6 type nd-neighbor-advert jump advert\n"
			     "\t\tip6 saddr 2001:db8::9/128 accept\n"
			     "\t\tip6 saddr fe80::216:3eff:fe00:9/128 accept\n" IPV6_REST
			     "\t\tdrop\n" TAIL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct guard guard = {.domid = 3,
			.devid = 1,
			.ports = {"vif3.1", NULL},
			.mac = "00:16:3e:00:00:09",
			.addresses = cases[i].addresses};
		CLEANUP(str_dispose) struct str rules = STR_INIT;
		struct err err = ERR_INIT;

		assert_int_equal(guard_build(&guard, &rules, &err), 0);
		assert_string_equal(str_text(&rules), cases[i].rules);
	}
}

static void bad_addresses_leave_no_nic_unguarded(void **state)
{
	static const struct {
		const char *mac, *addresses, *text;
	} cases[] = {
		{"00:16:3e:00:00:09", "192.0.2.9/24", "write \"192.0.2.9\" for the address alone"},
		{"00:16:3e:00:00:09", "192.0.2.9 x", "\"x\" is no IP address or network"},
		{"00:16:3e:00:00:09", "2001:db8::1/64",
			"write \"2001:db8::1\" for the address alone"},
		{"00:16:3e:00:00:09; drop", "192.0.2.9", "mac of a guarded NIC: "},
		{"00:16:3e:00:00:09", " ", "ip= of a guarded NIC: no IP address is given"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct guard guard = {.mac = cases[i].mac, .addresses = cases[i].addresses};
		CLEANUP(str_dispose) struct str rules = STR_INIT;
		struct err err = ERR_INIT;

		assert_int_equal(guard_build(&guard, &rules, &err), -1);
		if (!strstr(err.text, cases[i].text))
			fail_msg("%s", err.text);
	}
}

/* Whoever has the lock counts up a file; without it numbers would be lost. */
static void lock_lets_one_in(void **state)
{
	enum { CHILDREN = 4, ROUNDS = 50 };
	const char *root = *state;
	CLEANUP(mem_free_string) char *locks = xasprintf("%s/locks", root);
	CLEANUP(mem_free_string) char *path = xasprintf("%s/count", root);
	int count = 0;

	for (int child = 0; child < CHILDREN; child++) {
		if (fork() != 0)
			continue;
		for (int round = 0; round < ROUNDS; round++) {
			struct lock lock = LOCK_INIT;
			int number = 0;
			if (lock_claim(locks, "block", &lock, NULL) < 0)
				_exit(1);
			FILE *file = fopen(path, "r");
			if (file) {
				(void)!fscanf(file, "%d", &number);
				(void)fclose(file);
			}
			file = fopen(path, "w");
			if (!file || fprintf(file, "%d", number + 1) < 0 || fclose(file) != 0)
				_exit(1);
			lock_release(&lock);
		}
		_exit(0);
	}
	for (int child = 0; child < CHILDREN; child++) {
		int status;
		assert_true(wait(&status) > 0 && status == 0);
	}
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &count), 1);
	(void)fclose(file);
	assert_int_equal(count, CHILDREN * ROUNDS);
}

/* For hotplug_guard_test.py: the real thing, in a network namespace. */
static int guard_for_real(char **argv)
{
	struct err err = ERR_INIT;
	int rc = -1;

	if (strcmp(argv[1], "unguard") == 0) {
		/* That there is none is no error. */
		rc = guard_remove(3, 1, &err) == 0 ? guard_remove(3, 1, &err) : -1;
	} else if (strcmp(argv[1], "guard") == 0 && argv[2] && argv[3]) {
		const struct guard guard = {.domid = 3,
			.devid = 1,
			.ports = {argv[2], "vif-emu"},
			.mac = argv[3],
			.addresses = argv[4]};
		rc = guard_add(&guard, &err);
	}
	(void)fprintf(stderr, "%s", err.text);
	return rc == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_of_libxl_are_understood),
		cmocka_unit_test(other_calls_are_refused),
		cmocka_unit_test(modes_are_read),
		cmocka_unit_test(mounts_are_read),
		cmocka_unit_test(one_vm_may_be_several_domains),
		cmocka_unit_test(sharing_is_decided),
		cmocka_unit_test(rules_of_a_guarded_nic),
		cmocka_unit_test(bad_addresses_leave_no_nic_unguarded),
		SCRATCH_TEST(lock_lets_one_in),
	};
	if (argc > 1)
		return guard_for_real(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
