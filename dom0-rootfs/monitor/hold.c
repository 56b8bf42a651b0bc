/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests are paused before their thin pool is full, and go on once it has room. */
/*
 * A thin pool without room queues what is written to it for a minute and then fails it: guests'
 * file systems turn read-only or break. So guests are paused while there still is room for all
 * they have under way, and go on when the pool has grown, as if nothing had been. That a guest was
 * paused for this, and how full the pool was, is in RUN/monitor/UUID.held: a monitor that was
 * killed and started again lets go on what it paused. Guests that somebody else paused stay so.
 * While the host goes down nobody is paused: what is kept back is there for that, too.
 */
#define _GNU_SOURCE
#include "hold.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "below.h"
#include "file.h"
#include "mem.h"
#include "monlog.h"
#include "proc.h"
#include "state.h"

#define STATUS_TIMEOUT_MS 5000
#define HELD_WAIT_MS 1000     /* between two looks while guests are paused */
#define UNKNOWN_WAIT_MS 10000 /* before anything is known of the pools */
#define FAILED_NAME "storage-paused"

/* What one look knows. */
struct look {
	struct hold *hold;
	struct xen *xen;
	struct fill_pools pools;
	struct strlist held; /* names of guests that are paused for this */
};

void hold_init(struct hold *hold, const char *run)
{
	*hold = (struct hold){.run = run, .wait_ms = UNKNOWN_WAIT_MS, .has_held = true};
}

void hold_dispose(struct hold *hold)
{
	free(hold->said);
	*hold = (struct hold){.run = NULL};
}

bool hold_read_pools(struct fill_pools *ret_pools)
{
	static const char *const argv[] = {
		"dmsetup", "status", "--noflush", "--target", "thin-pool", NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = STATUS_TIMEOUT_MS};
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;

	/* No LVM in use: "No devices found". */
	if (proc_run(&spec, &result, NULL) != 0 || result.exit_code != 0)
		return false;
	fill_parse(str_text(&result.output), ret_pools);
	return true;
}

/* The highest level of the pools that the domain's disks lie in. */
static enum fill_level level_for(struct look *look, uint32_t domid)
{
	CLEANUP(strlist_dispose) struct strlist below = STRLIST_INIT;
	enum fill_level level = FILL_ROOM;
	int count = 0;
	libxl_device_disk *disks = libxl_device_disk_list(look->xen->ctx, domid, &count);

	for (int i = 0; disks && i < count; i++) {
		if (disks[i].pdev_path && disks[i].readwrite)
			below_list("/", disks[i].pdev_path, &below);
	}
	if (disks)
		libxl_device_disk_list_free(disks, count);
	for (size_t i = 0; i < look->pools.count; i++) {
		enum fill_level of_pool = fill_level(&look->pools.items[i]);

		if (of_pool > level && strlist_has(&below, look->pools.items[i].device))
			level = of_pool;
	}
	return level;
}

static int set_paused(struct look *look, const struct xen_domain *domain, bool is_paused)
{
	libxl_ctx *ctx = look->xen->ctx;
	int rc = is_paused ? libxl_domain_pause(ctx, domain->domid, NULL)
			   : libxl_domain_unpause(ctx, domain->domid, NULL);

	look->xen->last_error[0] = '\0';
	return rc;
}

static void pause_guest(
	struct look *look, const struct xen_domain *domain, enum fill_level level, const char *name)
{
	CLEANUP(mem_free_string)
	char *text = xasprintf("guest %s is paused: the pool that its disks are in is full", name);
	struct err err = ERR_INIT;

	/*
	 * Written first: a monitor that is killed in between leaves a guest that is paused at the
	 * brim, the other way round one that nobody lets go on.
	 */
	if (state_write_held(look->hold->run, domain->uuid, domain->domid, (int)level, &err) != 0)
		monlog("%s", err.text);
	if (set_paused(look, domain, true) != 0) {
		monlog("guest %s cannot be paused", name);
		/* It is no guest that somebody let go on: the next look tries again. */
		state_drop_held(look->hold->run, domain->uuid);
		return;
	}
	strlist_add(&look->held, name);
	monlog_loudly("STORAGE", text);
}

static void go_on(struct look *look, const struct xen_domain *domain, const char *name)
{
	if (set_paused(look, domain, false) != 0) {
		monlog("guest %s cannot be unpaused", name);
		strlist_add(&look->held, name);
		return;
	}
	state_drop_held(look->hold->run, domain->uuid);
	monlog("guest %s goes on: its pool has room again", name);
}

static void judge(struct look *look, const struct xen_domain *domain)
{
	int held = state_read_held(look->hold->run, domain->uuid, domain->domid);
	enum fill_level level;
	char *name;

	/* A domain that never ran is being built: xl unpauses it, then it is its turn. */
	if (domain->is_dying || domain->is_shut_down || (domain->is_paused && !domain->has_run))
		return;
	level = level_for(look, domain->domid);
	name = xen_name(look->xen, domain->domid);
	switch (fill_decide(level, (enum fill_level)held, domain->is_paused)) {
	case FILL_LEAVE:
		if (held != FILL_ROOM && domain->is_paused)
			strlist_add(&look->held, name);
		break;
	case FILL_PAUSE:
		pause_guest(look, domain, level, name);
		break;
	case FILL_GO_ON:
		go_on(look, domain, name);
		break;
	case FILL_FORGET:
		state_drop_held(look->hold->run, domain->uuid);
		break;
	}
	free(name);
}

/* What the banner, the status page and the log-in say until there is room. */
static void report(struct look *look)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(mem_free_string) char *names = strlist_join(&look->held);
	struct hold *hold = look->hold;

	for (size_t i = 0; i < look->pools.count; i++) {
		const struct fill_pool *pool = &look->pools.items[i];

		if (fill_level(pool) >= FILL_STOP ||
			(look->held.count && fill_level(pool) == FILL_NEAR))
			str_add(&text,
				"%spool %s is full (data %.1f %%, metadata %.1f %%): grow it with "
				"domus-host storage grow %s",
				text.len ? "; " : "", pool->name, fill_data_percent(pool),
				fill_meta_percent(pool), pool->name);
	}
	if (look->held.count)
		str_add(&text, "%spaused until there is room: %s", text.len ? "; " : "", names);
	if (text.len == 0) {
		if (hold->said)
			monlog_loudly("STORAGE", "the pools have room again");
		if (hold->said || hold->has_held)
			state_clear_trouble(hold->run, FAILED_NAME);
		mem_free_string(&hold->said);
	} else if (!hold->said || strcmp(hold->said, str_text(&text)) != 0) {
		(void)state_write_trouble(hold->run, FAILED_NAME, str_text(&text), NULL);
		if (!hold->said)
			monlog_loudly("STORAGE", str_text(&text));
		free(hold->said);
		hold->said = xstrdup(str_text(&text));
	}
	hold->has_held = look->held.count > 0;
}

static bool is_any_full(const struct fill_pools *pools)
{
	for (size_t i = 0; i < pools->count; i++) {
		if (fill_level(&pools->items[i]) >= FILL_STOP)
			return true;
	}
	return false;
}

int hold_look(struct hold *hold, struct xen *xen)
{
	struct look look = {
		.hold = hold, .xen = xen, .pools = FILL_POOLS_INIT, .held = STRLIST_INIT};
	struct xen_domains domains = {.item = NULL, .count = 0};
	int64_t now_ms = state_now_ms();
	int wait_ms;

	if (now_ms < hold->next_ms)
		return (int)(hold->next_ms - now_ms);
	/* Whoever is paused while pools do not answer stays so. */
	if (!hold_read_pools(&look.pools)) {
		hold->next_ms = now_ms + hold->wait_ms;
		return hold->wait_ms;
	}
	hold->wait_ms = wait_ms = fill_wait_ms(&look.pools);
	if ((is_any_full(&look.pools) || hold->has_held || hold->said) &&
		!state_is_stopping(hold->run) && xen_list(xen, &domains, NULL) == 0) {
		for (size_t i = 0; i < domains.count; i++)
			judge(&look, &domains.item[i]);
		xen_domains_dispose(&domains);
		report(&look);
		if (hold->said && wait_ms > HELD_WAIT_MS)
			wait_ms = HELD_WAIT_MS;
	}
	fill_dispose(&look.pools);
	strlist_dispose(&look.held);
	hold->next_ms = state_now_ms() + wait_ms;
	return wait_ms;
}
