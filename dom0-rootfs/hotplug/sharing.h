/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a disk may be given to a guest, seeing who else uses it now; pure. */
#ifndef DOMUS_HOTPLUG_SHARING_H
#define DOMUS_HOTPLUG_SHARING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "err.h"

enum sharing_mode {
	SHARING_READ,
	SHARING_WRITE,
	SHARING_UNCHECKED, /* w!, or script=block-shared: the guests agree among themselves */
};

/* mode of a disk: r, w, w!. What names no w reads only. xl itself writes no "!". */
enum sharing_mode sharing_read_mode(const char *text);

/* What lies under a disk: a block device, a file, or both (a loop device and its file). */
struct sharing_id {
	bool has_device;
	dev_t device;
	bool has_file;
	dev_t file_dev; /* st_dev and st_ino */
	ino_t file_ino;
};

struct sharing_user {
	bool is_mount; /* of this host; otherwise a guest */
	char *name;    /* mount point, or the guest's name */
	bool writes;
	bool is_same_vm; /* the guest that asks, its device model, or itself under another number */
	struct sharing_id id;
};

struct sharing_users {
	struct sharing_user *item;
	size_t count;
};

#define SHARING_USERS_INIT {.item = NULL, .count = 0}

/* The new user, all zero, to be filled in; valid until the next one. */
struct sharing_user *sharing_users_add(struct sharing_users *users);
void sharing_users_dispose(struct sharing_users *users);

/*
 * Adds the mounts of /proc/self/mountinfo (proc_pid_mountinfo(5)), and to ret_sources, which has
 * one of them for each, what they are mounted from. One that is mounted read-only somewhere and
 * writable elsewhere is written to.
 */
struct strlist;
void sharing_add_mounts(
	const char *mountinfo, struct sharing_users *users, struct strlist *ret_sources);

/*
 * The VMs (xenstore's vm of a domain, and of the one it serves as device model) of the guest that
 * asks and of another; NULL: it has none. A restored guest's uuid may carry "-1".
 */
struct sharing_vm {
	const char *vm;
	const char *target_vm;
};
bool sharing_is_same_vm(const struct sharing_vm *asks, const struct sharing_vm *other);

/* ERR_INVALID, with a text that names who has the disk and what to do. */
int sharing_check(const char *disk, const struct sharing_id *id, enum sharing_mode mode,
	const struct sharing_users *users, struct err *err);

#endif
