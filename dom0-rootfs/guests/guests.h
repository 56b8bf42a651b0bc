/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All guests at once: started with the host, stopped with it, listed. */
#ifndef GUESTS_GUESTS_H
#define GUESTS_GUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "guestturn.h"
#include "str.h"

/*
 * Starts every configuration in AUTO_DIR (/etc/xen/auto), by their start-order, then by name, each
 * with `xl create -e`, and lets go on what the host saved as it stopped. A guest that runs already is
 * passed over. One that cannot be started is said and recorded in RUN/failed/guest-NAME, and does
 * not keep the others from starting: -1 at the end.
 */
int guests_start_all(const char *run, const char *auto_dir, int delay_s, struct err *err);

struct guests_stop {
	int64_t timeout_s;      /* for guests to shut down; those of each start-order anew */
	bool saves;             /* guests are saved, but those that note something else */
	int64_t save_timeout_s; /* for all of them together */
};

/*
 * Stops every guest, those without a start-order first, then the highest. What is to be saved is;
 * if it cannot be, that is said, and it is shut down like the others: all of one order are asked at
 * once, what is left after the limit is destroyed. Returns 0 when no domU and none of their network
 * or block devices is left, -1 with what is left.
 */
int guests_stop_all(const char *run, const struct guests_stop *how, struct err *err);

/* Prints a table: name, number, state, what its death leads to, who looks after it. */
int guests_list(const char *run, struct err *err);

/* Parts without Xen, for the tests. */

struct guests_one {
	char *name, *path; /* path: of its configuration */
	struct guestturn turn;
};

struct guests_starts {
	struct guests_one *items;
	size_t count;
};

/* What starts with the host, in that order: AUTO_DIR, and what the host saved. The caller disposes. */
int guests_list_starts(
	const char *root, const char *auto_dir, struct guests_starts *ret_starts, struct err *err);
void guests_starts_dispose(struct guests_starts *starts);

/* /etc/xen/NAME.cfg; the caller frees. */
char *guests_config_path(const char *name);

/* Seconds between the start of one guest and that of the next. */
int64_t guests_pause_s(const struct guestturn *before, int64_t host_delay_s);

/* Guests stop by falling rank. */
int64_t guests_rank(const struct guestturn *turn);
bool guests_wants_save(const struct guestturn *turn, bool host_saves);

/* Is this a name that /etc/xen/auto takes? Not hidden files, editors' and dpkg's leftovers. */
bool guests_is_config_name(const char *name);

/* "waiting for 2 guests: a b (41 s left)"; the caller frees. */
char *guests_progress_text(const struct strlist *names, int left_s);

#endif
