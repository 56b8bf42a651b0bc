/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots of a guest's disks, planned from what lvs says. Pure. */
#include "vmwizard/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "num.h"
#include "vmwizard/paths.h"

#define TAG "domus-snapshot"
#define COLUMNS 8

/* From here on a pool has no room for what a snapshot may come to need. */
#define DATA_MOST_PERCENT 90.0
#define META_MOST_PERCENT 80.0

/* ---- reading */

static void take_line(const char *line, struct snap_volumes *volumes)
{
	CLEANUP(strlist_dispose) struct strlist cells = STRLIST_INIT;
	for (const char *from = line + strspn(line, " ");; from++) {
		size_t len = strcspn(from, "|");
		strlist_addf(&cells, "%.*s", (int)len, from);
		from += len;
		if (!*from)
			break;
	}
	if (cells.count != COLUMNS)
		return;
	volumes->items = xreallocarray(volumes->items, volumes->count + 1, sizeof(*volumes->items));
	volumes->items[volumes->count++] = (struct snap_volume){.group = xstrdup(cells.items[0]),
		.name = xstrdup(cells.items[1]),
		.pool = xstrdup(cells.items[2]),
		.size_bytes = strtoull(cells.items[3], NULL, 10),
		.data_percent = strtod(cells.items[4], NULL),
		.meta_percent = strtod(cells.items[5], NULL),
		.is_snapshot = str_has_word(cells.items[6], TAG),
		.made = xstrdup(cells.items[7])};
}

void snap_parse(const char *lvs, struct snap_volumes *ret_volumes)
{
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	strlist_add_lines(&lines, lvs);
	for (size_t i = 0; i < lines.count; i++)
		take_line(lines.items[i], ret_volumes);
}

void snap_volumes_dispose(struct snap_volumes *volumes)
{
	for (size_t i = 0; i < volumes->count; i++) {
		free(volumes->items[i].group);
		free(volumes->items[i].name);
		free(volumes->items[i].pool);
		free(volumes->items[i].made);
	}
	free(volumes->items);
	*volumes = (struct snap_volumes)SNAP_VOLUMES_INIT;
}

static const struct snap_volume *find(
	const struct snap_volumes *volumes, const char *group, const char *name)
{
	for (size_t i = 0; i < volumes->count; i++)
		if (strcmp(volumes->items[i].group, group) == 0 &&
			strcmp(volumes->items[i].name, name) == 0)
			return &volumes->items[i];
	return NULL;
}

/* The volume of a disk, NULL when it is none of LVM's. */
static const struct snap_volume *volume_of(
	const struct snap_volumes *volumes, const struct vm_disk *disk)
{
	CLEANUP(mem_free_string) char *full = vm_volume_of(disk->path);
	if (!full)
		return NULL;
	CLEANUP(mem_free_string) char *group = xstrndup(full, strcspn(full, "/"));
	return find(volumes, group, full + strlen(group) + 1);
}

static bool is_written(const struct vm_disk *disk)
{
	return disk->kind != VM_DISK_CDROM && !disk->is_readonly;
}

static const struct snap_volume *snapshot_of(
	const struct snap_volumes *volumes, const struct snap_volume *volume, const char *name)
{
	CLEANUP(mem_free_string) char *full = xasprintf("%s.%s", volume->name, name);
	const struct snap_volume *found = find(volumes, volume->group, full);
	return found && found->is_snapshot ? found : NULL;
}

/* The snapshot's name if other is one of the volume's, else NULL. */
static const char *name_of(const struct snap_volume *volume, const struct snap_volume *other)
{
	size_t len = strlen(volume->name);
	bool is_one = other->is_snapshot && strcmp(other->group, volume->group) == 0 &&
		      strncmp(other->name, volume->name, len) == 0 && other->name[len] == '.' &&
		      other->name[len + 1] && !strchr(other->name + len + 1, '.');
	return is_one ? other->name + len + 1 : NULL;
}

void snap_list_of(const struct snap_volumes *volumes, const char *volume, struct strlist *ret_names)
{
	CLEANUP(mem_free_string) char *group = xstrndup(volume, strcspn(volume, "/"));
	const struct snap_volume own = {
		.group = group, .name = xstrdup(volume + strlen(group) + 1)};
	for (size_t i = 0; i < volumes->count; i++)
		if (name_of(&own, &volumes->items[i]))
			strlist_addf(ret_names, "%s/%s", group, volumes->items[i].name);
	free(own.name);
}

/* ---- the list */

static struct snapshot *entry_for(struct snapshots *all, const char *name, const char *made)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->items[i].name, name) == 0)
			return &all->items[i];
	all->items = xreallocarray(all->items, all->count + 1, sizeof(*all->items));
	struct snapshot *entry = &all->items[all->count++];
	*entry = (struct snapshot){.name = xstrdup(name), .made = xstrdup(made)};
	return entry;
}

void snap_list(const struct vm_spec *spec, const struct snap_volumes *volumes,
	struct snapshots *ret_snapshots)
{
	*ret_snapshots = (struct snapshots){.items = NULL, .count = 0};
	for (size_t i = 0; i < spec->n_disks; i++) {
		const struct snap_volume *volume = volume_of(volumes, &spec->disks[i]);
		for (size_t j = 0; volume && j < volumes->count; j++) {
			const struct snap_volume *other = &volumes->items[j];
			const char *name = name_of(volume, other);
			if (!name)
				continue;
			struct snapshot *entry = entry_for(ret_snapshots, name, other->made);
			strlist_add(&entry->disks, spec->disks[i].target);
			entry->unique_bytes +=
				(uint64_t)((double)other->size_bytes * other->data_percent / 100);
		}
	}
}

void snapshots_dispose(struct snapshots *snapshots)
{
	for (size_t i = 0; i < snapshots->count; i++) {
		free(snapshots->items[i].name);
		free(snapshots->items[i].made);
		strlist_dispose(&snapshots->items[i].disks);
	}
	free(snapshots->items);
	*snapshots = (struct snapshots){.items = NULL, .count = 0};
}

int snap_check_name(const char *name, struct err *err)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	static const char *const taken[] = {SNAPSHOT_UNDO, "new", "old"};
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		if (strcmp(name, taken[i]) == 0)
			return err_set(err, ERR_INVALID, 0,
				_("a snapshot cannot be called \"%s\": the name has a meaning"),
				name);
	if (!name[0] || name[0] == '-' || name[strspn(name, letters)] || strlen(name) > 32)
		return err_set(err, ERR_INVALID, 0,
			_("\"%.40s\" is no name for a snapshot: at most 32 letters, digits and -"),
			name);
	return 0;
}

/* ---- plans */

struct planner {
	const struct vm_spec *spec;
	const struct snap_volumes *volumes;
	const char *name;
	struct vm_plan *plan;
};

static void set_argv(struct strlist *argv, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		strlist_add(argv, words[i]);
}
#define ARGV(list, ...) set_argv(&(list), (const char *const[]){__VA_ARGS__, NULL})

/*
 * Room in the pools of all disks. What is overwritten from now on is kept twice, so a snapshot may
 * come to cost as much as its disk has written.
 */
static int check_room(const struct planner *p, struct err *err)
{
	for (size_t i = 0; i < p->spec->n_disks; i++) {
		const struct snap_volume *volume = volume_of(p->volumes, &p->spec->disks[i]);
		const struct snap_volume *pool =
			volume ? find(p->volumes, volume->group, volume->pool) : NULL;
		char free_text[NUM_SIZE_TEXT];
		char need_text[NUM_SIZE_TEXT];
		if (!pool || !is_written(&p->spec->disks[i]))
			continue;
		uint64_t free_mib =
			(uint64_t)((double)pool->size_bytes * (100 - pool->data_percent) / 100) /
			NUM_MIB;
		uint64_t need_mib =
			(uint64_t)((double)volume->size_bytes * volume->data_percent / 100) /
			NUM_MIB;
		(void)num_size_text(free_mib * NUM_MIB, free_text);
		(void)num_size_text(need_mib * NUM_MIB, need_text);
		if (pool->data_percent >= DATA_MOST_PERCENT ||
			pool->meta_percent >= META_MOST_PERCENT)
			return err_set(err, ERR_RANGE, 0,
				_("the pool %s/%s lacks room: %s are free (data %.1f %%, metadata %.1f %% in "
				  "use), and disk %s alone may come to need %s more; first: domus-host "
				  "storage grow %s/%s"),
				pool->group, pool->name, free_text, pool->data_percent,
				pool->meta_percent, p->spec->disks[i].target, need_text,
				pool->group, pool->name);
		if (need_mib > free_mib)
			strlist_addf(&p->plan->notes,
				_("disk %s may come to need %s more in the pool %s/%s, where %s are free"),
				p->spec->disks[i].target, need_text, pool->group, pool->name,
				free_text);
	}
	return 0;
}

static void create_one(
	const struct planner *p, const struct vm_disk *disk, const struct snap_volume *volume)
{
	CLEANUP(mem_free_string) char *full = xasprintf("%s/%s", volume->group, volume->name);
	CLEANUP(mem_free_string) char *name = xasprintf("%s.%s", volume->name, p->name);
	CLEANUP(mem_free_string) char *made = xasprintf("%s.%s", full, p->name);
	struct vm_step *step = vm_plan_add(
		p->plan, VM_STEP_RUN, xasprintf(_("disk %s: snapshot %s"), disk->target, p->name));
	ARGV(step->argv, "lvcreate", "-q", "-y", "-s", "-n", name, "--addtag", TAG, full);
	ARGV(step->undo, "lvremove", "-q", "-f", made);
}

static int plan_create(const struct planner *p, struct err *err)
{
	for (size_t i = 0; i < p->spec->n_disks; i++) {
		const struct vm_disk *disk = &p->spec->disks[i];
		const struct snap_volume *volume = volume_of(p->volumes, disk);
		if (!is_written(disk))
			continue;
		if (!volume || !volume->pool[0])
			return err_set(err, ERR_INVALID, 0,
				_("disk %s: %s is no thin volume: it cannot have a snapshot"),
				disk->target, disk->path);
		if (snapshot_of(p->volumes, volume, p->name))
			return err_set(err, ERR_INVALID, 0, _("there is a snapshot \"%s\" already"),
				p->name);
		create_one(p, disk, volume);
	}
	if (p->plan->n_steps == 0)
		return err_set(err, ERR_MISSING, 0, _("guest %s has no disk that it writes"),
			p->spec->name);
	return check_room(p, err);
}

static void rename_step(const struct planner *p, char *what, const struct snap_volume *volume,
	const char *from, const char *to)
{
	CLEANUP(mem_free_string) char *a = xasprintf("%s%s", volume->name, from);
	CLEANUP(mem_free_string) char *b = xasprintf("%s%s", volume->name, to);
	struct vm_step *step = vm_plan_add(p->plan, VM_STEP_RUN, what);
	ARGV(step->argv, "lvrename", "-q", volume->group, a, b);
	ARGV(step->undo, "lvrename", "-q", volume->group, b, a);
}

/* The copy that the guest goes on with; the snapshot stays as it is. */
static void copy_one(
	const struct planner *p, const struct vm_disk *disk, const struct snap_volume *volume)
{
	CLEANUP(mem_free_string) char *new_name = xasprintf("%s.new", volume->name);
	CLEANUP(mem_free_string) char *new_full = xasprintf("%s/%s", volume->group, new_name);
	CLEANUP(mem_free_string)
	char *from = xasprintf("%s/%s.%s", volume->group, volume->name, p->name);
	struct vm_step *step = vm_plan_add(p->plan, VM_STEP_RUN,
		xasprintf(_("disk %s: a copy of snapshot %s"), disk->target, p->name));
	ARGV(step->argv, "lvcreate", "-q", "-y", "-kn", "-s", "-n", new_name, from);
	ARGV(step->undo, "lvremove", "-q", "-f", new_full);
}

/* Names change places: the disk becomes the snapshot "undo", the copy the disk. */
static void swap_one(const struct planner *p, const struct vm_disk *disk,
	const struct snap_volume *volume, struct strlist *old)
{
	CLEANUP(mem_free_string)
	char *undo = xasprintf("%s/%s." SNAPSHOT_UNDO, volume->group, volume->name);
	if (snapshot_of(p->volumes, volume, SNAPSHOT_UNDO)) {
		rename_step(p,
			xasprintf(_("disk %s: the former %s aside"), disk->target, SNAPSHOT_UNDO),
			volume, "." SNAPSHOT_UNDO, ".old");
		strlist_addf(old, "%s/%s.old", volume->group, volume->name);
	}
	rename_step(p, xasprintf(_("disk %s: as it is, kept as %s"), disk->target, SNAPSHOT_UNDO),
		volume, "", "." SNAPSHOT_UNDO);
	struct vm_step *step = vm_plan_add(p->plan, VM_STEP_RUN,
		xasprintf(_("disk %s: %s is a snapshot"), disk->target, SNAPSHOT_UNDO));
	ARGV(step->argv, "lvchange", "-q", "-ky", "--addtag", TAG, undo);
	ARGV(step->undo, "lvchange", "-q", "-kn", "--deltag", TAG, undo);
	rename_step(
		p, xasprintf(_("disk %s: the copy is the disk"), disk->target), volume, ".new", "");
}

static int plan_back(const struct planner *p, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist old = STRLIST_INIT;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < p->spec->n_disks; i++) {
			const struct vm_disk *disk = &p->spec->disks[i];
			const struct snap_volume *volume = volume_of(p->volumes, disk);
			bool has_it = volume && snapshot_of(p->volumes, volume, p->name);
			if (!has_it && is_written(disk) && pass == 0)
				strlist_addf(&p->plan->notes,
					_("disk %s is not in the snapshot and stays as it is"),
					disk->target);
			else if (has_it && pass == 0)
				copy_one(p, disk, volume);
			else if (has_it)
				swap_one(p, disk, volume, &old);
		}
	if (p->plan->n_steps == 0)
		return err_set(err, ERR_MISSING, 0, _("there is no snapshot \"%s\""), p->name);
	if (old.count) {
		/* Last, in one: from here on nothing is taken back. */
		struct vm_step *step = vm_plan_add(
			p->plan, VM_STEP_RUN, xasprintf(_("remove the former %s"), SNAPSHOT_UNDO));
		ARGV(step->argv, "lvremove", "-q", "-f");
		set_argv(&step->argv, (const char *const *)old.items);
	}
	return check_room(p, err);
}

static int plan_remove(const struct planner *p, struct err *err)
{
	struct vm_step *step = NULL;
	for (size_t i = 0; i < p->spec->n_disks; i++) {
		const struct snap_volume *volume = volume_of(p->volumes, &p->spec->disks[i]);
		if (!volume || !snapshot_of(p->volumes, volume, p->name))
			continue;
		if (!step) {
			step = vm_plan_add(
				p->plan, VM_STEP_RUN, xasprintf(_("remove snapshot %s"), p->name));
			ARGV(step->argv, "lvremove", "-q", "-f");
		}
		strlist_addf(&step->argv, "%s/%s.%s", volume->group, volume->name, p->name);
	}
	if (!step)
		return err_set(err, ERR_MISSING, 0, _("there is no snapshot \"%s\""), p->name);
	return 0;
}

static int build(
	const struct planner *p, int (*plan)(const struct planner *, struct err *), struct err *err)
{
	*p->plan = (struct vm_plan){.name = xstrdup(p->spec->name)};
	if (plan(p, err) == 0)
		return 0;
	vm_plan_dispose(p->plan);
	return -1;
}

int snap_plan_create(const struct vm_spec *spec, const struct snap_volumes *volumes,
	const char *name, struct vm_plan *ret_plan, struct err *err)
{
	const struct planner p = {spec, volumes, name, ret_plan};
	if (snap_check_name(name, err) < 0)
		return -1;
	return build(&p, plan_create, err);
}

int snap_plan_back(const struct vm_spec *spec, const struct snap_volumes *volumes, const char *name,
	struct vm_plan *ret_plan, struct err *err)
{
	const struct planner p = {spec, volumes, name, ret_plan};
	return build(&p, plan_back, err);
}

int snap_plan_remove(const struct vm_spec *spec, const struct snap_volumes *volumes,
	const char *name, struct vm_plan *ret_plan, struct err *err)
{
	const struct planner p = {spec, volumes, name, ret_plan};
	return build(&p, plan_remove, err);
}
