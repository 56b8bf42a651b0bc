/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which configuration this host runs with: its file, or what stands in when that is broken. */
#ifndef DOMUS_HOST_SOURCE_H
#define DOMUS_HOST_SOURCE_H

#include <stdbool.h>

#include "hostconf.h"
#include "str.h"

#define SOURCE_LIVE_PATH "/usr/share/domus/live.conf"
#define SOURCE_UIDS_PATH "/var/lib/domus/uids"

struct source {
	struct host_config config;
	char *path;              /* the file in use, as seen under the root */
	bool is_live;            /* there is no file of this host: the built-in one, as intended */
	bool is_closed;          /* nothing could be read: built-in file, network closed */
	struct strlist messages; /* everything that is wrong, one line each */
	char *trouble;           /* one line for the banner, or NULL when all is well */
};

/*
 * Reads conf (of the caller; may be NULL), then, under root, host.conf, the last good files, the
 * built-in file: the first that has no error. Never fails; what went wrong is in messages and
 * trouble. Unknown keys are warnings. The caller disposes.
 */
void source_load(const char *root, const char *conf, struct source *ret_source);
void source_dispose(struct source *source);

/* Adds the problems as lines "PATH:LINE: error: TEXT". */
void source_add_problems(const char *path, const struct problems *problems, struct strlist *lines);

#endif
