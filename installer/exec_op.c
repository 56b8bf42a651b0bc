/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carries out single operations of a plan. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#include "exec_private.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "proc.h"

enum { WAIT_TENTHS = 200, UMOUNT_TENTHS = 100, PROGRAM_LIMIT_MS = 30 * 60 * 1000 };

static void wait_tenth(void)
{
	const struct timespec t = {.tv_nsec = 100 * 1000 * 1000};
	(void)nanosleep(&t, NULL);
}

int exec_run(const struct strlist *argv, unsigned timeout_ms, struct err *err)
{
	const struct proc_spec spec = {
		.argv = (const char *const *)argv->items, .timeout_ms = timeout_ms};
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	int rc = proc_run(&spec, &result, err);
	if (result.output.len)
		exec_log("%s", str_text(&result.output));
	if (result.errors.len)
		exec_log("%s", str_text(&result.errors));
	if (rc < 0)
		return -1;
	if (result.exit_code == 0)
		return 0;
	size_t len;
	const char *line = proc_last_line(&result.errors, &len);
	return err_set(err, ERR_PROC, 0, _("%s failed (status %d)%s%.*s"), argv->items[0],
		result.exit_code, len ? ": " : "", (int)len, line);
}

static int wait_for(const struct strlist *paths, struct err *err)
{
	for (size_t i = 0; i < paths->count; i++) {
		int tenths = 0;
		while (access(paths->items[i], F_OK) != 0 && tenths++ < WAIT_TENTHS)
			wait_tenth();
		if (tenths > WAIT_TENTHS)
			return err_set(err, ERR_TIMEOUT, 0,
				_("%s has not appeared: the kernel did not take the new partitions; "
				  "restart and try again"),
				paths->items[i]);
	}
	return 0;
}

static int mount_device(const struct strlist *argv, struct err *err)
{
	const char *device = argv->items[0];
	const char *dir = argv->items[1];
	const char *type = argv->items[2];
	/* FAT has no modes and owners; "quiet" lets them be set in vain. */
	const char *options = strcmp(type, "vfat") == 0 ? "quiet" : "";
	if (file_make_dirs("/", dir, 0700, err) < 0)
		return -1;
	if (mount(device, dir, type, MS_NOATIME, options) < 0)
		return err_set(err, ERR_IO, errno, _("cannot mount %s (%s)"), device, type);
	return 0;
}

static int unmount_dir(const char *dir, struct err *err)
{
	int tenths = 0;
	while (umount2(dir, 0) < 0) {
		if (errno != EBUSY || tenths++ >= UMOUNT_TENTHS)
			return err_set(err, ERR_IO, errno, _("cannot unmount %s"), dir);
		wait_tenth();
	}
	return 0;
}

static int write_file(const struct plan_op *op, struct err *err)
{
	const char *path = op->argv.items[0];
	CLEANUP(mem_free_string) char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	mode_t mode = (mode_t)strtoul(op->argv.items[1], NULL, 8);
	if (file_make_dirs("/", dir, 0755, err) < 0)
		return -1;
	return file_write("/", path, str_text(&op->data), op->data.len, mode, err);
}

static int run_hook(const struct plan_op *op, struct err *err)
{
	CLEANUP(mem_free_string) char *path = xasprintf(PLAN_DIR "/hook-%s", op->argv.items[0]);
	CLEANUP(strlist_dispose) struct strlist argv = STRLIST_INIT;
	unsigned seconds = (unsigned)strtoul(op->argv.items[1], NULL, 10);
	if (file_write("/", path, str_text(&op->data), op->data.len, 0700, err) < 0)
		return -1;
	strlist_add(&argv, "env");
	strlist_add(&argv, "DOMUS_TARGET=" PLAN_TARGET);
	strlist_add(&argv, "sh");
	strlist_add(&argv, path);
	if (exec_run(&argv, seconds * 1000, err) < 0)
		return err_prefix(err, _("hook %s: "), op->argv.items[0]);
	return 0;
}

int exec_op(const struct plan_op *op, const struct exec_progress *progress, struct err *err)
{
	char *const *word = op->argv.items;
	switch (op->verb) {
	case PLAN_RUN:
		return exec_run(&op->argv, PROGRAM_LIMIT_MS, err);
	case PLAN_WIPE:
		return exec_wipe(word[0], err);
	case PLAN_WAIT:
		return wait_for(&op->argv, err);
	case PLAN_MKDIR:
		return file_make_dirs("/", word[0], 0755, err);
	case PLAN_MOUNT:
		return mount_device(&op->argv, err);
	case PLAN_UMOUNT:
		return unmount_dir(word[0], err);
	case PLAN_COPY:
		return exec_copy_file(word[0], word[1], err);
	case PLAN_COPY_DIR:
		return exec_copy_dir(word[0], word[1], err);
	case PLAN_COPY_SLOT:
		return exec_copy_slot(&op->argv, progress, err);
	case PLAN_WRITE:
		return write_file(op, err);
	case PLAN_BOOT_CODE:
		return exec_boot_code(word[0], word[1], word[2], strtoull(word[3], NULL, 10), err);
	case PLAN_POKE:
		return exec_poke(word[0], &op->data, err);
	case PLAN_HOOK:
		return run_hook(op, err);
	case PLAN_HOST_CONF:
		return exec_host_conf(op, err);
	case PLAN_SYNC:
		return exec_sync(word[0], err);
	case PLAN_NVRAM:
		return exec_nvram(word[0], (unsigned)strtoul(word[1], NULL, 10), word[2], err);
	}
	return 0;
}
