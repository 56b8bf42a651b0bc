/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host status and banner: what is running, and what is not. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addresses.h"
#include "file.h"
#include "host.h"
#include "lang.h"
#include "mem.h"
#include "release.h"

#define FAILED_DIR "/run/domus/failed"

struct state {
	struct release release;
	char *name;
	uint64_t uptime_s;
	uint64_t memory_kib; /* of dom0 */
	uint64_t available_kib;
	struct addresses addresses;
	struct strlist failed; /* names; the same index has its reason */
	struct strlist reasons;
};

static char *first_line(const char *root, const char *path, const char *fallback)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read(root, path, 65536, &text, NULL) < 0)
		return xstrdup(fallback);
	return xstrndup(str_text(&text), strcspn(str_text(&text), "\n"));
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

static void state_read(const char *root, struct state *s)
{
	CLEANUP(str_dispose) struct str meminfo = STR_INIT;
	CLEANUP(mem_free_string) char *uptime = first_line("/", "/proc/uptime", "0");
	*s = (struct state){.addresses = ADDRESSES_INIT};
	release_read(root, &s->release);
	s->name = first_line(root, "/etc/hostname", "domus");
	s->uptime_s = strtoull(uptime, NULL, 10);
	(void)file_read("/", "/proc/meminfo", 65536, &meminfo, NULL);
	s->memory_kib = meminfo_kib(str_text(&meminfo), "MemTotal:");
	s->available_kib = meminfo_kib(str_text(&meminfo), "MemAvailable:");
	addresses_read(&s->addresses);
	read_failures(root, s);
}

static void state_dispose(struct state *s)
{
	release_dispose(&s->release);
	mem_free_string(&s->name);
	addresses_dispose(&s->addresses);
	strlist_dispose(&s->failed);
	strlist_dispose(&s->reasons);
}

static void print_failures(const struct state *s)
{
	for (size_t i = 0; i < s->failed.count; i++)
		(void)printf(_("FAILED: %s: %s\n"), s->failed.items[i], s->reasons.items[i]);
}

static void print_addresses(const struct state *s)
{
	for (size_t i = 0; i < s->addresses.texts.count; i++)
		(void)printf("%-11s%s %s\n", i == 0 ? _("Addresses:") : "",
			s->addresses.texts.items[i], s->addresses.ifnames.items[i]);
	if (s->addresses.texts.count == 0)
		(void)printf(_("Addresses: none\n"));
}

static void print_state(const struct state *s)
{
	print_failures(s);
	(void)printf(_("Name:      %s\n"), s->name);
	(void)printf(_("System:    %s %s%s%s\n"), s->release.product, s->release.version,
		s->release.build[0] ? ", " : "", s->release.build);
	print_addresses(s);
	(void)printf(_("Up for:    %" PRIu64 " d %02" PRIu64 ":%02" PRIu64 "\n"),
		s->uptime_s / 86400, s->uptime_s / 3600 % 24, s->uptime_s / 60 % 60);
	(void)printf(_("Memory:    %" PRIu64 " MiB in use of dom0's %" PRIu64 " MiB\n"),
		(s->memory_kib - s->available_kib) / 1024, s->memory_kib / 1024);
	if (s->failed.count == 0)
		(void)printf(_("Failed:    nothing\n"));
}

static void print_state_json(const struct state *s)
{
	json_t *addresses = json_array();
	json_t *failed = json_object();
	for (size_t i = 0; i < s->addresses.texts.count; i++)
		(void)json_array_append_new(addresses,
			json_pack("{s:s, s:s}", "interface", s->addresses.ifnames.items[i],
				"address", s->addresses.texts.items[i]));
	for (size_t i = 0; i < s->failed.count; i++)
		(void)json_object_set_new(
			failed, s->failed.items[i], json_string(s->reasons.items[i]));
	json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:o}", "name", s->name,
		"product", s->release.product, "version", s->release.version, "build",
		s->release.build, "addresses", addresses, "uptime_s", (json_int_t)s->uptime_s,
		"memory_kib", (json_int_t)s->memory_kib, "memory_available_kib",
		(json_int_t)s->available_kib, "failed", failed);
	(void)json_dumpf(all, stdout, JSON_INDENT(2));
	(void)printf("\n");
	json_decref(all);
}

int command_status(const struct options *options)
{
	CLEANUP(state_dispose) struct state s;
	state_read(options->root, &s);
	if (options->is_json)
		print_state_json(&s);
	else
		print_state(&s);
	return 0;
}

int command_banner(const struct options *options)
{
	CLEANUP(state_dispose) struct state s;
	state_read(options->root, &s);
	print_failures(&s);
	(void)printf("%s %s: %s\n", s.release.product, s.release.version, s.name);
	print_addresses(&s);
	(void)printf("%s",
		_("\nType  vm                 for the virtual machines: list, new ones (domus-vm)\n"
		  "      xl list            for the list of running guests\n"
		  "      domus-host status  for the state of this host\n"));
	return 0;
}
