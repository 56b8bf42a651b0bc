/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Workers: this same program, started once per action, in a session of its own. */
#ifndef MONITOR_WORKER_H
#define MONITOR_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "act.h"
#include "err.h"
#include "xen.h"

struct worker {
	pid_t pid;
	enum act_verb verb;
	uint32_t domid;
	char uuid[XEN_UUID_TEXT];
};

struct workers {
	struct worker *item;
	size_t count;
};

/*
 * Starts a worker for the order. It gets a session of its own, default signals and no descriptor
 * but 0 to 2: what libxl starts in it (QEMU, scripts) outlives this process and holds nothing.
 */
int worker_start(struct workers *workers, const struct act_order *order, struct err *err);

/* Takes back one worker that has ended; false if none has. *ret_code is -1 for a signal. */
bool worker_reap(struct workers *workers, struct worker *ret_worker, int *ret_code);

bool workers_have(const struct workers *workers, const char *uuid);
void workers_dispose(struct workers *workers);

#endif
