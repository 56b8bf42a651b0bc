/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that decides an installation: the pages fill it, a file fills it, the planner reads it.
 * What a file can say is in config (the sections install, disk, storage, hook, boot belong to it).
 */
#ifndef DOMUS_SPEC_H
#define DOMUS_SPEC_H

#include "cfg.h"
#include "diskinv.h"
#include "err.h"
#include "hostconf.h"
#include "problem.h"

/* Drawn once, by main(); a dry run shows "(new)". */
struct install_ids {
	char esp[10]; /* "ABCD-1234" */
	char slot_a[37];
	char slot_b[37];
	char state[37];
	char library[37];
};

/* Owns everything in it. */
struct install_spec {
	struct host_config config;
	struct cfg cfg;  /* the file, for the lines of messages; empty without one */
	char *file_path; /* its name, or NULL: answers of the pages */
	struct install_ids ids;
};

void spec_init(struct install_spec *spec);
void spec_dispose(struct install_spec *spec);

/* True when the file or the pages say what the host is: a repair and an upgrade leave it as it is. */
bool spec_gives_settings(const struct install_spec *spec);

/* Reads a file strictly; every error is added to problems. -1 only when it cannot be read. */
int spec_read_file(
	struct install_spec *spec, const char *path, struct problems *problems, struct err *err);

/*
 * What keeps an installation from being planned, whatever the machine: licence, disk, login. Also
 * done by plan_build(). Contradictions inside config are hostconf_check()'s.
 */
void spec_check(const struct install_spec *spec, struct problems *problems);

/* Names this disk in [disk], by what tells it from the others: WWN, serial, or path. */
void spec_choose_disk(struct install_spec *spec, const struct disk_inventory *disks,
	const struct disk_info *disk);

/* "(new)" for each identity: for plans that are only shown. */
void spec_name_ids(struct install_spec *spec);

/* New random identities. */
int spec_draw_ids(struct install_spec *spec, struct err *err);

#endif
