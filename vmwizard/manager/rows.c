/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of the live list. */
#define _GNU_SOURCE
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"

void rows_init(struct rows *rows)
{
	*rows = (struct rows){.list = VM_LIST_INIT, .filter = xstrdup(""), .page = 1};
}

void rows_dispose(struct rows *rows)
{
	vm_list_dispose(&rows->list);
	free(rows->shown);
	free(rows->filter);
	free(rows->chosen);
	*rows = (struct rows){.page = 1};
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_double(double a, double b)
{
	return (a > b) - (a < b);
}

/* What runs, then what needs somebody, then what is off. */
static unsigned state_rank(const struct vm_domain *guest)
{
	switch (guest->state) {
	case VM_STATE_RUNNING:
		return 0;
	case VM_STATE_CRASHED:
	case VM_STATE_UNDECIDED:
		return 1;
	case VM_STATE_PAUSED:
		return 2;
	case VM_STATE_ENDING:
		return 3;
	case VM_STATE_SAVED:
		return 4;
	case VM_STATE_OFF:
		break;
	}
	return 5;
}

/* Large figures come first: that is what one looks for. */
static int compare_by(enum rows_order order, const struct vm_domain *a, const struct vm_domain *b)
{
	switch (order) {
	case ROWS_BY_ID:
		return compare_u64(a->domid, b->domid);
	case ROWS_BY_STATE:
		return compare_u64(state_rank(a), state_rank(b));
	case ROWS_BY_MEMORY:
		return compare_u64(b->memory_kib, a->memory_kib);
	case ROWS_BY_VCPUS:
		return compare_u64(b->vcpus, a->vcpus);
	case ROWS_BY_TIME:
		return compare_u64(b->cpu_ns, a->cpu_ns);
	case ROWS_BY_CPU:
		return compare_double(b->cpu_percent, a->cpu_percent);
	case ROWS_BY_NET:
		return compare_double(rows_net_rate(b), rows_net_rate(a));
	case ROWS_BY_DISK:
		return compare_double(rows_disk_rate(b), rows_disk_rate(a));
	case ROWS_BY_NAME:
	case ROWS_ORDERS:
		break;
	}
	return 0;
}

/* dom0 stands above its guests whatever the order; equal rows stand by name, so nothing jumps. */
static int compare(const void *a, const void *b, void *context)
{
	const struct rows *rows = context;
	const struct vm_domain *x = &rows->list.items[*(const size_t *)a];
	const struct vm_domain *y = &rows->list.items[*(const size_t *)b];
	int r = (int)rows_is_host(y) - (int)rows_is_host(x);

	if (r != 0)
		return r;
	r = compare_by(rows->order, x, y);
	if (r == 0)
		r = strverscmp(x->name, y->name);
	return rows->is_reversed ? -r : r;
}

static void choose_at(struct rows *rows, size_t at)
{
	const struct vm_domain *row;

	if (rows->count == 0)
		return;
	rows->at = at < rows->count ? at : rows->count - 1;
	row = rows_shown(rows, rows->at);
	if (rows->chosen && strcmp(rows->chosen, row->name) == 0)
		return;
	free(rows->chosen);
	rows->chosen = xstrdup(row->name);
}

static void scroll(struct rows *rows)
{
	size_t last = rows->count > rows->page ? rows->count - rows->page : 0;

	if (rows->at < rows->top)
		rows->top = rows->at;
	if (rows->at >= rows->top + rows->page)
		rows->top = rows->at - rows->page + 1;
	if (rows->top > last)
		rows->top = last;
}

/* Filters and orders anew and finds the chosen guest again. */
static void arrange(struct rows *rows)
{
	size_t at = rows->at;
	bool is_found = false;

	rows->count = 0;
	for (size_t i = 0; i < rows->list.count; i++) {
		if (strcasestr(rows->list.items[i].name, rows->filter))
			rows->shown[rows->count++] = i;
	}
	if (rows->count > 0)
		qsort_r(rows->shown, rows->count, sizeof(rows->shown[0]), compare, rows);
	for (size_t i = 0; rows->chosen && i < rows->count && !is_found; i++) {
		if (strcmp(rows_shown(rows, i)->name, rows->chosen) == 0) {
			at = i;
			is_found = true;
		}
	}
	choose_at(rows, at);
	scroll(rows);
}

void rows_update(struct rows *rows, struct vm_list *list)
{
	vm_list_dispose(&rows->list);
	rows->list = *list;
	*list = (struct vm_list)VM_LIST_INIT;
	free(rows->shown);
	rows->shown = xcalloc(rows->list.count + 1, sizeof(rows->shown[0]));
	arrange(rows);
}

void rows_set_page(struct rows *rows, size_t page)
{
	rows->page = page > 0 ? page : 1;
	scroll(rows);
}

void rows_set_order(struct rows *rows, enum rows_order order, bool is_reversed)
{
	rows->order = order;
	rows->is_reversed = is_reversed;
	arrange(rows);
}

void rows_set_filter(struct rows *rows, const char *filter)
{
	free(rows->filter);
	rows->filter = xstrdup(filter);
	arrange(rows);
}

void rows_move(struct rows *rows, long by)
{
	long at = (long)rows->at + by;

	choose_at(rows, at < 0 ? 0 : (size_t)at);
	scroll(rows);
}

void rows_choose(struct rows *rows, const char *name)
{
	free(rows->chosen);
	rows->chosen = xstrdup(name);
	for (size_t i = 0; i < rows->count; i++) {
		if (strcmp(rows_shown(rows, i)->name, name) == 0)
			rows->at = i;
	}
	scroll(rows);
}

const struct vm_domain *rows_chosen(const struct rows *rows)
{
	return rows->count > 0 ? rows_shown(rows, rows->at) : NULL;
}

const struct vm_domain *rows_shown(const struct rows *rows, size_t i)
{
	return &rows->list.items[rows->shown[i]];
}

const char *rows_order_word(enum rows_order order)
{
	static const char *const words[] = {
		[ROWS_BY_NAME] = N_("name"),
		[ROWS_BY_ID] = N_("id"),
		[ROWS_BY_STATE] = N_("state"),
		[ROWS_BY_MEMORY] = N_("memory"),
		[ROWS_BY_VCPUS] = N_("vCPUs"),
		[ROWS_BY_TIME] = N_("time"),
		[ROWS_BY_CPU] = N_("CPU"),
		[ROWS_BY_NET] = N_("network"),
		[ROWS_BY_DISK] = N_("disk"),
	};
	return order < ROWS_ORDERS ? _(words[order]) : "";
}

bool rows_is_host(const struct vm_domain *guest)
{
	return guest->domid == 0;
}

bool rows_is_there(const struct vm_domain *guest)
{
	return guest->domid != VM_NO_DOMID;
}

double rows_net_rate(const struct vm_domain *guest)
{
	return guest->rx_rate < 0 || guest->tx_rate < 0 ? -1 : guest->rx_rate + guest->tx_rate;
}

double rows_disk_rate(const struct vm_domain *guest)
{
	return guest->read_rate < 0 || guest->write_rate < 0 ? -1
							     : guest->read_rate + guest->write_rate;
}
