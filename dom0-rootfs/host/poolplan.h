/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is done to make a pool, grow one, start and stop one: plans that are shown or executed. */
#ifndef DOMUS_HOST_POOLPLAN_H
#define DOMUS_HOST_POOLPLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "hostconf.h"
#include "storage.h"
#include "str.h"

/* Where directory and NFS pools are mounted, each under its name. */
#define POOL_DIR "/srv/pools"

/* One program; undo takes it back, empty: nothing to take back. */
struct pool_step {
	struct strlist argv;
	struct strlist undo;
	char *dir;           /* made before the program is run, or NULL */
	unsigned timeout_ms; /* 0: the usual */
};

/* Owns everything in it. */
struct pool_plan {
	struct pool_step *steps;
	size_t count;
};

#define POOL_PLAN_INIT {.steps = NULL, .count = 0}

/* ---- pure */

/* The pool starts (volumes active, file system mounted) or stops. */
void poolplan_up(const struct host_pool *pool, struct pool_plan *plan);
void poolplan_down(const struct host_pool *pool, struct pool_plan *plan);
/* A thin pool or a file system on an empty disk; what the host's file will say of it. uuid: of the file system. */
void poolplan_make(const char *name, enum host_pool_type type, const char *disk, const char *uuid,
	uint64_t disk_bytes, struct pool_plan *plan, char **ret_source);
/* A thin pool takes over a disk, or with disk NULL what its group has left. */
void poolplan_grow(
	const struct pool *pool, const char *disk, uint64_t disk_bytes, struct pool_plan *plan);
void poolplan_show(const struct pool_plan *plan, struct str *ret_text);
void poolplan_dispose(struct pool_plan *plan);

/* ---- doing it */

/* When a step fails those before it are undone. */
int poolplan_execute(const char *root, const struct pool_plan *plan, struct err *err);
void poolplan_undo(const struct pool_plan *plan, size_t n_done);

#endif
