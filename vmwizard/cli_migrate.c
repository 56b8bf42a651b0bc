/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that move a guest to another host, and those that its other side and the host itself call. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "vmwizard/cli.h"
#include "vmwizard/migrate/migrate.h"
#include "vmwizard/migrate/xenmove.h"

enum { PATIENCE_S = 60 };

static void say(void *context, const char *text)
{
	(void)context;
	(void)fprintf(stderr, "%s\n", text);
}

/* What show_progress() remembers of the pass it is in; a live one has several. */
struct pass {
	uint64_t done;
	int64_t began_ms;
};

/* One line that changes, for a person: what is copied, how fast, and how long the rest takes. */
static void show_progress(void *context, const char *what, uint64_t done, uint64_t total)
{
	struct pass *pass = context;
	int64_t now_ms = vm_now_ms();
	if (done < pass->done || !pass->began_ms)
		*pass = (struct pass){.began_ms = now_ms};
	pass->done = done;
	double seconds = (double)(now_ms - pass->began_ms) / 1000;
	double rate = seconds > 0 ? (double)done / seconds : 0;
	(void)fprintf(
		stderr, "\r\033[K%s: %" PRIu64 " / %" PRIu64 " MiB", what, done / 256, total / 256);
	if (rate > 0)
		(void)fprintf(stderr, _(", %.1f MiB/s, %.0f s left"), rate / 256,
			(double)(total - done) / rate);
	if (done == total)
		(void)fprintf(stderr, "\n");
}

/* Without Xen there is nothing to move; it says why. */
static int want_xen(struct cli *cli, struct err *err)
{
	/* A connection that breaks is an error like others. */
	(void)signal(SIGPIPE, SIG_IGN);
	/* What was granted is carried out, whoever hangs up. */
	(void)signal(SIGHUP, SIG_IGN);
	if (cli->session.facts)
		return err_set(err, ERR_INVALID, 0, "%s", _("facts from a file move no guest"));
	if (!cli->session.xen && vm_xen_open(&cli->session.xen, err) < 0) {
		cli->session.xen = NULL;
		return -1;
	}
	xenmove_prepare(cli->session.xen);
	return 0;
}

static const char *word_of(enum mig_end end)
{
	switch (end) {
	case MIG_END_THERE:
		return "moved";
	case MIG_END_UNDECIDED:
		return "undecided";
	case MIG_END_STUCK:
		return "unfinished";
	case MIG_END_NOTHING:
	case MIG_END_HERE:
	case MIG_END_STARTED:
	case MIG_END_REFUSED:
		break;
	}
	return "stayed";
}

static void print_json(const struct cli *cli, const struct migrate_result *r)
{
	json_t *findings = json_array();
	json_t *left = json_array();
	for (size_t i = 0; i < r->findings.count; i++)
		(void)json_array_append_new(findings, json_string(r->findings.items[i]));
	for (size_t i = 0; i < r->left.count; i++)
		(void)json_array_append_new(left, json_string(r->left.items[i]));
	cli_print_json(json_pack("{s:s, s:s, s:o, s:s, s:s, s:O, s:o, s:I, s:I, s:I, s:I}", "name",
		cli->args[0], "result", word_of(r->end), "findings", findings, "why", r->why,
		"note", r->note, "disks", r->disks, "left", left, "total_ms",
		(json_int_t)r->total_ms, "downtime_ms", (json_int_t)r->downtime_ms, "copied_kib",
		(json_int_t)r->copied_kib, "copy_ms", (json_int_t)r->copy_ms));
}

/* What moves with it, or would. */
static void print_disks(const struct migrate_result *r, bool is_dry)
{
	const json_t *disk;
	size_t i;
	json_array_foreach(r->disks, i, disk)
	{
		json_int_t bytes = json_integer_value(json_object_get(disk, "data"));
		int64_t mib = ((int64_t)bytes + 1048575) / 1048576;
		const char *path = json_string_value(json_object_get(disk, "path"));
		(void)printf(is_dry ? _("disk %s would be copied: %" PRId64 " MiB\n")
				    : _("disk %s was copied and compared: %" PRId64 " MiB\n"),
			path, mib);
	}
}

static void print_text(const struct cli *cli, const struct migrate_result *r)
{
	const char *name = cli->args[0];
	const char *why = r->why[0] ? r->why : _("no reason was given");
	for (size_t i = 0; i < r->findings.count; i++)
		(void)fprintf(stderr, "domus-vm: %s\n", r->findings.items[i]);
	if (r->findings.count)
		return;
	if (r->note[0])
		(void)fprintf(stderr, "domus-vm: %s\n", r->note);
	if (cli->is_dry) {
		(void)printf(_("nothing speaks against moving %s\n"), name);
		print_disks(r, true);
		return;
	}
	switch (r->end) {
	case MIG_END_THERE:
		(void)printf(_("%s has moved"), name);
		if (r->was_running && r->total_ms)
			(void)printf(_(", in %.1f s, of which it stood still for %.1f s"),
				(double)r->total_ms / 1000, (double)r->downtime_ms / 1000);
		if (r->was_running && r->copy_ms)
			(void)printf(_("; %.0f MiB copied, %.1f MiB/s"),
				(double)r->copied_kib / 1024,
				(double)r->copied_kib / 1.024 / (double)r->copy_ms);
		(void)printf("\n");
		print_disks(r, false);
		for (size_t i = 0; i < r->left.count; i++)
			(void)printf(_("%s stays here, too, and nothing needs it any more\n"),
				r->left.items[i]);
		break;
	case MIG_END_UNDECIDED:
		(void)fprintf(stderr,
			_("domus-vm: %s is undecided (%s): it may run on the other host, so it stays "
			  "suspended here and cannot be started. That ends by itself when the other "
			  "host answers. If you know where it is: domus-vm migrate %s --resolve "
			  "here|there\n"),
			name, why, name);
		break;
	case MIG_END_STUCK:
		(void)fprintf(stderr, _("domus-vm: %s: not finished yet: %s\n"), name, why);
		break;
	case MIG_END_NOTHING:
	case MIG_END_HERE:
	case MIG_END_STARTED:
	case MIG_END_REFUSED:
		(void)fprintf(stderr, _("domus-vm: %s stays here: %s\n"), name, why);
		break;
	}
}

static int show_result(const struct cli *cli, const struct migrate_result *r, bool is_good)
{
	if (cli->is_json)
		print_json(cli, r);
	else
		print_text(cli, r);
	return is_good ? CLI_OK : CLI_FAILED;
}

static struct migrate_request request_of(const struct cli *cli)
{
	return (struct migrate_request){.root = cli->root,
		.xen = cli->session.xen,
		.name = cli->args[0],
		.peer = cli->n_args > 1 ? cli->args[1] : NULL,
		.is_offline = cli->is_offline,
		.is_dry = cli->is_dry,
		.patience_s = cli->timeout_s ? cli->timeout_s : PATIENCE_S,
		.removes = cli->removes,
		.say = cli->is_json ? NULL : say};
}

static int resolve(struct cli *cli)
{
	bool is_here = strcmp(cli->resolve, "here") == 0;
	CLEANUP(migrate_result_dispose) struct migrate_result result;
	struct err err = ERR_INIT;
	migrate_result_init(&result);
	/* There is nothing to try: what is decided is decided. */
	if ((!is_here && strcmp(cli->resolve, "there") != 0) || cli->n_args != 1 || cli->is_dry) {
		(void)fprintf(stderr, "%s",
			_("domus-vm: migrate NAME --resolve here, or --resolve there\n"));
		return CLI_USAGE;
	}
	if (want_xen(cli, &err) < 0)
		return cli_fail(&err);
	(void)fprintf(stderr, "%s",
		is_here ? _("If it runs on the other host too, both write to its disks and destroy "
			    "them. Coming back, that host sees the decision beside image files, "
			    "but not on shared devices, nor beside disks that were copied: before it "
			    "starts again, detach those there, or keep it off the network.\n")
			: _("If it does not run on the other host, its memory is lost.\n"));
	if (!cli_is_sure(cli, _("Only if the other host does not answer, what you say counts.")))
		return CLI_FAILED;
	const struct migrate_request request = request_of(cli);
	if (migrate_resolve(
		    &request, is_here ? MIG_BY_HAND_HERE : MIG_BY_HAND_THERE, &result, &err) < 0)
		return cli_fail(&err);
	return show_result(cli, &result, result.end == (is_here ? MIG_END_HERE : MIG_END_THERE));
}

int cli_migrate(struct cli *cli)
{
	CLEANUP(migrate_result_dispose) struct migrate_result result;
	struct err err = ERR_INIT;
	struct pass pass = {.done = 0};
	migrate_result_init(&result);
	if (vm_check_name(cli->args[0], &err) < 0)
		return cli_fail(&err);
	if (cli->resolve)
		return resolve(cli);
	if (cli->n_args != 2 || (cli->removes && !cli->is_offline)) {
		(void)fprintf(
			stderr, "%s", _("domus-vm: migrate NAME HOST [--offline [--remove]]\n"));
		return CLI_USAGE;
	}
	if (want_xen(cli, &err) < 0)
		return cli_fail(&err);
	struct migrate_request request = request_of(cli);
	if (isatty(STDERR_FILENO) && !cli->is_json) {
		xenmove_progress(cli->session.xen, show_progress, &pass);
		request.amount = show_progress;
		request.amount_context = &pass;
	}
	if (migrate_send(&request, &result, &err) < 0)
		return cli_fail(&err);
	bool is_good = cli->is_dry ? result.findings.count == 0 : result.end == MIG_END_THERE;
	return show_result(cli, &result, is_good);
}

/* The other side: what libxl or anybody prints must not come between the messages. */
int cli_receive(struct cli *cli)
{
	struct err err = ERR_INIT;
	if (want_xen(cli, &err) < 0)
		return cli_fail(&err);
	CLEANUP(file_close) int in_fd = dup(STDIN_FILENO);
	CLEANUP(file_close) int out_fd = dup(STDOUT_FILENO);
	if (in_fd < 0 || out_fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
		(void)err_set(&err, ERR_IO, 0, "%s", _("there is no connection"));
		return cli_fail(&err);
	}
	if (migrate_receive(cli->root, cli->session.xen, cli->args[0], in_fd, out_fd, &err) < 0)
		return cli_fail(&err);
	return CLI_OK;
}

int cli_settle(struct cli *cli)
{
	CLEANUP(strlist_dispose) struct strlist left = STRLIST_INIT;
	struct err err = ERR_INIT;
	if (want_xen(cli, &err) < 0)
		return cli_fail(&err);
	migrate_settle(cli->root, cli->session.xen, &left);
	for (size_t i = 0; i < left.count; i++)
		(void)printf("%s\n", left.items[i]);
	return left.count ? CLI_FAILED : CLI_OK;
}
