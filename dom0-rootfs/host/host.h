/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The subcommands of domus-host and what they are given. */
#ifndef DOMUS_HOST_H
#define DOMUS_HOST_H

#include <stdbool.h>

#include "err.h"

struct options {
	const char *root; /* --root, "/" without it */
	const char *conf; /* --conf, or NULL */
	bool is_json;     /* --json */
	bool is_dry_run;  /* --dry-run */
	bool is_live;     /* --live */
	bool is_sure;     /* --yes */
	bool is_template; /* --template */
	unsigned seconds; /* --timeout, 0 without it */
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
int command_get(const struct options *options);
int command_set(const struct options *options);
int command_unset(const struct options *options);
int command_edit(const struct options *options);
int command_apply(const struct options *options);
int command_undo(const struct options *options);
int command_confirm(const struct options *options);
int command_diff(const struct options *options);
int command_save(const struct options *options);
int command_boot(const struct options *options);
int command_healthy(const struct options *options);
int command_passwd(const struct options *options);
int command_users(const struct options *options);
int command_peer(const struct options *options);
int command_time(const struct options *options);
int command_keyboard(const struct options *options);
int command_services(const struct options *options);
int command_logs(const struct options *options);
int command_diagnostics(const struct options *options);
int command_storage(const struct options *options);
int command_disks(const struct options *options);
int command_reboot(const struct options *options);
int command_poweroff(const struct options *options);
int command_console(const struct options *options);

/* Says an error, as {"outcome": "failed", "error": TEXT} when JSON is wanted; always 1. */
int host_fail(const struct options *options, const struct err *err);
/*
 * Says what was done: text (lines, or ""), or for JSON {"outcome": WORD, "text": [LINE...]} with a word of
 * "done", "written", "nothing". Always 0.
 */
int host_done(const struct options *options, const char *outcome, const char *text);
/* Prints a value of jansson's, which it takes over. */
struct json_t;
void host_print_json(struct json_t *value);
/* A text for JSON, with '?' for bytes that are no text. */
struct json_t *host_json_text(const char *text);

#endif
