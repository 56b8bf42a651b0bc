/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk in words: what people need to know it by, and what is on it. */
#include <inttypes.h>
#include <string.h>

#include "diskinv.h"
#include "lang.h"
#include "num.h"

bool disk_is_empty(const struct disk_info *disk)
{
	return disk->n_parts == 0 && !disk->table[0] && !disk->fstype[0];
}

bool disk_is_in_use(const struct disk_info *disk)
{
	if (disk->mounted_at[0])
		return true;
	for (size_t i = 0; i < disk->n_parts; i++)
		if (disk->parts[i].mounted_at[0])
			return true;
	return false;
}

bool disk_has_domus(const struct disk_info *disk)
{
	for (size_t i = 0; i < disk->n_parts; i++)
		if (strcmp(disk->parts[i].label, "DOMUS-ESP") == 0)
			return true;
	return false;
}

bool disk_is_part_name(const char *disk, const char *name)
{
	static const char digits[] = "0123456789";
	size_t len = strlen(disk);
	if (len == 0 || strncmp(name, disk, len) != 0)
		return false;
	const char *rest = name + len;
	/* The kernel puts a p where two numbers would meet. */
	if (strchr(digits, disk[len - 1]) && *rest++ != 'p')
		return false;
	return *rest && rest[strspn(rest, digits)] == '\0';
}

/* Disks are sold in powers of ten: that is the figure people know theirs by. */
static void add_size(uint64_t bytes, struct str *out)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
	uint64_t unit = 1;
	size_t i = 0;
	while (i + 1 < sizeof(units) / sizeof(units[0]) && bytes / unit >= 1000) {
		unit *= 1000;
		i++;
	}
	uint64_t tenths = bytes / unit * 10 + (bytes % unit * 10 + unit / 2) / unit;
	if (tenths % 10)
		str_add(out, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, units[i]);
	else
		str_add(out, "%" PRIu64 " %s", tenths / 10, units[i]);
}

void disk_describe(const struct disk_info *disk, struct str *ret_text)
{
	str_add(ret_text, "%s, ", disk->path);
	add_size(disk->size_bytes, ret_text);
	if (disk->model[0])
		str_add(ret_text, ", %s", disk->model);
	if (disk->serial[0])
		str_add(ret_text, _(", serial %s"), disk->serial);
	else if (disk->wwn[0])
		str_add(ret_text, _(", WWN %s"), disk->wwn);
	if (disk->bus[0])
		str_add(ret_text, " (%s)", disk->bus);
}

static void describe_part(const struct disk_part *part, struct strlist *lines)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	str_add(&text, "%s: ", part->name);
	add_size(part->size_bytes, &text);
	str_add(&text, ", %s", part->fstype[0] ? part->fstype : _("nothing known"));
	if (part->label[0])
		str_add(&text, _(", label %s"), part->label);
	if (part->mounted_at[0])
		str_add(&text, _(", in use: %s"), part->mounted_at);
	strlist_add(lines, str_text(&text));
}

void disk_describe_content(const struct disk_info *disk, struct strlist *ret_lines)
{
	if (disk->table[0])
		strlist_addf(ret_lines, _("%s: partition table (%s)"), disk->name, disk->table);
	if (disk->fstype[0])
		strlist_addf(ret_lines, "%s: %s%s%s", disk->name, disk->fstype,
			disk->label[0] ? _(", label ") : "", disk->label);
	if (disk->mounted_at[0])
		strlist_addf(ret_lines, _("%s: in use: %s"), disk->name, disk->mounted_at);
	for (size_t i = 0; i < disk->n_parts; i++)
		describe_part(&disk->parts[i], ret_lines);
	for (size_t i = 0; i < disk->groups.count; i++)
		strlist_addf(ret_lines, _("%s: part of the volume group %s, with all its volumes"),
			disk->name, disk->groups.items[i]);
}
