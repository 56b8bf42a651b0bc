/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From one configuration to another on a running host: what is to be done, and doing it. */
#ifndef DOMUS_HOST_APPLY_H
#define DOMUS_HOST_APPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "changes.h"
#include "release.h"
#include "str.h"

/* A program that makes a changed file take effect. */
struct apply_step {
	struct strlist argv;
	char *input_path; /* file that it reads on standard input, or NULL */
};

/* Owns everything in it. */
struct apply_plan {
	struct changes changes;
	struct strlist refused;    /* changes of what only an installation can do */
	struct strlist hand_edits; /* generated files that somebody changed; they are made anew */
	struct apply_step *steps;
	size_t n_steps;
	bool needs_network;
	bool needs_pools;
	bool needs_confirm; /* it could lock the administrator out */
	bool needs_boot;    /* the boot loader's arguments change */
};

#define APPLY_PLAN_INIT \
	{.changes = CHANGES_INIT, .refused = STRLIST_INIT, .hand_edits = STRLIST_INIT}

/* Reads the generated files under root; changes nothing. */
void apply_plan_build(const char *root, const struct host_config *before,
	const struct host_config *after, struct apply_plan *ret_plan);
void apply_plan_dispose(struct apply_plan *plan);

/* Generated files under root that differ from what config makes. */
void apply_find_hand_edits(
	const char *root, const struct host_config *config, struct strlist *ret_paths);

/* Changes, files edited by hand and programs, for people. */
void apply_plan_describe(const struct apply_plan *plan, bool with_steps, struct str *ret_text);

/* Carries it out; what fails is said on standard error, and the rest goes on. Failures' count. */
int apply_execute(const char *root, const struct apply_plan *plan, const struct host_config *before,
	const struct host_config *after);

#endif
