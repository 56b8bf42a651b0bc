/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The supervised process that watches all guests. */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include "err.h"

/* Runs until SIGTERM or SIGINT (0) or until xenstored or Xen cannot be reached any more (-1). */
int monitor_run(const char *run, struct err *err);

#endif
