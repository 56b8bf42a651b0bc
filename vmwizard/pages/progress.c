/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bar of a plan's execution. */
#include "progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "num.h"
#include "vmwizard/list.h"

#define DRAW_MS 500 /* a slow line has better to do than to follow each block */
#define KEY_ESC 27
#define KEY_CTRL_C 3
/* What is guessed before this much time is no guess. */
#define ESTIMATE_MS 2000

void progress_text(uint64_t done_bytes, uint64_t total_bytes, int64_t elapsed_ms, struct str *text)
{
	if (total_bytes == 0) {
		str_add(text, _("%" PRIu64 " MiB"), done_bytes / NUM_MIB);
		return;
	}
	str_add(text, _("%" PRIu64 " of %" PRIu64 " MiB"), done_bytes / NUM_MIB,
		total_bytes / NUM_MIB);
	if (elapsed_ms >= ESTIMATE_MS && done_bytes > 0 && done_bytes < total_bytes)
		str_add(text, _(", %.0f s left"),
			(double)elapsed_ms / 1000 * (double)(total_bytes - done_bytes) /
				(double)done_bytes);
}

static void draw(struct progress *p, uint64_t done_bytes, uint64_t total_bytes)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct ui_question q = {.id = "making", .title = p->title, .help = ""};
	double part = total_bytes > 0 ? (double)done_bytes / (double)total_bytes : 0;

	str_add(&text, _("Step %zu of %zu: %s\n"), p->step + 1, p->steps, p->what);
	if (done_bytes > 0)
		progress_text(done_bytes, total_bytes, vm_now_ms() - p->started_ms, &text);
	str_add(&text, "%s", _("\nEsc stops it and takes back what was done."));
	q.text = str_text(&text);
	ui_gauge(p->ui, &q,
		p->steps > 0 ? (unsigned)(((double)p->step + part) * 100 / (double)p->steps) : 0);
	p->drawn_ms = vm_now_ms();
}

static void show_step(void *context, size_t i, size_t n, const char *what)
{
	struct progress *p = context;

	free(p->what);
	p->what = xstrdup(what);
	p->step = i;
	p->steps = n;
	p->started_ms = vm_now_ms();
	draw(p, 0, 0);
}

static bool show_amount(void *context, uint64_t done_bytes, uint64_t total_bytes)
{
	struct progress *p = context;
	int key;

	if (vm_now_ms() - p->drawn_ms < DRAW_MS)
		return !p->is_cancelled;
	draw(p, done_bytes, total_bytes);
	key = ui_gauge_key(p->ui, 0);
	if (key == KEY_ESC || key == KEY_CTRL_C || p->ui->is_gone)
		p->is_cancelled = true;
	return !p->is_cancelled;
}

void progress_begin(struct progress *progress, struct ui *ui, const char *title)
{
	*progress = (struct progress){.ui = ui, .title = title, .what = xstrdup("")};
	progress->calls =
		(struct vm_progress){.context = progress, .step = show_step, .amount = show_amount};
}

void progress_end(struct progress *progress)
{
	ui_gauge_end(progress->ui);
	free(progress->what);
	progress->what = NULL;
}
