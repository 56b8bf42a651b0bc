/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with this host: a file each, which status, log-ins and the console show. */
#ifndef DOMUS_HOST_FAILED_H
#define DOMUS_HOST_FAILED_H

#include "err.h"

#define FAILED_DIR "/run/domus/failed"

/* Records the reason, a line without its end, under this name; NULL or "": nothing is wrong any more. */
int failed_set(const char *root, const char *name, const char *reason, struct err *err);

#endif
