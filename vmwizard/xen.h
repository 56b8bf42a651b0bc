/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection to libxl; the other files see struct vm_xen only. */
#ifndef VMWIZARD_XEN_H
#define VMWIZARD_XEN_H

#include <libxl.h>
#include <libxl_utils.h>

#include "vmwizard/host.h"
#include "vmwizard/list.h"

struct vm_xen {
	xentoollog_logger logger; /* first: libxl hands this address back */
	char last_error[256];
	libxl_ctx *ctx;
};

/* What Xen knows for vm_host_read(). */
int xen_read_host(struct vm_xen *xen, struct vm_host *host, struct err *err);

#endif
