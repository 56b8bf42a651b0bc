/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arithmetic on IP addresses and their networks; pure. */
#ifndef DOMUS_NETADDR_H
#define DOMUS_NETADDR_H

#include <stdbool.h>
#include <stddef.h>

struct netaddr {
	bool is_ipv6;
	unsigned char bytes[16]; /* network order; IPv4 uses four */
	unsigned prefix;         /* bits of the network; all bits when none was written */
};

/* "192.0.2.1", "192.0.2.1/24", "2001:db8::1/64". False when it is none of them. */
bool netaddr_parse(const char *text, struct netaddr *ret_addr);
/* True when both lie in the network that net's prefix makes. */
bool netaddr_contains(const struct netaddr *net, const struct netaddr *addr);
/* True for a network, or an address alone: no bit is set after the prefix. */
bool netaddr_is_network(const struct netaddr *addr);
bool netaddr_is_same(const struct netaddr *a, const struct netaddr *b);
/* True for an address that a machine can have: no network, broadcast, multicast, 0 or loopback. */
bool netaddr_is_host(const struct netaddr *addr);

#endif
