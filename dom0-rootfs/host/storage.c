/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host storage: thin pools, how full they are, and growing one onto another disk. */
#include "storage.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "host.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "proc.h"

#define FULL_PATH "/run/domus/failed/storage-full"

enum { LVM_TIMEOUT_MS = 60000, FIELDS = 6 };

int storage_parse(const char *text, struct pools *ret_pools, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	strlist_add_lines(&lines, text);
	for (size_t i = 0; i < lines.count; i++) {
		CLEANUP(strlist_dispose) struct strlist fields = STRLIST_INIT;
		const char *line = lines.items[i];
		const char *from = line + strspn(line, " ");
		if (!*from)
			continue;
		for (;;) {
			size_t len = strcspn(from, "|");
			strlist_addf(&fields, "%.*s", (int)len, from);
			if (!from[len])
				break;
			from += len + 1;
		}
		if (fields.count != FIELDS)
			return err_set(err, ERR_INVALID, 0, _("lvs said \"%s\""), line);
		ret_pools->items = xreallocarray(
			ret_pools->items, ret_pools->count + 1, sizeof(*ret_pools->items));
		ret_pools->items[ret_pools->count++] =
			(struct pool){.group = xstrdup(fields.items[0]),
				.name = xstrdup(fields.items[1]),
				.size_bytes = strtoull(fields.items[2], NULL, 10),
				.free_bytes = strtoull(fields.items[3], NULL, 10),
				.data_percent = strtod(fields.items[4], NULL),
				.meta_percent = strtod(fields.items[5], NULL)};
	}
	return 0;
}

int storage_read(struct pools *ret_pools, struct err *err)
{
	static const char *const argv[] = {"lvm", "lvs", "--noheadings", "--separator", "|",
		"--units", "b", "--nosuffix", "-S", "segtype=thin-pool", "-o",
		"vg_name,lv_name,lv_size,vg_free,data_percent,metadata_percent", NULL};
	const struct proc_spec spec = {.argv = argv, .name = "lvs", .timeout_ms = LVM_TIMEOUT_MS};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (proc_run_output(&spec, &text, err) < 0)
		return -1;
	return storage_parse(str_text(&text), ret_pools, err);
}

void storage_dispose(struct pools *pools)
{
	for (size_t i = 0; i < pools->count; i++) {
		free(pools->items[i].group);
		free(pools->items[i].name);
	}
	free(pools->items);
	*pools = (struct pools)POOLS_INIT;
}

static void print_pools(const struct pools *pools, json_t *list)
{
	if (!list && !pools->count)
		(void)printf("%s", _("There is no pool for guests' disks.\n"));
	for (size_t i = 0; i < pools->count; i++) {
		const struct pool *p = &pools->items[i];
		if (list) {
			(void)json_array_append_new(list,
				json_pack("{s:s, s:s, s:I, s:I, s:f, s:f}", "group", p->group,
					"name", p->name, "size_bytes", (json_int_t)p->size_bytes,
					"free_bytes", (json_int_t)p->free_bytes, "data_percent",
					p->data_percent, "metadata_percent", p->meta_percent));
			continue;
		}
		(void)printf(_("%s/%s: %" PRIu64 " MiB, %.1f %% in use (metadata %.1f %%), %" PRIu64
			       " MiB free to grow into\n"),
			p->group, p->name, p->size_bytes / NUM_MIB, p->data_percent,
			p->meta_percent, p->free_bytes / NUM_MIB);
		if (p->data_percent >= STORAGE_WARN_PERCENT ||
			p->meta_percent >= STORAGE_WARN_PERCENT)
			(void)printf(
				_("WARNING: %s/%s is nearly full: grow it (domus-host storage grow "
				  "%s/%s DISK)\n"),
				p->group, p->name, p->group, p->name);
	}
}

/* ---- grow ---- */

static int run_lvm(const char *const *argv, bool is_dry_run, struct err *err)
{
	const struct proc_spec spec = {.argv = argv, .timeout_ms = LVM_TIMEOUT_MS};
	for (size_t i = 0; argv[i]; i++)
		(void)printf("%s%s", i ? " " : "", argv[i]);
	(void)printf("\n");
	(void)fflush(stdout);
	return is_dry_run ? 0 : proc_run_ok(&spec, err);
}

/* A disk with anything on it is not taken: what is on it is named. */
static int check_empty(const char *disk, struct err *err)
{
	const char *const argv[] = {"wipefs", "-n", "-p", disk, NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = LVM_TIMEOUT_MS};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	if (proc_run_output(&spec, &text, err) < 0)
		return -1;
	strlist_add_lines(&lines, str_text(&text));
	for (size_t i = 0; i < lines.count; i++)
		if (lines.items[i][0] && lines.items[i][0] != '#')
			return err_set(err, ERR_INVALID, 0,
				_("%s is not empty (%s): wipefs -a %s empties it, if that is meant"),
				disk, lines.items[i], disk);
	return 0;
}

static int grow(const struct options *options, struct err *err)
{
	const char *pool = options->args[1];
	const char *disk = options->args[2];
	const char *slash = strchr(pool, '/');
	CLEANUP(mem_free_string)
	char *group = xstrndup(pool, slash ? (size_t)(slash - pool) : strlen(pool));
	CLEANUP(mem_free_string) char *volume = slash ? xstrdup(pool) : xasprintf("%s/pool", pool);
	const char *const pvcreate[] = {"lvm", "pvcreate", "--yes", disk, NULL};
	const char *const vgextend[] = {"lvm", "vgextend", group, disk, NULL};
	const char *const lvextend[] = {"lvm", "lvextend", "-l", "+95%FREE", volume, NULL};
	if (strncmp(disk, "/dev/", 5) != 0)
		return err_set(err, ERR_INVALID, 0, _("%s: a disk is named as /dev/..."), disk);
	if (!options->is_dry_run && !options->is_sure)
		return err_set(err, ERR_INVALID, 0,
			_("all of %s would be used by %s: say --yes, or --dry-run to see how"),
			disk, volume);
	if (check_empty(disk, err) < 0)
		return -1;
	if (run_lvm(pvcreate, options->is_dry_run, err) < 0 ||
		run_lvm(vgextend, options->is_dry_run, err) < 0)
		return -1;
	return run_lvm(lvextend, options->is_dry_run, err);
}

/* ---- check ---- */

/* For cron: a pool that is nearly full is said at every log-in and on the console. */
static int check(const struct options *options, struct err *err)
{
	CLEANUP(storage_dispose) struct pools pools = POOLS_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (storage_read(&pools, err) < 0)
		return -1;
	for (size_t i = 0; i < pools.count; i++) {
		const struct pool *p = &pools.items[i];
		if (p->data_percent < STORAGE_WARN_PERCENT &&
			p->meta_percent < STORAGE_WARN_PERCENT)
			continue;
		str_add(&text,
			_("%s%s/%s is %.0f %% full (metadata %.0f %%): grow it, or remove disks"),
			text.len ? "; " : "", p->group, p->name, p->data_percent, p->meta_percent);
	}
	if (!text.len)
		return file_remove(options->root, FULL_PATH, err);
	str_add(&text, "\n");
	if (file_make_dirs(options->root, "/run/domus/failed", 0755, err) < 0)
		return -1;
	return file_update(options->root, FULL_PATH, str_text(&text), text.len, 0644, err);
}

int command_storage(const struct options *options)
{
	CLEANUP(storage_dispose) struct pools pools = POOLS_INIT;
	struct err err = ERR_INIT;
	if (options->n_args) {
		int rc;
		if (options->n_args == 3 && strcmp(options->args[0], "grow") == 0)
			rc = grow(options, &err);
		else if (options->n_args == 1 && strcmp(options->args[0], "check") == 0)
			rc = check(options, &err);
		else
			rc = err_set(&err, ERR_INVALID, 0, "%s",
				_("storage, storage check, or storage grow POOL DISK"));
		return rc < 0 ? host_fail(&err) : 0;
	}
	if (storage_read(&pools, &err) < 0)
		return host_fail(&err);
	json_t *list = options->is_json ? json_array() : NULL;
	print_pools(&pools, list);
	if (list)
		host_print_json(list);
	return 0;
}
