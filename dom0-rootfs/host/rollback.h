/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A change that goes back by itself unless somebody confirms it. */
#ifndef DOMUS_HOST_ROLLBACK_H
#define DOMUS_HOST_ROLLBACK_H

#include <stdbool.h>

#include "apply.h"
#include "err.h"
#include "hostconf.h"

/* Exists while a change waits. */
#define ROLLBACK_PENDING_PATH "/run/domus/pending"
/* Made by whoever confirms. */
#define ROLLBACK_CONFIRMED_PATH "/run/domus/confirmed"
#define ROLLBACK_FAILED_PATH "/run/domus/failed/unconfirmed"

enum { ROLLBACK_DEFAULT_S = 60 };

struct rollback {
	const char *root;
	const struct apply_plan *plan;
	const struct host_config *before;
	const struct host_config *after;
	const char *before_text; /* file to go back to; "": there was none */
	const char *after_text;
	unsigned seconds;
};

/*
 * Applies the change in a process of its own, which no login's end takes along. Returns as soon as
 * that runs. A lock that the caller holds stays held by it.
 */
int rollback_start(const struct rollback *change, struct err *err);

/* What that process does: apply, wait, keep or go back. True when it was confirmed. */
bool rollback_run(const struct rollback *change);

/* Keeps the change that waits. ERR_MISSING when none does. */
int rollback_confirm(const char *root, struct err *err);

#endif
