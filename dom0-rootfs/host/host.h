/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The subcommands of domus-host and what they are given. */
#ifndef DOMUS_HOST_H
#define DOMUS_HOST_H

#include <stdbool.h>

struct options {
	const char *root; /* --root, "/" without it */
	const char *conf; /* --conf, or NULL */
	bool is_json;     /* --json */
	bool is_dry_run;  /* --dry-run */
	bool is_live;     /* --live */
	char **args;      /* what is not an option */
	int n_args;
};

/* Each returns the program's exit code: 0, 1 for a failure, 2 for wrong use. */
int command_generate(const struct options *options);
int command_network(const struct options *options);
int command_check(const struct options *options);
int command_schema(const struct options *options);
int command_status(const struct options *options);
int command_banner(const struct options *options);

#endif
