/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a host's configuration and the cards it has to the plain list of commands that make its
 * network. Pure: nothing is read or done here, so that a dry run shows exactly what would be done.
 */
#ifndef DOMUS_NETPLAN_H
#define DOMUS_NETPLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "hostconf.h"
#include "netinv.h"
#include "str.h"

struct netplan_client {
	char *ifname;
	bool is_ipv6;
	unsigned metric; /* of the default route it brings: the first bridge wins */
};

/* Owns everything in it. */
struct netplan {
	struct strlist *commands; /* each an argv */
	size_t n_commands;
	struct netplan_client *clients;
	size_t n_clients;
	struct strlist notes; /* for the user: what is missing, what was chosen */
	struct str resolv;    /* static part of resolv.conf, may be empty */
};

#define NETPLAN_INIT                   \
	{.commands = NULL,             \
		.n_commands = 0,       \
		.clients = NULL,       \
		.n_clients = 0,        \
		.notes = STRLIST_INIT, \
		.resolv = STR_INIT}

/* Commands for the network to be as config says. Devices that exist already are used again. */
void netplan_build_up(const struct host_config *config, const struct net_inventory *inventory,
	struct netplan *ret_plan);

/* Commands that take down what netplan_build_up() makes, as far as it exists. */
void netplan_build_down(const struct host_config *config, const struct net_inventory *inventory,
	struct netplan *ret_plan);

/*
 * Cards from which "ports = auto" chooses, by their present names, in the order of preference;
 * none when no bridge asks. The caller brings them up and waits for a link before it plans.
 */
void netplan_auto_candidates(const struct host_config *config,
	const struct net_inventory *inventory, struct strlist *ret_names);

void netplan_dispose(struct netplan *plan);

#endif
