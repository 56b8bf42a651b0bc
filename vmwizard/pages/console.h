/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives the terminal to a guest's console until it is left with Ctrl-]. */
#ifndef PAGES_CONSOLE_H
#define PAGES_CONSOLE_H

#include "ui/ui.h"
#include "vmwizard/action.h"

/* ERR_PROC when the console's program ended with an error: the guest is gone, most often. */
int console_attach(struct ui *ui, const struct vm_action *a, struct err *err);

#endif
