/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network devices from a /sys/class/net made of plain files. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/file.h"
#include "lib/netinv.h"
#include "tests/unit/scratch.h"

/* Makes one device; attributes: "name=value", "name/" a directory, "name>target" a link. */
static void make_dev(const char *root, const char *name, const char *const *attributes)
{
	CLEANUP(mem_free_string) char *dir = xasprintf("/sys/class/net/%s", name);
	assert_int_equal(file_make_dirs(root, dir, 0755, NULL), 0);
	for (; *attributes; attributes++) {
		const char *a = *attributes;
		size_t len = strcspn(a, "=/>");
		CLEANUP(mem_free_string) char *path = xasprintf("%s/%.*s", dir, (int)len, a);
		const char *value = a + len + 1;
		if (a[len] == '=')
			assert_int_equal(
				file_write(root, path, value, strlen(value), 0644, NULL), 0);
		else if (a[len] == '/')
			assert_int_equal(file_make_dirs(root, path, 0755, NULL), 0);
		else
			assert_int_equal(file_symlink(root, path, value, NULL), 0);
	}
}

static void devices(void **state)
{
	static const char *const lo[] = {
		"address=00:00:00:00:00:00\n", "type=772\n", "flags=0x9\n", "carrier=1\n", NULL};
	static const char *const eth10[] = {"address=52:54:00:AA:00:10\n", "type=1\n",
		"flags=0x1003\n", "carrier=1\n", "speed=2500\n", "device/", "master>../xenbr0",
		NULL};
	static const char *const eth2[] = {
		"address=52:54:00:aa:00:02\n", "type=1\n", "flags=0x1002\n", "device/", NULL};
	static const char *const bridge[] = {"address=52:54:00:aa:00:10\n", "type=1\n",
		"flags=0x1003\n", "carrier=1\n", "bridge/", NULL};
	static const char *const bond[] = {
		"address=52:54:00:aa:00:03\n", "type=1\n", "bonding/", NULL};
	static const char *const vlan[] = {"address=52:54:00:aa:00:03\n", "type=1\n",
		"uevent=DEVTYPE=vlan\nINTERFACE=vlan7\n", NULL};
	static const char *const vif[] = {
		"address=fe:ff:ff:ff:ff:ff\n", "type=1\n", "device/", NULL};
	static const char *const wlan[] = {
		"address=52:54:00:aa:00:05\n", "type=1\n", "device/", "phy80211/", NULL};
	const char *root = *state;
	make_dev(root, "lo", lo);
	make_dev(root, "eth10", eth10);
	make_dev(root, "eth2", eth2);
	make_dev(root, "xenbr0", bridge);
	make_dev(root, "bond0", bond);
	make_dev(root, "vlan7", vlan);
	make_dev(root, "vif1.0", vif);
	make_dev(root, "wlan0", wlan);
	assert_int_equal(
		file_write(root, "/sys/class/net/bonding_masters", "bond0\n", 6, 0644, NULL), 0);
	assert_int_equal(file_symlink(root, "/sys/class/net/eth10/device/driver",
				 "../../drivers/e1000", NULL),
		0);
	CLEANUP(netinv_dispose) struct net_inventory inventory = NET_INVENTORY_INIT;
	assert_int_equal(netinv_read(root, &inventory, NULL), 0);
	static const struct {
		const char *name;
		enum net_kind kind;
	} expected[] = {{"bond0", NET_BOND}, {"eth2", NET_PHYSICAL}, {"eth10", NET_PHYSICAL},
		{"lo", NET_OTHER}, {"vif1.0", NET_OTHER}, {"vlan7", NET_VLAN}, {"wlan0", NET_OTHER},
		{"xenbr0", NET_BRIDGE}};
	assert_int_equal(inventory.count, ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_string_equal(inventory.devs[i].name, expected[i].name);
		assert_int_equal(inventory.devs[i].kind, expected[i].kind);
	}
	const struct net_dev *dev = netinv_find(&inventory, "eth10");
	assert_string_equal(dev->mac, "52:54:00:aa:00:10");
	assert_string_equal(dev->driver, "e1000");
	assert_string_equal(dev->master, "xenbr0");
	assert_true(dev->has_carrier && dev->is_up);
	assert_int_equal(dev->speed_mbit, 2500);
	dev = netinv_find(&inventory, "eth2");
	assert_int_equal(dev->speed_mbit, 0);
	assert_false(dev->has_carrier || dev->is_up);
	assert_null(netinv_find(&inventory, "eth3"));
}

/* A bond gives its ports its own address: the card's own is what [nic] means. */
static void ports_of_bonds_keep_their_address(void **state)
{
	static const char *const eth0[] = {
		"address=52:54:00:aa:00:99\n", "type=1\n", "device/", "bonding_slave/", NULL};
	const char *root = *state;
	static const char own[] = "52:54:00:aa:00:01\n";
	make_dev(root, "eth0", eth0);
	assert_int_equal(file_write(root, "/sys/class/net/eth0/bonding_slave/perm_hwaddr", own,
				 strlen(own), 0644, NULL),
		0);
	CLEANUP(netinv_dispose) struct net_inventory inventory = NET_INVENTORY_INIT;
	assert_int_equal(netinv_read(root, &inventory, NULL), 0);
	assert_string_equal(netinv_find(&inventory, "eth0")->mac, "52:54:00:aa:00:01");
}

static void no_devices(void **state)
{
	CLEANUP(netinv_dispose) struct net_inventory inventory = NET_INVENTORY_INIT;
	assert_int_equal(netinv_read(*state, &inventory, NULL), 0);
	assert_int_equal(inventory.count, 0);
}

static void order_of_names(void **state)
{
	(void)state;
	assert_true(netinv_compare_names("eth2", "eth10") < 0);
	assert_true(netinv_compare_names("eth10", "eth2") > 0);
	assert_true(netinv_compare_names("eth0", "eth0") == 0);
	assert_true(netinv_compare_names("enp3s0", "enp3s0f1") < 0);
	assert_true(netinv_compare_names("br", "eth") < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {SCRATCH_TEST(devices),
		SCRATCH_TEST(ports_of_bonds_keep_their_address), SCRATCH_TEST(no_devices),
		cmocka_unit_test(order_of_names)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
