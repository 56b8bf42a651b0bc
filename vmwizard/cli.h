/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of domus-vm: what its commands share. */
#ifndef VMWIZARD_CLI_H
#define VMWIZARD_CLI_H

#include <jansson.h>
#include <stdbool.h>

#include "vmwizard/action.h"
#include "vmwizard/session.h"

enum { CLI_OK, CLI_FAILED, CLI_USAGE };

struct cli {
	const char *root;
	const char *facts;                               /* --facts */
	const char *profile_dir;                         /* --profiles */
	const char *os, *method, *name;                  /* of create without a file */
	bool is_quiet;                                   /* no word about what goes well */
	const char *start_order, *start_delay, *at_stop; /* of autostart */
	const char *pool;                                /* of library add */
	const char *resolve;                             /* of migrate: "here", "there" */
	bool is_json, is_dry, is_sure, is_kept, with_disks, with_console, is_offline, is_forced,
		removes;
	unsigned timeout_s;
	uint64_t shown_mib; /* of the progress line, plus one; 0 none yet */
	char **args;        /* behind the command */
	int n_args;
	struct session session;
};

/* Commands, by file. Each returns an exit code and has said what went wrong. */
int cli_list(struct cli *cli);
int cli_info(struct cli *cli);
int cli_host(struct cli *cli);
int cli_create(struct cli *cli);
int cli_check(struct cli *cli);
int cli_profiles(struct cli *cli);
int cli_schema(struct cli *cli);
int cli_fetch(struct cli *cli);
int cli_library(struct cli *cli);
int cli_first_boot(struct cli *cli);
int cli_start(struct cli *cli);
int cli_shutdown(struct cli *cli);
int cli_reboot(struct cli *cli);
int cli_destroy(struct cli *cli);
int cli_pause(struct cli *cli);
int cli_unpause(struct cli *cli);
int cli_save(struct cli *cli);
int cli_restore(struct cli *cli);
int cli_delete(struct cli *cli);
int cli_rename(struct cli *cli);
int cli_clone(struct cli *cli);
int cli_memory(struct cli *cli);
int cli_set_memory(struct cli *cli);
int cli_set_vcpus(struct cli *cli);
int cli_pin(struct cli *cli);
int cli_weight(struct cli *cli);
int cli_autostart(struct cli *cli);
int cli_attach_disk(struct cli *cli);
int cli_detach_disk(struct cli *cli);
int cli_attach_nic(struct cli *cli);
int cli_detach_nic(struct cli *cli);
int cli_cdrom(struct cli *cli);
int cli_migrate(struct cli *cli);
int cli_receive(struct cli *cli);
int cli_settle(struct cli *cli);
int cli_console(struct cli *cli);
int cli_vnc(struct cli *cli);
int cli_snapshot(struct cli *cli);

/* For a guest: commands are shown as they are run, unless JSON is printed. */
struct vm_action cli_action(const struct cli *cli, const char *name);
/* Without Xen nothing can be done to a guest. */
int cli_want_xen(const struct cli *cli, struct err *err);
/* "domus-vm: TEXT" on standard error; returns CLI_FAILED. */
int cli_fail(const struct err *err);
/* Profiles of the session: from --profiles, the image, or the source tree beside us. */
int cli_load_profiles(struct cli *cli, struct err *err);
/* Asks at a terminal; a script has decided. */
bool cli_is_sure(const struct cli *cli, const char *question);
/* For something long, context the struct cli: a line on a terminal. Always true. */
bool cli_say_amount(void *context, uint64_t done, uint64_t total);
/* Prints and frees. */
void cli_print_json(json_t *json);
/* Gives this process to xl's console. */
int cli_attach_console(struct cli *cli, const char *name);

/* Makes all guests of a text (what: its name for messages); used by create and first-boot. */
int cli_create_text(struct cli *cli, const char *text, size_t len, const char *what);

#endif
