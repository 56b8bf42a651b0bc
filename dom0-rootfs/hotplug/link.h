/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces by ioctl: no program is run for them. */
#ifndef DOMUS_HOTPLUG_LINK_H
#define DOMUS_HOTPLUG_LINK_H

#include <net/if.h>
#include <stdbool.h>

#include "err.h"

bool link_exists(const char *name);
bool link_is_bridge(const char *name);
/* The first bridge there is, by name; ERR_MISSING. */
int link_find_bridge(char ret_name[IFNAMSIZ], struct err *err);

int link_set_up(const char *name, bool is_up, struct err *err);
/* It is taken down for it: the kernel wants that. */
int link_rename(const char *name, const char *new_name, struct err *err);
int link_get_mtu(const char *name, int *ret_mtu, struct err *err);
int link_set_mtu(const char *name, int mtu, struct err *err);

/*
 * Makes an interface that is down fit for a bridge: the highest MAC address, so that the bridge
 * never takes it for its own, and no IPv6 address of this host on it, and in the guests' group.
 */
int link_prepare_port(const char *name, struct err *err);
/* That it is a port of this bridge already is no error. */
int link_join_bridge(const char *name, const char *bridge, struct err *err);
/* Down, and out of whatever bridge it is in; an interface that has gone is no error. */
void link_leave_bridge(const char *name);

#endif
