/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks, CDs and NICs of a guest that is there: now, and for later starts. */
#define _GNU_SOURCE
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "vmwizard/act.h"
#include "vmwizard/command.h"
#include "vmwizard/guestcfg.h"
#include "vmwizard/image.h"
#include "vmwizard/ownership.h"

enum { DRIVE_TRIES = 4, DRIVE_TICK_MS = 2000 };

/* The guest's file as text and specification, and whether it runs. */
struct guest {
	struct xlcfg cfg;
	struct vm_spec spec;
	bool is_running;
};

static void close_guest(struct guest *g)
{
	xlcfg_dispose(&g->cfg);
	vm_spec_dispose(&g->spec);
}

static int open_guest(const struct vm_action *a, struct guest *g, struct err *err)
{
	struct act_guest now;
	*g = (struct guest){.cfg = XLCFG_INIT};
	if (act_want_settled(a, err) < 0 || act_look(a, &now, err) < 0)
		return -1;
	g->is_running = now.is_running;
	if (act_read_cfg(a, &g->cfg, err) < 0)
		return -1;
	return vm_xlcfg_read(str_text(&g->cfg.text), a->name, &g->spec, NULL, err);
}

static bool is_same_target(const char *a, const char *b)
{
	return strcmp(a, b) == 0 ||
	       (strncmp(a, "xvd", 3) == 0 && strncmp(b, "hd", 2) == 0 &&
		       strcmp(a + 3, b + 2) == 0) ||
	       (strncmp(b, "xvd", 3) == 0 && strncmp(a, "hd", 2) == 0 && strcmp(b + 3, a + 2) == 0);
}

static size_t find_disk(const struct vm_spec *spec, const char *target)
{
	for (size_t i = 0; i < spec->n_disks; i++)
		if (is_same_target(spec->disks[i].target, target))
			return i;
	return spec->n_disks;
}

static int choose_target(const struct guest *g, struct vm_disk *disk, struct err *err)
{
	if (disk->target[0] && find_disk(&g->spec, disk->target) == g->spec.n_disks)
		return 0;
	if (disk->target[0])
		return err_set(
			err, ERR_INVALID, 0, _("there is a disk at %s already"), disk->target);
	/* A running HVM guest takes disks through its PV driver alone. */
	for (char c = g->spec.method == VM_HVM ? 'e' : 'b'; c <= 'z'; c++) {
		const char target[] = {'x', 'v', 'd', c, '\0'};
		if (find_disk(&g->spec, target) < g->spec.n_disks)
			continue;
		vm_spec_set(&disk->target, target);
		return 0;
	}
	return err_set(err, ERR_RANGE, 0, _("no place for another disk"));
}

/* Makes the disk, if it is a new one; *ret_plan takes it back. */
static int make_disk(const struct vm_action *a, const struct guest *g, struct vm_disk *disk,
	struct vm_plan *ret_plan, struct err *err)
{
	struct vm_host host;
	*ret_plan = (struct vm_plan){.name = NULL};
	if (disk->kind != VM_DISK_NEW || a->is_dry)
		return 0;
	if (vm_host_read(a->root, VM_HOST_WHOLE, &host, err) < 0)
		return -1;
	vm_complete_new_disk(&g->spec, disk, 0, &host);
	int rc = vm_plan_disk(&g->spec, disk, &host, ret_plan, err);
	vm_host_dispose(&host);
	if (rc < 0)
		return -1;
	for (size_t i = 0; a->show && i < ret_plan->n_steps; i++)
		a->show(a->context, ret_plan->steps[i].what);
	rc = vm_plan_execute(a->root, ret_plan, NULL, err);
	if (rc < 0)
		vm_plan_dispose(ret_plan);
	return rc;
}

/* Into the guest's file, as made for it if it was. */
static int write_disk(const struct vm_action *a, struct guest *g, const struct vm_disk *disk,
	const char *text, struct err *err)
{
	if (xlcfg_list_add(&g->cfg, "disk", text, err) < 0)
		return -1;
	if (disk->kind == VM_DISK_NEW) {
		CLEANUP(mem_free_string) char *old = xlcfg_note(&g->cfg, "made");
		CLEANUP(mem_free_string)
		char *made = xasprintf("%s%s%s", old ? old : "", old ? " " : "", disk->path);
		if (xlcfg_set_note(&g->cfg, "made", made, err) < 0)
			return -1;
	}
	return act_write_cfg(a, &g->cfg, err);
}

static int attach_disk(
	const struct vm_action *a, struct guest *g, struct vm_disk *disk, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct vm_plan plan;
	int rc = 0;
	if (image_choose_format(a->root, disk, err) < 0 || choose_target(g, disk, err) < 0 ||
		make_disk(a, g, disk, &plan, err) < 0)
		return -1;
	guestcfg_disk_text(disk, g->spec.method, &text);
	if (g->is_running)
		rc = act_run(
			a, COMMAND_MS, err, "xl", "block-attach", a->name, str_text(&text), NULL);
	if (rc == 0)
		rc = write_disk(a, g, disk, str_text(&text), err);
	if (rc < 0)
		vm_plan_undo(a->root, &plan);
	vm_plan_dispose(&plan);
	return rc;
}

int vm_attach_disk(const struct vm_action *a, struct vm_disk *disk, struct err *err)
{
	struct guest g;
	int rc = open_guest(a, &g, err);
	if (rc == 0)
		rc = attach_disk(a, &g, disk, err);
	close_guest(&g);
	return rc;
}

int vm_detach_disk(const struct vm_action *a, const char *target, struct err *err)
{
	struct guest g;
	int rc = open_guest(a, &g, err);
	size_t i = rc == 0 ? find_disk(&g.spec, target) : 0;
	if (rc == 0 && i == g.spec.n_disks)
		rc = err_set(err, ERR_MISSING, 0, _("guest %s has no disk at %s"), a->name, target);
	if (rc == 0 && g.is_running)
		rc = act_run(a, COMMAND_MS, err, "xl", "block-detach", a->name,
			g.spec.disks[i].target, NULL);
	if (rc == 0)
		rc = xlcfg_list_remove(&g.cfg, "disk", i, err);
	if (rc == 0)
		rc = act_write_cfg(a, &g.cfg, err);
	if (rc == 0 && !a->is_dry) {
		while (g.spec.n_disks > i + 1)
			vm_spec_remove_disk(&g.spec, g.spec.n_disks - 1);
		while (g.spec.n_disks > 1)
			vm_spec_remove_disk(&g.spec, 0);
		rc = ownership_do(a->root, &g.spec, OWNERSHIP_RELEASE, err);
	}
	close_guest(&g);
	return rc;
}

/* xl wants each of the item's words by itself. */
static int plug_nic(const struct vm_action *a, const struct vm_nic *nic, struct err *err)
{
	const struct {
		const char *key, *value;
	} words[] = {{"mac", nic->mac}, {"bridge", nic->bridge}, {"model", nic->model},
		{"script", nic->is_guarded ? GUESTCFG_GUARD : ""}, {"ip", nic->addresses}};
	CLEANUP(strlist_dispose) struct strlist argv = STRLIST_INIT;
	strlist_add(&argv, "xl");
	strlist_add(&argv, "network-attach");
	strlist_add(&argv, a->name);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].value[0]) {
			CLEANUP(mem_free_string)
			char *word = xasprintf("%s=%s", words[i].key, words[i].value);
			strlist_add(&argv, word);
		}
	return act_run_list(a, &argv, COMMAND_MS, err);
}

int vm_attach_nic(const struct vm_action *a, struct vm_nic *nic, struct err *err)
{
	struct guest g;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	int rc = open_guest(a, &g, err);
	if (rc == 0 && g.is_running)
		rc = plug_nic(a, nic, err);
	if (rc == 0) {
		guestcfg_nic_text(nic, &text);
		rc = xlcfg_list_add(&g.cfg, "vif", str_text(&text), err);
	}
	if (rc == 0)
		rc = act_write_cfg(a, &g.cfg, err);
	close_guest(&g);
	return rc;
}

int vm_detach_nic(const struct vm_action *a, const char *mac, struct err *err)
{
	struct guest g;
	int rc = open_guest(a, &g, err);
	size_t i = 0;
	while (rc == 0 && i < g.spec.n_nics && strcasecmp(g.spec.nics[i].mac, mac) != 0)
		i++;
	if (rc == 0 && i == g.spec.n_nics)
		rc = err_set(err, ERR_MISSING, 0, _("guest %s has no NIC with the MAC address %s"),
			a->name, mac);
	if (rc == 0 && g.is_running)
		rc = act_run(a, COMMAND_MS, err, "xl", "network-detach", a->name, mac, NULL);
	if (rc == 0)
		rc = xlcfg_list_remove(&g.cfg, "vif", i, err);
	if (rc == 0)
		rc = act_write_cfg(a, &g.cfg, err);
	close_guest(&g);
	return rc;
}

static int insert_once(const struct vm_action *a, const struct vm_disk *drive, struct err *err)
{
	if (!drive->path[0])
		return act_run(a, COMMAND_MS, err, "xl", "cd-eject", a->name, drive->target, NULL);
	return act_run(
		a, COMMAND_MS, err, "xl", "cd-insert", a->name, drive->target, drive->path, NULL);
}

/* A guest locks the drive while it reads there. QEMU asks it to let go; one that has the CD mounted does not. */
static int insert(const struct vm_action *a, const struct vm_disk *drive, struct err *err)
{
	struct err why = ERR_INIT;
	int rc = insert_once(a, drive, &why);
	for (int i = 0; i < DRIVE_TRIES && rc < 0 && strstr(why.text, COMMAND_CD_LOCKED); i++) {
		(void)poll(NULL, 0, DRIVE_TICK_MS);
		rc = insert_once(a, drive, &why);
	}
	return rc < 0 ? err_set(err, why.code, 0, "%s", why.text) : 0;
}

/* PV and PVH guests have no drives: a CD is a disk that they only read. */
static bool is_cd(const struct vm_spec *spec, const struct vm_disk *disk)
{
	size_t len = strlen(disk->path);
	if (disk->kind == VM_DISK_CDROM)
		return true;
	return spec->method != VM_HVM && disk->is_readonly && len > 4 &&
	       strcasecmp(disk->path + len - 4, ".iso") == 0;
}

static int change_cd(const struct vm_action *a, struct guest *g, const char *path, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	size_t i = 0;
	while (i < g->spec.n_disks && !is_cd(&g->spec, &g->spec.disks[i]))
		i++;
	if (i == g->spec.n_disks)
		return err_set(err, ERR_MISSING, 0, _("guest %s has no CD drive"), a->name);
	if (g->is_running && g->spec.method != VM_HVM)
		return err_set(err, ERR_INVALID, 0,
			_("guest %s is not HVM: its CD is a read-only disk and cannot be changed while it runs"),
			a->name);
	if (!path[0] && g->spec.method != VM_HVM)
		return err_set(err, ERR_INVALID, 0,
			_("guest %s is not HVM: it has no drive that can be empty; use detach-disk %s"),
			a->name, g->spec.disks[i].target);
	struct vm_disk *drive = &g->spec.disks[i];
	vm_spec_set(&drive->path, path);
	if (image_choose_format(a->root, drive, err) < 0)
		return -1;
	if (g->is_running && insert(a, drive, err) < 0)
		return -1;
	guestcfg_disk_text(drive, g->spec.method, &text);
	if (xlcfg_list_replace(&g->cfg, "disk", i, str_text(&text), err) < 0)
		return -1;
	return act_write_cfg(a, &g->cfg, err);
}

int vm_cdrom(const struct vm_action *a, const char *path, struct err *err)
{
	struct guest g;
	int rc = open_guest(a, &g, err);
	if (rc == 0)
		rc = change_cd(a, &g, path, err);
	close_guest(&g);
	return rc;
}
