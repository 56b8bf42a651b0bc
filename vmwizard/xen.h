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
	/* Of a guest's memory on its way, in pages, at most once a second; may be NULL. */
	void (*progress)(void *context, const char *what, uint64_t done, uint64_t total);
	void *progress_context;
	uint64_t progress_most, progress_done; /* pages the guest has, 0: unknown; last told */
	int64_t progress_ms;
	uint64_t pass_pages, copied_pages; /* copied in this pass, and in all of them */
	int64_t suspended_ms; /* vm_now_ms() when libxl last asked a guest to suspend; 0: never */
	libxl_ctx *ctx;
};

/* What Xen knows for vm_host_read(). */
int xen_read_host(struct vm_xen *xen, struct vm_host *host, struct err *err);

#endif
