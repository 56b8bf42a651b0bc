/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a guest's turn comes as the host starts and stops, as notes in its NAME.cfg say it. */
#ifndef DOMUS_GUESTTURN_H
#define DOMUS_GUESTTURN_H

#include <stdint.h>

#include "xlcfg.h"

/* Words of the notes, "# domus.start-order = 2". */
#define GUESTTURN_ORDER "start-order"
#define GUESTTURN_DELAY "start-delay"
#define GUESTTURN_AT_STOP "at-stop"

#define GUESTTURN_ORDER_MAX 9999
#define GUESTTURN_DELAY_MAX 600

enum guestturn_stop { GUESTTURN_AS_HOST, GUESTTURN_SHUTDOWN, GUESTTURN_SAVE };
/* "auto", "shutdown", "save" */
extern const char *const guestturn_stop_words[];

struct guestturn {
	int64_t order;   /* 1 starts first and stops last; 0 none: after all that have one */
	int64_t delay_s; /* before the next guest starts */
	enum guestturn_stop at_stop;
};

/* What is not noted, or makes no sense, is 0. */
void guestturn_take(const struct xlcfg *cfg, struct guestturn *ret_turn);
/* The same of a guest's file; one that cannot be read notes nothing. */
void guestturn_read(const char *root, const char *path, struct guestturn *ret_turn);
/* Less than 0: the first starts before the other, by order, then by name. */
int guestturn_compare(const struct guestturn *turn, const char *name,
	const struct guestturn *other_turn, const char *other_name);

#endif
