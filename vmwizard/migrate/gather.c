/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a source's own files say of a guest that is to move. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "vmwizard/migrate/migrate.h"
#include "vmwizard/paths.h"
#include "vmwizard/plan.h"
#include "xlcfg.h"

static int draw_id(struct mig_offer *offer, struct err *err)
{
	unsigned char bytes[16];
	CLEANUP(str_dispose) struct str id = STR_INIT;
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return err_set(err, ERR_IO, 0, "%s", _("the kernel gives no random numbers"));
	for (size_t i = 0; i < sizeof(bytes); i++)
		str_add(&id, "%02x", bytes[i]);
	vm_spec_set(&offer->id, str_text(&id));
	return 0;
}

/* Disks; kernel and initrd that the guest is started from. */
static void add_parts(const char *root, const struct vm_spec *spec, struct mig_offer *offer)
{
	for (size_t i = 0; i < spec->n_disks; i++) {
		const struct vm_disk *disk = &spec->disks[i];
		if (!disk->path[0])
			continue;
		struct mig_part *part = mig_offer_add_part(offer, disk->path);
		part->is_readonly = disk->is_readonly || disk->kind == VM_DISK_CDROM;
	}
	const char *const files[] = {spec->kernel, spec->initrd};
	for (size_t i = 0; spec->boot == VM_BOOT_DIRECT && i < ARRAY_SIZE(files); i++)
		if (files[i][0] == '/')
			mig_offer_add_part(offer, files[i])->is_readonly = true;
	for (size_t i = 0; i < offer->n_parts; i++)
		migrate_probe(root, offer, offer->parts[i].path, &offer->parts[i]);
}

/* The last CPU of a list such as "0-1,3", and one more. "all,^2" is for xl to judge. */
static unsigned cpus_of(const char *list)
{
	unsigned long most = 0;
	if (strcspn(list, "0123456789") != 0 || strchr(list, '^'))
		return 0;
	for (const char *p = list; *p;) {
		unsigned long cpu = strtoul(p, NULL, 10);
		most = cpu + 1 > most ? cpu + 1 : most;
		p += strspn(p, "0123456789");
		p += strcspn(p, "0123456789");
	}
	return (unsigned)most;
}

static void take_spec(const struct vm_spec *spec, struct mig_offer *offer)
{
	vm_spec_set(&offer->uuid, spec->uuid);
	offer->method = spec->method;
	offer->need_dom0_kib = vm_need_dom0_kib(spec);
	offer->need_cpus = cpus_of(spec->pin);
	for (size_t i = 0; i < spec->n_nics; i++) {
		const struct vm_nic *nic = &spec->nics[i];
		if (nic->bridge[0] && !strlist_has(&offer->bridges, nic->bridge))
			strlist_add(&offer->bridges, nic->bridge);
		if (nic->mac[0])
			strlist_add(&offer->macs, nic->mac);
	}
	for (size_t i = 0; i < spec->n_disks; i++)
		offer->has_format |= spec->disks[i].format != VM_FORMAT_AUTO &&
				     spec->disks[i].format != VM_FORMAT_RAW;
}

int migrate_gather(const char *root, struct mig_offer *offer, struct err *err)
{
	CLEANUP(mem_free_string) char *path = vm_cfg_path(offer->name);
	CLEANUP(mem_free_string) char *link = vm_auto_path(offer->name);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(vm_spec_dispose) struct vm_spec spec;
	vm_spec_init(&spec);
	if (draw_id(offer, err) < 0)
		return -1;
	if (!file_exists(root, path))
		return err_set(
			err, ERR_MISSING, 0, _("there is no guest \"%s\" (%s)"), offer->name, path);
	if (file_read(root, path, XLCFG_FILE_MAX, &text, err) < 0)
		return -1;
	vm_spec_dispose(&spec);
	if (vm_xlcfg_read(str_text(&text), offer->name, &spec, NULL, err) < 0)
		return err_prefix(err, "%s: ", path);
	if (strcmp(spec.name, offer->name) != 0)
		return err_set(err, ERR_INVALID, 0, _("%s says another name: %s"), path, spec.name);
	json_t *cfg = json_string(str_text(&text));
	if (!cfg)
		return err_set(err, ERR_INVALID, 0,
			_("%s holds characters that are no UTF-8; only as UTF-8 it can be sent"),
			path);
	json_decref(cfg);
	vm_spec_set(&offer->cfg, str_text(&text));
	offer->autostart = file_exists(root, link);
	take_spec(&spec, offer);
	add_parts(root, &spec, offer);
	return 0;
}
