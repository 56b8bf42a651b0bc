/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A specification in a few words. A disk of size 0 was made earlier: its path says more. */
#include "texts.h"

#include <inttypes.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "num.h"

static void add_mib(struct str *text, int64_t mib)
{
	char size[NUM_SIZE_TEXT];

	str_add(text, "%s", num_size_text((uint64_t)mib * NUM_MIB, size));
}

void texts_hardware(const struct vm_spec *spec, struct str *text)
{
	add_mib(text, spec->memory_mib);
	if (spec->max_memory_mib > spec->memory_mib) {
		str_add(text, "%s", _(" (up to "));
		add_mib(text, spec->max_memory_mib);
		str_add(text, ")");
	}
	str_add(text, spec->vcpus == 1 ? _(", %" PRId64 " CPU") : _(", %" PRId64 " CPUs"),
		spec->vcpus);
	if (spec->max_vcpus > spec->vcpus)
		str_add(text, _(" (up to %" PRId64 ")"), spec->max_vcpus);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] != '\0' ? slash + 1 : path;
}

void texts_disk(const struct vm_disk *disk, struct str *text)
{
	switch (disk->kind) {
	case VM_DISK_NEW:
		if (disk->size_mib == 0) {
			str_add(text, _("%s, made by Domus"), disk->path);
			break;
		}
		add_mib(text, disk->size_mib);
		str_add(text,
			disk->is_full ? _(", new, all space taken at once, in %s")
				      : _(", new, space taken as it is written, in %s"),
			disk->pool[0] != '\0' ? disk->pool : disk->path);
		break;
	case VM_DISK_EXISTING:
		str_add(text, "%s", disk->path);
		break;
	case VM_DISK_CDROM:
		str_add(text, _("CD: %s"), disk->path[0] != '\0' ? disk->path : _("empty drive"));
		break;
	}
	if (disk->is_readonly && disk->kind != VM_DISK_CDROM)
		str_add(text, "%s", _(", read-only"));
}

static void add_short_disk(struct str *text, const struct vm_disk *disk)
{
	str_add(text, "%s ", disk->target);
	if (disk->kind == VM_DISK_NEW && disk->size_mib > 0) {
		add_mib(text, disk->size_mib);
	} else if (disk->path[0] == '\0') {
		str_add(text, "%s", _("empty CD drive"));
	} else {
		str_add(text, disk->kind == VM_DISK_CDROM ? _("CD %s") : "%s",
			last_part(disk->path));
	}
}

void texts_disks(const struct vm_spec *spec, struct str *text)
{
	if (spec->n_disks == 0)
		str_add(text, "%s", _("none"));
	for (size_t i = 0; i < spec->n_disks; i++) {
		if (i > 0)
			str_add(text, ", ");
		add_short_disk(text, &spec->disks[i]);
	}
	if (spec->n_disks == 1 && spec->disks[0].kind == VM_DISK_NEW && spec->disks[0].size_mib > 0)
		str_add(text, _(", new in %s"), spec->disks[0].pool);
}

void texts_nic(const struct vm_nic *nic, enum vm_method method, struct str *text)
{
	str_add(text, "%s", nic->bridge[0] != '\0' ? nic->bridge : _("no bridge"));
	str_add(text, ", %s", nic->mac[0] != '\0' ? nic->mac : _("new MAC address"));
	if (method == VM_HVM && nic->model[0] != '\0')
		str_add(text, ", %s", nic->model);
	if (nic->is_guarded)
		str_add(text, "%s", _(", guarded"));
}

void texts_nics(const struct vm_spec *spec, struct str *text)
{
	if (spec->n_nics == 0)
		str_add(text, "%s", _("none"));
	if (spec->n_nics == 1) {
		texts_nic(&spec->nics[0], spec->method, text);
		return;
	}
	for (size_t i = 0; i < spec->n_nics; i++)
		str_add(text, "%s%s%s", i > 0 ? ", " : "", spec->nics[i].bridge,
			spec->nics[i].is_guarded ? _(" (guarded)") : "");
}

static const char *boot_text(enum vm_boot boot)
{
	switch (boot) {
	case VM_BOOT_GRUB:
		return _("GRUB for Xen reads its disk");
	case VM_BOOT_TAKEN:
		return _("kernel taken out of its disk");
	case VM_BOOT_FIRMWARE:
		return _("its firmware");
	case VM_BOOT_DIRECT:
		return _("kernel from this host");
	case VM_BOOT_AUTO:
		break;
	}
	return "";
}

/* "deb.example.net" of a URL, else the text itself. */
static void add_where(struct str *text, const char *from)
{
	const char *host = strstr(from, "://");

	if (host)
		str_add(text, "%.*s", (int)strcspn(host + 3, "/"), host + 3);
	else
		str_add(text, "%s", from[0] != '\0' ? from : _("no address yet"));
}

void texts_install(const struct vm_spec *spec, const struct profile *profile, struct str *text)
{
	const char *from = spec->kernel[0] != '\0'   ? spec->kernel
			   : spec->mirror[0] != '\0' ? spec->mirror
						     : profile->mirror;

	switch (spec->install) {
	case VM_SOURCE_NETWORK:
		str_add(text, "%s", _("network: "));
		add_where(text, from);
		break;
	case VM_SOURCE_ISO:
		str_add(text, _("ISO: %s"),
			spec->iso[0] != '\0' ? last_part(spec->iso) : _("none chosen yet"));
		break;
	case VM_SOURCE_PXE:
		str_add(text, "%s", _("network card (PXE)"));
		break;
	case VM_SOURCE_DISK:
	case VM_SOURCE_AUTO:
		str_add(text, _("none; it starts by %s"), boot_text(spec->boot));
		break;
	}
	if (spec->answer[0] != '\0')
		str_add(text, _(", answered by %s"), last_part(spec->answer));
}

void texts_options(const struct vm_spec *spec, struct str *text)
{
	str_add(text, "%s", spec->autostart ? _("starts with the host") : _("no autostart"));
	if (spec->start_order > 0)
		str_add(text, _(", order %" PRId64), spec->start_order);
	if (spec->at_stop == GUESTTURN_SAVE)
		str_add(text, "%s", _(", saved with the host"));
	if (spec->pin[0] != '\0')
		str_add(text, _(", on CPUs %s"), spec->pin);
	if (spec->weight > 0)
		str_add(text, _(", weight %" PRId64), spec->weight);
	if (spec->cap > 0)
		str_add(text, _(", cap %" PRId64 " %%"), spec->cap);
	if (spec->method == VM_HVM) {
		str_add(text, "%s", spec->firmware == VM_FIRMWARE_UEFI ? ", UEFI" : "");
		str_add(text, "%s", spec->has_vnc ? _(", VNC") : _(", no VNC"));
		str_add(text, "%s", spec->has_serial ? _(", serial port") : "");
	}
}

char *texts_library(const struct vm_host *host)
{
	CLEANUP(mem_free_string) char *missing = vm_missing_places(host);

	return missing ? xasprintf(
				 _("ISO files of the library, in all its pools. Not there now: %s."),
				 missing)
		       : xstrdup(_("ISO files of the library, in all its pools."));
}
