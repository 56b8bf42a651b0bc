/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's NIC, of netback or of QEMU, becomes a port of a bridge. */
#ifndef DOMUS_HOTPLUG_VIF_H
#define DOMUS_HOTPLUG_VIF_H

#include <xenstore.h>

#include "call.h"

int vif_run(struct xs_handle *xs, const struct call *call, struct err *err);

#endif
