/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's disk: a block device, or a file behind a loop device. */
#define _GNU_SOURCE
#include "block.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "attrs.h"
#include "lock.h"
#include "loop.h"
#include "mem.h"
#include "owner.h"
#include "sharing.h"
#include "store.h"
#include "users.h"

/* What xenstore says of the disk, and what there is. */
struct disk {
	char *params; /* as the guest's file names it */
	char *mode;
	char *domid;
	char *path; /* links resolved */
	struct stat st;
};

static void disk_dispose(struct disk *disk)
{
	free(disk->params);
	free(disk->mode);
	free(disk->domid);
	free(disk->path);
}

static int find_disk(struct xs_handle *xs, const char *backend, struct disk *disk, struct err *err)
{
	if (store_read_must(xs, backend, "params", &disk->params, err) < 0 ||
		store_read_must(xs, backend, "mode", &disk->mode, err) < 0 ||
		store_read_must(xs, backend, "frontend-id", &disk->domid, err) < 0)
		return -1;
	CLEANUP(mem_free_string)
	char *full = xasprintf("%s%s", disk->params[0] == '/' ? "" : "/dev/", disk->params);
	disk->path = realpath(full, NULL);
	if (!disk->path || stat(disk->path, &disk->st) < 0)
		return err_set(err, ERR_MISSING, errno,
			"the guest's disk %s is not there; make it, or correct disk= of the guest",
			full);
	if (!S_ISBLK(disk->st.st_mode) && !S_ISREG(disk->st.st_mode))
		return err_set(err, ERR_INVALID, 0,
			"the guest's disk %s is neither a block device nor a file", full);
	return 0;
}

/* From here on blkback has it. */
static int connect_device(
	struct xs_handle *xs, const char *backend, const char *path, dev_t device, struct err *err)
{
	char numbers[32];
	(void)snprintf(numbers, sizeof(numbers), "%x:%x", major(device), minor(device));
	if (store_write(xs, backend, "physical-device", numbers, err) < 0 ||
		store_write(xs, backend, "physical-device-path", path, err) < 0)
		return -1;
	return store_write(xs, backend, "hotplug-status", "connected", err);
}

static int connect_loop(
	struct xs_handle *xs, const char *backend, const char *path, struct err *err)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return err_set(err, ERR_IO, errno, "%s", path);
	if (store_write(xs, backend, "node", path, err) < 0)
		return -1;
	return connect_device(xs, backend, path, st.st_rdev, err);
}

static int add_file(
	struct xs_handle *xs, const char *backend, const struct disk *disk, struct err *err)
{
	CLEANUP(mem_free_string) char *state = store_read(xs, "%s/state", backend);
	bool is_readonly = sharing_read_mode(disk->mode) == SHARING_READ;
	char loop[LOOP_NAME_MAX];

	/* A guest that was given up meanwhile has had its remove already: nobody would free it. */
	if (!state || strcmp(state, "2") != 0)
		return err_set(err, ERR_INVALID, 0,
			"the guest went away before it got its disk %s (state %s)", disk->path,
			state ? state : "gone");
	if (!is_readonly && !(disk->st.st_mode & 0222))
		return err_set(err, ERR_INVALID, 0,
			"the file %s is read-only; chmod u+w it, or give the disk the mode r",
			disk->path);
	if (loop_attach(disk->path, is_readonly, loop, err) < 0)
		return -1;
	if (connect_loop(xs, backend, loop, err) == 0)
		return 0;
	(void)loop_detach(loop, NULL);
	return -1;
}

/*
 * An image on a shared pool is one host's, whoever starts the guest: xl, domus-monitor, the host's
 * boot. A migration's copy is not the guest yet: the two hosts agree among themselves.
 */
static int claim_file(struct xs_handle *xs, const struct disk *disk, struct err *err)
{
	static const char incoming[] = "--incoming";
	CLEANUP(mem_free_string) char *name = store_read(xs, "/local/domain/%s/name", disk->domid);
	CLEANUP(mem_free_string) char *vm = store_read(xs, "/local/domain/%s/vm", disk->domid);
	CLEANUP(mem_free_string) char *uuid = NULL;
	struct owner self = {.host = NULL};
	size_t len = name ? strlen(name) : 0;

	if (!owner_concerns("/", disk->path))
		return 0;
	if (len > strlen(incoming) && strcmp(name + len - strlen(incoming), incoming) == 0)
		return 0;
	/* A restored guest's may carry "-1". */
	uuid = xstrndup(vm && strncmp(vm, "/vm/", 4) == 0 ? vm + 4 : "", 36);
	int rc = owner_self("/", uuid, name ? name : "", &self, err);
	if (rc == 0)
		rc = owner_claim("/", disk->path, &self, err);
	owner_dispose(&self);
	return rc;
}

static int add_disk(struct xs_handle *xs, const struct call *call, struct err *err)
{
	const char *backend = call->xenbus_path;
	CLEANUP(mem_free_string) char *done = store_read(xs, "%s/physical-device", backend);
	CLEANUP(disk_dispose) struct disk disk = {.params = NULL};
	CLEANUP(lock_release) struct lock lock = LOCK_INIT;
	CLEANUP(sharing_users_dispose) struct sharing_users users = SHARING_USERS_INIT;

	if (done)
		return 0;
	if (find_disk(xs, backend, &disk, err) < 0 || lock_claim(LOCK_DIR, "block", &lock, err) < 0)
		return -1;
	enum sharing_mode mode = call->is_shared ? SHARING_UNCHECKED : sharing_read_mode(disk.mode);
	struct sharing_id id = users_identify(&disk.st);
	if (mode != SHARING_UNCHECKED && users_collect(xs, disk.domid, &users, err) < 0)
		return -1;
	if (sharing_check(disk.path, &id, mode, &users, err) < 0)
		return -1;
	if (S_ISREG(disk.st.st_mode) && mode == SHARING_WRITE && claim_file(xs, &disk, err) < 0)
		return -1;
	if (S_ISREG(disk.st.st_mode))
		return add_file(xs, backend, &disk, err);
	return connect_device(xs, backend, disk.path, disk.st.st_rdev, err);
}

static int remove_disk(struct xs_handle *xs, const char *backend, struct err *err)
{
	CLEANUP(lock_release) struct lock lock = LOCK_INIT;
	CLEANUP(mem_free_string) char *path = xasprintf("%s/node", backend);

	if (lock_claim(LOCK_DIR, "block", &lock, err) < 0)
		return -1;
	CLEANUP(mem_free_string) char *loop = store_read(xs, "%s", path);
	if (!loop || strncmp(loop, "/dev/loop", 9) != 0)
		return 0;
	if (loop_detach(loop, err) < 0)
		return -1;
	/* A second remove must not free the device of whoever has it by then. */
	(void)xs_rm(xs, XBT_NULL, path);
	return 0;
}

int block_run(struct xs_handle *xs, const struct call *call, struct err *err)
{
	return call->is_add ? add_disk(xs, call, err) : remove_disk(xs, call->xenbus_path, err);
}
