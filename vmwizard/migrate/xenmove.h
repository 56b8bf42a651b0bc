/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a migration asks of libxl. */
#ifndef MIGRATE_XENMOVE_H
#define MIGRATE_XENMOVE_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "vmwizard/list.h"

/* A copy that is not the guest yet has this behind its name. */
#define XENMOVE_INCOMING "--incoming"

struct xenmove_domain {
	uint32_t domid; /* VM_NO_DOMID: not there */
	bool is_suspended, is_paused;
};

/* Before anything else here: libxl then leaves our other children alone. */
void xenmove_prepare(struct vm_xen *xen);
/* By uuid and name (NULL: whatever it is called); not there is no error. */
int xenmove_find(struct vm_xen *xen, const char *uuid, const char *name,
	struct xenmove_domain *ret_domain, struct err *err);
/* The running guest's configuration as JSON (the caller frees), and its need of memory and, for its pins, of CPUs. */
int xenmove_config(struct vm_xen *xen, uint32_t domid, char **ret_json, uint64_t *ret_kib,
	unsigned *ret_cpus, struct err *err);
/* Writes the memory to fd; the guest is suspended in the end, or before if it is not live. */
int xenmove_stream(struct vm_xen *xen, uint32_t domid, int fd, bool is_live, struct err *err);
/* Reads it from fd into a paused domain that is called name. */
int xenmove_restore(
	struct vm_xen *xen, const char *json, const char *name, int fd, struct err *err);
/* KiB that the last stream has copied; a page that changed meanwhile counts anew. */
uint64_t xenmove_copied(const struct vm_xen *xen);
/* Since the last suspend was asked for; 0 unknown. */
int64_t xenmove_downtime(const struct vm_xen *xen);
void xenmove_progress(struct vm_xen *xen,
	void (*progress)(void *context, const char *what, uint64_t done, uint64_t total),
	void *context);
int xenmove_start(
	struct vm_xen *xen, uint32_t domid, const char *old, const char *name, struct err *err);
int xenmove_resume(struct vm_xen *xen, uint32_t domid, struct err *err);
int xenmove_destroy(struct vm_xen *xen, uint32_t domid, struct err *err);

#endif
