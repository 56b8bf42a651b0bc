/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the monitor asks of libxl and xenstore: one connection, the list of guests, errors in words. */
#define _GNU_SOURCE
#include "xen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "mem.h"
#include "monlog.h"

static void on_message(xentoollog_logger *logger, xentoollog_level level, int errnoval,
	const char *context, const char *format, va_list args)
	__attribute__((format(printf, 5, 0)));

static void on_message(xentoollog_logger *logger, xentoollog_level level, int errnoval,
	const char *context, const char *format, va_list args)
{
	struct xen *xen = (struct xen *)(void *)logger;
	char text[sizeof(xen->last_error)];

	(void)context;
	if (level < XTL_WARN)
		return;
	(void)vsnprintf(text, sizeof(text), format, args);
	if (errnoval > 0)
		monlog("libxl: %s: %s", text, strerror(errnoval));
	else
		monlog("libxl: %s", text);
	/* The first error is the cause, what follows are its consequences. */
	if (level >= XTL_ERROR && !xen->last_error[0])
		memcpy(xen->last_error, text, sizeof(text));
}

int xen_open(struct xen *xen, struct err *err)
{
	int rc;

	*xen = (struct xen){.logger = {.vmessage = on_message}};
	rc = libxl_ctx_alloc(&xen->ctx, LIBXL_VERSION, 0, &xen->logger);
	if (rc != 0)
		return err_set(err, ERR_IO, 0,
			"cannot talk to Xen (rc=%d); does this machine run under "
			"Xen, and does xenstored run?",
			rc);
	return 0;
}

void xen_close(struct xen *xen)
{
	if (xen->ctx)
		(void)libxl_ctx_free(xen->ctx);
	xen->ctx = NULL;
}

static bool is_service(struct xen *xen, const libxl_dominfo *info)
{
	uint32_t target;

	return info->domid == 0 || info->never_stop ||
	       libxl_is_stubdom(xen->ctx, info->domid, &target) == 1;
}

int xen_list(struct xen *xen, struct xen_domains *ret_domains, struct err *err)
{
	struct xen_domains domains = {0};
	int count = 0;
	libxl_dominfo *info = libxl_list_domain(xen->ctx, &count);

	if (!info)
		return err_set(err, ERR_IO, 0, "cannot list the domains");
	domains.item = xcalloc((size_t)count, sizeof(*domains.item));
	for (int i = 0; i < count; i++) {
		struct xen_domain *domain = &domains.item[domains.count];

		if (is_service(xen, &info[i]))
			continue;
		domain->domid = info[i].domid;
		domain->is_shut_down = info[i].shutdown;
		domain->is_dying = info[i].dying;
		domain->is_paused = info[i].paused;
		domain->has_run = info[i].cpu_time > 0;
		domain->is_hvm = info[i].domain_type == LIBXL_DOMAIN_TYPE_HVM;
		domain->reason = info[i].shutdown_reason;
		(void)snprintf(domain->uuid, sizeof(domain->uuid), LIBXL_UUID_FMT,
			LIBXL_UUID_BYTES(info[i].uuid));
		domains.count++;
	}
	libxl_dominfo_list_free(info, count);
	*ret_domains = domains;
	return 0;
}

void xen_domains_dispose(struct xen_domains *domains)
{
	free(domains->item);
	*domains = (struct xen_domains){0};
}

const struct xen_domain *xen_domains_find(
	const struct xen_domains *domains, uint32_t domid, const char *uuid)
{
	for (size_t i = 0; i < domains->count; i++) {
		const struct xen_domain *domain = &domains->item[i];

		if (domain->domid == domid && strcmp(domain->uuid, uuid) == 0)
			return domain;
	}
	return NULL;
}

char *xen_name(struct xen *xen, uint32_t domid)
{
	char *name = libxl_domid_to_name(xen->ctx, domid);

	return name ? name : xasprintf("domain %u", domid);
}

bool xen_is_preserved(struct xen *xen, const struct xen_domain *domain)
{
	struct xs_handle *xs = xs_open(0);
	char path[64];
	char *vm;
	bool differs;

	(void)xen;
	if (!xs)
		return false;
	(void)snprintf(path, sizeof(path), "/local/domain/%u/vm", domain->domid);
	vm = xs_read(xs, XBT_NULL, path, NULL);
	xs_close(xs);
	differs = vm && strncmp(vm, "/vm/", 4) == 0 && strcasecmp(vm + 4, domain->uuid) != 0;
	free(vm);
	return differs;
}

int xen_err(struct xen *xen, struct err *err, int rc, const char *fmt, ...)
{
	char what[256];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (xen->last_error[0])
		(void)err_set(err, ERR_PROC, 0, "%s: %s", what, xen->last_error);
	else
		(void)err_set(err, ERR_PROC, 0, "%s (libxl error %d)", what, rc);
	xen->last_error[0] = '\0';
	return -1;
}

int xen_watch_open(struct xs_handle **ret_xs, int *ret_fd, struct err *err)
{
	struct xs_handle *xs = xs_open(0);

	if (!xs)
		return err_set(err, ERR_IO, errno, "cannot reach xenstored");
	if (!xs_watch(xs, "@introduceDomain", "new") || !xs_watch(xs, "@releaseDomain", "gone")) {
		(void)err_set(err, ERR_IO, errno, "cannot watch xenstore");
		xs_close(xs);
		return -1;
	}
	*ret_xs = xs;
	*ret_fd = xs_fileno(xs);
	return 0;
}

int xen_watch_drain(struct xs_handle *xs, struct err *err)
{
	char **event;

	errno = 0;
	while ((event = xs_check_watch(xs)))
		free(event);
	if (errno != EAGAIN)
		return err_set(err, ERR_IO, errno, "xenstored does not answer any more");
	return 0;
}

void xen_watch_close(struct xs_handle *xs)
{
	xs_close(xs);
}
