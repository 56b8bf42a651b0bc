/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of this host at one moment. */
#define _GNU_SOURCE
#include "state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "failed.h"
#include "file.h"
#include "lang.h"
#include "mem.h"

static char *first_line(const char *root, const char *path, const char *fallback)
{
	char *line = file_first_line(root, path);
	return line ? line : xstrdup(fallback);
}

/* "Name:   123 kB" of /proc/meminfo, see proc(5). */
static uint64_t meminfo_kib(const char *text, const char *name)
{
	const char *p = strstr(text, name);
	return p ? strtoull(p + strlen(name), NULL, 10) : 0;
}

static void read_failures(const char *root, struct state *s)
{
	(void)file_list_dir(root, FAILED_DIR, &s->failed, NULL);
	for (size_t i = 0; i < s->failed.count; i++) {
		CLEANUP(mem_free_string)
		char *path = xasprintf(FAILED_DIR "/%s", s->failed.items[i]);
		CLEANUP(mem_free_string) char *reason = first_line(root, path, "");
		strlist_add(&s->reasons, reason);
	}
}

void state_read(const char *root, struct state *s)
{
	CLEANUP(str_dispose) struct str meminfo = STR_INIT;
	CLEANUP(mem_free_string) char *uptime = first_line(root, "/proc/uptime", "0");
	*s = (struct state){.addresses = ADDRESSES_INIT};
	release_read(root, &s->release);
	s->name = first_line(root, "/etc/hostname", "domus");
	s->uptime_s = strtoull(uptime, NULL, 10);
	(void)file_read(root, "/proc/meminfo", 65536, &meminfo, NULL);
	s->memory_kib = meminfo_kib(str_text(&meminfo), "MemTotal:");
	s->available_kib = meminfo_kib(str_text(&meminfo), "MemAvailable:");
	CLEANUP(mem_free_string) char *load = first_line(root, "/proc/loadavg", "");
	s->load = xstrdup(load);
	/* The first three of five words. */
	size_t words = 0;
	for (char *p = s->load; *p; p++)
		if (*p == ' ' && ++words == 3)
			*p-- = '\0';
	if (strcmp(root, "/") == 0)
		addresses_read(&s->addresses);
	read_failures(root, s);
}

void state_dispose(struct state *s)
{
	release_dispose(&s->release);
	mem_free_string(&s->name);
	mem_free_string(&s->load);
	addresses_dispose(&s->addresses);
	strlist_dispose(&s->failed);
	strlist_dispose(&s->reasons);
}

char *state_uptime_text(const struct state *s)
{
	return xasprintf(_("%" PRIu64 " d %02" PRIu64 ":%02" PRIu64), s->uptime_s / 86400,
		s->uptime_s / 3600 % 24, s->uptime_s / 60 % 60);
}
