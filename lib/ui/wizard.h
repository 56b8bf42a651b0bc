/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a table of pages, forth and back. The answers live in the caller's state, so Back loses
 * nothing; the steps at the left are made from the same table.
 */
#ifndef DOMUS_WIZARD_H
#define DOMUS_WIZARD_H

#include "ui.h"

struct wizard_page {
	const char *id;
	const char *step; /* its name in the list at the left; NULL: part of the step before */
	const char *help; /* what F1 shows; NULL: nothing */
	/*
	 * Asks its question. UI_OK goes on, UI_BACK goes back, UI_ABORT asks whether to abort,
	 * UI_EXTRA ends the wizard at once.
	 */
	enum ui_result (*run)(struct ui *ui, void *state);
	bool (*is_wanted)(const void *state); /* NULL: always; else skipped when false */
};

struct wizard {
	/* NULL: a sequence inside a page: steps and headline stay, and UI_ABORT is handed up unasked. */
	const char *headline;
	const struct wizard_page *pages;
	size_t n_pages;
	/* "Nothing has been written." and the like, for the question whether to abort. */
	const char *(*abort_text)(const void *state);
};

/*
 * UI_OK after the last page, UI_BACK from the first, UI_ABORT when the user has confirmed that,
 * UI_EXTRA when a page said so.
 * Page ids of wanted pages are unique.
 */
enum ui_result wizard_run(struct ui *ui, const struct wizard *wizard, void *state);

#endif
