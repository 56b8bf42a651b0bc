/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making a guest anew through libxl, so that a worker killed midway loses nothing. */
#ifndef MONITOR_RECREATE_H
#define MONITOR_RECREATE_H

#include "err.h"
#include "xen.h"

struct recreate {
	struct xen *xen;
	const char *run;
	const char *uuid;
	char *name;                 /* owned by the caller */
	libxl_domain_config config; /* owned by the caller */
	unsigned short_lives;       /* recorded with the new life */
};

/*
 * The stored configuration of a domain, with what changed since it was created (disks, NICs,
 * memory, name). CONFIG must be initialised.
 */
int recreate_read_config(
	struct xen *xen, uint32_t domid, libxl_domain_config *config, struct err *err);

/* Destroys the domain and creates it again. */
int recreate_restart(const struct recreate *job, uint32_t domid, struct err *err);

/* Keeps the domain as NAME-TIME (UTC) and creates it again beside it. */
int recreate_beside(const struct recreate *job, uint32_t domid, struct err *err);

/* Rebuilds the guest inside its domain. A failure destroys the domain, as with xl. */
int recreate_soft_reset(const struct recreate *job, uint32_t domid, struct err *err);

/*
 * Finishes the restart recorded for UUID by a process that is no more. 0: finished or no longer
 * needed; 1: not yet possible, ask again; -1: given up, recorded under failed/.
 */
int recreate_resume(struct xen *xen, const char *run, const char *uuid, struct err *err);

#endif
