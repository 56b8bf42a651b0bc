/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pools of the host's file on the running host: started, stopped, who uses them. */
#ifndef DOMUS_HOST_POOLS_H
#define DOMUS_HOST_POOLS_H

#include <stdbool.h>

#include "err.h"
#include "hostconf.h"
#include "str.h"

/*
 * From the pools of one configuration to those of another: what is no longer said is stopped, what is
 * new or says something else is started. Each failure is said on standard error and recorded for the
 * banner; their count is returned.
 */
int pools_switch(
	const char *root, const struct host_config *before, const struct host_config *after);
/* The programs of it, one a line, indented. */
void pools_describe_switch(
	const struct host_config *before, const struct host_config *after, struct str *ret_text);

/* Guests whose definition names something below the path ("/srv/pools/nas/", "/dev/domus-fast/"). */
void pools_list_users(const char *root, const char *path, struct strlist *ret_guests);

#endif
