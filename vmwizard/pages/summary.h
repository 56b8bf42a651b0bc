/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one page on which everything is filled in. */
#ifndef PAGES_SUMMARY_H
#define PAGES_SUMMARY_H

#include "create.h"

/* UI_OK: made, or for an edit written. */
enum ui_result summary_run(struct create *c);

#endif
