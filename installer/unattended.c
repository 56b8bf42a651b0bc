/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-install unattended: find the file, install, then what the file wants. Asks nothing. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apply.h"
#include "bootcfg.h"
#include "commands.h"
#include "discover.h"
#include "exec_private.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "plan.h"
#include "proc.h"
#include "report.h"
#include "show.h"

enum { ERROR_WAIT_S = 30, ERROR_WAIT_MOST_S = 3600 };

/* What this file has installed on this machine already, whatever disk is meant now; or NULL. */
static const struct installed_host *find_earlier(
	const struct install_spec *spec, const struct machine *machine)
{
	for (size_t i = 0; i < machine->n_hosts; i++) {
		const struct installed_host *host = &machine->hosts[i];
		CLEANUP(mem_free_string)
		char *installed = bootcfg_env_get(host->environment, "installed");
		CLEANUP(mem_free_string)
		char *word = bootcfg_env_get(host->environment, "reinstall");
		if (installed && strcmp(installed, "yes") == 0 && word &&
			strcmp(word, spec->config.reinstall) == 0)
			return host;
	}
	return NULL;
}

static void end_machine(const char *program)
{
	const char *const argv[] = {program, NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = 20000};
	struct err err = ERR_INIT;
	(void)printf("%s\n", program);
	(void)fflush(stdout);
	if (proc_run_ok(&spec, &err) < 0)
		(void)fprintf(stderr, "%s\n", err.text);
}

static void handle_error(const struct install_spec *spec, unsigned wait_s)
{
	switch (spec->config.on_error) {
	case HOST_ON_ERROR_SHELL:
		(void)printf(_("The log is %s; log in for a shell.\n"), PLAN_LOG);
		break;
	case HOST_ON_ERROR_POWEROFF:
		end_machine("poweroff");
		break;
	case HOST_ON_ERROR_REBOOT:
		(void)printf(_("Restarting in %u seconds.\n"), wait_s);
		(void)fflush(stdout);
		(void)sleep(wait_s);
		end_machine("reboot");
		break;
	}
}

static void handle_success(const struct install_spec *spec)
{
	(void)printf("%s", _("Domus is installed.\n"));
	switch (spec->config.after) {
	case HOST_AFTER_REBOOT:
		end_machine("reboot");
		break;
	case HOST_AFTER_POWEROFF:
		end_machine("poweroff");
		break;
	case HOST_AFTER_SHELL:
		break;
	}
}

/* 1: refused, 0: installed, -1: failed. */
static int install(struct install_spec *spec, struct err *err)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(machine_dispose) struct machine machine = {.firmware = FIRMWARE_BIOS};
	CLEANUP(mem_free_string) char *from = NULL;
	if (discover_file(&from, err) < 0)
		return -1;
	(void)printf(_("Unattended installation, from %s\n"), from);
	if (spec_read_file(spec, DISCOVER_FILE, &problems, err) < 0)
		return -1;
	mem_free_string(&spec->file_path);
	spec->file_path = xstrdup("domus.conf");
	show_problems("domus.conf", &problems);
	if (problems.errors)
		return err_set(err, ERR_INVALID, 0, _("%zu errors in the file"), problems.errors);
	if (machine_read(&machine, err) < 0)
		return -1;
	const struct installed_host *earlier = find_earlier(spec, &machine);
	if (!earlier)
		return apply_spec(spec, &machine, NULL, err);
	(void)err_set(err, ERR_INVALID, 0,
		_("Domus is on %s already, installed with \"reinstall = %s\"; nothing was changed. "
		  "Change [install] reinstall in the file to install again"),
		earlier->disk, spec->config.reinstall);
	return 1;
}

/* Whatever becomes of the report, the installation's result stands. */
static void report(const struct install_spec *spec, int rc, const struct err *result)
{
	struct err err = ERR_INIT;
	const char *word = rc == 0 ? "done" : rc > 0 ? "refused" : "failed";
	if (spec->config.report_url[0] && report_send(spec->config.report_url, spec->config.name,
						  word, rc == 0 ? "" : result->text, &err) < 0)
		(void)fprintf(stderr, "%s\n", err.text);
}

/* Of what failed before the installation proper began, it has no log. */
static void log_failure(const struct err *err)
{
	if (file_make_dirs("/", PLAN_DIR, 0700, NULL) == 0)
		exec_log("%s", err->text);
}

int command_unattended(const struct options *options)
{
	CLEANUP(spec_dispose) struct install_spec spec;
	struct err err = ERR_INIT;
	int64_t wait_s = ERROR_WAIT_S;
	spec_init(&spec);
	if (options->wait &&
		num_parse_int(options->wait, 0, ERROR_WAIT_MOST_S, &wait_s, &err) < 0) {
		(void)fprintf(stderr, "--wait: %s\n", err.text);
		return 2;
	}
	int rc = install(&spec, &err);
	(void)fflush(stdout);
	report(&spec, rc, &err);
	if (rc == 0) {
		handle_success(&spec);
		return 0;
	}
	(void)fprintf(stderr, rc > 0 ? "%s\n" : _("The installation failed: %s\n"), err.text);
	log_failure(&err);
	/* A refusal is no error: the machine waits for somebody. */
	if (rc < 0)
		handle_error(&spec, (unsigned)wait_s);
	return 1;
}
