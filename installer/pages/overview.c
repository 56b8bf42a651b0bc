/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The overview: every section with its present value, each opens its page. It comes twice: before
 * the rest is asked, and, with the plan, as the last page before anything is written.
 */
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "executor.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "plan.h"

/* --- one line of each section */

static void describe_disk(const struct pages *pages, struct str *out)
{
	if (!pages->disk) {
		str_add(out, "%s", _("NOT CHOSEN YET"));
		return;
	}
	char size[32];
	str_add(out, "%s, %s %s", pages->disk->name, page_gb(pages->disk->size_bytes, size),
		pages->disk->model);
	if (pages->spec->config.disk_erase)
		str_add(out, "%s", _("; ERASED"));
}

static void describe_sizes(const struct pages *pages, struct str *out)
{
	const struct host_config *config = &pages->spec->config;
	CLEANUP(mem_free_string) char *state = page_get("disk", "state", config);
	CLEANUP(mem_free_string) char *library = page_get("storage", "library", config);
	str_add(out, _("slots %d MiB, state %s, library %s"), (int)config->slot_mib, state,
		library);
}

static void describe_software(const struct pages *pages, struct str *out)
{
	CLEANUP(mem_free_string) char *list = strlist_join(&pages->spec->config.components);
	str_add(out, _("Xen host%s%s"), *list ? " + " : "", list);
}

static void describe_boot(const struct pages *pages, struct str *out)
{
	const struct host_config *config = &pages->spec->config;
	CLEANUP(mem_free_string) char *entry = page_get("boot", "default", config);
	CLEANUP(mem_free_string) char *serial = page_get("console", "serial", config);
	str_add(out, _("%s after %d s; serial %s"), entry, (int)config->boot_timeout_s, serial);
	if (config->serial != HOST_SERIAL_NONE)
		str_add(out, " %u", hostconf_speed(config));
}

static void describe_dom0(const struct pages *pages, struct str *out)
{
	struct plan_dom0 dom0;
	plan_dom0(pages->spec, pages->machine, &dom0);
	char own[32];
	char rest[32];
	str_add(out, _("%s, %u vCPUs; %s for guests"), page_mib(dom0.memory_mib * NUM_MIB, own),
		dom0.n_vcpus, page_mib(dom0.guests_mib * NUM_MIB, rest));
}

static void describe_keyboard(const struct pages *pages, struct str *out)
{
	str_add(out, "%s", pages->spec->config.layout);
}

static void describe_time(const struct pages *pages, struct str *out)
{
	const struct host_config *config = &pages->spec->config;
	str_add(out, _("%s; clock %s"), config->zone,
		config->clock == HOST_CLOCK_UTC ? "UTC" : _("local"));
}

static void describe_ntp(const struct pages *pages, struct str *out)
{
	CLEANUP(mem_free_string) char *list = strlist_join(&pages->spec->config.ntp_servers);
	str_add(out, "%s", *list ? list : _("none"));
}

static void describe_password(const struct pages *pages, struct str *out)
{
	const struct host_config *config = &pages->spec->config;
	const char *none = config->mode == HOST_MODE_REPAIR ? _("stays as it is") : _("NOT SET");
	str_add(out, "%s", hostconf_has_hash(config->root_password) ? _("(set)") : none);
}

static void describe_host(const struct pages *pages, struct str *out)
{
	const struct host_config *config = &pages->spec->config;
	str_add(out, "%s%s%s", config->name, *config->domain ? "." : "", config->domain);
}

static void describe_net(const struct pages *pages, struct str *out)
{
	describe_network(&pages->spec->config, out);
}

static void describe_test(const struct pages *pages, struct str *out)
{
	str_add(out, "%s", pages->test_verdict ? pages->test_verdict : _("not made"));
}

static void describe_login(const struct pages *pages, struct str *out)
{
	const struct host_config *config = &pages->spec->config;
	str_add(out, "%s%s%s", pages->has_password_method ? _("password") : "",
		pages->has_password_method && pages->has_key_method ? " + " : "",
		pages->has_key_method ? _("key") : "");
	if (config->root_ssh_keys.count > 0)
		str_add(out, "%s", _(" (root has one)"));
}

static void describe_people(const struct pages *pages, struct str *out)
{
	describe_users(&pages->spec->config, out);
}

/* --- the sections */

static enum ui_result page_clock_and_zone(struct ui *ui, void *state)
{
	static const struct wizard_page steps[] = {
		{"zone", NULL, NULL, page_zone, NULL},
		{"clock", NULL, NULL, page_clock, NULL},
	};
	struct wizard wizard = {.pages = steps, .n_pages = ARRAY_SIZE(steps)};
	return wizard_run(ui, &wizard, state);
}

enum {
	IN_NEW = 1 << HOST_MODE_NEW,
	IN_REPAIR = 1 << HOST_MODE_REPAIR,
	IN_UPGRADE = 1 << HOST_MODE_UPGRADE,
	IN_REINSTALL = 1 << HOST_MODE_REINSTALL,
	IN_SETTINGS = IN_NEW | IN_REINSTALL,
	IN_ALL = IN_SETTINGS | IN_REPAIR | IN_UPGRADE,
};

static const struct section {
	const char *tag;
	void (*describe)(const struct pages *pages, struct str *out);
	enum ui_result (*open)(struct ui *ui, void *state);
	bool is_later;  /* asked after the first overview */
	unsigned modes; /* bits of the modes in which it is not just kept */
} sections[] = {
	{N_("Disk"), describe_disk, page_disk, false, IN_ALL},
	{N_("Sizes"), describe_sizes, page_sizes, false, IN_NEW},
	{N_("Software"), describe_software, page_software, false, IN_ALL},
	{N_("Boot loader"), describe_boot, page_boot, false, IN_SETTINGS},
	{N_("dom0"), describe_dom0, page_dom0, false, IN_SETTINGS},
	{N_("Keyboard"), describe_keyboard, page_keyboard, false, IN_ALL},
	{N_("Time"), describe_time, page_clock_and_zone, false, IN_SETTINGS},
	{N_("Time servers"), describe_ntp, page_ntp, false, IN_SETTINGS},
	{N_("Root password"), describe_password, page_root_password, true, IN_SETTINGS | IN_REPAIR},
	{N_("Host name"), describe_host, page_hostname, true, IN_SETTINGS},
	{N_("Network"), describe_net, page_network, true, IN_SETTINGS},
	{N_("Connection"), describe_test, page_connection, true, IN_SETTINGS},
	{N_("Login"), describe_login, page_login, true, IN_SETTINGS},
	{N_("Users"), describe_people, page_users, true, IN_SETTINGS},
};

static enum ui_result open_section(
	struct ui *ui, struct pages *pages, const struct section *section, bool is_last)
{
	if (section->is_later && !is_last) {
		ui_say(ui, _(section->tag), "%s", _("This is asked next."));
		return UI_OK;
	}
	return section->open(ui, pages);
}

static enum ui_result go_on(struct ui *ui, struct pages *pages)
{
	return pages->disk ? UI_OK : page_disk(ui, pages);
}

/* The menu once; *chosen 0 is "go on". */
static enum ui_result show_sections(struct ui *ui, struct pages *pages, bool is_last,
	size_t *chosen, const struct section **ret_section)
{
	struct ui_item items[ARRAY_SIZE(sections) + 1];
	const struct section *shown[ARRAY_SIZE(sections) + 1] = {NULL};
	struct str texts[ARRAY_SIZE(sections) + 1];
	unsigned mode = 1u << pages->spec->config.mode;
	items[0] = (struct ui_item){.tag = is_last ? _("INSTALL") : _("go on"),
		.text = is_last ? _("Show the plan, then ask once more")
				: _("To the next questions")};
	size_t count = 1;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		if (!(sections[i].modes & mode))
			continue;
		texts[count] = (struct str)STR_INIT;
		if (sections[i].is_later && !is_last)
			str_add(&texts[count], "%s", _("asked next"));
		else
			sections[i].describe(pages, &texts[count]);
		items[count] = (struct ui_item){.tag = _(sections[i].tag),
			.text = str_text(&texts[count]),
			.detail = str_text(&texts[count])};
		shown[count++] = &sections[i];
	}
	struct ui_question q = {.id = is_last ? "confirm" : "overview",
		.title = is_last ? _("Everything at a glance") : _("Installation settings"),
		.text = pages->has_failed ? _("Every entry can still be changed.")
			: is_last ? _("Every entry can still be changed. Nothing has been written.")
				  : _("Every entry can be opened and changed. Nothing is written "
				      "before you have confirmed the plan.")};
	enum ui_result result = ui_menu(ui, &q, items, count, chosen);
	for (size_t i = 1; i < count; i++)
		str_dispose(&texts[i]);
	*ret_section = shown[*chosen];
	return result;
}

static enum ui_result run_sections(struct ui *ui, struct pages *pages, bool is_last)
{
	size_t chosen = 0;
	for (;;) {
		const struct section *section;
		enum ui_result result = show_sections(ui, pages, is_last, &chosen, &section);
		if (result != UI_OK || ui->is_gone)
			return result;
		result = section ? open_section(ui, pages, section, is_last) : go_on(ui, pages);
		if (result == UI_ABORT || result == UI_EXTRA)
			return result;
		if (!section && result == UI_OK)
			return UI_OK;
	}
}

enum ui_result page_overview(struct ui *ui, void *state)
{
	return run_sections(ui, state, false);
}

/* --- the plan and the last question */

static void say_problems(struct ui *ui, const struct problems *problems)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	for (size_t i = 0; i < problems->count; i++)
		str_add(&text, "%s%s\n",
			problems->items[i].level == PROBLEM_WARNING ? _("warning: ") : "",
			problems->items[i].text);
	ui_say(ui, _("This cannot be installed yet"), "%s", str_text(&text));
}

static enum ui_result show_plan(struct ui *ui, const struct plan *plan)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	plan_print(plan, &text);
	struct ui_question q = {
		.id = "plan", .title = _("The plan"), .text = str_text(&text), .is_wide = true};
	return ui_text(ui, &q);
}

static enum ui_result ask_start(struct ui *ui, const struct plan *plan, bool *ret_yes)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (plan->destroyed.count > 0)
		str_add(&text, "%s", _("THIS WILL BE LOST:\n"));
	else if (plan->disk)
		str_add(&text, _("%s is empty: nothing is lost.\n"), plan->disk->path);
	for (size_t i = 0; i < plan->destroyed.count && i < 10; i++)
		str_add(&text, "  %s\n", plan->destroyed.items[i]);
	if (plan->destroyed.count > 10)
		str_add(&text, _("  and %zu more\n"), plan->destroyed.count - 10);
	str_add(&text, "%s", _("\nAfter this no question is asked any more.\n\nInstall now?"));
	struct ui_question q = {
		.id = "install", .title = _("Install now?"), .text = str_text(&text)};
	*ret_yes = false;
	return ui_yes_no(ui, &q, ret_yes);
}

static enum ui_result start(struct ui *ui, struct pages *pages, const struct plan *plan)
{
	if (pages->options->is_dry_run)
		return page_end_dry_run(ui, pages);
	struct err err = ERR_INIT;
	if (executor_start(plan, &err) < 0) {
		ui_say(ui, _("The installation has not begun"), "%s", err.text);
		return UI_BACK;
	}
	pages->was_started = true;
	pages->has_failed = false;
	return UI_OK;
}

static enum ui_result plan_and_start(struct ui *ui, struct pages *pages)
{
	struct plan plan = PLAN_INIT;
	struct problems problems = PROBLEMS_INIT;
	enum ui_result result = UI_BACK;
	bool yes = false;
	if (plan_build(pages->spec, pages->machine, &plan, &problems) < 0)
		say_problems(ui, &problems);
	else
		result = show_plan(ui, &plan);
	if (result == UI_OK)
		result = ask_start(ui, &plan, &yes);
	if (result == UI_OK)
		result = yes && !ui->is_gone ? start(ui, pages, &plan) : UI_BACK;
	plan_dispose(&plan);
	problems_dispose(&problems);
	return result;
}

enum ui_result page_confirm(struct ui *ui, void *state)
{
	for (;;) {
		enum ui_result result = run_sections(ui, state, true);
		if (result != UI_OK || ui->is_gone)
			return result;
		result = plan_and_start(ui, state);
		if (result != UI_BACK || ui->is_gone)
			return result;
	}
}
