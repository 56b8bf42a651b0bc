/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arithmetic on IP addresses and their networks; pure. */
#include "netaddr.h"

#include <arpa/inet.h>
#include <string.h>

#include "num.h"

static unsigned bits(const struct netaddr *addr)
{
	return addr->is_ipv6 ? 128 : 32;
}

bool netaddr_parse(const char *text, struct netaddr *ret_addr)
{
	char buf[INET6_ADDRSTRLEN + 1];
	struct netaddr addr = {.is_ipv6 = strchr(text, ':') != NULL};
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	if (len >= sizeof(buf))
		return false;
	memcpy(buf, text, len);
	buf[len] = '\0';
	if (inet_pton(addr.is_ipv6 ? AF_INET6 : AF_INET, buf, addr.bytes) != 1)
		return false;
	int64_t prefix = bits(&addr);
	if (slash && num_parse_int(slash + 1, 0, prefix, &prefix, NULL) < 0)
		return false;
	addr.prefix = (unsigned)prefix;
	*ret_addr = addr;
	return true;
}

static bool bit_of(const struct netaddr *addr, unsigned i)
{
	return (addr->bytes[i / 8] >> (7 - i % 8)) & 1;
}

bool netaddr_contains(const struct netaddr *net, const struct netaddr *addr)
{
	if (net->is_ipv6 != addr->is_ipv6)
		return false;
	for (unsigned i = 0; i < net->prefix; i++)
		if (bit_of(net, i) != bit_of(addr, i))
			return false;
	return true;
}

bool netaddr_is_same(const struct netaddr *a, const struct netaddr *b)
{
	return a->is_ipv6 == b->is_ipv6 && memcmp(a->bytes, b->bytes, bits(a) / 8) == 0;
}

/* True when all bits after the prefix have this value. */
static bool host_part_is(const struct netaddr *addr, bool value)
{
	for (unsigned i = addr->prefix; i < bits(addr); i++)
		if (bit_of(addr, i) != value)
			return false;
	return true;
}

bool netaddr_is_network(const struct netaddr *addr)
{
	return host_part_is(addr, false);
}

bool netaddr_is_host(const struct netaddr *addr)
{
	const unsigned char *b = addr->bytes;
	if (addr->is_ipv6) {
		static const unsigned char loopback[16] = {[15] = 1};
		static const unsigned char unspecified[16] = {0};
		return b[0] != 0xFF && memcmp(b, loopback, 16) != 0 &&
		       memcmp(b, unspecified, 16) != 0;
	}
	if (b[0] == 0 || b[0] == 127 || b[0] >= 224)
		return false;
	/* RFC 3021: both addresses of a /31 are hosts. */
	return addr->prefix >= 31 || (!host_part_is(addr, false) && !host_part_is(addr, true));
}
