/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of domus-vm share. */
#include "vmwizard/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"

int cli_fail(const struct err *err)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "domus-vm: %s\n", err->text);
	return CLI_FAILED;
}

void cli_print_json(json_t *json)
{
	char *text =
		json_dumps(json, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6));
	(void)printf("%s\n", text ? text : "null");
	free(text);
	json_decref(json);
}

int cli_load_profiles(struct cli *cli, struct err *err)
{
	struct problems problems = PROBLEMS_INIT;
	/* In the source tree, `build/run domus-vm check FILE` judges by the tree's own. */
	const char *dir = cli->profile_dir ? cli->profile_dir : "configs/os";
	if (!cli->profile_dir && session_load_profiles(&cli->session, NULL) == 0 &&
		cli->session.profiles.count > 0)
		return 0;
	CLEANUP(mem_free_string) char *absolute = file_absolute(dir);
	profiles_dispose(&cli->session.profiles);
	int rc = profiles_load("/", absolute, &cli->session.profiles, &problems, err);
	if (rc == 0 && problems.errors > 0)
		rc = err_set(err, ERR_INVALID, 0, "%s", problems_first(&problems)->text);
	else if (rc == 0 && cli->session.profiles.count == 0)
		rc = err_set(err, ERR_MISSING, 0, _("no profiles in %s"), dir);
	problems_dispose(&problems);
	return rc;
}

int cli_attach_console(struct cli *cli, const char *name)
{
	const struct vm_action action = {.root = cli->root, .xen = cli->session.xen, .name = name};
	CLEANUP(strlist_dispose) struct strlist argv = STRLIST_INIT;
	struct err err = ERR_INIT;
	if (vm_console_argv(&action, &argv, &err) < 0)
		return cli_fail(&err);
	(void)fflush(stdout);
	(void)execvp(argv.items[0], argv.items);
	(void)err_set(&err, ERR_PROC, 0, _("cannot run xl"));
	return cli_fail(&err);
}

bool cli_say_amount(void *context, uint64_t done, uint64_t total)
{
	struct cli *cli = context;
	uint64_t now_mib = done / NUM_MIB + 1;
	/* A serial line has other things to carry. */
	if (!cli->is_quiet && isatty(STDERR_FILENO) && now_mib != cli->shown_mib)
		(void)fprintf(
			stderr, "\r%" PRIu64 "/%" PRIu64 " MiB ", done / NUM_MIB, total / NUM_MIB);
	cli->shown_mib = now_mib;
	return true;
}
