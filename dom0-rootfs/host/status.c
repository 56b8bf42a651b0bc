/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host status and banner: what is running, and what is not. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "file.h"
#include "host.h"
#include "lang.h"
#include "local.h"
#include "mem.h"
#include "state.h"
#include "store.h"

static void print_failures(const struct state *s)
{
	for (size_t i = 0; i < s->failed.count; i++)
		(void)printf(_("FAILED: %s: %s\n"), s->failed.items[i], s->reasons.items[i]);
}

/* Edits that the next start would lose; whoever made them should know now. */
static void read_hand_edits(const char *root, struct strlist *ret_paths)
{
	struct host_config config;
	if (!file_exists(root, STORE_APPLIED_PATH))
		return;
	store_read_applied(root, &config);
	apply_find_hand_edits(root, &config, ret_paths);
	hostconf_dispose(&config);
}

static void print_hand_edits(const char *root)
{
	CLEANUP(strlist_dispose) struct strlist paths = STRLIST_INIT;
	read_hand_edits(root, &paths);
	for (size_t i = 0; i < paths.count; i++)
		(void)printf(_("Changed by hand, lost at the next start: %s (domus-host diff)\n"),
			paths.items[i]);
}

/* Files of the user's that may lack what a newer release brought. */
static void read_outdated(const char *root, struct strlist *ret_lines)
{
	CLEANUP(local_dispose) struct local_files files;
	local_find(root, &files);
	local_describe_outdated(&files, ret_lines);
}

static void print_outdated(const char *root)
{
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	read_outdated(root, &lines);
	for (size_t i = 0; i < lines.count; i++)
		(void)printf("%s\n", lines.items[i]);
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
	CLEANUP(mem_free_string) char *uptime = state_uptime_text(s);
	(void)printf(_("Up for:    %s\n"), uptime);
	(void)printf(_("Memory:    %" PRIu64 " MiB in use of dom0's %" PRIu64 " MiB\n"),
		(s->memory_kib - s->available_kib) / 1024, s->memory_kib / 1024);
	if (s->failed.count == 0)
		(void)printf(_("Failed:    nothing\n"));
}

static json_t *json_of_lines(const char *root, void (*read)(const char *, struct strlist *))
{
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	json_t *list = json_array();
	read(root, &lines);
	for (size_t i = 0; i < lines.count; i++)
		(void)json_array_append_new(list, host_json_text(lines.items[i]));
	return list;
}

static void print_state_json(const struct state *s, const char *root)
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
	json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:o, s:o, s:o}", "name",
		s->name, "product", s->release.product, "version", s->release.version, "build",
		s->release.build, "addresses", addresses, "uptime_s", (json_int_t)s->uptime_s,
		"memory_kib", (json_int_t)s->memory_kib, "memory_available_kib",
		(json_int_t)s->available_kib, "failed", failed, "outdated",
		json_of_lines(root, read_outdated), "changed_by_hand",
		json_of_lines(root, read_hand_edits));
	host_print_json(all);
}

int command_status(const struct options *options)
{
	CLEANUP(state_dispose) struct state s;
	state_read(options->root, &s);
	if (options->is_json)
		print_state_json(&s, options->root);
	else
		print_state(&s);
	if (!options->is_json) {
		print_hand_edits(options->root);
		print_outdated(options->root);
	}
	return 0;
}

int command_banner(const struct options *options)
{
	CLEANUP(state_dispose) struct state s;
	state_read(options->root, &s);
	if (options->is_json) {
		print_state_json(&s, options->root);
		return 0;
	}
	print_failures(&s);
	print_hand_edits(options->root);
	(void)printf("%s %s: %s\n", s.release.product, s.release.version, s.name);
	print_addresses(&s);
	(void)printf("%s",
		_("\nType  vm                 for the virtual machines: list, new ones (domus-vm)\n"
		  "      xl list            for the list of running guests\n"
		  "      domus-host status  for the state of this host\n"));
	return 0;
}
