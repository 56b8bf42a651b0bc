/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network devices that a machine has, read from /sys/class/net. */
#define _GNU_SOURCE
#include "netinv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "str.h"

#define SYS_NET "/sys/class/net"

/* One line of an attribute file, or NULL. The caller frees. */
static char *read_attribute(const char *root, const char *dev, const char *attribute)
{
	CLEANUP(mem_free_string) char *path = xasprintf(SYS_NET "/%s/%s", dev, attribute);
	/* Reading "carrier" of a card that is down fails with EINVAL: unknown. */
	return file_first_line(root, path);
}

/* Last part of the target of a link, or "". The caller frees. */
static char *read_link_name(const char *root, const char *dev, const char *link)
{
	CLEANUP(mem_free_string) char *path = xasprintf(SYS_NET "/%s/%s", dev, link);
	CLEANUP(mem_free_string) char *target = NULL;
	if (file_readlink(root, path, &target, NULL) < 0)
		return xstrdup("");
	const char *slash = strrchr(target, '/');
	return xstrdup(slash ? slash + 1 : target);
}

static bool has(const char *root, const char *dev, const char *what)
{
	CLEANUP(mem_free_string) char *path = xasprintf(SYS_NET "/%s/%s", dev, what);
	return file_exists(root, path);
}

static enum net_kind kind_of(const char *root, const char *dev)
{
	if (has(root, dev, "bridge"))
		return NET_BRIDGE;
	if (has(root, dev, "bonding"))
		return NET_BOND;
	CLEANUP(mem_free_string) char *uevent_path = xasprintf(SYS_NET "/%s/uevent", dev);
	CLEANUP(str_dispose) struct str uevent = STR_INIT;
	if (file_read(root, uevent_path, 4096, &uevent, NULL) == 0 &&
		strstr(str_text(&uevent), "DEVTYPE=vlan"))
		return NET_VLAN;
	/* Guests' ports are devices on the xen-backend bus, so they have a "device" too. */
	bool is_guest = strncmp(dev, "vif", 3) == 0;
	bool is_wireless = has(root, dev, "phy80211") || has(root, dev, "wireless");
	/* ARPHRD_ETHER, linux/if_arp.h. */
	CLEANUP(mem_free_string) char *type = read_attribute(root, dev, "type");
	bool is_ethernet = type && strcmp(type, "1") == 0;
	if (has(root, dev, "device") && is_ethernet && !is_guest && !is_wireless)
		return NET_PHYSICAL;
	return NET_OTHER;
}

/* A bond gives its ports its own address; theirs is kept beside. The caller frees. */
static char *read_mac(const char *root, const char *dev)
{
	char *mac = read_attribute(root, dev, "bonding_slave/perm_hwaddr");
	if (!mac)
		mac = read_attribute(root, dev, "address");
	if (!mac)
		mac = xstrdup("");
	for (char *p = mac; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return mac;
}

/* Megabits a second; a card that is down gives an error or -1. */
static unsigned read_speed(const char *root, const char *name)
{
	CLEANUP(mem_free_string) char *text = read_attribute(root, name, "speed");
	int64_t speed = 0;
	if (!text || num_parse_int(text, 0, 10000000, &speed, NULL) < 0)
		return 0;
	return (unsigned)speed;
}

static struct net_dev read_dev(const char *root, const char *name)
{
	CLEANUP(mem_free_string) char *carrier = read_attribute(root, name, "carrier");
	CLEANUP(mem_free_string) char *flags = read_attribute(root, name, "flags");
	/* IFF_UP is bit 0. */
	unsigned long flag_bits = flags ? strtoul(flags, NULL, 16) : 0;
	return (struct net_dev){.name = xstrdup(name),
		.mac = read_mac(root, name),
		.kind = kind_of(root, name),
		.has_carrier = carrier && strcmp(carrier, "1") == 0,
		.is_up = (flag_bits & 1) != 0,
		.driver = read_link_name(root, name, "device/driver"),
		.path = read_link_name(root, name, "device"),
		.master = read_link_name(root, name, "master"),
		.speed_mbit = read_speed(root, name)};
}

int netinv_compare_names(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			unsigned long na = strtoul(a, (char **)&a, 10);
			unsigned long nb = strtoul(b, (char **)&b, 10);
			if (na != nb)
				return na < nb ? -1 : 1;
		} else if (*a != *b) {
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		} else {
			a++;
			b++;
		}
	}
	return *a ? 1 : *b ? -1 : 0;
}

static int compare_devs(const void *a, const void *b)
{
	return netinv_compare_names(
		((const struct net_dev *)a)->name, ((const struct net_dev *)b)->name);
}

int netinv_read(const char *root, struct net_inventory *ret_inventory, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	struct err list_err = ERR_INIT;
	struct net_inventory inventory = NET_INVENTORY_INIT;
	if (file_list_dir(root, SYS_NET, &names, &list_err) < 0 && list_err.code != ERR_MISSING) {
		if (err)
			*err = list_err;
		return err_prefix(err, _("cannot read the list of network cards: "));
	}
	inventory.devs = xcalloc(names.count, sizeof(*inventory.devs));
	for (size_t i = 0; i < names.count; i++) {
		/* bonding_masters is a file among the directories. */
		if (has(root, names.items[i], "address"))
			inventory.devs[inventory.count++] = read_dev(root, names.items[i]);
	}
	if (inventory.count)
		qsort(inventory.devs, inventory.count, sizeof(*inventory.devs), compare_devs);
	*ret_inventory = inventory;
	return 0;
}

const struct net_dev *netinv_find(const struct net_inventory *inventory, const char *name)
{
	for (size_t i = 0; i < inventory->count; i++)
		if (strcmp(inventory->devs[i].name, name) == 0)
			return &inventory->devs[i];
	return NULL;
}

void netinv_dispose(struct net_inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		free(inventory->devs[i].name);
		free(inventory->devs[i].mac);
		free(inventory->devs[i].driver);
		free(inventory->devs[i].path);
		free(inventory->devs[i].master);
	}
	free(inventory->devs);
	*inventory = (struct net_inventory)NET_INVENTORY_INIT;
}
