/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a specification leaves open is decided here, from the profile and the host. Pure. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "vmwizard/host.h"

const char *vm_cannot(
	const struct vm_host *host, const struct profile *profile, enum vm_method method)
{
	if (!profile->method[method].is_offered)
		return _("this system is not known to work that way");
	if (profile->missing[0])
		return profile->missing;
	if (profile->method[method].missing[0])
		return profile->method[method].missing;
	return host->cannot[method] ? host->cannot[method] : "";
}

const struct vm_pool *vm_find_pool(const struct vm_host *host, const char *name)
{
	for (size_t i = 0; i < host->n_pools; i++)
		if (strcmp(host->pools[i].name, name) == 0)
			return &host->pools[i];
	return NULL;
}

enum vm_method vm_best_method(const struct profile *profile, const struct vm_host *host)
{
	for (size_t i = 0; i < profile->methods.count; i++) {
		enum vm_method method = vm_method_find(profile->methods.items[i]);
		if (method != VM_METHOD_AUTO && vm_cannot(host, profile, method)[0] == '\0')
			return method;
	}
	return VM_METHOD_AUTO;
}

/* Where none can, the first: the check says why not. */
static enum vm_method choose_method(const struct profile *profile, const struct vm_host *host)
{
	enum vm_method method = vm_best_method(profile, host);
	if (method != VM_METHOD_AUTO)
		return method;
	return profile->methods.count ? vm_method_find(profile->methods.items[0]) : VM_PV;
}

/* CDs and PXE are for firmware: PV and PVH have none. */
static bool can_install(enum vm_method method, enum vm_source source)
{
	return method == VM_HVM || source == VM_SOURCE_DISK || source == VM_SOURCE_NETWORK;
}

static enum vm_source source_of(const char *word)
{
	for (unsigned i = VM_SOURCE_DISK; i <= VM_SOURCE_PXE; i++)
		if (strcmp(vm_source_words[i], word) == 0)
			return (enum vm_source)i;
	return VM_SOURCE_DISK;
}

static enum vm_source choose_source(const struct vm_spec *spec, const struct profile *profile)
{
	if (spec->boot == VM_BOOT_DIRECT && profile->disk_mib == 0)
		return VM_SOURCE_DISK;
	if (spec->iso[0])
		return VM_SOURCE_ISO;
	if (spec->kernel[0])
		return spec->boot == VM_BOOT_DIRECT ? VM_SOURCE_DISK : VM_SOURCE_NETWORK;
	for (size_t i = 0; i < spec->n_disks; i++)
		if (spec->disks[i].kind == VM_DISK_EXISTING)
			return VM_SOURCE_DISK;
	for (size_t i = 0; i < profile->sources.count; i++) {
		enum vm_source source = source_of(profile->sources.items[i]);
		if (can_install(spec->method, source))
			return source;
	}
	return VM_SOURCE_DISK;
}

static void complete_numbers(
	struct vm_spec *spec, const struct profile *profile, const struct vm_host *host)
{
	if (spec->memory_mib == 0)
		spec->memory_mib = profile->memory_mib;
	if (spec->max_memory_mib == 0)
		spec->max_memory_mib = spec->memory_mib;
	if (spec->vcpus == 0)
		spec->vcpus = profile->vcpus;
	if (spec->vcpus > 1 && host->cpus > 0 && spec->vcpus > host->cpus &&
		spec->vcpus == profile->vcpus)
		spec->vcpus = host->cpus;
	if (spec->max_vcpus == 0)
		spec->max_vcpus = spec->vcpus;
}

/* Installer or permanent kernel: from the mirror or, for the demo, from this medium. */
static void complete_file(char **text, const char *word, const struct vm_spec *spec)
{
	CLEANUP(mem_free_string) char *url = NULL;
	if ((*text)[0] || !word[0])
		return;
	size_t len = strlen(spec->mirror);
	bool has_slash = len > 0 && spec->mirror[len - 1] == '/';
	if (word[0] == '/')
		url = xstrdup(word);
	else if (len > 0)
		url = xasprintf("%s%s%s", spec->mirror, has_slash ? "" : "/", word);
	else
		return;
	vm_spec_set(text, url);
}

static void complete_kernel(
	struct vm_spec *spec, const struct profile *profile, const struct vm_host *host)
{
	bool is_pv = spec->method != VM_HVM;
	bool has_own = spec->boot == VM_BOOT_DIRECT || spec->install == VM_SOURCE_NETWORK;
	if (!has_own)
		return;
	if (!spec->mirror[0] && strcmp(profile->mirror, "guest-mirror") == 0)
		vm_spec_set(&spec->mirror, host->mirror ? host->mirror : "");
	else if (!spec->mirror[0])
		vm_spec_set(&spec->mirror, profile->mirror);
	/* An initrd of the profile does not go with another kernel. */
	bool has_kernel = spec->kernel[0] != '\0';
	complete_file(&spec->kernel,
		is_pv && profile->kernel_pv[0] ? profile->kernel_pv : profile->kernel, spec);
	if (!has_kernel)
		complete_file(&spec->initrd,
			is_pv && profile->initrd_pv[0] ? profile->initrd_pv : profile->initrd,
			spec);
}

static size_t count_cds(const struct vm_spec *spec)
{
	size_t n = 0;
	for (size_t i = 0; i < spec->n_disks; i++)
		n += spec->disks[i].kind == VM_DISK_CDROM;
	return n;
}

/* The installation's ISO lies in a drive; Windows gets a second one. */
static void complete_cds(struct vm_spec *spec, const struct profile *profile)
{
	if (spec->install == VM_SOURCE_ISO && spec->method == VM_HVM) {
		struct vm_disk *drive = NULL;
		bool is_in = false;
		for (size_t i = 0; i < spec->n_disks; i++) {
			struct vm_disk *disk = &spec->disks[i];
			if (disk->kind != VM_DISK_CDROM)
				continue;
			is_in |= strcmp(disk->path, spec->iso) == 0;
			if (!drive && !disk->path[0])
				drive = disk;
		}
		if (!is_in) {
			if (!drive)
				drive = vm_spec_add_disk(spec, VM_DISK_CDROM);
			vm_spec_set(&drive->path, spec->iso);
		}
	}
	if (spec->method == VM_HVM && profile->has_second_cd && !spec->has_disks)
		while (count_cds(spec) < 2)
			(void)vm_spec_add_disk(spec, VM_DISK_CDROM);
}

static bool is_target_used(const struct vm_spec *spec, const char *target)
{
	for (size_t i = 0; i < spec->n_disks; i++)
		if (strcmp(spec->disks[i].target, target) == 0)
			return true;
	return false;
}

/*
 * PV and PVH: xvda, xvdb, ... HVM: the firmware and QEMU know four IDE devices, disks at hda and
 * hdb, CDs at hdc and hdd; further disks are for PV drivers alone. "hda" and "xvda" are one.
 */
static void complete_target(const struct vm_spec *spec, struct vm_disk *disk)
{
	bool is_cd = disk->kind == VM_DISK_CDROM;
	char target[8] = "xvda";
	if (disk->target[0])
		return;
	for (char c = is_cd ? 'c' : 'a'; spec->method == VM_HVM && c <= (is_cd ? 'd' : 'b'); c++) {
		char other[8] = {'x', 'v', 'd', c, '\0'};
		char ide[8] = {'h', 'd', c, '\0'};
		if (is_target_used(spec, ide) || is_target_used(spec, other))
			continue;
		vm_spec_set(&disk->target, ide);
		return;
	}
	for (char c = spec->method == VM_HVM ? 'e' : 'a'; c <= 'z'; c++) {
		target[3] = c;
		if (!is_target_used(spec, target))
			break;
	}
	vm_spec_set(&disk->target, target);
}

void vm_complete_new_disk(
	const struct vm_spec *spec, struct vm_disk *disk, int64_t mib, const struct vm_host *host)
{
	/* One that was made for the guest earlier: NAME.cfg knows its path, and nothing is decided. */
	if (disk->path[0] && !disk->pool[0])
		return;
	if (disk->size_mib == 0)
		disk->size_mib = mib ? mib : 8192;
	if (!disk->pool[0] && host->n_pools > 0)
		vm_spec_set(&disk->pool, host->pools[0].name);
	const struct vm_pool *pool = vm_find_pool(host, disk->pool);
	CLEANUP(mem_free_string) char *path = NULL;
	disk->format = VM_FORMAT_RAW;
	if (!pool || !spec->name[0])
		return;
	int vg = (int)strcspn(pool->path, "/");
	if (pool->kind == VM_POOL_DIR)
		path = xasprintf("%s/%s-%s.img", pool->path, spec->name, disk->target);
	else
		path = xasprintf("/dev/%.*s/%s-%s", vg, pool->path, spec->name, disk->target);
	vm_spec_set(&disk->path, path);
}

static void complete_disks(
	struct vm_spec *spec, const struct profile *profile, const struct vm_host *host)
{
	bool has_disk = spec->n_disks > count_cds(spec);
	if (!spec->has_disks && !has_disk && profile->disk_mib > 0)
		(void)vm_spec_add_disk(spec, VM_DISK_NEW);
	complete_cds(spec, profile);
	for (size_t i = 0; i < spec->n_disks; i++) {
		complete_target(spec, &spec->disks[i]);
		if (spec->disks[i].kind == VM_DISK_NEW)
			vm_complete_new_disk(spec, &spec->disks[i], profile->disk_mib, host);
	}
}

static void complete_nics(
	struct vm_spec *spec, const struct profile *profile, const struct vm_host *host)
{
	bool has_bridge = !host->is_xen || host->bridges.count > 0;
	if (!spec->has_nics && spec->n_nics == 0 && profile->has_nic && has_bridge)
		(void)vm_spec_add_nic(spec, "");
	for (size_t i = 0; i < spec->n_nics; i++) {
		struct vm_nic *nic = &spec->nics[i];
		if (!nic->bridge[0])
			vm_spec_set(&nic->bridge,
				host->bridges.count ? host->bridges.items[0] : "xenbr0");
		if (spec->method != VM_HVM)
			vm_spec_set(&nic->model, "");
		else if (!nic->model[0])
			vm_spec_set(&nic->model, profile->nic_model);
	}
}

void vm_spec_complete(
	struct vm_spec *spec, const struct profile *profile, const struct vm_host *host)
{
	if (spec->method == VM_METHOD_AUTO)
		spec->method = choose_method(profile, host);
	if (spec->boot == VM_BOOT_AUTO)
		spec->boot = profile->method[spec->method].boot;
	if (spec->install == VM_SOURCE_AUTO)
		spec->install = choose_source(spec, profile);
	complete_numbers(spec, profile, host);
	complete_kernel(spec, profile, host);
	complete_disks(spec, profile, host);
	complete_nics(spec, profile, host);
}

char *vm_free_name(const struct profile *profile, const struct vm_host *host)
{
	char *name = xstrdup(profile->id);
	for (unsigned i = 2; strlist_has(&host->names, name); i++) {
		free(name);
		name = xasprintf("%s-%u", profile->id, i);
	}
	return name;
}

void vm_spec_defaults(const struct profile *profile, enum vm_method method,
	const struct vm_host *host, struct vm_spec *ret_spec)
{
	free(ret_spec->name);
	ret_spec->name = vm_free_name(profile, host);
	vm_spec_set(&ret_spec->os, profile->id);
	ret_spec->method = method;
	ret_spec->firmware = profile->firmware;
	vm_spec_complete(ret_spec, profile, host);
}

/* What follows from the method is forgotten; what the user chose apart from it stays. */
void vm_spec_change_method(struct vm_spec *spec, const struct profile *profile,
	enum vm_method method, const struct vm_host *host)
{
	spec->method = method;
	spec->boot = VM_BOOT_AUTO;
	if (!can_install(method, spec->install))
		spec->install = VM_SOURCE_AUTO;
	if (spec->boot != VM_BOOT_DIRECT && profile->kernel[0]) {
		vm_spec_set(&spec->kernel, "");
		vm_spec_set(&spec->initrd, "");
	}
	for (size_t i = spec->n_disks; i > 0; i--) {
		struct vm_disk *disk = &spec->disks[i - 1];
		vm_spec_set(&disk->target, "");
		if (disk->kind == VM_DISK_CDROM && (method != VM_HVM && !disk->path[0]))
			vm_spec_remove_disk(spec, i - 1);
	}
	for (size_t i = 0; i < spec->n_nics; i++)
		vm_spec_set(&spec->nics[i].model, "");
	vm_spec_complete(spec, profile, host);
}

/* %c: console device, %n: the guest's name, %m: the mirror. */
static void expand(const struct vm_spec *spec, const char *text, struct str *out)
{
	for (const char *p = text; *p; p++) {
		if (p[0] == '%' && p[1] == 'c' && ++p)
			str_add(out, "%s",
				spec->method == VM_HVM ? "tty0 console=ttyS0,115200" : "hvc0");
		else if (p[0] == '%' && p[1] == 'n' && ++p)
			str_add(out, "%s", spec->name);
		else if (p[0] == '%' && p[1] == 'm' && ++p)
			str_add(out, "%s", spec->mirror);
		else
			str_add_bytes(out, p, 1);
	}
}

void vm_arguments(const struct vm_spec *spec, const struct profile *profile, struct str *ret_text)
{
	const char *const parts[] = {spec->answer[0] ? profile->answer_arguments : "",
		profile->arguments, spec->arguments};
	bool is_short = spec->install == VM_SOURCE_NETWORK || spec->boot == VM_BOOT_DIRECT;
	for (size_t i = 0; is_short && i < ARRAY_SIZE(parts); i++) {
		if (!parts[i][0])
			continue;
		str_add(ret_text, "%s", ret_text->len ? " " : "");
		expand(spec, parts[i], ret_text);
	}
}

/*
 * As libxl_domain_need_memory() computes it (libxl_mem.c): the memory, tables of nested paging
 * (libxl_get_required_shadow_memory()), 1 or 2 MiB for Xen, all to a multiple of 2 MiB.
 */
static uint64_t estimate_kib(const struct vm_spec *spec)
{
	uint64_t kib = (uint64_t)spec->memory_mib * 1024;
	uint64_t max_mib = (uint64_t)spec->max_memory_mib;
	if (spec->method != VM_PV)
		kib += 4 * (256 * (uint64_t)spec->max_vcpus + 2 * max_mib);
	kib += spec->method == VM_HVM ? 2048 : 1024;
	return (kib + 2047) / 2048 * 2048;
}

uint64_t vm_need_kib(const struct vm_spec *spec, const struct vm_host *host)
{
	uint64_t kib;
	if (host->need_memory && host->need_memory(host->xen, spec, &kib) == 0)
		return kib;
	return estimate_kib(spec);
}

uint64_t vm_need_dom0_kib(const struct vm_spec *spec)
{
	/* Private memory of a QEMU without graphics output in use: 30 to 40 MiB, and its map cache. */
	if (spec->method == VM_HVM)
		return 48 * 1024;
	for (size_t i = 0; i < spec->n_disks; i++)
		if (spec->disks[i].format == VM_FORMAT_QCOW2 ||
			spec->disks[i].format == VM_FORMAT_QED)
			return 32 * 1024;
	return 2 * 1024;
}
