/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses disks now: the guests that xenstore knows, and what this host has mounted. */
#ifndef DOMUS_HOTPLUG_USERS_H
#define DOMUS_HOTPLUG_USERS_H

#include <sys/stat.h>
#include <xenstore.h>

#include "sharing.h"

/* What lies under a path that stat() has seen. */
struct sharing_id users_identify(const struct stat *st);

/* domid: the guest that asks. The caller disposes. */
int users_collect(
	struct xs_handle *xs, const char *domid, struct sharing_users *users, struct err *err);

#endif
