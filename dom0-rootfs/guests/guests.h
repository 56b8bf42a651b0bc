/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All guests at once: started with the host, stopped with it, listed. */
#ifndef GUESTS_GUESTS_H
#define GUESTS_GUESTS_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "str.h"

/*
 * Starts every configuration in AUTO_DIR (/etc/xen/auto), in the order of their names, each with
 * `xl create -e`. A guest that runs already is passed over. One that cannot be started is said
 * and recorded in RUN/failed/guest-NAME, and does not keep the others from starting: -1 at the end.
 */
int guests_start_all(const char *run, const char *auto_dir, int delay_s, struct err *err);

/*
 * Shuts every guest down: all are asked at once, what is left after TIMEOUT_S is destroyed. Returns
 * 0 when no domU and none of their network or block devices is left, -1 with what is left.
 */
int guests_stop_all(const char *run, int timeout_s, struct err *err);

/* Prints a table: name, number, state, what its death leads to, who looks after it. */
int guests_list(const char *run, struct err *err);

/* Pure parts, for the tests. */

/* Is this a name that /etc/xen/auto takes? Not hidden files, editors' and dpkg's leftovers. */
bool guests_is_config_name(const char *name);

/* "waiting for 2 guests: a b (41 s left)"; the caller frees. */
char *guests_progress_text(const struct strlist *names, int left_s);

#endif
