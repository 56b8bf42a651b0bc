/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a specification and a machine to the plain list of operations that installs Domus. Pure:
 * no I/O, no clock, no random number. Same input, same plan.
 */
#ifndef DOMUS_PLAN_H
#define DOMUS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine.h"
#include "problem.h"
#include "spec.h"
#include "str.h"

/* Where an installation keeps its files while it runs, and its mount points. */
#define PLAN_DIR "/run/domus/install"
#define PLAN_LOG PLAN_DIR "/log"
#define PLAN_TARGET PLAN_DIR "/target"

enum plan_verb {
	PLAN_RUN,       /* argv is a program with its arguments */
	PLAN_WIPE,      /* DISK: both ends overwritten: no table, no boot code */
	PLAN_WAIT,      /* PATH...: until these device nodes are there */
	PLAN_MKDIR,     /* PATH */
	PLAN_MOUNT,     /* DEVICE DIR TYPE [OPTIONS] */
	PLAN_UMOUNT,    /* DIR */
	PLAN_COPY,      /* FROM TO: a file */
	PLAN_COPY_DIR,  /* FROM TO: the files of a directory */
	PLAN_COPY_SLOT, /* MEDIUM SLOT COMPONENT...: a release, compared with its sums */
	PLAN_WRITE,     /* PATH MODE; content is in data */
	PLAN_BOOT_CODE, /* DISK BOOT-IMAGE CORE-IMAGE FIRST-SECTOR: GRUB for BIOS */
	PLAN_POKE,      /* PATH; overwrites the file's first sector in place with data */
	PLAN_HOOK,      /* NAME SECONDS; the script is in data */
	/* CONF ARGS MEMORY-MIB: args.cfg from host.conf; data: a new root password. With COMPONENT
	 * FILE...: that is added to host.conf first, and to what there is of these files. */
	PLAN_HOST_CONF,
	PLAN_SYNC,  /* DISK: nothing that was written stays in memory or in its cache */
	PLAN_NVRAM, /* DISK PARTITION DIR: entry in the firmware's boot menu; DIR: its variables */
};

struct plan_op {
	enum plan_verb verb;
	char *title; /* what a user reads while it runs */
	struct strlist argv;
	struct str data;
	struct strlist undo; /* program that undoes it, empty: nothing to undo */
	unsigned weight;     /* share of the whole time, in tenths of a second */
	bool is_secret;      /* data is not shown */
	bool is_optional;    /* its failure is a warning */
};

/* Owns everything in it. */
struct plan {
	struct plan_op *ops;
	size_t n_ops;
	const struct disk_info *disk; /* of the machine; NULL when no disk is touched */
	bool is_new;                  /* the whole disk; otherwise its guests and settings stay */
	struct strlist summary;       /* the installation in some lines */
	struct strlist destroyed;     /* what will be lost, a line each; empty: the disk is empty */
	struct strlist notes;         /* what the user should know: no VT-x, ... */
};

#define PLAN_INIT                          \
	{.ops = NULL,                      \
		.n_ops = 0,                \
		.disk = NULL,              \
		.is_new = false,           \
		.summary = STRLIST_INIT,   \
		.destroyed = STRLIST_INIT, \
		.notes = STRLIST_INIT}

/*
 * 0 and a plan; or -1 and the reasons, all of them, as errors in problems, with their lines where
 * the specification came from a file. ret_plan is the caller's to dispose in any case.
 */
int plan_build(const struct install_spec *spec, const struct machine *machine,
	struct plan *ret_plan, struct problems *problems);
void plan_dispose(struct plan *plan);

/* The plan as dry run, last page and log show it. is_dry: identities as "(new)". */
void plan_print(const struct plan *plan, struct str *ret_text);

/* Why this disk cannot be chosen at all, for the disk page; NULL: it can. The caller frees. */
char *plan_disk_refusal(const struct install_spec *spec, const struct machine *machine,
	const struct disk_info *disk);

/* Smallest disk that the specification's sizes fit on. */
uint64_t plan_least_bytes(const struct install_spec *spec);

/* dom0's memory and vCPUs as they will be, proposed where the file says auto. */
struct plan_dom0 {
	uint64_t memory_mib;
	unsigned n_vcpus;
	uint64_t guests_mib; /* what is left for guests */
};
void plan_dom0(
	const struct install_spec *spec, const struct machine *machine, struct plan_dom0 *ret_dom0);

#endif
