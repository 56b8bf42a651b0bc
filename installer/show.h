/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What several commands print. */
#ifndef DOMUS_SHOW_H
#define DOMUS_SHOW_H

#include "problem.h"

/* All problems to standard error, sorted: "PATH:LINE: error: TEXT". */
void show_problems(const char *path, struct problems *problems);

#endif
