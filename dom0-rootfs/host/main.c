/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host: settings and state of the management domain. The table of its commands. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "attrs.h"
#include "host.h"
#include "lang.h"
#include "near.h"
#include "num.h"

enum {
	OPTION_ROOT = 1 << 0,
	OPTION_CONF = 1 << 1,
	OPTION_JSON = 1 << 2,
	OPTION_DRY_RUN = 1 << 3,
	OPTION_LIVE = 1 << 4,
	OPTION_YES = 1 << 5,
	OPTION_TEMPLATE = 1 << 6,
	OPTION_TIMEOUT = 1 << 7,
};

static const struct option long_options[] = {
	{"root", required_argument, NULL, OPTION_ROOT},
	{"conf", required_argument, NULL, OPTION_CONF},
	{"json", no_argument, NULL, OPTION_JSON},
	{"dry-run", no_argument, NULL, OPTION_DRY_RUN},
	{"live", no_argument, NULL, OPTION_LIVE},
	{"yes", no_argument, NULL, OPTION_YES},
	{"template", no_argument, NULL, OPTION_TEMPLATE},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

enum { MANY = 66 };

static int command_completion(const struct options *options);
static int command_manual(const struct options *options);

#define APPLY (OPTION_ROOT | OPTION_JSON | OPTION_DRY_RUN | OPTION_YES | OPTION_TIMEOUT)

/* Help, usage, completion and the man page's list are made from this. */
static const struct command {
	const char *name;
	int (*run)(const struct options *options);
	int options;
	int min_args, max_args;
	const char *usage;
	const char *help;
} commands[] = {
	{"status", command_status, OPTION_ROOT | OPTION_JSON, 0, 0, "[--json]",
		N_("show the state of this host: what failed, addresses, memory, time since the start")},
	{"get", command_get, OPTION_ROOT | OPTION_JSON, 0, 1, "[SECTION.KEY] [--json]",
		N_("show one setting or all, secrets as (set); a named section's is "
		   "SECTION.NAME.KEY")},
	{"set", command_set, OPTION_ROOT | OPTION_JSON, 2, MANY, "SECTION.KEY VALUE... [--json]",
		N_("write a setting into the host's file, after a check of the whole file; several "
		   "values for keys that may be repeated")},
	{"unset", command_unset, OPTION_ROOT | OPTION_JSON, 1, 1,
		"SECTION.KEY | SECTION.NAME [--json]",
		N_("take a key, or a named section, out of the host's file")},
	{"edit", command_edit, OPTION_ROOT | OPTION_JSON, 0, 0, "[--json]",
		N_("open the host's file in $EDITOR; it is checked before it is written")},
	{"diff", command_diff, OPTION_ROOT | OPTION_JSON, 0, 0, "[--json]",
		N_("what is written but not in force, what waits for a restart, generated files "
		   "changed by hand, what differs from the release's defaults")},
	{"apply", command_apply, APPLY, 0, 0, "[--dry-run] [--yes] [--timeout S] [--json]",
		N_("put the host's file in force: make /etc anew, restart what is concerned; a change "
		   "of network or SSH goes back after 60 s (--timeout) unless it is confirmed or "
		   "--yes was said")},
	{"confirm", command_confirm, OPTION_ROOT | OPTION_JSON, 0, 0, "[--json]",
		N_("keep the change that waits")},
	{"undo", command_undo, APPLY & ~OPTION_DRY_RUN, 0, 0, "[--yes] [--timeout S] [--json]",
		N_("put the former host's file back, in force; a second undo brings the later one")},
	{"save", command_save, OPTION_ROOT | OPTION_JSON | OPTION_TEMPLATE, 0, 1,
		"[FILE] [--template] [--json]",
		N_("write the file that installs this host again; as a template names, addresses, "
		   "MACs, serials, passwords and keys are left out and listed")},
	{"passwd", command_passwd, OPTION_ROOT | OPTION_JSON, 0, 1, "[USER] [--json]",
		N_("set a password, root's without a name; without a terminal it is one line of "
		   "standard input")},
	{"users", command_users, OPTION_ROOT | OPTION_JSON, 0, 2,
		"[add NAME | remove NAME] [--json]", N_("list, add or remove logins")},
	{"peer", command_peer, OPTION_ROOT | OPTION_JSON, 0, 4,
		"[add HOST[:PORT] [FINGERPRINT | 'KEY' [ADDRESS[:PORT]]] | remove HOST] [--json]",
		N_("list, add or remove hosts that guests may be moved to and come from; keys are "
		   "exchanged once. A peer's key gets no shell here, but the guests that it sends are "
		   "made as their definitions say, whatever disk they name: add only hosts that are "
		   "trusted as this one is")},
	{"network", command_network, OPTION_ROOT | OPTION_CONF | OPTION_JSON | OPTION_DRY_RUN, 1, 1,
		"up|down|status [--json] [--dry-run] [--conf FILE]",
		N_("set up, take down or show the network")},
	{"boot", command_boot, OPTION_ROOT | OPTION_JSON, 0, 2, "[KEY VALUE | try] [--json]",
		N_("how the host starts: default, timeout, xen-args, dom0-args, memory, vcpus, "
		   "hvm-guests, serial, speed; tried once, kept when the host came up")},
	{"time", command_time, OPTION_ROOT | OPTION_JSON, 0, 2,
		"[zone ZONE | servers 'HOST ...' | set 'YYYY-MM-DD hh:mm:ss'] [--json]",
		N_("show or set time zone, time servers and clock")},
	{"keyboard", command_keyboard, OPTION_ROOT | OPTION_JSON, 0, 1, "[LAYOUT] [--json]",
		N_("show or set the keyboard of the local console")},
	{"services", command_services, OPTION_ROOT | OPTION_JSON, 0, 2, "[restart NAME] [--json]",
		N_("list the services, or restart one")},
	{"storage", command_storage, OPTION_ROOT | OPTION_JSON | OPTION_DRY_RUN | OPTION_YES, 0, 4,
		"[add NAME thin|directory|nfs SOURCE | remove NAME | grow POOL [DISK] | check | up | "
		"down] [--json] [--dry-run] [--yes]",
		N_("list pools for guests' disks with their fill level; add one on an empty disk "
		   "(/dev/...), of a directory's path or of HOST:/PATH (a directory or NFS holds CD "
		   "images, too: domus-vm library); remove one from the host, "
		   "what is in it stays; grow a thin pool onto an empty disk, or into what its group "
		   "keeps back; check records those that are nearly full, and the state "
		   "partition, for the console and log-ins; up and down start and stop those of the host's file")},
	{"disks", command_disks, OPTION_ROOT | OPTION_JSON, 0, 1, "[check] [--json]",
		N_("list the machine's disks, what each is for, and what it says of its own health "
		   "(SMART); check records those that say they are failing, for the console and "
		   "log-ins")},
	{"logs", command_logs, OPTION_ROOT | OPTION_JSON, 0, 1, "[WORD] [--json]",
		N_("the last lines of the system log, those with a word in them")},
	{"diagnostics", command_diagnostics, OPTION_ROOT | OPTION_JSON, 0, 1, "[FILE] [--json]",
		N_("write a bundle (tar.gz) for whoever helps; secrets are left out")},
	{"reboot", command_reboot, OPTION_YES | OPTION_JSON, 0, 0, "[--yes] [--json]",
		N_("restart this host; its guests are listed first")},
	{"poweroff", command_poweroff, OPTION_YES | OPTION_JSON, 0, 0, "[--yes] [--json]",
		N_("switch this host off; its guests are listed first")},
	{"console", command_console, OPTION_ROOT | OPTION_JSON, 0, 1, "[locked] [--json]",
		N_("the pages of the host's own console, on this terminal; locked: behind a page with "
		   "the host's state and root's password, as on the machine's own consoles")},
	{"check", command_check, OPTION_LIVE | OPTION_JSON, 1, 1, "FILE [--live] [--json]",
		N_("name every error in a configuration file")},
	{"schema", command_schema, OPTION_JSON, 0, 0, "[--json]",
		N_("list every key: type, range, default, meaning, when a change takes effect")},
	{"generate", command_generate, OPTION_ROOT | OPTION_JSON | OPTION_CONF, 0, 0,
		"[--root DIR] [--conf FILE] [--json]",
		N_("make /etc from the host's configuration file, at boot")},
	{"healthy", command_healthy, OPTION_ROOT | OPTION_JSON, 0, 0, "[--json]",
		N_("called when the host came up: keeps its file and boot arguments as good ones")},
	{"banner", command_banner, OPTION_ROOT | OPTION_JSON, 0, 0, "[--json]",
		N_("print what a login should see")},
	{"completion", command_completion, OPTION_JSON, 0, 0, "[--json]",
		N_("print completion of commands for bash")},
	{"manual", command_manual, OPTION_JSON, 0, 0, "[--json]",
		N_("print these commands for the man page (mdoc)")},
};

/* Name, usage, options and meaning of each: for programs, what manual and completion are for people. */
static void print_commands_json(void)
{
	json_t *all = json_array();
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		json_t *list = json_array();
		for (size_t j = 0; long_options[j].name; j++)
			if (long_options[j].val != 'h' &&
				(long_options[j].val & commands[i].options))
				(void)json_array_append_new(
					list, json_string(long_options[j].name));
		(void)json_array_append_new(
			all, json_pack("{s:s, s:s, s:s, s:o}", "name", commands[i].name, "usage",
				     commands[i].usage, "help", commands[i].help, "options", list));
	}
	host_print_json(json_pack("{s:o}", "commands", all));
}

static int command_completion(const struct options *options)
{
	if (options->is_json) {
		print_commands_json();
		return 0;
	}
	(void)printf("%s", "# . <(domus-host completion)\n"
			   "_domus_host() {\n"
			   "\tlocal word=${COMP_WORDS[COMP_CWORD]} all=\n"
			   "\tcase ${COMP_CWORD}.${COMP_WORDS[1]} in\n\t1.*) all='");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)printf("%s%s", i ? " " : "", commands[i].name);
	(void)printf("%s",
		"' ;;\n\t2.get | 2.set | 2.unset) all=$(domus-host get | cut -d ' ' -f 1) ;;\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		(void)printf("\t*.%s) all='", commands[i].name);
		for (size_t j = 0; long_options[j].name; j++)
			if (long_options[j].val & commands[i].options)
				(void)printf("--%s ", long_options[j].name);
		(void)printf("' ;;\n");
	}
	(void)printf("%s", "\tesac\n"
			   "\tmapfile -t COMPREPLY < <(compgen -W \"$all\" -- \"$word\")\n"
			   "}\ncomplete -F _domus_host domus-host\n");
	return 0;
}

static int command_manual(const struct options *options)
{
	if (options->is_json) {
		print_commands_json();
		return 0;
	}
	(void)printf(".Bl -tag -width Ds\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)printf(".It Li \"%s%s%s\"\n%s.\n", commands[i].name,
			commands[i].usage[0] ? " " : "", commands[i].usage, commands[i].help);
	(void)printf(".El\n");
	return 0;
}

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
	const char *names[ARRAY_SIZE(commands)];
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		names[i] = commands[i].name;
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	const char *near = near_find(name, names, ARRAY_SIZE(commands));
	(void)fprintf(stderr, _("domus-host: unknown command \"%s\"%s%s%s; see domus-host help\n"),
		name, near ? _("; did you mean \"") : "", near ? near : "", near ? "\"?" : "");
	return NULL;
}

static int wrong_use(const struct command *command)
{
	(void)fprintf(stderr, _("Usage: domus-host %s %s\n"), command->name, command->usage);
	return 2;
}

static int take_option(struct options *options, int option)
{
	int64_t seconds;
	if (option == OPTION_ROOT)
		options->root = optarg;
	if (option == OPTION_CONF)
		options->conf = optarg;
	options->is_json |= option == OPTION_JSON;
	options->is_dry_run |= option == OPTION_DRY_RUN;
	options->is_live |= option == OPTION_LIVE;
	options->is_sure |= option == OPTION_YES;
	options->is_template |= option == OPTION_TEMPLATE;
	if (option != OPTION_TIMEOUT)
		return 0;
	if (num_parse_int(optarg, 1, 3600, &seconds, NULL) < 0)
		return -1;
	options->seconds = (unsigned)seconds;
	return 0;
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
		if (option == '?' || !(option & command->options) ||
			take_option(&options, option) < 0)
			return wrong_use(command);
	}
	options.args = argv + optind;
	options.n_args = argc - optind;
	if (options.n_args < command->min_args || options.n_args > command->max_args)
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
	if (!command)
		return 2;
	int rc = run_command(command, argc - 1, argv + 1);
	if (fflush(stdout) != 0)
		rc = 1;
	return rc;
}
