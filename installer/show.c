/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands that change nothing: check, plan, inventory, schema. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "file.h"
#include "hostconf.h"
#include "lang.h"
#include "mem.h"
#include "plan.h"
#include "show.h"

enum { INVENTORY_MAX_BYTES = 16 * 1024 * 1024 };

void show_problems(const char *path, struct problems *problems)
{
	problems_sort(problems);
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];
		const char *level = p->level == PROBLEM_ERROR ? _("error") : _("warning");
		if (p->line)
			(void)fprintf(stderr, "%s:%u: %s: %s\n", path, p->line, level, p->text);
		else
			(void)fprintf(stderr, "%s: %s: %s\n", path, level, p->text);
	}
}

int command_check(const struct options *options)
{
	CLEANUP(spec_dispose) struct install_spec spec;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	struct err err = ERR_INIT;
	spec_init(&spec);
	if (spec_read_file(&spec, options->file, &problems, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	if (problems.errors == 0)
		spec_check(&spec, &problems);
	show_problems(options->file, &problems);
	if (problems.errors)
		return 1;
	(void)printf(_("%s: no errors\n"), options->file);
	return 0;
}

int show_read_machine(const struct options *options, struct machine *ret_machine, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (!options->inventory)
		return machine_read(ret_machine, err);
	CLEANUP(mem_free_string) char *full = file_absolute(options->inventory);
	if (file_read("/", full, INVENTORY_MAX_BYTES, &text, err) < 0)
		return -1;
	if (machine_read_json(str_text(&text), ret_machine, err) < 0)
		return err_prefix(err, "%s: ", options->inventory);
	return 0;
}

int command_plan(const struct options *options)
{
	CLEANUP(spec_dispose) struct install_spec spec;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(machine_dispose) struct machine machine = {.firmware = FIRMWARE_BIOS};
	CLEANUP(plan_dispose) struct plan plan = PLAN_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	spec_init(&spec);
	if (spec_read_file(&spec, options->file, &problems, &err) < 0 ||
		show_read_machine(options, &machine, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	spec_name_ids(&spec);
	if (problems.errors == 0)
		(void)plan_build(&spec, &machine, &plan, &problems);
	show_problems(options->file, &problems);
	if (problems.errors)
		return 1;
	plan_print(&plan, &text);
	(void)fputs(str_text(&text), stdout);
	return 0;
}

int command_inventory(const struct options *options)
{
	CLEANUP(machine_dispose) struct machine machine = {.firmware = FIRMWARE_BIOS};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	(void)options;
	if (machine_read(&machine, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	machine_write_json(&machine, &text);
	(void)fputs(str_text(&text), stdout);
	return 0;
}

int command_schema(const struct options *options)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (options->is_sample)
		schema_sample(&host_schema, &text);
	else if (options->is_json)
		schema_describe_json(&host_schema, &text);
	else
		schema_describe(&host_schema, &text);
	(void)fputs(str_text(&text), stdout);
	return 0;
}
