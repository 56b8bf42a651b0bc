/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries a plan out in a process of its own, which outlives the program that shows it. Progress and
 * result are files in PLAN_DIR; a second start while one runs is refused.
 */
#ifndef DOMUS_EXECUTOR_H
#define DOMUS_EXECUTOR_H

#include <stddef.h>

#include "err.h"
#include "plan.h"
#include "str.h"

enum executor_state {
	EXECUTOR_IDLE, /* none was started since the machine was */
	EXECUTOR_RUNNING,
	EXECUTOR_DONE,
	EXECUTOR_FAILED, /* error says why; what could be undone is undone */
	EXECUTOR_DIED,   /* its process is gone without a result */
};

struct executor_status {
	enum executor_state state;
	size_t step; /* from 1 */
	size_t n_steps;
	unsigned percent;
	unsigned seconds_left; /* a guess */
	unsigned n_warnings;
	char title[160];  /* the present step */
	char error[1024]; /* the first error */
};

/* Starts the process. The plan is the child's copy: the caller may dispose of its own. */
int executor_start(const struct plan *plan, struct err *err);
/* Reads the status file; works from any process, also after the one that started it has ended. */
int executor_read_status(struct executor_status *ret_status, struct err *err);
/* The status as JSON, or NULL when there is no memory. The caller frees. */
char *executor_status_json(const struct executor_status *status);
/* Asks a running installation to stop after the present step and to undo. */
int executor_abort(struct err *err);

#endif
