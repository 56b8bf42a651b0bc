/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and writing xenstore, in words when it fails. */
#ifndef DOMUS_HOTPLUG_STORE_H
#define DOMUS_HOTPLUG_STORE_H

#include <xenstore.h>

#include "attrs.h"
#include "err.h"
#include "str.h"

int store_open(struct xs_handle **ret_xs, struct err *err);

/* What is at the path that fmt makes, or NULL. The caller frees. A path without "/" is dom0's own. */
char *store_read(struct xs_handle *xs, const char *fmt, ...) ATTR_PRINTF(2, 3);
/* The same for what must be there, and not empty: ERR_MISSING. */
int store_read_must(struct xs_handle *xs, const char *directory, const char *key, char **ret_value,
	struct err *err);
int store_write(struct xs_handle *xs, const char *directory, const char *key, const char *value,
	struct err *err);
/* Adds the names in a directory; none when it is not there. */
void store_list(struct xs_handle *xs, const char *directory, struct strlist *ret_names);

#endif
