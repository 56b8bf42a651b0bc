/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The worker: one process that carries out one action on one guest, then ends. */
#ifndef MONITOR_ACT_H
#define MONITOR_ACT_H

#include <stdbool.h>
#include <stdint.h>

/* What a worker's exit code tells the process that started it. */
enum act_result {
	ACT_DONE = 0,   /* carried out, or nothing left to do */
	ACT_FAILED = 1, /* tried and could not; said in the log, recorded under failed/ */
	ACT_LEFT = 3,   /* the domain is to stay as it is: do not ask again */
	ACT_BUSY = 4,   /* somebody else is at it: ask again a little later */
};

enum act_verb {
	ACT_DEATH,   /* a domain has shut down: do what its configuration says */
	ACT_RESUME,  /* finish the restart that a killed worker left half done */
	ACT_ASK,     /* ask the guest to shut down */
	ACT_DESTROY, /* remove the domain whatever it does */
};

struct act_order {
	enum act_verb verb;
	const char *run; /* /run/domus */
	uint32_t domid;  /* not for ACT_RESUME */
	const char *uuid;
};

/* The word for the command line of a worker, and back; NULL and false if there is none. */
const char *act_verb_word(enum act_verb verb);
bool act_verb_read(const char *word, enum act_verb *ret_verb);

/* Runs to the end, however long libxl takes. */
enum act_result act_run(const struct act_order *order);

#endif
