/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /etc holds, made from the one file that describes the host. */
#ifndef DOMUS_HOST_GENERATE_H
#define DOMUS_HOST_GENERATE_H

#include "hostconf.h"

/* Writes files, links and homes under root. What fails is said; the count of it is returned. */
int generate_files(const char *root, const struct host_config *config);

#endif
