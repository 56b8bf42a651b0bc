/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses this machine has at the moment, for people: no loopback, no link-local ones. */
#define _GNU_SOURCE
#include "addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

/* The address as text, or NULL when it is not worth showing. */
static const char *text_of(const struct sockaddr *address, char buf[INET6_ADDRSTRLEN])
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof(in));
		return inet_ntop(AF_INET, &in.sin_addr, buf, INET6_ADDRSTRLEN);
	}
	if (address->sa_family != AF_INET6)
		return NULL;
	struct sockaddr_in6 in6;
	memcpy(&in6, address, sizeof(in6));
	if (IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr))
		return NULL;
	return inet_ntop(AF_INET6, &in6.sin6_addr, buf, INET6_ADDRSTRLEN);
}

void addresses_read(struct addresses *ret_addresses)
{
	struct ifaddrs *all = NULL;
	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		char buf[INET6_ADDRSTRLEN];
		if (!a->ifa_addr || (a->ifa_flags & IFF_LOOPBACK))
			continue;
		const char *text = text_of(a->ifa_addr, buf);
		if (!text)
			continue;
		strlist_add(&ret_addresses->ifnames, a->ifa_name);
		strlist_add(&ret_addresses->texts, text);
	}
	freeifaddrs(all);
}

void addresses_of(const struct addresses *addresses, const char *ifname, struct strlist *ret_texts)
{
	for (size_t i = 0; i < addresses->ifnames.count; i++)
		if (strcmp(addresses->ifnames.items[i], ifname) == 0)
			strlist_add(ret_texts, addresses->texts.items[i]);
}

void addresses_dispose(struct addresses *addresses)
{
	strlist_dispose(&addresses->ifnames);
	strlist_dispose(&addresses->texts);
}
