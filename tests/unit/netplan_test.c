/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration and cards in, list of commands out: each case is compared whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/attrs.h"
#include "lib/mem.h"
#include "lib/netplan.h"

#define CARD(n, link)                         \
	{.name = "eth" #n,                    \
		.mac = "52:54:00:00:00:0" #n, \
		.kind = NET_PHYSICAL,         \
		.has_carrier = link,          \
		.driver = "e1000",            \
		.path = "",                   \
		.master = "",                 \
		.is_up = true}
#define MADE(word, what)                    \
	{.name = word,                      \
		.mac = "52:54:00:00:00:00", \
		.kind = what,               \
		.driver = "",               \
		.path = "",                 \
		.master = ""}

/* The inventory of a test lies in a constant table, which the plan only reads. */
static void render(
	const char *text, struct net_dev *devs, size_t count, bool is_up, struct str *out)
{
	static const struct hostconf_context context = {.zoneinfo_root = NULL};
	CLEANUP(hostconf_dispose) struct host_config config;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(netplan_dispose) struct netplan plan;
	const struct net_inventory inventory = {.devs = devs, .count = count};
	hostconf_init(&config);
	hostconf_parse(text, strlen(text), &context, SCHEMA_STRICT, &config, &problems);
	assert_int_equal(problems.errors, 0);
	if (is_up)
		netplan_build_up(&config, &inventory, &plan);
	else
		netplan_build_down(&config, &inventory, &plan);
	for (size_t i = 0; i < plan.n_commands; i++) {
		CLEANUP(mem_free_string) char *line = strlist_join(&plan.commands[i]);
		str_add(out, "%s\n", line);
	}
	for (size_t i = 0; i < plan.n_clients; i++)
		str_add(out, "dhcp%s %s %u\n", plan.clients[i].is_ipv6 ? "6" : "",
			plan.clients[i].ifname, plan.clients[i].metric);
	for (size_t i = 0; i < plan.notes.count; i++)
		str_add(out, "note: %s\n", plan.notes.items[i]);
	str_add(out, "%s", str_text(&plan.resolv));
}

static void expect(const char *text, struct net_dev *devs, size_t count, const char *expected)
{
	CLEANUP(str_dispose) struct str out = STR_INIT;
	render(text, devs, count, true, &out);
	assert_string_equal(str_text(&out), expected);
}

#define AUTO "[bridge xenbr0]\nports = auto\nmethod = dhcp\n"

/* Pieces of expected texts that come again and again. */
#define LO "ip link set dev lo up\n"
#define NO_IPV6(dev) "sysctl -w net/ipv6/conf/" dev "/disable_ipv6=1\n"
#define UP(dev) "ip link set dev " dev " up\n"
#define MASTER(dev, bridge) "ip link set dev " dev " master " bridge "\n"
#define ADDRESS(dev, n) "ip link set dev " dev " address 52:54:00:00:00:0" n "\n"
#define MTU(dev, n) "ip link set dev " dev " mtu " n "\n"
#define RENAME(dev, name) "ip link set dev " dev " down\nip link set dev " dev " name " name "\n"
#define BRIDGE(dev) "ip link add name " dev " type bridge\n" NO_STP(dev)
#define NO_STP(dev) "ip link set dev " dev " type bridge stp_state 0 forward_delay 0\n"
#define PORT(dev, bridge) MASTER(dev, bridge) NO_IPV6(dev) UP(dev)
#define IPV6(dev, ra, autoconf)                              \
	"sysctl -w net/ipv6/conf/" dev "/disable_ipv6=0\n"   \
	"sysctl -w net/ipv6/conf/" dev "/accept_ra=" ra "\n" \
	"sysctl -w net/ipv6/conf/" dev "/autoconf=" autoconf "\n"

/* One command a line reads better than what clang-format makes of macros among strings. */
/* clang-format off */

static void automatic_choice(void **state)
{
	struct net_dev second_has_link[] = {CARD(0, false), CARD(1, true)};
	struct net_dev none_has_link[] = {CARD(0, false), CARD(1, false)};
	(void)state;
	expect(AUTO, second_has_link, 2,
		LO
		BRIDGE("xenbr0")
		ADDRESS("xenbr0", "1")
		PORT("eth1", "xenbr0")
		NO_IPV6("xenbr0")
		UP("xenbr0")
		"dhcp xenbr0 100\n"
		"note: xenbr0: eth1 was chosen (it has a link)\n");
	expect(AUTO, none_has_link, 2,
		LO
		BRIDGE("xenbr0")
		ADDRESS("xenbr0", "0")
		PORT("eth0", "xenbr0")
		NO_IPV6("xenbr0")
		UP("xenbr0")
		"dhcp xenbr0 100\n"
		"note: xenbr0: eth0 was chosen (no card has a link)\n");
	expect(AUTO, NULL, 0,
		LO
		BRIDGE("xenbr0")
		NO_IPV6("xenbr0")
		UP("xenbr0")
		"dhcp xenbr0 100\n"
		"note: xenbr0: there is no network card; it comes up without\n");
}

static void automatic_choice_leaves_used_cards(void **state)
{
	struct net_dev cards[] = {CARD(0, true), CARD(1, true), MADE("vif1.0", NET_OTHER)};
	(void)state;
	expect("[bridge xenbr0]\nports = auto\n[bridge xenbr1]\nports = eth0\n", cards, 3,
		LO
		BRIDGE("xenbr0")
		ADDRESS("xenbr0", "1")
		PORT("eth1", "xenbr0")
		NO_IPV6("xenbr0")
		UP("xenbr0")
		BRIDGE("xenbr1")
		ADDRESS("xenbr1", "0")
		PORT("eth0", "xenbr1")
		NO_IPV6("xenbr1")
		UP("xenbr1")
		"note: xenbr0: eth1 was chosen (it has a link)\n");
}

/* The source material's example: two networks outside, one between the servers only. */
static void three_networks(void **state)
{
	struct net_dev cards[] = {CARD(0, true), CARD(1, true)};
	(void)state;
	expect("[host]\ndomain = example.org\n"
	       "[network]\ndns = 172.16.0.1 2001:db8::53\n"
	       "[bridge xenbr0]\nports = eth0\nmethod = static\naddress = 172.16.0.10/16\n"
	       "gateway = 172.16.0.1\nmethod6 = static\naddress6 = 2001:db8::10/64\n"
	       "gateway6 = fe80::1\n"
	       "[bridge xenbr1]\nports = eth1\nmethod = dhcp\nmethod6 = dhcp\n"
	       "[bridge xenbri]\nports =\n",
		cards, 2,
		LO
		BRIDGE("xenbr0")
		ADDRESS("xenbr0", "0")
		PORT("eth0", "xenbr0")
		IPV6("xenbr0", "0", "0")
		UP("xenbr0")
		"ip addr replace 172.16.0.10/16 brd + dev xenbr0\n"
		"ip route replace default via 172.16.0.1 dev xenbr0\n"
		"ip -6 addr replace 2001:db8::10/64 dev xenbr0\n"
		"ip -6 route replace default via fe80::1 dev xenbr0\n"
		BRIDGE("xenbr1")
		ADDRESS("xenbr1", "1")
		PORT("eth1", "xenbr1")
		IPV6("xenbr1", "1", "0")
		UP("xenbr1")
		BRIDGE("xenbri")
		NO_IPV6("xenbri")
		UP("xenbri")
		"dhcp xenbr1 100\n"
		"dhcp6 xenbr1 110\n"
		"search example.org\n"
		"nameserver 172.16.0.1\n"
		"nameserver 2001:db8::53\n");
}

static void bonds_and_vlans(void **state)
{
	struct net_dev cards[] = {CARD(0, true), CARD(1, true)};
	(void)state;
	expect("[bond bond0]\nports = eth0 eth1\nmode = 802.3ad\n"
	       "[vlan adm.7]\nparent = bond0\nid = 7\n"
	       "[bridge xenbr0]\nports = bond0\n"
	       "[bridge xenbr7]\nports = adm.7\nmtu = 9000\n",
		cards, 2,
		LO
		"ip link add name bond0 type bond mode 802.3ad miimon 100\n"
		"ip link set dev eth0 down\n"
		MASTER("eth0", "bond0")
		"ip link set dev eth1 down\n"
		MASTER("eth1", "bond0")
		NO_IPV6("bond0")
		UP("bond0")
		UP("bond0")
		"ip link add link bond0 name adm.7 type vlan id 7\n"
		NO_IPV6("adm.7")
		UP("adm.7")
		BRIDGE("xenbr0")
		ADDRESS("xenbr0", "0")
		PORT("bond0", "xenbr0")
		NO_IPV6("xenbr0")
		UP("xenbr0")
		BRIDGE("xenbr7")
		ADDRESS("xenbr7", "0")
		MTU("bond0", "9000")
		MTU("adm.7", "9000")
		PORT("adm.7", "xenbr7")
		MTU("xenbr7", "9000")
		NO_IPV6("xenbr7")
		UP("xenbr7"));
}

static void cards_swap_their_names(void **state)
{
	struct net_dev cards[] = {CARD(0, true), CARD(1, true), CARD(2, true)};
	(void)state;
	expect("[nic eth0]\nmac = 52:54:00:00:00:01\n[nic eth1]\nmac = 52:54:00:00:00:00\n"
	       "[nic lan]\nmac = 52:54:00:00:00:02\n[nic gone]\nmac = 52:54:00:00:00:09\n"
	       "[bridge xenbr0]\nports = lan gone\n",
		cards, 3,
		LO
		RENAME("eth0", "domus-swap")
		RENAME("eth1", "eth0")
		RENAME("domus-swap", "eth1")
		RENAME("eth2", "lan")
		BRIDGE("xenbr0")
		ADDRESS("xenbr0", "2")
		PORT("lan", "xenbr0")
		NO_IPV6("xenbr0")
		UP("xenbr0")
		"note: [nic gone]: no card has the MAC address 52:54:00:00:00:09\n"
		"note: xenbr0: there is no network card gone; it comes up without\n");
}

/* What exists is used again; a card stays where "auto" put it, link or not. */
static void second_time(void **state)
{
	struct net_dev devs[] = {CARD(0, true), CARD(1, false), MADE("xenbr0", NET_BRIDGE)};
	char bridge_name[] = "xenbr0";
	(void)state;
	devs[1].master = bridge_name;
	expect(AUTO, devs, 3,
		LO
		NO_STP("xenbr0")
		ADDRESS("xenbr0", "1")
		PORT("eth1", "xenbr0")
		NO_IPV6("xenbr0")
		UP("xenbr0")
		"dhcp xenbr0 100\n"
		"note: xenbr0: eth1 was chosen (no card has a link)\n");
}

static void without_ipv6(void **state)
{
	(void)state;
	expect("[network]\nipv6 = no\n[bridge xenbri]\nstp = yes\n", NULL, 0,
		LO
		"sysctl -w net/ipv6/conf/default/disable_ipv6=1\n"
		"ip link add name xenbri type bridge\n"
		"ip link set dev xenbri type bridge stp_state 1 forward_delay 1500\n"
		NO_IPV6("xenbri")
		UP("xenbri"));
}

/* clang-format on */

static void down(void **state)
{
	struct net_dev devs[] = {CARD(0, true), MADE("xenbr0", NET_BRIDGE), MADE("v7", NET_VLAN)};
	CLEANUP(str_dispose) struct str out = STR_INIT;
	(void)state;
	render(AUTO "[vlan v7]\nparent = eth0\nid = 7\n[bridge xenbr1]\nports = v7\n", devs, 3,
		false, &out);
	assert_string_equal(str_text(&out), "ip link delete dev xenbr0\n"
					    "ip link delete dev v7\n"
					    "ip link set dev eth0 down\n"
					    "dhcp xenbr0 100\n");
}

/* The caller brings these up and waits; cards that somebody else uses are left alone. */
static void candidates(void **state)
{
	static const struct {
		const char *conf;
		const char *names;
	} cases[] = {
		{"", ""},
		{"[bridge xenbr0]\nports = eth0\n", ""},
		{AUTO, "eth0 eth1"},
		{AUTO "[bridge xenbr1]\nports = eth0\n", "eth1"},
		{AUTO "[nic lan]\nmac = 52:54:00:00:00:01\n[bond bond0]\nports = lan\n", "eth0"},
	};
	static const struct hostconf_context context = {.zoneinfo_root = NULL};
	struct net_dev cards[] = {CARD(0, false), CARD(1, false), MADE("xenbr0", NET_BRIDGE)};
	const struct net_inventory inventory = {.devs = cards, .count = 3};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(hostconf_dispose) struct host_config config;
		CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
		CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
		hostconf_init(&config);
		hostconf_parse(cases[i].conf, strlen(cases[i].conf), &context, SCHEMA_STRICT,
			&config, &problems);
		netplan_auto_candidates(&config, &inventory, &names);
		CLEANUP(mem_free_string) char *joined = strlist_join(&names);
		assert_string_equal(joined, cases[i].names);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(automatic_choice),
		cmocka_unit_test(automatic_choice_leaves_used_cards),
		cmocka_unit_test(three_networks), cmocka_unit_test(bonds_and_vlans),
		cmocka_unit_test(cards_swap_their_names), cmocka_unit_test(second_time),
		cmocka_unit_test(without_ipv6), cmocka_unit_test(down),
		cmocka_unit_test(candidates)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
