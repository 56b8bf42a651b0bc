/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Profiles of operating systems: the table of their keys, and reading all of a directory. */
#include "vmwizard/profile.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "near.h"
#include "value.h"

#define PROFILE_FILE_MAX (64u * 1024u)

const char *const profile_tested_words[] = {"generated", "booted", "installed", NULL};
static const char *const family_words[] = {"demo", "linux", "bsd", "windows", "other", NULL};
static const char *const answer_words[] = {
	"none", "preseed", "kickstart", "autoyast", "autounattend", "nocloud", NULL};

static const char *const controller_words[] = {"ide", "ahci", NULL};

static const struct schema_section sections[] = {
	{.kind = "os", .meaning = N_("the operating system")},
	{.kind = "pv", .meaning = N_("as a paravirtualized guest")},
	{.kind = "pvh", .meaning = N_("as a paravirtualized guest with hardware support")},
	{.kind = "hvm", .meaning = N_("as a fully virtualized guest")},
	{.kind = "hardware", .meaning = N_("what a new guest is proposed")},
	{.kind = "install", .meaning = N_("how it gets onto its disk")},
};

#define ROW(sec, word, member, kind, ...)                   \
	{.section = sec,                                    \
		.key = word,                                \
		.type = SCHEMA_##kind,                      \
		.when = SCHEMA_INSTALL,                     \
		.offset = offsetof(struct profile, member), \
		__VA_ARGS__}

#define METHOD(sec, n)                                                                            \
	ROW(sec, "boot", method[n].boot, WORD, .words = vm_boot_words,                            \
		.meaning =                                                                        \
			N_("how the installed system starts; auto: as the method usually does")), \
		ROW(sec, "tested", method[n].tested, WORD, .words = profile_tested_words,         \
			.initial = "generated",                                                   \
			.meaning = N_(                                                            \
				"what was seen to work: its file, its start, an installation")),  \
		ROW(sec, "why", method[n].why, TEXT, .flags = SCHEMA_EMPTY,                       \
			.meaning = N_("why it is preferred, or not")),                            \
		ROW(sec, "missing", method[n].missing, TEXT, .flags = SCHEMA_EMPTY,               \
			.meaning = N_("listed but not selectable, for this reason"))

static const struct schema_key keys[] = {
	ROW("os", "name", name, TEXT, .flags = SCHEMA_REQUIRED,
		.meaning = N_("as the list shows it")),
	ROW("os", "family", family, WORD, .words = family_words, .flags = SCHEMA_REQUIRED,
		.meaning = N_("kind of system")),
	ROW("os", "order", order, INT, .min = 0, .max = 999, .initial = "500",
		.meaning = N_("place in the list")),
	ROW("os", "methods", methods, NAME, .flags = SCHEMA_REQUIRED | SCHEMA_LIST, .max = 3,
		.meaning = N_("pv, pvh, hvm, the preferred one first")),
	ROW("os", "note", note, TEXT, .flags = SCHEMA_EMPTY,
		.meaning = N_("what its user should know")),
	ROW("os", "missing", missing, TEXT, .flags = SCHEMA_EMPTY,
		.meaning = N_("listed but not selectable, for this reason")),
	METHOD("pv", VM_PV),
	METHOD("pvh", VM_PVH),
	METHOD("hvm", VM_HVM),
	ROW("hardware", "memory-min", memory_min_mib, SIZE_MIB, .min = 4, .max = 1024 * 1024,
		.initial = "64 MiB", .meaning = N_("below this it does not start or install")),
	ROW("hardware", "memory", memory_mib, SIZE_MIB, .min = 4, .max = 1024 * 1024,
		.initial = "1024 MiB", .meaning = N_("proposed memory")),
	ROW("hardware", "disk", disk_mib, SIZE_MIB, .min = 0, .max = 16 * 1024 * 1024,
		.initial = "8192 MiB", .meaning = N_("proposed disk; 0: none, it lives in memory")),
	ROW("hardware", "vcpus", vcpus, INT, .min = 1, .max = 64, .initial = "1",
		.meaning = N_("proposed virtual CPUs")),
	ROW("hardware", "balloon", has_balloon, BOOL, .initial = "no",
		.meaning = N_("it gives memory back and takes it from its first boot on")),
	ROW("hardware", "balloon-why", balloon_why, TEXT, .flags = SCHEMA_EMPTY,
		.meaning = N_("why more maximum than memory is, or is not, possible")),
	ROW("hardware", "nic", nic_model, NAME, .initial = "e1000",
		.meaning = N_("HVM: emulated network card, or none")),
	ROW("hardware", "network", has_nic, BOOL, .initial = "yes",
		.meaning = N_("a new guest is proposed a network adapter")),
	ROW("hardware", "vga", vga, NAME, .initial = "stdvga", .meaning = N_("HVM: graphics card")),
	ROW("hardware", "disk-controller", controller, WORD, .words = controller_words,
		.initial = "ide",
		.meaning = N_(
			"HVM: emulated disk controller; ahci is many times faster until the system's own drivers run")),
	ROW("hardware", "tablet", has_tablet, BOOL, .initial = "no",
		.meaning = N_("HVM: USB tablet, so that the pointer is where it should be")),
	ROW("hardware", "localtime", is_localtime, BOOL, .initial = "no",
		.meaning = N_("the guest's clock shows local time")),
	ROW("hardware", "hpet", has_hpet, BOOL, .initial = "yes", .meaning = N_("HVM: HPET timer")),
	ROW("hardware", "viridian", viridian, NAME, .flags = SCHEMA_LIST | SCHEMA_EMPTY, .max = 16,
		.meaning = N_("Hyper-V enlightenments, groups of xl.cfg(5)")),
	ROW("hardware", "second-cd", has_second_cd, BOOL, .initial = "no",
		.meaning = N_("an empty second CD drive, for drivers")),
	ROW("hardware", "firmware", firmware, WORD, .words = vm_firmware_words, .initial = "bios",
		.meaning = N_("HVM: firmware")),
	ROW("install", "sources", sources, NAME, .flags = SCHEMA_LIST, .max = 4, .initial = "disk",
		.meaning = N_("network, iso, disk, pxe, the preferred one first")),
	ROW("install", "mirror", mirror, TEXT, .flags = SCHEMA_EMPTY,
		.meaning = N_("URL under which kernel and initrd lie; guest-mirror: the build's")),
	ROW("install", "kernel", kernel, TEXT, .flags = SCHEMA_EMPTY,
		.meaning = N_("kernel under the mirror, or a path in dom0 that begins with /")),
	ROW("install", "initrd", initrd, TEXT, .flags = SCHEMA_EMPTY,
		.meaning = N_("initrd under the mirror, or a path in dom0")),
	ROW("install", "kernel-pv", kernel_pv, TEXT, .flags = SCHEMA_EMPTY,
		.meaning = N_("another kernel for PV and PVH")),
	ROW("install", "initrd-pv", initrd_pv, TEXT, .flags = SCHEMA_EMPTY,
		.meaning = N_("another initrd for PV and PVH")),
	ROW("install", "arguments", arguments, TEXT, .flags = SCHEMA_EMPTY,
		.meaning = N_("kernel arguments for a text installation on the console")),
	ROW("install", "answer", answer, WORD, .words = answer_words, .initial = "none",
		.meaning = N_("how an answer file is handed over")),
	ROW("install", "answer-arguments", answer_arguments, TEXT, .flags = SCHEMA_EMPTY,
		.meaning = N_("kernel arguments that go with an answer file")),
};

const struct schema profile_schema = {
	.sections = sections,
	.n_sections = ARRAY_SIZE(sections),
	.keys = keys,
	.n_keys = ARRAY_SIZE(keys),
};

static void init(struct profile *profile, const char *id)
{
	*profile = (struct profile){.id = xstrdup(id)};
	schema_init_config(&profile_schema, profile);
}

void profile_dispose(struct profile *profile)
{
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		schema_dispose_section(&profile_schema, sections[i].kind, profile);
	free(profile->id);
	*profile = (struct profile){.id = NULL};
}

/* The words of two lists, and what each method does when its file says nothing. */
static void finish(struct profile *p, struct problems *problems)
{
	static const enum vm_boot usual[] = {
		[VM_PV] = VM_BOOT_TAKEN, [VM_PVH] = VM_BOOT_GRUB, [VM_HVM] = VM_BOOT_FIRMWARE};
	static const char *const sources[] = {"disk", "network", "iso", "pxe"};
	for (size_t i = 0; i < p->methods.count; i++) {
		enum vm_method method = vm_method_find(p->methods.items[i]);
		if (method == VM_METHOD_AUTO)
			problems_add(problems, PROBLEM_ERROR, 0,
				_("methods: \"%s\" is not pv, pvh or hvm"), p->methods.items[i]);
		else
			p->method[method].is_offered = true;
	}
	for (unsigned i = VM_PV; i < VM_METHODS; i++)
		if (p->method[i].boot == VM_BOOT_AUTO)
			p->method[i].boot = usual[i];
	for (size_t i = 0; i < p->sources.count; i++) {
		bool is_known = false;
		for (size_t j = 0; j < ARRAY_SIZE(sources); j++)
			is_known |= strcmp(sources[j], p->sources.items[i]) == 0;
		if (!is_known)
			problems_add(problems, PROBLEM_ERROR, 0,
				_("sources: \"%s\" is not network, iso, disk or pxe"),
				p->sources.items[i]);
	}
	if (p->memory_mib < p->memory_min_mib)
		problems_add(problems, PROBLEM_ERROR, 0, _("memory is less than memory-min"));
}

void profile_parse(const char *text, size_t len, const char *id, struct profile *ret_profile,
	struct problems *problems)
{
	CLEANUP(cfg_dispose) struct cfg cfg = CFG_INIT;
	init(ret_profile, id);
	cfg_parse(text, len, &cfg, problems);
	schema_read(&profile_schema, &cfg, ret_profile, SCHEMA_STRICT, problems);
	finish(ret_profile, problems);
}

static int compare(const void *a, const void *b)
{
	const struct profile *p = a;
	const struct profile *q = b;
	if (p->order != q->order)
		return p->order < q->order ? -1 : 1;
	return strcmp(p->name, q->name);
}

/* One file; its problems get its name. A file with errors is left out. */
static void load_one(const char *root, const char *path, const char *file,
	struct profiles *profiles, struct problems *problems)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(problems_dispose) struct problems found = PROBLEMS_INIT;
	struct err err = ERR_INIT;
	struct profile profile;
	if (file_read(root, path, PROFILE_FILE_MAX, &text, &err) < 0) {
		problems_add(problems, PROBLEM_ERROR, 0, "%s", err.text);
		return;
	}
	CLEANUP(mem_free_string) char *id = xstrndup(file, strlen(file) - strlen(".conf"));
	profile_parse(str_text(&text), text.len, id, &profile, &found);
	for (size_t i = 0; i < found.count; i++)
		problems_add(problems, found.items[i].level, found.items[i].line, "%s:%u: %s", path,
			found.items[i].line, found.items[i].text);
	if (found.errors) {
		profile_dispose(&profile);
		return;
	}
	profiles->items =
		xreallocarray(profiles->items, profiles->count + 1, sizeof(*profiles->items));
	profiles->items[profiles->count++] = profile;
}

int profiles_load(const char *root, const char *dir, struct profiles *ret_profiles,
	struct problems *problems, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	*ret_profiles = (struct profiles){.items = NULL};
	if (file_list_dir(root, dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_free_string) char *path = xasprintf("%s/%s", dir, names.items[i]);
		size_t len = strlen(names.items[i]);
		if (len > 5 && strcmp(names.items[i] + len - 5, ".conf") == 0)
			load_one(root, path, names.items[i], ret_profiles, problems);
	}
	if (ret_profiles->count)
		qsort(ret_profiles->items, ret_profiles->count, sizeof(*ret_profiles->items),
			compare);
	return 0;
}

void profiles_dispose(struct profiles *profiles)
{
	for (size_t i = 0; i < profiles->count; i++)
		profile_dispose(&profiles->items[i]);
	free(profiles->items);
	*profiles = (struct profiles){.items = NULL};
}

const struct profile *profiles_find(const struct profiles *profiles, const char *id)
{
	for (size_t i = 0; i < profiles->count; i++)
		if (strcmp(profiles->items[i].id, id) == 0)
			return &profiles->items[i];
	return NULL;
}

const char *profiles_near(const struct profiles *profiles, const char *id)
{
	const char *names[128];
	size_t n = 0;
	for (size_t i = 0; i < profiles->count && n < ARRAY_SIZE(names); i++)
		names[n++] = profiles->items[i].id;
	return near_find(id, names, n);
}
