/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making a guest anew through libxl, so that a worker killed midway loses nothing. */
#define _GNU_SOURCE
#include "recreate.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "affinity.h"
#include "file.h"
#include "mem.h"
#include "monlog.h"
#include "proc.h"
#include "state.h"
#include "xlproc.h"

/* The memory of a destroyed guest comes back page by page. xl just sleeps two seconds. */
#define MEMORY_WAIT_MS 30000
#define CREATE_TRIES 3
#define CREATE_PAUSE_MS 3000
#define RESUME_TRIES 3
/* HVM with its QEMU takes seconds; a block script that hangs has libxl's own limit of 40 s. */
#define XL_TIMEOUT_MS 180000

int recreate_read_config(
	struct xen *xen, uint32_t domid, libxl_domain_config *config, struct err *err)
{
	uint8_t *json = NULL;
	int len = 0;
	int rc = libxl_retrieve_domain_configuration(xen->ctx, domid, config, NULL);

	if (rc == 0) {
		affinity_keep(xen->ctx, domid, true, config);
		return 0;
	}
	/* Its QEMU may be dead: then the configuration as it was at creation is better than none. */
	libxl_domain_config_dispose(config);
	libxl_domain_config_init(config);
	if (libxl_userdata_retrieve(xen->ctx, domid, "libxl-json", &json, &len) == 0 && len > 0) {
		char *text = xstrndup((const char *)json, (size_t)len);

		rc = libxl_domain_config_from_json(xen->ctx, config, text);
		free(text);
		free(json);
		if (rc == 0) {
			xen->last_error[0] = '\0';
			return 0;
		}
		return xen_err(xen, err, rc, "its stored configuration cannot be read");
	}
	free(json);
	xen->last_error[0] = '\0';
	return err_set(err, ERR_MISSING, 0, "no configuration is stored with it");
}

/*
 * What differs between a first start and a restart. Here belongs, later: a guest whose NAME.cfg
 * says "installer only for the first start" gets its own boot method instead of the installer's
 * kernel or CD before CONFIG is used.
 */
static void prepare_restart(libxl_domain_config *config)
{
	/* Xen numbers it: the old number may not be used again for a minute (libxl's history). */
	config->c_info.domid = XEN_NO_DOMID;
}

static void wait_for_memory(const struct recreate *job, libxl_domain_config *config)
{
	int64_t end_ms = state_now_ms() + MEMORY_WAIT_MS;
	uint64_t need_kib, free_kib;

	if (libxl_domain_need_memory(job->xen->ctx, config, XEN_NO_DOMID, &need_kib) != 0)
		return;
	while (libxl_get_free_memory(job->xen->ctx, &free_kib) == 0 && free_kib < need_kib) {
		if (state_now_ms() >= end_ms) {
			monlog("guest %s: needs %llu MiB, %llu MiB are free; trying nevertheless",
				job->name, (unsigned long long)need_kib >> 10,
				(unsigned long long)free_kib >> 10);
			return;
		}
		(void)poll(NULL, 0, 100);
	}
}

/* One try, on a copy: libxl fills in what a failed try should not hand to the next one. */
static int create_once(const struct recreate *job, uint32_t *ret_domid, struct err *err)
{
	libxl_domain_config config;
	uint32_t domid = XEN_NO_DOMID;
	int rc;

	job->xen->last_error[0] = '\0';
	libxl_domain_config_init(&config);
	libxl_domain_config_copy(job->xen->ctx, &config, &job->config);
	prepare_restart(&config);
	wait_for_memory(job, &config);
	rc = libxl_domain_create_new(job->xen->ctx, &config, &domid, NULL, NULL);
	libxl_domain_config_dispose(&config);
	if (rc != 0) {
		if (domid != XEN_NO_DOMID)
			(void)libxl_domain_destroy(job->xen->ctx, domid, NULL);
		return xen_err(job->xen, err, rc, "cannot start guest %s again", job->name);
	}
	*ret_domid = domid;
	return 0;
}

/* The name is how libxl keeps two domains from being one guest: whoever has it, runs. */
static bool name_is_taken(const struct recreate *job, uint32_t *ret_domid)
{
	return libxl_name_to_domid(job->xen->ctx, job->config.c_info.name, ret_domid) == 0;
}

static void record_life(const struct recreate *job)
{
	struct decide_life life = {.born_ms = state_now_ms(), .short_lives = job->short_lives};

	(void)state_write_life(job->run, job->uuid, &life, NULL);
}

static int create(const struct recreate *job, uint32_t old_domid, struct err *err)
{
	uint32_t domid;
	int rc;

	for (int try = 1;; try++) {
		if (name_is_taken(job, &domid)) {
			if (domid == old_domid)
				return err_set(err, ERR_PROC, 0,
					"its old domain %u does not go away", domid);
			monlog("guest %s was started meanwhile (domain %u)", job->name, domid);
			return 0;
		}
		if (create_once(job, &domid, err) == 0)
			break;
		if (try == CREATE_TRIES || state_is_stopping(job->run))
			return -1;
		monlog("%s; trying again", err->text);
		(void)poll(NULL, 0, CREATE_PAUSE_MS);
	}
	record_life(job);
	rc = libxl_domain_unpause(job->xen->ctx, domid, NULL);
	if (rc != 0)
		return xen_err(job->xen, err, rc, "cannot unpause guest %s", job->name);
	monlog("guest %s runs again (domain %u)", job->name, domid);
	state_clear_failed(job->run, job->name);
	return 0;
}

/* `xl config-update` stored a configuration in xl's own words: only xl can read it. */
static int create_by_xl(const struct recreate *job, const char *text, size_t len, struct err *err)
{
	char path[256];
	const char *const argv[] = {"xl", "create", "-e", "-q", path, NULL};
	struct proc_spec spec = {.argv = argv, .timeout_ms = XL_TIMEOUT_MS};
	int r;

	(void)snprintf(path, sizeof(path), "%s/monitor/%s.cfg", job->run, job->uuid);
	if (file_write("/", path, text, len, 0600, err) != 0)
		return -1;
	record_life(job);
	r = proc_run_ok(&spec, err);
	(void)file_remove("/", path, NULL);
	if (r != 0)
		return err_prefix(err, "cannot start guest %s again: ", job->name);
	monlog("guest %s runs again, with its updated configuration", job->name);
	state_clear_failed(job->run, job->name);
	return 0;
}

/* From here on a killed worker is no loss: the next one finds the record and goes on. */
static int begin(const struct recreate *job, uint32_t domid, struct err *err)
{
	struct state_restart restart = {.old_domid = domid};
	int r;

	restart.json = libxl_domain_config_to_json(
		job->xen->ctx, (libxl_domain_config *)(uintptr_t)&job->config);
	if (!restart.json)
		return err_set(err, ERR_INVALID, 0, "cannot write down the guest's configuration");
	r = state_write_restart(job->run, job->uuid, &restart, err);
	state_restart_dispose(&restart);
	return r;
}

int recreate_restart(const struct recreate *job, uint32_t domid, struct err *err)
{
	uint8_t *updated = NULL;
	int updated_len = 0;
	int rc, r;

	if (libxl_userdata_retrieve(job->xen->ctx, domid, "xl", &updated, &updated_len) != 0)
		updated_len = 0;
	if (begin(job, domid, err) != 0) {
		free(updated);
		return -1;
	}
	rc = libxl_domain_destroy(job->xen->ctx, domid, NULL);
	/* As xl: a device that would not go is no reason to stay down; the creation tells. */
	if (rc != 0)
		monlog("guest %s: domain %u was not removed cleanly (libxl error %d)", job->name,
			domid, rc);
	if (updated_len > 0)
		r = create_by_xl(job, (const char *)updated, (size_t)updated_len, err);
	else
		r = create(job, domid, err);
	free(updated);
	state_drop_restart(job->run, job->uuid);
	return r;
}

int recreate_beside(const struct recreate *job, uint32_t domid, struct err *err)
{
	libxl_domain_config *config = (libxl_domain_config *)(uintptr_t)&job->config;
	time_t now = time(NULL);
	libxl_uuid uuid;
	char suffix[24];
	struct tm tm;
	int rc, r;

	if (!gmtime_r(&now, &tm) || strftime(suffix, sizeof(suffix), "-%Y%m%dT%H%M%SZ", &tm) == 0)
		return err_set(err, ERR_INVALID, 0, "the clock makes no sense");
	if (begin(job, domid, err) != 0)
		return -1;
	libxl_uuid_generate(&uuid);
	rc = libxl_domain_preserve(job->xen->ctx, domid, &config->c_info, suffix, uuid);
	if (rc != 0) {
		state_drop_restart(job->run, job->uuid);
		return xen_err(
			job->xen, err, rc, "cannot keep domain %u under another name", domid);
	}
	monlog("guest %s: its old domain %u is kept as %s%s", job->name, domid, job->name, suffix);
	r = create(job, domid, err);
	state_drop_restart(job->run, job->uuid);
	return r;
}

int recreate_soft_reset(const struct recreate *job, uint32_t domid, struct err *err)
{
	libxl_domain_config *config = (libxl_domain_config *)(uintptr_t)&job->config;
	int rc = libxl_domain_soft_reset(job->xen->ctx, config, domid, NULL, NULL);

	if (rc != 0) {
		(void)xen_err(job->xen, err, rc, "soft reset of guest %s failed", job->name);
		(void)libxl_domain_destroy(job->xen->ctx, domid, NULL);
		return -1;
	}
	record_life(job);
	rc = libxl_domain_unpause(job->xen->ctx, domid, NULL);
	if (rc != 0)
		return xen_err(job->xen, err, rc, "cannot unpause guest %s", job->name);
	return 0;
}

/* What a killed worker left of the guest it was making. */
enum remains {
	REMAINS_NOTHING, /* the guest is down: make it */
	REMAINS_OLD,     /* the old domain is still there, shut down: it is found as such */
	REMAINS_DYING,   /* the old domain is going: wait */
	REMAINS_WHOLE,   /* the new domain is complete */
	REMAINS_HALF,    /* the new domain was being built */
};

static bool has_config(struct xen *xen, uint32_t domid)
{
	uint8_t *json = NULL;
	int len = 0;
	bool found =
		libxl_userdata_retrieve(xen->ctx, domid, "libxl-json", &json, &len) == 0 && len > 0;

	free(json);
	return found;
}

static int look_for_remains(struct xen *xen, const char *uuid, uint32_t old_domid,
	enum remains *ret_remains, struct xen_domain *ret_domain, struct err *err)
{
	enum remains remains = REMAINS_NOTHING;
	struct xen_domains domains;

	if (xen_list(xen, &domains, err) != 0)
		return -1;
	for (size_t i = 0; i < domains.count; i++) {
		const struct xen_domain *domain = &domains.item[i];

		if (strcmp(domain->uuid, uuid) != 0 || xen_is_preserved(xen, domain))
			continue;
		if (domain->domid == old_domid)
			remains = domain->is_dying ? REMAINS_DYING : REMAINS_OLD;
		else if (domain->is_dying)
			remains = REMAINS_DYING;
		else
			/* libxl stores the configuration as the last step of a creation. */
			remains = has_config(xen, domain->domid) ? REMAINS_WHOLE : REMAINS_HALF;
		*ret_domain = *domain;
	}
	xen_domains_dispose(&domains);
	*ret_remains = remains;
	return 0;
}

/* An xl that is creating something right now may be creating this very guest, for the user. */
static bool xl_is_creating(void)
{
	struct xlproc_list list;
	bool found = false;

	if (xlproc_find("/proc", &list, NULL) != 0)
		return false;
	for (size_t i = 0; i < list.count; i++)
		found = found || list.item[i].phase == XLPROC_SILENT;
	xlproc_list_dispose(&list);
	return found;
}

static int resume_from(const struct recreate *job, enum remains remains,
	const struct xen_domain *domain, struct err *err)
{
	switch (remains) {
	case REMAINS_OLD:
		return 0;
	case REMAINS_DYING:
		return 1;
	case REMAINS_WHOLE:
		if (domain->is_paused && !domain->has_run)
			(void)libxl_domain_unpause(job->xen->ctx, domain->domid, NULL);
		return 0;
	case REMAINS_HALF:
		if (xl_is_creating())
			return 1;
		monlog("guest %s: its restart was cut short; removing the half-made domain %u",
			job->name, domain->domid);
		(void)libxl_domain_destroy(job->xen->ctx, domain->domid, NULL);
		break;
	case REMAINS_NOTHING:
		break;
	}
	monlog("guest %s: taking up its restart again", job->name);
	return create(job, XEN_NO_DOMID, err);
}

/* Counts the try before it is made: a restart that kills its worker must come to an end. */
static int resume_try(struct recreate *job, struct state_restart *restart, struct err *err)
{
	enum remains remains;
	struct xen_domain domain = {0};
	int rc = libxl_domain_config_from_json(job->xen->ctx, &job->config, restart->json);

	if (rc != 0 || !job->config.c_info.name)
		return xen_err(
			job->xen, err, rc, "a restart was cut short and its record is broken");
	job->name = job->config.c_info.name;
	if (look_for_remains(job->xen, job->uuid, restart->old_domid, &remains, &domain, err) != 0)
		return -1;
	if (remains == REMAINS_NOTHING || remains == REMAINS_HALF) {
		if (++restart->tries > RESUME_TRIES)
			return err_set(err, ERR_PROC, 0,
				"guest %s: its restart was cut short %d times; it stays down",
				job->name, RESUME_TRIES + 1);
		(void)state_write_restart(job->run, job->uuid, restart, NULL);
	}
	return resume_from(job, remains, &domain, err);
}

int recreate_resume(struct xen *xen, const char *run, const char *uuid, struct err *err)
{
	struct recreate job = {.xen = xen, .run = run, .uuid = uuid};
	struct state_restart restart;
	int r;

	if (state_read_restart(run, uuid, &restart, err) != 0) {
		if (err->code == ERR_MISSING)
			return 0;
		state_drop_restart(run, uuid);
		return -1;
	}
	libxl_domain_config_init(&job.config);
	r = resume_try(&job, &restart, err);
	if (r != 1)
		state_drop_restart(run, uuid);
	if (r < 0 && job.name)
		(void)state_write_failed(run, job.name, err->text, NULL);
	libxl_domain_config_dispose(&job.config);
	state_restart_dispose(&restart);
	return r;
}
