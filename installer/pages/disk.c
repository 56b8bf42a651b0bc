/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disk to install on, what is lost there, and the sizes of its partitions. */
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "lang.h"
#include "mem.h"
#include "plan.h"

static void describe_line(const struct disk_info *disk, bool is_refused, struct str *out)
{
	char size[32];
	str_add(out, "%8s  %s", page_gb(disk->size_bytes, size),
		*disk->model ? disk->model : _("unknown model"));
	if (disk->is_medium)
		str_add(out, "%s", _("; THE MEDIUM"));
	else if (is_refused)
		str_add(out, "%s", _("; NOT USABLE"));
	else if (disk_has_domus(disk))
		str_add(out, "%s", _("; has a Domus on it"));
	else
		str_add(out, "%s", disk_is_empty(disk) ? _("; empty") : _("; NOT EMPTY"));
}

static void describe_detail(const struct disk_info *disk, const char *refusal, struct str *out)
{
	if (refusal) {
		str_add(out, "%s", refusal);
		return;
	}
	str_add(out, "%s  %s", disk->path, disk->bus);
	if (*disk->serial)
		str_add(out, _("  serial %s"), disk->serial);
	if (*disk->wwn)
		str_add(out, "  %s", disk->wwn);
	str_add(out, _("  sectors of %u"), disk->sector_bytes);
}

struct list {
	struct ui_item *items;
	struct str *texts;
	struct str *details;
	char **refusals;
	size_t count;
};

static void list_dispose(struct list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		str_dispose(&list->texts[i]);
		str_dispose(&list->details[i]);
		free(list->refusals[i]);
	}
	free(list->items);
	free(list->texts);
	free(list->details);
	free(list->refusals);
}

static void fill_list(struct list *list, const struct pages *pages)
{
	const struct disk_inventory *disks = &pages->machine->disks;
	list->count = disks->count;
	list->items = xcalloc(disks->count + 1, sizeof(*list->items));
	list->texts = xcalloc(disks->count + 1, sizeof(*list->texts));
	list->details = xcalloc(disks->count + 1, sizeof(*list->details));
	list->refusals = xcalloc(disks->count + 1, sizeof(*list->refusals));
	for (size_t i = 0; i < disks->count; i++) {
		const struct disk_info *disk = &disks->disks[i];
		list->refusals[i] = plan_disk_refusal(pages->spec, pages->machine, disk);
		describe_line(disk, list->refusals[i], &list->texts[i]);
		describe_detail(disk, list->refusals[i], &list->details[i]);
		list->items[i] = (struct ui_item){.tag = disk->name,
			.text = str_text(&list->texts[i]),
			.detail = str_text(&list->details[i]),
			.why_not = list->refusals[i]};
	}
}

static size_t index_of(const struct pages *pages)
{
	for (size_t i = 0; pages->disk && i < pages->machine->disks.count; i++)
		if (&pages->machine->disks.disks[i] == pages->disk)
			return i;
	return 0;
}

/* Shows what is on it; the tick is never there beforehand. UI_BACK: another disk. */
static enum ui_result ask_erase(struct ui *ui, const struct disk_info *disk)
{
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	disk_describe_content(disk, &lines);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	disk_describe(disk, &text);
	str_add(&text, "%s", _("\n\nThis disk is NOT EMPTY. On it is:\n"));
	for (size_t i = 0; i < lines.count; i++)
		str_add(&text, "  %s\n", lines.items[i]);
	str_add(&text, "%s",
		_("\nAll of this will be lost. Tick the box with the space bar if that is meant."));
	struct ui_item item = {.tag = _("erase"), .text = _("Everything on this disk may be lost")};
	struct ui_question q = {
		.id = "erase", .title = _("The disk is not empty"), .text = str_text(&text)};
	for (;;) {
		enum ui_result result = ui_checklist(ui, &q, &item, 1);
		if (result != UI_OK || item.is_on || ui->is_gone)
			return result;
		ui_say(ui, _("Not ticked"), "%s",
			_("The box is not ticked, so this disk stays as it is. Go back to choose "
			  "another one."));
	}
}

enum ui_result page_disk(struct ui *ui, void *state)
{
	struct pages *pages = state;
	struct host_config *config = &pages->spec->config;
	if (pages->machine->disks.count == 0) {
		ui_say(ui, _("Disk"), "%s",
			_("No disk was found. Is a driver missing, or the controller switched off?"));
		return UI_BACK;
	}
	CLEANUP(list_dispose) struct list list = {.count = 0};
	fill_list(&list, pages);
	char least[32];
	CLEANUP(mem_free_string)
	char *text =
		xasprintf(_("On which disk is Domus to be installed? At least %s are needed. All "
			    "disks are listed; what cannot be used says why. No other disk is "
			    "written to."),
			page_gb(plan_least_bytes(pages->spec), least));
	struct ui_question q = {.id = "disk", .title = _("Disk"), .text = text};
	for (;;) {
		size_t chosen = index_of(pages);
		enum ui_result result = ui_menu(ui, &q, list.items, list.count, &chosen);
		if (result != UI_OK || ui->is_gone)
			return result;
		const struct disk_info *disk = &pages->machine->disks.disks[chosen];
		bool is_lost = config->mode == HOST_MODE_NEW && !disk_is_empty(disk);
		result = is_lost ? ask_erase(ui, disk) : UI_OK;
		if (result == UI_BACK)
			continue;
		if (result != UI_OK || ui->is_gone)
			return result;
		spec_choose_disk(pages->spec, &pages->machine->disks, disk);
		config->disk_erase = is_lost;
		pages->disk = disk;
		return UI_OK;
	}
}

enum ui_result page_sizes(struct ui *ui, void *state)
{
	struct pages *pages = state;
	static const struct page_key keys[] = {
		{"disk", "esp", N_("EFI system partition:")},
		{"disk", "slot", N_("Each of two slots:")},
		{"disk", "state", N_("State (settings, logs):")},
		{"storage", "library", N_("Library (ISO images):")},
		{"storage", "reserve", N_("Reserve in percent:")},
		{"storage", "group", N_("LVM volume group:")},
	};
	struct ui_question q = {.id = "sizes",
		.title = _("Sizes"),
		.text = _("The proposed sizes are right for most. What is left of the disk is for "
			  "guests. A number with MiB or GiB, or \"auto\".")};
	return page_form(ui, &q, keys, ARRAY_SIZE(keys), &pages->spec->config);
}
