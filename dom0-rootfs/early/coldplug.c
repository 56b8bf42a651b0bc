/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules for the hardware that is there. */
#include "coldplug.h"

#include "proc.h"
#include "text.h"

#include <dirent.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Aliases of one modprobe: it reads modules.alias once for all of them. */
#define BATCH 100
#define UEVENT_GROUP_KERNEL 1

/* File systems other than these come by the kernel's own call of /sbin/modprobe when they are mounted. */
static const char *const always[] = {"loop", "squashfs", "overlay", "isofs", "sd_mod", "sr_mod"};

struct names {
	char **v;
	unsigned int count;
	unsigned int room;
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_add(struct names *names, const char *name)
{
	char *copy = strdup(name);

	if (names->count == names->room) {
		unsigned int room = names->room ? names->room * 2 : 128;
		char **v = realloc(names->v, room * sizeof(*v));

		if (v == NULL) {
			free(copy);
			return;
		}
		names->v = v;
		names->room = room;
	}
	if (copy != NULL)
		names->v[names->count++] = copy;
}

/* -1 if modprobe itself cannot run. */
static int modprobe(char *const names[], unsigned int count)
{
	int rc = 0;

	char *argv[BATCH + 5] = {
		(char *)"/bin/busybox", (char *)"modprobe", (char *)"-q", (char *)"-a"};

	for (unsigned int done = 0; done < count; done += BATCH) {
		unsigned int n = count - done < BATCH ? count - done : BATCH;

		memcpy(argv + 4, names + done, n * sizeof(*names));
		argv[4 + n] = NULL;
		/* An alias without module is the rule, so its own status says nothing. */
		if (proc_run_quiet(argv) == PROC_CANNOT_RUN)
			rc = -1;
	}
	return rc;
}

int coldplug_load_always(void)
{
	return modprobe((char *const *)always, sizeof(always) / sizeof(always[0]));
}

void coldplug_init(struct coldplug *coldplug)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = UEVENT_GROUP_KERNEL};
	int fd = socket(
		AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	memset(coldplug, 0, sizeof(*coldplug));
	if (fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		close(fd);
		fd = -1;
	}
	coldplug->events = fd;
}

void coldplug_dispose(struct coldplug *coldplug)
{
	for (unsigned int i = 0; i < coldplug->seen_count; i++)
		free(coldplug->seen[i]);
	free(coldplug->seen);
	coldplug->seen = NULL;
	coldplug->seen_count = 0;
	if (coldplug->events >= 0)
		close(coldplug->events);
	coldplug->events = -1;
}

/* Collect the modalias of every device of one bus. */
static void read_bus(const char *bus, struct names *names)
{
	char path[1024];
	char alias[512];
	struct dirent *e;
	DIR *d;

	text_format(path, sizeof(path), "/sys/bus/%s/devices", bus);
	d = opendir(path);
	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' &&
			text_format(path, sizeof(path), "/sys/bus/%s/devices/%s/modalias", bus,
				e->d_name) == 0 &&
			text_read_file(path, alias, sizeof(alias)) > 0)
			names_add(names, alias);
	closedir(d);
}

/* By bus, not by walking /sys/devices: that takes seconds on an emulated CPU. */
static void read_buses(struct names *names)
{
	struct dirent *e;
	DIR *d = opendir("/sys/bus");

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			read_bus(e->d_name, names);
	closedir(d);
}

static bool was_seen(const struct coldplug *coldplug, const char *alias)
{
	return coldplug->seen_count > 0 && bsearch(&alias, coldplug->seen, coldplug->seen_count,
						   sizeof(alias), compare) != NULL;
}

bool coldplug_load_new(struct coldplug *coldplug)
{
	struct names found = {0};
	struct names fresh = {0};
	bool any;

	read_buses(&found);
	qsort(found.v, found.count, sizeof(*found.v), compare);
	for (unsigned int i = 0; i < found.count; i++)
		if ((i == 0 || strcmp(found.v[i], found.v[i - 1]) != 0) &&
			!was_seen(coldplug, found.v[i]))
			names_add(&fresh, found.v[i]);
	any = fresh.count > 0;
	modprobe(fresh.v, fresh.count);

	for (unsigned int i = 0; i < coldplug->seen_count; i++)
		names_add(&fresh, coldplug->seen[i]);
	for (unsigned int i = 0; i < coldplug->seen_count; i++)
		free(coldplug->seen[i]);
	free(coldplug->seen);
	qsort(fresh.v, fresh.count, sizeof(*fresh.v), compare);
	coldplug->seen = fresh.v;
	coldplug->seen_count = fresh.count;
	for (unsigned int i = 0; i < found.count; i++)
		free(found.v[i]);
	free(found.v);
	return any;
}

void coldplug_wait(struct coldplug *coldplug, int timeout_ms)
{
	struct pollfd fd = {.fd = coldplug->events, .events = POLLIN};
	char event[8192];

	/* A negative descriptor is ignored by poll(): then this only waits. */
	if (poll(&fd, 1, timeout_ms) > 0)
		while (recv(coldplug->events, event, sizeof(event), 0) > 0)
			;
}
