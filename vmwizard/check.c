/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that speaks against a completed specification on this host. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "near.h"
#include "num.h"
#include "value.h"
#include "vmwizard/host.h"
#include "vmwizard/image.h"

struct checker {
	const struct vm_spec *spec;
	const struct profile *profile;
	const struct vm_host *host;
	const struct cfg *cfg;
	struct problems *problems;
};

static unsigned line_of(const struct checker *c, const char *key, size_t nth)
{
	return c->cfg ? cfg_line_of(c->cfg, "vm", c->spec->name, key, nth) : 0;
}

#define SAY(c, level, key, nth, ...) \
	problems_add((c)->problems, level, line_of(c, key, nth), __VA_ARGS__)
#define ERROR(c, key, ...) SAY(c, PROBLEM_ERROR, key, 0, __VA_ARGS__)
#define WARN(c, key, ...) SAY(c, PROBLEM_WARNING, key, 0, __VA_ARGS__)

static const char *mib(uint64_t kib, char buf[NUM_SIZE_TEXT])
{
	return num_size_text(kib / 1024 * NUM_MIB, buf);
}

static void check_identity(const struct checker *c, bool is_new)
{
	const struct vm_spec *s = c->spec;
	struct err err = ERR_INIT;
	if (vm_check_name(s->name, &err) < 0)
		ERROR(c, "name", "name: %s", err.text);
	else if (is_new && strlist_has(&c->host->names, s->name))
		ERROR(c, "name", _("name: there is a guest \"%s\" already"), s->name);
	if (is_new && s->uuid[0] && strlist_has(&c->host->uuids, s->uuid))
		ERROR(c, "uuid", _("uuid: another guest has %s already"), s->uuid);
}

static void check_method(const struct checker *c)
{
	const struct vm_spec *s = c->spec;
	const char *why;
	if (s->method == VM_METHOD_AUTO) {
		ERROR(c, "method", _("method: none is possible"));
		return;
	}
	why = vm_cannot(c->host, c->profile, s->method);
	if (why[0])
		ERROR(c, "method", "method %s: %s", vm_method_words[s->method], why);
	if (s->method != VM_HVM && s->boot == VM_BOOT_FIRMWARE)
		ERROR(c, "boot", _("boot: only HVM guests have firmware"));
	if (s->method == VM_HVM && (s->boot == VM_BOOT_GRUB || s->boot == VM_BOOT_TAKEN))
		ERROR(c, "boot",
			_("boot: HVM guests boot by firmware, or a kernel in dom0 (direct)"));
	if (s->firmware == VM_FIRMWARE_UEFI && s->method != VM_HVM)
		ERROR(c, "firmware", _("firmware: only HVM guests have any"));
	else if (s->firmware == VM_FIRMWARE_UEFI && c->host->is_xen && !c->host->has_ovmf)
		ERROR(c, "firmware",
			_("firmware: there is no OVMF here (Debian's is not built for Xen); use bios"));
	if (c->host->is_xen && s->boot == VM_BOOT_GRUB &&
		!(s->method == VM_PV ? c->host->has_grub_pv : c->host->has_grub_pvh))
		ERROR(c, "boot", _("boot: GRUB for Xen is not on this host"));
}

static void check_memory(const struct checker *c)
{
	const struct vm_spec *s = c->spec;
	char a[NUM_SIZE_TEXT];
	char b[NUM_SIZE_TEXT];
	if (s->memory_mib < c->profile->memory_min_mib)
		ERROR(c, "memory",
			_("memory: %" PRId64
			  " MiB is too little for %s, which wants at least %" PRId64 " MiB"),
			s->memory_mib, c->profile->name, c->profile->memory_min_mib);
	if (s->max_memory_mib < s->memory_mib)
		ERROR(c, "max-memory",
			_("max-memory: %" PRId64 " MiB is less than memory, %" PRId64 " MiB"),
			s->max_memory_mib, s->memory_mib);
	if (s->max_memory_mib > s->memory_mib && !c->profile->has_balloon && s->method != VM_PV)
		ERROR(c, "max-memory",
			_("max-memory: more than memory needs a balloon driver from the first boot on, or the guest crashes: %s"),
			c->profile->balloon_why[0] ? c->profile->balloon_why
						   : _("this system has none"));
	if (!c->host->is_xen || !s->start)
		return;
	uint64_t need = vm_need_kib(s, c->host);
	uint64_t need0 = vm_need_dom0_kib(s);
	if (need > c->host->free_kib)
		ERROR(c, "memory",
			_("memory: the guest needs %s with what Xen needs for it, %s are free; at most memory = %" PRId64
			  " MiB"),
			mib(need, a), mib(c->host->free_kib, b),
			(int64_t)(c->host->free_kib / 1024) -
						(int64_t)(need / 1024 - (uint64_t)s->memory_mib) >
					0
				? (int64_t)(c->host->free_kib / 1024) -
					  (int64_t)(need / 1024 - (uint64_t)s->memory_mib)
				: 0);
	if (need0 + VM_DOM0_RESERVE_KIB > c->host->dom0_available_kib)
		ERROR(c, "memory",
			_("memory: dom0 has %s available and needs %s for this guest's devices; stop another guest or give dom0 more"),
			mib(c->host->dom0_available_kib, a), mib(need0 + VM_DOM0_RESERVE_KIB, b));
}

static void check_cpus(const struct checker *c)
{
	const struct vm_spec *s = c->spec;
	if (s->max_vcpus < s->vcpus)
		ERROR(c, "max-vcpus", _("max-vcpus: %" PRId64 " is less than vcpus, %" PRId64),
			s->max_vcpus, s->vcpus);
	else if (s->method == VM_PVH && s->max_vcpus > s->vcpus)
		WARN(c, "max-vcpus",
			_("max-vcpus: as PVH, Linux since 6.9 uses only the CPUs it starts with: set vcpus to %" PRId64
			  ", and fewer later"),
			s->max_vcpus);
	if (s->method != VM_PV && s->max_vcpus > 128)
		ERROR(c, "max-vcpus", _("max-vcpus: at most 128 for PVH and HVM"));
	if (!c->host->is_xen || c->host->cpus == 0)
		return;
	if (s->max_vcpus > c->host->cpus)
		WARN(c, "vcpus",
			_("vcpus: the machine has %u CPUs; more virtual ones only cost time"),
			c->host->cpus);
	for (const char *p = s->pin; *p;) {
		unsigned long cpu = strtoul(p, NULL, 10);
		if (cpu >= c->host->cpus) {
			ERROR(c, "pin", _("pin: there is no CPU %lu; this machine has 0 to %u"),
				cpu, c->host->cpus - 1);
			break;
		}
		size_t len = strspn(p, "0123456789");
		len += strspn(p + len, "-, ");
		/* A hand-made file may say "all,^0", which is for xl to judge. */
		if (len == 0)
			break;
		p += len;
	}
}

static void check_nic(const struct checker *c, size_t i)
{
	const struct vm_nic *nic = &c->spec->nics[i];
	const struct vm_host *h = c->host;
	if (h->is_xen && !strlist_has(&h->bridges, nic->bridge)) {
		const char *near = near_find(
			nic->bridge, (const char *const *)h->bridges.items, h->bridges.count);
		CLEANUP(mem_free_string) char *all = strlist_join(&h->bridges);
		if (near)
			SAY(c, PROBLEM_ERROR, "nic", i,
				_("nic: there is no bridge \"%s\"; did you mean \"%s\"?"),
				nic->bridge, near);
		else
			SAY(c, PROBLEM_ERROR, "nic", i,
				_("nic: there is no bridge \"%s\"; this host has: %s"), nic->bridge,
				h->bridges.count ? all : _("none"));
	}
	struct err err = ERR_INIT;
	if (nic->is_guarded && nic->addresses[0] && value_check_addresses(nic->addresses, &err) < 0)
		SAY(c, PROBLEM_ERROR, "nic", i, "nic: addresses: %s", err.text);
	if (!nic->mac[0])
		return;
	if (strlist_has(&h->macs, nic->mac))
		SAY(c, PROBLEM_ERROR, "nic", i, _("nic: another guest has the MAC address %s"),
			nic->mac);
	for (size_t j = 0; j < i; j++)
		if (strcmp(c->spec->nics[j].mac, nic->mac) == 0)
			SAY(c, PROBLEM_ERROR, "nic", i, _("nic: two have the MAC address %s"),
				nic->mac);
}

/* "hda" and "xvda" are the same disk to an HVM guest. */
static const char *tail_of(const char *target)
{
	return target + strlen(target) - (target[0] ? 1 : 0);
}

static void check_target(const struct checker *c, size_t i)
{
	const struct vm_spec *s = c->spec;
	for (size_t j = 0; j < i; j++) {
		const char *a = s->disks[i].target;
		const char *b = s->disks[j].target;
		bool is_same =
			strcmp(a, b) == 0 || (s->method == VM_HVM && a[0] != 's' && b[0] != 's' &&
						     strcmp(tail_of(a), tail_of(b)) == 0);
		if (is_same)
			SAY(c, PROBLEM_ERROR, "disk", i, _("disk: %s and %s are the same place"), b,
				a);
	}
	if (s->method == VM_PV || s->method == VM_PVH)
		if (strncmp(s->disks[i].target, "hd", 2) == 0)
			SAY(c, PROBLEM_WARNING, "disk", i,
				_("disk: PV and PVH guests call it xvd%s, not %s"),
				tail_of(s->disks[i].target), s->disks[i].target);
}

static void check_new_disk(const struct checker *c, size_t i)
{
	const struct vm_disk *disk = &c->spec->disks[i];
	const struct vm_pool *pool = vm_find_pool(c->host, disk->pool);
	uint64_t bytes = (uint64_t)disk->size_mib * NUM_MIB;
	char a[NUM_SIZE_TEXT];
	char b[NUM_SIZE_TEXT];
	if (!c->host->is_xen && !pool)
		return;
	if (c->host->n_pools == 0) {
		SAY(c, PROBLEM_ERROR, "disk", i,
			_("disk %s: this host has no storage for guests; the demo guest needs none"),
			disk->target);
		return;
	}
	if (!pool) {
		CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
		for (size_t j = 0; j < c->host->n_pools; j++)
			strlist_add(&names, c->host->pools[j].name);
		CLEANUP(mem_free_string) char *all = strlist_join(&names);
		SAY(c, PROBLEM_ERROR, "disk", i,
			_("disk %s: there is no pool \"%s\"; this host has: %s"), disk->target,
			disk->pool, all);
		return;
	}
	uint64_t wanted = bytes;
	for (size_t j = 0; j < i; j++)
		if (c->spec->disks[j].kind == VM_DISK_NEW &&
			strcmp(c->spec->disks[j].pool, disk->pool) == 0)
			wanted += (uint64_t)c->spec->disks[j].size_mib * NUM_MIB;
	bool takes_all = pool->kind == VM_POOL_LVM || disk->is_full;
	if (wanted > pool->free_bytes)
		SAY(c, takes_all ? PROBLEM_ERROR : PROBLEM_WARNING, "disk", i,
			takes_all
				? _("disk %s: %s wanted in pool %s, %s are free")
				: _("disk %s: %s promised in pool %s, %s are free: it may run full"),
			disk->target, num_size_text(wanted, a), pool->name,
			num_size_text(pool->free_bytes / NUM_MIB * NUM_MIB, b));
	if (c->host->root && disk->path[0] && file_exists(c->host->root, disk->path))
		SAY(c, PROBLEM_ERROR, "disk", i, _("disk %s: %s is there already"), disk->target,
			disk->path);
}

/* Two guests that write to one disk destroy it. */
static void check_users(const struct checker *c, size_t i)
{
	const struct vm_disk *disk = &c->spec->disks[i];
	size_t len = strlen(disk->path);
	for (size_t j = 0; j < c->host->used.count; j++) {
		const char *other = c->host->used.items[j];
		if (strncmp(other, disk->path, len) != 0 || other[len] != '\t' ||
			strcmp(other + len + 1, c->spec->name) == 0)
			continue;
		SAY(c, disk->is_readonly ? PROBLEM_WARNING : PROBLEM_ERROR, "disk", i,
			_("disk %s: %s belongs to guest %s already"), disk->target, disk->path,
			other + len + 1);
		return;
	}
}

static void check_existing(const struct checker *c, size_t i)
{
	const struct vm_disk *disk = &c->spec->disks[i];
	bool is_cd = disk->kind == VM_DISK_CDROM;
	enum vm_format format;
	enum image_kind kind;
	uint64_t bytes;
	struct err err = ERR_INIT;
	if (!disk->path[0] && c->spec->method != VM_HVM)
		SAY(c, PROBLEM_ERROR, "disk", i,
			_("disk %s: only HVM guests have CD drives that can be empty"),
			disk->target);
	if (!disk->path[0])
		return;
	check_users(c, i);
	if (!c->host->root)
		return;
	if (image_look(c->host->root, disk->path, &kind, &bytes, NULL, &err) < 0) {
		SAY(c, PROBLEM_ERROR, "disk", i, "disk %s: %s", disk->target, err.text);
		return;
	}
	if (bytes == 0)
		SAY(c, PROBLEM_ERROR, "disk", i, _("disk %s: %s is empty"), disk->target,
			disk->path);
	else if (!image_format(kind, &format) || (is_cd && kind != IMAGE_ISO && kind != IMAGE_RAW))
		SAY(c, PROBLEM_ERROR, "disk", i,
			_("disk %s: %s is %s: no disk image that Xen reads; convert it to raw or qcow2"),
			disk->target, disk->path, image_kind_word(kind));
	else if (disk->format == VM_FORMAT_AUTO && format != VM_FORMAT_RAW)
		SAY(c, PROBLEM_ERROR, "disk", i,
			_("disk %s: %s looks like %s but is called a raw image; say which: format=%s or format=raw"),
			disk->target, disk->path, image_kind_word(kind), vm_format_words[format]);
	else if (disk->format != VM_FORMAT_AUTO && disk->format != format)
		SAY(c, disk->format == VM_FORMAT_RAW ? PROBLEM_WARNING : PROBLEM_ERROR, "disk", i,
			_("disk %s: %s looks like %s, not %s"), disk->target, disk->path,
			image_kind_word(kind), vm_format_words[disk->format]);
	else if (format == VM_FORMAT_VHD)
		SAY(c, PROBLEM_WARNING, "disk", i,
			_("disk %s: VHD images need a QEMU in dom0, also for PV and PVH"),
			disk->target);
}

static size_t count_disks(const struct vm_spec *s)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n_disks; i++)
		n += s->disks[i].kind != VM_DISK_CDROM;
	return n;
}

static void check_iso(const struct checker *c)
{
	const struct vm_spec *s = c->spec;
	enum image_kind kind;
	uint64_t bytes;
	struct err err = ERR_INIT;
	if (!s->iso[0])
		ERROR(c, "iso", _("iso: which CD image? Put one into the library, then name it"));
	else if (c->host->root && image_look(c->host->root, s->iso, &kind, &bytes, NULL, &err) < 0)
		ERROR(c, "iso", "iso: %s", err.text);
	else if (c->host->root && kind != IMAGE_ISO)
		ERROR(c, "iso", _("iso: %s is no CD image (%s)"), s->iso, image_kind_word(kind));
}

static void check_kernel(const struct checker *c)
{
	const struct vm_spec *s = c->spec;
	const char *const files[] = {s->kernel, s->initrd};
	if (!s->kernel[0]) {
		ERROR(c, "kernel", _("kernel: a URL or path is needed, or the mirror of %s"),
			c->profile->name);
		return;
	}
	for (size_t i = 0; c->host->root && i < ARRAY_SIZE(files); i++) {
		enum image_kind kind;
		uint64_t bytes;
		struct err err = ERR_INIT;
		const char *key = i ? "initrd" : "kernel";
		if (files[i][0] != '/')
			continue;
		if (image_look(c->host->root, files[i], &kind, &bytes, NULL, &err) < 0)
			ERROR(c, key, "%s: %s", key, err.text);
		else if (i == 0 && kind != IMAGE_KERNEL && kind != IMAGE_PACKED)
			ERROR(c, key, _("kernel: %s is no kernel (%s)"), files[i],
				image_kind_word(kind));
	}
}

static void check_source(const struct checker *c)
{
	const struct vm_spec *s = c->spec;
	bool is_hvm = s->method == VM_HVM;
	if (!is_hvm && s->install == VM_SOURCE_ISO)
		ERROR(c, "install",
			_("install: PV and PVH guests have no firmware that boots a CD; use network, or method = hvm"));
	else if (s->install == VM_SOURCE_ISO)
		check_iso(c);
	if (!is_hvm && s->install == VM_SOURCE_PXE)
		ERROR(c, "install", _("install: only HVM guests boot from the network (PXE)"));
	if (s->install == VM_SOURCE_PXE && s->n_nics == 0)
		ERROR(c, "install", _("install: PXE needs a network adapter"));
	if (s->install == VM_SOURCE_NETWORK || s->boot == VM_BOOT_DIRECT)
		check_kernel(c);
	if (s->boot != VM_BOOT_DIRECT && count_disks(s) == 0 && s->install != VM_SOURCE_ISO &&
		s->install != VM_SOURCE_PXE)
		ERROR(c, "disk", _("disk: the guest has none to start from"));
	if (s->answer[0] && c->profile->answer == PROFILE_ANSWER_NONE)
		ERROR(c, "answer-file", _("answer-file: how %s takes one is not known"),
			c->profile->name);
	else if (s->answer[0] &&
		 (c->profile->answer > PROFILE_ANSWER_AUTOYAST || s->install != VM_SOURCE_NETWORK))
		ERROR(c, "answer-file",
			_("answer-file: for %s it has to be put on a CD image by hand"),
			c->profile->name);
	else if (s->answer[0] && s->initrd[0] == '\0')
		ERROR(c, "answer-file",
			_("answer-file: it is put into the initrd, and there is none"));
}

void vm_check(const struct vm_spec *spec, const struct profile *profile, const struct vm_host *host,
	const struct cfg *cfg, bool is_new, struct problems *problems)
{
	const struct checker c = {
		.spec = spec, .profile = profile, .host = host, .cfg = cfg, .problems = problems};
	check_identity(&c, is_new);
	check_method(&c);
	check_memory(&c);
	check_cpus(&c);
	for (size_t i = 0; i < spec->n_nics; i++)
		check_nic(&c, i);
	for (size_t i = 0; i < spec->n_disks; i++) {
		check_target(&c, i);
		if (spec->disks[i].kind == VM_DISK_NEW && is_new)
			check_new_disk(&c, i);
		else
			check_existing(&c, i);
	}
	if (is_new)
		check_source(&c);
	if (host->is_live && is_new && spec->boot != VM_BOOT_DIRECT && host->n_pools == 0)
		WARN(&c, "disk", _("the live system keeps nothing at power-off"));
}
