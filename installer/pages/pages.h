/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interactive installer: pages that fill a specification, show its plan, and start it. */
#ifndef DOMUS_PAGES_H
#define DOMUS_PAGES_H

#include <stdbool.h>

#include "err.h"
#include "machine.h"
#include "spec.h"
#include "ui/ui.h"

struct pages_options {
	const char *root; /* where /usr/share lies; "/" but in tests */
	bool is_dry_run; /* the last page shows the plan; no disk, keyboard or network is touched */
};

/* What the user wants of the program that called. */
enum pages_end {
	PAGES_ABORTED, /* before anything was written */
	PAGES_FAILED,  /* left after an installation that failed */
	PAGES_REBOOT,
	PAGES_POWEROFF,
	PAGES_SHELL, /* just end */
};

/*
 * Asks everything on this terminal, in the order of a new installation, and follows it to its end.
 * When one is running already, that is shown instead. spec is initialized, with its ids drawn; it
 * may hold the values of a file. -1 only when this terminal cannot be used or an engine failed.
 */
int installer_run_pages(struct install_spec *spec, const struct machine *machine,
	const struct pages_options *options, enum pages_end *ret_end, struct err *err);

/* The same with an open ui, for tests. */
enum pages_end pages_run(struct ui *ui, struct install_spec *spec, const struct machine *machine,
	const struct pages_options *options);

#endif
