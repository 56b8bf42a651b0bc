/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-vm snapshot: listed, made, gone back to, removed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "vmwizard/act.h"
#include "vmwizard/cli.h"
#include "vmwizard/snapshot.h"

/* Memory that was saved, or is at work, knows the disks as they are. */
static int want_at_rest(const struct vm_action *a, struct err *err)
{
	struct act_guest guest;
	/* In rescue, without Xen, nothing runs. */
	if (!a->xen && file_exists(a->root, "/sys/hypervisor/type"))
		return err_set(
			err, ERR_PROC, 0, _("Xen does not say whether guest %s runs"), a->name);
	if (!a->xen)
		return 0;
	if (act_want_settled(a, err) < 0 || act_look(a, &guest, err) < 0)
		return -1;
	if (guest.is_running)
		return err_set(
			err, ERR_INVALID, 0, _("guest %s runs; shut it down first"), a->name);
	if (guest.state == VM_STATE_SAVED)
		return err_set(err, ERR_INVALID, 0,
			_("guest %s is saved: its memory belongs to its disks as they are; start it and "
			  "shut it down first"),
			a->name);
	return 0;
}

static int read_guest(const struct vm_action *a, struct vm_spec *spec, struct err *err)
{
	struct xlcfg cfg = XLCFG_INIT;
	int rc = act_read_cfg(a, &cfg, err);
	if (rc < 0)
		vm_spec_init(spec);
	else
		rc = vm_xlcfg_read(str_text(&cfg.text), a->name, spec, NULL, err);
	xlcfg_dispose(&cfg);
	return rc;
}

static void print_list(const struct cli *cli, const struct snapshots *all)
{
	char size[NUM_SIZE_TEXT];
	json_t *list = json_array();
	for (size_t i = 0; i < all->count; i++) {
		const struct snapshot *s = &all->items[i];
		CLEANUP(mem_free_string) char *disks = strlist_join(&s->disks);
		if (!cli->is_json) {
			(void)printf("%-20s %s  %s  %s\n", s->name, s->made, disks,
				num_size_text(s->unique_bytes / NUM_MIB * NUM_MIB, size));
			continue;
		}
		json_t *names = json_array();
		for (size_t j = 0; j < s->disks.count; j++)
			(void)json_array_append_new(names, json_string(s->disks.items[j]));
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:o, s:I}", "name", s->name, "made", s->made,
				      "disks", names, "bytes", (json_int_t)s->unique_bytes));
	}
	if (cli->is_json)
		cli_print_json(list);
	else
		json_decref(list);
}

static const struct {
	const char *word;
	bool is_for_rest; /* of a guest that is off */
	const char *question;
	int (*plan)(const struct vm_spec *spec, const struct snap_volumes *volumes,
		const char *name, struct vm_plan *ret_plan, struct err *err);
} verbs[] = {
	{"create", true, NULL, snap_plan_create},
	{"back", true, N_("The disks go back; as they are now they are kept as \"undo\"."),
		snap_plan_back},
	{"remove", false, N_("The snapshot is removed."), snap_plan_remove},
};

/* at_rest: the guest it is for has to be off, also after somebody has thought about the question. */
static int carry_out(struct cli *cli, const struct vm_plan *plan, const char *question,
	const struct vm_action *at_rest)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	vm_plan_show(plan, &text);
	for (size_t i = 0; i < plan->notes.count; i++)
		str_add(&text, _("note: %s\n"), plan->notes.items[i]);
	(void)fputs(str_text(&text), stdout);
	(void)fflush(stdout);
	if (cli->is_dry)
		return CLI_OK;
	if (question && !cli_is_sure(cli, question))
		return CLI_FAILED;
	if (at_rest && want_at_rest(at_rest, &err) < 0)
		return cli_fail(&err);
	return vm_plan_execute(cli->root, plan, NULL, &err) < 0 ? cli_fail(&err) : CLI_OK;
}

static int run(struct cli *cli, const struct vm_action *a, struct vm_spec *spec,
	struct snap_volumes *volumes, struct err *err)
{
	struct vm_plan plan;
	struct snapshots all;
	size_t verb = 0;
	if (read_guest(a, spec, err) < 0 || snap_read(volumes, err) < 0)
		return cli_fail(err);
	if (cli->n_args == 1) {
		snap_list(spec, volumes, &all);
		print_list(cli, &all);
		snapshots_dispose(&all);
		return CLI_OK;
	}
	while (verb < ARRAY_SIZE(verbs) && strcmp(verbs[verb].word, cli->args[1]) != 0)
		verb++;
	if (verb == ARRAY_SIZE(verbs) || cli->n_args != 3) {
		(void)fprintf(stderr, "%s",
			_("domus-vm: snapshot NAME, and create, back or remove with SNAPSHOT\n"));
		return CLI_USAGE;
	}
	if ((verbs[verb].is_for_rest && want_at_rest(a, err) < 0) ||
		verbs[verb].plan(spec, volumes, cli->args[2], &plan, err) < 0)
		return cli_fail(err);
	int rc = carry_out(cli, &plan, verbs[verb].question ? _(verbs[verb].question) : NULL,
		verbs[verb].is_for_rest ? a : NULL);
	vm_plan_dispose(&plan);
	return rc;
}

int cli_snapshot(struct cli *cli)
{
	const struct vm_action a = {
		.root = cli->root, .xen = cli->session.xen, .name = cli->args[0]};
	struct snap_volumes volumes = SNAP_VOLUMES_INIT;
	struct err err = ERR_INIT;
	struct vm_spec spec;
	if (vm_check_name(a.name, &err) < 0)
		return cli_fail(&err);
	int rc = run(cli, &a, &spec, &volumes, &err);
	snap_volumes_dispose(&volumes);
	vm_spec_dispose(&spec);
	return rc;
}
