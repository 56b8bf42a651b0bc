/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host: settings and state of the management domain. The table of its commands. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "attrs.h"
#include "host.h"
#include "lang.h"

enum {
	OPTION_ROOT = 1 << 0,
	OPTION_CONF = 1 << 1,
	OPTION_JSON = 1 << 2,
	OPTION_DRY_RUN = 1 << 3,
	OPTION_LIVE = 1 << 4,
};

static const struct option long_options[] = {
	{"root", required_argument, NULL, OPTION_ROOT},
	{"conf", required_argument, NULL, OPTION_CONF},
	{"json", no_argument, NULL, OPTION_JSON},
	{"dry-run", no_argument, NULL, OPTION_DRY_RUN},
	{"live", no_argument, NULL, OPTION_LIVE},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static const struct command {
	const char *name;
	int (*run)(const struct options *options);
	int options;
	int n_args; /* it takes exactly so many */
	const char *usage;
	const char *help;
} commands[] = {
	{"generate", command_generate, OPTION_ROOT | OPTION_CONF, 0, "[--root DIR] [--conf FILE]",
		N_("make /etc from the host's configuration file")},
	{"network", command_network, OPTION_ROOT | OPTION_CONF | OPTION_JSON | OPTION_DRY_RUN, 1,
		"up|down|status [--json] [--dry-run] [--root DIR] [--conf FILE]",
		N_("set up, take down or show the network")},
	{"check", command_check, OPTION_LIVE, 1, "FILE [--live]",
		N_("name every error in a configuration file")},
	{"schema", command_schema, OPTION_JSON, 0, "[--json]",
		N_("list every key: type, range, default, meaning")},
	{"status", command_status, OPTION_ROOT | OPTION_JSON, 0, "[--json] [--root DIR]",
		N_("show the state of this host")},
	{"banner", command_banner, OPTION_ROOT, 0, "[--root DIR]",
		N_("print what a login should see")},
};

static void print_help(FILE *out)
{
	(void)fprintf(out, "%s", _("Usage: domus-host COMMAND ...\n\n"));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)fprintf(out, "  %s %s\n      %s\n", commands[i].name, commands[i].usage,
			_(commands[i].help));
	(void)fprintf(out, "%s", _("\nSee domus-host(8).\n"));
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
	(void)fprintf(stderr, _("Usage: domus-host %s %s\n"), command->name, command->usage);
	return 2;
}

static void take_option(struct options *options, int option)
{
	if (option == OPTION_ROOT)
		options->root = optarg;
	if (option == OPTION_CONF)
		options->conf = optarg;
	options->is_json |= option == OPTION_JSON;
	options->is_dry_run |= option == OPTION_DRY_RUN;
	options->is_live |= option == OPTION_LIVE;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct options options = {.root = "/"};
	int option;
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == 'h') {
			(void)printf(_("Usage: domus-host %s %s\n%s\n"), command->name,
				command->usage, _(command->help));
			return 0;
		}
		/* '?' is an option of nobody, and getopt_long() has said so. */
		if (option == '?' || !(option & command->options))
			return wrong_use(command);
		take_option(&options, option);
	}
	options.args = argv + optind;
	options.n_args = argc - optind;
	if (options.n_args != command->n_args)
		return wrong_use(command);
	return command->run(&options);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
		strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return 0;
	}
	const struct command *command = find_command(argv[1]);
	if (!command) {
		(void)fprintf(stderr, _("domus-host: unknown command \"%s\"\n\n"), argv[1]);
		print_help(stderr);
		return 2;
	}
	int rc = run_command(command, argc - 1, argv + 1);
	if (fflush(stdout) != 0)
		rc = 1;
	return rc;
}
