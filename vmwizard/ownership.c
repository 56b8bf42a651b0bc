/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The owner of a guest's images, for all of them at once. */
#include "vmwizard/ownership.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mem.h"
#include "owner.h"
#include "vmwizard/guestcfg.h"

/* A volume or whole disk has no place beside it for a file. */
static bool is_file(const char *root, const char *path)
{
	CLEANUP(mem_free_string) char *full = xasprintf("%s%s", root[1] ? root : "", path);
	struct stat st;
	return path[0] == '/' && stat(full, &st) == 0 && S_ISREG(st.st_mode);
}

static bool has_owner(const char *root, const struct vm_disk *disk)
{
	return disk->kind != VM_DISK_CDROM && !disk->is_readonly && !disk->is_common &&
	       is_file(root, disk->path) && owner_concerns(root, disk->path);
}

typedef int on_disk(const char *root, const char *path, const struct owner *self, struct err *err);

static int each_disk(const char *root, const struct vm_spec *spec, const struct owner *self,
	on_disk *act, struct err *err)
{
	for (size_t i = 0; i < spec->n_disks; i++)
		if (has_owner(root, &spec->disks[i]) &&
			act(root, spec->disks[i].path, self, err) < 0)
			return -1;
	return 0;
}

/* refused: what owner_take() is to keep; "" nothing. */
static int do_for(const char *root, const struct vm_spec *spec, enum ownership_act act,
	const char *refused, struct err *err)
{
	static on_disk *const acts[] = {
		[OWNERSHIP_CHECK] = owner_check,
		[OWNERSHIP_CLAIM] = owner_claim,
		[OWNERSHIP_TAKE] = owner_take,
		[OWNERSHIP_RELEASE] = owner_release,
	};
	struct owner self = {.host = NULL};
	bool has_any = false;
	for (size_t i = 0; i < spec->n_disks; i++)
		has_any |= has_owner(root, &spec->disks[i]);
	/* A host without such files needs no number. */
	if (!has_any)
		return 0;
	int rc = owner_self(root, spec->uuid, spec->name, &self, err);
	if (rc == 0)
		vm_spec_set(&self.refused, refused);
	if (rc == 0 && act == OWNERSHIP_CLAIM)
		rc = each_disk(root, spec, &self, owner_check, err);
	if (rc == 0)
		rc = each_disk(root, spec, &self, acts[act], err);
	owner_dispose(&self);
	return rc;
}

int ownership_do(
	const char *root, const struct vm_spec *spec, enum ownership_act act, struct err *err)
{
	return do_for(root, spec, act, "", err);
}

static int do_text(const char *root, const char *name, const char *text, enum ownership_act act,
	const char *refused, struct err *err)
{
	CLEANUP(vm_spec_dispose) struct vm_spec spec;
	if (vm_xlcfg_read(text, name, &spec, NULL, NULL) < 0)
		return 0;
	return do_for(root, &spec, act, refused, err);
}

int ownership_do_text(const char *root, const char *name, const char *text, enum ownership_act act,
	struct err *err)
{
	return do_text(root, name, text, act, "", err);
}

int ownership_refuse(const char *root, const char *name, const char *text, const char *migration,
	struct err *err)
{
	return do_text(root, name, text, OWNERSHIP_TAKE, migration, err);
}

bool ownership_was_refused(
	const char *root, const char *name, const char *text, const char *migration)
{
	CLEANUP(vm_spec_dispose) struct vm_spec spec;
	bool is_refused = false;
	if (vm_xlcfg_read(text, name, &spec, NULL, NULL) < 0)
		return false;
	for (size_t i = 0; i < spec.n_disks; i++) {
		struct owner owner;
		if (!has_owner(root, &spec.disks[i]))
			continue;
		is_refused |= owner_read(root, spec.disks[i].path, &owner, NULL) == 0 &&
			      strcmp(owner.refused, migration) == 0;
		owner_dispose(&owner);
	}
	return is_refused;
}
