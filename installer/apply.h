/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An installation without pages, from its file to its result. */
#ifndef DOMUS_APPLY_H
#define DOMUS_APPLY_H

#include "err.h"
#include "executor.h"
#include "machine.h"
#include "spec.h"

/*
 * Plans and shows the plan; then, if is_confirmed() says so (NULL: yes), executes it and follows it on
 * standard output. 0 when all is done; -1: what was wrong is on standard error and in err.
 */
int apply_spec(struct install_spec *spec, const struct machine *machine, bool (*is_confirmed)(void),
	struct err *err);

/* Executes a plan and follows it the same way. */
int apply_plan(const struct plan *plan, struct err *err);

#endif
