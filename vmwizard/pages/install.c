/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operating System Installation, and Options. */
#include <stdlib.h>
#include <string.h>

#include "create.h"
#include "lang.h"
#include "mem.h"
#include "setting.h"
#include "texts.h"

static bool is_hvm(const struct create *c)
{
	return c->spec.method == VM_HVM;
}

static bool is_network(const struct create *c)
{
	return c->spec.install == VM_SOURCE_NETWORK;
}

static bool is_iso(const struct create *c)
{
	return c->spec.install == VM_SOURCE_ISO;
}

static bool has_kernel(const struct create *c)
{
	return is_network(c) || c->spec.boot == VM_BOOT_DIRECT;
}

static bool has_answer(const struct create *c)
{
	return c->profile->answer != PROFILE_ANSWER_NONE && c->spec.install != VM_SOURCE_DISK;
}

static const char *needs_hvm(const struct create *c)
{
	return is_hvm(c) ? NULL : _("Only HVM guests can.");
}

static const char *needs_no_hvm(const struct create *c)
{
	return is_hvm(c) ? _("HVM guests boot by their firmware.") : NULL;
}

static const char *needs_network(const struct create *c)
{
	return strlist_has(&c->profile->sources, "network")
		       ? NULL
		       : _("This system has no installer on the network.");
}

static const struct setting_word source_words[] = {
	{"network", N_("network: kernel and initrd by URL"), needs_network},
	{"iso", N_("CD or ISO file"), NULL},
	{"disk", N_("none: the system is on its disk, or comes from this host"), NULL},
	{"pxe", N_("network card (PXE)"), needs_hvm},
	{NULL, NULL, NULL},
};

static const struct setting_word boot_words[] = {
	{"grub", N_("GRUB for Xen reads its disk"), needs_no_hvm},
	{"taken", N_("kernel taken out of its disk at each start"), needs_no_hvm},
	{"firmware", N_("its firmware"), needs_hvm},
	{"direct", N_("kernel and initrd from this host"), NULL},
	{NULL, NULL, NULL},
};

/* The library's ISO files, as the page of disks offers them. */
static void iso_open(struct create *c)
{
	size_t count = c->host.n_isos, chosen = 0;
	struct ui_item *items;
	CLEANUP(mem_free_string) char *text = texts_library(&c->host);
	struct ui_question q = {.id = "install-iso",
		.title = _("ISO file"),
		.text = text,
		.help = "",
		.ok = _("OK")};
	struct vm_spec changed;
	CLEANUP(mem_free_string) char *path = NULL;

	items = xcalloc(count + 1, sizeof(items[0]));
	for (size_t i = 0; i < count; i++)
		items[i] = (struct ui_item){
			.tag = c->host.isos[i].path, .text = c->host.isos[i].label};
	items[count] = (struct ui_item){.tag = _("Other"), .text = _("another file")};
	if (ui_menu(c->ui, &q, items, count + 1, &chosen) == UI_OK) {
		if (chosen < count) {
			path = xstrdup(c->host.isos[chosen].path);
		} else {
			q.id = "iso-path";
			(void)create_ask_line(c, &q, _("Path"), c->spec.iso, 0, &path);
		}
	}
	free(items);
	if (!path)
		return;
	vm_spec_copy(&changed, &c->spec);
	vm_spec_set(&changed.iso, path);
	(void)create_accept(c, &changed);
	vm_spec_dispose(&changed);
}

static const struct setting install_settings[] = {
	{"install", N_("Source"), source_words, NULL, NULL},
	{"mirror", N_("Mirror"), NULL, is_network, NULL},
	{"kernel", N_("Kernel"), NULL, has_kernel, NULL},
	{"kernel-sha256", N_("Kernel SHA-256"), NULL, is_network, NULL},
	{"initrd", N_("Initrd"), NULL, has_kernel, NULL},
	{"initrd-sha256", N_("Initrd SHA-256"), NULL, is_network, NULL},
	{"iso", N_("ISO file"), NULL, is_iso, iso_open},
	{"arguments", N_("Kernel arguments"), NULL, has_kernel, NULL},
	{"answer-file", N_("Answer file"), NULL, has_answer, NULL},
	{"boot", N_("Installed, it starts by"), boot_words, NULL, NULL},
};

void install_open(struct create *c)
{
	static const struct setting_page page = {.id = "install",
		.title = N_("Operating System Installation"),
		.text = N_(
			"The source counts for the first start only: when the installer reboots, "
			"the guest starts from its own disk."),
		.help = N_(
			"Kernel and initrd are found under the mirror; another URL or a path can "
			"be given for each, with the checksum that it must have. The answer "
			"file (preseed, kickstart, autoyast, ...) answers the installer's "
			"questions; it is handed over with the first start and not kept."),
		.settings = install_settings,
		.count = ARRAY_SIZE(install_settings)};

	setting_run(c, &page);
}

/* --- Options */

static const struct setting_word order_words[] = {
	{"auto", N_("the installation medium once, then the disk"), NULL},
	{"disk", N_("disk first"), NULL},
	{"cd", N_("CD first"), NULL},
	{"network", N_("network first"), NULL},
	{NULL, NULL, NULL},
};

static const struct setting_word firmware_words[] = {
	{"bios", N_("BIOS (SeaBIOS)"), NULL},
	{"uefi", N_("UEFI (OVMF): experimental, not made for Xen"), NULL},
	{NULL, NULL, NULL},
};

static const struct setting_word crash_words[] = {
	{"restart", N_("it is started again"), NULL},
	{"destroy", N_("it is taken away"), NULL},
	{"preserve", N_("it stays as it is, to be looked at"), NULL},
	{NULL, NULL, NULL},
};

static const struct setting_word at_stop_words[] = {
	{"auto", N_("as the host's file says ([guests] at-stop)"), NULL},
	{"shutdown", N_("it is shut down"), NULL},
	{"save", N_("it is saved, and goes on when the host starts"), NULL},
	{NULL, NULL, NULL},
};

static bool is_new(const struct create *c)
{
	return !c->is_edit;
}

static const struct setting option_settings[] = {
	{"autostart", N_("Start with the host"), NULL, is_new, NULL},
	{"start-order", N_("Start order"), NULL, NULL, NULL},
	{"start-delay", N_("Delay after it (seconds)"), NULL, NULL, NULL},
	{"at-stop", N_("When the host stops"), at_stop_words, NULL, NULL},
	{"start", N_("Start it now"), NULL, is_new, NULL},
	{"boot-order", N_("Boot order"), order_words, is_hvm, NULL},
	{"firmware", N_("Firmware"), firmware_words, is_hvm, NULL},
	{"vnc", N_("Screen by VNC"), NULL, is_hvm, NULL},
	{"serial", N_("Serial port"), NULL, is_hvm, NULL},
	{"pin", N_("Real CPUs"), NULL, NULL, NULL},
	{"soft-pin", N_("Preferred CPUs"), NULL, NULL, NULL},
	{"weight", N_("CPU weight"), NULL, NULL, NULL},
	{"cap", N_("CPU cap (per cent)"), NULL, NULL, NULL},
	{"on-crash", N_("When it crashes"), crash_words, NULL, NULL},
};

void options_open(struct create *c)
{
	static const struct setting_page page = {.id = "options",
		.title = N_("Options"),
		.text = NULL,
		.help = N_("Guests share the CPUs by their weight: one with 512 gets twice as much "
			   "as one with 256 when both want more than there is. A cap limits a "
			   "guest even when CPUs are idle. Real CPUs pin it to some of them."),
		.settings = option_settings,
		.count = ARRAY_SIZE(option_settings)};

	setting_run(c, &page);
}
