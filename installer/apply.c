/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-install apply and status: plan, execute, follow. */
#define _GNU_SOURCE
#include "apply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "lang.h"
#include "mem.h"
#include "plan.h"
#include "problem.h"
#include "show.h"

static void wait_tenths(long tenths)
{
	const struct timespec t = {.tv_sec = tenths / 10, .tv_nsec = tenths % 10 * 100000000L};
	(void)nanosleep(&t, NULL);
}

static void print_progress(const struct executor_status *s)
{
	(void)printf(_("[%3u %%] %s\n"), s->percent, s->title);
	(void)fflush(stdout);
}

/* Until the executor has a result. */
static int follow(struct err *err)
{
	struct executor_status s;
	size_t shown_step = 0;
	unsigned shown_percent = 0;
	for (;;) {
		if (executor_read_status(&s, err) < 0)
			return -1;
		if (s.step != shown_step || s.percent >= shown_percent + 10) {
			print_progress(&s);
			shown_step = s.step;
			shown_percent = s.percent;
		}
		if (s.state != EXECUTOR_RUNNING)
			break;
		wait_tenths(2);
	}
	if (s.n_warnings > 0)
		(void)printf(_("Warnings: %u, see %s\n"), s.n_warnings, PLAN_LOG);
	if (s.state == EXECUTOR_DONE)
		return 0;
	if (s.state == EXECUTOR_DIED)
		return err_set(err, ERR_PROC, 0,
			_("the installation ended without a result during \"%s\""), s.title);
	return err_set(err, ERR_PROC, 0, "%s", s.error);
}

int apply_plan(const struct plan *plan, struct err *err)
{
	return executor_start(plan, err) < 0 ? -1 : follow(err);
}

static int plan_spec(struct install_spec *spec, const struct machine *machine,
	struct plan *ret_plan, struct err *err)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	const char *name = spec->file_path ? spec->file_path : _("configuration");
	if (spec_draw_ids(spec, err) < 0)
		return -1;
	(void)plan_build(spec, machine, ret_plan, &problems);
	show_problems(name, &problems);
	if (problems.errors)
		return err_set(
			err, ERR_INVALID, 0, "%s: %s", name, problems_first(&problems)->text);
	return 0;
}

int apply_spec(struct install_spec *spec, const struct machine *machine, bool (*is_confirmed)(void),
	struct err *err)
{
	CLEANUP(plan_dispose) struct plan plan = PLAN_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (plan_spec(spec, machine, &plan, err) < 0)
		return -1;
	plan_print(&plan, &text);
	(void)printf("%s\n", str_text(&text));
	(void)fflush(stdout);
	if (is_confirmed && !is_confirmed())
		return err_set(err, ERR_INVALID, 0, _("not confirmed: nothing was changed"));
	return apply_plan(&plan, err);
}

static bool ask_yes(void)
{
	char line[16];
	if (!isatty(STDIN_FILENO)) {
		(void)fprintf(stderr, "%s",
			_("domus-install: without a terminal to ask on, --yes is needed\n"));
		return false;
	}
	(void)printf("%s", _("Install now? Type yes: "));
	(void)fflush(stdout);
	return fgets(line, sizeof(line), stdin) && strcmp(line, "yes\n") == 0;
}

int command_apply(const struct options *options)
{
	CLEANUP(spec_dispose) struct install_spec spec;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(machine_dispose) struct machine machine = {.firmware = FIRMWARE_BIOS};
	struct err err = ERR_INIT;
	spec_init(&spec);
	if (geteuid() != 0) {
		(void)fprintf(stderr, "%s", _("domus-install: apply needs root\n"));
		return 1;
	}
	if (spec_read_file(&spec, options->file, &problems, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	show_problems(options->file, &problems);
	if (problems.errors)
		return 1;
	if (machine_read(&machine, &err) < 0 ||
		apply_spec(&spec, &machine, options->is_yes ? NULL : ask_yes, &err) < 0) {
		(void)fprintf(stderr, _("The installation failed: %s\n"), err.text);
		return 1;
	}
	(void)printf("%s", _("Domus is installed. Restart the machine to start it.\n"));
	return 0;
}

int command_status(const struct options *options)
{
	static const char *const words[] = {N_("no installation was started"), N_("running"),
		N_("done"), N_("failed"), N_("ended without a result")};
	struct executor_status s;
	struct err err = ERR_INIT;
	if (executor_read_status(&s, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	if (options->is_json) {
		CLEANUP(mem_free_string) char *text = executor_status_json(&s);
		(void)printf("%s\n", text ? text : "");
		return 0;
	}
	(void)printf("%s", _(words[s.state]));
	if (s.state == EXECUTOR_RUNNING)
		(void)printf(_(": step %zu of %zu, %s, %u %%, about %u s left"), s.step, s.n_steps,
			s.title, s.percent, s.seconds_left);
	if (s.error[0])
		(void)printf(": %s", s.error);
	(void)printf("\n");
	return 0;
}
