/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command "memory": the host's memory as a table, and moving it between running guests. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "num.h"
#include "vmwizard/cli.h"

/* --- what there is */

static void print_row(const char *name, uint64_t kib, uint64_t max_kib, const char *note)
{
	char most[24] = "-";
	if (max_kib)
		(void)snprintf(most, sizeof(most), "%" PRIu64, max_kib / 1024);
	(void)printf(
		"%-24s %8" PRIu64 " %8s%s%s\n", name, kib / 1024, most, note[0] ? "  " : "", note);
}

static void print_host(const struct vm_list *list)
{
	(void)printf("%-24s %8s %8s\n", _("Name"), _("MiB"), _("Most"));
	print_row(_("(Xen itself)"), memplan_hypervisor_kib(list), 0, "");
	for (size_t i = 0; i < list->count; i++) {
		const struct vm_domain *d = &list->items[i];
		const char *why_not = memplan_why_not(d);
		if (d->domid != VM_NO_DOMID)
			print_row(d->name, d->memory_kib, d->domid ? memplan_most_kib(d) : 0,
				why_not ? why_not : "");
	}
	print_row(_("(free)"), list->free_kib, 0, "");
	print_row(_("(all)"), list->total_kib, 0, "");
}

static json_t *host_json(const struct vm_list *list)
{
	json_t *guests = json_array();
	for (size_t i = 0; i < list->count; i++) {
		const struct vm_domain *d = &list->items[i];
		if (d->domid == VM_NO_DOMID)
			continue;
		json_t *guest = json_pack("{s:s, s:i, s:s, s:I, s:I, s:I, s:s?}", "name", d->name,
			"id", (int)d->domid, "state", vm_state_words[d->state], "memory_kib",
			(json_int_t)d->memory_kib, "max_memory_kib",
			(json_int_t)(d->domid ? memplan_most_kib(d) : d->memory_kib),
			"least_memory_kib",
			(json_int_t)(d->domid ? memplan_least_kib(d) : d->memory_kib), "why_fixed",
			memplan_why_not(d));
		(void)json_array_append_new(guests, guest);
	}
	return json_pack("{s:I, s:I, s:I, s:o}", "total_kib", (json_int_t)list->total_kib,
		"free_kib", (json_int_t)list->free_kib, "hypervisor_kib",
		(json_int_t)memplan_hypervisor_kib(list), "guests", guests);
}

/* --- what is wished */

/* NAME=SIZE; cuts the argument in two. */
static int parse_wish(char *argument, struct memplan_wish *ret_wish, struct err *err)
{
	char *equals = strrchr(argument, '=');
	uint64_t bytes;
	if (!equals || equals == argument)
		return err_set(err, ERR_INVALID, 0,
			_("\"%s\" is not of the form NAME=SIZE, as web=512 or \"web=1 GiB\""),
			argument);
	if (num_parse_size(equals + 1, NUM_MIB, NUM_MIB, 16 * NUM_TIB, &bytes, err) < 0)
		return err_prefix(err, "%s: ", argument);
	*equals = '\0';
	*ret_wish = (struct memplan_wish){
		.name = argument, .kib = bytes / NUM_MIB * (NUM_MIB / NUM_KIB)};
	return 0;
}

static int say_problems(const struct problems *problems)
{
	(void)fflush(stdout);
	for (size_t i = 0; i < problems->count; i++)
		(void)fprintf(stderr, "domus-vm: %s\n", problems->items[i].text);
	return CLI_FAILED;
}

static int make_plan(struct cli *cli, const struct memplan_wish *wishes, struct memplan *ret_plan)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	struct err err = ERR_INIT;
	struct vm_list list;
	if (session_read_list(&cli->session, NULL, &list, &err) < 0)
		return cli_fail(&err);
	int rc = memplan_build(&list, wishes, (size_t)cli->n_args, ret_plan, &problems);
	vm_list_dispose(&list);
	return rc < 0 ? say_problems(&problems) : CLI_OK;
}

static void print_plan(const struct memplan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct memplan_step *step = &plan->steps[i];
		(void)printf(step->to_kib < step->from_kib
				     ? _("%s gives: %" PRIu64 " -> %" PRIu64 " MiB\n")
				     : _("%s takes: %" PRIu64 " -> %" PRIu64 " MiB\n"),
			step->name, step->from_kib / 1024, step->to_kib / 1024);
	}
	(void)printf(_("free: %" PRIu64 " -> %" PRIu64 " MiB\n"), plan->free_kib / 1024,
		plan->free_after_kib / 1024);
}

static json_t *plan_json(const struct cli *cli, const struct memplan *plan, const char *error)
{
	json_t *steps = json_array();
	for (size_t i = 0; i < plan->count; i++) {
		const struct memplan_step *step = &plan->steps[i];
		(void)json_array_append_new(steps,
			json_pack("{s:s, s:I, s:I, s:o}", "guest", step->name, "from_kib",
				(json_int_t)step->from_kib, "to_kib", (json_int_t)step->to_kib,
				"reached_kib",
				step->reached_kib ? json_integer((json_int_t)step->reached_kib)
						  : json_null()));
	}
	return json_pack("{s:b, s:I, s:I, s:o, s:s?}", "dry_run",
		(int)(cli->is_dry || cli->session.facts), "free_kib", (json_int_t)plan->free_kib,
		"free_after_kib", (json_int_t)plan->free_after_kib, "steps", steps, "error", error);
}

/* Also where a guest had the size already: its file may say another. */
static int keep(struct cli *cli, const struct memplan_wish *wishes, struct err *err)
{
	for (int i = 0; i < cli->n_args; i++) {
		const struct vm_action a = cli_action(cli, wishes[i].name);
		if (vm_keep_memory(&a, (int64_t)(wishes[i].kib / 1024), err) < 0)
			return -1;
	}
	return 0;
}

static int move(struct cli *cli, const struct memplan_wish *wishes, struct memplan *plan)
{
	const struct vm_action a = cli_action(cli, "");
	struct err err = ERR_INIT;
	if (!cli->is_json)
		print_plan(plan);
	(void)fflush(stdout);
	int rc = cli_want_xen(cli, &err);
	if (rc == 0)
		rc = vm_move_memory(&a, plan, &err);
	if (rc == 0 && cli->is_kept)
		rc = keep(cli, wishes, &err);
	if (cli->is_json)
		cli_print_json(plan_json(cli, plan, rc < 0 ? err.text : NULL));
	for (size_t i = 0; rc == 0 && !cli->is_json && i < plan->count; i++)
		if (plan->steps[i].reached_kib)
			(void)printf(_("%s has %" PRIu64 " MiB\n"), plan->steps[i].name,
				plan->steps[i].reached_kib / 1024);
	return rc < 0 ? cli_fail(&err) : CLI_OK;
}

static int show_host(struct cli *cli)
{
	struct err err = ERR_INIT;
	struct vm_list list;
	if (cli_want_xen(cli, &err) < 0 || session_read_list(&cli->session, NULL, &list, &err) < 0)
		return cli_fail(&err);
	if (cli->is_json)
		cli_print_json(host_json(&list));
	else
		print_host(&list);
	vm_list_dispose(&list);
	return CLI_OK;
}

int cli_memory(struct cli *cli)
{
	struct memplan plan = {.steps = NULL};
	struct err err = ERR_INIT;
	int rc = CLI_OK;
	if (cli->n_args == 0)
		return show_host(cli);
	struct memplan_wish *wishes = xcalloc((size_t)cli->n_args, sizeof(*wishes));
	for (int i = 0; rc == CLI_OK && i < cli->n_args; i++)
		if (parse_wish(cli->args[i], &wishes[i], &err) < 0) {
			(void)cli_fail(&err);
			rc = CLI_USAGE;
		}
	if (rc == CLI_OK)
		rc = make_plan(cli, wishes, &plan);
	if (rc == CLI_OK)
		rc = move(cli, wishes, &plan);
	memplan_dispose(&plan);
	free(wishes);
	return rc;
}
