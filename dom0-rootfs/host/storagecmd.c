/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host storage: pools listed, made, removed, grown, started and stopped. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "conftext.h"
#include "failed.h"
#include "file.h"
#include "host.h"
#include "hostpool.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "poolplan.h"
#include "pools.h"
#include "proc.h"
#include "settings.h"
#include "source.h"
#include "statefill.h"
#include "storage.h"
#include "store.h"

#define UUID_PATH "/proc/sys/kernel/random/uuid"

enum { TOOL_TIMEOUT_MS = 60000, UUID_LEN = 36, SECTOR_BYTES = 512 };

static const char *const type_words[] = {
	[HOST_POOL_THIN] = "thin", [HOST_POOL_DIRECTORY] = "directory", [HOST_POOL_NFS] = "nfs"};

static int read_pools(
	const struct options *options, struct source *source, struct pools *pools, struct err *err)
{
	source_load(options->root, NULL, source);
	return storage_read(options->root, &source->config, pools, err);
}

/* "domus/pool", or the name alone where there is no group. */
static char *full_name(const struct pool *pool)
{
	return xasprintf("%s%s%s", pool->group, pool->group[0] ? "/" : "", pool->name);
}

/* ---- list */

static json_t *json_of(const struct pool *p)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:f, s:f}", "kind",
		type_words[p->type], "group", p->group, "name", p->name, "path", p->path,
		"is_there", p->is_there, "size_bytes", (json_int_t)p->size_bytes, "free_bytes",
		(json_int_t)p->free_bytes, "data_percent", p->data_percent, "metadata_percent",
		p->meta_percent);
}

static void print_pool(const struct pool *p)
{
	CLEANUP(mem_free_string) char *name = full_name(p);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	storage_describe(p, &text);
	(void)printf("%s (%s): %s\n", name, type_words[p->type], str_text(&text));
	if (!storage_is_nearly_full(p))
		return;
	if (p->type == HOST_POOL_THIN)
		(void)printf(_("WARNING: %s is nearly full: grow it (domus-host storage grow %s "
			       "[DISK])\n"),
			name, name);
	else
		(void)printf(_("WARNING: %s is nearly full: remove something\n"), name);
}

static int list(const struct options *options, struct err *err)
{
	CLEANUP(storage_dispose) struct pools pools = POOLS_INIT;
	CLEANUP(source_dispose) struct source source;
	if (read_pools(options, &source, &pools, err) < 0)
		return -1;
	json_t *all = options->is_json ? json_array() : NULL;
	if (!all && !pools.count)
		(void)printf("%s", _("There is no pool for guests' disks.\n"));
	for (size_t i = 0; i < pools.count; i++) {
		if (all)
			(void)json_array_append_new(all, json_of(&pools.items[i]));
		else
			print_pool(&pools.items[i]);
	}
	if (all)
		host_print_json(all);
	return 0;
}

/* ---- check */

/* For cron: a pool, or the state partition, that is nearly full is said at every log-in and on the console. */
static int check(const struct options *options, struct err *err)
{
	CLEANUP(storage_dispose) struct pools pools = POOLS_INIT;
	CLEANUP(source_dispose) struct source source;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (statefill_check(options->root, err) < 0 ||
		read_pools(options, &source, &pools, err) < 0)
		return -1;
	for (size_t i = 0; i < pools.count; i++) {
		const struct pool *p = &pools.items[i];
		CLEANUP(mem_free_string) char *name = full_name(p);
		if (!storage_is_nearly_full(p))
			continue;
		str_add(&text, _("%s%s is %.0f %% full"), text.len ? "; " : "", name,
			p->data_percent);
		if (p->type == HOST_POOL_THIN)
			str_add(&text, _(" (metadata %.0f %%): grow it, or remove disks"),
				p->meta_percent);
	}
	return failed_set(options->root, "storage-full", str_text(&text), err);
}

/* ---- what a disk is taken for */

/* The device that a link is one to, as /dev/GROUP/VOLUME; the caller frees. */
static char *resolve(const char *root, const char *disk)
{
	const char *above = root[1] ? root : "";
	CLEANUP(mem_free_string) char *full = xasprintf("%s%s", above, disk);
	char *real = realpath(full, NULL);
	char *path = xstrdup(
		real && strncmp(real, above, strlen(above)) == 0 ? real + strlen(above) : disk);
	free(real);
	return path;
}

/* A disk with anything on it is not taken: what is on it is named. */
static int check_empty(const struct options *options, const char *disk, struct err *err)
{
	const char *const argv[] = {"wipefs", "-n", "-p", disk, NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = TOOL_TIMEOUT_MS};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	CLEANUP(strlist_dispose) struct strlist users = STRLIST_INIT;
	if (strncmp(disk, "/dev/", 5) != 0)
		return err_set(err, ERR_INVALID, 0, _("%s: a disk is named as /dev/..."), disk);
	CLEANUP(mem_free_string) char *device = resolve(options->root, disk);
	pools_list_users(options->root, disk, &users);
	pools_list_users(options->root, device, &users);
	if (users.count)
		return err_set(
			err, ERR_INVALID, 0, _("%s is a disk of guest %s"), disk, users.items[0]);
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

/* 0 when the kernel does not say. */
static uint64_t disk_bytes(const struct options *options, const char *disk)
{
	CLEANUP(mem_free_string) char *device = resolve(options->root, disk);
	struct stat st;
	bool is_block = stat(disk, &st) == 0 && S_ISBLK(st.st_mode) && !options->root[1];
	CLEANUP(mem_free_string)
	char *path = is_block ? xasprintf("/sys/dev/block/%u:%u/size", major(st.st_rdev),
					minor(st.st_rdev))
			      : xasprintf("/sys/class/block/%s/size", strrchr(device, '/') + 1);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read(options->root, path, 64, &text, NULL) < 0)
		return 0;
	return strtoull(str_text(&text), NULL, 10) * SECTOR_BYTES;
}

/* Shows the plan; -1 unless it is meant. 1: only shown. */
static int agree(const struct options *options, const struct pool_plan *plan, const char *what,
	struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	char answer[8] = "";
	poolplan_show(plan, &text);
	if (options->is_dry_run)
		return 1 + host_done(options, "nothing", str_text(&text));
	if (!options->is_json)
		(void)fputs(str_text(&text), stdout);
	(void)fflush(stdout);
	if (options->is_sure)
		return 0;
	if (options->is_json || !isatty(STDIN_FILENO))
		return err_set(
			err, ERR_INVALID, 0, _("%s: say --yes, or --dry-run to see how"), what);
	(void)printf(_("%s. Type yes: "), what);
	(void)fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) && strcmp(answer, "yes\n") == 0)
		return 0;
	return err_set(err, ERR_INVALID, 0, "%s", _("nothing was changed"));
}

/* ---- grow */

static int grow(const struct options *options, struct err *err)
{
	CLEANUP(storage_dispose) struct pools pools = POOLS_INIT;
	CLEANUP(source_dispose) struct source source;
	CLEANUP(poolplan_dispose) struct pool_plan plan = POOL_PLAN_INIT;
	const char *disk = options->n_args > 2 ? options->args[2] : NULL;
	if (read_pools(options, &source, &pools, err) < 0)
		return -1;
	const struct pool *pool = storage_find(&pools, options->args[1]);
	if (!pool)
		return err_set(err, ERR_MISSING, 0,
			_("there is no pool %s; domus-host storage lists them"), options->args[1]);
	if (pool->type != HOST_POOL_THIN)
		return err_set(err, ERR_INVALID, 0,
			_("%s is no thin pool: what it lies on has to grow"), pool->name);
	if (disk && check_empty(options, disk, err) < 0)
		return -1;
	if (!disk && pool->free_bytes < 16 * NUM_MIB)
		return err_set(err, ERR_RANGE, 0,
			_("the group %s has %" PRIu64
			  " MiB left: name an empty disk (domus-host storage grow %s /dev/...)"),
			pool->group, pool->free_bytes / NUM_MIB, options->args[1]);
	poolplan_grow(pool, disk, disk ? disk_bytes(options, disk) : 0, &plan);
	CLEANUP(mem_free_string)
	char *what = disk ? xasprintf(_("all of %s would be used by %s/%s"), disk, pool->group,
				    pool->name)
			  : xasprintf(_("what %s keeps back would be used by %s/%s"), pool->group,
				    pool->group, pool->name);
	int rc = agree(options, &plan, what, err);
	if (rc == 0)
		rc = poolplan_execute(options->root, &plan, err);
	return rc;
}

/* ---- add */

static void set_key(struct str *text, const char *pool, const char *key, const char *value)
{
	CLEANUP(conf_key_dispose)
	struct conf_key name = {
		.kind = xstrdup("pool"), .name = xstrdup(pool), .key = xstrdup(key)};
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
	CLEANUP(str_dispose) struct str next = STR_INIT;
	strlist_add(&values, value);
	conftext_set(str_text(text), &name, &values, &next);
	struct str swap = *text;
	*text = next;
	next = swap;
}

/* The section into the host's file, after a check of all of it. */
static int write_section(
	const char *root, const char *name, const char *type, const char *source, struct err *err)
{
	CLEANUP(file_close) int lock = -1;
	CLEANUP(str_dispose) struct str old = STR_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (store_lock(root, &lock, err) < 0 || store_read(root, &old, err) < 0)
		return -1;
	str_add(&text, "%s", str_text(&old));
	set_key(&text, name, "type", type);
	set_key(&text, name, "source", source);
	return settings_replace(root, str_text(&old), str_text(&text), err);
}

/* Writes the section and puts it in force; a pool that does not start leaves nothing behind. */
static int put_in_force(
	const char *root, const char *name, const char *type, const char *source, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	enum settings_outcome outcome;
	const struct settings_request request = {.root = root};
	if (write_section(root, name, type, source, err) < 0)
		return -1;
	if (settings_apply(&request, &text, &outcome, err) == 0)
		return 0;
	if (settings_remove_section(root, "pool", name, NULL) == 0)
		(void)settings_apply(&request, &text, &outcome, NULL);
	return -1;
}

static int find_type(const char *word, enum host_pool_type *ret_type, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(type_words); i++)
		if (strcmp(type_words[i], word) == 0) {
			*ret_type = (enum host_pool_type)i;
			return 0;
		}
	return err_set(err, ERR_INVALID, 0, _("\"%s\" is not one of: thin, directory, nfs"), word);
}

/* A pool of what is there already: nothing is written to it. */
static int add_existing(
	const struct options *options, const struct host_pool *pool, struct err *err)
{
	CLEANUP(poolplan_dispose) struct pool_plan plan = POOL_PLAN_INIT;
	const char *trouble = hostpool_trouble(pool);
	if (trouble)
		return err_set(err, ERR_INVALID, 0, "%s: %s", pool->source, trouble);
	if (pool->type == HOST_POOL_NFS && strcmp(options->root, "/") == 0 &&
		!file_exists("/", "/usr/sbin/mount.nfs"))
		return err_set(err, ERR_MISSING, 0, "%s",
			_("NFS needs the component remote, which is not installed: put the medium in, `domus-install add remote`, and restart"));
	poolplan_up(pool, &plan);
	if (options->is_dry_run)
		return agree(options, &plan, "", err);
	return put_in_force(options->root, pool->name, type_words[pool->type], pool->source, err);
}

static int add_on_disk(const struct options *options, const struct host_pool *pool, struct err *err)
{
	CLEANUP(poolplan_dispose) struct pool_plan plan = POOL_PLAN_INIT;
	CLEANUP(mem_free_string) char *source = NULL;
	CLEANUP(str_dispose) struct str uuid = STR_INIT;
	const char *disk = pool->source;
	if (pool->type == HOST_POOL_DIRECTORY &&
		file_read("/", UUID_PATH, UUID_LEN + 1, &uuid, err) < 0)
		return -1;
	CLEANUP(mem_free_string) char *drawn = xstrndup(str_text(&uuid), UUID_LEN);
	if (check_empty(options, disk, err) < 0)
		return -1;
	poolplan_make(pool->name, pool->type, disk, options->is_dry_run ? "(new)" : drawn,
		disk_bytes(options, disk), &plan, &source);
	CLEANUP(mem_free_string)
	char *what = xasprintf(_("all of %s would be used by the new pool %s"), disk, pool->name);
	int rc = agree(options, &plan, what, err);
	if (rc == 0)
		rc = poolplan_execute(options->root, &plan, err);
	if (rc == 0) {
		rc = put_in_force(options->root, pool->name, type_words[pool->type], source, err);
		if (rc < 0)
			poolplan_undo(&plan, plan.count);
	}
	return rc;
}

static int add(const struct options *options, struct err *err)
{
	CLEANUP(source_dispose) struct source source;
	struct host_pool pool = {
		.name = options->args[1], .source = options->args[3], .options = (char[]){""}};
	source_load(options->root, NULL, &source);
	if (hostpool_check_name(pool.name, err) < 0 ||
		find_type(options->args[2], &pool.type, err) < 0)
		return -1;
	for (size_t i = 0; i < source.config.n_pools; i++)
		if (strcmp(source.config.pools[i].name, pool.name) == 0)
			return err_set(
				err, ERR_INVALID, 0, _("there is a pool %s already"), pool.name);
	bool is_disk = strncmp(pool.source, "/dev/", 5) == 0 && pool.type != HOST_POOL_NFS;
	return is_disk ? add_on_disk(options, &pool, err) : add_existing(options, &pool, err);
}

/* ---- remove */

static int remove_pool(const struct options *options, struct err *err)
{
	CLEANUP(source_dispose) struct source source;
	CLEANUP(strlist_dispose) struct strlist users = STRLIST_INIT;
	CLEANUP(poolplan_dispose) struct pool_plan plan = POOL_PLAN_INIT;
	const char *name = options->args[1];
	const struct host_pool *pool = NULL;
	source_load(options->root, NULL, &source);
	for (size_t i = 0; i < source.config.n_pools; i++)
		if (strcmp(source.config.pools[i].name, name) == 0)
			pool = &source.config.pools[i];
	if (!pool)
		return err_set(err, ERR_MISSING, 0,
			_("there is no [pool %s] in the host's file (the installation's own pool "
			  "stays)"),
			name);
	CLEANUP(mem_free_string)
	char *path =
		pool->type == HOST_POOL_THIN
			? xasprintf("/dev/%.*s/", (int)strcspn(pool->source, "/"), pool->source)
			: xasprintf(POOL_DIR "/%s/", name);
	pools_list_users(options->root, path, &users);
	CLEANUP(mem_free_string) char *all = strlist_join(&users);
	if (users.count)
		return err_set(err, ERR_INVALID, 0,
			_("guests have disks in %s: %s; move or delete them first"), name, all);
	/* One that did not start, its disk being gone, has nothing to be stopped. */
	CLEANUP(mem_free_string) char *failed = xasprintf(FAILED_DIR "/pool-%s", name);
	if (!file_exists(options->root, failed))
		poolplan_down(pool, &plan);
	CLEANUP(mem_free_string)
	char *what = xasprintf(
		_("the pool %s would be stopped and forgotten; what is in it stays"), name);
	int rc = agree(options, &plan, what, err);
	if (rc != 0)
		return rc;
	/* Stopped first: one that is in use is not forgotten. */
	if (poolplan_execute(options->root, &plan, err) < 0 ||
		settings_remove_section(options->root, "pool", name, err) < 0)
		return -1;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	enum settings_outcome outcome;
	return settings_apply(
		&(const struct settings_request){.root = options->root}, &text, &outcome, err);
}

/* ---- up, down */

static int up_or_down(const struct options *options, struct err *err)
{
	CLEANUP(source_dispose) struct source source;
	CLEANUP(hostconf_dispose) struct host_config none;
	bool is_up = strcmp(options->args[0], "up") == 0;
	hostconf_init(&none);
	source_load(options->root, NULL, &source);
	const struct host_config *before = is_up ? &none : &source.config;
	const struct host_config *after = is_up ? &source.config : &none;
	if (options->is_dry_run) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		pools_describe_switch(before, after, &text);
		return 1 + host_done(options, "nothing", str_text(&text));
	}
	int failures = pools_switch(options->root, before, after);
	if (failures)
		return err_set(err, ERR_PROC, 0, _("%d pools are not %s"), failures,
			is_up ? _("there") : _("stopped"));
	return 0;
}

/* Each returns 1 when what it was to say has been said. */
static const struct {
	const char *word;
	int min_args, max_args;
	int (*run)(const struct options *options, struct err *err);
} actions[] = {
	{"check", 1, 1, check},
	{"grow", 2, 3, grow},
	{"add", 4, 4, add},
	{"remove", 2, 2, remove_pool},
	{"up", 1, 1, up_or_down},
	{"down", 1, 1, up_or_down},
};

int command_storage(const struct options *options)
{
	struct err err = ERR_INIT;
	int rc = -1;
	size_t i = 0;
	if (!options->n_args)
		return list(options, &err) < 0 ? host_fail(options, &err) : 0;
	while (i < ARRAY_SIZE(actions) && (strcmp(options->args[0], actions[i].word) != 0 ||
						  options->n_args < actions[i].min_args ||
						  options->n_args > actions[i].max_args))
		i++;
	if (i < ARRAY_SIZE(actions))
		rc = actions[i].run(options, &err);
	else
		(void)err_set(&err, ERR_INVALID, 0, "%s",
			_("storage; storage add NAME thin|directory|nfs SOURCE, remove NAME, "
			  "grow POOL [DISK], check, up or down"));
	if (rc < 0)
		return host_fail(options, &err);
	return rc == 0 ? host_done(options, "done", "") : 0;
}
