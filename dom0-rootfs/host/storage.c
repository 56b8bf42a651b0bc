/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pools that hold guests' disks: LVM thin pools, directories, NFS; how full they are. */
#include "storage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "mounted.h"
#include "num.h"
#include "poolplan.h"
#include "proc.h"

enum { LVM_TIMEOUT_MS = 60000, FIELDS = 7 };

static struct pool *add_pool(struct pools *pools, enum host_pool_type type)
{
	pools->items = xreallocarray(pools->items, pools->count + 1, sizeof(*pools->items));
	struct pool *pool = &pools->items[pools->count++];
	*pool = (struct pool){.type = type};
	return pool;
}

static void split(const char *line, struct strlist *ret_fields)
{
	for (const char *from = line;; from++) {
		size_t len = strcspn(from, "|");
		strlist_addf(ret_fields, "%.*s", (int)len, from);
		from += len;
		if (!*from)
			return;
	}
}

int storage_parse(const char *text, struct pools *ret_pools, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	strlist_add_lines(&lines, text);
	for (size_t i = 0; i < lines.count; i++) {
		CLEANUP(strlist_dispose) struct strlist fields = STRLIST_INIT;
		const char *line = lines.items[i] + strspn(lines.items[i], " ");
		if (!*line)
			continue;
		split(line, &fields);
		if (fields.count != FIELDS)
			return err_set(err, ERR_INVALID, 0, _("lvs said \"%s\""), lines.items[i]);
		struct pool *pool = add_pool(ret_pools, HOST_POOL_THIN);
		pool->group = xstrdup(fields.items[0]);
		pool->name = xstrdup(fields.items[1]);
		pool->path = xstrdup("");
		pool->size_bytes = strtoull(fields.items[2], NULL, 10);
		pool->free_bytes = strtoull(fields.items[3], NULL, 10);
		/* Empty when it is not active: then nothing is known of it. */
		pool->is_there = fields.items[4][0] != '\0';
		pool->data_percent = strtod(fields.items[4], NULL);
		pool->meta_percent = strtod(fields.items[5], NULL);
		pool->meta_bytes = strtoull(fields.items[6], NULL, 10);
	}
	return 0;
}

/* The file system of a directory or NFS pool. */
static void read_mounted(const char *root, struct pool *pool)
{
	uint64_t size, room;
	if (!mounted_room(root, pool->path, &size, &room))
		return;
	pool->is_there = true;
	pool->size_bytes = size;
	pool->free_bytes = room;
	pool->data_percent = 100.0 * (double)(size - room) / (double)size;
}

/* Those of the host's file that lvm does not know, or has nothing to do with. */
static void add_configured(
	const char *root, const struct host_config *config, struct pools *ret_pools)
{
	size_t n_known = ret_pools->count;
	for (size_t i = 0; i < config->n_pools; i++) {
		const struct host_pool *from = &config->pools[i];
		const struct pools known = {.items = ret_pools->items, .count = n_known};
		if (from->type == HOST_POOL_THIN && storage_find(&known, from->source))
			continue;
		struct pool *pool = add_pool(ret_pools, from->type);
		bool is_thin = from->type == HOST_POOL_THIN;
		size_t len = strcspn(from->source, "/");
		pool->group = is_thin ? xstrndup(from->source, len) : xstrdup("");
		pool->name = xstrdup(is_thin ? from->source + len + 1 : from->name);
		pool->path = is_thin ? xstrdup("") : xasprintf(POOL_DIR "/%s", from->name);
		if (!is_thin)
			read_mounted(root, pool);
	}
}

int storage_read(const char *root, const struct host_config *config, struct pools *ret_pools,
	struct err *err)
{
	static const char *const argv[] = {"lvm", "lvs", "--noheadings", "--separator", "|",
		"--units", "b", "--nosuffix", "-S", "segtype=thin-pool", "-o",
		"vg_name,lv_name,lv_size,vg_free,data_percent,metadata_percent,lv_metadata_size",
		NULL};
	const struct proc_spec spec = {.argv = argv, .name = "lvs", .timeout_ms = LVM_TIMEOUT_MS};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	int rc = proc_run_output(&spec, &text, err);
	if (rc == 0)
		rc = storage_parse(str_text(&text), ret_pools, err);
	add_configured(root, config, ret_pools);
	return rc;
}

void storage_describe(const struct pool *p, struct str *ret_text)
{
	if (!p->is_there)
		str_add(ret_text, "%s", _("not there"));
	else if (p->type == HOST_POOL_THIN)
		str_add(ret_text,
			_("%" PRIu64 " MiB, %.1f %% in use (metadata %.1f %%), %" PRIu64
			  " MiB free to grow into"),
			p->size_bytes / NUM_MIB, p->data_percent, p->meta_percent,
			p->free_bytes / NUM_MIB);
	else
		str_add(ret_text, _("%" PRIu64 " MiB, %.1f %% in use, %" PRIu64 " MiB free, %s"),
			p->size_bytes / NUM_MIB, p->data_percent, p->free_bytes / NUM_MIB, p->path);
}

bool storage_is_nearly_full(const struct pool *pool)
{
	return pool->data_percent >= STORAGE_WARN_PERCENT ||
	       pool->meta_percent >= STORAGE_WARN_PERCENT;
}

const struct pool *storage_find(const struct pools *pools, const char *name)
{
	const struct pool *found = NULL;
	size_t n_in_group = 0;
	for (size_t i = 0; i < pools->count; i++) {
		const struct pool *p = &pools->items[i];
		CLEANUP(mem_free_string) char *full = xasprintf("%s/%s", p->group, p->name);
		if (strcmp(full, name) == 0 || strcmp(p->name, name) == 0)
			return p;
		if (strcmp(p->group, name) == 0) {
			n_in_group++;
			found = p;
		}
	}
	return n_in_group == 1 ? found : NULL;
}

void storage_dispose(struct pools *pools)
{
	for (size_t i = 0; i < pools->count; i++) {
		free(pools->items[i].group);
		free(pools->items[i].name);
		free(pools->items[i].path);
	}
	free(pools->items);
	*pools = (struct pools)POOLS_INIT;
}
