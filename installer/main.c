/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-install: the table of its commands. */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "attrs.h"
#include "commands.h"
#include "lang.h"

enum {
	OPTION_JSON = 1 << 0,
	OPTION_YES = 1 << 1,
	OPTION_INVENTORY = 1 << 2,
	OPTION_DRY_RUN = 1 << 3,
	OPTION_ROOT = 1 << 4,
	OPTION_OUTPUT = 1 << 5,
	OPTION_SAMPLE = 1 << 6,
	OPTION_WAIT = 1 << 7,
};

static const struct option long_options[] = {
	{"json", no_argument, NULL, OPTION_JSON},
	{"sample", no_argument, NULL, OPTION_SAMPLE},
	{"yes", no_argument, NULL, OPTION_YES},
	{"inventory", required_argument, NULL, OPTION_INVENTORY},
	{"dry-run", no_argument, NULL, OPTION_DRY_RUN},
	{"output", required_argument, NULL, OPTION_OUTPUT},
	{"root", required_argument, NULL, OPTION_ROOT},
	{"wait", required_argument, NULL, OPTION_WAIT},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static const struct command {
	const char *name;
	int (*run)(const struct options *options);
	int options;
	int n_args;
	const char *usage;
	const char *help;
} commands[] = {
	{"pages", command_pages, OPTION_INVENTORY | OPTION_DRY_RUN | OPTION_ROOT | OPTION_OUTPUT, 0,
		"[--dry-run] [--inventory JSON-FILE] [--output FILE] [--root DIR]",
		N_("ask everything on this terminal and install; also without a command. "
		   "--dry-run, --inventory: nothing is written but, with --output, the answers")},
	{"check", command_check, 0, 1, "FILE", N_("name every error in a configuration file")},
	{"plan", command_plan, OPTION_INVENTORY, 1, "FILE [--inventory JSON-FILE]",
		N_("show what would be done and destroyed; touches nothing")},
	{"apply", command_apply, OPTION_YES, 1, "FILE [--yes]",
		N_("install as the file says; without --yes it asks once")},
	{"unattended", command_unattended, OPTION_WAIT, 0, "[--wait SECONDS]",
		N_("find the file of an unattended installation and install as it says. --wait: "
		   "before the restart that follows an error, 30")},
	{"add", command_add, 0, 1, "COMPONENT",
		N_("on an installed host: put hvm, remote or firmware from the medium into the release "
		   "that runs; for the next start")},
	{"confirm", command_confirm, 0, 0, "",
		N_("judge a release that is on trial, and keep it when it is healthy")},
	{"status", command_status, OPTION_JSON, 0, "[--json]",
		N_("show how far a running installation is")},
	{"inventory", command_inventory, 0, 0, "",
		N_("print disks, network cards, firmware, CPU as JSON")},
	{"schema", command_schema, OPTION_JSON | OPTION_SAMPLE, 0, "[--json|--sample]",
		N_("list every key: type, range, default, meaning; or a file with all of them")},
};

static void print_help(FILE *out)
{
	(void)fprintf(out, "%s", _("Usage: domus-install COMMAND ...\n\n"));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)fprintf(out, "  %s %s\n      %s\n", commands[i].name, commands[i].usage,
			_(commands[i].help));
	(void)fprintf(out, "%s", _("\nSee domus-install(8).\n"));
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int wrong_use(const struct command *command)
{
	(void)fprintf(stderr, _("Usage: domus-install %s %s\n"), command->name, command->usage);
	return 2;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct options options = {.inventory = NULL};
	int option;
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == 'h') {
			(void)printf(_("Usage: domus-install %s %s\n%s\n"), command->name,
				command->usage, _(command->help));
			return 0;
		}
		/* '?' is an option of nobody, and getopt_long() has said so. */
		if (option == '?' || !(option & command->options))
			return wrong_use(command);
		if (option == OPTION_INVENTORY)
			options.inventory = optarg;
		if (option == OPTION_ROOT)
			options.root = optarg;
		if (option == OPTION_OUTPUT)
			options.output = optarg;
		if (option == OPTION_WAIT)
			options.wait = optarg;
		options.is_json |= option == OPTION_JSON;
		options.is_sample |= option == OPTION_SAMPLE;
		options.is_yes |= option == OPTION_YES;
		options.is_dry_run |= option == OPTION_DRY_RUN;
	}
	if (argc - optind != command->n_args)
		return wrong_use(command);
	options.file = argv[optind];
	return command->run(&options);
}

int main(int argc, char **argv)
{
	(void)setlocale(LC_ALL, "");
	if (argc < 2)
		return run_command(find_command("pages"), argc, argv);
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
		strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return 0;
	}
	const struct command *command = find_command(argv[1]);
	if (!command) {
		(void)fprintf(stderr, _("domus-install: unknown command \"%s\"\n\n"), argv[1]);
		print_help(stderr);
		return 2;
	}
	int rc = run_command(command, argc - 1, argv + 1);
	if (fflush(stdout) != 0)
		rc = 1;
	return rc;
}
