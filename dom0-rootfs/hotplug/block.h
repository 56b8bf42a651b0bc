/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's disk: a block device, or a file behind a loop device. */
#ifndef DOMUS_HOTPLUG_BLOCK_H
#define DOMUS_HOTPLUG_BLOCK_H

#include <xenstore.h>

#include "call.h"

int block_run(struct xs_handle *xs, const struct call *call, struct err *err);

#endif
