/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Components with their sizes, boot loader, dom0's share of the machine. */
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "plan.h"

/* --- components */

static const struct {
	const char *name;
	const char *text;
	const char *detail;
} component_texts[] = {
	{"hvm", N_("full virtualization (QEMU)"),
		N_("For Windows and other unmodified systems; needs VT-x or AMD-V.")},
	{"remote", N_("remote storage (NFS, iSCSI)"),
		N_("For guests' disks on another machine, and for live migration.")},
	{"firmware", N_("firmware for hardware"),
		N_("Files that some network cards and storage controllers load; CPU microcode.")},
};

static const char *component_text(const char *name, bool is_detail)
{
	for (size_t i = 0; i < ARRAY_SIZE(component_texts); i++)
		if (strcmp(component_texts[i].name, name) == 0)
			return is_detail ? _(component_texts[i].detail)
					 : _(component_texts[i].text);
	return is_detail ? NULL : "";
}

static void take_components(struct host_config *config, const struct ui_item *items, size_t count)
{
	strlist_dispose(&config->components);
	for (size_t i = 1; i < count; i++)
		if (items[i].is_on)
			strlist_add(&config->components, items[i].tag);
}

enum ui_result page_software(struct ui *ui, void *state)
{
	struct pages *pages = state;
	const struct machine *machine = pages->machine;
	struct host_config *config = &pages->spec->config;
	size_t count = machine->n_components + 1;
	struct ui_item *items = xcalloc(count, sizeof(*items));
	char **texts = xcalloc(count, sizeof(*texts));
	char size[32];
	texts[0] = xasprintf(
		_("%10s  Xen host: PV and PVH guests"), page_mib(machine->required_bytes, size));
	items[0] = (struct ui_item){.tag = "xen",
		.text = texts[0],
		.is_on = true,
		.detail = _("Xen, the management domain and its tools: always installed.")};
	for (size_t i = 1; i < count; i++) {
		const struct component *component = &machine->components[i - 1];
		texts[i] = xasprintf("%10s  %s", page_mib(component->size_bytes, size),
			component_text(component->name, false));
		items[i] = (struct ui_item){.tag = component->name,
			.text = texts[i],
			.detail = component_text(component->name, true),
			.is_on = strlist_has(&config->components, component->name)};
	}
	struct ui_question q = {.id = "software",
		.title = _("Software"),
		.text = _(
			"What is to be installed? The space bar ticks. What is left out now can be "
			"added later from the medium.")};
	enum ui_result result = ui_checklist(ui, &q, items, count);
	if (result == UI_OK) {
		if (!items[0].is_on)
			ui_say(ui, "xen", "%s", _("The Xen host itself is always installed."));
		take_components(config, items, count);
	}
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
	free(items);
	return result;
}

/* --- boot loader */

static enum ui_result ask_entry(struct ui *ui, void *state)
{
	struct host_config *config = &((struct pages *)state)->spec->config;
	const struct ui_item items[] = {
		{.tag = "xen", .text = _("Xen (as it should be)")},
		{.tag = "xen-serial", .text = _("Xen, console on the serial port only")},
		{.tag = "rescue", .text = _("Linux without Xen, for rescue")},
	};
	struct ui_question q = {.id = "boot-entry",
		.title = _("Boot loader"),
		.text = _(
			"Which entry of the boot menu starts by itself? The others stay in the menu.")};
	unsigned chosen = config->boot_entry;
	enum ui_result result = page_choose(ui, &q, items, ARRAY_SIZE(items), &chosen);
	if (result == UI_OK)
		config->boot_entry = (enum host_boot_entry)chosen;
	return result;
}

static enum ui_result ask_arguments(struct ui *ui, void *state)
{
	struct pages *pages = state;
	static const struct page_key keys[] = {
		{"boot", "timeout", N_("Menu waits (seconds):")},
		{"boot", "xen-args", N_("More for Xen:")},
		{"boot", "dom0-args", N_("More for dom0's kernel:")},
	};
	struct ui_question q = {.id = "boot-arguments",
		.title = _("Boot loader"),
		.text = _("Arguments are seldom needed.")};
	return page_form(ui, &q, keys, ARRAY_SIZE(keys), &pages->spec->config);
}

static enum ui_result ask_serial(struct ui *ui, void *state)
{
	struct host_config *config = &((struct pages *)state)->spec->config;
	const struct ui_item items[] = {
		{.tag = "com1", .text = _("first serial port")},
		{.tag = "com2", .text = _("second serial port")},
		{.tag = "none", .text = _("no serial console")},
	};
	struct ui_question q = {.id = "serial",
		.title = _("Serial console"),
		.text = _("Which serial port has a console, besides the screen?")};
	unsigned chosen = config->serial;
	enum ui_result result = page_choose(ui, &q, items, ARRAY_SIZE(items), &chosen);
	if (result == UI_OK)
		config->serial = (enum host_serial)chosen;
	return result;
}

static bool has_serial(const void *state)
{
	return ((const struct pages *)state)->spec->config.serial != HOST_SERIAL_NONE;
}

static enum ui_result ask_speed(struct ui *ui, void *state)
{
	struct host_config *config = &((struct pages *)state)->spec->config;
	const struct ui_item items[] = {
		{.tag = "9600", .text = ""},
		{.tag = "19200", .text = ""},
		{.tag = "38400", .text = ""},
		{.tag = "57600", .text = ""},
		{.tag = "115200", .text = _("usual today")},
	};
	struct ui_question q = {.id = "speed",
		.title = _("Serial console"),
		.text = _("How fast is the line, in bits per second (8N1)?")};
	unsigned chosen = config->speed;
	enum ui_result result = page_choose(ui, &q, items, ARRAY_SIZE(items), &chosen);
	if (result == UI_OK)
		config->speed = (enum host_speed)chosen;
	return result;
}

enum ui_result page_boot(struct ui *ui, void *state)
{
	static const struct wizard_page steps[] = {
		{"entry", NULL, NULL, ask_entry, NULL},
		{"arguments", NULL, NULL, ask_arguments, NULL},
		{"serial", NULL, NULL, ask_serial, NULL},
		{"speed", NULL, NULL, ask_speed, has_serial},
	};
	struct wizard wizard = {.pages = steps, .n_pages = ARRAY_SIZE(steps)};
	return wizard_run(ui, &wizard, state);
}

/* --- dom0 */

enum ui_result page_dom0(struct ui *ui, void *state)
{
	struct pages *pages = state;
	static const struct page_key keys[] = {
		{"dom0", "hvm-guests", N_("HVM guests at a time:")},
		{"dom0", "memory", N_("Memory of dom0:")},
		{"dom0", "vcpus", N_("vCPUs of dom0:")},
	};
	struct plan_dom0 dom0;
	plan_dom0(pages->spec, pages->machine, &dom0);
	char all[32];
	char own[32];
	char rest[32];
	CLEANUP(mem_free_string)
	char *text = xasprintf(
		_("The machine has %s; dom0 gets %s and %u vCPUs, and %s are left for guests. Every "
		  "HVM guest costs dom0 memory for its QEMU. \"auto\" takes what is proposed."),
		page_mib(pages->machine->memory_bytes, all),
		page_mib(dom0.memory_mib * NUM_MIB, own), dom0.n_vcpus,
		page_mib(dom0.guests_mib * NUM_MIB, rest));
	struct ui_question q = {.id = "dom0", .title = _("Management domain"), .text = text};
	return page_form(ui, &q, keys, ARRAY_SIZE(keys), &pages->spec->config);
}
