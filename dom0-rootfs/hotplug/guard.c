/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Anti-spoofing for a NIC whose script is vif-guarded: a table of nftables' bridge family per NIC. */
#include "guard.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "attrs.h"
#include "netaddr.h"
#include "proc.h"
#include "value.h"

enum { NFT_TIMEOUT_MS = 20000, ADDRESS_ROOM = INET6_ADDRSTRLEN + 4 };

struct address {
	bool is_ipv6;
	char text[ADDRESS_ROOM];
};

/* Those of ip=, and the link-local one. */
struct addresses {
	struct address item[VALUE_ADDRESSES_MAX + 1];
	size_t count;
};

/* text: as value_check_addresses() wants it. */
static void read_addresses(const char *text, struct addresses *list)
{
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	strlist_add_words(&words, text);
	for (size_t i = 0; i < words.count; i++) {
		struct address *address = &list->item[list->count];
		struct netaddr addr;
		char bare[INET6_ADDRSTRLEN];
		if (list->count == VALUE_ADDRESSES_MAX || !netaddr_parse(words.items[i], &addr))
			continue;
		(void)inet_ntop(addr.is_ipv6 ? AF_INET6 : AF_INET, addr.bytes, bare, sizeof(bare));
		(void)snprintf(address->text, sizeof(address->text), "%s/%u", bare, addr.prefix);
		address->is_ipv6 = addr.is_ipv6;
		list->count++;
	}
}

/* The link-local address that is made from a MAC (RFC 4291, appendix A). */
static void add_link_local(const char *mac, struct addresses *list)
{
	unsigned m[6];
	unsigned char bytes[16] = {0xfe, 0x80};
	char text[INET6_ADDRSTRLEN];

	if (sscanf(mac, "%2x:%2x:%2x:%2x:%2x:%2x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]) != 6)
		return;
	const unsigned id[8] = {m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]};
	for (size_t i = 0; i < ARRAY_SIZE(id); i++)
		bytes[8 + i] = (unsigned char)id[i];
	struct address *address = &list->item[list->count++];
	address->is_ipv6 = true;
	(void)inet_ntop(AF_INET6, bytes, text, sizeof(text));
	(void)snprintf(address->text, sizeof(address->text), "%s/128", text);
}

static void build_ipv4(const struct addresses *list, struct str *out)
{
	for (size_t i = 0; i < list->count; i++)
		if (!list->item[i].is_ipv6)
			str_add(out, "\t\tarp saddr ip %s accept\n\t\tip saddr %s accept\n",
				list->item[i].text, list->item[i].text);
	/* Is the address free (RFC 5227); DHCP. */
	str_add(out, "\t\tarp saddr ip 0.0.0.0 accept\n"
		     "\t\tip saddr 0.0.0.0 udp sport 68 udp dport 67 accept\n");
}

/* Duplicate address detection and what comes with it is sent from "::". */
static void build_ipv6(const struct addresses *list, struct str *out)
{
	str_add(out, "\t\ticmpv6 type nd-neighbor-advert jump advert\n");
	for (size_t i = 0; i < list->count; i++)
		if (list->item[i].is_ipv6)
			str_add(out, "\t\tip6 saddr %s accept\n", list->item[i].text);
	str_add(out, "\t\tip6 saddr :: icmpv6 type { nd-neighbor-solicit, nd-router-solicit, "
		     "mld-listener-report, mld2-listener-report } accept\n");
}

static void build_advert(const struct addresses *list, struct str *out)
{
	str_add(out, "\tchain advert {\n");
	for (size_t i = 0; i < list->count; i++)
		if (list->item[i].is_ipv6)
			str_add(out, "\t\ticmpv6 taddr %s return\n", list->item[i].text);
	str_add(out, "\t\tdrop\n\t}\n");
}

static void add_removal(uint32_t domid, uint32_t devid, struct str *out)
{
	str_add(out,
		"table bridge guard_%" PRIu32 "_%" PRIu32 "\n"
		"delete table bridge guard_%" PRIu32 "_%" PRIu32 "\n",
		domid, devid, domid, devid);
}

/* In front of bridges' own work, so that they learn no foreign MAC either. */
static void build_ports(const struct guard *guard, struct str *out)
{
	str_add(out, "\tchain frames {\n"
		     "\t\ttype filter hook prerouting priority -300; policy accept;\n");
	for (size_t i = 0; i < ARRAY_SIZE(guard->ports); i++)
		if (guard->ports[i])
			str_add(out, "\t\tiifname \"%s\" jump own\n", guard->ports[i]);
	str_add(out, "\t}\n");
}

int guard_build(const struct guard *guard, struct str *ret_rules, struct err *err)
{
	struct addresses list = {.count = 0};
	bool has_ipv4 = false, has_ipv6 = false;

	if (value_check_mac(guard->mac, err) < 0)
		return err_prefix(err, "mac of a guarded NIC: ");
	if (guard->addresses && guard->addresses[0]) {
		if (value_check_addresses(guard->addresses, err) < 0)
			return err_prefix(err, "ip= of a guarded NIC: ");
		read_addresses(guard->addresses, &list);
	}
	bool is_strict = list.count > 0;
	for (size_t i = 0; i < list.count; i++) {
		has_ipv4 = has_ipv4 || !list.item[i].is_ipv6;
		has_ipv6 = has_ipv6 || list.item[i].is_ipv6;
	}
	add_removal(guard->domid, guard->devid, ret_rules);
	str_add(ret_rules, "table bridge guard_%" PRIu32 "_%" PRIu32 " {\n", guard->domid,
		guard->devid);
	if (has_ipv6) {
		add_link_local(guard->mac, &list);
		build_advert(&list, ret_rules);
	}
	str_add(ret_rules,
		"\tchain own {\n"
		"\t\tether saddr != %s drop\n"
		"\t\tether type { 8021q, 8021ad } drop\n"
		"\t\tarp saddr ether != %s drop\n",
		guard->mac, guard->mac);
	if (has_ipv4)
		build_ipv4(&list, ret_rules);
	if (has_ipv6)
		build_ipv6(&list, ret_rules);
	str_add(ret_rules, "%s\t}\n", is_strict ? "\t\tdrop\n" : "");
	build_ports(guard, ret_rules);
	str_add(ret_rules, "}\n");
	return 0;
}

static int run_nft(const struct str *rules, struct err *err)
{
	static const char *const argv[] = {"nft", "-f", "-", NULL};
	const struct proc_spec spec = {
		.argv = argv,
		.input = str_text(rules),
		.input_len = rules->len,
		.timeout_ms = NFT_TIMEOUT_MS,
	};
	return proc_run_output(&spec, NULL, err);
}

int guard_add(const struct guard *guard, struct err *err)
{
	CLEANUP(str_dispose) struct str rules = STR_INIT;
	if (guard_build(guard, &rules, err) < 0)
		return -1;
	if (run_nft(&rules, err) < 0)
		return err_prefix(err, "the NIC cannot be guarded: ");
	return 0;
}

int guard_remove(uint32_t domid, uint32_t devid, struct err *err)
{
	CLEANUP(str_dispose) struct str rules = STR_INIT;
	add_removal(domid, devid, &rules);
	return run_nft(&rules, err);
}
