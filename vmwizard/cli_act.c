/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that do something to a guest: arguments to actions. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "vmwizard/act.h"
#include "vmwizard/cli.h"
#include "vmwizard/ownership.h"

static void show(void *context, const char *command)
{
	(void)context;
	(void)printf("%s\n", command);
	(void)fflush(stdout);
}

struct vm_action cli_action(const struct cli *cli, const char *name)
{
	return (struct vm_action){.root = cli->root,
		.xen = cli->session.xen,
		.name = name,
		.show = cli->is_json ? NULL : show,
		.timeout_s = cli->timeout_s,
		.is_dry = cli->is_dry || cli->session.facts,
		.is_forced = cli->is_forced};
}

static struct vm_action action_of(const struct cli *cli)
{
	return cli_action(cli, cli->args[0]);
}

int cli_want_xen(const struct cli *cli, struct err *err)
{
	struct vm_xen *xen = NULL;
	if (cli->session.xen || cli->is_dry || cli->session.facts)
		return 0;
	/* It says why. */
	if (vm_xen_open(&xen, err) < 0)
		return -1;
	vm_xen_close(xen);
	return 0;
}

static int prepare(const struct cli *cli, struct err *err)
{
	if (vm_check_name(cli->args[0], err) < 0 && strspn(cli->args[0], "0123456789") == 0)
		return -1;
	return cli_want_xen(cli, err);
}

static int run(struct cli *cli, int (*act)(const struct vm_action *, struct err *))
{
	const struct vm_action a = action_of(cli);
	struct err err = ERR_INIT;
	if (prepare(cli, &err) < 0 || act(&a, &err) < 0)
		return cli_fail(&err);
	return CLI_OK;
}

/* What --force takes is said before; nobody is asked who takes nothing. */
static bool may_take(const struct cli *cli, struct err *err)
{
	CLEANUP(mem_free_string) char *path = vm_cfg_path(cli->args[0]);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err why = ERR_INIT;
	if (!cli->is_forced || cli->session.facts ||
		file_read(cli->root, path, XLCFG_FILE_MAX, &text, NULL) < 0 ||
		ownership_do_text(
			cli->root, cli->args[0], str_text(&text), OWNERSHIP_CHECK, &why) == 0)
		return true;
	(void)fprintf(stderr, _("domus-vm: %s\n%s\n"), why.text,
		_("--force makes it this host's. If a guest still uses it over there, both write to "
		  "it and destroy what is on it."));
	if (cli_is_sure(cli, _("It is used nowhere else.")))
		return true;
	(void)err_set(err, ERR_INVALID, 0, "%s", _("cancelled"));
	return false;
}

int cli_start(struct cli *cli)
{
	struct err err = ERR_INIT;
	if (vm_check_name(cli->args[0], NULL) == 0 && !may_take(cli, &err))
		return cli_fail(&err);
	return run(cli, vm_start);
}

int cli_shutdown(struct cli *cli)
{
	return run(cli, vm_shutdown);
}

int cli_reboot(struct cli *cli)
{
	return run(cli, vm_reboot);
}

int cli_pause(struct cli *cli)
{
	return run(cli, vm_pause);
}

int cli_unpause(struct cli *cli)
{
	return run(cli, vm_unpause);
}

int cli_save(struct cli *cli)
{
	return run(cli, vm_save);
}

int cli_restore(struct cli *cli)
{
	return run(cli, vm_restore);
}

/* A person at a terminal is asked; a script has decided. */
bool cli_is_sure(const struct cli *cli, const char *question)
{
	char answer[16] = "";
	if (cli->is_sure || cli->is_dry || !isatty(STDIN_FILENO))
		return true;
	(void)printf(_("%s Type yes: "), question);
	(void)fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) && strcmp(answer, "yes\n") == 0;
}

int cli_destroy(struct cli *cli)
{
	if (!cli_is_sure(cli, _("What the guest has not written is lost.")))
		return CLI_FAILED;
	return run(cli, vm_destroy);
}

int cli_delete(struct cli *cli)
{
	const struct vm_action a = action_of(cli);
	struct err err = ERR_INIT;
	/* Nobody is asked about what cannot be done. */
	if (prepare(cli, &err) < 0 || act_want_off(&a, &err) < 0)
		return cli_fail(&err);
	if (!cli_is_sure(cli, cli->with_disks ? _("Definition and disks are removed.")
					      : _("The definition is removed, its disks stay.")))
		return CLI_FAILED;
	if (vm_delete(&a, cli->with_disks, &err) < 0)
		return cli_fail(&err);
	return CLI_OK;
}

int cli_rename(struct cli *cli)
{
	const struct vm_action a = action_of(cli);
	struct err err = ERR_INIT;
	if (prepare(cli, &err) < 0 || vm_rename(&a, cli->args[1], &err) < 0)
		return cli_fail(&err);
	return CLI_OK;
}

int cli_clone(struct cli *cli)
{
	const struct vm_action a = action_of(cli);
	struct err err = ERR_INIT;
	if (prepare(cli, &err) < 0 || vm_clone(&a, cli->args[1], NULL, &err) < 0)
		return cli_fail(&err);
	return CLI_OK;
}

int cli_set_memory(struct cli *cli)
{
	const struct vm_action a = action_of(cli);
	struct err err = ERR_INIT;
	uint64_t bytes;
	int64_t now;
	if (num_parse_size(cli->args[1], NUM_MIB, 4 * NUM_MIB, 16 * NUM_TIB, &bytes, &err) < 0) {
		(void)cli_fail(&err);
		return CLI_USAGE;
	}
	if (prepare(cli, &err) < 0 || vm_set_memory(&a, (int64_t)(bytes / NUM_MIB), &now, &err) < 0)
		return cli_fail(&err);
	(void)printf(_("memory: %" PRId64 " MiB\n"), now);
	if (cli->is_kept && vm_keep_memory(&a, (int64_t)(bytes / NUM_MIB), &err) < 0)
		return cli_fail(&err);
	return CLI_OK;
}

int cli_set_vcpus(struct cli *cli)
{
	const struct vm_action a = action_of(cli);
	struct err err = ERR_INIT;
	int64_t count;
	int64_t now;
	if (num_parse_int(cli->args[1], 1, 512, &count, &err) < 0) {
		(void)cli_fail(&err);
		return CLI_USAGE;
	}
	if (prepare(cli, &err) < 0 || vm_set_vcpus(&a, count, &now, &err) < 0)
		return cli_fail(&err);
	(void)printf(_("virtual CPUs: %" PRId64 "\n"), now);
	if (cli->is_kept && vm_keep_vcpus(&a, count, &err) < 0)
		return cli_fail(&err);
	return CLI_OK;
}

int cli_pin(struct cli *cli)
{
	const struct vm_action a = action_of(cli);
	struct err err = ERR_INIT;
	const char *soft = cli->n_args > 2 ? cli->args[2] : NULL;
	if (prepare(cli, &err) < 0 || vm_pin(&a, cli->args[1], soft, &err) < 0)
		return cli_fail(&err);
	return CLI_OK;
}

int cli_weight(struct cli *cli)
{
	const struct vm_action a = action_of(cli);
	struct err err = ERR_INIT;
	int64_t weight;
	int64_t cap = -1;
	if (num_parse_int(cli->args[1], 1, 65535, &weight, &err) < 0 ||
		(cli->n_args > 2 && num_parse_int(cli->args[2], 0, 51200, &cap, &err) < 0)) {
		(void)cli_fail(&err);
		return CLI_USAGE;
	}
	if (prepare(cli, &err) < 0 || vm_weight(&a, weight, cap, &err) < 0)
		return cli_fail(&err);
	return CLI_OK;
}

int cli_autostart(struct cli *cli)
{
	const struct vm_action a = action_of(cli);
	struct err err = ERR_INIT;
	const char *word = cli->n_args > 1 ? cli->args[1] : NULL;
	const struct {
		const char *key, *value;
	} notes[] = {{GUESTTURN_ORDER, cli->start_order}, {GUESTTURN_DELAY, cli->start_delay},
		{GUESTTURN_AT_STOP, cli->at_stop}};
	bool is_on = word && strcmp(word, "on") == 0, has_note = false;
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++)
		has_note |= notes[i].value != NULL;
	if (word ? !is_on && strcmp(word, "off") != 0 : !has_note) {
		(void)fprintf(stderr, "%s", _("domus-vm: autostart is on or off\n"));
		return CLI_USAGE;
	}
	if (vm_check_name(a.name, &err) < 0)
		return cli_fail(&err);
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++)
		if (notes[i].value && vm_note_turn(&a, notes[i].key, notes[i].value, &err) < 0)
			return cli_fail(&err);
	if (word && vm_autostart(&a, is_on, &err) < 0)
		return cli_fail(&err);
	return CLI_OK;
}

int cli_attach_disk(struct cli *cli)
{
	const struct vm_action a = action_of(cli);
	struct err err = ERR_INIT;
	struct vm_disk disk = {.path = NULL};
	if (vm_disk_parse(cli->args[1], &disk, &err) < 0) {
		(void)cli_fail(&err);
		return CLI_USAGE;
	}
	int rc = prepare(cli, &err) < 0 || vm_attach_disk(&a, &disk, &err) < 0 ? cli_fail(&err)
									       : CLI_OK;
	if (rc == CLI_OK && cli->is_json)
		cli_print_json(json_pack("{s:s}", "target", disk.target));
	else if (rc == CLI_OK)
		(void)printf(_("attached as %s\n"), disk.target);
	vm_disk_dispose(&disk);
	return rc;
}

int cli_detach_disk(struct cli *cli)
{
	const struct vm_action a = action_of(cli);
	struct err err = ERR_INIT;
	if (prepare(cli, &err) < 0 || vm_detach_disk(&a, cli->args[1], &err) < 0)
		return cli_fail(&err);
	return CLI_OK;
}

/* Bridge and MAC are filled in as for a new guest. */
static int complete_nic(struct cli *cli, struct vm_spec *spec, struct err *err)
{
	struct vm_host host;
	if (session_read_host(&cli->session, VM_HOST_NO_LVM, &host, err) < 0)
		return -1;
	if (!spec->nics[0].bridge[0])
		vm_spec_set(&spec->nics[0].bridge,
			host.bridges.count ? host.bridges.items[0] : "xenbr0");
	int rc = 0;
	if (host.is_xen && !strlist_has(&host.bridges, spec->nics[0].bridge))
		rc = err_set(
			err, ERR_MISSING, 0, _("there is no bridge \"%s\""), spec->nics[0].bridge);
	vm_host_dispose(&host);
	return rc < 0 ? -1 : vm_spec_draw(spec, err);
}

int cli_attach_nic(struct cli *cli)
{
	const struct vm_action a = action_of(cli);
	struct err err = ERR_INIT;
	struct vm_spec spec;
	vm_spec_init(&spec);
	struct vm_nic *nic = vm_spec_add_nic(&spec, "");
	vm_nic_dispose(nic);
	if (vm_nic_parse(cli->n_args > 1 ? cli->args[1] : "", nic, &err) < 0) {
		(void)cli_fail(&err);
		spec.n_nics = 0;
		vm_spec_dispose(&spec);
		return CLI_USAGE;
	}
	int rc = prepare(cli, &err) < 0 || complete_nic(cli, &spec, &err) < 0 ||
				 vm_attach_nic(&a, nic, &err) < 0
			 ? cli_fail(&err)
			 : CLI_OK;
	if (rc == CLI_OK && cli->is_json)
		cli_print_json(json_pack("{s:s}", "mac", nic->mac));
	else if (rc == CLI_OK)
		(void)printf("mac=%s\n", nic->mac);
	vm_spec_dispose(&spec);
	return rc;
}

int cli_detach_nic(struct cli *cli)
{
	const struct vm_action a = action_of(cli);
	struct err err = ERR_INIT;
	if (prepare(cli, &err) < 0 || vm_detach_nic(&a, cli->args[1], &err) < 0)
		return cli_fail(&err);
	return CLI_OK;
}

int cli_cdrom(struct cli *cli)
{
	const struct vm_action a = action_of(cli);
	struct err err = ERR_INIT;
	const char *path = strcmp(cli->args[1], "eject") == 0 ? "" : cli->args[1];
	if (vm_check_path(path, &err) < 0 || prepare(cli, &err) < 0 || vm_cdrom(&a, path, &err) < 0)
		return cli_fail(&err);
	return CLI_OK;
}

int cli_console(struct cli *cli)
{
	struct err err = ERR_INIT;
	if (prepare(cli, &err) < 0)
		return cli_fail(&err);
	return cli_attach_console(cli, cli->args[0]);
}

int cli_vnc(struct cli *cli)
{
	const struct vm_action a = action_of(cli);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	if (prepare(cli, &err) < 0 || vm_vnc_help(&a, &text, &err) < 0)
		return cli_fail(&err);
	(void)printf("%s", str_text(&text));
	return CLI_OK;
}
