/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-spoofing for a NIC whose script is vif-guarded: a table of nftables' bridge family per NIC.
 * From its port pass only frames that are its own: untagged, from its MAC, ARP saying that MAC.
 * If the NIC has ip=, only ARP, IPv4 and IPv6 from those addresses pass besides, and what DHCP and
 * IPv6 need before there is an address. Without, addresses are not looked at.
 */
#ifndef DOMUS_HOTPLUG_GUARD_H
#define DOMUS_HOTPLUG_GUARD_H

#include <stdint.h>

#include "err.h"
#include "str.h"

struct guard {
	uint32_t domid;
	uint32_t devid;
	const char *ports[2]; /* the vif's name, and its tap's; NULL: none */
	const char *mac;      /* with ":" */
	const char
		*addresses; /* ip= as the guest's file has it: addresses or networks; NULL: any */
};

/* Input for `nft -f -` that replaces the table. ERR_INVALID: mac or addresses make no sense. */
int guard_build(const struct guard *guard, struct str *ret_rules, struct err *err);
int guard_add(const struct guard *guard, struct err *err);
/* That there is none is no error. */
int guard_remove(uint32_t domid, uint32_t devid, struct err *err);

#endif
