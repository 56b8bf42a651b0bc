/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of guests as libxl, the kernel's counters and /etc/xen tell it. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "savedguest.h"
#include "vmwizard/migrate/record.h"
#include "vmwizard/paths.h"
#include "vmwizard/plan.h"
#include "vmwizard/xen.h"

static struct vm_domain *add(struct vm_list *list, const char *name)
{
	list->items = xreallocarray(list->items, list->count + 1, sizeof(*list->items));
	struct vm_domain *d = &list->items[list->count++];
	*d = (struct vm_domain){.name = xstrdup(name),
		.uuid = xstrdup(""),
		.domid = VM_NO_DOMID,
		.method = xstrdup(""),
		.os = xstrdup(""),
		.why_off = xstrdup("")};
	return d;
}

static enum vm_state state_of(const libxl_dominfo *info)
{
	if (info->shutdown && info->shutdown_reason == LIBXL_SHUTDOWN_REASON_CRASH)
		return VM_STATE_CRASHED;
	if (info->shutdown || info->dying)
		return VM_STATE_ENDING;
	return info->paused ? VM_STATE_PAUSED : VM_STATE_RUNNING;
}

static const char *method_of(const libxl_dominfo *info)
{
	switch (info->domain_type) {
	case LIBXL_DOMAIN_TYPE_PV:
		return "pv";
	case LIBXL_DOMAIN_TYPE_PVH:
		return "pvh";
	case LIBXL_DOMAIN_TYPE_HVM:
		return "hvm";
	case LIBXL_DOMAIN_TYPE_INVALID:
		break;
	}
	return "";
}

static uint64_t counter(const char *path)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read("/", path, 64, &text, NULL) < 0)
		return 0;
	return strtoull(str_text(&text), NULL, 10);
}

/* Ports of the guest: what it received, dom0's end sent. */
static void read_ports(struct vm_domain *d, const struct strlist *ifnames)
{
	char head[24];
	(void)snprintf(head, sizeof(head), "vif%u.", d->domid);
	for (size_t i = 0; i < ifnames->count; i++) {
		const char *name = ifnames->items[i];
		char path[128];
		if (strncmp(name, head, strlen(head)) != 0 || strstr(name, "-emu"))
			continue;
		(void)snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/tx_bytes", name);
		d->rx_bytes += counter(path);
		(void)snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/rx_bytes", name);
		d->tx_bytes += counter(path);
	}
}

/* Of the kernel's block backend; disks that QEMU serves have no counters there. */
static void read_disks(struct vm_domain *d, const struct strlist *vbds)
{
	char head[24];
	(void)snprintf(head, sizeof(head), "vbd-%u-", d->domid);
	for (size_t i = 0; i < vbds->count; i++) {
		char path[128];
		if (strncmp(vbds->items[i], head, strlen(head)) != 0)
			continue;
		(void)snprintf(path, sizeof(path),
			"/sys/bus/xen-backend/devices/%s/statistics/rd_sect", vbds->items[i]);
		d->read_bytes += counter(path) * 512;
		(void)snprintf(path, sizeof(path),
			"/sys/bus/xen-backend/devices/%s/statistics/wr_sect", vbds->items[i]);
		d->write_bytes += counter(path) * 512;
	}
}

/* What libxl wrote down at the guest's creation, in its /memory. */
static uint64_t memory_node_kib(struct xs_handle *xs, uint32_t domid, const char *node)
{
	char path[64];
	unsigned len;
	(void)snprintf(path, sizeof(path), "/local/domain/%u/memory/%s", domid, node);
	char *text = xs ? xs_read(xs, XBT_NULL, path, &len) : NULL;
	uint64_t kib = text ? strtoull(text, NULL, 10) : 0;
	free(text);
	return kib;
}

static void take(
	struct vm_xen *xen, struct xs_handle *xs, const libxl_dominfo *info, struct vm_list *list)
{
	char *name = libxl_domid_to_name(xen->ctx, info->domid);
	CLEANUP(mem_free_string) char *other = xasprintf("domain-%u", info->domid);
	struct vm_domain *d = add(list, name && name[0] ? name : other);
	/* The guest's limit: libxl's max_memkb has slack in it. */
	uint64_t max_kib = memory_node_kib(xs, info->domid, "static-max");
	free(name);
	d->domid = info->domid;
	free(d->uuid);
	d->uuid = xasprintf(LIBXL_UUID_FMT, LIBXL_UUID_BYTES(info->uuid));
	vm_spec_set(&d->method, info->domid ? method_of(info) : "");
	d->state = info->domid ? state_of(info) : VM_STATE_RUNNING;
	d->memory_kib = info->current_memkb + info->outstanding_memkb;
	d->max_memory_kib = max_kib ? max_kib : info->max_memkb;
	d->video_kib =
		strcmp(d->method, "hvm") == 0 ? memory_node_kib(xs, info->domid, "videoram") : 0;
	d->vcpus = info->vcpu_online;
	d->max_vcpus = info->vcpu_max_id + 1;
	d->cpu_ns = info->cpu_time;
}

static void take_machine(struct vm_xen *xen, struct vm_list *list)
{
	libxl_physinfo info;
	libxl_physinfo_init(&info);
	if (libxl_get_physinfo(xen->ctx, &info) == 0) {
		list->cpus = info.nr_cpus;
		list->total_kib = info.total_pages * 4;
		list->free_kib = info.free_pages * 4;
	}
	libxl_physinfo_dispose(&info);
}

static int read_running(struct vm_xen *xen, struct vm_list *list, struct err *err)
{
	int count = 0;
	libxl_dominfo *info = libxl_list_domain(xen->ctx, &count);
	if (!info)
		return err_set(err, ERR_IO, 0, _("Xen does not list the guests"));
	struct xs_handle *xs = xs_open(0);
	for (int i = 0; i < count; i++)
		take(xen, xs, &info[i], list);
	if (xs)
		xs_close(xs);
	libxl_dominfo_list_free(info, count);
	return 0;
}

static void read_counters(struct vm_list *list)
{
	CLEANUP(strlist_dispose) struct strlist ifnames = STRLIST_INIT;
	CLEANUP(strlist_dispose) struct strlist vbds = STRLIST_INIT;
	(void)file_list_dir("/", "/sys/class/net", &ifnames, NULL);
	(void)file_list_dir("/", "/sys/bus/xen-backend/devices", &vbds, NULL);
	for (size_t i = 0; i < list->count; i++) {
		read_ports(&list->items[i], &ifnames);
		read_disks(&list->items[i], &vbds);
	}
}

static struct vm_domain *find_or_add(struct vm_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return add(list, name);
}

static char *failed_text(const char *root, const char *name)
{
	CLEANUP(mem_free_string) char *path = xasprintf("/run/domus/failed/guest-%s", name);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read(root, path, 4096, &text, NULL) < 0)
		return xstrdup("");
	return xstrndup(str_text(&text), strcspn(str_text(&text), "\r\n"));
}

struct defined {
	const char *root;
	struct vm_list *list;
};

static void take_defined(const char *name, const struct vm_spec *spec, void *context)
{
	const struct defined *defined = context;
	struct vm_domain *d = find_or_add(defined->list, spec->name);
	CLEANUP(mem_free_string) char *link = vm_auto_path(name);
	d->has_cfg = true;
	d->autostart = file_exists(defined->root, link);
	d->turn = (struct guestturn){.order = spec->start_order,
		.delay_s = spec->start_delay_s,
		.at_stop = spec->at_stop};
	vm_spec_set(&d->os, spec->os);
	/* To libxl_list_domain() PVH is HVM. */
	if (spec->method == VM_PVH && strcmp(d->method, "hvm") == 0)
		vm_spec_set(&d->method, "pvh");
	if (d->domid != VM_NO_DOMID)
		return;
	CLEANUP(mem_free_string) char *saved = savedguest_path(defined->root, spec->name);
	vm_spec_set(&d->uuid, spec->uuid);
	vm_spec_set(&d->method, vm_method_words[spec->method]);
	d->state = saved ? VM_STATE_SAVED : VM_STATE_OFF;
	d->memory_kib = (uint64_t)spec->memory_mib * 1024;
	d->max_memory_kib = (uint64_t)spec->max_memory_mib * 1024;
	d->vcpus = (unsigned)spec->vcpus;
	d->max_vcpus = (unsigned)spec->max_vcpus;
	free(d->why_off);
	d->why_off = failed_text(defined->root, spec->name);
}

/* Guests whose definition is in a record: only the other host knows whether they run, or they are not put back yet. */
static void take_moving(const char *root, struct vm_list *list)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	record_list(root, RECORD_OUT, &names);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(record_dispose) struct record record;
		if (record_read(root, RECORD_OUT, names.items[i], &record, NULL) < 0 ||
			(record.state != MIG_PERMITTED && record.state != MIG_HERE))
			continue;
		struct vm_domain *d = find_or_add(list, record.offer.name);
		bool is_here = record.state == MIG_HERE;
		if (is_here && d->has_cfg)
			continue;
		if (!is_here)
			d->state = VM_STATE_UNDECIDED;
		d->autostart = record.offer.autostart;
		vm_spec_set(&d->uuid, record.offer.uuid);
		vm_spec_set(&d->method, vm_method_words[record.offer.method]);
		free(d->why_off);
		d->why_off = is_here ? xstrdup(_("it stays here, and is not defined again yet; see "
						 "domus-vm settle"))
				     : xasprintf(_("it may run on %s, which does not answer"),
					       record.peer);
	}
}

static int compare(const void *a, const void *b)
{
	const struct vm_domain *x = a;
	const struct vm_domain *y = b;
	if ((x->domid == 0) != (y->domid == 0))
		return x->domid == 0 ? -1 : 1;
	return strcmp(x->name, y->name);
}

int vm_list_running(struct vm_xen *xen, struct vm_list *ret_list, struct err *err)
{
	*ret_list = (struct vm_list)VM_LIST_INIT;
	return xen ? read_running(xen, ret_list, err) : 0;
}

int vm_list_read(struct vm_xen *xen, const char *root, const struct vm_list *before,
	struct vm_list *ret_list, struct err *err)
{
	struct vm_list list = VM_LIST_INIT;
	list.taken_ms = vm_now_ms();
	if (xen && read_running(xen, &list, err) < 0) {
		vm_list_dispose(&list);
		return -1;
	}
	if (xen) {
		take_machine(xen, &list);
		read_counters(&list);
	}
	struct defined defined = {.root = root, .list = &list};
	vm_each_defined(root, take_defined, &defined);
	take_moving(root, &list);
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), compare);
	vm_list_rates(&list, before);
	*ret_list = list;
	return 0;
}
