/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine's facts: bridges, storage, CD images, the guests that are defined. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "mounted.h"
#include "netinv.h"
#include "num.h"
#include "proc.h"
#include "vmwizard/guestcfg.h"
#include "vmwizard/host.h"
#include "vmwizard/migrate/record.h"
#include "vmwizard/paths.h"
#include "vmwizard/places.h"
#include "vmwizard/xen.h"

#define LIBRARY "/srv/domus"
#define POOLS "/srv/pools"
#define LVM_TIMEOUT_MS 20000

static struct vm_pool *add_pool(struct vm_host *host, const char *name, enum vm_pool_kind kind)
{
	host->pools = xreallocarray(host->pools, host->n_pools + 1, sizeof(*host->pools));
	struct vm_pool *pool = &host->pools[host->n_pools++];
	*pool = (struct vm_pool){.name = xstrdup(name), .kind = kind};
	return pool;
}

/* Cells of a line "  a|b|c"; empty ones count. */
static size_t split(char *line, char **cells, size_t max)
{
	size_t n = 0;
	line += strspn(line, " ");
	while (line && n < max)
		cells[n++] = strsep(&line, "|");
	return n;
}

static uint64_t bytes_of(const char *text)
{
	return strtoull(text, NULL, 10);
}

static void take_pool(struct vm_host *host, char **cell)
{
	if (cell[2][0] != 't')
		return;
	struct vm_pool *pool = add_pool(host, cell[1], VM_POOL_THIN);
	double used = strtod(cell[4], NULL);
	pool->path = xasprintf("%s/%s", cell[0], cell[1]);
	pool->size_bytes = bytes_of(cell[3]);
	pool->free_bytes =
		(uint64_t)((double)pool->size_bytes * (used > 100 ? 0 : 100 - used) / 100);
}

/* What thin volumes may grow to. */
static void take_volume(struct vm_host *host, char **cell)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s/%s", cell[0], cell[5]);
	for (size_t i = 0; i < host->n_pools; i++)
		if (host->pools[i].kind == VM_POOL_THIN && strcmp(host->pools[i].path, path) == 0)
			host->pools[i].promised_bytes += bytes_of(cell[3]);
}

static void take_group(struct vm_host *host, char **cell)
{
	if (bytes_of(cell[2]) < 64 * NUM_MIB)
		return;
	struct vm_pool *pool = add_pool(host, cell[0], VM_POOL_LVM);
	pool->path = xstrdup(cell[0]);
	pool->size_bytes = bytes_of(cell[1]);
	pool->free_bytes = bytes_of(cell[2]);
}

typedef void take_row(struct vm_host *host, char **cells);

static void take_rows(struct vm_host *host, const char *text, size_t n, take_row *take)
{
	CLEANUP(mem_free_string) char *copy = xstrdup(text);
	char *rest = copy;
	char *line;
	char *cells[8];
	while ((line = strsep(&rest, "\n")) != NULL)
		if (split(line, cells, n) == n)
			take(host, cells);
}

/* A table of LVM's, gone through once or twice. No LVM, no pools. */
static void read_lvm(struct vm_host *host, const char *program, const char *columns, size_t n,
	take_row *take, take_row *take_then)
{
	const char *const argv[] = {program, "--noheadings", "--nosuffix", "--units", "b",
		"--separator", "|", "-o", columns, NULL};
	struct proc_spec spec = {.argv = argv, .timeout_ms = LVM_TIMEOUT_MS};
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	if (proc_run(&spec, &result, NULL) < 0 || result.exit_code != 0)
		return;
	take_rows(host, str_text(&result.output), n, take);
	if (take_then)
		take_rows(host, str_text(&result.output), n, take_then);
}

static void read_library(const char *root, struct vm_host *host)
{
	uint64_t size, room;
	host->has_library = mounted_room(root, LIBRARY, &size, &room);
	if (!host->has_library)
		return;
	struct vm_pool *pool = add_pool(host, PLACES_LIBRARY, VM_POOL_DIR);
	pool->path = xstrdup(LIBRARY "/images");
	pool->size_bytes = size;
	pool->free_bytes = room;
}

/* Directories and other machines' that domus-host storage has mounted: CD images have a place in each. */
static void take_mounted(struct vm_host *host)
{
	for (size_t i = 0; i < host->n_places; i++) {
		const struct vm_place *place = &host->places[i];
		if (!place->is_there || strcmp(place->dir, LIBRARY "/iso") == 0)
			continue;
		struct vm_pool *pool = add_pool(host, place->pool, VM_POOL_DIR);
		pool->path = xasprintf(POOLS "/%s", place->pool);
		pool->size_bytes = place->size_bytes;
		pool->free_bytes = place->free_bytes;
	}
}

static void take_guest(const char *name, const struct vm_spec *spec, void *context)
{
	struct vm_host *host = context;
	if (!strlist_has(&host->names, spec->name))
		strlist_add(&host->names, spec->name);
	/* The file's name is taken too, whatever is in it. */
	if (!strlist_has(&host->names, name))
		strlist_add(&host->names, name);
	if (spec->uuid[0])
		strlist_add(&host->uuids, spec->uuid);
	for (size_t i = 0; i < spec->n_nics; i++)
		if (spec->nics[i].mac[0])
			strlist_add(&host->macs, spec->nics[i].mac);
	for (size_t i = 0; i < spec->n_disks; i++)
		if (spec->disks[i].path[0] && spec->disks[i].kind != VM_DISK_CDROM)
			strlist_addf(&host->used, "%s\t%s", spec->disks[i].path, spec->name);
}

/* Guests on their way: their definitions are in the records, and come back, or come here. */
static void take_moving(const char *root, const char *dir, struct vm_host *host)
{
	CLEANUP(strlist_dispose) struct strlist keys = STRLIST_INIT;
	record_list(root, dir, &keys);
	for (size_t i = 0; i < keys.count; i++) {
		CLEANUP(record_dispose) struct record record;
		if (record_read(root, dir, keys.items[i], &record, NULL) < 0)
			continue;
		if (record.state != MIG_PERMITTED && record.state != MIG_HERE &&
			record.state != MIG_GRANTED)
			continue;
		const char *name = record.offer.name;
		CLEANUP(mem_free_string) char *cfg = vm_cfg_path(name);
		if (file_exists(root, cfg))
			continue;
		CLEANUP(vm_spec_dispose) struct vm_spec spec;
		if (vm_xlcfg_read(record.offer.cfg, name, &spec, NULL, NULL) == 0)
			take_guest(name, &spec, host);
	}
}

static void read_bridges(const char *root, struct vm_host *host)
{
	struct net_inventory inventory = NET_INVENTORY_INIT;
	if (netinv_read(root, &inventory, NULL) < 0)
		return;
	for (size_t i = 0; i < inventory.count; i++)
		if (inventory.devs[i].kind == NET_BRIDGE)
			strlist_add(&host->bridges, inventory.devs[i].name);
	netinv_dispose(&inventory);
}

/* The value of "word: value" in a text of such lines. */
static char *find_line(const char *text, const char *head)
{
	const char *p = strstr(text, head);
	return p ? xstrndup(p + strlen(head), strcspn(p + strlen(head), "\r\n")) : NULL;
}

static void read_mirror(const char *root, struct vm_host *host)
{
	CLEANUP(str_dispose) struct str own = STR_INIT;
	CLEANUP(str_dispose) struct str manifest = STR_INIT;
	if (file_read(root, "/usr/share/domus/guest-mirror", 4096, &own, NULL) == 0 && own.len > 1)
		host->mirror = xstrndup(str_text(&own), strcspn(str_text(&own), "\r\n"));
	else if (file_read(root, "/usr/share/domus/manifest", NUM_MIB, &manifest, NULL) == 0)
		host->mirror = find_line(str_text(&manifest), "\n# mirror: ");
}

static void read_dom0(const char *root, struct vm_host *host)
{
	CLEANUP(str_dispose) struct str cmdline = STR_INIT;
	host->dom0_available_kib = vm_dom0_available_kib(root);
	if (file_read(root, "/proc/cmdline", 65536, &cmdline, NULL) == 0)
		host->is_live = host->is_xen && strstr(str_text(&cmdline), "domus.slot=") == NULL;
	host->has_grub_pv = file_exists(root, GUESTCFG_GRUB_PV);
	host->has_grub_pvh = file_exists(root, GUESTCFG_GRUB_PVH);
	host->has_ovmf = file_exists(root, "/usr/lib/xen-4.20/boot/ovmf.bin");
}

int vm_host_read(
	const char *root, enum vm_host_what what, struct vm_host *ret_host, struct err *err)
{
	struct vm_xen *xen = NULL;
	vm_host_init(ret_host);
	ret_host->root = root;
	if (vm_xen_open(&xen, NULL) == 0 && xen_read_host(xen, ret_host, err) < 0) {
		vm_xen_close(xen);
		return -1;
	}
	read_bridges(root, ret_host);
	places_read(root, ret_host);
	if (!ret_host->is_xen) {
		/* Planned for another machine, as domus-install makes it: this one's files say nothing. */
		ret_host->root = NULL;
		struct vm_pool *pool = add_pool(ret_host, "guests", VM_POOL_THIN);
		pool->path = xstrdup("domus/guests");
		pool->size_bytes = pool->free_bytes = 1024 * NUM_TIB;
		ret_host->has_library = true;
	} else {
		if (what == VM_HOST_WHOLE)
			read_lvm(ret_host, "lvs",
				"vg_name,lv_name,lv_attr,lv_size,data_percent,pool_lv", 6,
				take_pool, take_volume);
		read_library(root, ret_host);
		take_mounted(ret_host);
		if (what == VM_HOST_WHOLE)
			read_lvm(ret_host, "vgs", "vg_name,vg_size,vg_free", 3, take_group, NULL);
	}
	vm_each_defined(root, take_guest, ret_host);
	take_moving(root, RECORD_OUT, ret_host);
	take_moving(root, RECORD_IN, ret_host);
	read_mirror(root, ret_host);
	read_dom0(root, ret_host);
	return 0;
}
