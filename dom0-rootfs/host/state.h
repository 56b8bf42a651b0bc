/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of this host at one moment: for status, the login banner and the console. */
#ifndef DOMUS_HOST_STATE_H
#define DOMUS_HOST_STATE_H

#include <stdint.h>

#include "addresses.h"
#include "release.h"
#include "str.h"

/* Owns everything in it. */
struct state {
	struct release release;
	char *name;
	uint64_t uptime_s;
	uint64_t memory_kib; /* of dom0 */
	uint64_t available_kib;
	char *load; /* of dom0, three numbers as in proc_loadavg(5) */
	struct addresses addresses;
	struct strlist failed; /* names; the same index has its reason */
	struct strlist reasons;
};

/* Never fails: what cannot be read is empty. Addresses are this machine's, so only for root "/". */
void state_read(const char *root, struct state *ret_state);
void state_dispose(struct state *state);
/* "3 d 04:05"; the caller frees. */
char *state_uptime_text(const struct state *state);

#endif
