/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saves one guest as the host stops: it goes on as the host starts. */
#ifndef GUESTS_SAVE_H
#define GUESTS_SAVE_H

#include "dom0-rootfs/monitor/xen.h"

/*
 * 0: it is saved whole, and gone. -1, and why, if there is no room, it cannot be, or takes longer:
 * then it runs on.
 */
int guests_save_one(struct xen *xen, const struct xen_domain *domain, const char *name,
	int64_t limit_ms, struct err *err);

#endif
