/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first pages: language, keyboard, licence, mode of installation. */
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "proc.h"

#define LICENCE_MAX (256 * 1024)

enum ui_result page_language(struct ui *ui, void *state)
{
	const struct pages *pages = state;
	CLEANUP(mem_free_string)
	char *text = xasprintf(
		_("Welcome to Domus %s.\n\nThis makes a Xen host of this machine. Everything is asked "
		  "first; no disk is written to before you have seen the plan and confirmed it.\n\n"
		  "Which language?"),
		pages->machine->version);
	const struct ui_item items[] = {
		{.tag = "English", .text = ""},
		{.tag = "Japanese",
			.text = _("(not yet)"),
			.why_not = _(
				"The texts are prepared for translation, but not translated yet.")},
	};
	struct ui_question q = {.id = "language", .title = _("Language"), .text = text};
	size_t chosen = 0;
	return ui_menu(ui, &q, items, 2, &chosen);
}

/* Layouts that have a name people know; the others follow by their file's name. */
static const struct {
	const char *name;
	const char *text;
} known_layouts[] = {
	{"us", N_("English (US)")},
	{"uk", N_("English (UK)")},
	{"jp106", N_("Japanese (106 keys)")},
	{"be-latin1", N_("Belgian")},
	{"br-abnt2", N_("Brazilian (ABNT2)")},
	{"cz", N_("Czech")},
	{"cz-lat2", N_("Czech")},
	{"de-latin1", N_("German")},
	{"de-latin1-nodeadkeys", N_("German, no dead keys")},
	{"dk-latin1", N_("Danish")},
	{"dvorak", N_("English (Dvorak)")},
	{"es", N_("Spanish")},
	{"et", N_("Estonian")},
	{"fi-latin1", N_("Finnish")},
	{"fr-latin9", N_("French")},
	{"fr_CH-latin1", N_("French (Switzerland)")},
	{"gr", N_("Greek")},
	{"hu", N_("Hungarian")},
	{"it", N_("Italian")},
	{"la-latin1", N_("Spanish (Latin America)")},
	{"nl", N_("Dutch")},
	{"no-latin1", N_("Norwegian")},
	{"pl", N_("Polish")},
	{"pt-latin1", N_("Portuguese")},
	{"ru", N_("Russian")},
	{"se-latin1", N_("Swedish")},
	{"sg-latin1", N_("German (Switzerland)")},
	{"slovene", N_("Slovene")},
	{"tr_q-latin5", N_("Turkish Q")},
	{"ua", N_("Ukrainian")},
};

static int read_layouts(const char *root, struct strlist *names, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist files = STRLIST_INIT;
	if (file_list_dir(root, PAGES_SHARE "/keymaps", &files, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(known_layouts); i++) {
		CLEANUP(mem_free_string) char *file = xasprintf("%s.bmap", known_layouts[i].name);
		if (strlist_has(&files, file))
			strlist_add(names, known_layouts[i].name);
	}
	for (size_t i = 0; i < files.count; i++) {
		char *dot = strstr(files.items[i], ".bmap");
		if (!dot)
			continue;
		*dot = '\0';
		if (!strlist_has(names, files.items[i]))
			strlist_add(names, files.items[i]);
	}
	return 0;
}

static const char *layout_text(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_layouts); i++)
		if (strcmp(known_layouts[i].name, name) == 0)
			return _(known_layouts[i].text);
	return "";
}

/* Loads it for the local console; a serial line has its terminal's own keyboard. */
static void apply_layout(struct ui *ui, const struct pages *pages, const char *name)
{
	if (pages->options->is_dry_run)
		return;
	CLEANUP(mem_free_string) char *path = xasprintf(PAGES_SHARE "/keymaps/%s.bmap", name);
	CLEANUP(str_dispose) struct str map = STR_INIT;
	struct err err = ERR_INIT;
	const char *argv[] = {"loadkmap", NULL};
	if (file_read(pages->options->root, path, 64 * 1024, &map, &err) < 0) {
		ui_say(ui, _("Keyboard"), "%s", err.text);
		return;
	}
	struct proc_spec spec = {
		.argv = argv, .input = map.data, .input_len = map.len, .timeout_ms = 5000};
	if (proc_run_ok(&spec, &err) < 0)
		ui_say(ui, _("Keyboard"), _("The layout is not in force here yet: %s"), err.text);
}

static enum ui_result try_layout(struct ui *ui, const char *name)
{
	CLEANUP(mem_free_string)
	char *text = xasprintf(
		_("Layout: %s\n\nType something to see whether the keys give what they show, above all "
		  "@ : _ / - and others that you use in passwords. What you type here is not kept.\n\n"
		  "On a serial line or over SSH the keyboard of your own computer counts; the layout "
		  "is that of this machine's screen and keyboard."),
		name);
	struct ui_field field = {.id = "try", .label = _("Try it:")};
	struct ui_question q = {.id = "keyboard-try", .title = _("Try the keyboard"), .text = text};
	return ui_form(ui, &q, &field, 1);
}

static size_t index_of(const struct strlist *list, const char *item)
{
	size_t i = 0;
	while (i < list->count && strcmp(list->items[i], item) != 0)
		i++;
	return i < list->count ? i : 0;
}

enum ui_result page_keyboard(struct ui *ui, void *state)
{
	struct pages *pages = state;
	struct host_config *config = &pages->spec->config;
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	struct err err = ERR_INIT;
	if (read_layouts(pages->options->root, &names, &err) < 0 || names.count == 0) {
		ui_say(ui, _("Keyboard"), _("There are no layouts on this medium. %s"), err.text);
		return UI_OK;
	}
	struct ui_item *items = xcalloc(names.count, sizeof(*items));
	for (size_t i = 0; i < names.count; i++)
		items[i] = (struct ui_item){
			.tag = names.items[i], .text = layout_text(names.items[i])};
	struct ui_question q = {
		.id = "keyboard", .title = _("Keyboard"), .text = _("Which keyboard layout?")};
	enum ui_result result;
	do {
		size_t chosen = index_of(&names, config->layout);
		result = ui_menu(ui, &q, items, names.count, &chosen);
		if (result != UI_OK)
			break;
		(void)page_set("keyboard", "layout", config, names.items[chosen], NULL);
		apply_layout(ui, pages, config->layout);
		result = try_layout(ui, config->layout);
	} while (result == UI_BACK && !ui->is_gone);
	free(items);
	return result;
}

enum ui_result page_licence_text(struct ui *ui, void *state)
{
	const struct pages *pages = state;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	str_add(&text, "%s",
		_("Domus is free software under the GNU General Public License; what it installs "
		  "(Xen, Linux, Debian's packages, firmware) is under licences of its own, listed on "
		  "the medium. Arrow keys and Page Down show the whole text.\n\n"));
	if (file_read(pages->options->root, PAGES_SHARE "/LICENSE", LICENCE_MAX, &text, &err) < 0)
		str_add(&text, "%s", err.text);
	struct ui_question q = {.id = "licence-text",
		.title = _("Licence"),
		.text = str_text(&text),
		.is_wide = true};
	return ui_text(ui, &q);
}

enum ui_result page_licence(struct ui *ui, void *state)
{
	struct pages *pages = state;
	struct host_config *config = &pages->spec->config;
	const struct ui_item items[] = {
		{.tag = _("no"), .text = _("I do not accept it")},
		{.tag = _("yes"), .text = _("I accept the licence")},
	};
	struct ui_question q = {.id = "licence",
		.title = _("Licence"),
		.text = _("Do you accept the licence that you have just seen?")};
	for (;;) {
		unsigned chosen = config->licence;
		enum ui_result result = page_choose(ui, &q, items, 2, &chosen);
		if (result != UI_OK || ui->is_gone)
			return result;
		config->licence = chosen ? HOST_LICENCE_ACCEPTED : HOST_LICENCE_OPEN;
		if (chosen)
			return UI_OK;
		ui_say(ui, _("Licence"), "%s",
			_("Without it Domus cannot be installed. Nothing has been written; Ctrl-C "
			  "leaves the installation."));
	}
}

static bool has_installed(const struct machine *machine)
{
	for (size_t i = 0; i < machine->disks.count; i++)
		if (disk_has_domus(&machine->disks.disks[i]))
			return true;
	return false;
}

enum ui_result page_mode(struct ui *ui, void *state)
{
	struct pages *pages = state;
	struct host_config *config = &pages->spec->config;
	const char *none = has_installed(pages->machine)
				   ? NULL
				   : _("No disk of this machine has a Domus on it.");
	const struct ui_item items[] = {
		{.tag = "new", .text = _("New installation")},
		{.tag = "repair",
			.text = _("Repair: boot loader, slot, root's password"),
			.why_not = none},
		{.tag = "upgrade", .text = _("Upgrade, keep settings and guests"), .why_not = none},
		{.tag = "reinstall", .text = _("New settings, keep guests"), .why_not = none},
		{.tag = "boot", .text = _("Start the installed system"), .why_not = none},
	};
	struct ui_question q = {.id = "mode", .title = _("Mode"), .text = _("What is to be done?")};
	unsigned chosen = config->mode;
	enum ui_result result = page_choose(ui, &q, items, ARRAY_SIZE(items), &chosen);
	if (result != UI_OK)
		return result;
	if (chosen <= HOST_MODE_REINSTALL) {
		config->mode = (enum host_mode)chosen;
		return UI_OK;
	}
	struct ui_question go = {.id = "boot-installed",
		.title = _("Start the installed system"),
		.text = _("The machine restarts now; then choose \"Boot from hard disk\" in the "
			  "medium's menu. Nothing has been written.\n\nRestart?"),
		.help = ""};
	bool yes = false;
	if (ui_yes_no(ui, &go, &yes) == UI_OK && yes) {
		if (pages->options->is_dry_run)
			return page_end_dry_run(ui, pages);
		pages->end = PAGES_REBOOT;
		return UI_EXTRA;
	}
	return ui->is_gone ? UI_ABORT : page_mode(ui, state);
}
