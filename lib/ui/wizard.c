/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop over a wizard's pages. */
#include "wizard.h"

#include <stdlib.h>

#include "lang.h"
#include "mem.h"

static bool is_wanted(const struct wizard_page *page, const void *state)
{
	return !page->is_wanted || page->is_wanted(state);
}

/* The names of the steps, and which of them page belongs to. */
static size_t list_steps(const struct wizard *wizard, const void *state, size_t page,
	const char **ret_steps, size_t *ret_present)
{
	size_t count = 0;
	size_t present = 0;
	for (size_t i = 0; i < wizard->n_pages; i++) {
		if (wizard->pages[i].step && is_wanted(&wizard->pages[i], state))
			ret_steps[count++] = _(wizard->pages[i].step);
		if (i == page)
			present = count ? count - 1 : 0;
	}
	*ret_present = present;
	return count;
}

static enum ui_result run_page(
	struct ui *ui, const struct wizard *wizard, size_t page, void *state, const char **steps)
{
	const char *help = wizard->pages[page].help;
	if (wizard->headline) {
		ui->frame.headline = wizard->headline;
		ui->frame.n_steps = list_steps(wizard, state, page, steps, &ui->frame.present);
		/* Without names the pages have the whole width. */
		ui->frame.steps = ui->frame.n_steps > 0 ? steps : NULL;
		ui->page_help = NULL;
	}
	if (help)
		ui->page_help = _(help);
	return wizard->pages[page].run(ui, state);
}

static bool may_abort(struct ui *ui, const struct wizard *wizard, const void *state)
{
	if (ui->is_gone)
		return true;
	struct ui_question q = {.id = "abort",
		.title = _("Abort?"),
		.text = wizard->abort_text ? wizard->abort_text(state) : NULL,
		.help = ""};
	bool yes = false;
	enum ui_result result = ui_yes_no(ui, &q, &yes);
	return ui->is_gone || (result == UI_OK && yes);
}

/* The next wanted page in a direction; n_pages when there is none. */
static size_t next_page(const struct wizard *wizard, size_t page, bool is_forth, const void *state)
{
	do {
		if (!is_forth && page == 0)
			return wizard->n_pages;
		page = is_forth ? page + 1 : page - 1;
	} while (page < wizard->n_pages && !is_wanted(&wizard->pages[page], state));
	return page;
}

static enum ui_result run_pages(
	struct ui *ui, const struct wizard *wizard, void *state, const char **steps)
{
	size_t page = 0;
	while (page < wizard->n_pages && !is_wanted(&wizard->pages[page], state))
		page++;
	while (page < wizard->n_pages) {
		enum ui_result result = run_page(ui, wizard, page, state, steps);
		if (ui->is_gone)
			return UI_ABORT;
		if (result == UI_EXTRA)
			return UI_EXTRA;
		if (result == UI_HELP)
			continue;
		if (result == UI_ABORT) {
			if (!wizard->headline || may_abort(ui, wizard, state))
				return UI_ABORT;
			continue;
		}
		size_t next = next_page(wizard, page, result != UI_BACK, state);
		if (next == wizard->n_pages && result == UI_BACK)
			return UI_BACK;
		page = next;
	}
	return UI_OK;
}

enum ui_result wizard_run(struct ui *ui, const struct wizard *wizard, void *state)
{
	struct ui_frame frame = ui->frame;
	const char *help = ui->page_help;
	const char **steps = xcalloc(wizard->n_pages + 1, sizeof(*steps));
	enum ui_result result = run_pages(ui, wizard, state, steps);
	ui->frame = frame;
	ui->page_help = help;
	free(steps);
	return result;
}
