/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses how this terminal is used. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "impl.h"
#include "lang.h"
#include "term.h"
#include "ui.h"

int ui_open(const char *command, struct ui *ret_ui, struct err *err)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(
			err, ERR_MISSING, 0, _("%s without arguments needs a terminal"), command);
	if (!term_can_draw(STDOUT_FILENO)) {
		const char *name = getenv("TERM");
		(void)printf(_("Terminal \"%s\" cannot show dialogs: plain questions instead.\n"),
			name ? name : "");
		ui_open_plain(STDIN_FILENO, STDOUT_FILENO, ret_ui);
		return 0;
	}
	int lines;
	int columns;
	term_ask_size(STDIN_FILENO, STDOUT_FILENO, &lines, &columns);
	if (lines < TERM_LINES_MIN || columns < TERM_COLUMNS_MIN)
		return err_set(err, ERR_RANGE, 0,
			_("%s needs a terminal of %dx%d at least, this one has %dx%d. Enlarge it, or "
			  "type TERM=dumb %s for plain questions"),
			command, TERM_COLUMNS_MIN, TERM_LINES_MIN, columns, lines, command);
	ui_open_dialog(ret_ui);
	return 0;
}
