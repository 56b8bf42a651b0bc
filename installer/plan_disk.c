/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which disk, whether it will do, and how it is divided. Pure. */
#include <inttypes.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "num.h"
#include "plan_private.h"

enum {
	FIRST_MIB = 1, /* where the first partition begins: alignment, and room for the table */
	BIOS_BOOT_MIB = 1,
	LAST_MIB = 1, /* the second copy of the table */
	STATE_LEAST_MIB = 2048,
	STATE_MOST_MIB = 16384,
	STORAGE_LEAST_MIB = 1024,
	EXTENT_MIB = 4,
	/* FAT32 has at least 65,525 clusters, each a sector or more. */
	ESP_LEAST_4K_MIB = 264,
};

static uint64_t to_mib(uint64_t bytes)
{
	return bytes / NUM_MIB;
}

static uint64_t fixed_mib(const struct host_config *config)
{
	return FIRST_MIB + BIOS_BOOT_MIB + LAST_MIB + (uint64_t)config->esp_mib +
	       2 * (uint64_t)config->slot_mib;
}

uint64_t plan_least_bytes(const struct install_spec *spec)
{
	const struct host_config *config = &spec->config;
	uint64_t state = config->state_mib ? (uint64_t)config->state_mib : STATE_LEAST_MIB;
	return (fixed_mib(config) + state + STORAGE_LEAST_MIB) * NUM_MIB;
}

static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high)
{
	return value < low ? low : value > high ? high : value;
}

static uint64_t round_down(uint64_t value, uint64_t step)
{
	return value - value % step;
}

/* Pool, its metadata and their spare copy, and what is kept back; see lvmthin(7). */
static void divide_storage(const struct host_config *config, struct layout *l)
{
	uint64_t usable = round_down(l->storage_mib - 1, EXTENT_MIB);
	l->metadata_mib = round_down(clamp(usable / 800, 32, 15 * 1024), EXTENT_MIB);
	uint64_t reserve = usable * (uint64_t)config->reserve_percent / 100;
	l->pool_mib = round_down(usable - 2 * l->metadata_mib - reserve, EXTENT_MIB);
	l->reserve_mib = usable - 2 * l->metadata_mib - l->pool_mib;
	/* 64 bytes of metadata a chunk; a fifth stays free for snapshots. */
	l->chunk_kib = 64;
	while (l->pool_mib * 1024 / l->chunk_kib * 64 > l->metadata_mib * NUM_MIB / 5 * 4)
		l->chunk_kib *= 2;
	l->library_mib = config->library_mib
				 ? (uint64_t)config->library_mib
				 : round_down(clamp(l->pool_mib / 2, 256, 256 * 1024), EXTENT_MIB);
}

void layout_compute(
	const struct install_spec *spec, const struct disk_info *disk, struct layout *ret_layout)
{
	const struct host_config *config = &spec->config;
	uint64_t total = to_mib(disk->size_bytes);
	uint64_t rest = total - fixed_mib(config);
	uint64_t state = config->state_mib ? (uint64_t)config->state_mib
					   : clamp(total / 32, STATE_LEAST_MIB, STATE_MOST_MIB);
	struct layout l = {.storage_mib = rest - state};
	const struct {
		const char *name;
		uint64_t size_mib;
	} parts[LAYOUT_PARTS] = {{"DOMUS-BIOS", BIOS_BOOT_MIB},
		{"DOMUS-ESP", (uint64_t)config->esp_mib}, {"DOMUS-A", (uint64_t)config->slot_mib},
		{"DOMUS-B", (uint64_t)config->slot_mib}, {"DOMUS-STATE", state},
		{"DOMUS-STORAGE", l.storage_mib}};
	uint64_t at = FIRST_MIB;
	for (size_t i = 0; i < LAYOUT_PARTS; i++) {
		l.parts[i] = (struct layout_part){
			.name = parts[i].name, .first_mib = at, .size_mib = parts[i].size_mib};
		at += parts[i].size_mib;
	}
	divide_storage(config, &l);
	*ret_layout = l;
}

/* ---- whether it will do ---- */

char *plan_disk_refusal(const struct install_spec *spec, const struct machine *machine,
	const struct disk_info *disk)
{
	if (disk->is_medium)
		return xasprintf(_("%s holds the medium that this system runs from"), disk->path);
	if (disk->is_read_only)
		return xasprintf(_("%s is write-protected"), disk->path);
	if (disk_is_in_use(disk))
		return xasprintf(
			_("%s is in use (mounted, or part of an active volume); release it first"),
			disk->path);
	if (disk->sector_bytes != 512 && machine->firmware == FIRMWARE_BIOS)
		return xasprintf(
			_("%s has sectors of %u bytes, which a BIOS cannot boot from; switch the firmware "
			  "to UEFI, or take another disk"),
			disk->path, disk->sector_bytes);
	if (disk->sector_bytes != 512 && spec->config.esp_mib < ESP_LEAST_4K_MIB)
		return xasprintf(
			_("esp: %s has sectors of %u bytes and needs an ESP of at least %d MiB"),
			disk->path, disk->sector_bytes, ESP_LEAST_4K_MIB);
	uint64_t least = plan_least_bytes(spec);
	if (disk->size_bytes < least)
		return xasprintf(
			_("%s is too small: it has %" PRIu64 " MiB, %" PRIu64 " MiB would do"),
			disk->path, to_mib(disk->size_bytes), to_mib(least));
	return NULL;
}

/* ---- which one ---- */

bool disk_fits(const struct host_config *config, const struct disk_info *disk)
{
	uint64_t mib = to_mib(disk->size_bytes);
	if (config->disk_serial[0] && strcmp(config->disk_serial, disk->serial) != 0)
		return false;
	if (config->disk_wwn[0] && strcmp(config->disk_wwn, disk->wwn) != 0)
		return false;
	if (config->disk_path[0] && strcmp(config->disk_path, disk->path) != 0)
		return false;
	if (config->disk_model[0] && !strstr(disk->model, config->disk_model))
		return false;
	if (config->disk_min_mib && mib < (uint64_t)config->disk_min_mib)
		return false;
	if (config->disk_max_mib && mib > (uint64_t)config->disk_max_mib)
		return false;
	return !config->disk_is_only || !(disk->is_medium || disk->is_removable);
}

static unsigned disk_line(const struct install_spec *spec)
{
	static const char *const keys[] = {
		"serial", "wwn", "path", "model", "min-size", "max-size", "only"};
	const struct cfg_section *section = cfg_find_section(&spec->cfg, "disk", NULL);
	for (size_t i = 0; section && i < ARRAY_SIZE(keys); i++) {
		unsigned line = cfg_line_of(&spec->cfg, "disk", NULL, keys[i], 0);
		if (line != section->line)
			return line;
	}
	return section ? section->line : 0;
}

static void say_none(
	const struct install_spec *spec, const struct machine *machine, struct problems *problems)
{
	CLEANUP(str_dispose) struct str all = STR_INIT;
	for (size_t i = 0; i < machine->disks.count; i++) {
		str_add(&all, "%s", i ? "; " : "");
		disk_describe(&machine->disks.disks[i], &all);
	}
	problems_add(problems, PROBLEM_ERROR, disk_line(spec),
		_("[disk] fits no disk of this machine, which has: %s"),
		all.len ? str_text(&all) : _("none"));
}

static const struct disk_info *choose(
	const struct install_spec *spec, const struct machine *machine, struct problems *problems)
{
	CLEANUP(str_dispose) struct str names = STR_INIT;
	const struct disk_info *chosen = NULL;
	size_t n = 0;
	for (size_t i = 0; i < machine->disks.count; i++) {
		const struct disk_info *disk = &machine->disks.disks[i];
		if (!disk_fits(&spec->config, disk))
			continue;
		str_add(&names, "%s", n ? "; " : "");
		disk_describe(disk, &names);
		chosen = disk;
		n++;
	}
	if (n == 0)
		say_none(spec, machine, problems);
	if (n > 1)
		problems_add(problems, PROBLEM_ERROR, disk_line(spec),
			_("[disk] fits %zu disks, and must fit exactly one: %s"), n,
			str_text(&names));
	return n == 1 ? chosen : NULL;
}

/* A second group of the same name would make both unusable. */
static void check_group(const struct install_spec *spec, const struct machine *machine,
	const struct disk_info *chosen, struct problems *problems)
{
	for (size_t i = 0; i < machine->disks.count; i++) {
		const struct disk_info *disk = &machine->disks.disks[i];
		if (disk != chosen && strlist_has(&disk->groups, spec->config.group))
			problems_add(problems, PROBLEM_ERROR,
				cfg_line_of(&spec->cfg, "storage", NULL, "group", 0),
				_("group: %s holds a volume group \"%s\" already; set another name in "
				  "[storage] group"),
				disk->path, spec->config.group);
	}
}

const struct disk_info *disk_choose(
	const struct install_spec *spec, const struct machine *machine, struct problems *problems)
{
	const struct disk_info *disk = choose(spec, machine, problems);
	if (!disk)
		return NULL;
	size_t errors = problems->errors;
	CLEANUP(mem_free_string) char *refusal = plan_disk_refusal(spec, machine, disk);
	if (refusal)
		problems_add(problems, PROBLEM_ERROR, disk_line(spec), "%s", refusal);
	if (!disk_is_empty(disk) && !spec->config.disk_erase) {
		CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
		CLEANUP(str_dispose) struct str text = STR_INIT;
		disk_describe_content(disk, &lines);
		for (size_t i = 0; i < lines.count; i++)
			str_add(&text, "%s%s", i ? "; " : "", lines.items[i]);
		problems_add(problems, PROBLEM_ERROR,
			cfg_line_of(&spec->cfg, "disk", NULL, "erase", 0),
			_("%s is not empty (%s); \"erase = yes\" in [disk] lets all of it be lost"),
			disk->path, str_text(&text));
	}
	check_group(spec, machine, disk, problems);
	return problems->errors == errors ? disk : NULL;
}
