/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Release notes, and the machine's hardware with what is missing and what that costs. */
#include "common.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "netpages.h"
#include "num.h"

#define NOTES_MAX (64 * 1024)

enum ui_result page_notes(struct ui *ui, void *state)
{
	const struct pages *pages = state;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	if (file_read(pages->options->root, PAGES_SHARE "/release-notes", NOTES_MAX, &text, &err) <
		0)
		str_add(&text, "%s", err.text);
	struct ui_question q = {.id = "notes",
		.title = _("Release notes"),
		.text = str_text(&text),
		.is_wide = true};
	return ui_text(ui, &q);
}

static void add_cpu(const struct machine *machine, struct str *out)
{
	str_add(out, _("Processor   %s, %u CPUs\n"),
		*machine->cpu_model ? machine->cpu_model : _("unknown"), machine->n_cpus);
	if (!machine->is_xen) {
		str_add(out, "%s",
			_("VT-x/AMD-V  not known: started without Xen\n"
			  "IOMMU       not known: started without Xen\n"));
		return;
	}
	if (machine->has_hvm)
		str_add(out, _("VT-x/AMD-V  on%s\n"),
			machine->has_hap ? _(", with nested page tables") : "");
	else
		str_add(out, "%s",
			_("VT-x/AMD-V  OFF: no full virtualization. Windows and other unmodified "
			  "systems cannot run, nor PVH guests; paravirtualized ones (PV) can. Often it "
			  "only has to be switched on in the firmware's setup.\n"));
	if (machine->has_iommu)
		str_add(out, "%s", _("IOMMU       on: PCI devices can be given to guests\n"));
	else
		str_add(out, "%s",
			_("IOMMU       OFF: PCI devices cannot be given to guests safely. All else "
			  "works.\n"));
}

static void add_disks(const struct machine *machine, struct str *out)
{
	if (machine->disks.count == 0)
		str_add(out, "%s", _("Disks       NONE: there is nothing to install on\n"));
	for (size_t i = 0; i < machine->disks.count; i++) {
		str_add(out, "%s", i == 0 ? _("Disks       ") : "            ");
		disk_describe(&machine->disks.disks[i], out);
		str_add(out, "\n");
	}
}

static void add_cards(const struct machine *machine, struct str *out)
{
	size_t n = 0;
	for (size_t i = 0; i < machine->nics.count; i++) {
		const struct net_dev *card = &machine->nics.devs[i];
		if (card->kind != NET_PHYSICAL)
			continue;
		str_add(out, "%s%s, ", n++ == 0 ? _("Network     ") : "            ", card->name);
		describe_card(card, out);
		str_add(out, "\n");
	}
	if (n == 0)
		str_add(out, "%s", _("Network     NONE: guests reach each other only\n"));
}

enum ui_result page_hardware(struct ui *ui, void *state)
{
	const struct pages *pages = state;
	const struct machine *machine = pages->machine;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	add_cpu(machine, &text);
	char size[32];
	str_add(&text, _("Memory      %s\n"), page_mib(machine->memory_bytes, size));
	str_add(&text, _("Firmware    %s\n"), machine->firmware == FIRMWARE_UEFI ? "UEFI" : "BIOS");
	add_disks(machine, &text);
	add_cards(machine, &text);
	struct ui_question q = {.id = "hardware", .title = _("Hardware"), .text = str_text(&text)};
	return ui_text(ui, &q);
}
