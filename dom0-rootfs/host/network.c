/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host network: carries out what netplan.h plans, or shows it. */
#define _GNU_SOURCE
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "addresses.h"
#include "file.h"
#include "host.h"
#include "lang.h"
#include "mem.h"
#include "netplan.h"
#include "network.h"
#include "proc.h"
#include "source.h"

#define RESOLV_DIR "/run/domus/resolv"
#define SCRIPT_PATH "/usr/share/domus/udhcpc.script"

enum { COMMAND_TIMEOUT_MS = 10000, LINK_WAIT_MS = 3000, LINK_POLL_MS = 50 };

struct network {
	const struct options *options;
	const struct host_config *config;
	struct str shown; /* what a dry run would do */
	int failures;
};

static void say_failure(struct network *n, const struct err *err)
{
	(void)fprintf(stderr, "domus-host: network: %s\n", err->text);
	n->failures++;
}

static void run(struct network *n, const struct strlist *argv)
{
	if (n->options->is_dry_run) {
		CLEANUP(mem_free_string) char *line = strlist_join(argv);
		str_add(&n->shown, "%s\n", line);
		return;
	}
	const struct proc_spec spec = {
		.argv = (const char *const *)argv->items, .timeout_ms = COMMAND_TIMEOUT_MS};
	struct err err = ERR_INIT;
	if (proc_run_ok(&spec, &err) < 0) {
		CLEANUP(mem_free_string) char *line = strlist_join(argv);
		(void)err_prefix(&err, "%s: ", line);
		say_failure(n, &err);
	}
}

static void run_words(struct network *n, const char *words)
{
	CLEANUP(strlist_dispose) struct strlist argv = STRLIST_INIT;
	strlist_add_words(&argv, words);
	run(n, &argv);
}

static void write_text(struct network *n, const char *path, const char *text, mode_t mode)
{
	struct err err = ERR_INIT;
	if (n->options->is_dry_run) {
		str_add(&n->shown, "%s:\n%s", path, text);
		return;
	}
	if (file_write(n->options->root, path, text, strlen(text), mode, &err) < 0)
		say_failure(n, &err);
}

static void make_dir(struct network *n, const char *path)
{
	struct err err = ERR_INIT;
	if (!n->options->is_dry_run && file_make_dirs(n->options->root, path, 0755, &err) < 0)
		say_failure(n, &err);
}

/* ---- waiting for a link ---- */

static bool has_link(const char *root, const char *ifname)
{
	CLEANUP(netinv_dispose) struct net_inventory inventory = NET_INVENTORY_INIT;
	if (netinv_read(root, &inventory, NULL) < 0)
		return false;
	const struct net_dev *dev = netinv_find(&inventory, ifname);
	return dev && dev->has_carrier;
}

/*
 * A card shows its link only while it is up. The first candidate that has one ends the wait; at
 * its end any other with a link will do.
 */
static void wait_for_link(struct network *n, const struct net_inventory *inventory)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	netplan_auto_candidates(n->config, inventory, &names);
	if (names.count == 0 || n->options->is_dry_run)
		return;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_free_string)
		char *words = xasprintf("ip link set dev %s up", names.items[i]);
		run_words(n, words);
	}
	for (int waited = 0; waited < LINK_WAIT_MS; waited += LINK_POLL_MS) {
		if (has_link(n->options->root, names.items[0]))
			return;
		(void)poll(NULL, 0, LINK_POLL_MS);
	}
}

/* ---- names of servers ---- */

/* What DHCP clients left in RESOLV_DIR comes after the static part; their script does the same. */
static void write_resolv(struct network *n, const struct netplan *plan)
{
	const char *root = n->options->root;
	CLEANUP(str_dispose) struct str all = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	make_dir(n, RESOLV_DIR);
	write_text(n, RESOLV_DIR "/00-static", str_text(&plan->resolv), 0644);
	if (n->options->is_dry_run)
		return;
	(void)file_list_dir(root, RESOLV_DIR, &names, NULL);
	bool has_search = strncmp(str_text(&plan->resolv), "search ", 7) == 0;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_free_string) char *path = xasprintf(RESOLV_DIR "/%s", names.items[i]);
		CLEANUP(str_dispose) struct str part = STR_INIT;
		(void)file_read(root, path, 65536, &part, NULL);
		const char *text = str_text(&part);
		bool is_search = i > 0 && strncmp(text, "search ", 7) == 0;
		if (is_search && has_search)
			text += strcspn(text, "\n") + (strchr(text, '\n') ? 1 : 0);
		has_search |= is_search;
		str_add(&all, "%s", text);
	}
	write_text(n, "/run/resolv.conf", str_text(&all), 0644);
}

/* ---- DHCP clients ---- */

static char *client_name(const struct netplan_client *client)
{
	return xasprintf("%s-%s", client->is_ipv6 ? "udhcpc6" : "udhcpc", client->ifname);
}

/* The script for runit; it says everything it has to say to the system log. */
static void add_run_script(
	const struct network *n, const struct netplan_client *client, struct str *out)
{
	str_add(out, "#!/bin/sh\nexport DOMUS_METRIC=%u DOMUS_FAMILY=%s\n", client->metric,
		client->is_ipv6 ? "-6" : "");
	if (client->is_ipv6)
		str_add(out, "exec udhcpc6 -f -S -R -i %s -s %s >/dev/null 2>&1\n", client->ifname,
			SCRIPT_PATH);
	else
		str_add(out,
			"exec udhcpc -f -S -R -i %s -s %s -x hostname:%s -t 5 -T 2 -A 10 >/dev/null 2>&1\n",
			client->ifname, SCRIPT_PATH, n->config->name);
}

static void start_client(struct network *n, const struct netplan_client *client)
{
	CLEANUP(mem_free_string) char *name = client_name(client);
	CLEANUP(mem_free_string) char *dir = xasprintf("/etc/service/%s", name);
	CLEANUP(mem_free_string) char *path = xasprintf("%s/run", dir);
	CLEANUP(mem_free_string) char *link = xasprintf("/run/service/%s", name);
	CLEANUP(str_dispose) struct str script = STR_INIT;
	struct err err = ERR_INIT;
	add_run_script(n, client, &script);
	make_dir(n, dir);
	make_dir(n, "/run/service");
	write_text(n, path, str_text(&script), 0755);
	if (n->options->is_dry_run)
		str_add(&n->shown, "%s -> %s\n", link, dir);
	else if (file_symlink(n->options->root, link, dir, &err) < 0)
		say_failure(n, &err);
}

static void stop_client(struct network *n, const struct netplan_client *client)
{
	CLEANUP(mem_free_string) char *name = client_name(client);
	CLEANUP(mem_free_string) char *link = xasprintf("/run/service/%s", name);
	CLEANUP(mem_free_string)
	char *resolv =
		xasprintf(RESOLV_DIR "/10-%s%s", client->ifname, client->is_ipv6 ? "-6" : "");
	struct err err = ERR_INIT;
	if (!file_exists(n->options->root, link))
		return;
	CLEANUP(mem_free_string) char *words = xasprintf("sv force-stop %s", link);
	run_words(n, words);
	if (n->options->is_dry_run)
		return;
	if (file_remove(n->options->root, link, &err) < 0 ||
		file_remove(n->options->root, resolv, &err) < 0)
		say_failure(n, &err);
}

/* ---- up, down ---- */

static int read_inventory(const struct options *options, struct net_inventory *ret_inventory)
{
	struct err err = ERR_INIT;
	if (netinv_read(options->root, ret_inventory, &err) == 0)
		return 0;
	(void)fprintf(stderr, "domus-host: network: %s\n", err.text);
	return -1;
}

static void say_notes(const struct netplan *plan)
{
	for (size_t i = 0; i < plan->notes.count; i++)
		(void)fprintf(stderr, "domus-host: network: %s\n", plan->notes.items[i]);
}

static int network_up(struct network *n)
{
	CLEANUP(netinv_dispose) struct net_inventory before = NET_INVENTORY_INIT;
	CLEANUP(netinv_dispose) struct net_inventory inventory = NET_INVENTORY_INIT;
	CLEANUP(netplan_dispose) struct netplan plan;
	plan = (struct netplan)NETPLAN_INIT;
	if (read_inventory(n->options, &before) < 0)
		return 1;
	wait_for_link(n, &before);
	if (read_inventory(n->options, &inventory) < 0)
		return 1;
	netplan_build_up(n->config, &inventory, &plan);
	say_notes(&plan);
	for (size_t i = 0; i < plan.n_commands; i++)
		run(n, &plan.commands[i]);
	write_resolv(n, &plan);
	for (size_t i = 0; i < plan.n_clients; i++)
		start_client(n, &plan.clients[i]);
	return n->failures ? 1 : 0;
}

static int network_down(struct network *n)
{
	CLEANUP(netinv_dispose) struct net_inventory inventory = NET_INVENTORY_INIT;
	CLEANUP(netplan_dispose) struct netplan plan;
	plan = (struct netplan)NETPLAN_INIT;
	if (read_inventory(n->options, &inventory) < 0)
		return 1;
	netplan_build_down(n->config, &inventory, &plan);
	for (size_t i = 0; i < plan.n_clients; i++)
		stop_client(n, &plan.clients[i]);
	for (size_t i = 0; i < plan.n_commands; i++)
		run(n, &plan.commands[i]);
	return n->failures ? 1 : 0;
}

/* ---- from one configuration to another ---- */

/* Guests' interfaces with their bridges; a bridge that is deleted lets go of them. */
static void join_guests(struct network *n, const struct net_inventory *before)
{
	CLEANUP(netinv_dispose) struct net_inventory after = NET_INVENTORY_INIT;
	if (read_inventory(n->options, &after) < 0)
		return;
	for (size_t i = 0; i < before->count; i++) {
		const struct net_dev *dev = &before->devs[i];
		if (dev->kind != NET_OTHER || !dev->master[0] || !netinv_find(&after, dev->name))
			continue;
		const struct net_dev *bridge = netinv_find(&after, dev->master);
		if (!bridge || bridge->kind != NET_BRIDGE) {
			(void)fprintf(stderr,
				_("domus-host: network: %s was in %s, which is gone: its guest has no network\n"),
				dev->name, dev->master);
			continue;
		}
		CLEANUP(mem_free_string)
		char *words = xasprintf("ip link set dev %s master %s", dev->name, dev->master);
		run_words(n, words);
	}
}

int network_switch(
	const char *root, const struct host_config *before, const struct host_config *after)
{
	const struct options options = {.root = root};
	struct network down = {.options = &options, .config = before};
	struct network up = {.options = &options, .config = after};
	CLEANUP(netinv_dispose) struct net_inventory devices = NET_INVENTORY_INIT;
	if (read_inventory(&options, &devices) < 0)
		return 1;
	(void)network_down(&down);
	(void)network_up(&up);
	join_guests(&up, &devices);
	return down.failures + up.failures;
}

/* ---- status ---- */

static const char *kind_name(enum net_kind kind)
{
	switch (kind) {
	case NET_PHYSICAL:
		return N_("card");
	case NET_BRIDGE:
		return N_("bridge");
	case NET_BOND:
		return N_("bond");
	case NET_VLAN:
		return N_("vlan");
	case NET_OTHER:
		return N_("other");
	}
	return "";
}

static const char *link_name(const struct net_dev *dev)
{
	if (!dev->is_up)
		return N_("down");
	return dev->has_carrier ? N_("link") : N_("no link");
}

/* Running guests: numbers of domains, the names at the same index, and which NICs are guarded. */
struct guests {
	struct strlist ids;
	struct strlist names;
	struct strlist guards; /* lines of nft: "table bridge guard_DOMID_DEVID" */
};

static void guests_read(struct guests *ret_guests)
{
	static const char *const argv[] = {"xl", "list", NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = COMMAND_TIMEOUT_MS};
	struct proc_result result = PROC_RESULT_INIT;
	/* Without Xen there are none. */
	bool is_known = proc_run(&spec, &result, NULL) == 0 && result.exit_code == 0;
	const char *text = is_known ? str_text(&result.output) : "";
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
		CLEANUP(mem_free_string) char *line = xstrndup(text, strcspn(text, "\n"));
		strlist_add_words(&words, line);
		if (words.count < 2)
			continue;
		strlist_add(&ret_guests->names, words.items[0]);
		strlist_add(&ret_guests->ids, words.items[1]);
	}
	proc_result_dispose(&result);
}

static void guests_dispose(struct guests *guests)
{
	strlist_dispose(&guests->ids);
	strlist_dispose(&guests->names);
	strlist_dispose(&guests->guards);
}

/* Name of the guest whose interface "vif3.0" or "vif3.0-emu" is, or "". */
static const char *guest_of(const struct guests *guests, const char *ifname)
{
	if (strncmp(ifname, "vif", 3) != 0)
		return "";
	CLEANUP(mem_free_string) char *id = xstrndup(ifname + 3, strcspn(ifname + 3, "."));
	for (size_t i = 0; i < guests->ids.count; i++)
		if (strcmp(guests->ids.items[i], id) == 0)
			return guests->names.items[i];
	return "";
}

/* Tables of domus-hotplug, "guard_DOMID_DEVID": the rules that are in force. */
static void guards_read(struct strlist *ret_guards)
{
	static const char *const argv[] = {"nft", "list", "tables", "bridge", NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = COMMAND_TIMEOUT_MS};
	struct proc_result result = PROC_RESULT_INIT;
	if (proc_run(&spec, &result, NULL) == 0 && result.exit_code == 0)
		strlist_add_lines(ret_guards, str_text(&result.output));
	proc_result_dispose(&result);
}

/* A guest's "vif3.0", or "vif3.0-emu", may send only as itself. */
static bool is_guarded(const struct guests *guests, const char *ifname)
{
	unsigned domid;
	unsigned devid;
	if (sscanf(ifname, "vif%u.%u", &domid, &devid) != 2)
		return false;
	CLEANUP(mem_free_string)
	char *table = xasprintf("table bridge guard_%u_%u", domid, devid);
	return strlist_has(&guests->guards, table);
}

static void print_status(const struct net_inventory *inventory, const struct addresses *addresses,
	const struct guests *guests)
{
	for (size_t i = 0; i < inventory->count; i++) {
		const struct net_dev *dev = &inventory->devs[i];
		CLEANUP(strlist_dispose) struct strlist own = STRLIST_INIT;
		addresses_of(addresses, dev->name, &own);
		CLEANUP(mem_free_string) char *text = strlist_join(&own);
		(void)printf("%-15s %-6s %-7s %-17s", dev->name, _(kind_name(dev->kind)),
			_(link_name(dev)), dev->mac);
		if (dev->driver[0])
			(void)printf(" %s", dev->driver);
		if (dev->master[0])
			(void)printf(_(" in %s"), dev->master);
		if (guest_of(guests, dev->name)[0])
			(void)printf(_(" of guest %s"), guest_of(guests, dev->name));
		if (is_guarded(guests, dev->name))
			(void)printf("%s", _(", guarded"));
		(void)printf("\n");
		if (own.count)
			(void)printf("                %s\n", text);
	}
}

static void print_status_json(const struct net_inventory *inventory,
	const struct addresses *addresses, const struct guests *guests)
{
	json_t *all = json_array();
	for (size_t i = 0; i < inventory->count; i++) {
		const struct net_dev *dev = &inventory->devs[i];
		CLEANUP(strlist_dispose) struct strlist own = STRLIST_INIT;
		addresses_of(addresses, dev->name, &own);
		json_t *list = json_array();
		for (size_t j = 0; j < own.count; j++)
			(void)json_array_append_new(list, json_string(own.items[j]));
		(void)json_array_append_new(
			all, json_pack("{s:s, s:s, s:b, s:b, s:s, s:s, s:s, s:s, s:s, s:b, s:o}",
				     "name", dev->name, "kind", kind_name(dev->kind), "up",
				     dev->is_up, "link", dev->has_carrier, "mac", dev->mac,
				     "driver", dev->driver, "path", dev->path, "master",
				     dev->master, "guest", guest_of(guests, dev->name), "guarded",
				     (int)is_guarded(guests, dev->name), "addresses", list));
	}
	host_print_json(all);
}

static int network_status(const struct options *options)
{
	struct err err = ERR_INIT;
	CLEANUP(netinv_dispose) struct net_inventory inventory = NET_INVENTORY_INIT;
	CLEANUP(addresses_dispose) struct addresses addresses = ADDRESSES_INIT;
	CLEANUP(guests_dispose)
	struct guests guests = {.ids = STRLIST_INIT, .names = STRLIST_INIT, .guards = STRLIST_INIT};
	if (netinv_read(options->root, &inventory, &err) < 0)
		return host_fail(options, &err);
	addresses_read(&addresses);
	guests_read(&guests);
	guards_read(&guests.guards);
	if (options->is_json)
		print_status_json(&inventory, &addresses, &guests);
	else
		print_status(&inventory, &addresses, &guests);
	return 0;
}

int command_network(const struct options *options)
{
	const char *verb = options->args[0];
	bool is_up = strcmp(verb, "up") == 0;
	struct err err = ERR_INIT;
	if (strcmp(verb, "status") == 0)
		return network_status(options);
	if (!is_up && strcmp(verb, "down") != 0) {
		(void)err_set(&err, ERR_INVALID, 0,
			_("network: \"%s\" is none of up, down, status"), verb);
		return host_fail(options, &err) + 1;
	}
	CLEANUP(source_dispose) struct source source;
	source_load(options->root, options->conf, &source);
	if (source.trouble)
		(void)fprintf(stderr, _("domus-host: network: %s; in use: %s\n"), source.trouble,
			source.path);
	struct network n = {.options = options, .config = &source.config};
	int rc = is_up ? network_up(&n) : network_down(&n);
	CLEANUP(str_dispose) struct str shown = n.shown;
	/* Each failure was said when it came; without any, the network's devices could not be read. */
	(void)err_set(&err, ERR_PROC, 0, _("%d steps failed"), n.failures ? n.failures : 1);
	if (rc != 0)
		return options->is_json ? host_fail(options, &err) : rc;
	return host_done(options, options->is_dry_run ? "nothing" : "done", str_text(&shown));
}
