/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a migration asks of libxl: xl's own migrate gives up in the window that matters. */
#define _GNU_SOURCE
#include "vmwizard/migrate/xenmove.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "affinity.h"
#include "lang.h"
#include "mem.h"
#include "vmwizard/xen.h"

static int fail(struct vm_xen *xen, int rc, const char *what, struct err *err)
{
	int r = xen->last_error[0] ? err_set(err, ERR_PROC, 0, "%s: %s", what, xen->last_error)
				   : err_set(err, ERR_PROC, 0, _("%s: libxl error %d"), what, rc);
	xen->last_error[0] = '\0';
	return r;
}

void xenmove_prepare(struct vm_xen *xen)
{
	static const libxl_childproc_hooks hooks = {
		.chldowner = libxl_sigchld_owner_libxl_always_selective_reap};
	libxl_childproc_setmode(xen->ctx, &hooks, NULL);
}

int64_t xenmove_downtime(const struct vm_xen *xen)
{
	return xen->suspended_ms ? vm_now_ms() - xen->suspended_ms : 0;
}

uint64_t xenmove_copied(const struct vm_xen *xen)
{
	return xen->copied_pages * 4;
}

void xenmove_progress(struct vm_xen *xen,
	void (*progress)(void *context, const char *what, uint64_t done, uint64_t total),
	void *context)
{
	xen->progress = progress;
	xen->progress_context = context;
}

int xenmove_find(struct vm_xen *xen, const char *uuid, const char *name,
	struct xenmove_domain *ret_domain, struct err *err)
{
	int count = 0;
	libxl_dominfo *list = libxl_list_domain(xen->ctx, &count);
	struct xenmove_domain found = {.domid = VM_NO_DOMID};
	if (!list)
		return err_set(err, ERR_IO, 0, "%s", _("Xen does not list the guests"));
	for (int i = 0; i < count; i++) {
		const libxl_dominfo *info = &list[i];
		char own[37];
		(void)snprintf(own, sizeof(own), LIBXL_UUID_FMT, LIBXL_UUID_BYTES(info->uuid));
		char *title = libxl_domid_to_name(xen->ctx, info->domid);
		bool is_it = (!name || (title && strcmp(title, name) == 0)) &&
			     strcasecmp(own, uuid) == 0;
		free(title);
		if (!is_it || info->dying)
			continue;
		found.domid = info->domid;
		found.is_paused = info->paused;
		found.is_suspended =
			info->shutdown && info->shutdown_reason == LIBXL_SHUTDOWN_REASON_SUSPEND;
	}
	libxl_dominfo_list_free(list, count);
	*ret_domain = found;
	return 0;
}

int xenmove_config(struct vm_xen *xen, uint32_t domid, char **ret_json, uint64_t *ret_kib,
	unsigned *ret_cpus, struct err *err)
{
	libxl_domain_config config;
	uint64_t kib = 0;
	libxl_domain_config_init(&config);
	xen->last_error[0] = '\0';
	int rc = libxl_retrieve_domain_configuration(xen->ctx, domid, &config, NULL);
	if (rc == 0) {
		affinity_keep(xen->ctx, domid, false, &config);
		*ret_cpus = affinity_least_cpus(&config);
	}
	char *json = rc == 0 ? libxl_domain_config_to_json(xen->ctx, &config) : NULL;
	if (rc == 0)
		rc = libxl_domain_need_memory(xen->ctx, &config, (uint32_t)INVALID_DOMID, &kib);
	libxl_domain_config_dispose(&config);
	if (rc != 0 || !json) {
		free(json);
		return fail(xen, rc, _("Xen does not tell the guest's configuration"), err);
	}
	*ret_json = json;
	*ret_kib = kib;
	return 0;
}

int xenmove_stream(struct vm_xen *xen, uint32_t domid, int fd, bool is_live, struct err *err)
{
	libxl_dominfo info;
	libxl_dominfo_init(&info);
	if (libxl_domain_info(xen->ctx, &info, domid) == 0)
		xen->progress_most = (info.current_memkb + info.outstanding_memkb) / 4;
	libxl_dominfo_dispose(&info);
	xen->progress_done = xen->pass_pages = xen->copied_pages = 0;
	xen->last_error[0] = '\0';
	int rc = libxl_domain_suspend(xen->ctx, domid, fd, is_live ? LIBXL_SUSPEND_LIVE : 0, NULL);
	return rc == 0 ? 0 : fail(xen, rc, _("its memory could not be sent"), err);
}

int xenmove_restore(struct vm_xen *xen, const char *json, const char *name, int fd, struct err *err)
{
	libxl_domain_config config;
	libxl_domain_restore_params params;
	uint32_t domid = (uint32_t)INVALID_DOMID;
	libxl_domain_config_init(&config);
	libxl_domain_restore_params_init(&params);
	params.stream_version = 2;
	xen->last_error[0] = '\0';
	int rc = libxl_domain_config_from_json(xen->ctx, &config, json);
	if (rc == 0) {
		free(config.c_info.name);
		config.c_info.name = xstrdup(name);
		/* Xen numbers it. */
		config.c_info.domid = (uint32_t)INVALID_DOMID;
		rc = libxl_domain_create_restore(
			xen->ctx, &config, &domid, fd, -1, &params, NULL, NULL);
	}
	libxl_domain_restore_params_dispose(&params);
	libxl_domain_config_dispose(&config);
	return rc == 0 ? 0 : fail(xen, rc, _("its memory could not be taken in"), err);
}

int xenmove_start(
	struct vm_xen *xen, uint32_t domid, const char *old, const char *name, struct err *err)
{
	xen->last_error[0] = '\0';
	int rc = old ? libxl_domain_rename(xen->ctx, domid, old, name) : 0;
	if (rc == 0)
		rc = libxl_domain_unpause(xen->ctx, domid, NULL);
	return rc == 0 ? 0 : fail(xen, rc, _("it cannot be started"), err);
}

int xenmove_resume(struct vm_xen *xen, uint32_t domid, struct err *err)
{
	/* 1: the guest sees a suspend that was called off, and keeps its devices. */
	xen->last_error[0] = '\0';
	int rc = libxl_domain_resume(xen->ctx, domid, 1, NULL);
	return rc == 0 ? 0 : fail(xen, rc, _("it cannot be resumed"), err);
}

int xenmove_destroy(struct vm_xen *xen, uint32_t domid, struct err *err)
{
	xen->last_error[0] = '\0';
	int rc = libxl_domain_destroy(xen->ctx, domid, NULL);
	if (rc == ERROR_DOMAIN_NOTFOUND)
		rc = 0;
	return rc == 0 ? 0 : fail(xen, rc, _("it cannot be removed"), err);
}
