/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where CD images lie: the library's own directory, and one in each pool that is a directory. */
#define _GNU_SOURCE
#include "vmwizard/places.h"

#include <fnmatch.h>
#include <string.h>
#include <sys/statvfs.h>

#include "file.h"
#include "hostconf.h"
#include "lang.h"
#include "mem.h"
#include "mounted.h"
#include "vmwizard/image.h"

#define LIBRARY "/srv/domus"
#define POOLS "/srv/pools"

static struct vm_place *add_place(struct vm_host *host, const char *pool, const char *above)
{
	host->places = xreallocarray(host->places, host->n_places + 1, sizeof(host->places[0]));
	struct vm_place *place = &host->places[host->n_places++];
	*place = (struct vm_place){.pool = xstrdup(pool), .dir = xasprintf("%s/iso", above)};
	return place;
}

static const struct vm_place *find_place(const struct vm_host *host, const char *pool)
{
	for (size_t i = 0; i < host->n_places; i++)
		if (strcmp(host->places[i].pool, pool) == 0)
			return &host->places[i];
	return NULL;
}

static void read_isos(const char *root, const char *dir, const char *pool, struct vm_host *host)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	if (file_list_dir(root, dir, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_free_string) char *path = xasprintf("%s/%s", dir, names.items[i]);
		char label[40];
		enum image_kind kind;
		uint64_t bytes;
		if (fnmatch("*.[iI][sS][oO]", names.items[i], 0) != 0 ||
			image_look(root, path, &kind, &bytes, label, NULL) < 0 || kind != IMAGE_ISO)
			continue;
		host->isos = xreallocarray(host->isos, host->n_isos + 1, sizeof(*host->isos));
		host->isos[host->n_isos++] = (struct vm_iso){.path = xstrdup(path),
			.label = xstrdup(label),
			.pool = xstrdup(pool),
			.size_bytes = bytes};
	}
}

/* Live it is no file system of its own: what it lies on has the room. */
static void read_own(const char *root, struct vm_host *host)
{
	struct vm_place *place = add_place(host, PLACES_LIBRARY, LIBRARY);
	CLEANUP(mem_free_string) char *full = xasprintf("%s" LIBRARY, root[1] ? root : "");
	struct statvfs st;
	uint64_t size;
	place->is_there = true;
	if (!mounted_room(root, LIBRARY, &size, &place->free_bytes))
		place->free_bytes = statvfs(full, &st) == 0 || statvfs(root, &st) == 0
					    ? (uint64_t)st.f_bavail * st.f_frsize
					    : UINT64_MAX;
	read_isos(root, LIBRARY, PLACES_LIBRARY, host);
	read_isos(root, LIBRARY "/iso", PLACES_LIBRARY, host);
}

static void read_mounted(const char *root, struct vm_host *host)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	if (file_list_dir(root, POOLS, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_free_string) char *above = xasprintf(POOLS "/%s", names.items[i]);
		uint64_t size, room;
		if (!mounted_room(root, above, &size, &room))
			continue;
		struct vm_place *place = add_place(host, names.items[i], above);
		place->is_there = true;
		place->size_bytes = size;
		place->free_bytes = room;
		read_isos(root, place->dir, place->pool, host);
	}
}

static void read_config(const char *root, struct host_config *ret_config)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	const struct hostconf_context context = {.is_live = true};
	hostconf_init(ret_config);
	(void)hostconf_read_file(
		root, HOSTCONF_PATH, &context, SCHEMA_LENIENT, ret_config, &problems, NULL);
}

void places_read(const char *root, struct vm_host *host)
{
	CLEANUP(hostconf_dispose) struct host_config config;
	read_config(root, &config);
	read_own(root, host);
	read_mounted(root, host);
	for (size_t i = 0; i < config.n_pools; i++) {
		const struct host_pool *pool = &config.pools[i];
		CLEANUP(mem_free_string) char *above = xasprintf(POOLS "/%s", pool->name);
		if (pool->type != HOST_POOL_THIN && !find_place(host, pool->name))
			(void)add_place(host, pool->name, above);
	}
}

static bool is_lvm(const char *root, const struct vm_host *host, const char *pool)
{
	CLEANUP(hostconf_dispose) struct host_config config;
	read_config(root, &config);
	for (size_t i = 0; i < config.n_pools; i++)
		if (strcmp(config.pools[i].name, pool) == 0)
			return config.pools[i].type == HOST_POOL_THIN;
	for (size_t i = 0; i < host->n_pools; i++)
		if (host->pools[i].kind != VM_POOL_DIR &&
			(strcmp(host->pools[i].name, pool) == 0 ||
				strcmp(host->pools[i].path, pool) == 0))
			return true;
	return false;
}

int places_choose(const char *root, const struct vm_host *host, const char *pool,
	const struct vm_place **ret_place, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	const struct vm_place *place = find_place(host, pool ? pool : PLACES_LIBRARY);
	if (place && place->is_there) {
		*ret_place = place;
		return 0;
	}
	if (place)
		return err_set(err, ERR_MISSING, 0,
			_("the pool %s is not there now; domus-host storage says how pools are"),
			pool);
	for (size_t i = 0; i < host->n_places; i++)
		if (host->places[i].is_there)
			strlist_add(&names, host->places[i].pool);
	CLEANUP(mem_free_string) char *all = strlist_join_with(&names, ", ");
	if (is_lvm(root, host, pool))
		return err_set(err, ERR_INVALID, 0,
			_("%s is LVM: it holds disks, no files such as CD images; name a pool that "
			  "is a directory or NFS (there: %s)"),
			pool, all);
	return err_set(err, ERR_MISSING, 0, _("there is no pool %s (there: %s)"), pool, all);
}

int places_find(const struct vm_host *host, const char *name, const struct vm_iso **ret_iso,
	struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist found = STRLIST_INIT;
	CLEANUP(mem_free_string) char *missing = vm_missing_places(host);
	const struct vm_iso *iso = NULL;
	for (size_t i = 0; i < host->n_isos; i++) {
		const char *path = host->isos[i].path;
		if (strcmp(path, name) != 0 && strcmp(strrchr(path, '/') + 1, name) != 0)
			continue;
		iso = &host->isos[i];
		strlist_add(&found, path);
	}
	CLEANUP(mem_free_string) char *all = strlist_join_with(&found, ", ");
	if (found.count > 1)
		return err_set(err, ERR_INVALID, 0, _("there are several: %s; say which"), all);
	if (!iso)
		return err_set(err, ERR_MISSING, 0,
			_("there is no CD image %s in the library; domus-vm library lists them%s%s%s"),
			name, missing ? _(" (not there now: ") : "", missing ? missing : "",
			missing ? ")" : "");
	*ret_iso = iso;
	return 0;
}
