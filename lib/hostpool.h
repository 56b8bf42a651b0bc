/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a pool of the host's file may say. Pure. */
#ifndef DOMUS_HOSTPOOL_H
#define DOMUS_HOSTPOOL_H

#include "err.h"
#include "hostconf.h"

/* It becomes part of a volume group's name, of a volume's and of a path. */
int hostpool_check_name(const char *name, struct err *err);
int hostpool_check_options(const char *text, struct err *err);
/* Why a pool's source does not fit its type, or NULL. */
const char *hostpool_trouble(const struct host_pool *pool);

#endif
