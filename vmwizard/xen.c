/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of libxl: the machine's abilities and memory, and a guest's need of it. */
#define _GNU_SOURCE
#include "vmwizard/xen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"

static void on_message(xentoollog_logger *logger, xentoollog_level level, int errnoval,
	const char *context, const char *format, va_list args)
	__attribute__((format(printf, 5, 0)));

/* Kept for our own messages; nothing is printed into a screen. */
static void on_message(xentoollog_logger *logger, xentoollog_level level, int errnoval,
	const char *context, const char *format, va_list args)
{
	struct vm_xen *xen = (struct vm_xen *)(void *)logger;
	char text[sizeof(xen->last_error)];
	(void)errnoval;
	(void)context;
	if (level < XTL_ERROR && level != XTL_DEBUG)
		return;
	(void)vsnprintf(text, sizeof(text), format, args);
	if (level >= XTL_ERROR && !xen->last_error[0])
		memcpy(xen->last_error, text, sizeof(text));
	/* libxl_dom_suspend.c: by event channel or XenBus, or straight away. */
	if (level == XTL_DEBUG && ((strstr(text, "issuing") && strstr(text, "suspend request")) ||
					  strstr(text, "Calling xc_domain_shutdown")))
		xen->suspended_ms = vm_now_ms();
}

static void on_progress(xentoollog_logger *logger, const char *context, const char *what,
	int percent, unsigned long done, unsigned long total)
{
	struct vm_xen *xen = (struct vm_xen *)(void *)logger;
	(void)context;
	(void)percent;
	/* libxc counts all frame numbers, and those of a PVH guest go up to 4 GiB however small it is. */
	uint64_t all =
		xen->progress_most && total > xen->progress_most ? xen->progress_most : total;
	uint64_t now = done < all ? done : all;
	int64_t now_ms = vm_now_ms();
	xen->copied_pages += now < xen->pass_pages ? now : now - xen->pass_pages;
	xen->pass_pages = now;
	bool is_next_pass = now < xen->progress_done;
	bool is_due = now == all || now_ms - xen->progress_ms >= 1000;
	if (!xen->progress || (!is_next_pass && (now == xen->progress_done || !is_due)))
		return;
	xen->progress_done = now;
	xen->progress_ms = now_ms;
	xen->progress(xen->progress_context, what, now, all);
}

int vm_xen_open(struct vm_xen **ret_xen, struct err *err)
{
	struct vm_xen *xen = xcalloc(1, sizeof(*xen));
	xen->logger.vmessage = on_message;
	xen->logger.progress = on_progress;
	int rc = libxl_ctx_alloc(&xen->ctx, LIBXL_VERSION, 0, &xen->logger);
	/* Without Xen the context can be had, but nothing answers. */
	const libxl_version_info *version = rc == 0 ? libxl_get_version_info(xen->ctx) : NULL;
	if (!version) {
		vm_xen_close(xen);
		return err_set(err, ERR_MISSING, 0,
			_("cannot talk to Xen: this machine does not run under it, or xenstored does not run"));
	}
	*ret_xen = xen;
	return 0;
}

void vm_xen_close(struct vm_xen *xen)
{
	if (!xen)
		return;
	if (xen->ctx)
		(void)libxl_ctx_free(xen->ctx);
	free(xen);
}

static int need_memory(void *context, const struct vm_spec *spec, uint64_t *ret_kib)
{
	struct vm_xen *xen = context;
	libxl_domain_config config;
	libxl_domain_type type = spec->method == VM_HVM   ? LIBXL_DOMAIN_TYPE_HVM
				 : spec->method == VM_PVH ? LIBXL_DOMAIN_TYPE_PVH
							  : LIBXL_DOMAIN_TYPE_PV;
	libxl_domain_config_init(&config);
	config.c_info.type = type;
	config.c_info.name = strdup("need");
	libxl_domain_build_info_init_type(&config.b_info, type);
	config.b_info.target_memkb = (uint64_t)spec->memory_mib * 1024;
	config.b_info.max_memkb = (uint64_t)spec->max_memory_mib * 1024;
	config.b_info.max_vcpus = (int)spec->max_vcpus;
	int rc = libxl_domain_need_memory(xen->ctx, &config, (uint32_t)INVALID_DOMID, ret_kib);
	libxl_domain_config_dispose(&config);
	xen->last_error[0] = '\0';
	return rc == 0 ? 0 : -1;
}

static void close_xen(void *xen)
{
	vm_xen_close(xen);
}

/* Why a method cannot be chosen, or "". */
static void read_methods(const libxl_physinfo *info, struct vm_host *host)
{
	const char *no_hvm =
		_("the CPU's virtualization (VT-x or AMD-V) is missing or switched off; "
		  "switch it on in the machine's firmware settings");
	bool has_qemu = file_exists("/", "/usr/libexec/xen-qemu-system-i386") &&
			file_exists("/", "/usr/lib/xen-4.20/boot/hvmloader");
	bool can_page = info->cap_hap || info->cap_shadow;
	host->cannot[VM_PV] = xstrdup(
		info->cap_pv ? "" : _("this hypervisor was built without support for PV guests"));
	host->cannot[VM_PVH] = xstrdup(
		!info->cap_hvm ? no_hvm
		: !can_page
			? _("the CPU has no nested paging (EPT or NPT), and this hypervisor no shadow paging")
			: "");
	host->cannot[VM_HVM] = xstrdup(
		host->cannot[VM_PVH][0] ? host->cannot[VM_PVH]
		: !has_qemu
			? _("the component \"full virtualization\" (QEMU) is not installed: put the medium in, `domus-install add hvm`, and restart")
			: "");
	host->cannot[VM_METHOD_AUTO] = xstrdup("");
}

static void read_names(struct vm_xen *xen, struct vm_host *host)
{
	int count = 0;
	libxl_dominfo *list = libxl_list_domain(xen->ctx, &count);
	for (int i = 0; list && i < count; i++) {
		char *name = libxl_domid_to_name(xen->ctx, list[i].domid);
		if (list[i].domid == 0)
			host->dom0_kib = list[i].current_memkb;
		if (name && !strlist_has(&host->names, name))
			strlist_add(&host->names, name);
		free(name);
	}
	libxl_dominfo_list_free(list, count);
}

int xen_read_host(struct vm_xen *xen, struct vm_host *host, struct err *err)
{
	libxl_physinfo info;
	libxl_physinfo_init(&info);
	if (libxl_get_physinfo(xen->ctx, &info) != 0) {
		libxl_physinfo_dispose(&info);
		return err_set(err, ERR_IO, 0, _("Xen does not tell about the machine"));
	}
	const libxl_version_info *version = libxl_get_version_info(xen->ctx);
	uint64_t page_kib =
		version && version->pagesize > 0 ? (uint64_t)version->pagesize / 1024 : 4;
	host->is_xen = true;
	host->cpus = info.nr_cpus;
	host->has_shadow = info.cap_shadow;
	for (size_t i = 0; i < ARRAY_SIZE(host->cpu_caps); i++)
		host->cpu_caps[i] = info.hw_cap[i];
	if (version) {
		host->xen_major = (unsigned)version->xen_version_major;
		host->xen_minor = (unsigned)version->xen_version_minor;
	}
	host->total_kib = info.total_pages * page_kib;
	if (libxl_get_free_memory(xen->ctx, &host->free_kib) != 0)
		host->free_kib = info.free_pages * page_kib;
	read_methods(&info, host);
	libxl_physinfo_dispose(&info);
	read_names(xen, host);
	host->need_memory = need_memory;
	host->close_xen = close_xen;
	host->xen = xen;
	return 0;
}
