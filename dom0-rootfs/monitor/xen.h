/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the monitor asks of libxl and xenstore: one connection, the list of guests, errors in words. */
#ifndef MONITOR_XEN_H
#define MONITOR_XEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libxl.h>
#include <libxl_utils.h>
#include <xentoollog.h>

#include "err.h"

#define XEN_UUID_TEXT 37
#define XEN_NO_DOMID ((uint32_t)INVALID_DOMID)

struct xen {
	xentoollog_logger logger; /* first: libxl hands this address back */
	char last_error[256];     /* what libxl said last, for the reason in our own messages */
	libxl_ctx *ctx;
};

/* One domU as the hypervisor sees it. Service domains (xenstore, stub domains) are left out. */
struct xen_domain {
	uint32_t domid;
	char uuid[XEN_UUID_TEXT]; /* stays the same when the domain is renamed or preserved */
	bool is_shut_down;
	bool is_dying; /* destroyed, but its memory is still in use somewhere */
	bool is_paused;
	bool has_run; /* used any CPU time */
	bool is_hvm;
	libxl_shutdown_reason reason;
};

struct xen_domains {
	struct xen_domain *item;
	size_t count;
};

int xen_open(struct xen *xen, struct err *err);
void xen_close(struct xen *xen);

int xen_list(struct xen *xen, struct xen_domains *ret_domains, struct err *err);
void xen_domains_dispose(struct xen_domains *domains);
const struct xen_domain *xen_domains_find(
	const struct xen_domains *domains, uint32_t domid, const char *uuid);

/* The domain's name, "domain N" if it has none; the caller frees. */
char *xen_name(struct xen *xen, uint32_t domid);

/*
 * Is this the old half of a rename-restart, kept for inspection? libxl_domain_preserve() gives it
 * a new uuid in xenstore while the hypervisor keeps the old one; nothing else does that.
 */
bool xen_is_preserved(struct xen *xen, const struct xen_domain *domain);

/* err_set() for a libxl call that returned RC, with libxl's own words. Returns -1. */
int xen_err(struct xen *xen, struct err *err, int rc, const char *fmt, ...) ATTR_PRINTF(4, 5);

/*
 * A xenstore connection with watches for domains that come, change or go. *ret_fd is to be polled;
 * xen_watch_drain() after it became readable returns -1 if xenstored is gone.
 */
struct xs_handle;
int xen_watch_open(struct xs_handle **ret_xs, int *ret_fd, struct err *err);
int xen_watch_drain(struct xs_handle *xs, struct err *err);
void xen_watch_close(struct xs_handle *xs);

#endif
