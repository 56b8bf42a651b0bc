/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests whose QEMU ended while they run: they are stopped as crashed, and said. */
#ifndef MONITOR_QEMU_H
#define MONITOR_QEMU_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xen.h"

/* The QEMU of one running guest. */
struct qemu {
	uint32_t domid;
	char uuid[XEN_UUID_TEXT];
	long pid;
	int pidfd;       /* readable once it has ended; -1: it has */
	int64_t gone_ms; /* when that was seen */
	bool is_told;
	bool is_seen; /* by the look under way */
};

struct qemus {
	struct qemu *item;
	size_t count;
};

/*
 * Looks after the QEMUs of these domains; xs is for reading. True if one is to be looked at again within
 * a second: a domain that is being removed loses its QEMU first, so a guest counts as lost only when it
 * still runs a while later.
 */
bool qemus_look(struct qemus *qemus, const char *run, struct xen *xen, struct xs_handle *xs,
	const struct xen_domains *domains);

/* Adds the living ones to what is polled: at most qemus->count entries; returns how many. */
size_t qemus_poll(const struct qemus *qemus, struct pollfd *fds);

void qemus_dispose(struct qemus *qemus);

/* Do these arguments of a process, NUL after each, belong to the QEMU of this domain? */
bool qemu_is_of(const char *arguments, size_t length, uint32_t domid);

#endif
