/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding and mounting what Domus was started from: a medium, an installed slot, or the initramfs itself. */
#include "medium.h"

#include "coldplug.h"
#include "console.h"
#include "disk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FIRST_WORD_S 5 /* say what is waited for */
#define DEADLINE_S 30
#define POLL_MS 250

static long seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec;
}

bool medium_is_netboot(void)
{
	return access(NETBOOT_DIR "/layers", F_OK) == 0;
}

static bool is_wanted(const struct disk *disk, const struct cmdline *cmdline)
{
	if (cmdline->slot[0] != '\0')
		return strcasecmp(disk->ext_uuid, cmdline->slot) == 0 ||
		       strcmp(disk->ext_label, cmdline->slot) == 0;
	if (cmdline->medium[0] != '\0')
		return strcmp(disk->iso_label, cmdline->medium) == 0;
	return strncmp(disk->iso_label, "DOMUS", 5) == 0;
}

/* A hybrid stick shows the same file system on the disk and on its first partition: count it once. */
static bool parent_is_wanted(
	const struct disk_list *list, const struct disk *disk, const struct cmdline *cmdline)
{
	for (unsigned int i = 0; i < list->count; i++)
		if (strcmp(list->disk[i].name, disk->parent) == 0)
			return is_wanted(&list->disk[i], cmdline);
	return false;
}

static void describe(const struct disk *disk, char *ret_text, size_t size)
{
	char bytes[24];

	snprintf(ret_text, size, "/dev/%s (%s%s%s%s%s)", disk->name, disk->model,
		disk->model[0] != '\0' ? ", " : "",
		text_size(disk->size_bytes, bytes, sizeof(bytes)),
		disk->iso_label[0] != '\0' || disk->ext_label[0] != '\0' ? ", " : "",
		disk->iso_label[0] != '\0' ? disk->iso_label : disk->ext_label);
}

static void say_disks(const struct disk_list *list)
{
	char text[256];

	if (list->count == 0)
		console_say(TONE_WARN, "  no disk or CD drive seen so far");
	for (unsigned int i = 0; i < list->count; i++) {
		describe(&list->disk[i], text, sizeof(text));
		console_say(TONE_PLAIN, "  seen: %s", text);
	}
}

static const char *what_is_wanted(const struct cmdline *cmdline, char *buf, size_t size)
{
	if (cmdline->slot[0] != '\0')
		snprintf(buf, size, "the partition %s", cmdline->slot);
	else
		snprintf(buf, size, "the medium with the volume name %s",
			cmdline->medium[0] != '\0' ? cmdline->medium : "DOMUS...");
	return buf;
}

/* Returns the first match, or NULL; says so if there are others. */
static const struct disk *choose(const struct disk_list *list, const struct cmdline *cmdline)
{
	const struct disk *first = NULL;
	char text[256];

	for (unsigned int i = 0; i < list->count; i++) {
		const struct disk *disk = &list->disk[i];

		if (!is_wanted(disk, cmdline) || parent_is_wanted(list, disk, cmdline))
			continue;
		describe(disk, text, sizeof(text));
		if (first == NULL)
			first = disk;
		else
			console_say(TONE_WARN, "Also fits, not used: %s", text);
	}
	if (first != NULL) {
		describe(first, text, sizeof(text));
		console_say(TONE_PLAIN, "Starting from %s", text);
	}
	return first;
}

static int find(const struct cmdline *cmdline, struct disk *ret_disk, struct why *why)
{
	static struct disk_list list; /* too large for the stack */
	struct coldplug coldplug;
	const long start = seconds_now();
	const struct disk *disk;
	bool told = false;
	char wanted[128];

	coldplug_init(&coldplug);
	for (;;) {
		/* A bus driver's devices, and theirs, appear while modules load: go on until it is quiet. */
		bool fresh = coldplug_load_new(&coldplug);

		disk_list_read(&list);
		disk = choose(&list, cmdline);
		if (disk != NULL || seconds_now() - start >= DEADLINE_S)
			break;
		if (!told && seconds_now() - start >= FIRST_WORD_S) {
			told = true;
			console_say(TONE_WARN, "Waiting for %s ...",
				what_is_wanted(cmdline, wanted, sizeof(wanted)));
			say_disks(&list);
		}
		if (!fresh)
			coldplug_wait(&coldplug, POLL_MS);
	}
	coldplug_dispose(&coldplug);
	if (disk == NULL) {
		console_say(TONE_WARN, "All disks of this machine:");
		say_disks(&list);
		return why_set(why, 0,
			"cannot find %s after %d s: put it in, or check that its controller is supported",
			what_is_wanted(cmdline, wanted, sizeof(wanted)), DEADLINE_S);
	}
	*ret_disk = *disk;
	return 0;
}

static int mount_netboot(struct why *why)
{
	mkdir(MEDIUM_DOMUS, 0755);
	if (mount(NETBOOT_DIR, MEDIUM_DOMUS, NULL, MS_BIND, NULL) < 0)
		return why_set(why, errno, "cannot bind " NETBOOT_DIR " of the initramfs");
	return 0;
}

int medium_mount(const struct cmdline *cmdline, struct why *why)
{
	struct disk disk;
	char path[80];
	const char *type = cmdline->slot[0] != '\0' ? "ext4" : "iso9660";

	mkdir("/run/domus", 0755);
	mkdir(MEDIUM_DIR, 0755);
	if (coldplug_load_always() < 0)
		return why_set(why, 0, "cannot run /bin/busybox: the initramfs is damaged");
	if (medium_is_netboot())
		return mount_netboot(why);
	if (find(cmdline, &disk, why) < 0)
		return -1;
	text_format(path, sizeof(path), "/dev/%s", disk.name);
	if (mount(path, MEDIUM_DIR, type, MS_RDONLY, NULL) < 0)
		return why_set(why, errno, "cannot mount %s (%s)", path, type);
	if (access(MEDIUM_DOMUS "/layers", F_OK) != 0)
		return why_set(why, 0, "%s holds no /domus/layers: write the medium again", path);
	return 0;
}
