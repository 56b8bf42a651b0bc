/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The subcommands of domus-install and what they are given. */
#ifndef DOMUS_COMMANDS_H
#define DOMUS_COMMANDS_H

#include <stdbool.h>

struct options {
	const char *file;      /* the argument, of those that take one */
	const char *inventory; /* --inventory, or NULL: this machine's */
	bool is_json;          /* --json */
	const char *root;      /* --root, or NULL: where /usr/share lies */
	const char *output;    /* --output, or NULL: file for the answers of the pages */
	const char *wait;      /* --wait, or NULL: seconds before the restart after an error */
	bool is_sample;        /* --sample */
	bool is_yes;           /* --yes */
	bool is_dry_run;       /* --dry-run */
};

/* Each returns the program's exit code: 0, 1 for a failure, 2 for wrong use. */
int command_pages(const struct options *options); /* pages/command.c */
int command_check(const struct options *options);
int command_plan(const struct options *options);
int command_apply(const struct options *options);
int command_unattended(const struct options *options);
int command_confirm(const struct options *options);
int command_add(const struct options *options);
int command_status(const struct options *options);
int command_inventory(const struct options *options);
int command_schema(const struct options *options);

#endif
