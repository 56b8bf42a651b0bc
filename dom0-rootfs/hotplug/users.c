/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses disks now: the guests that xenstore knows, and what this host has mounted. */
#include "users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "attrs.h"
#include "file.h"
#include "loop.h"
#include "mem.h"
#include "num.h"
#include "store.h"
#include "str.h"

struct sharing_id users_identify(const struct stat *st)
{
	struct sharing_id id = {.has_device = false};
	if (S_ISBLK(st->st_mode)) {
		id.has_device = true;
		id.device = st->st_rdev;
		id.has_file = loop_backing_file(id.device, &id.file_dev, &id.file_ino);
	} else if (S_ISREG(st->st_mode)) {
		id.has_file = true;
		id.file_dev = st->st_dev;
		id.file_ino = st->st_ino;
	}
	return id;
}

static struct sharing_id identify_device(dev_t device)
{
	const struct stat st = {.st_mode = S_IFBLK, .st_rdev = device};
	return users_identify(&st);
}

static int add_mounts(struct sharing_users *users, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist sources = STRLIST_INIT;
	size_t first = users->count;
	struct stat st;

	if (file_read("/", "/proc/self/mountinfo", 4 * NUM_MIB, &text, err) < 0)
		return -1;
	sharing_add_mounts(str_text(&text), users, &sources);
	for (size_t i = 0; i < sources.count; i++) {
		struct sharing_id *id = &users->item[first + i].id;
		/* btrfs mounts have a number of their own; their source is the device. */
		if (stat(sources.items[i], &st) == 0 && S_ISBLK(st.st_mode))
			*id = users_identify(&st);
		else if (id->has_device)
			*id = identify_device(id->device);
	}
	return 0;
}

/* The disk of a backend directory: of blkback its device, of QEMU what its params name. */
static struct sharing_id identify_backend(struct xs_handle *xs, const char *path)
{
	CLEANUP(mem_free_string) char *physical = store_read(xs, "%s/physical-device", path);
	unsigned major_number, minor_number;
	struct stat st;

	if (physical && sscanf(physical, "%x:%x", &major_number, &minor_number) == 2)
		return identify_device(makedev(major_number, minor_number));
	if (strncmp(path, "backend/qdisk/", 14) == 0) {
		CLEANUP(mem_free_string) char *params = store_read(xs, "%s/params", path);
		const char *file = params ? strchr(params, ':') : NULL; /* FORMAT:FILE */
		if (file && stat(file + 1, &st) == 0)
			return users_identify(&st);
	}
	return (struct sharing_id){.has_device = false};
}

struct vm {
	char *vm;
	char *target_vm;
};

static void vm_dispose(struct vm *vm)
{
	free(vm->vm);
	free(vm->target_vm);
}

static struct vm read_vm(struct xs_handle *xs, const char *domid)
{
	CLEANUP(mem_free_string) char *target = store_read(xs, "/local/domain/%s/target", domid);
	struct vm vm = {.vm = store_read(xs, "/local/domain/%s/vm", domid)};
	if (target)
		vm.target_vm = store_read(xs, "/local/domain/%s/vm", target);
	return vm;
}

static void add_guest(struct xs_handle *xs, const char *directory, const char *domid,
	const struct sharing_vm *asks, struct sharing_users *users)
{
	CLEANUP(mem_free_string) char *disks = xasprintf("%s/%s", directory, domid);
	CLEANUP(mem_free_string) char *name = store_read(xs, "/local/domain/%s/name", domid);
	CLEANUP(vm_dispose) struct vm other = read_vm(xs, domid);
	CLEANUP(strlist_dispose) struct strlist devids = STRLIST_INIT;
	const struct sharing_vm vm = {.vm = other.vm, .target_vm = other.target_vm};

	if (sharing_is_same_vm(asks, &vm))
		return;
	store_list(xs, disks, &devids);
	for (size_t i = 0; i < devids.count; i++) {
		CLEANUP(mem_free_string) char *path = xasprintf("%s/%s", disks, devids.items[i]);
		CLEANUP(mem_free_string) char *mode = store_read(xs, "%s/mode", path);
		struct sharing_user *user = sharing_users_add(users);
		user->name = name ? xstrdup(name) : xasprintf("(domain %s)", domid);
		user->writes = sharing_read_mode(mode ? mode : "w") != SHARING_READ;
		user->id = identify_backend(xs, path);
	}
}

int users_collect(
	struct xs_handle *xs, const char *domid, struct sharing_users *users, struct err *err)
{
	static const char *const directories[] = {"backend/vbd", "backend/qdisk"};
	CLEANUP(vm_dispose) struct vm ours = read_vm(xs, domid);
	const struct sharing_vm asks = {.vm = ours.vm, .target_vm = ours.target_vm};

	if (add_mounts(users, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		CLEANUP(strlist_dispose) struct strlist guests = STRLIST_INIT;
		store_list(xs, directories[i], &guests);
		for (size_t k = 0; k < guests.count; k++)
			add_guest(xs, directories[i], guests.items[k], &asks, users);
	}
	return 0;
}
