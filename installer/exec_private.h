/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the executor share. */
#ifndef DOMUS_EXEC_PRIVATE_H
#define DOMUS_EXEC_PRIVATE_H

#include <stdint.h>

#include "err.h"
#include "plan.h"

/* Called by long operations: done of total, any unit. */
struct exec_progress {
	void (*report)(void *context, uint64_t done, uint64_t total);
	void *context;
};

/* One line, or the lines of a program's output, to the log. */
void exec_log(const char *fmt, ...) ATTR_PRINTF(1, 2);

/* Carries out one operation. */
int exec_op(const struct plan_op *op, const struct exec_progress *progress, struct err *err);

/* Runs a program to its end; its output goes to the log. */
int exec_run(const struct strlist *argv, unsigned timeout_ms, struct err *err);

/* exec_copy.c */
int exec_copy_file(const char *from, const char *to, struct err *err);
int exec_copy_dir(const char *from, const char *to, struct err *err);
int exec_copy_slot(
	const struct strlist *argv, const struct exec_progress *progress, struct err *err);

/* exec_disk.c */
int exec_wipe(const char *path, struct err *err);
int exec_boot_code(const char *disk, const char *boot_image, const char *core_image,
	uint64_t first_sector, struct err *err);
int exec_sync(const char *disk, struct err *err);
int exec_poke(const char *path, const struct str *data, struct err *err);

/* exec_nvram.c: the partition of that number in the firmware's boot menu; dir: efivarfs. */
int exec_nvram(const char *disk, unsigned number, const char *dir, struct err *err);

/* exec_conf.c */
int exec_host_conf(const struct plan_op *op, struct err *err);

#endif
