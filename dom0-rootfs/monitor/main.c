/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-monitor: options and the table of its commands. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act.h"
#include "dom0-rootfs/guests/guests.h"
#include "err.h"
#include "monitor.h"
#include "monlog.h"
#include "num.h"
#include "state.h"
#include "xen.h"

#define DEFAULT_TIMEOUT_S 60
#define DEFAULT_SAVE_TIMEOUT_S 300

struct options {
	const char *run;
	const char *auto_dir;
	struct guests_stop stop;
	int64_t delay_s;
	bool has_log; /* said where messages go */
};

static int run_watch(const struct options *options, char **args, struct err *err)
{
	(void)args;
	/* Standard error of a service is the machine's console: not for every guest's every reboot. */
	if (!options->has_log)
		monlog_init(true);
	return monitor_run(options->run, err);
}

static int run_start_all(const struct options *options, char **args, struct err *err)
{
	(void)args;
	return guests_start_all(options->run, options->auto_dir, (int)options->delay_s, err);
}

static int run_stop_all(const struct options *options, char **args, struct err *err)
{
	(void)args;
	return guests_stop_all(options->run, &options->stop, err);
}

static int run_list(const struct options *options, char **args, struct err *err)
{
	(void)args;
	return guests_list(options->run, err);
}

/* Only for ourselves: `act VERB DOMID UUID`. The exit code is the answer. */
static int run_act(const struct options *options, char **args, struct err *err)
{
	struct act_order order = {.run = options->run};
	int64_t domid;

	if (!args[0] || !args[1] || !args[2] || args[3] || !act_verb_read(args[0], &order.verb) ||
		num_parse_int(args[1], 0, 32752, &domid, NULL) != 0 ||
		strspn(args[2], "0123456789abcdef-") != strlen(args[2]))
		return err_set(
			err, ERR_INVALID, 0, "act VERB DOMID UUID is for domus-monitor itself");
	order.domid = (uint32_t)domid;
	order.uuid = args[2];
	/* What the parent had open (its end of xenstore's pipes) must not pass on to QEMU. */
	(void)close_range(3, ~0U, 0);
	exit((int)act_run(&order));
}

static const struct command {
	const char *name;
	const char *called_as; /* argv[0] that means the same */
	int (*run)(const struct options *options, char **args, struct err *err);
	bool takes_args;
	const char *help; /* NULL: not for users */
} commands[] = {
	{"watch", NULL, run_watch, false, "watch all guests, in the foreground (the default)"},
	{"start-all", "guests-start", run_start_all, false, "start the guests of /etc/xen/auto"},
	{"stop-all", "guests-stop", run_stop_all, false, "shut all guests down, or save them"},
	{"list", NULL, run_list, false, "list the guests and who looks after them"},
	{"act", NULL, run_act, true, NULL},
};

static const struct command *find_command(const char *word, const char *argv0)
{
	const char *base = strrchr(argv0, '/');

	base = base ? base + 1 : argv0;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];

		if (word ? strcmp(word, c->name) == 0 : c->called_as && !strcmp(base, c->called_as))
			return c;
	}
	return word ? NULL : &commands[0];
}

static void print_help(void)
{
	(void)printf("usage: domus-monitor [OPTION...] [COMMAND]\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (commands[i].help)
			(void)printf("  %-10s %s\n", commands[i].name, commands[i].help);
	}
	(void)printf("\n  --timeout S     stop-all: seconds until the rest is destroyed (%d)\n"
		     "  --save          stop-all: save guests, but those that note something else\n"
		     "  --save-timeout S  stop-all: seconds that all have to be saved (%d)\n"
		     "  --delay S       start-all: seconds between two starts (0)\n"
		     "  --auto-dir DIR  start-all: where the links to the guests' files are\n"
		     "  --run-dir DIR   run-time files (" STATE_RUN_DIR ")\n"
		     "  --syslog        messages go to the system log (default of watch)\n"
		     "  --stderr        messages go to standard error\n"
		     "  --help\n",
		DEFAULT_TIMEOUT_S, DEFAULT_SAVE_TIMEOUT_S);
}

static int bad_usage(const char *text)
{
	(void)fprintf(stderr, "domus-monitor: %s; try domus-monitor --help\n", text);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"timeout", required_argument, NULL, 't'},
		{"save", no_argument, NULL, 'S'},
		{"save-timeout", required_argument, NULL, 'T'},
		{"delay", required_argument, NULL, 'd'},
		{"auto-dir", required_argument, NULL, 'a'},
		{"run-dir", required_argument, NULL, 'r'},
		{"syslog", no_argument, NULL, 's'},
		{"stderr", no_argument, NULL, 'e'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct options options = {
		.run = STATE_RUN_DIR,
		.auto_dir = "/etc/xen/auto",
		.stop = {.timeout_s = DEFAULT_TIMEOUT_S, .save_timeout_s = DEFAULT_SAVE_TIMEOUT_S},
	};
	const struct command *command;
	struct err err = ERR_INIT;
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (option) {
		case 't':
			if (num_parse_int(optarg, 0, 86400, &options.stop.timeout_s, &err) != 0)
				return bad_usage(err.text);
			break;
		case 'S':
			options.stop.saves = true;
			break;
		case 'T':
			if (num_parse_int(optarg, 0, 86400, &options.stop.save_timeout_s, &err) !=
				0)
				return bad_usage(err.text);
			break;
		case 'd':
			if (num_parse_int(optarg, 0, 86400, &options.delay_s, &err) != 0)
				return bad_usage(err.text);
			break;
		case 'a':
			options.auto_dir = optarg;
			break;
		case 'r':
			options.run = optarg;
			break;
		case 's':
		case 'e':
			monlog_init(option == 's');
			options.has_log = true;
			break;
		case 'h':
			print_help();
			return 0;
		default:
			return 2;
		}
	}
	command = find_command(argv[optind], argv[0]);
	if (!command)
		return bad_usage("no such command");
	if (argv[optind] && argv[optind + 1] && !command->takes_args)
		return bad_usage("too many words");
	/* runsv's environment may be bare; hotplug scripts and xl want a path. */
	(void)setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 0);
	if (command->run(&options, argv[optind] ? argv + optind + 1 : argv + optind, &err) != 0) {
		monlog("%s", err.text);
		return 1;
	}
	return 0;
}
