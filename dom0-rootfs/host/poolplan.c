/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done to make a pool, grow one, start and stop one: plans that are shown or executed. */
#include "poolplan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "proc.h"

/* A server that is away must not hold up the host's start. */
enum { STEP_TIMEOUT_MS = 120000, NFS_TIMEOUT_MS = 20000, EXTENT_MIB = 4 };

/* Guests' data behind a server that is away waits for it: an error would break their file systems. */
#define NFS_OPTIONS "hard,retry=0,nosuid,nodev,noatime"
#define DIRECTORY_OPTIONS "nosuid,nodev,noatime"
/* Metadata for the disks of so many snapshots as the installation reckons with. */
#define META_PART 800
#define META_LEAST_MIB 32
#define META_MOST_MIB (15 * 1024)
#define META_NEARLY_FULL 60.0

static struct pool_step *add_step(struct pool_plan *plan)
{
	plan->steps = xreallocarray(plan->steps, plan->count + 1, sizeof(*plan->steps));
	struct pool_step *step = &plan->steps[plan->count++];
	*step = (struct pool_step){.argv = STRLIST_INIT, .undo = STRLIST_INIT};
	return step;
}

static void set_argv(struct strlist *argv, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		strlist_add(argv, words[i]);
}
#define ARGV(list, ...) set_argv(&(list), (const char *const[]){__VA_ARGS__, NULL})

static char *group_of(const char *source)
{
	return xstrndup(source, strcspn(source, "/"));
}

static void mount_step(const struct host_pool *pool, struct pool_plan *plan)
{
	struct pool_step *step = add_step(plan);
	bool is_nfs = pool->type == HOST_POOL_NFS;
	const char *options = pool->options[0] ? pool->options
			      : is_nfs         ? NFS_OPTIONS
					       : DIRECTORY_OPTIONS;
	step->dir = xasprintf(POOL_DIR "/%s", pool->name);
	step->timeout_ms = is_nfs ? NFS_TIMEOUT_MS : 0;
	if (is_nfs)
		ARGV(step->argv, "mount.nfs", pool->source, step->dir, "-o", options);
	else if (pool->source[0] == '/')
		ARGV(step->argv, "mount", "-o", "bind", pool->source, step->dir);
	else
		ARGV(step->argv, "mount", "-o", options, pool->source, step->dir);
	ARGV(step->undo, "umount", step->dir);
}

void poolplan_up(const struct host_pool *pool, struct pool_plan *plan)
{
	if (pool->type != HOST_POOL_THIN) {
		mount_step(pool, plan);
		return;
	}
	CLEANUP(mem_free_string) char *group = group_of(pool->source);
	struct pool_step *step = add_step(plan);
	ARGV(step->argv, "lvm", "vgchange", "-q", "-ay", group);
	ARGV(step->undo, "lvm", "vgchange", "-q", "-an", group);
}

void poolplan_down(const struct host_pool *pool, struct pool_plan *plan)
{
	CLEANUP(mem_free_string) char *group = group_of(pool->source);
	CLEANUP(mem_free_string) char *dir = xasprintf(POOL_DIR "/%s", pool->name);
	struct pool_step *step = add_step(plan);
	if (pool->type == HOST_POOL_THIN)
		ARGV(step->argv, "lvm", "vgchange", "-q", "-an", group);
	else
		ARGV(step->argv, "umount", dir);
}

static uint64_t round_up(uint64_t mib)
{
	return (mib + EXTENT_MIB - 1) / EXTENT_MIB * EXTENT_MIB;
}

static void make_thin(const char *name, const char *disk, uint64_t disk_bytes,
	struct pool_plan *plan, char **ret_source)
{
	CLEANUP(mem_free_string) char *group = xasprintf("domus-%s", name);
	uint64_t meta = round_up(disk_bytes / NUM_MIB / META_PART);
	meta = meta < META_LEAST_MIB ? META_LEAST_MIB : meta > META_MOST_MIB ? META_MOST_MIB : meta;
	CLEANUP(mem_free_string) char *meta_word = xasprintf("%" PRIu64 "m", meta);
	struct pool_step *step = add_step(plan);
	ARGV(step->argv, "lvm", "pvcreate", "-q", "--yes", disk);
	ARGV(step->undo, "lvm", "pvremove", "-q", "--yes", disk);
	step = add_step(plan);
	ARGV(step->argv, "lvm", "vgcreate", "-q", "--yes", group, disk);
	ARGV(step->undo, "lvm", "vgremove", "-q", "--yes", "-f", group);
	step = add_step(plan);
	/* What is left is for a pool that fills up. */
	ARGV(step->argv, "lvm", "lvcreate", "-q", "--yes", "--type", "thin-pool", "--name", name,
		"--extents", "90%FREE", "--poolmetadatasize", meta_word, "--poolmetadataspare", "y",
		group);
	*ret_source = xasprintf("%s/%s", group, name);
}

void poolplan_make(const char *name, enum host_pool_type type, const char *disk, const char *uuid,
	uint64_t disk_bytes, struct pool_plan *plan, char **ret_source)
{
	if (type == HOST_POOL_THIN) {
		make_thin(name, disk, disk_bytes, plan, ret_source);
		return;
	}
	struct pool_step *step = add_step(plan);
	ARGV(step->argv, "mkfs.ext4", "-q", "-F", "-m", "0", "-U", uuid, disk);
	ARGV(step->undo, "wipefs", "-q", "-a", disk);
	*ret_source = xasprintf("UUID=%s", uuid);
}

/* How much the metadata grows: with the data, and twofold where it is scarce. */
static uint64_t more_metadata_mib(const struct pool *pool, uint64_t added_bytes)
{
	uint64_t present = pool->meta_bytes / NUM_MIB;
	uint64_t more = round_up(added_bytes / NUM_MIB / META_PART);
	if (pool->meta_percent >= META_NEARLY_FULL)
		more += round_up(present);
	if (present + more > META_MOST_MIB)
		more = present < META_MOST_MIB ? META_MOST_MIB - present : 0;
	return more;
}

void poolplan_grow(
	const struct pool *pool, const char *disk, uint64_t disk_bytes, struct pool_plan *plan)
{
	CLEANUP(mem_free_string) char *volume = xasprintf("%s/%s", pool->group, pool->name);
	uint64_t meta = more_metadata_mib(pool, disk ? disk_bytes : pool->free_bytes);
	CLEANUP(mem_free_string) char *meta_word = xasprintf("+%" PRIu64 "m", meta);
	struct pool_step *step;
	if (disk) {
		step = add_step(plan);
		ARGV(step->argv, "lvm", "pvcreate", "-q", "--yes", disk);
		ARGV(step->undo, "lvm", "pvremove", "-q", "--yes", disk);
		step = add_step(plan);
		ARGV(step->argv, "lvm", "vgextend", "-q", pool->group, disk);
		ARGV(step->undo, "lvm", "vgreduce", "-q", pool->group, disk);
	}
	if (meta) {
		step = add_step(plan);
		ARGV(step->argv, "lvm", "lvextend", "-q", "--poolmetadatasize", meta_word, volume);
	}
	step = add_step(plan);
	ARGV(step->argv, "lvm", "lvextend", "-q", "-l", disk ? "+95%FREE" : "+100%FREE", volume);
}

void poolplan_show(const struct pool_plan *plan, struct str *ret_text)
{
	for (size_t i = 0; i < plan->count; i++) {
		CLEANUP(mem_free_string) char *words = strlist_join(&plan->steps[i].argv);
		str_add(ret_text, "%s\n", words);
	}
}

void poolplan_dispose(struct pool_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		strlist_dispose(&plan->steps[i].argv);
		strlist_dispose(&plan->steps[i].undo);
		free(plan->steps[i].dir);
	}
	free(plan->steps);
	*plan = (struct pool_plan)POOL_PLAN_INIT;
}

/* ---- doing it */

static int run(const struct strlist *argv, unsigned timeout_ms, struct err *err)
{
	const struct proc_spec spec = {.argv = (const char *const *)argv->items,
		.timeout_ms = timeout_ms ? timeout_ms : STEP_TIMEOUT_MS};
	return proc_run_ok(&spec, err);
}

void poolplan_undo(const struct pool_plan *plan, size_t n_done)
{
	while (n_done-- > 0)
		if (plan->steps[n_done].undo.count)
			(void)run(&plan->steps[n_done].undo, 0, NULL);
}

int poolplan_execute(const char *root, const struct pool_plan *plan, struct err *err)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct pool_step *step = &plan->steps[i];
		if ((!step->dir || file_make_dirs(root, step->dir, 0755, err) == 0) &&
			run(&step->argv, step->timeout_ms, err) == 0)
			continue;
		poolplan_undo(plan, i);
		return -1;
	}
	return 0;
}
