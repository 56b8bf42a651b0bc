/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a disk may be given to a guest, seeing who else uses it now; pure. */
#include "sharing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "attrs.h"
#include "mem.h"
#include "str.h"

enum sharing_mode sharing_read_mode(const char *text)
{
	if (!strchr(text, 'w'))
		return SHARING_READ;
	return strchr(text, '!') ? SHARING_UNCHECKED : SHARING_WRITE;
}

struct sharing_user *sharing_users_add(struct sharing_users *users)
{
	users->item = xreallocarray(users->item, users->count + 1, sizeof(*users->item));
	struct sharing_user *user = &users->item[users->count++];
	*user = (struct sharing_user){.name = NULL};
	return user;
}

void sharing_users_dispose(struct sharing_users *users)
{
	for (size_t i = 0; i < users->count; i++)
		free(users->item[i].name);
	free(users->item);
	*users = (struct sharing_users)SHARING_USERS_INIT;
}

/* Blanks, tabs, newlines and backslashes are written as \ooo. */
static void unescape(char *text)
{
	char *to = text;
	for (const char *from = text; *from; to++) {
		unsigned code;
		if (*from == '\\' && sscanf(from + 1, "%3o", &code) == 1 && code < 256) {
			*to = (char)(unsigned char)code;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue */
static void add_mount(char *line, struct sharing_users *users, struct strlist *ret_sources)
{
	char *save = NULL, *word[6] = {NULL};
	char *tail = strstr(line, " - ");
	unsigned major_number, minor_number;

	if (!tail)
		return;
	*tail = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(word); i++)
		word[i] = strtok_r(i ? NULL : line, " ", &save);
	(void)strtok_r(tail + 3, " ", &save); /* type */
	char *source = strtok_r(NULL, " ", &save);
	char *options = strtok_r(NULL, " ", &save);
	if (!word[5] || !source || sscanf(word[2], "%u:%u", &major_number, &minor_number) != 2)
		return;
	struct sharing_user *user = sharing_users_add(users);
	unescape(word[4]);
	unescape(source);
	user->is_mount = true;
	user->name = xstrdup(word[4]);
	/* The file system's own word: a read-only bind mount may have a writable one beside it. */
	user->writes = !options || !str_has_word(options, "ro");
	user->id.has_device = major_number != 0;
	user->id.device = makedev(major_number, minor_number);
	strlist_add(ret_sources, source);
}

void sharing_add_mounts(
	const char *mountinfo, struct sharing_users *users, struct strlist *ret_sources)
{
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	strlist_add_lines(&lines, mountinfo);
	for (size_t i = 0; i < lines.count; i++)
		add_mount(lines.items[i], users, ret_sources);
}

static bool is_equal(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

bool sharing_is_same_vm(const struct sharing_vm *asks, const struct sharing_vm *other)
{
	CLEANUP(mem_free_string) char *vm = xstrdup(asks->vm ? asks->vm : "");
	size_t len = strlen(vm);
	if (len > 2 && strcmp(vm + len - 2, "-1") == 0)
		vm[len - 2] = '\0';
	/* A domain without a vm is being removed: what it used is free in a moment. */
	return !other->vm || is_equal(vm, other->vm) || is_equal(asks->target_vm, other->vm) ||
	       is_equal(vm, other->target_vm) || is_equal(asks->target_vm, other->target_vm);
}

static bool is_same_disk(const struct sharing_id *a, const struct sharing_id *b)
{
	return (a->has_device && b->has_device && a->device == b->device) ||
	       (a->has_file && b->has_file && a->file_dev == b->file_dev &&
		       a->file_ino == b->file_ino);
}

static int refuse(
	const char *disk, enum sharing_mode mode, const struct sharing_user *user, struct err *err)
{
	const char *how = user->writes ? "" : " read-only";
	const char *want = mode == SHARING_WRITE ? "written to" : "read";

	if (user->is_mount)
		return err_set(err, ERR_INVALID, 0,
			"%s is mounted%s on %s in this host and must not be %s by a guest meanwhile; "
			"umount %s first",
			disk, how, user->name, want, user->name);
	return err_set(err, ERR_INVALID, 0,
		"%s is used%s by the guest %s and must not be %s by another one; stop %s, or write "
		"script=block-shared in both guests' disk= if they share it knowingly",
		disk, how, user->name, want, user->name);
}

int sharing_check(const char *disk, const struct sharing_id *id, enum sharing_mode mode,
	const struct sharing_users *users, struct err *err)
{
	if (mode == SHARING_UNCHECKED)
		return 0;
	for (size_t i = 0; i < users->count; i++) {
		const struct sharing_user *user = &users->item[i];
		if (!user->is_same_vm && (mode == SHARING_WRITE || user->writes) &&
			is_same_disk(id, &user->id))
			return refuse(disk, mode, user, err);
	}
	return 0;
}
