/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands for CD images: library, and fetch, which is its "add". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "vmwizard/cli.h"
#include "vmwizard/library.h"
#include "vmwizard/places.h"
#include "vmwizard/plan.h"

/* --- list */

static json_t *list_json(const struct vm_host *host)
{
	json_t *images = json_array();
	json_t *pools = json_array();
	for (size_t i = 0; i < host->n_isos; i++) {
		const struct vm_iso *iso = &host->isos[i];
		(void)json_array_append_new(images,
			json_pack("{s:s, s:s, s:s, s:I}", "path", iso->path, "pool", iso->pool,
				"label", iso->label, "size_bytes", (json_int_t)iso->size_bytes));
	}
	for (size_t i = 0; i < host->n_places; i++) {
		const struct vm_place *place = &host->places[i];
		(void)json_array_append_new(
			pools, json_pack("{s:s, s:s, s:b, s:I}", "name", place->pool, "path",
				       place->dir, "is_there", (int)place->is_there, "free_bytes",
				       (json_int_t)place->free_bytes));
	}
	return json_pack("{s:o, s:o}", "images", images, "pools", pools);
}

static void print_list(const struct vm_host *host)
{
	char size[NUM_SIZE_TEXT];
	if (host->n_isos == 0)
		(void)printf(
			"%s", _("There is no CD image: domus-vm library add URL|FILE|DRIVE\n"));
	for (size_t i = 0; i < host->n_isos; i++) {
		const struct vm_iso *iso = &host->isos[i];
		uint64_t shown = iso->size_bytes / NUM_MIB * NUM_MIB;
		(void)printf("%-12s %10s  %s%s%s%s\n", iso->pool, num_size_text(shown, size),
			iso->path, iso->label[0] ? " \"" : "", iso->label,
			iso->label[0] ? "\"" : "");
	}
	for (size_t i = 0; i < host->n_places; i++)
		if (!host->places[i].is_there)
			(void)printf(_("pool %s is not there now: its images are left out\n"),
				host->places[i].pool);
}

static int list(struct cli *cli)
{
	struct vm_host host;
	struct err err = ERR_INIT;
	if (session_read_host(&cli->session, VM_HOST_NO_LVM, &host, &err) < 0)
		return cli_fail(&err);
	if (cli->is_json)
		cli_print_json(list_json(&host));
	else
		print_list(&host);
	vm_host_dispose(&host);
	return CLI_OK;
}

/* --- add */

static int add_to(struct cli *cli, const struct vm_host *host, char **args, int n_args)
{
	const struct vm_place *place = NULL;
	struct err err = ERR_INIT;
	if (places_choose(cli->root, host, cli->pool, &place, &err) < 0)
		return cli_fail(&err);
	const struct library_job job = {.root = cli->root,
		.place = place,
		.source = args[0],
		.sha256 = n_args > 1 ? args[1] : NULL,
		.amount = cli_say_amount,
		.context = cli};
	CLEANUP(mem_free_string) char *path = NULL;
	if (library_add(&job, &path, &err) < 0)
		return cli_fail(&err);
	if (cli->is_json)
		cli_print_json(json_pack("{s:s, s:s}", "path", path, "pool", place->pool));
	else
		(void)printf("%s\n", path);
	return CLI_OK;
}

/* The library's own place needs no look at all that a host has. */
static int add(struct cli *cli, char **args, int n_args)
{
	struct vm_host host;
	struct err err = ERR_INIT;
	if (!cli->pool) {
		vm_host_init(&host);
		places_read(cli->root, &host);
	} else if (session_read_host(&cli->session, VM_HOST_WHOLE, &host, &err) < 0) {
		return cli_fail(&err);
	}
	int rc = add_to(cli, &host, args, n_args);
	vm_host_dispose(&host);
	return rc;
}

int cli_fetch(struct cli *cli)
{
	return add(cli, cli->args, cli->n_args);
}

/* --- remove */

struct use {
	const char *path;
	struct strlist guests;
};

static void take_user(const char *name, const struct vm_spec *spec, void *context)
{
	struct use *use = context;
	bool uses = spec->iso && strcmp(spec->iso, use->path) == 0;
	for (size_t i = 0; i < spec->n_disks; i++)
		uses |= spec->disks[i].path && strcmp(spec->disks[i].path, use->path) == 0;
	if (uses)
		strlist_add(&use->guests, name);
}

static int remove_iso(struct cli *cli, const struct vm_iso *iso)
{
	struct use use = {.path = iso->path, .guests = STRLIST_INIT};
	struct err err = ERR_INIT;
	vm_each_defined(cli->root, take_user, &use);
	CLEANUP(mem_free_string) char *users = strlist_join_with(&use.guests, ", ");
	size_t count = use.guests.count;
	strlist_dispose(&use.guests);
	if (count > 0) {
		(void)err_set(&err, ERR_INVALID, 0,
			_("%s is in the drive of: %s; take it out first (domus-vm cdrom NAME eject)"),
			iso->path, users);
		return cli_fail(&err);
	}
	CLEANUP(mem_free_string) char *question = xasprintf(_("%s is removed."), iso->path);
	if (!cli->is_json && !cli_is_sure(cli, question))
		return CLI_FAILED;
	if (!cli->session.facts && file_remove(cli->root, iso->path, &err) < 0)
		return cli_fail(&err);
	if (cli->is_json)
		cli_print_json(json_pack("{s:s, s:s}", "removed", iso->path, "pool", iso->pool));
	else
		(void)printf(_("removed: %s\n"), iso->path);
	return CLI_OK;
}

static int remove_image(struct cli *cli)
{
	const struct vm_iso *iso = NULL;
	struct vm_host host;
	struct err err = ERR_INIT;
	if (session_read_host(&cli->session, VM_HOST_NO_LVM, &host, &err) < 0)
		return cli_fail(&err);
	int rc = places_find(&host, cli->args[1], &iso, &err) < 0 ? cli_fail(&err)
								  : remove_iso(cli, iso);
	vm_host_dispose(&host);
	return rc;
}

int cli_library(struct cli *cli)
{
	const char *word = cli->n_args ? cli->args[0] : "list";
	if (strcmp(word, "add") == 0 && cli->n_args >= 2)
		return add(cli, cli->args + 1, cli->n_args - 1);
	if (strcmp(word, "remove") == 0 && cli->n_args == 2 && !cli->pool)
		return remove_image(cli);
	if (strcmp(word, "list") == 0 && cli->n_args <= 1 && !cli->pool)
		return list(cli);
	(void)fprintf(stderr, "%s",
		_("domus-vm: library, library add SOURCE [SHA256] [--pool POOL], library remove "
		  "IMAGE\n"));
	return CLI_USAGE;
}
