/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts the guests of /etc/xen/auto. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libxlutil.h>

#include "dom0-rootfs/monitor/state.h"
#include "dom0-rootfs/monitor/xen.h"
#include "guests.h"
#include "mem.h"
#include "owner.h"
#include "proc.h"
#include "savedguest.h"

/* HVM with its QEMU takes seconds; a script that hangs must not hold up the others for ever. */
#define START_TIMEOUT_MS 180000
/* As long as domus-vm gives it. */
#define RESTORE_TIMEOUT_MS 1800000

/* NULL when it cannot be read: xl says why. */
static XLU_Config *read_config(const char *path)
{
	XLU_Config *config = xlu_cfg_init(stderr, path);

	if (config && xlu_cfg_readfile(config, path) != 0) {
		xlu_cfg_destroy(config);
		config = NULL;
	}
	return config;
}

static void close_config(XLU_Config **config)
{
	if (*config)
		xlu_cfg_destroy(*config);
}

/* A host's number is drawn for the first disk that needs it: other guests start without one. */
static int claim(const char *path, const char *uuid, const char *name, struct err *err)
{
	struct owner self;
	int rc = owner_self("/", uuid, name, &self, err);

	if (rc == 0)
		rc = owner_claim("/", path, &self, err);
	owner_dispose(&self);
	return rc;
}

static int claim_disk(
	XLU_Config *config, const char *text, const char *uuid, const char *name, struct err *err)
{
	libxl_device_disk disk;
	struct stat st;
	int rc = 0;

	libxl_device_disk_init(&disk);
	if (xlu_disk_parse(config, 1, &text, &disk) == 0 && disk.pdev_path && disk.readwrite &&
		!disk.is_cdrom && !(disk.script && strcmp(disk.script, "block-shared") == 0) &&
		stat(disk.pdev_path, &st) == 0 && S_ISREG(st.st_mode) &&
		owner_concerns("/", disk.pdev_path))
		rc = claim(disk.pdev_path, uuid, name, err);
	libxl_device_disk_dispose(&disk);
	return rc;
}

/* As domus-vm does: what other hosts may start from, too. The block script would say it in more words. */
static int claim_disks(XLU_Config *config, const char *name, struct err *err)
{
	XLU_ConfigList *list;
	const char *uuid = "", *text;
	int count = 0, rc = 0;

	if (!config || xlu_cfg_get_list(config, "disk", &list, &count, 1) != 0)
		return 0;
	(void)xlu_cfg_get_string(config, "uuid", &uuid, 1);
	for (int i = 0; rc == 0 && i < count; i++) {
		text = xlu_cfg_get_listitem(list, i);
		if (text)
			rc = claim_disk(config, text, uuid, name, err);
	}
	return rc;
}

static bool runs_already(struct xen *xen, const char *name)
{
	uint32_t domid;

	return libxl_name_to_domid(xen->ctx, name, &domid) == 0;
}

/* -e: xl leaves no process behind, domus-monitor looks after the guest. */
static int start_one(
	const char *run, const char *path, XLU_Config *config, const char *name, struct err *err)
{
	const char *const create[] = {"xl", "create", "-e", "-q", path, NULL};
	/* A guest that was saved goes on: begun anew, its memory would fit its disks no longer. */
	const char *const go_on[] = {"domus-vm", "restore", name, NULL};
	CLEANUP(mem_free_string) char *saved = savedguest_path("/", name);
	struct proc_spec spec = {.argv = saved ? go_on : create,
		.timeout_ms = saved ? RESTORE_TIMEOUT_MS : START_TIMEOUT_MS};

	/* domus-vm claims the disks of what it restores itself. */
	if ((!saved && claim_disks(config, name, err) != 0) || proc_run_ok(&spec, err) != 0) {
		(void)err_prefix(err, "guest %s: ", name);
		(void)state_write_failed(run, name, err->text, NULL);
		return -1;
	}
	state_clear_failed(run, name);
	return 0;
}

static int start_list(const char *run, const struct guests_starts *starts, int delay_s,
	struct xen *xen, struct err *err)
{
	/* At boot nobody reads along: there the first line tells what failed, if anything did. */
	bool is_chatty = isatty(STDOUT_FILENO);
	const struct guestturn *before = NULL;
	size_t failed = 0;

	for (size_t i = 0; i < starts->count; i++) {
		const struct guests_one *guest = &starts->items[i];
		CLEANUP(close_config) XLU_Config *config = NULL;

		if (runs_already(xen, guest->name)) {
			if (is_chatty)
				(void)printf("guest %s runs already\n", guest->name);
			continue;
		}
		config = read_config(guest->path);
		if (is_chatty)
			(void)printf("starting guest %s\n", guest->name);
		if (before)
			(void)sleep((unsigned)guests_pause_s(before, delay_s));
		before = &guest->turn;
		if (start_one(run, guest->path, config, guest->name, err) != 0) {
			(void)printf("%s\n", err->text);
			failed++;
		}
		(void)fflush(stdout);
	}
	if (failed > 0)
		return err_set(err, ERR_PROC, 0, "%zu guest%s could not be started", failed,
			failed == 1 ? "" : "s");
	/* Those that could not go on are still saved, and tried again. */
	return savedguest_forget_notes("/", err);
}

int guests_start_all(const char *run, const char *auto_dir, int delay_s, struct err *err)
{
	struct guests_starts starts;
	struct xen xen;
	int r = 0;

	if (guests_list_starts("/", auto_dir, &starts, err) != 0)
		return -1;
	if (starts.count > 0) {
		r = state_prepare(run, err) == 0 && xen_open(&xen, err) == 0 ? 0 : -1;
		if (r == 0) {
			r = start_list(run, &starts, delay_s, &xen, err);
			xen_close(&xen);
		}
	}
	guests_starts_dispose(&starts);
	return r;
}
