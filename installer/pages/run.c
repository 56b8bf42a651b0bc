/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the installer's pages, in the order of a new installation. */
#include <locale.h>
#include <stdlib.h>

#include "common.h"
#include "executor.h"
#include "lang.h"
#include "mem.h"

#define DEFAULT_TEST_HOST "www.debian.org"

static bool asks(const void *state)
{
	return !((const struct pages *)state)->was_started;
}

/* Settings that an installed host keeps when it is repaired or upgraded. */
static bool asks_new(const void *state)
{
	const struct pages *pages = state;
	return asks(state) && spec_gives_settings(pages->spec);
}

/* A forgotten password is one of the things that are repaired. */
static bool asks_password(const void *state)
{
	const struct pages *pages = state;
	return asks(state) && pages->spec->config.mode != HOST_MODE_UPGRADE;
}

static const struct wizard_page table[] = {
	{"language", N_("Language"),
		N_("The language of the installer and of this host's messages. More will follow; the "
		   "texts are already marked for translation."),
		page_language, asks},
	{"keyboard", N_("Keyboard"),
		N_("The layout of the keyboard that is plugged into this machine. Type the first "
		   "letter of a name to jump there. It is put in force at once, so that the "
		   "passwords that you type later are what you mean."),
		page_keyboard, asks},
	{"licence-text", N_("Licence"),
		N_("Page Up and Page Down scroll the text. What is installed besides Domus has "
		   "licences of its own; the list of packages is on the medium."),
		page_licence_text, asks},
	{"licence", NULL, N_("An unattended file says: licence = accepted."), page_licence, asks},
	{"mode", N_("Mode"),
		N_("New: a disk is partitioned and gets a whole new host; what was on it is lost.\n\n"
		   "Repair: boot loader and release of an installed host are written anew from this "
		   "medium, and root's password if you give one. Settings, guests and their disks "
		   "stay.\n\nUpgrade: the release on this medium goes into the second slot of an "
		   "installed host, is tried once, and kept when it is healthy. Settings, guests and "
		   "their disks stay.\n\nReinstall: everything is asked as for a new host, but an "
		   "installed host's guests, home directories and SSH keys stay."),
		page_mode, asks},
	{"zone", N_("Time zone"),
		N_("First the region, then a city with the same time as this machine's place."),
		page_zone, asks_new},
	{"clock", N_("Clock"),
		N_("UTC is right unless another operating system on this machine sets its clock to local "
		   "time."),
		page_clock, asks_new},
	{"ntp", NULL, N_("Guests take their time from this host, so its clock should be right."),
		page_ntp, asks_new},
	{"overview", N_("Overview"),
		N_("The disk is chosen here. All other entries have values that work. Those marked "
		   "\"asked next\" have pages of their own, which follow."),
		page_overview, asks},
	{"password", N_("Root password"),
		N_("Eight characters or more; letters, digits and signs. On the page before last you "
		   "could try the keyboard layout that is in force here."),
		page_root_password, asks_password},
	{"hostname", N_("Host name"), N_("The name by which this host is known in the network."),
		page_hostname, asks_new},
	{"network", N_("Network"),
		N_("A bridge is like a switch: guests are plugged into it, and its ports lead outside. "
		   "A bridge without ports joins guests to each other only. This host itself has its "
		   "addresses on bridges.\n\nA bond makes one of several cards; a VLAN is a tagged "
		   "network on a card or bond. Both can be ports of bridges.\n\nOpen an entry to "
		   "change it; \"go on\" checks all of them together."),
		page_network, asks_new},
	{"connection", N_("Connection"),
		N_("Link: a card has a cable. Address: by DHCP or as set. Gateway: the router answers. "
		   "Name server: names are found. Host: a machine in the Internet answers."),
		page_connection, asks_new},
	{"login", N_("Login"),
		N_("Local accounts only. With \"key\", passwords are good at the console and for su, not "
		   "over the network."),
		page_login, asks_new},
	{"users", N_("Users"),
		N_("Ordinary users log in and may look; administrators become root with su. To remove a "
		   "user open the entry."),
		page_users, asks_new},
	{"notes", N_("Release notes"), N_("What is new, and what is known not to work."),
		page_notes, asks_new},
	{"hardware", N_("Hardware"),
		N_("What was found in this machine. VT-x (Intel) or AMD-V (AMD) is the CPU's "
		   "virtualization; the IOMMU (VT-d, AMD-Vi) keeps devices that are given to guests "
		   "inside them. Both are switched on in the firmware's setup."),
		page_hardware, asks_new},
	{"confirm", N_("Confirmation"),
		N_("INSTALL shows every step of the plan and what will be lost, and asks once more. Only "
		   "then something is written, and only to the disk that you have chosen."),
		page_confirm, asks},
	{"progress", N_("Installation"), NULL, page_progress, NULL},
	{"done", N_("Finished"), NULL, page_done, NULL},
};

static const char *abort_text(const void *state)
{
	const struct pages *pages = state;
	if (pages->has_failed)
		return _(
			"Leave the installation? It was begun and has failed: the disk may be partly "
			"written and may not start.");
	return _("Leave the installation? Nothing has been written to any disk.");
}

/* What a fresh specification has too little of to work with. */
static void set_defaults(struct pages *pages)
{
	struct host_config *config = &pages->spec->config;
	if (config->n_bridges == 0) {
		struct host_bridge *bridge = page_add(config, "bridge", "xenbr0");
		strlist_add(&bridge->ports, "auto");
		bridge->method = HOST_METHOD_DHCP;
		bridge->method6 = HOST_METHOD6_AUTO;
	}
	pages->has_password_method = config->ssh_takes_passwords;
	pages->has_key_method = config->root_ssh_keys.count > 0 || !config->ssh_takes_passwords;
}

enum pages_end pages_run(struct ui *ui, struct install_spec *spec, const struct machine *machine,
	const struct pages_options *options)
{
	struct pages pages = {.spec = spec,
		.machine = machine,
		.options = options,
		.test_choice = options->is_dry_run ? TEST_PRESENT : TEST_NEW,
		.test_host = xstrdup(DEFAULT_TEST_HOST),
		.end = PAGES_ABORTED};
	set_defaults(&pages);
	struct executor_status status;
	if (!options->is_dry_run && executor_read_status(&status, NULL) == 0) {
		pages.was_started =
			status.state == EXECUTOR_RUNNING || status.state == EXECUTOR_DONE;
		pages.has_failed = status.state == EXECUTOR_FAILED || status.state == EXECUTOR_DIED;
	}
	CLEANUP(mem_free_string)
	char *headline = xasprintf(_("Domus %s: installation"), machine->version);
	struct wizard wizard = {.headline = headline,
		.pages = table,
		.n_pages = ARRAY_SIZE(table),
		.abort_text = abort_text};
	enum ui_result result;
	do {
		result = wizard_run(ui, &wizard, &pages);
		if (result != UI_BACK || ui->is_gone)
			break;
		/* Back from the first page: there is nothing before it but leaving. */
		struct ui_question q = {.id = "abort",
			.title = _("Abort?"),
			.text = abort_text(&pages),
			.help = ""};
		bool yes = false;
		result = ui_yes_no(ui, &q, &yes) == UI_OK && yes ? UI_ABORT : UI_BACK;
	} while (result == UI_BACK && !ui->is_gone);
	free(pages.test_host);
	free(pages.test_verdict);
	if (result == UI_OK || result == UI_EXTRA)
		return pages.end;
	return pages.has_failed ? PAGES_FAILED : PAGES_ABORTED;
}

int installer_run_pages(struct install_spec *spec, const struct machine *machine,
	const struct pages_options *options, enum pages_end *ret_end, struct err *err)
{
	(void)setlocale(LC_ALL, "");
	struct ui ui;
	if (ui_open("domus-install", &ui, err) < 0)
		return -1;
	*ret_end = pages_run(&ui, spec, machine, options);
	ui_close(&ui);
	return 0;
}
