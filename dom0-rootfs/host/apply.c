/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From one configuration to another on a running host: what is to be done, and doing it. */
#include "apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bootargs.h"
#include "etc_text.h"
#include "file.h"
#include "generate.h"
#include "lang.h"
#include "local.h"
#include "mem.h"
#include "network.h"
#include "pools.h"
#include "proc.h"
#include "store.h"

#define SERVICES_PATH "/etc/domus/services"

enum { STEP_TIMEOUT_MS = 20000, KEYMAP_MAX_BYTES = 1024 * 1024 };

/*
 * A generated file that changed, and the program that makes it count. The firewall comes first:
 * what it closes is closed before anything else moves.
 */
static const struct {
	const char *path;
	const char *words;
} effects[] = {
	{"/etc/nftables.conf", "nft -f /etc/nftables.conf"},
	{"/etc/hostname", "hostname -F /etc/hostname"},
	{"/etc/syslog.conf", "sv restart /run/service/syslogd"},
	{"/etc/default/syslogd", "sv restart /run/service/syslogd"},
	{"/etc/timezone", "sv restart /run/service/syslogd"},
	{"/etc/timezone", "sv restart /run/service/crond"},
	{"/etc/ntp.conf", "sv restart /run/service/ntpd"},
	{"/etc/domus/dropbear.options", "sv restart /run/service/dropbear"},
};

static bool has_file_text(const char *root, const char *path, const struct str *text)
{
	CLEANUP(str_dispose) struct str old = STR_INIT;
	return file_read(root, path, text->len + 1, &old, NULL) == 0 && old.len == text->len &&
	       memcmp(str_text(&old), str_text(text), text->len) == 0;
}

static void add_step(struct apply_plan *plan, const char *words, const char *input_path)
{
	CLEANUP(strlist_dispose) struct strlist argv = STRLIST_INIT;
	strlist_add_words(&argv, words);
	for (size_t i = 0; i < plan->n_steps; i++) {
		CLEANUP(mem_free_string) char *other = strlist_join(&plan->steps[i].argv);
		if (strcmp(other, words) == 0)
			return;
	}
	plan->steps = xreallocarray(plan->steps, plan->n_steps + 1, sizeof(*plan->steps));
	plan->steps[plan->n_steps++] = (struct apply_step){
		.argv = argv, .input_path = input_path ? xstrdup(input_path) : NULL};
	argv = (struct strlist)STRLIST_INIT;
}

/* Services that the configuration starts, one a line of SERVICES_PATH. */
static void list_wanted(const struct etc_input *in, struct strlist *ret_names)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	for (size_t i = 0; etc_files[i].path; i++)
		if (strcmp(etc_files[i].path, SERVICES_PATH) == 0)
			etc_files[i].build(in, &text);
	strlist_add_lines(ret_names, str_text(&text));
}

/* Services that come or go; the others are restarted by what else changed. */
static void add_services(const char *root, struct apply_plan *plan, const struct strlist *wanted)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist old = STRLIST_INIT;
	(void)file_read(root, SERVICES_PATH, 65536, &text, NULL);
	strlist_add_lines(&old, str_text(&text));
	for (size_t i = 0; host_services[i]; i++) {
		bool was_wanted = strlist_has(&old, host_services[i]);
		bool is_wanted = strlist_has(wanted, host_services[i]);
		if (was_wanted == is_wanted)
			continue;
		CLEANUP(mem_free_string)
		char *words = xasprintf(
			"sv %s /run/service/%s", is_wanted ? "up" : "down", host_services[i]);
		add_step(plan, words, NULL);
	}
}

/* A service that is off is not to be woken by its restart. */
static bool is_service_wanted(const struct strlist *wanted, const char *words)
{
	static const char prefix[] = "sv restart /run/service/";
	return strncmp(words, prefix, sizeof(prefix) - 1) != 0 ||
	       strlist_has(wanted, words + sizeof(prefix) - 1);
}

static void add_effects(
	struct apply_plan *plan, const struct strlist *changed, const struct strlist *wanted)
{
	/* The table's order, not that of the files. */
	for (size_t i = 0; i < ARRAY_SIZE(effects); i++)
		if (strlist_has(changed, effects[i].path) &&
			is_service_wanted(wanted, effects[i].words))
			add_step(plan, effects[i].words, NULL);
}

static void add_keymap(const char *root, struct apply_plan *plan, const char *layout)
{
	CLEANUP(mem_free_string)
	char *keymap = xasprintf("/usr/share/domus/keymaps/%s.bmap", layout);
	if (file_exists(root, keymap))
		add_step(plan, "loadkmap", keymap);
}

static bool is_in(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static void judge_change(struct apply_plan *plan, const struct change *change)
{
	static const char *const network[] = {"network", "bond", "vlan", "bridge"};
	static const char *const boot[] = {"boot", "dom0", "console"};
	const char *when = change_when(change);
	if (strcmp(when, "install") == 0) {
		CLEANUP(mem_free_string) char *text = change_text(change);
		strlist_add(&plan->refused, text);
	}
	if (is_in(change->kind, network, ARRAY_SIZE(network)))
		plan->needs_network = plan->needs_confirm = true;
	if (strcmp(change->kind, "ssh") == 0)
		plan->needs_confirm = true;
	if (strcmp(change->kind, "pool") == 0)
		plan->needs_pools = true;
	if (is_in(change->kind, boot, ARRAY_SIZE(boot)))
		plan->needs_boot = true;
}

/* By the user's own, on purpose and for good. */
static bool is_replaced(const struct local_files *local, const char *path)
{
	for (size_t i = 0; i < local->count; i++)
		if (!local->items[i].refusal && strcmp(local->items[i].path, path) == 0)
			return true;
	return false;
}

void apply_find_hand_edits(
	const char *root, const struct host_config *config, struct strlist *ret_paths)
{
	CLEANUP(release_dispose) struct release release;
	release_read(root, &release);
	const struct etc_input in = {.config = config, .release = &release};
	CLEANUP(local_dispose) struct local_files local;
	local_find(root, &local);
	for (size_t i = 0; etc_files[i].path; i++) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		if (is_replaced(&local, etc_files[i].path))
			continue;
		etc_files[i].build(&in, &text);
		if (!has_file_text(root, etc_files[i].path, &text))
			strlist_add(ret_paths, etc_files[i].path);
	}
}

void apply_plan_build(const char *root, const struct host_config *before,
	const struct host_config *after, struct apply_plan *ret_plan)
{
	CLEANUP(release_dispose) struct release release;
	release_read(root, &release);
	const struct etc_input in = {.config = after, .release = &release};
	*ret_plan = (struct apply_plan)APPLY_PLAN_INIT;
	changes_build(before, after, &ret_plan->changes);
	for (size_t i = 0; i < ret_plan->changes.count; i++)
		judge_change(ret_plan, &ret_plan->changes.items[i]);
	apply_find_hand_edits(root, before, &ret_plan->hand_edits);
	CLEANUP(strlist_dispose) struct strlist changed = STRLIST_INIT;
	CLEANUP(strlist_dispose) struct strlist wanted = STRLIST_INIT;
	apply_find_hand_edits(root, after, &changed);
	list_wanted(&in, &wanted);
	add_effects(ret_plan, &changed, &wanted);
	if (strlist_has(&changed, "/etc/domus/keymap"))
		add_keymap(root, ret_plan, after->layout);
	add_services(root, ret_plan, &wanted);
}

void apply_plan_dispose(struct apply_plan *plan)
{
	changes_dispose(&plan->changes);
	strlist_dispose(&plan->refused);
	strlist_dispose(&plan->hand_edits);
	for (size_t i = 0; i < plan->n_steps; i++) {
		strlist_dispose(&plan->steps[i].argv);
		free(plan->steps[i].input_path);
	}
	free(plan->steps);
	*plan = (struct apply_plan)APPLY_PLAN_INIT;
}

void apply_plan_describe(const struct apply_plan *plan, bool with_steps, struct str *ret_text)
{
	for (size_t i = 0; i < plan->changes.count; i++) {
		CLEANUP(mem_free_string) char *text = change_text(&plan->changes.items[i]);
		str_add(ret_text, "%s\n", text);
	}
	for (size_t i = 0; i < plan->hand_edits.count; i++)
		str_add(ret_text, _("%s was changed by hand: it is made anew\n"),
			plan->hand_edits.items[i]);
	if (!with_steps)
		return;
	if (plan->needs_network)
		str_add(ret_text, "%s", _("  the network is taken down and set up\n"));
	for (size_t i = 0; i < plan->n_steps; i++) {
		CLEANUP(mem_free_string) char *words = strlist_join(&plan->steps[i].argv);
		str_add(ret_text, "  %s%s%s\n", words, plan->steps[i].input_path ? " <" : "",
			plan->steps[i].input_path ? plan->steps[i].input_path : "");
	}
	if (plan->needs_pools)
		str_add(ret_text, "%s", _("  pools are stopped and started\n"));
	if (plan->needs_boot)
		str_add(ret_text, "%s", _("  the boot loader gets new arguments\n"));
}

/* ---- doing it ---- */

static int run_step(const char *root, const struct apply_step *step, struct err *err)
{
	CLEANUP(str_dispose) struct str input = STR_INIT;
	if (step->input_path &&
		file_read(root, step->input_path, KEYMAP_MAX_BYTES, &input, err) < 0)
		return -1;
	const struct proc_spec spec = {.argv = (const char *const *)step->argv.items,
		.input = step->input_path ? str_text(&input) : NULL,
		.input_len = input.len,
		.timeout_ms = STEP_TIMEOUT_MS};
	if (proc_run_ok(&spec, err) == 0)
		return 0;
	CLEANUP(mem_free_string) char *words = strlist_join(&step->argv);
	return err_prefix(err, "%s: ", words);
}

static int run_steps(const char *root, const struct apply_plan *plan, bool is_firewall)
{
	int failures = 0;
	for (size_t i = 0; i < plan->n_steps; i++) {
		struct err err = ERR_INIT;
		if ((strcmp(plan->steps[i].argv.items[0], "nft") == 0) != is_firewall)
			continue;
		if (run_step(root, &plan->steps[i], &err) < 0) {
			(void)fprintf(stderr, "domus-host: apply: %s\n", err.text);
			failures++;
		}
	}
	return failures;
}

int apply_execute(const char *root, const struct apply_plan *plan, const struct host_config *before,
	const struct host_config *after)
{
	struct err err = ERR_INIT;
	int failures = generate_files(root, after);
	failures += run_steps(root, plan, true);
	if (plan->needs_network)
		failures += network_switch(root, before, after);
	if (plan->needs_pools)
		failures += pools_switch(root, before, after);
	failures += run_steps(root, plan, false);
	if (plan->needs_boot && bootargs_are_there(root) && bootargs_try(root, after, &err) < 0) {
		(void)fprintf(stderr, "domus-host: apply: %s\n", err.text);
		failures++;
	}
	store_record_applied(root, STORE_APPLIED_PATH, after);
	return failures;
}
