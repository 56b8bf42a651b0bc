/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a page that changed settings: difference, writing, putting in force, confirming. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "apply.h"
#include "changes.h"
#include "console.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "rollback.h"
#include "settings.h"
#include "store.h"

/* What is said on standard error would go across the dialogs: it is caught, and shown after. */
struct catcher {
	int fd;
	int saved;
};

static void catch_begin(struct catcher *c)
{
	(void)fflush(stderr);
	c->fd = memfd_create("errors", MFD_CLOEXEC);
	c->saved = dup(STDERR_FILENO);
	if (c->fd >= 0 && c->saved >= 0)
		(void)dup2(c->fd, STDERR_FILENO);
}

static void catch_end(struct catcher *c, struct str *ret_text)
{
	char buf[2048];
	(void)fflush(stderr);
	if (c->saved >= 0)
		(void)dup2(c->saved, STDERR_FILENO);
	ssize_t n = c->fd >= 0 ? pread(c->fd, buf, sizeof(buf), 0) : -1;
	if (n > 0)
		str_add_bytes(ret_text, buf, (size_t)n);
	file_close(&c->fd);
	file_close(&c->saved);
}

static enum ui_result confirm(struct ui *ui, const char *root)
{
	CLEANUP(mem_free_string)
	char *text =
		xasprintf(_("The change is in force now. Without an answer it goes back within "
			    "%d seconds.\n\nKeep it?"),
			ROLLBACK_DEFAULT_S);
	const struct ui_question q = {
		.id = "confirm", .title = _("Keep the change?"), .text = text, .help = ""};
	struct err err = ERR_INIT;
	bool yes = false;
	enum ui_result result = ui_yes_no(ui, &q, &yes);
	if (result != UI_OK || !yes) {
		ui_say(ui, _("Going back"), "%s",
			_("The change is not kept: within a minute all is as it was."));
		return UI_OK;
	}
	if (rollback_confirm(root, &err) < 0)
		ui_say(ui, _("Not kept"), "%s", err.text);
	return UI_OK;
}

enum ui_result console_apply(struct ui *ui, const char *root)
{
	const struct settings_request request = {.root = root};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(str_dispose) struct str said = STR_INIT;
	enum settings_outcome outcome = SETTINGS_NOTHING;
	struct catcher catcher;
	struct err err = ERR_INIT;
	catch_begin(&catcher);
	int rc = settings_apply(&request, &text, &outcome, &err);
	catch_end(&catcher, &said);
	if (rc < 0) {
		ui_say(ui, _("Not right yet"), "%s\n\n%s", err.text, str_text(&said));
		return UI_OK;
	}
	switch (outcome) {
	case SETTINGS_NOTHING:
		ui_say(ui, _("Settings"), "%s", _("Everything is in force already."));
		break;
	case SETTINGS_DONE:
		ui_say(ui, _("In force"), "%s%s", str_text(&text), str_text(&said));
		break;
	case SETTINGS_WAITS:
		return confirm(ui, root);
	}
	return UI_OK;
}

/* ---- the end of a page ---- */

enum { CHOICE_APPLY, CHOICE_LATER, CHOICE_EDIT, CHOICE_DISCARD };

static void describe(const struct draft *draft, const struct host_config *after, struct str *out)
{
	CLEANUP(hostconf_dispose) struct host_config before;
	CLEANUP(changes_dispose) struct changes changes = CHANGES_INIT;
	const struct draft old = {.root = draft->root, .text = draft->original};
	draft_read(&old, &before);
	changes_build(&before, after, &changes);
	for (size_t i = 0; i < changes.count; i++) {
		CLEANUP(mem_free_string) char *text = change_text(&changes.items[i]);
		str_add(out, "%s\n", text);
	}
}

/* False: the user goes on with the page; *ret_discard: without the changes. */
static bool is_right(
	struct ui *ui, const struct draft *draft, struct host_config *config, bool *ret_discard)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	*ret_discard = false;
	if (store_parse(draft->root, str_text(&draft->text), config, &problems, &err) == 0)
		return true;
	for (size_t i = 0; i < problems.count; i++)
		if (problems.items[i].level == PROBLEM_ERROR)
			str_add(&text, "%s\n", problems.items[i].text);
	str_add(&text, "%s", _("\nThrow the changes away? No goes on with them."));
	const struct ui_question q = {
		.id = "wrong", .title = _("Not right yet"), .text = str_text(&text), .help = ""};
	if (ui_yes_no(ui, &q, ret_discard) != UI_OK)
		*ret_discard = false;
	return false;
}

static enum ui_result ask(struct ui *ui, const char *text, size_t *chosen)
{
	const struct ui_item items[] = {
		{.tag = _("apply"), .text = _("Write and put in force now")},
		{.tag = _("later"), .text = _("Write only; domus-host apply puts it in force")},
		{.tag = _("go on"), .text = _("Back to the page")},
		{.tag = _("discard"), .text = _("Throw the changes away")},
	};
	const struct ui_question q = {
		.id = "finish", .title = _("Changes"), .text = text, .ok = _("OK"), .help = ""};
	*chosen = CHOICE_APPLY;
	return ui_menu(ui, &q, items, ARRAY_SIZE(items), chosen);
}

enum ui_result console_finish(struct ui *ui, struct draft *draft)
{
	CLEANUP(hostconf_dispose) struct host_config config;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(file_close) int lock = -1;
	struct err err = ERR_INIT;
	size_t chosen;
	bool discard;
	hostconf_init(&config);
	if (strcmp(str_text(&draft->original), str_text(&draft->text)) == 0)
		return UI_OK;
	hostconf_dispose(&config);
	if (!is_right(ui, draft, &config, &discard))
		return discard ? UI_OK : UI_BACK;
	describe(draft, &config, &text);
	if (text.len == 0)
		return UI_OK;
	if (ask(ui, str_text(&text), &chosen) != UI_OK || chosen == CHOICE_EDIT)
		return ui->is_gone ? UI_ABORT : UI_BACK;
	if (chosen == CHOICE_DISCARD)
		return UI_OK;
	int rc = store_lock(draft->root, &lock, &err);
	if (rc == 0)
		rc = store_write(
			draft->root, str_text(&draft->original), str_text(&draft->text), &err);
	file_close(&lock);
	lock = -1;
	if (rc < 0) {
		ui_say(ui, _("Not written"), "%s", err.text);
		return UI_BACK;
	}
	return chosen == CHOICE_APPLY ? console_apply(ui, draft->root) : UI_OK;
}
