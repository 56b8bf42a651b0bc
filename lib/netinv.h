/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network devices that a machine has, read from /sys/class/net. */
#ifndef DOMUS_NETINV_H
#define DOMUS_NETINV_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/*
 * Guests' interfaces are in this group (netdev_group): the hotplug program puts them there, and the firewall
 * knows by it that a guest is behind an interface of whatever name.
 */
#define NETINV_GUEST_GROUP "1986619"

enum net_kind {
	NET_PHYSICAL, /* a wired card */
	NET_BRIDGE,
	NET_BOND,
	NET_VLAN,
	NET_OTHER, /* loopback, guests' vifs, wireless, ... */
};

struct net_dev {
	char *name;
	char *mac; /* small letters; a card's own, even while it is in a bond */
	enum net_kind kind;
	bool has_carrier; /* a link; unknown (false) while the card is down */
	bool is_up;
	char *driver;        /* "" when unknown */
	char *path;          /* place on the bus, "" when unknown */
	char *master;        /* bridge or bond it is a port of, or "" */
	unsigned speed_mbit; /* of the link; 0: none, or unknown */
};

/* Owns its devices, which stand in the order of their names, numbers by value: eth2, eth10. */
struct net_inventory {
	struct net_dev *devs;
	size_t count;
};

#define NET_INVENTORY_INIT {.devs = NULL, .count = 0}

/* Reads root/sys/class/net; a machine without the directory has no devices. */
int netinv_read(const char *root, struct net_inventory *ret_inventory, struct err *err);
/* The device called name, or NULL. */
const struct net_dev *netinv_find(const struct net_inventory *inventory, const char *name);
void netinv_dispose(struct net_inventory *inventory);
/* Order of interface names: digits by their value. */
int netinv_compare_names(const char *a, const char *b);

#endif
