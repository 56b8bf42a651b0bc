/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Borders between the memory of running guests. */
#include "memboard.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"

#define MIB_KIB 1024
#define STEP_DEFAULT 2

const int64_t memboard_steps[MEMBOARD_STEPS] = {1, 16, 64, 256};

static int64_t nearest_mib(uint64_t kib)
{
	return (int64_t)((kib + MIB_KIB / 2) / MIB_KIB);
}

static void add_row(struct memboard *board, const struct vm_domain *d)
{
	struct memboard_row *row = &board->rows[board->count];

	*row = (struct memboard_row){.name = xstrdup(d->name),
		.letter = d->domid == 0 ? '0' : (char)('a' + (board->count + 25) % 26),
		.now = nearest_mib(d->memory_kib),
		.least = nearest_mib(memplan_least_kib(d)),
		.most = (int64_t)(memplan_most_kib(d) / MIB_KIB),
		.why_not = memplan_why_not(d)};
	row->then = row->now;
	if (row->most < row->now)
		row->most = row->now;
	board->count++;
}

void memboard_init(struct memboard *board, const struct vm_list *list)
{
	*board = (struct memboard){.rows = xcalloc(list->count + 1, sizeof(board->rows[0])),
		.step = STEP_DEFAULT,
		.total = (int64_t)(list->total_kib / MIB_KIB),
		.hypervisor = (int64_t)(memplan_hypervisor_kib(list) / MIB_KIB),
		.free_now = (int64_t)(list->free_kib / MIB_KIB)};
	board->free_then = board->free_now;
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].domid != VM_NO_DOMID)
			add_row(board, &list->items[i]);
	}
	while (board->at + 1 < board->count && board->rows[board->at].why_not)
		board->at++;
	if (board->count > 0 && board->rows[board->at].why_not)
		board->at = 0;
}

void memboard_dispose(struct memboard *board)
{
	for (size_t i = 0; i < board->count; i++)
		free(board->rows[i].name);
	free(board->rows);
	*board = (struct memboard){.rows = NULL};
}

void memboard_choose(struct memboard *board, int by)
{
	if (by < 0 && board->at > 0)
		board->at--;
	else if (by > 0 && board->at + 1 < board->count)
		board->at++;
}

struct memboard_row *memboard_partner(const struct memboard *board)
{
	for (size_t i = board->at + 1; i < board->count; i++) {
		if (!board->rows[i].why_not)
			return &board->rows[i];
	}
	return NULL;
}

static int64_t less(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* What a row, or what is free (NULL), can give or take yet. */
static int64_t room(const struct memboard *board, const struct memboard_row *row, bool gives)
{
	int64_t reserve = (int64_t)(MEMPLAN_RESERVE_KIB / MIB_KIB);

	if (row)
		return gives ? row->then - row->least : row->most - row->then;
	/* Not more than the machine has. */
	return gives ? board->free_then - reserve : board->total;
}

static int at_limit(
	const struct memboard *board, const struct memboard_row *row, bool gives, struct err *err)
{
	if (!row)
		return err_set(err, ERR_RANGE, 0,
			_("%" PRId64 " MiB would be free, and %d MiB stay for Xen itself"),
			board->free_then, (int)(MEMPLAN_RESERVE_KIB / MIB_KIB));
	if (gives)
		return err_set(err, ERR_RANGE, 0, _("%s must keep %" PRId64 " MiB"), row->name,
			row->least);
	return err_set(err, ERR_RANGE, 0,
		_("%s may have at most %" PRId64 " MiB before its next start"), row->name,
		row->most);
}

static void change(struct memboard *board, struct memboard_row *row, int64_t by)
{
	if (row)
		row->then += by;
	else
		board->free_then += by;
}

int memboard_move(struct memboard *board, int sign, bool with_free, struct err *err)
{
	struct memboard_row *own = board->count > 0 ? &board->rows[board->at] : NULL;
	struct memboard_row *other = with_free ? NULL : memboard_partner(board);
	struct memboard_row *giver = sign > 0 ? other : own;
	struct memboard_row *taker = sign > 0 ? own : other;
	int64_t amount = memboard_steps[board->step];

	if (!own)
		return err_set(err, ERR_MISSING, 0, _("no guest runs"));
	if (own->why_not)
		return err_set(err, ERR_INVALID, 0, "%s: %s", own->name, own->why_not);
	if (room(board, giver, true) <= 0)
		return at_limit(board, giver, true, err);
	if (room(board, taker, false) <= 0)
		return at_limit(board, taker, false, err);
	amount = less(amount, less(room(board, giver, true), room(board, taker, false)));
	change(board, giver, -amount);
	change(board, taker, amount);
	return 0;
}

bool memboard_is_changed(const struct memboard *board)
{
	for (size_t i = 0; i < board->count; i++) {
		if (board->rows[i].then != board->rows[i].now)
			return true;
	}
	return false;
}

struct memplan_wish *memboard_wishes(const struct memboard *board, size_t *ret_count)
{
	struct memplan_wish *wishes = xcalloc(board->count + 1, sizeof(*wishes));
	size_t count = 0;

	for (size_t i = 0; i < board->count; i++) {
		const struct memboard_row *row = &board->rows[i];

		if (row->then != row->now)
			wishes[count++] = (struct memplan_wish){
				.name = row->name, .kib = (uint64_t)row->then * MIB_KIB};
	}
	*ret_count = count;
	return wishes;
}

/* Up to where the first so many MiB reach. */
static void fill(
	struct str *text, size_t start, char letter, int64_t until, int64_t total, size_t width)
{
	size_t end = total > 0 ? start + (size_t)(until * (int64_t)width / total) : start;

	while (text->len < end && text->len < start + width)
		str_add_bytes(text, &letter, 1);
}

void memboard_bar(const struct memboard *board, bool is_then, size_t width, struct str *ret_text)
{
	size_t start = ret_text->len;
	int64_t until = board->hypervisor;

	fill(ret_text, start, '#', until, board->total, width);
	for (size_t i = 0; i < board->count; i++) {
		until += is_then ? board->rows[i].then : board->rows[i].now;
		fill(ret_text, start, board->rows[i].letter, until, board->total, width);
	}
	fill(ret_text, start, '.', board->total, board->total, width);
}
