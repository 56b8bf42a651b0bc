/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that make guests from files: create, check, first-boot. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "hostconf.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "vmwizard/act.h"
#include "vmwizard/cli.h"
#include "vmwizard/image.h"

/* All guests of one file on their way to being made. */
struct batch {
	struct cli *cli;
	const char *what; /* the file, for messages */
	struct cfg cfg;
	struct vm_spec *specs;
	size_t count;
	struct vm_host host;
	struct problems problems;
};

static void say_problems(struct problems *problems, const char *what)
{
	problems_sort(problems);
	(void)fflush(stdout);
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];
		const char *level = p->level == PROBLEM_ERROR ? _("error") : _("warning");
		if (p->line)
			(void)fprintf(stderr, "%s:%u: %s: %s\n", what, p->line, level, p->text);
		else
			(void)fprintf(stderr, "%s: %s: %s\n", what, level, p->text);
	}
}

/* Completes and judges one guest; those of the same file must not collide either. */
static void judge(struct batch *b, struct vm_spec *spec)
{
	const struct profiles *all = &b->cli->session.profiles;
	const struct profile *profile = profiles_find(all, spec->os);
	unsigned line = cfg_line_of(&b->cfg, "vm", spec->name, "os", 0);
	if (!profile) {
		const char *near = profiles_near(all, spec->os);
		problems_add(&b->problems, PROBLEM_ERROR, line,
			near ? _("os: \"%s\" is not known; did you mean \"%s\"?")
			     : _("os: \"%s\" is not known; see domus-vm profiles"),
			spec->os, near);
		return;
	}
	vm_spec_complete(spec, profile, &b->host);
	image_choose_formats(b->host.root, spec);
	vm_check(spec, profile, &b->host, &b->cfg, true, &b->problems);
	strlist_add(&b->host.names, spec->name);
	for (size_t i = 0; i < spec->n_disks; i++)
		if (spec->disks[i].path[0] && !spec->disks[i].is_readonly)
			strlist_addf(&b->host.used, "%s\t%s", spec->disks[i].path, spec->name);
	for (size_t i = 0; i < spec->n_nics; i++)
		if (spec->nics[i].mac[0])
			strlist_add(&b->host.macs, spec->nics[i].mac);
}

/* Is any disk made for one of them? */
static bool needs_pools(const struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct vm_spec *spec = &b->specs[i];
		const struct profile *profile = profiles_find(&b->cli->session.profiles, spec->os);
		if (spec->n_disks > 0 || (!spec->has_disks && profile && profile->disk_mib > 0))
			return true;
	}
	return false;
}

static int open_batch(struct batch *b, const char *text, size_t len, struct err *err)
{
	vm_host_init(&b->host);
	cfg_parse(text, len, &b->cfg, &b->problems);
	vm_spec_read(&b->cfg, &b->specs, &b->count, &b->problems);
	if (b->count == 0 && b->problems.errors == 0)
		problems_add(&b->problems, PROBLEM_ERROR, 0,
			_("no guest in it: a section [vm NAME] is missing"));
	if (session_read_host(&b->cli->session, needs_pools(b) ? VM_HOST_WHOLE : VM_HOST_NO_LVM,
		    &b->host, err) < 0)
		return -1;
	for (size_t i = 0; i < b->count && b->problems.errors == 0; i++)
		judge(b, &b->specs[i]);
	return 0;
}

static void close_batch(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		vm_spec_dispose(&b->specs[i]);
	free(b->specs);
	vm_host_dispose(&b->host);
	problems_dispose(&b->problems);
	cfg_dispose(&b->cfg);
}

static void say_step(void *context, size_t i, size_t n, const char *what)
{
	struct cli *cli = context;
	if (cli->is_quiet)
		return;
	if (cli->shown_mib && isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\n");
	cli->shown_mib = 0;
	(void)printf("[%zu/%zu] %s\n", i + 1, n, what);
	(void)fflush(stdout);
}

static int make_one(struct batch *b, struct vm_spec *spec)
{
	const struct profile *profile = profiles_find(&b->cli->session.profiles, spec->os);
	const struct vm_progress progress = {
		.context = b->cli, .step = say_step, .amount = cli_say_amount};
	bool is_dry = b->cli->is_dry || b->cli->session.facts;
	struct vm_plan plan;
	struct err err = ERR_INIT;
	if (!is_dry && vm_spec_draw(spec, &err) < 0)
		return cli_fail(&err);
	if (vm_plan_build(spec, profile, &b->host, &plan, &err) < 0)
		return cli_fail(&err);
	int rc = CLI_OK;
	if (is_dry) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		vm_plan_show(&plan, &text);
		(void)printf("%s", str_text(&text));
	} else if (vm_plan_execute(b->cli->root, &plan, &progress, &err) < 0) {
		(void)err_prefix(&err, _("guest %s was not made: "), spec->name);
		rc = cli_fail(&err);
	} else {
		for (size_t i = 0; !b->cli->is_quiet && i < plan.notes.count; i++)
			(void)printf("%s\n", plan.notes.items[i]);
	}
	vm_plan_dispose(&plan);
	return rc;
}

/* One guest that fails does not keep the others from being made. */
int cli_create_text(struct cli *cli, const char *text, size_t len, const char *what)
{
	struct batch b = {.cli = cli, .what = what};
	struct err err = ERR_INIT;
	int rc = CLI_OK;
	if (open_batch(&b, text, len, &err) < 0)
		rc = cli_fail(&err);
	say_problems(&b.problems, what);
	if (b.problems.errors)
		rc = CLI_FAILED;
	const char *console = NULL;
	bool is_good = rc == CLI_OK;
	for (size_t i = 0; is_good && i < b.count; i++) {
		int one = make_one(&b, &b.specs[i]);
		if (one == CLI_OK && b.specs[i].start)
			console = b.specs[i].name;
		else if (one != CLI_OK)
			rc = one;
	}
	CLEANUP(mem_free_string) char *name = console ? xstrdup(console) : NULL;
	close_batch(&b);
	if (rc == CLI_OK && cli->with_console && !cli->is_dry && name)
		return cli_attach_console(cli, name);
	return rc;
}

static int read_input(const char *path, struct str *ret_text, struct err *err)
{
	char buf[4096];
	size_t n;
	if (strcmp(path, "-") != 0) {
		CLEANUP(mem_free_string) char *absolute = file_absolute(path);
		return file_read("/", absolute, CFG_FILE_MAX, ret_text, err);
	}
	while (ret_text->len <= CFG_FILE_MAX && (n = fread(buf, 1, sizeof(buf), stdin)) > 0)
		str_add_bytes(ret_text, buf, n);
	return 0;
}

/* create --os ID: the profile's defaults, as the wizard would propose them. */
static int create_from_options(struct cli *cli)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	CLEANUP(mem_free_string) char *name = cli->name ? xstrdup(cli->name) : NULL;
	const struct profile *profile = profiles_find(&cli->session.profiles, cli->os);
	if (!name && profile) {
		struct vm_host host;
		if (session_read_host(&cli->session, VM_HOST_NO_LVM, &host, &err) < 0)
			return cli_fail(&err);
		name = vm_free_name(profile, &host);
		vm_host_dispose(&host);
	}
	if (vm_check_name(name ? name : cli->os, &err) < 0) {
		(void)cli_fail(&err);
		return CLI_USAGE;
	}
	str_add(&text, "[vm %s]\nos = %s\n", name ? name : cli->os, cli->os);
	if (cli->method)
		str_add(&text, "method = %s\n", cli->method);
	return cli_create_text(cli, str_text(&text), text.len, "create");
}

int cli_create(struct cli *cli)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	if (cli->n_args == 0)
		return create_from_options(cli);
	if (cli->os || cli->method || cli->name) {
		(void)fprintf(stderr, "%s", _("domus-vm: a file, or --os: not both\n"));
		return CLI_USAGE;
	}
	if (read_input(cli->args[0], &text, &err) < 0)
		return cli_fail(&err);
	return cli_create_text(cli, str_text(&text), text.len, cli->args[0]);
}

static void print_problems_json(struct problems *problems, const char *what)
{
	json_t *list = json_array();
	problems_sort(problems);
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];
		CLEANUP(mem_free_string) char *text = xstrdup(p->text);
		str_make_utf8(text);
		(void)json_array_append_new(list,
			json_pack("{s:I, s:s, s:s}", "line", (json_int_t)p->line, "level",
				p->level == PROBLEM_ERROR ? "error" : "warning", "text", text));
	}
	cli_print_json(json_pack("{s:s, s:I, s:o}", "file", what, "errors",
		(json_int_t)problems->errors, "problems", list));
}

static int check_xlcfg(const struct cli *cli, const char *text, const char *what)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	struct err err = ERR_INIT;
	struct vm_spec spec;
	int rc = vm_xlcfg_read(text, "", &spec, &problems, &err);
	vm_spec_dispose(&spec);
	if (cli->is_json) {
		if (rc < 0)
			problems_add(&problems, PROBLEM_ERROR, 0, "%s", err.text);
		print_problems_json(&problems, what);
		return problems.count ? CLI_FAILED : CLI_OK;
	}
	say_problems(&problems, what);
	if (rc == 0)
		return problems.count ? CLI_FAILED : CLI_OK;
	(void)fprintf(stderr, "%s: %s: %s\n", what, _("error"), err.text);
	return CLI_FAILED;
}

int cli_check(struct cli *cli)
{
	const char *what = cli->args[0];
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct batch b = {.cli = cli, .what = what};
	struct err err = ERR_INIT;
	size_t len = strlen(what);
	if (read_input(what, &text, &err) < 0)
		return cli_fail(&err);
	if (len > 4 && strcmp(what + len - 4, ".cfg") == 0)
		return check_xlcfg(cli, str_text(&text), what);
	int rc = open_batch(&b, str_text(&text), text.len, &err) < 0 ? cli_fail(&err) : CLI_OK;
	if (rc == CLI_OK && cli->is_json)
		print_problems_json(&b.problems, what);
	else
		say_problems(&b.problems, what);
	if (b.problems.errors)
		rc = CLI_FAILED;
	close_batch(&b);
	return rc;
}

/* The sections [vm NAME] of the host's file, as a file of their own. */
static void write_sections(const struct host_config *config, struct str *out)
{
	for (size_t i = 0; i < config->n_vms; i++) {
		str_add(out, "[vm %s]\n", config->vms[i].name);
		for (size_t j = 0; j < config->vms[i].count; j++)
			str_add(out, "%s = %s\n", config->vms[i].entries[j].key,
				config->vms[i].entries[j].value);
	}
}

/* The section that begins in this line, or NULL. */
static const struct cfg_section *section_at(const struct cfg *cfg, unsigned line)
{
	for (size_t i = 0; i < cfg->count; i++)
		if (cfg->sections[i].line == line)
			return &cfg->sections[i];
	return NULL;
}

/*
 * The text without the sections of these guests. All else stays byte for byte; comments above the
 * next section are that one's.
 */
static void drop_sections(const struct str *text, const struct strlist *names, struct str *out)
{
	CLEANUP(cfg_dispose) struct cfg cfg = CFG_INIT;
	CLEANUP(problems_dispose) struct problems ignored = PROBLEMS_INIT;
	const char *comments = NULL;
	bool is_dropping = false;
	unsigned number = 0;
	cfg_parse(str_text(text), text->len, &cfg, &ignored);
	for (const char *line = str_text(text); *line;) {
		const struct cfg_section *section = section_at(&cfg, ++number);
		const char *next = line + strcspn(line, "\n");
		const char *first = line + strspn(line, " \t");
		next += *next == '\n';
		if (section) {
			is_dropping = strcmp(section->kind, "vm") == 0 && section->name &&
				      strlist_has(names, section->name);
			if (!is_dropping && comments)
				str_add_bytes(out, comments, (size_t)(line - comments));
			comments = NULL;
		}
		if (!is_dropping)
			str_add_bytes(out, line, (size_t)(next - line));
		else if (*first == '#' && !comments)
			comments = line;
		else if (*first != '#' && *first != '\n')
			comments = NULL;
		line = next;
	}
}

/* A host that was installed again keeps its guests: the file cannot mean to make them a second time. */
static bool is_there_already(const struct cli *cli, const char *name)
{
	CLEANUP(mem_free_string) char *path = xasprintf("/etc/xen/%s.cfg", name);
	if (!file_exists(cli->root, path))
		return false;
	(void)printf(_("there is a guest \"%s\" already: it stays as it is\n"), name);
	return true;
}

/* One guest a text, so that an error in one does not stop the others; those made leave the file. */
static int make_sections(struct cli *cli, struct host_config *config)
{
	CLEANUP(strlist_dispose) struct strlist made = STRLIST_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(str_dispose) struct str rest = STR_INIT;
	struct err err = ERR_INIT;
	int rc = CLI_OK;
	for (size_t i = 0; i < config->n_vms; i++) {
		const struct host_config one = {.vms = &config->vms[i], .n_vms = 1};
		CLEANUP(str_dispose) struct str section = STR_INIT;
		CLEANUP(mem_free_string) char *what = xasprintf("[vm %s]", config->vms[i].name);
		write_sections(&one, &section);
		if (is_there_already(cli, config->vms[i].name) ||
			cli_create_text(cli, str_text(&section), section.len, what) == CLI_OK)
			strlist_add(&made, config->vms[i].name);
		else
			rc = CLI_FAILED;
	}
	/* Failed ones stay in the file: what is wrong can be mended and tried again. */
	if (made.count == 0)
		return rc;
	if (file_read(cli->root, HOSTCONF_PATH, CFG_FILE_MAX, &text, &err) < 0)
		return cli_fail(&err);
	drop_sections(&text, &made, &rest);
	if (file_write(cli->root, HOSTCONF_PATH, str_text(&rest), rest.len, 0600, &err) < 0)
		return cli_fail(&err);
	return rc;
}

int cli_first_boot(struct cli *cli)
{
	struct host_config config;
	struct problems problems = PROBLEMS_INIT;
	const struct hostconf_context context = {.zoneinfo_root = NULL};
	struct err err = ERR_INIT;
	int rc = CLI_OK;
	if (!file_exists(cli->root, HOSTCONF_PATH))
		return CLI_OK;
	/* At boot the first line tells what failed, if anything did. */
	cli->is_quiet = true;
	hostconf_init(&config);
	if (hostconf_read_file(cli->root, HOSTCONF_PATH, &context, SCHEMA_LENIENT, &config,
		    &problems, &err) < 0)
		rc = cli_fail(&err);
	else if (problems.errors)
		say_problems(&problems, HOSTCONF_PATH);
	else if (config.n_vms > 0)
		rc = make_sections(cli, &config);
	problems_dispose(&problems);
	hostconf_dispose(&config);
	return rc;
}
