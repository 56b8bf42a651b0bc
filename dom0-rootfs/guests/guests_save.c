/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saves one guest as the host stops: it goes on as the host starts. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-rootfs/monitor/below.h"
#include "dom0-rootfs/monitor/hold.h"
#include "file.h"
#include "guests.h"
#include "mem.h"
#include "num.h"
#include "proc.h"
#include "save.h"
#include "savedguest.h"

/* domus-vm keeps its limit itself; what it needs besides to let a guest go on, or to see it gone. */
#define BESIDES_MS 45000
#define LEAST_MS 2000

/* The library lies in a thin pool, which may have less room than the file system believes. */
static void look_at_pool(struct savedguest_place *place)
{
	CLEANUP(strlist_dispose) struct strlist below = STRLIST_INIT;
	struct fill_pools pools = FILL_POOLS_INIT;

	below_list("/", savedguest_dir("/"), &below);
	if (!hold_read_pools(&pools))
		return;
	for (size_t i = 0; i < pools.count; i++) {
		const struct fill_pool *pool = &pools.items[i];

		if (!strlist_has(&below, pool->device))
			continue;
		place->has_pool = true;
		/* A pool that takes no more has no room, whatever its figures. */
		if (!pool->is_stuck && pool->data_total > pool->data_used)
			place->pool_free_bytes = pool->size_bytes / pool->data_total *
						 (pool->data_total - pool->data_used);
	}
	fill_dispose(&pools);
}

static int check_room(struct xen *xen, uint32_t domid, const char *name, struct err *err)
{
	struct savedguest_place place;
	CLEANUP(mem_free_string) char *part = xasprintf("%s/%s.part", savedguest_dir("/"), name);
	libxl_dominfo info;
	uint64_t kib = 0;
	int rc;

	/* What a save that was cut short has left; nobody starts from it. */
	if (file_remove("/", part, err) != 0 || savedguest_look("/", &place, err) != 0)
		return -1;
	look_at_pool(&place);
	libxl_dominfo_init(&info);
	rc = libxl_domain_info(xen->ctx, &info, domid);
	if (rc == 0)
		kib = info.current_memkb + info.outstanding_memkb;
	libxl_dominfo_dispose(&info);
	if (rc != 0)
		return xen_err(xen, err, rc, "Xen does not tell its memory");
	return savedguest_check_room(&place, kib * NUM_KIB, err);
}

static int run_save(const char *name, int64_t limit_ms, struct err *err)
{
	CLEANUP(mem_free_string) char *limit = xasprintf("%d", (int)(limit_ms / 1000));
	const char *const argv[] = {"domus-vm", "save", "--timeout", limit, "--", name, NULL};
	const struct proc_spec spec = {
		.argv = argv, .timeout_ms = (unsigned)(limit_ms + BESIDES_MS)};
	sigset_t set, before;
	int rc;

	/* libxl waits for its children: not with a signal that its parent has blocked. */
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_UNBLOCK, &set, &before);
	rc = proc_run_ok(&spec, err);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}

int guests_save_one(struct xen *xen, const struct xen_domain *domain, const char *name,
	int64_t limit_ms, struct err *err)
{
	CLEANUP(mem_free_string) char *path = guests_config_path(name);
	struct err why = ERR_INIT;

	if (domain->is_paused)
		return err_set(err, ERR_INVALID, 0, "it is paused");
	if (!file_exists("/", path))
		return err_set(err, ERR_MISSING, 0, "there is no %s to start it from", path);
	if (limit_ms < LEAST_MS)
		return err_set(err, ERR_TIMEOUT, 0, "no time is left for it");
	if (check_room(xen, domain->domid, name, err) != 0 || run_save(name, limit_ms, err) != 0)
		return -1;
	/* Not before: an older file of its memory must not count as this one. */
	if (savedguest_note("/", name, &why) != 0)
		(void)printf(
			"guest %s is saved, and goes on when it is started: %s\n", name, why.text);
	return 0;
}
