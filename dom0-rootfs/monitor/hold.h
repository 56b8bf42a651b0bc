/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests are paused before their thin pool is full, and go on once it has room. */
#ifndef MONITOR_HOLD_H
#define MONITOR_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "fill.h"
#include "xen.h"

struct hold {
	const char *run;
	int64_t next_ms; /* of state_now_ms(): before it there is no need to look */
	int wait_ms;     /* as the last look that knew the pools found right */
	char *said;      /* what RUN/failed/storage-paused says, or NULL */
	bool has_held;   /* a guest is paused for this, as far as the last look saw */
};

/* False when nothing is known of them: not the same as that there are none. */
bool hold_read_pools(struct fill_pools *ret_pools);

void hold_init(struct hold *hold, const char *run);
void hold_dispose(struct hold *hold);

/* Looks if it is time to; milliseconds until the next look. */
int hold_look(struct hold *hold, struct xen *xen);

#endif
