/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen of the whole host's memory, on which borders between running guests are moved. */
#define _GNU_SOURCE
#include <curses.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "memboard.h"
#include "screen.h"
#include "state.h"
#include "ui/frame.h"
#include "ui/width.h"
#include "vmwizard/action.h"

#define KEY_ESC 27
#define CTRL(letter) ((letter) & 0x1f)

/* Lines that are no rows: title, header; two bars, two of text, message, keys. */
#define LINES_ABOVE 2
#define LINES_BELOW 7
#define BAR_WIDTH 72
#define WAIT_MS 60000

struct page {
	struct manager *m;
	struct memboard board;
	char *message;
	bool is_over;
};

static void ATTR_PRINTF(2, 3) say(struct page *page, const char *fmt, ...)
{
	va_list args;

	free(page->message);
	va_start(args, fmt);
	if (vasprintf(&page->message, fmt, args) < 0)
		page->message = xstrdup("");
	va_end(args);
}

static bool read_board(struct page *page)
{
	struct vm_list list = VM_LIST_INIT;
	struct err err = ERR_INIT;

	if (session_read_list(page->m->session, NULL, &list, &err) != 0) {
		ui_say(page->m->ui, _("Memory"), "%s", err.text);
		return false;
	}
	memboard_dispose(&page->board);
	memboard_init(&page->board, &list);
	vm_list_dispose(&list);
	return true;
}

/* --- the screen */

static void add_amounts(struct str *line, int64_t now, int64_t then, int64_t least, int64_t most)
{
	str_add(line, " %7" PRId64, now);
	if (then != now)
		str_add(line, " %7" PRId64 " %+7" PRId64, then, then - now);
	else
		str_add(line, " %7" PRId64 "        ", then);
	if (most > 0)
		str_add(line, " %7" PRId64 " %7" PRId64, least, most);
}

static void draw_row(const struct page *page, size_t i, int y)
{
	const struct memboard_row *row = &page->board.rows[i];
	CLEANUP(str_dispose) struct str line = STR_INIT;
	bool is_host = row->letter == '0';

	str_add(&line, " %c ", row->letter);
	width_add_cell(&line, row->name, 21);
	add_amounts(&line, row->now, row->then, row->least, is_host ? 0 : row->most);
	if (row->why_not)
		str_add(&line, "%s", is_host ? _(" next start") : _("  fixed"));
	screen_line(y, i == page->board.at, !row->why_not, str_text(&line));
}

static void draw_total(char letter, const char *name, int64_t now, int64_t then, int y)
{
	CLEANUP(str_dispose) struct str line = STR_INIT;

	str_add(&line, " %c ", letter);
	width_add_cell(&line, name, 21);
	add_amounts(&line, now, then, 0, 0);
	screen_line(y, false, false, str_text(&line));
}

static void draw_bar(const struct page *page, bool is_then, int y)
{
	CLEANUP(str_dispose) struct str line = STR_INIT;

	str_add(&line, " %-5s", is_then ? _("Then") : _("Now"));
	memboard_bar(&page->board, is_then, BAR_WIDTH, &line);
	screen_line(y, false, is_then, str_text(&line));
}

static void draw_chosen(const struct page *page, int y)
{
	const struct memboard *board = &page->board;
	const struct memboard_row *row = board->count > 0 ? &board->rows[board->at] : NULL;
	const struct memboard_row *partner = memboard_partner(board);
	CLEANUP(str_dispose) struct str line = STR_INIT;

	if (row && row->why_not)
		str_add(&line, " %s: %s", row->name, row->why_not);
	else if (row && partner)
		str_add(&line, _(" Left and Right move the border between %s and %s."), row->name,
			partner->name);
	else if (row)
		str_add(&line, _(" Left and Right move the border between %s and what is free."),
			row->name);
	screen_line(y, false, false, str_text(&line));
	screen_line(y + 1, false, false,
		_(" Domain-0 is the host: its share is never changed while it runs."));
}

static void draw(const struct page *page)
{
	const struct memboard *board = &page->board;
	size_t room = LINES > LINES_ABOVE + LINES_BELOW + 2
			      ? (size_t)(LINES - LINES_ABOVE - LINES_BELOW - 2)
			      : 1;
	size_t top = board->at < room ? 0 : board->at + 1 - room;
	CLEANUP(mem_free_string)
	char *title = xasprintf(_(" Memory of %s: %" PRId64 " MiB; one step is %" PRId64 " MiB%s"),
		page->m->session->host_name, board->total, memboard_steps[board->step],
		session_is_dry(page->m->session) ? _(" (from a file)") : "");
	CLEANUP(mem_free_string) char *message = xasprintf(" %s", page->message);
	CLEANUP(str_dispose) struct str header = STR_INIT;
	int y = LINES_ABOVE;

	(void)erase();
	screen_line(0, true, false, title);
	str_add(&header, " %-23s %7s %7s %7s %7s %7s", _("MiB"), _("Now"), _("Then"), _("Change"),
		_("Least"), _("Most"));
	screen_line(1, false, true, str_text(&header));
	draw_total('#', _("(Xen itself)"), board->hypervisor, board->hypervisor, y++);
	for (size_t i = top; i < board->count && i < top + room; i++)
		draw_row(page, i, y++);
	draw_total('.', _("(free)"), board->free_now, board->free_then, y);
	draw_bar(page, false, LINES - 7);
	draw_bar(page, true, LINES - 6);
	draw_chosen(page, LINES - 4);
	screen_line(LINES - 2, false, false, message);
	screen_line(LINES - 1, true, false,
		_(" Left/Right:border -/+:from free s:step 0:undo Enter:do it F1:help Esc:back"));
	(void)move(LINES - 1, 0);
	(void)refresh();
}

/* --- in the other process */

struct move {
	const struct session *session;
	const struct memplan_wish *wishes;
	size_t count;
	struct memplan *plan; /* of a dry run */
	bool is_kept;
};

static void show_command(void *context, const char *command)
{
	job_say_command(context, command);
}

static int move_now(const struct vm_action *a, const struct move *move, struct memplan *plan,
	const struct job_out *out, struct err *err)
{
	CLEANUP(str_dispose) struct str note = STR_INIT;

	if (vm_move_memory(a, plan, err) != 0)
		return -1;
	for (size_t i = 0; i < plan->count; i++)
		str_add(&note, _("%s%s has %" PRIu64 " MiB"), i > 0 ? ", " : "",
			plan->steps[i].name, plan->steps[i].reached_kib / 1024);
	for (size_t i = 0; move->is_kept && i < move->count; i++) {
		struct vm_action of_guest = *a;

		of_guest.name = move->wishes[i].name;
		if (vm_keep_memory(&of_guest, (int64_t)(move->wishes[i].kib / 1024), err) != 0)
			return -1;
	}
	job_say_note(out, str_text(&note));
	return 0;
}

/* Planned anew from what is there now: since the page was drawn, guests may have changed. */
static int plan_and_move(
	struct vm_action *a, const struct move *move, const struct job_out *out, struct err *err)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	struct vm_list list = VM_LIST_INIT;
	struct memplan plan = {.steps = NULL};
	int rc;

	if (vm_list_read(a->xen, a->root, NULL, &list, err) != 0)
		return -1;
	rc = memplan_build(&list, move->wishes, move->count, &plan, &problems);
	vm_list_dispose(&list);
	if (rc != 0)
		return err_set(err, ERR_INVALID, 0, "%s", problems_first(&problems)->text);
	rc = move_now(a, move, &plan, out, err);
	memplan_dispose(&plan);
	return rc;
}

/* A connection to Xen does not survive a fork: it opens its own. */
static int work(const struct job_out *out, const void *arg, struct err *err)
{
	const struct move *move = arg;
	struct vm_action a = {.root = move->session->root,
		.name = "",
		.show = show_command,
		.context = (void *)(uintptr_t)out,
		.is_dry = session_is_dry(move->session)};
	int rc;

	if (a.is_dry)
		return vm_move_memory(&a, move->plan, err);
	if (vm_xen_open(&a.xen, err) != 0)
		return -1;
	rc = plan_and_move(&a, move, out, err);
	vm_xen_close(a.xen);
	return rc;
}

/* --- asked before */

static bool plan(struct page *page, const struct memplan_wish *wishes, size_t count,
	struct memplan *ret_plan)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct vm_list list = VM_LIST_INIT;
	struct err err = ERR_INIT;

	if (session_read_list(page->m->session, NULL, &list, &err) != 0) {
		ui_say(page->m->ui, _("Memory"), "%s", err.text);
		return false;
	}
	int rc = memplan_build(&list, wishes, count, ret_plan, &problems);
	vm_list_dispose(&list);
	for (size_t i = 0; i < problems.count; i++)
		str_add(&text, "%s\n", problems.items[i].text);
	if (rc != 0)
		ui_say(page->m->ui, _("Memory"), "%s", str_text(&text));
	return rc == 0;
}

/* True: do it; whether for later starts, too, is in ret_kept. */
static bool is_sure(struct page *page, const struct memplan *plan, bool *ret_kept)
{
	enum { NOW, AND_LATER };
	static const struct ui_item items[] = {
		[NOW] = {.tag = N_("Now"), .text = N_("until each of them stops")},
		[AND_LATER] = {.tag = N_("And later"),
			.text = N_("for later starts, too; the most that each may have stays")},
	};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct ui_question q = {.id = "move-memory",
		.title = _("Memory"),
		.help = _(
			"Those that give are asked first, one after the other; each may stand still "
			"for 30 seconds. Nobody takes before all have given. If one does not reach its "
			"figure, what was moved until then is taken back, and the figure is "
			"said."),
		.ok = _("Do it")};
	size_t chosen = NOW;

	for (size_t i = 0; i < plan->count; i++) {
		const struct memplan_step *step = &plan->steps[i];
		CLEANUP(mem_free_string)
		char *line = xasprintf(step->to_kib < step->from_kib
					       ? _("%s gives: %" PRIu64 " -> %" PRIu64 " MiB")
					       : _("%s takes: %" PRIu64 " -> %" PRIu64 " MiB"),
			step->name, step->from_kib / 1024, step->to_kib / 1024);

		if (i < 6)
			str_add(&text, "%zu. %s\n", i + 1, line);
	}
	if (plan->count > 6)
		str_add(&text, _("and %zu more\n"), plan->count - 6);
	str_add(&text, _("Free: %" PRIu64 " -> %" PRIu64 " MiB. For how long?"),
		plan->free_kib / 1024, plan->free_after_kib / 1024);
	q.text = str_text(&text);
	if (ui_menu(page->m->ui, &q, items, ARRAY_SIZE(items), &chosen) != UI_OK)
		return false;
	*ret_kept = chosen == AND_LATER;
	return true;
}

static void begin(struct page *page, const struct move *move)
{
	struct manager *m = page->m;
	struct err err = ERR_INIT;

	if (job_start(&m->jobs[m->n_jobs], _("Memory"), _("moving"), work, move, &err) != 0) {
		say(page, "%s", err.text);
		return;
	}
	m->n_jobs++;
	page->is_over = true;
}

static void do_it(struct page *page)
{
	struct memplan steps = {.steps = NULL};
	struct move move = {.session = page->m->session, .plan = &steps};
	struct memplan_wish *wishes;

	if (!memboard_is_changed(&page->board)) {
		say(page, "%s", _("Nothing is changed yet."));
		return;
	}
	if (page->m->n_jobs > 0) {
		say(page, "%s", _("Wait until what goes on has ended."));
		return;
	}
	wishes = memboard_wishes(&page->board, &move.count);
	move.wishes = wishes;
	if (plan(page, wishes, move.count, &steps)) {
		if (steps.count == 0)
			say(page, "%s", _("Each has that already."));
		else if (is_sure(page, &steps, &move.is_kept))
			begin(page, &move);
	}
	memplan_dispose(&steps);
	free(wishes);
	screen_forget();
}

/* --- keys */

static void show_help(struct page *page)
{
	struct ui_question q = {.id = "help",
		.title = _("Memory"),
		.text = _("The whole host's memory: Xen itself, the host, the guests that run, and "
			  "what is\nfree. Nothing happens before Enter, and then it is asked.\n\n"
			  "Up, Down       choose a guest\n"
			  "Left, Right    it gives to, or takes from, the next guest below\n"
			  "-, +           it gives to, or takes from, what is free\n"
			  "s              the next size of a step: 1, 16, 64, 256 MiB\n"
			  "0              as it was\n"
			  "F5             read anew\n"
			  "Enter          do it\n\n"
			  "No guest takes more than its most, which is fixed until its next start, "
			  "and no more\nthan there is. The host's own share counts from its next "
			  "start: domus-host boot\nmemory SIZE, then domus-host boot try.\n"),
		.help = "",
		.ok = _("OK")};

	(void)ui_text(page->m->ui, &q);
	screen_forget();
}

static void move_border(struct page *page, int sign, bool with_free)
{
	struct err err = ERR_INIT;

	if (memboard_move(&page->board, sign, with_free, &err) != 0)
		say(page, "%s", err.text);
	else
		say(page, "%s", "");
}

static void use_key(struct page *page, int key)
{
	switch (key) {
	case KEY_ESC:
	case 'q':
	case CTRL('c'):
		page->is_over = true;
		break;
	case KEY_UP:
		memboard_choose(&page->board, -1);
		break;
	case KEY_DOWN:
		memboard_choose(&page->board, 1);
		break;
	case KEY_LEFT:
		move_border(page, -1, false);
		break;
	case KEY_RIGHT:
		move_border(page, 1, false);
		break;
	case '-':
		move_border(page, -1, true);
		break;
	case '+':
	case '=':
		move_border(page, 1, true);
		break;
	case 's':
		page->board.step = (page->board.step + 1) % MEMBOARD_STEPS;
		break;
	case '0':
	case KEY_F(5):
		say(page, "%s", "");
		page->is_over = !read_board(page);
		break;
	case KEY_F(1):
	case '?':
		show_help(page);
		break;
	case KEY_RESIZE:
	case CTRL('l'):
		screen_forget();
		break;
	case KEY_ENTER:
	case '\n':
	case '\r':
		do_it(page);
		break;
	default:
		break;
	}
}

void memory_show(struct manager *m)
{
	struct page page = {.m = m, .message = xstrdup("")};

	page.is_over = !read_board(&page);
	while (!page.is_over && !m->ui->is_gone) {
		int key;

		frame_wait_for_size();
		draw(&page);
		key = screen_key(WAIT_MS);
		if (key != ERR)
			use_key(&page, key);
		else if (screen_is_line_gone())
			break;
	}
	memboard_dispose(&page.board);
	free(page.message);
	screen_forget();
}
