/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a host's configuration and the cards it has to the commands that make its network. Pure. */
#include "netplan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"

/* Metric of the default route of the first DHCP client; static routes have 0 and win. */
enum { FIRST_METRIC = 100, METRIC_STEP = 10 };

struct builder {
	const struct host_config *config;
	const struct net_inventory *inventory;
	struct netplan *plan;
	struct strlist
		names; /* the inventory's devices by index, as they are called after renaming */
};

/* Appends one command, its words separated by blanks (no word of ours contains one). */
static void add_command(struct builder *b, const char *fmt, ...) ATTR_PRINTF(2, 3);
static void add_command(struct builder *b, const char *fmt, ...)
{
	struct netplan *plan = b->plan;
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	plan->commands =
		xreallocarray(plan->commands, plan->n_commands + 1, sizeof(*plan->commands));
	struct strlist *argv = &plan->commands[plan->n_commands++];
	*argv = (struct strlist)STRLIST_INIT;
	strlist_add_words(argv, text);
}

static void add_client(struct builder *b, const char *ifname, bool is_ipv6)
{
	struct netplan *plan = b->plan;
	plan->clients = xreallocarray(plan->clients, plan->n_clients + 1, sizeof(*plan->clients));
	plan->clients[plan->n_clients] = (struct netplan_client){.ifname = xstrdup(ifname),
		.is_ipv6 = is_ipv6,
		.metric = FIRST_METRIC + METRIC_STEP * (unsigned)plan->n_clients};
	plan->n_clients++;
}

/* The device that has this name once the renaming is done, or NULL. */
static const struct net_dev *find_dev(const struct builder *b, const char *name)
{
	for (size_t i = 0; i < b->names.count; i++)
		if (strcmp(b->names.items[i], name) == 0)
			return &b->inventory->devs[i];
	return NULL;
}

/* ---- names of cards ---- */

static void rename_dev(struct builder *b, size_t i, const char *name)
{
	add_command(b, "ip link set dev %s down", b->names.items[i]);
	add_command(b, "ip link set dev %s name %s", b->names.items[i], name);
	free(b->names.items[i]);
	b->names.items[i] = xstrdup(name);
}

static size_t index_by_mac(const struct builder *b, const char *mac)
{
	size_t i = 0;
	while (i < b->inventory->count && (b->inventory->devs[i].kind != NET_PHYSICAL ||
						  strcmp(b->inventory->devs[i].mac, mac) != 0))
		i++;
	return i;
}

static size_t index_by_name(const struct builder *b, const char *name)
{
	size_t i = 0;
	while (i < b->names.count && strcmp(b->names.items[i], name) != 0)
		i++;
	return i;
}

/* A card that has the wanted name gets the other's: later rows may still move it on. */
static void give_names(struct builder *b)
{
	for (size_t n = 0; n < b->config->n_nics; n++) {
		const struct host_nic *nic = &b->config->nics[n];
		size_t i = index_by_mac(b, nic->mac);
		if (i == b->inventory->count) {
			strlist_addf(&b->plan->notes, _("[nic %s]: no card has the MAC address %s"),
				nic->name, nic->mac);
			continue;
		}
		if (strcmp(b->names.items[i], nic->name) == 0)
			continue;
		CLEANUP(mem_free_string) char *old_name = xstrdup(b->names.items[i]);
		size_t in_the_way = index_by_name(b, nic->name);
		if (in_the_way < b->names.count)
			rename_dev(b, in_the_way, "domus-swap");
		rename_dev(b, i, nic->name);
		if (in_the_way < b->names.count)
			rename_dev(b, in_the_way, old_name);
	}
}

/* ---- the choice of "auto" ---- */

static bool is_used_as_port(const struct host_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_bonds; i++)
		if (strlist_has(&config->bonds[i].ports, name))
			return true;
	for (size_t i = 0; i < config->n_bridges; i++)
		if (strlist_has(&config->bridges[i].ports, name))
			return true;
	return false;
}

static bool wants_auto(const struct host_config *config)
{
	for (size_t i = 0; i < config->n_bridges; i++)
		if (strlist_has(&config->bridges[i].ports, "auto"))
			return true;
	return false;
}

/* The name that a device will have: that of the [nic] with its MAC, else its own. */
static const char *future_name(const struct host_config *config, const struct net_dev *dev)
{
	for (size_t i = 0; i < config->n_nics; i++)
		if (dev->kind == NET_PHYSICAL && strcmp(config->nics[i].mac, dev->mac) == 0)
			return config->nics[i].name;
	return dev->name;
}

void netplan_auto_candidates(const struct host_config *config,
	const struct net_inventory *inventory, struct strlist *ret_names)
{
	for (size_t i = 0; i < inventory->count && wants_auto(config); i++) {
		const struct net_dev *dev = &inventory->devs[i];
		if (dev->kind == NET_PHYSICAL && !is_used_as_port(config, future_name(config, dev)))
			strlist_add(ret_names, dev->name);
	}
}

/* Index of the chosen card, or the count of the inventory. One already in the bridge stays. */
static size_t choose_auto(const struct builder *b, const char *bridge)
{
	CLEANUP(strlist_dispose) struct strlist candidates = STRLIST_INIT;
	size_t first = b->inventory->count;
	size_t first_with_link = b->inventory->count;
	netplan_auto_candidates(b->config, b->inventory, &candidates);
	for (size_t i = 0; i < b->inventory->count; i++) {
		const struct net_dev *dev = &b->inventory->devs[i];
		if (!strlist_has(&candidates, dev->name))
			continue;
		if (strcmp(dev->master, bridge) == 0)
			return i;
		if (first == b->inventory->count)
			first = i;
		if (dev->has_carrier && first_with_link == b->inventory->count)
			first_with_link = i;
	}
	return first_with_link < b->inventory->count ? first_with_link : first;
}

/* ---- devices ---- */

/* True when the device must be made; a device of another kind in its place is said. */
static bool must_make(struct builder *b, const char *name, enum net_kind kind)
{
	const struct net_dev *dev = find_dev(b, name);
	if (dev && dev->kind != kind)
		strlist_addf(&b->plan->notes,
			_("%s exists and is something else; the commands for it will fail"), name);
	return !dev;
}

static bool has_port(struct builder *b, const char *owner, const char *port)
{
	bool is_made = false;
	for (size_t i = 0; i < b->config->n_bonds; i++)
		is_made |= strcmp(b->config->bonds[i].name, port) == 0;
	for (size_t i = 0; i < b->config->n_vlans; i++)
		is_made |= strcmp(b->config->vlans[i].name, port) == 0;
	if (is_made || find_dev(b, port))
		return true;
	strlist_addf(&b->plan->notes, _("%s: there is no network card %s; it comes up without"),
		owner, port);
	return false;
}

static void no_ipv6(struct builder *b, const char *ifname)
{
	/* "/" in place of ".", because an interface name may hold dots. */
	add_command(b, "sysctl -w net/ipv6/conf/%s/disable_ipv6=1", ifname);
}

static void make_bond(struct builder *b, const struct host_bond *bond)
{
	const char *mode = bond->mode == HOST_BOND_8023AD ? "802.3ad" : "active-backup";
	if (must_make(b, bond->name, NET_BOND))
		add_command(
			b, "ip link add name %s type bond mode %s miimon 100", bond->name, mode);
	for (size_t i = 0; i < bond->ports.count; i++) {
		const char *port = bond->ports.items[i];
		if (!has_port(b, bond->name, port))
			continue;
		const struct net_dev *dev = find_dev(b, port);
		if (dev && strcmp(dev->master, bond->name) == 0)
			continue;
		/* The driver takes only ports that are down. */
		add_command(b, "ip link set dev %s down", port);
		add_command(b, "ip link set dev %s master %s", port, bond->name);
	}
	no_ipv6(b, bond->name);
	add_command(b, "ip link set dev %s up", bond->name);
}

static void make_vlan(struct builder *b, const struct host_vlan *vlan)
{
	if (!has_port(b, vlan->name, vlan->parent))
		return;
	add_command(b, "ip link set dev %s up", vlan->parent);
	if (must_make(b, vlan->name, NET_VLAN))
		add_command(b, "ip link add link %s name %s type vlan id %" PRId64, vlan->parent,
			vlan->name, vlan->id);
	no_ipv6(b, vlan->name);
	add_command(b, "ip link set dev %s up", vlan->name);
}

static const struct host_vlan *find_vlan(const struct host_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_vlans; i++)
		if (strcmp(config->vlans[i].name, name) == 0)
			return &config->vlans[i];
	return NULL;
}

/* ---- bridges ---- */

static void add_bridge_port(struct builder *b, const struct host_bridge *bridge, const char *port)
{
	const struct host_vlan *vlan = find_vlan(b->config, port);
	if (!has_port(b, bridge->name, port) || (vlan && !has_port(b, port, vlan->parent)))
		return;
	/* A VLAN cannot carry more than the device below it. */
	if (bridge->mtu && vlan)
		add_command(b, "ip link set dev %s mtu %" PRId64, vlan->parent, bridge->mtu);
	if (bridge->mtu)
		add_command(b, "ip link set dev %s mtu %" PRId64, port, bridge->mtu);
	add_command(b, "ip link set dev %s master %s", port, bridge->name);
	no_ipv6(b, port);
	add_command(b, "ip link set dev %s up", port);
}

/* The card whose address the bridge takes, so that it does not change with guests; or NULL. */
static const struct net_dev *address_giver(const struct builder *b, const char *port)
{
	const struct host_vlan *vlan = find_vlan(b->config, port);
	const char *name = vlan ? vlan->parent : port;
	for (size_t i = 0; i < b->config->n_bonds; i++)
		if (strcmp(b->config->bonds[i].name, name) == 0)
			return find_dev(b, b->config->bonds[i].ports.items[0]);
	return find_dev(b, name);
}

/* The ports as they are called now, "auto" replaced by the choice. */
static void resolve_ports(
	struct builder *b, const struct host_bridge *bridge, struct strlist *ret_ports)
{
	for (size_t i = 0; i < bridge->ports.count; i++) {
		const char *port = bridge->ports.items[i];
		if (strcmp(port, "auto") != 0) {
			strlist_add(ret_ports, port);
			continue;
		}
		size_t chosen = choose_auto(b, bridge->name);
		if (chosen == b->inventory->count) {
			strlist_addf(&b->plan->notes,
				_("%s: there is no network card; it comes up without"),
				bridge->name);
			continue;
		}
		strlist_add(ret_ports, b->names.items[chosen]);
		strlist_addf(&b->plan->notes, _("%s: %s was chosen (%s)"), bridge->name,
			b->names.items[chosen],
			b->inventory->devs[chosen].has_carrier ? _("it has a link")
							       : _("no card has a link"));
	}
}

static void set_ipv6_mode(struct builder *b, const struct host_bridge *bridge)
{
	enum host_method6 method = b->config->has_ipv6 ? bridge->method6 : HOST_METHOD6_NONE;
	if (method == HOST_METHOD6_NONE) {
		no_ipv6(b, bridge->name);
		return;
	}
	/* With DHCP the address comes from the server, the route from the router. */
	add_command(b, "sysctl -w net/ipv6/conf/%s/disable_ipv6=0", bridge->name);
	add_command(b, "sysctl -w net/ipv6/conf/%s/accept_ra=%d", bridge->name,
		method == HOST_METHOD6_STATIC ? 0 : 1);
	add_command(b, "sysctl -w net/ipv6/conf/%s/autoconf=%d", bridge->name,
		method == HOST_METHOD6_AUTO ? 1 : 0);
}

static void set_addresses(struct builder *b, const struct host_bridge *bridge)
{
	const char *name = bridge->name;
	if (bridge->method == HOST_METHOD_DHCP)
		add_client(b, name, false);
	if (bridge->method == HOST_METHOD_STATIC)
		add_command(b, "ip addr replace %s brd + dev %s", bridge->address, name);
	if (bridge->method == HOST_METHOD_STATIC && bridge->gateway[0])
		add_command(b, "ip route replace default via %s dev %s", bridge->gateway, name);
	if (!b->config->has_ipv6)
		return;
	if (bridge->method6 == HOST_METHOD6_DHCP)
		add_client(b, name, true);
	if (bridge->method6 == HOST_METHOD6_STATIC)
		add_command(b, "ip -6 addr replace %s dev %s", bridge->address6, name);
	if (bridge->method6 == HOST_METHOD6_STATIC && bridge->gateway6[0])
		add_command(b, "ip -6 route replace default via %s dev %s", bridge->gateway6, name);
}

static void make_bridge(struct builder *b, const struct host_bridge *bridge)
{
	CLEANUP(strlist_dispose) struct strlist ports = STRLIST_INIT;
	resolve_ports(b, bridge, &ports);
	if (must_make(b, bridge->name, NET_BRIDGE))
		add_command(b, "ip link add name %s type bridge", bridge->name);
	/* Without spanning tree nothing is gained by letting a new port wait. */
	add_command(b, "ip link set dev %s type bridge stp_state %d forward_delay %d", bridge->name,
		bridge->has_stp ? 1 : 0, bridge->has_stp ? 1500 : 0);
	const struct net_dev *giver = ports.count ? address_giver(b, ports.items[0]) : NULL;
	if (giver && giver->mac[0])
		add_command(b, "ip link set dev %s address %s", bridge->name, giver->mac);
	for (size_t i = 0; i < ports.count; i++)
		add_bridge_port(b, bridge, ports.items[i]);
	if (bridge->mtu)
		add_command(b, "ip link set dev %s mtu %" PRId64, bridge->name, bridge->mtu);
	set_ipv6_mode(b, bridge);
	add_command(b, "ip link set dev %s up", bridge->name);
	set_addresses(b, bridge);
}

static void add_resolv(struct builder *b)
{
	const struct host_config *config = b->config;
	CLEANUP(mem_free_string) char *search = strlist_join(&config->search);
	if (search[0] || config->domain[0])
		str_add(&b->plan->resolv, "search %s\n", search[0] ? search : config->domain);
	for (size_t i = 0; i < config->dns.count; i++)
		str_add(&b->plan->resolv, "nameserver %s\n", config->dns.items[i]);
}

static struct builder builder_of(const struct host_config *config,
	const struct net_inventory *inventory, struct netplan *plan)
{
	struct builder b = {.config = config, .inventory = inventory, .plan = plan};
	*plan = (struct netplan)NETPLAN_INIT;
	for (size_t i = 0; i < inventory->count; i++)
		strlist_add(&b.names, inventory->devs[i].name);
	return b;
}

void netplan_build_up(const struct host_config *config, const struct net_inventory *inventory,
	struct netplan *ret_plan)
{
	struct builder b = builder_of(config, inventory, ret_plan);
	add_command(&b, "ip link set dev lo up");
	if (!config->has_ipv6)
		add_command(&b, "sysctl -w net/ipv6/conf/default/disable_ipv6=1");
	give_names(&b);
	for (size_t i = 0; i < config->n_bonds; i++)
		make_bond(&b, &config->bonds[i]);
	for (size_t i = 0; i < config->n_vlans; i++)
		make_vlan(&b, &config->vlans[i]);
	for (size_t i = 0; i < config->n_bridges; i++)
		make_bridge(&b, &config->bridges[i]);
	add_resolv(&b);
	strlist_dispose(&b.names);
}

static void delete_if_there(struct builder *b, const char *name, enum net_kind kind)
{
	const struct net_dev *dev = find_dev(b, name);
	if (dev && dev->kind == kind)
		add_command(b, "ip link delete dev %s", name);
}

void netplan_build_down(const struct host_config *config, const struct net_inventory *inventory,
	struct netplan *ret_plan)
{
	struct builder b = builder_of(config, inventory, ret_plan);
	for (size_t i = 0; i < config->n_bridges; i++) {
		const struct host_bridge *bridge = &config->bridges[i];
		if (bridge->method == HOST_METHOD_DHCP)
			add_client(&b, bridge->name, false);
		if (bridge->method6 == HOST_METHOD6_DHCP)
			add_client(&b, bridge->name, true);
		delete_if_there(&b, bridge->name, NET_BRIDGE);
	}
	for (size_t i = 0; i < config->n_vlans; i++)
		delete_if_there(&b, config->vlans[i].name, NET_VLAN);
	for (size_t i = 0; i < config->n_bonds; i++)
		delete_if_there(&b, config->bonds[i].name, NET_BOND);
	for (size_t i = 0; i < inventory->count; i++)
		if (inventory->devs[i].kind == NET_PHYSICAL && inventory->devs[i].is_up)
			add_command(&b, "ip link set dev %s down", inventory->devs[i].name);
	strlist_dispose(&b.names);
}

void netplan_dispose(struct netplan *plan)
{
	for (size_t i = 0; i < plan->n_commands; i++)
		strlist_dispose(&plan->commands[i]);
	free(plan->commands);
	for (size_t i = 0; i < plan->n_clients; i++)
		free(plan->clients[i].ifname);
	free(plan->clients);
	strlist_dispose(&plan->notes);
	str_dispose(&plan->resolv);
	*plan = (struct netplan)NETPLAN_INIT;
}
