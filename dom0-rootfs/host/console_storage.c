/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console's page of pools: each change is domus-host storage's own, its plan shown first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "diskinv.h"
#include "hostpool.h"
#include "lang.h"
#include "mem.h"
#include "proc.h"
#include "source.h"
#include "storage.h"

enum { TOOL_TIMEOUT_MS = 600000, OUTPUT_MAX_BYTES = 64 * 1024 };

/* What the program says, its errors behind it; its exit code, -1 if it did not run. */
static int run_storage(const struct console *console, const struct strlist *words,
	const char *option, struct str *ret_text)
{
	CLEANUP(strlist_dispose) struct strlist argv = STRLIST_INIT;
	strlist_add_words(&argv, "domus-host storage");
	for (size_t i = 0; i < words->count; i++)
		strlist_add(&argv, words->items[i]);
	strlist_add(&argv, option);
	strlist_add(&argv, "--root");
	strlist_add(&argv, console->root);
	const struct proc_spec spec = {.argv = (const char *const *)argv.items,
		.timeout_ms = TOOL_TIMEOUT_MS,
		.output_max_bytes = OUTPUT_MAX_BYTES};
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	struct err err = ERR_INIT;
	if (proc_run(&spec, &result, &err) < 0) {
		str_add(ret_text, "%s\n", err.text);
		return -1;
	}
	str_add(ret_text, "%s%s", str_text(&result.output), str_text(&result.errors));
	return result.exit_code;
}

/* Shows what would be done, asks, does it, and says what came of it. */
static enum ui_result carry_out(
	struct ui *ui, const struct console *console, const struct strlist *words)
{
	CLEANUP(str_dispose) struct str plan = STR_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(str_dispose) struct str said = STR_INIT;
	bool yes = false;
	if (run_storage(console, words, "--dry-run", &plan) != 0) {
		ui_say(ui, _("Storage"), "%s", str_text(&plan));
		return UI_OK;
	}
	str_add(&text, _("This will be done:\n\n%s\nGo on?"), str_text(&plan));
	const struct ui_question q = {.id = "storage-plan",
		.title = _("Storage"),
		.text = str_text(&text),
		.help = "",
		.is_wide = true};
	enum ui_result result = ui_yes_no(ui, &q, &yes);
	if (result != UI_OK || !yes || ui->is_gone)
		return result == UI_ABORT ? UI_ABORT : UI_OK;
	bool is_done = run_storage(console, words, "--yes", &said) == 0;
	if (is_done)
		ui_say(ui, _("Storage"), "%s", _("Done."));
	else
		ui_say(ui, _("Storage"), "%s", str_text(&said));
	return UI_OK;
}

/* All disks; those that cannot be taken say why. */
static enum ui_result choose_disk(
	struct ui *ui, const struct console *console, const char *none, char **ret_path)
{
	struct disk_inventory inventory = DISK_INVENTORY_INIT;
	CLEANUP(strlist_dispose) struct strlist texts = STRLIST_INIT;
	CLEANUP(strlist_dispose) struct strlist contents = STRLIST_INIT;
	struct err err = ERR_INIT;
	size_t chosen = 0;
	if (diskinv_read(console->root, &inventory, &err) < 0)
		ui_say(ui, _("Storage"), "%s", err.text);
	size_t count = inventory.count + (none ? 1 : 0);
	struct ui_item *items = xcalloc(count + 1, sizeof(*items));
	for (size_t i = 0; i < inventory.count; i++) {
		const struct disk_info *disk = &inventory.disks[i];
		CLEANUP(str_dispose) struct str text = STR_INIT;
		CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
		CLEANUP(str_dispose) struct str all = STR_INIT;
		disk_describe(disk, &text);
		disk_describe_content(disk, &lines);
		for (size_t j = 0; j < lines.count; j++)
			str_add(&all, "%s%s", j ? "; " : "", lines.items[j]);
		strlist_add(&texts, str_text(&text));
		strlist_addf(&contents, _("It is not empty: %s"), str_text(&all));
	}
	for (size_t i = 0; i < inventory.count; i++)
		items[i] = (struct ui_item){.tag = inventory.disks[i].name,
			.text = texts.items[i],
			.why_not = disk_is_empty(&inventory.disks[i]) ? NULL : contents.items[i]};
	if (none)
		items[inventory.count] = (struct ui_item){.tag = "-", .text = none};
	const struct ui_question q = {.id = "storage-disk",
		.title = _("Storage"),
		.text = _("Which disk? All of it will be used; it has to be empty."),
		.ok = _("OK"),
		.help = ""};
	enum ui_result result = UI_BACK;
	if (count)
		result = ui_menu(ui, &q, items, count, &chosen);
	else
		ui_say(ui, _("Storage"), "%s", _("This machine has no disk."));
	if (result == UI_OK && !ui->is_gone)
		*ret_path = xstrdup(chosen < inventory.count ? inventory.disks[chosen].path : "");
	free(items);
	diskinv_dispose(&inventory);
	return result;
}

/* ---- grow */

static enum ui_result choose_pool(
	struct ui *ui, const struct console *console, bool is_to_grow, char **ret_name)
{
	CLEANUP(storage_dispose) struct pools pools = POOLS_INIT;
	CLEANUP(source_dispose) struct source source;
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	CLEANUP(strlist_dispose) struct strlist texts = STRLIST_INIT;
	size_t chosen = 0;
	source_load(console->root, NULL, &source);
	if (is_to_grow)
		(void)storage_read(console->root, &source.config, &pools, NULL);
	for (size_t i = 0; i < pools.count; i++) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		if (pools.items[i].type != HOST_POOL_THIN)
			continue;
		storage_describe(&pools.items[i], &text);
		strlist_addf(&names, "%s/%s", pools.items[i].group, pools.items[i].name);
		strlist_add(&texts, str_text(&text));
	}
	for (size_t i = 0; !is_to_grow && i < source.config.n_pools; i++) {
		strlist_add(&names, source.config.pools[i].name);
		strlist_add(&texts, source.config.pools[i].source);
	}
	if (!names.count) {
		ui_say(ui, _("Storage"), "%s",
			is_to_grow ? _("There is no thin pool.")
				   : _("There is no pool besides the installation's own."));
		return UI_BACK;
	}
	struct ui_item *items = xcalloc(names.count, sizeof(*items));
	for (size_t i = 0; i < names.count; i++)
		items[i] = (struct ui_item){.tag = names.items[i], .text = texts.items[i]};
	const struct ui_question q = {.id = "storage-pool",
		.title = _("Storage"),
		.text = _("Which pool?"),
		.ok = _("OK"),
		.help = ""};
	enum ui_result result = ui_menu(ui, &q, items, names.count, &chosen);
	if (result == UI_OK && !ui->is_gone)
		*ret_name = xstrdup(names.items[chosen]);
	free(items);
	return result;
}

static enum ui_result storage_grow(struct ui *ui, struct console *console)
{
	CLEANUP(mem_free_string) char *name = NULL;
	CLEANUP(mem_free_string) char *disk = NULL;
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	enum ui_result result = choose_pool(ui, console, true, &name);
	if (name)
		result = choose_disk(ui, console, _("None: what its group keeps back"), &disk);
	if (!disk)
		return result == UI_BACK ? UI_OK : result;
	strlist_add(&words, "grow");
	strlist_add(&words, name);
	if (disk[0])
		strlist_add(&words, disk);
	return carry_out(ui, console, &words);
}

/* ---- add */

static enum ui_result ask(
	struct ui *ui, const char *id, const char *text, const char *label, struct ui_field *field)
{
	const struct ui_question q = {
		.id = id, .title = _("Storage"), .text = text, .ok = _("OK"), .help = ""};
	field->id = id;
	field->label = label;
	return ui_form(ui, &q, field, 1);
}

static enum ui_result add_pool(
	struct ui *ui, struct console *console, const char *type, const char *source_text)
{
	struct ui_field name = {.max = 32};
	struct ui_field from = {.max = 200};
	struct err err = ERR_INIT;
	CLEANUP(mem_free_string) char *source = NULL;
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	enum ui_result result = ask(ui, "storage-name",
		_("The pool's name, as guests' disks will say it: small letters, digits and -."),
		_("Name:"), &name);
	if (result != UI_OK || ui->is_gone)
		return result == UI_BACK ? UI_OK : result;
	if (hostpool_check_name(name.value, &err) < 0) {
		ui_say(ui, _("Storage"), "%s", err.text);
		return UI_OK;
	}
	if (!source_text) {
		result = choose_disk(ui, console, NULL, &source);
	} else {
		result = ask(ui, "storage-source", source_text, _("From:"), &from);
		if (result == UI_OK)
			source = xstrdup(from.value);
	}
	if (!source || ui->is_gone)
		return result == UI_BACK ? UI_OK : result;
	strlist_add(&words, "add");
	strlist_add(&words, name.value);
	strlist_add(&words, type);
	strlist_add(&words, source);
	return carry_out(ui, console, &words);
}

static enum ui_result storage_add(struct ui *ui, struct console *console)
{
	static const struct ui_item items[] = {
		{.tag = "thin", .text = N_("LVM on an empty disk: fastest, snapshots")},
		{.tag = "directory", .text = N_("Image files on an empty disk")},
		{.tag = "path", .text = N_("Image files in a directory that is there")},
		{.tag = "nfs", .text = N_("Image files on another machine (NFS)")},
	};
	size_t chosen = 0;
	const struct ui_question q = {.id = "storage-type",
		.title = _("Storage"),
		.text = _("What kind of pool?"),
		.ok = _("OK"),
		.help = ""};
	enum ui_result result = ui_menu(ui, &q, items, ARRAY_SIZE(items), &chosen);
	if (result != UI_OK || ui->is_gone)
		return result == UI_BACK ? UI_OK : result;
	switch (chosen) {
	case 0:
		return add_pool(ui, console, "thin", NULL);
	case 1:
		return add_pool(ui, console, "directory", NULL);
	case 2:
		return add_pool(ui, console, "directory", _("The directory's path, from /."));
	default:
		return add_pool(ui, console, "nfs",
			_("The other machine's name or address and what it exports, as nas.example:/guests."));
	}
}

static enum ui_result storage_remove(struct ui *ui, struct console *console)
{
	CLEANUP(mem_free_string) char *name = NULL;
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	enum ui_result result = choose_pool(ui, console, false, &name);
	if (!name)
		return result == UI_BACK ? UI_OK : result;
	strlist_add(&words, "remove");
	strlist_add(&words, name);
	return carry_out(ui, console, &words);
}

static enum ui_result storage_list(struct ui *ui, struct console *console)
{
	const char *const argv[] = {"domus-host", "storage", "--root", console->root, NULL};
	return console_show_output(ui, _("Storage"), argv);
}

static enum ui_result storage_disks(struct ui *ui, struct console *console)
{
	const char *const argv[] = {"domus-host", "disks", "--root", console->root, NULL};
	return console_show_output(ui, _("Disks"), argv);
}

enum ui_result page_storage(struct ui *ui, struct console *console)
{
	static const struct console_choice choices[] = {
		{N_("list"), N_("Pools for guests' disks, and how full they are"), storage_list},
		{N_("grow"), N_("A thin pool takes over a disk, or what is kept back"),
			storage_grow},
		{N_("add"), N_("Another disk, a directory, another machine"), storage_add},
		{N_("remove"), N_("Stop a pool and forget it; what is in it stays"),
			storage_remove},
		{N_("disks"), N_("The machine's disks, and how healthy they are"), storage_disks},
	};
	return console_run_choices(
		ui, console, "storage", _("Storage"), choices, ARRAY_SIZE(choices));
}
