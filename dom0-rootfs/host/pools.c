/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pools of the host's file on the running host: started, stopped, who uses them. */
#include "pools.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failed.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "mounted.h"
#include "poolplan.h"

#define GUEST_DIR "/etc/xen"

enum { GUEST_MAX_BYTES = 256 * 1024 };

static const struct host_pool *find(const struct host_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_pools; i++)
		if (strcmp(config->pools[i].name, name) == 0)
			return &config->pools[i];
	return NULL;
}

static bool is_same(const struct host_pool *a, const struct host_pool *b)
{
	return a && b && a->type == b->type && strcmp(a->source, b->source) == 0 &&
	       strcmp(a->options, b->options) == 0;
}

static bool is_up(const char *root, const struct host_pool *pool)
{
	CLEANUP(mem_free_string) char *dir = xasprintf(POOL_DIR "/%s", pool->name);
	return pool->type != HOST_POOL_THIN && mounted_is(root, dir);
}

/* What is wrong with a pool stays on the status page until it is right. */
static void record(const char *root, const struct host_pool *pool, const struct err *err)
{
	CLEANUP(mem_free_string) char *name = xasprintf("pool-%s", pool->name);
	(void)failed_set(root, name, err ? err->text : NULL, NULL);
}

static bool has_failed(const char *root, const struct host_pool *pool)
{
	CLEANUP(mem_free_string) char *path = xasprintf(FAILED_DIR "/pool-%s", pool->name);
	return file_exists(root, path);
}

/* Failures: 0 or 1. */
static int switch_one(const char *root, const struct host_pool *pool, bool is_start)
{
	CLEANUP(poolplan_dispose) struct pool_plan plan = POOL_PLAN_INIT;
	struct err err = ERR_INIT;
	bool has_mount = pool->type != HOST_POOL_THIN;
	if (has_mount && is_up(root, pool) == is_start) {
		record(root, pool, NULL);
		return 0;
	}
	if (is_start)
		poolplan_up(pool, &plan);
	else
		poolplan_down(pool, &plan);
	/* One that did not start, its disk being gone, may have nothing to be stopped. */
	bool is_lost = !is_start && has_failed(root, pool);
	if (poolplan_execute(root, &plan, &err) == 0 || is_lost) {
		record(root, pool, NULL);
		return 0;
	}
	(void)fprintf(stderr, _("domus-host: pool %s: %s\n"), pool->name, err.text);
	record(root, pool, &err);
	return 1;
}

int pools_switch(
	const char *root, const struct host_config *before, const struct host_config *after)
{
	CLEANUP(strlist_dispose) struct strlist stuck = STRLIST_INIT;
	int failures = 0;
	for (size_t i = before->n_pools; i-- > 0;)
		if (!is_same(&before->pools[i], find(after, before->pools[i].name)) &&
			switch_one(root, &before->pools[i], false) > 0)
			strlist_add(&stuck, before->pools[i].name);
	for (size_t i = 0; i < after->n_pools; i++)
		/* Where the former one could not be stopped its mount is not taken for the new one's. */
		if (!is_same(&after->pools[i], find(before, after->pools[i].name)) &&
			!strlist_has(&stuck, after->pools[i].name))
			failures += switch_one(root, &after->pools[i], true);
	return failures + (int)stuck.count;
}

static void describe(const struct host_pool *pool, bool is_start, struct str *ret_text)
{
	CLEANUP(poolplan_dispose) struct pool_plan plan = POOL_PLAN_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (is_start)
		poolplan_up(pool, &plan);
	else
		poolplan_down(pool, &plan);
	poolplan_show(&plan, &text);
	str_add(ret_text, "  %s", str_text(&text));
}

void pools_describe_switch(
	const struct host_config *before, const struct host_config *after, struct str *ret_text)
{
	for (size_t i = before->n_pools; i-- > 0;)
		if (!is_same(&before->pools[i], find(after, before->pools[i].name)))
			describe(&before->pools[i], false, ret_text);
	for (size_t i = 0; i < after->n_pools; i++)
		if (!is_same(&after->pools[i], find(before, after->pools[i].name)))
			describe(&after->pools[i], true, ret_text);
}

/* Whether a line that is no comment has the path. */
static bool names_path(const char *text, const char *path)
{
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	strlist_add_lines(&lines, text);
	for (size_t i = 0; i < lines.count; i++)
		if (lines.items[i][strspn(lines.items[i], " \t")] != '#' &&
			strstr(lines.items[i], path))
			return true;
	return false;
}

void pools_list_users(const char *root, const char *path, struct strlist *ret_guests)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	(void)file_list_suffix(root, GUEST_DIR, ".cfg", &names, NULL);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_free_string)
		char *file = xasprintf(GUEST_DIR "/%s.cfg", names.items[i]);
		CLEANUP(str_dispose) struct str text = STR_INIT;
		if (file_read(root, file, GUEST_MAX_BYTES, &text, NULL) == 0 &&
			names_path(str_text(&text), path))
			strlist_add(ret_guests, names.items[i]);
	}
}
