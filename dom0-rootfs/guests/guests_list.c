/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists the guests and who looks after each. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "dom0-rootfs/monitor/state.h"
#include "dom0-rootfs/monitor/xen.h"
#include "dom0-rootfs/monitor/xlproc.h"
#include "guests.h"
#include "mem.h"

static const char *state_word(const struct xen_domain *domain)
{
	if (domain->is_dying)
		return "dying";
	if (domain->is_shut_down)
		return domain->reason == LIBXL_SHUTDOWN_REASON_SUSPEND ? "suspended" : "shut down";
	return domain->is_paused ? "paused" : "running";
}

/* Who acts when this domain dies; the caller frees. */
static char *keeper(struct xen *xen, const struct xen_domain *domain, const struct xlproc_list *xls)
{
	for (size_t i = 0; i < xls->count; i++) {
		if (xlproc_claims(&xls->item[i], domain->domid) == XLPROC_CERTAIN)
			return xasprintf("xl (pid %ld)", (long)xls->item[i].pid);
	}
	return xstrdup(xen_is_preserved(xen, domain) ? "nobody (kept copy)" : "domus-monitor");
}

int guests_list(const char *run, struct err *err)
{
	struct xlproc_list xls = {0};
	struct xen_domains domains;
	struct xen xen;

	(void)run;
	if (xen_open(&xen, err) != 0)
		return -1;
	if (xen_list(&xen, &domains, err) != 0) {
		xen_close(&xen);
		return -1;
	}
	(void)xlproc_find("/proc", &xls, NULL);
	(void)printf("%-24s %6s  %-10s %s\n", "NAME", "DOMID", "STATE", "LOOKED AFTER BY");
	for (size_t i = 0; i < domains.count; i++) {
		const struct xen_domain *domain = &domains.item[i];
		CLEANUP(mem_free_string) char *name = xen_name(&xen, domain->domid);
		CLEANUP(mem_free_string) char *who = keeper(&xen, domain, &xls);

		(void)printf("%-24s %6u  %-10s %s\n", name, domain->domid, state_word(domain), who);
	}
	xlproc_list_dispose(&xls);
	xen_domains_dispose(&domains);
	xen_close(&xen);
	return 0;
}
