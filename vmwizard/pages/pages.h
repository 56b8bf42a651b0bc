/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wizard: `domus-vm create` on a terminal, and the manager's pages for a guest that is there. */
#ifndef PAGES_PAGES_H
#define PAGES_PAGES_H

#include "ui/ui.h"
#include "vmwizard/session.h"

/* `domus-vm create` without a file: makes, starts, shows the console; the exit code for main(). */
int pages_create_main(const char *root, const char *facts_path);

/*
 * The same inside the manager. UI_OK: made (and started, if wanted), its name in *ret_name, which
 * the caller frees.
 */
enum ui_result pages_create(struct ui *ui, struct session *session, char **ret_name);

/* The pages on a guest that is there. UI_OK: NAME.cfg was changed. */
enum ui_result pages_edit(struct ui *ui, struct session *session, const char *name);

#endif
