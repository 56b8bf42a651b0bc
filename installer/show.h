/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What several commands print and read. */
#ifndef DOMUS_SHOW_H
#define DOMUS_SHOW_H

#include "commands.h"
#include "err.h"
#include "machine.h"
#include "problem.h"

/* All problems to standard error, sorted: "PATH:LINE: error: TEXT". */
void show_problems(const char *path, struct problems *problems);

/* This machine, or the one that --inventory names. */
int show_read_machine(const struct options *options, struct machine *ret_machine, struct err *err);

#endif
