/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan's execution as a bar: what is being done, how much of it, the time left. */
#ifndef PAGES_PROGRESS_H
#define PAGES_PROGRESS_H

#include "ui/ui.h"
#include "vmwizard/plan.h"

struct progress {
	struct vm_progress calls; /* for vm_plan_execute() */
	struct ui *ui;
	const char *title;
	char *what;
	size_t step, steps;
	int64_t started_ms; /* this step */
	int64_t drawn_ms;
	bool is_cancelled;
};

void progress_begin(struct progress *progress, struct ui *ui, const char *title);
void progress_end(struct progress *progress);

/* "12 of 60 MiB, 8 s left"; pure. */
void progress_text(uint64_t done_bytes, uint64_t total_bytes, int64_t elapsed_ms, struct str *text);

#endif
