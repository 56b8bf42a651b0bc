/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's definition as a whole: deleted, renamed, cloned. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "owner.h"
#include "savedguest.h"
#include "vmwizard/act.h"
#include "vmwizard/command.h"
#include "vmwizard/guestcfg.h"
#include "vmwizard/ownership.h"
#include "vmwizard/snapshot.h"

static int read_spec(
	const struct vm_action *a, struct xlcfg *cfg, struct vm_spec *spec, struct err *err)
{
	if (act_read_cfg(a, cfg, err) < 0) {
		vm_spec_init(spec);
		return -1;
	}
	return vm_xlcfg_read(str_text(&cfg->text), a->name, spec, NULL, err);
}

/* With its snapshots, which nothing else would ever remove. */
static int remove_volume(const struct vm_action *a, const char *volume, struct err *err)
{
	struct snap_volumes volumes = SNAP_VOLUMES_INIT;
	CLEANUP(strlist_dispose) struct strlist argv = STRLIST_INIT;
	/* Where they are not known they would stay behind. */
	if (snap_read(&volumes, err) < 0)
		return -1;
	strlist_add_words(&argv, "lvremove -q -f");
	strlist_add(&argv, volume);
	snap_list_of(&volumes, volume, &argv);
	snap_volumes_dispose(&volumes);
	return act_run_list(a, &argv, COMMAND_MS, err);
}

static int release(const struct vm_action *a, const char *path, struct err *err)
{
	struct owner self;
	if (!owner_concerns(a->root, path))
		return 0;
	int rc = owner_self(a->root, "", a->name, &self, err);
	if (rc == 0)
		rc = owner_release(a->root, path, &self, err);
	owner_dispose(&self);
	return rc;
}

static int remove_disk(const struct vm_action *a, const char *path, struct err *err)
{
	CLEANUP(mem_free_string) char *volume = vm_volume_of(path);
	CLEANUP(mem_free_string) char *text = xasprintf("rm %s", path);
	if (volume)
		return remove_volume(a, volume, err);
	if (a->show)
		a->show(a->context, text);
	if (a->is_dry)
		return 0;
	/* Its owner, while it can still be found beside it. */
	if (release(a, path, err) < 0)
		return -1;
	return file_remove(a->root, path, err);
}

/* Disks first: what cannot be removed keeps its guest, so that nothing is forgotten. */
static int delete_all(
	const struct vm_action *a, const struct vm_spec *spec, bool with_disks, struct err *err)
{
	CLEANUP(mem_free_string) char *cfg = vm_cfg_path(a->name);
	CLEANUP(mem_free_string) char *link = vm_auto_path(a->name);
	CLEANUP(mem_free_string) char *saved = savedguest_path(a->root, a->name);
	CLEANUP(mem_free_string) char *text = xasprintf("rm %s", cfg);
	if (!a->is_dry && file_remove(a->root, link, err) < 0)
		return -1;
	for (size_t i = 0; with_disks && i < spec->n_disks; i++)
		if (spec->disks[i].kind == VM_DISK_NEW &&
			remove_disk(a, spec->disks[i].path, err) < 0)
			return err_prefix(err, _("disk %s: "), spec->disks[i].target);
	if (a->show)
		a->show(a->context, text);
	if (a->is_dry)
		return 0;
	if (saved && file_remove(a->root, saved, err) < 0)
		return -1;
	/* Last: until then nobody else may start from disks that this guest could start from. */
	return file_remove(a->root, cfg, err) < 0
		       ? -1
		       : ownership_do(a->root, spec, OWNERSHIP_RELEASE, err);
}

int vm_delete(const struct vm_action *a, bool with_disks, struct err *err)
{
	struct xlcfg cfg;
	struct vm_spec spec;
	if (act_want_settled(a, err) < 0 || act_want_off(a, err) < 0)
		return -1;
	int rc = read_spec(a, &cfg, &spec, err);
	/* A file that cannot be understood can still be deleted, its disks cannot. */
	if (rc == 0 || !with_disks)
		rc = delete_all(a, &spec, with_disks, err);
	xlcfg_dispose(&cfg);
	vm_spec_dispose(&spec);
	return rc;
}

static int check_new_name(const struct vm_action *a, const char *name, struct err *err)
{
	struct vm_list list;
	CLEANUP(mem_free_string) char *path = vm_cfg_path(name);
	if (vm_check_name(name, err) < 0)
		return -1;
	if (a->is_dry)
		return 0;
	if (vm_list_read(a->xen, a->root, NULL, &list, err) < 0)
		return -1;
	bool is_taken = vm_list_find(&list, name) != NULL || file_exists(a->root, path);
	vm_list_dispose(&list);
	if (is_taken)
		return err_set(err, ERR_INVALID, 0, _("there is a guest \"%s\" already"), name);
	return 0;
}

static int write_as(
	const struct vm_action *a, const char *name, const struct xlcfg *cfg, struct err *err)
{
	CLEANUP(mem_free_string) char *path = vm_cfg_path(name);
	return a->is_dry
		       ? 0
		       : file_update(a->root, path, str_text(&cfg->text), cfg->text.len, 0600, err);
}

static bool has_name(const struct vm_domain *d, void *context)
{
	(void)context;
	return d != NULL;
}

static int rename_running(const struct vm_action *a, const char *new_name, struct err *err)
{
	struct vm_action other = *a;
	other.name = new_name;
	if (act_run(a, COMMAND_MS, err, "xl", "rename", a->name, new_name, NULL) < 0)
		return -1;
	return act_wait(&other, 5, has_name, NULL, _("does not have its new name"), err);
}

int vm_rename(const struct vm_action *a, const char *new_name, struct err *err)
{
	struct xlcfg cfg = XLCFG_INIT;
	struct act_guest guest;
	CLEANUP(mem_free_string) char *old_cfg = vm_cfg_path(a->name);
	CLEANUP(mem_free_string) char *old_link = vm_auto_path(a->name);
	struct vm_action other = *a;
	int rc = -1;

	other.name = new_name;
	if (check_new_name(a, new_name, err) < 0 || act_want_settled(a, err) < 0 ||
		act_look(a, &guest, err) < 0)
		return -1;
	if (guest.state == VM_STATE_SAVED)
		return err_set(err, ERR_INVALID, 0,
			_("guest %s is saved under its old name; start it first"), a->name);
	if (act_read_cfg(a, &cfg, err) < 0 || xlcfg_set_text(&cfg, "name", new_name, NULL, err) < 0)
		goto out;
	if (guest.is_running && rename_running(a, new_name, err) < 0)
		goto out;
	rc = write_as(a, new_name, &cfg, err);
	if (rc == 0 && guest.autostart && !a->is_dry)
		rc = vm_autostart(&other, true, err);
	if (rc == 0 && !a->is_dry)
		rc = file_remove(a->root, old_link, err) < 0 ? -1
							     : file_remove(a->root, old_cfg, err);
out:
	xlcfg_dispose(&cfg);
	return rc;
}

/* --- clone */

struct clone {
	const struct vm_action *action;
	const struct vm_progress *progress;
	const char *name;
	struct xlcfg cfg;
	struct vm_spec spec; /* the old one, then with the new disks' paths and identities */
	struct strlist made; /* paths, to be removed again when a later one fails */
};

/* Holes stay holes. */
static int copy_data(const struct clone *c, int from, int to, off_t size, struct err *err)
{
	for (off_t at = 0; at < size;) {
		off_t data = lseek(from, at, SEEK_DATA);
		off_t hole = data < 0 ? size : lseek(from, data, SEEK_HOLE);
		if (data < 0 && errno != ENXIO)
			return err_set(err, ERR_IO, errno, _("cannot read"));
		if (data < 0)
			break;
		off_t in = data;
		off_t out = data;
		while (in < hole) {
			ssize_t n = copy_file_range(from, &in, to, &out,
				(size_t)(hole - in > (off_t)(8 * NUM_MIB) ? (off_t)(8 * NUM_MIB)
									  : hole - in),
				0);
			if (n <= 0)
				return err_set(err, ERR_IO, n < 0 ? errno : EIO, _("cannot copy"));
			if (c->progress && c->progress->amount &&
				!c->progress->amount(
					c->progress->context, (uint64_t)in, (uint64_t)size))
				return err_set(err, ERR_INVALID, 0, _("cancelled"));
		}
		at = hole;
	}
	return ftruncate(to, size) < 0 || fsync(to) < 0
		       ? err_set(err, ERR_IO, errno, _("cannot write"))
		       : 0;
}

static int clone_file(struct clone *c, struct vm_disk *disk, struct err *err)
{
	CLEANUP(mem_free_string)
	char *dir = xstrndup(disk->path, (size_t)(strrchr(disk->path, '/') - disk->path));
	CLEANUP(mem_free_string)
	char *path = xasprintf("%s/%s-%s.img", dir, c->name, disk->target);
	CLEANUP(file_close) int from = open(disk->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (from < 0 || fstat(from, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ERR_INVALID, 0,
			_("%s is neither a file nor a thin volume: it cannot be copied here"),
			disk->path);
	CLEANUP(file_close)
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (to < 0)
		return err_set(err, ERR_IO, errno, _("cannot make %s"), path);
	strlist_add(&c->made, path);
	if (copy_data(c, from, to, st.st_size, err) < 0)
		return err_prefix(err, "%s: ", path);
	vm_spec_set(&disk->path, path);
	return 0;
}

/* A thin snapshot is a volume of its own that shares what neither has written. */
static int clone_volume(struct clone *c, struct vm_disk *disk, const char *volume, struct err *err)
{
	CLEANUP(mem_free_string) char *name = xasprintf("%s-%s", c->name, disk->target);
	CLEANUP(mem_free_string) char *vg = xstrndup(volume, strcspn(volume, "/"));
	CLEANUP(mem_free_string) char *path = xasprintf("/dev/%s/%s", vg, name);
	if (act_run(c->action, COMMAND_MS, err, "lvcreate", "-q", "-y", "-kn", "-s", "-n", name,
		    volume, NULL) < 0)
		return err_prefix(
			err, _("a copy of %s (only thin volumes can be copied): "), volume);
	strlist_add(&c->made, path);
	vm_spec_set(&disk->path, path);
	return 0;
}

static int clone_disks(struct clone *c, struct err *err)
{
	for (size_t i = 0; i < c->spec.n_disks; i++) {
		struct vm_disk *disk = &c->spec.disks[i];
		CLEANUP(mem_free_string) char *volume = vm_volume_of(disk->path);
		CLEANUP(str_dispose) struct str text = STR_INIT;
		if (disk->is_readonly || disk->kind == VM_DISK_CDROM)
			continue;
		if (c->progress && c->progress->step)
			c->progress->step(c->progress->context, i, c->spec.n_disks, disk->path);
		int rc = volume ? clone_volume(c, disk, volume, err) : clone_file(c, disk, err);
		if (rc < 0)
			return -1;
		guestcfg_disk_text(disk, c->spec.method, &text);
		if (xlcfg_list_replace(&c->cfg, "disk", i, str_text(&text), err) < 0)
			return -1;
	}
	CLEANUP(mem_free_string) char *made = strlist_join(&c->made);
	return c->made.count ? xlcfg_set_note(&c->cfg, "made", made, err) : 0;
}

/* name, uuid, MACs: what two guests must not share. */
static int clone_identity(struct clone *c, struct err *err)
{
	vm_spec_set(&c->spec.uuid, "");
	for (size_t i = 0; i < c->spec.n_nics; i++)
		vm_spec_set(&c->spec.nics[i].mac, "");
	if (vm_spec_draw(&c->spec, err) < 0 ||
		xlcfg_set_text(&c->cfg, "name", c->name, NULL, err) < 0 ||
		xlcfg_set_text(&c->cfg, "uuid", c->spec.uuid, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < c->spec.n_nics; i++) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		guestcfg_nic_text(&c->spec.nics[i], &text);
		if (xlcfg_list_replace(&c->cfg, "vif", i, str_text(&text), err) < 0)
			return -1;
	}
	return 0;
}

int vm_clone(const struct vm_action *a, const char *new_name, const struct vm_progress *progress,
	struct err *err)
{
	struct clone c = {.action = a, .progress = progress, .name = new_name};
	if (check_new_name(a, new_name, err) < 0 || act_want_off(a, err) < 0)
		return -1;
	int rc = read_spec(a, &c.cfg, &c.spec, err);
	if (rc == 0)
		rc = clone_identity(&c, err);
	if (rc == 0 && !a->is_dry)
		rc = clone_disks(&c, err);
	if (rc == 0)
		rc = write_as(a, new_name, &c.cfg, err);
	for (size_t i = 0; rc < 0 && i < c.made.count; i++)
		(void)remove_disk(a, c.made.items[i], NULL);
	strlist_dispose(&c.made);
	xlcfg_dispose(&c.cfg);
	vm_spec_dispose(&c.spec);
	return rc;
}
