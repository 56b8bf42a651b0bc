/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-vm: the table of its commands, from which help, usage and completion are made. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attrs.h"
#include "file.h"
#include "lang.h"
#include "near.h"
#include "num.h"
#include "vmwizard/cli.h"
#ifdef VM_HAS_PAGES
#include "vmwizard/manager/manager.h"
#include "vmwizard/pages/pages.h"
#endif

enum {
	OPTION_JSON = 1 << 0,
	OPTION_DRY_RUN = 1 << 1,
	OPTION_YES = 1 << 2,
	OPTION_WITH_DISKS = 1 << 3,
	OPTION_CONSOLE = 1 << 4,
	OPTION_TIMEOUT = 1 << 5,
	OPTION_OS = 1 << 6,
	OPTION_METHOD = 1 << 7,
	OPTION_NAME = 1 << 8,
	OPTION_OFFLINE = 1 << 9,
	OPTION_RESOLVE = 1 << 10,
	OPTION_KEEP = 1 << 11,
	OPTION_FORCE = 1 << 12,
	OPTION_REMOVE = 1 << 13,
	OPTION_POOL = 1 << 14,
	OPTION_ORDER = 1 << 15,
	OPTION_DELAY = 1 << 16,
	OPTION_AT_STOP = 1 << 17,
	OPTION_ANY = 1 << 18, /* these and the following go with every command */
	OPTION_ROOT = OPTION_ANY,
	OPTION_FACTS = 1 << 19,
	OPTION_PROFILES = 1 << 20,
};

static const struct option long_options[] = {
	{"json", no_argument, NULL, OPTION_JSON},
	{"dry-run", no_argument, NULL, OPTION_DRY_RUN},
	{"yes", no_argument, NULL, OPTION_YES},
	{"with-disks", no_argument, NULL, OPTION_WITH_DISKS},
	{"console", no_argument, NULL, OPTION_CONSOLE},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"os", required_argument, NULL, OPTION_OS},
	{"method", required_argument, NULL, OPTION_METHOD},
	{"name", required_argument, NULL, OPTION_NAME},
	{"offline", no_argument, NULL, OPTION_OFFLINE},
	{"resolve", required_argument, NULL, OPTION_RESOLVE},
	{"keep", no_argument, NULL, OPTION_KEEP},
	{"remove", no_argument, NULL, OPTION_REMOVE},
	{"force", no_argument, NULL, OPTION_FORCE},
	{"pool", required_argument, NULL, OPTION_POOL},
	{"order", required_argument, NULL, OPTION_ORDER},
	{"delay", required_argument, NULL, OPTION_DELAY},
	{"at-stop", required_argument, NULL, OPTION_AT_STOP},
	{"root", required_argument, NULL, OPTION_ROOT},
	{"facts", required_argument, NULL, OPTION_FACTS},
	{"profiles", required_argument, NULL, OPTION_PROFILES},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

#define ACT (OPTION_DRY_RUN | OPTION_TIMEOUT)

static const struct command {
	const char *name;
	int (*run)(struct cli *cli);
	int options;
	int min_args, max_args;
	bool needs_profiles;
	const char *usage;
	const char *help;
} commands[] = {
	{"create", cli_create,
		OPTION_DRY_RUN | OPTION_CONSOLE | OPTION_OS | OPTION_METHOD | OPTION_NAME, 0, 1,
		true, "[FILE|-] [--os ID [--method M] [--name NAME]] [--dry-run] [--console]",
		N_("make the guests of a file, one of defaults, or ask (the wizard)")},
	{"check", cli_check, OPTION_JSON, 1, 1, true, "FILE [--json]",
		N_("name every error in a file for create, or every unknown key in an xl.cfg")},
	{"list", cli_list, OPTION_JSON, 0, 0, false, "[--json]",
		N_("all guests, running or not, with their figures")},
	{"info", cli_info, OPTION_JSON, 1, 1, false, "NAME [--json]", N_("all about one guest")},
	{"start", cli_start, ACT | OPTION_FORCE | OPTION_YES, 1, 1, false,
		"NAME [--force [--yes]] [--dry-run]",
		N_("start it, or restore it if it was saved; --force: from disks of a shared pool that "
		   "another host owns")},
	{"shutdown", cli_shutdown, ACT, 1, 1, false, "NAME [--timeout S] [--dry-run]",
		N_("ask it to shut down, and wait until it is off")},
	{"reboot", cli_reboot, ACT, 1, 1, false, "NAME [--timeout S] [--dry-run]",
		N_("ask it to restart, and wait until it has")},
	{"destroy", cli_destroy, ACT | OPTION_YES, 1, 1, false, "NAME [--yes] [--dry-run]",
		N_("force it off; what it has not written is lost")},
	{"pause", cli_pause, ACT, 1, 1, false, "NAME [--dry-run]", N_("stop its CPUs")},
	{"unpause", cli_unpause, ACT, 1, 1, false, "NAME [--dry-run]", N_("let them go on")},
	{"console", cli_console, 0, 1, 1, false, "NAME",
		N_("its text console (Ctrl-] comes back)")},
	{"vnc", cli_vnc, 0, 1, 1, false, "NAME", N_("how to see its screen from another computer")},
	{"save", cli_save, ACT, 1, 1, false, "NAME [--timeout S] [--dry-run]",
		N_("write its memory to disk and stop it")},
	{"restore", cli_restore, ACT, 1, 1, false, "NAME [--dry-run]",
		N_("let it go on from where it was saved")},
	{"delete", cli_delete, OPTION_DRY_RUN | OPTION_WITH_DISKS | OPTION_YES, 1, 1, false,
		"NAME [--with-disks] [--yes] [--dry-run]",
		N_("remove its definition, and the disks that were made for it")},
	{"rename", cli_rename, OPTION_DRY_RUN, 2, 2, false, "NAME NEW [--dry-run]",
		N_("give it another name")},
	{"clone", cli_clone, OPTION_DRY_RUN, 2, 2, false, "NAME NEW [--dry-run]",
		N_("a copy of definition and disks, with identities of its own")},
	{"snapshot", cli_snapshot, OPTION_JSON | OPTION_DRY_RUN | OPTION_YES, 1, 3, false,
		"NAME [create|back|remove SNAPSHOT] [--json] [--dry-run] [--yes]",
		N_("list, make or remove snapshots of its disks, or go back to one; then the disks as "
		   "they were are the snapshot \"undo\"")},
	{"memory", cli_memory, ACT | OPTION_JSON | OPTION_KEEP, 0, 256, false,
		"[NAME=SIZE ...] [--keep] [--timeout S] [--json] [--dry-run]",
		N_("the host's memory; or move it between running guests: nobody takes before all "
		   "that give have given; what does not fit is refused")},
	{"set-memory", cli_set_memory, ACT | OPTION_KEEP, 2, 2, false,
		"NAME SIZE [--keep] [--timeout S] [--dry-run]",
		N_("running: its memory now, with --keep for later starts, too; off: for its next "
		   "start")},
	{"set-vcpus", cli_set_vcpus, ACT | OPTION_KEEP, 2, 2, false,
		"NAME COUNT [--keep] [--timeout S] [--dry-run]",
		N_("running: its CPUs now, with --keep for later starts, too; off: for its next "
		   "start")},
	{"pin", cli_pin, ACT, 2, 3, false, "NAME CPUS|all [PREFERRED|all] [--dry-run]",
		N_("real CPUs it may run on, and those of them it prefers, now and later")},
	{"weight", cli_weight, ACT, 2, 3, false, "NAME WEIGHT [CAP] [--dry-run]",
		N_("its share of the CPUs, and its limit in per cent (0: none), now and later")},
	{"attach-disk", cli_attach_disk, OPTION_JSON, 2, 2, false,
		"NAME \"new, size=8 GiB\"|\"existing, path=FILE\" [--json]",
		N_("another disk, now and later")},
	{"detach-disk", cli_detach_disk, 0, 2, 2, false, "NAME TARGET",
		N_("take a disk away, now and later")},
	{"attach-nic", cli_attach_nic, OPTION_JSON, 1, 2, false,
		"NAME [\"bridge=xenbr0, guard=yes\"] [--json]",
		N_("another network adapter, now and later")},
	{"detach-nic", cli_detach_nic, 0, 2, 2, false, "NAME MAC",
		N_("take a network adapter away, now and later")},
	{"cdrom", cli_cdrom, 0, 2, 2, false, "NAME ISO|eject", N_("change the CD")},
	{"autostart", cli_autostart, OPTION_DRY_RUN | OPTION_ORDER | OPTION_DELAY | OPTION_AT_STOP,
		1, 2, false,
		"NAME [on|off] [--order N|auto] [--delay S] [--at-stop save|shutdown|auto] [--dry-run]",
		N_("start it with the host, or no longer; --order: 1 starts first and stops last; --delay: "
		   "seconds before the next starts; --at-stop: what becomes of it when the host "
		   "stops")},
	{"migrate", cli_migrate,
		ACT | OPTION_JSON | OPTION_OFFLINE | OPTION_REMOVE | OPTION_RESOLVE | OPTION_YES, 1,
		2, false,
		"NAME HOST [--offline [--remove]] [--timeout S] [--json] [-n|--dry-run] | "
		"NAME --resolve here|there [--yes]",
		N_("move it to a peer (domus-host peer) while it runs, or suspended (--offline), from "
		   "shared disks; --offline, when it is off: with the disks that are not shared, "
		   "which stay here too unless --remove; --resolve: when no host can know where it "
		   "is")},
	{"receive", cli_receive, 0, 1, 1, false, "PEER",
		N_("the other side of migrate, which a peer runs here")},
	{"settle", cli_settle, 0, 0, 0, false, "",
		N_("take up migrations that were cut short, as this host does every minute")},
	{"library", cli_library, OPTION_JSON | OPTION_POOL | OPTION_YES, 0, 3, false,
		"[add URL|FILE|DRIVE [SHA256] [--pool POOL] | remove IMAGE [--yes]] [--json]",
		N_("the CD images of all pools; add one by URL, from a mounted stick or a CD drive, "
		   "which goes on where it broke off; or remove one. A pool that is a directory or "
		   "NFS can hold them; without --pool it is the library's own place")},
	{"fetch", cli_fetch, OPTION_JSON | OPTION_POOL, 1, 2, false,
		"URL|FILE|DRIVE [SHA256] [--pool POOL] [--json]", N_("the same as library add")},
	{"profiles", cli_profiles, OPTION_JSON, 0, 0, true, "[--json]",
		N_("the operating systems that are known, and how they were tried")},
	{"schema", cli_schema, OPTION_JSON, 0, 0, false, "[--json]",
		N_("every key of a file for create: type, range, default, meaning")},
	{"host", cli_host, OPTION_JSON, 0, 0, false, "[--json]",
		N_("what this machine has for guests")},
	{"first-boot", cli_first_boot, 0, 0, 0, true, "",
		N_("make and start the guests of the host's file, once")},
};

static void print_help(FILE *out)
{
	(void)fprintf(out, "%s",
		_("Usage: domus-vm                 the manager, on a terminal\n"
		  "       domus-vm COMMAND ...\n\n"));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)fprintf(out, "  %s %s\n      %s\n", commands[i].name, commands[i].usage,
			_(commands[i].help));
	(void)fprintf(out, "%s",
		_("\nChanging goes through xl; the command shown is the command run. Exit status: 0 done,\n"
		  "1 failed, 2 wrong usage. See domus-vm(8).\n"));
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
	(void)fprintf(stderr,
		_("domus-vm: there is no command \"%s\"%s%s%s; see domus-vm --help\n"), name,
		near ? _("; did you mean \"") : "", near ? near : "", near ? "\"?" : "");
	return NULL;
}

static int wrong_use(const struct command *command)
{
	if (command)
		(void)fprintf(stderr, _("Usage: domus-vm %s %s\n"), command->name, command->usage);
	else
		(void)fprintf(
			stderr, "%s", _("Usage: domus-vm [COMMAND ...]; see domus-vm --help\n"));
	return CLI_USAGE;
}

static int take_option(struct cli *cli, int option)
{
	int64_t seconds;
	switch (option) {
	case OPTION_JSON:
		cli->is_json = true;
		return 0;
	case OPTION_DRY_RUN:
		cli->is_dry = true;
		return 0;
	case OPTION_YES:
		cli->is_sure = true;
		return 0;
	case OPTION_WITH_DISKS:
		cli->with_disks = true;
		return 0;
	case OPTION_CONSOLE:
		cli->with_console = true;
		return 0;
	case OPTION_OFFLINE:
		cli->is_offline = true;
		return 0;
	case OPTION_KEEP:
		cli->is_kept = true;
		return 0;
	case OPTION_REMOVE:
		cli->removes = true;
		return 0;
	case OPTION_FORCE:
		cli->is_forced = true;
		return 0;
	case OPTION_RESOLVE:
		cli->resolve = optarg;
		return 0;
	case OPTION_OS:
		cli->os = optarg;
		return 0;
	case OPTION_METHOD:
		cli->method = optarg;
		return 0;
	case OPTION_NAME:
		cli->name = optarg;
		return 0;
	case OPTION_POOL:
		cli->pool = optarg;
		return 0;
	case OPTION_ORDER:
		cli->start_order = optarg;
		return 0;
	case OPTION_DELAY:
		cli->start_delay = optarg;
		return 0;
	case OPTION_AT_STOP:
		cli->at_stop = optarg;
		return 0;
	case OPTION_ROOT:
		cli->root = optarg;
		return 0;
	case OPTION_FACTS:
		cli->facts = optarg;
		return 0;
	case OPTION_PROFILES:
		cli->profile_dir = optarg;
		return 0;
	case OPTION_TIMEOUT:
		if (num_parse_int(optarg, 1, 86400, &seconds, NULL) < 0)
			return -1;
		cli->timeout_s = (unsigned)seconds;
		return 0;
	default:
		return -1;
	}
}

static int no_screen(void)
{
	(void)fprintf(stderr, "%s",
		_("domus-vm: the manager and the wizard need a terminal; see domus-vm --help for commands\n"));
	return CLI_USAGE;
}

/* The manager, or the wizard when create is all that was typed. */
static int run_screen(const struct cli *cli, bool is_wizard)
{
	bool is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (!is_terminal && !cli->facts)
		return no_screen();
#ifdef VM_HAS_PAGES
	return is_wizard ? pages_create_main(cli->root, cli->facts)
			 : manager_main(cli->root, cli->facts);
#else
	(void)is_wizard;
	return no_screen();
#endif
}

static int run_command(struct cli *cli, const struct command *command)
{
	struct err err = ERR_INIT;
	bool is_wizard = command->run == cli_create && cli->n_args == 0 && !cli->os;
	if (is_wizard)
		return run_screen(cli, true);
	if (session_open(&cli->session, cli->root, cli->facts, &err) < 0)
		return cli_fail(&err);
	int rc = CLI_OK;
	if (command->needs_profiles && cli_load_profiles(cli, &err) < 0)
		rc = cli_fail(&err);
	if (rc == CLI_OK)
		rc = command->run(cli);
	session_close(&cli->session);
	return rc;
}

int main(int argc, char **argv)
{
	struct cli cli = {.root = "/"};
	int used = 0;
	int option;
	while ((option = getopt_long(argc, argv, "hnV", long_options, NULL)) != -1) {
		if (option == 'h') {
			print_help(stdout);
			return CLI_OK;
		}
		if (option == 'V') {
			(void)printf("domus-vm %s\n", DOMUS_VERSION);
			return CLI_OK;
		}
		if (option == 'n')
			option = OPTION_DRY_RUN;
		if (take_option(&cli, option) < 0)
			return wrong_use(NULL);
		used |= option;
	}
	if (optind == argc)
		return used & (OPTION_ANY - 1) ? wrong_use(NULL) : run_screen(&cli, false);
	const struct command *command = find_command(argv[optind]);
	if (!command)
		return CLI_USAGE;
	cli.args = argv + optind + 1;
	cli.n_args = argc - optind - 1;
	if (cli.n_args < command->min_args || cli.n_args > command->max_args ||
		(used & (OPTION_ANY - 1) & ~command->options))
		return wrong_use(command);
	return run_command(&cli, command);
}
