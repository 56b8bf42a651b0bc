/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contradictions between the keys of a host's configuration. Looks at the machine only if asked. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "hostconf.h"
#include "hostpool.h"
#include "lang.h"
#include "mem.h"
#include "near.h"
#include "netaddr.h"
#include "num.h"

struct check {
	const struct host_config *config;
	const struct cfg *cfg;
	const struct hostconf_context *context;
	enum problem_level machine_level; /* of problems that only depend on the machine */
	bool gives_advice;                /* what is allowed but hardly meant: not at every boot */
	struct problems *problems;
};

static unsigned line(const struct check *c, const char *kind, const char *name, const char *key)
{
	return cfg_line_of(c->cfg, kind, name, key, 0);
}

/* ---- names of interfaces: one space for all kinds ---- */

enum { PORTS_MAX = 256 };

/* One use of an interface as a port, by a bond or a bridge. */
struct port_use {
	const char *port;
	const char *kind;
	const char *owner;
};

static bool is_kernel_name(const char *name)
{
	static const char digits[] = "0123456789";
	if (strncmp(name, "eth", 3) == 0 || strncmp(name, "usb", 3) == 0)
		return name[3] != '\0' && name[3 + strspn(name + 3, digits)] == '\0';
	/* Predictable names: enp3s0, eno1, ens5, enx525400123456. */
	return name[0] == 'e' && name[1] == 'n' && name[2] != '\0' && strchr("opsx", name[2]) &&
	       name[3] != '\0' && strchr("0123456789abcdef", name[3]);
}

/* Kind of the section that has this name, or NULL. */
static const char *kind_of(const struct host_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_nics; i++)
		if (strcmp(config->nics[i].name, name) == 0)
			return "nic";
	for (size_t i = 0; i < config->n_bonds; i++)
		if (strcmp(config->bonds[i].name, name) == 0)
			return "bond";
	for (size_t i = 0; i < config->n_vlans; i++)
		if (strcmp(config->vlans[i].name, name) == 0)
			return "vlan";
	for (size_t i = 0; i < config->n_bridges; i++)
		if (strcmp(config->bridges[i].name, name) == 0)
			return "bridge";
	return NULL;
}

static void check_name_is_free(const struct check *c, const char *kind, const char *name)
{
	const char *first = kind_of(c->config, name);
	if (first && strcmp(first, kind) != 0)
		problems_add(c->problems, PROBLEM_ERROR, line(c, kind, name, NULL),
			_("the name \"%s\" is already that of [%s %s]"), name, first, name);
	else if (strcmp(kind, "nic") != 0 && is_kernel_name(name))
		problems_add(c->problems, PROBLEM_ERROR, line(c, kind, name, NULL),
			_("the name \"%s\" could be that of a network card; choose another"), name);
}

static void check_names(const struct check *c)
{
	const struct host_config *config = c->config;
	for (size_t i = 0; i < config->n_bonds; i++)
		check_name_is_free(c, "bond", config->bonds[i].name);
	for (size_t i = 0; i < config->n_vlans; i++)
		check_name_is_free(c, "vlan", config->vlans[i].name);
	for (size_t i = 0; i < config->n_bridges; i++)
		check_name_is_free(c, "bridge", config->bridges[i].name);
}

static void check_nics(const struct check *c)
{
	const struct host_nic *nics = c->config->nics;
	for (size_t i = 0; i < c->config->n_nics; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(nics[i].mac, nics[j].mac) == 0)
				problems_add(c->problems, PROBLEM_ERROR,
					line(c, "nic", nics[i].name, "mac"),
					_("mac: %s is already that of [nic %s]"), nics[i].mac,
					nics[j].name);
}

static void say_unknown_port(const struct check *c, unsigned at, const char *key, const char *port)
{
	const struct host_config *config = c->config;
	const char *names[PORTS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < config->n_nics && n < PORTS_MAX; i++)
		names[n++] = config->nics[i].name;
	for (size_t i = 0; i < config->n_bonds && n < PORTS_MAX; i++)
		names[n++] = config->bonds[i].name;
	for (size_t i = 0; i < config->n_vlans && n < PORTS_MAX; i++)
		names[n++] = config->vlans[i].name;
	const char *near = near_find(port, names, n);
	if (near)
		problems_add(c->problems, PROBLEM_ERROR, at,
			_("%s: unknown port \"%s\"; did you mean \"%s\"?"), key, port, near);
	else
		problems_add(c->problems, PROBLEM_ERROR, at,
			_("%s: unknown port \"%s\" (no section has this name, and it is no card's)"),
			key, port);
}

/* allowed: the kinds of sections a port may be, with blanks around each word. */
static void check_port(const struct check *c, const char *kind, const char *name, const char *key,
	const char *port, const char *allowed)
{
	unsigned at = line(c, kind, name, key);
	const char *port_kind = kind_of(c->config, port);
	if (!port_kind && !is_kernel_name(port)) {
		say_unknown_port(c, at, key, port);
	} else if (port_kind) {
		CLEANUP(mem_free_string) char *word = xasprintf(" %s ", port_kind);
		if (!strstr(allowed, word))
			problems_add(c->problems, PROBLEM_ERROR, at,
				_("%s: [%s %s] cannot be used by a %s"), key, port_kind, port,
				kind);
	}
}

static void check_use(const struct check *c, struct port_use *uses, size_t *n, struct port_use use)
{
	for (size_t i = 0; i < *n; i++) {
		if (strcmp(uses[i].port, use.port) == 0) {
			problems_add(c->problems, PROBLEM_ERROR,
				line(c, use.kind, use.owner, "ports"),
				_("ports: \"%s\" is already a port of [%s %s]"), use.port,
				uses[i].kind, uses[i].owner);
			return;
		}
	}
	if (*n < PORTS_MAX)
		uses[(*n)++] = use;
}

static void check_bonds(const struct check *c, struct port_use *uses, size_t *n)
{
	for (size_t i = 0; i < c->config->n_bonds; i++) {
		const struct host_bond *bond = &c->config->bonds[i];
		for (size_t j = 0; j < bond->ports.count; j++) {
			const char *port = bond->ports.items[j];
			check_port(c, "bond", bond->name, "ports", port, " nic ");
			check_use(c, uses, n, (struct port_use){port, "bond", bond->name});
		}
	}
}

static void check_bridge_ports(const struct check *c, struct port_use *uses, size_t *n)
{
	for (size_t i = 0; i < c->config->n_bridges; i++) {
		const struct host_bridge *bridge = &c->config->bridges[i];
		bool is_auto = strlist_has(&bridge->ports, "auto");
		if (is_auto && bridge->ports.count > 1)
			problems_add(c->problems, PROBLEM_ERROR,
				line(c, "bridge", bridge->name, "ports"),
				_("ports: \"auto\" stands alone"));
		for (size_t j = 0; j < bridge->ports.count; j++) {
			const char *port = bridge->ports.items[j];
			if (!is_auto)
				check_port(c, "bridge", bridge->name, "ports", port,
					" nic bond vlan ");
			check_use(c, uses, n, (struct port_use){port, "bridge", bridge->name});
		}
	}
}

static void check_vlans(const struct check *c, const struct port_use *uses, size_t n)
{
	const struct host_vlan *vlans = c->config->vlans;
	for (size_t i = 0; i < c->config->n_vlans; i++) {
		const struct host_vlan *vlan = &vlans[i];
		check_port(c, "vlan", vlan->name, "parent", vlan->parent, " nic bond ");
		for (size_t j = 0; j < n; j++)
			if (strcmp(uses[j].port, vlan->parent) == 0 &&
				strcmp(uses[j].kind, "bond") == 0)
				problems_add(c->problems, PROBLEM_ERROR,
					line(c, "vlan", vlan->name, "parent"),
					_("parent: \"%s\" is a port of [bond %s]; take the bond"),
					vlan->parent, uses[j].owner);
		for (size_t j = 0; j < i; j++)
			if (strcmp(vlans[j].parent, vlan->parent) == 0 && vlans[j].id == vlan->id)
				problems_add(c->problems, PROBLEM_ERROR,
					line(c, "vlan", vlan->name, "id"),
					_("id: [vlan %s] has the same parent and id"),
					vlans[j].name);
	}
}

/* ---- addresses: the same rules for both families ---- */

struct address_rule {
	const char *key;         /* "address" */
	const char *gateway_key; /* "gateway" */
	const char *method_key;  /* "method" */
	const char *address;
	const char *gateway;
	bool is_static;
};

static struct address_rule rule_of(const struct host_bridge *bridge, bool is_ipv6)
{
	if (is_ipv6)
		return (struct address_rule){"address6", "gateway6", "method6", bridge->address6,
			bridge->gateway6, bridge->method6 == HOST_METHOD6_STATIC};
	return (struct address_rule){"address", "gateway", "method", bridge->address,
		bridge->gateway, bridge->method == HOST_METHOD_STATIC};
}

static void check_gateway(const struct check *c, const char *name, const struct address_rule *rule)
{
	struct netaddr address;
	struct netaddr gateway;
	unsigned at = line(c, "bridge", name, rule->gateway_key);
	if (!netaddr_parse(rule->address, &address) || !netaddr_parse(rule->gateway, &gateway))
		return;
	/* A router's link-local address is the usual one in IPv6. */
	bool is_link_local =
		gateway.is_ipv6 && gateway.bytes[0] == 0xFE && (gateway.bytes[1] & 0xC0) == 0x80;
	if (netaddr_is_same(&address, &gateway))
		problems_add(c->problems, PROBLEM_ERROR, at, _("%s: %s is this host's own address"),
			rule->gateway_key, rule->gateway);
	else if (!is_link_local && !netaddr_contains(&address, &gateway))
		problems_add(c->problems, PROBLEM_ERROR, at,
			_("%s: %s is not in the network of %s = %s"), rule->gateway_key,
			rule->gateway, rule->key, rule->address);
}

static void check_address(const struct check *c, const char *name, const struct address_rule *rule)
{
	if (rule->is_static && !rule->address[0])
		problems_add(c->problems, PROBLEM_ERROR, line(c, "bridge", name, rule->method_key),
			_("%s = static needs the key \"%s\""), rule->method_key, rule->key);
	if (!rule->is_static && rule->address[0])
		problems_add(c->problems, PROBLEM_ERROR, line(c, "bridge", name, rule->key),
			_("%s needs %s = static"), rule->key, rule->method_key);
	if (!rule->is_static && rule->gateway[0])
		problems_add(c->problems, PROBLEM_ERROR, line(c, "bridge", name, rule->gateway_key),
			_("%s needs %s = static"), rule->gateway_key, rule->method_key);
	if (rule->is_static && rule->gateway[0])
		check_gateway(c, name, rule);
}

static void check_family(const struct check *c, bool is_ipv6)
{
	const struct host_bridge *first_gateway = NULL;
	const struct host_config *config = c->config;
	for (size_t i = 0; i < config->n_bridges; i++) {
		const struct host_bridge *bridge = &config->bridges[i];
		struct address_rule rule = rule_of(bridge, is_ipv6);
		check_address(c, bridge->name, &rule);
		if (rule.gateway[0] && first_gateway)
			problems_add(c->problems, PROBLEM_ERROR,
				line(c, "bridge", bridge->name, rule.gateway_key),
				_("%s: there is one default gateway, and [bridge %s] has it"),
				rule.gateway_key, first_gateway->name);
		if (rule.gateway[0] && !first_gateway)
			first_gateway = bridge;
		struct netaddr mine;
		struct netaddr other;
		for (size_t j = 0; j < i; j++)
			if (netaddr_parse(rule.address, &mine) &&
				netaddr_parse(
					rule_of(&config->bridges[j], is_ipv6).address, &other) &&
				netaddr_is_same(&mine, &other))
				problems_add(c->problems, PROBLEM_ERROR,
					line(c, "bridge", bridge->name, rule.key),
					_("%s: [bridge %s] has the same address"), rule.key,
					config->bridges[j].name);
	}
}

static void check_ipv6_switch(const struct check *c)
{
	for (size_t i = 0; i < c->config->n_bridges && !c->config->has_ipv6; i++) {
		const struct host_bridge *bridge = &c->config->bridges[i];
		if (bridge->method6 != HOST_METHOD6_NONE)
			problems_add(c->problems, PROBLEM_ERROR,
				line(c, "bridge", bridge->name, "method6"),
				_("method6: [network] has ipv6 = no"));
	}
	for (size_t i = 0; i < c->config->n_bridges; i++) {
		const struct host_bridge *bridge = &c->config->bridges[i];
		/* RFC 8200, 5: a link with IPv6 carries 1280 bytes. */
		if (bridge->method6 != HOST_METHOD6_NONE && bridge->mtu != 0 && bridge->mtu < 1280)
			problems_add(c->problems, PROBLEM_ERROR,
				line(c, "bridge", bridge->name, "mtu"),
				_("mtu: IPv6 needs at least 1280"));
	}
}

/* ---- users ---- */

/* The name that a uid was given to in the past, or NULL; the caller frees. */
static char *past_owner(const char *known_uids, int64_t uid)
{
	CLEANUP(mem_free_string) char *prefix = xasprintf("%lld ", (long long)uid);
	for (const char *p = known_uids; p && *p;) {
		size_t len = strcspn(p, "\n");
		if (len > strlen(prefix) && strncmp(p, prefix, strlen(prefix)) == 0)
			return xstrndup(p + strlen(prefix), len - strlen(prefix));
		p += len + (p[len] == '\n');
	}
	return NULL;
}

static void check_users(const struct check *c)
{
	const struct host_user *users = c->config->users;
	for (size_t i = 0; i < c->config->n_users; i++) {
		unsigned at = line(c, "user", users[i].name, "uid");
		for (size_t j = 0; j < i; j++)
			if (users[j].uid == users[i].uid)
				problems_add(c->problems, PROBLEM_ERROR, at,
					_("uid: %lld is already that of [user %s]"),
					(long long)users[i].uid, users[j].name);
		CLEANUP(mem_free_string)
		char *owner = past_owner(c->context->known_uids, users[i].uid);
		if (owner && strcmp(owner, users[i].name) != 0)
			problems_add(c->problems, c->machine_level, at,
				_("uid: %lld belonged to \"%s\", whose files may still be there; take another"),
				(long long)users[i].uid, owner);
		if (c->gives_advice && users[i].is_admin &&
			!hostconf_has_hash(c->config->root_password))
			problems_add(c->problems, PROBLEM_WARNING,
				line(c, "user", users[i].name, "admin"),
				_("admin: su asks for root's password, and [root] has none"));
	}
}

static void check_root(const struct check *c)
{
	const struct host_config *config = c->config;
	if (!config->root_password[0] && !c->context->is_live)
		problems_add(c->problems, PROBLEM_ERROR, line(c, "root", NULL, "password"),
			_("password: a value is missing (only the live system has a root without password)"));
	bool can_log_in = !config->root_password[0] || hostconf_has_login(config);
	if (c->gives_advice && !c->context->judges_login && !can_log_in)
		problems_add(c->problems, PROBLEM_WARNING, line(c, "root", NULL, "password"),
			_("nobody could log in: no password and no usable SSH key"));
}

/* ---- the rest ---- */

/* The items of kind's key are words of known, which ends with NULL. */
static void check_known(const struct check *c, const char *kind, const char *key, const char *what,
	const struct strlist *items, const char *const *known, enum problem_level level)
{
	size_t n = 0;
	while (known[n])
		n++;
	for (size_t i = 0; i < items->count; i++) {
		const char *name = items->items[i];
		bool is_known = false;
		for (size_t j = 0; j < n; j++)
			is_known |= strcmp(known[j], name) == 0;
		const char *near = is_known ? NULL : near_find(name, known, n);
		unsigned at = line(c, kind, NULL, key);
		if (near)
			problems_add(c->problems, level, at,
				_("%s: unknown %s \"%s\"; did you mean \"%s\"?"), key, what, name,
				near);
		else if (!is_known)
			problems_add(c->problems, level, at, _("%s: unknown %s \"%s\""), key, what,
				name);
	}
}

static void check_services(const struct check *c)
{
	check_known(c, "services", "disabled", _("service"), &c->config->disabled_services,
		host_services, PROBLEM_ERROR);
}

static void check_components(const struct check *c)
{
	check_known(c, "install", "components", _("component"), &c->config->components,
		host_components, c->machine_level);
}

static void check_disk(const struct check *c)
{
	const struct host_config *config = c->config;
	if (config->disk_max_mib != 0 && config->disk_max_mib < config->disk_min_mib)
		problems_add(c->problems, PROBLEM_ERROR, line(c, "disk", NULL, "max-size"),
			_("max-size: less than min-size"));
}

/* ---- pools ---- */

static bool is_in_group(const struct host_pool *pool, const char *group, size_t len)
{
	return pool->type == HOST_POOL_THIN && strncmp(pool->source, group, len) == 0 &&
	       pool->source[len] == '/';
}

/* A group starts and stops as a whole: it is one pool's. */
static void check_group(const struct check *c, const struct host_pool *pool, unsigned at)
{
	const struct host_pool *pools = c->config->pools;
	const char *own = c->config->group;
	size_t len = strcspn(pool->source, "/");
	if (is_in_group(pool, own, strlen(own)))
		problems_add(c->problems, PROBLEM_ERROR, at,
			_("source: the group %s is the installation's own"), own);
	for (size_t i = 0; pool->type == HOST_POOL_THIN && &pools[i] != pool; i++)
		if (is_in_group(&pools[i], pool->source, len) &&
			strcmp(pools[i].source, pool->source) != 0)
			problems_add(c->problems, PROBLEM_ERROR, at,
				_("source: the group %.*s is already that of [pool %s]"), (int)len,
				pool->source, pools[i].name);
}

static void check_pool_options(const struct check *c, const struct host_pool *pool)
{
	const char *why = pool->type == HOST_POOL_THIN ? _("a thin pool is not mounted")
			  : pool->type == HOST_POOL_DIRECTORY && pool->source[0] == '/'
				  ? _("a directory is taken as it is, not mounted")
				  : NULL;
	if (why && pool->options[0])
		problems_add(c->problems, PROBLEM_ERROR, line(c, "pool", pool->name, "options"),
			"options: %s", why);
}

static void check_pools(const struct check *c)
{
	const struct host_pool *pools = c->config->pools;
	for (size_t i = 0; i < c->config->n_pools; i++) {
		const char *trouble = hostpool_trouble(&pools[i]);
		unsigned at = line(c, "pool", pools[i].name, "source");
		if (trouble)
			problems_add(c->problems, PROBLEM_ERROR, at,
				_("source: \"%.60s\" will not do: %s"), pools[i].source, trouble);
		check_pool_options(c, &pools[i]);
		check_group(c, &pools[i], at);
		for (size_t j = 0; j < i; j++)
			if (strcmp(pools[j].source, pools[i].source) == 0)
				problems_add(c->problems, PROBLEM_ERROR, at,
					_("source: %s is already that of [pool %s]"),
					pools[i].source, pools[j].name);
	}
}

static void check_zone(const struct check *c)
{
	/* UTC works without a file. */
	if (!c->context->zoneinfo_root || strcmp(c->config->zone, "Etc/UTC") == 0)
		return;
	CLEANUP(mem_free_string) char *path = xasprintf("/usr/share/zoneinfo/%s", c->config->zone);
	if (!file_is_regular(c->context->zoneinfo_root, path))
		problems_add(c->problems, c->machine_level, line(c, "time", NULL, "zone"),
			_("zone: there is no time zone \"%s\""), c->config->zone);
}

void hostconf_check(const struct host_config *config, const struct cfg *cfg,
	const struct hostconf_context *context, enum schema_mode mode, struct problems *problems)
{
	const struct check c = {.config = config,
		.cfg = cfg,
		.context = context,
		.machine_level = mode == SCHEMA_STRICT ? PROBLEM_ERROR : PROBLEM_WARNING,
		.gives_advice = mode == SCHEMA_STRICT,
		.problems = problems};
	struct port_use uses[PORTS_MAX];
	size_t n_uses = 0;
	check_zone(&c);
	check_names(&c);
	check_nics(&c);
	check_bonds(&c, uses, &n_uses);
	check_bridge_ports(&c, uses, &n_uses);
	check_vlans(&c, uses, n_uses);
	check_family(&c, false);
	check_family(&c, true);
	check_ipv6_switch(&c);
	check_users(&c);
	check_root(&c);
	check_services(&c);
	check_components(&c);
	check_disk(&c);
	check_pools(&c);
}
