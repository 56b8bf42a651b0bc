/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manager: the live list, its keys, the work that goes on beside it. */
#define _GNU_SOURCE
#include "manager.h"

#include <curses.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "num.h"
#include "screen.h"
#include "state.h"
#include "ui/frame.h"
#include "vmwizard/pages/pages.h"

#define CTRL(letter) ((letter) & 0x1f)
#define KEY_ESC 27
#define KEY_DELETE 127 /* what some terminals send for Backspace */

/* While something is done its seconds are counted on the screen. */
#define JOB_TICK_MS 500

void manager_say(struct manager *m, const char *fmt, ...)
{
	va_list args;

	free(m->message);
	va_start(args, fmt);
	if (vasprintf(&m->message, fmt, args) < 0)
		m->message = xstrdup("");
	va_end(args);
}

/* --- the list */

static void take_list(struct manager *m)
{
	struct vm_list list = VM_LIST_INIT;
	struct err err = ERR_INIT;

	if (session_read_list(m->session, &m->rows.list, &list, &err) != 0)
		manager_say(m, "%s", err.text);
	else
		rows_update(&m->rows, &list);
	vm_list_dispose(&list);
	m->taken_ms = vm_now_ms();
}

static void draw(struct manager *m)
{
	CLEANUP(mem_free_string)
	char *title = xasprintf(session_is_dry(m->session)
					? _("Virtual machines on %s (from a file, nothing is run)")
					: _("Virtual machines on %s"),
		m->session->host_name);
	const struct screen_frame frame = {.title = title,
		.message = m->message,
		.keys = m->is_typing ? _(" Enter: done   Esc: show all")
				     : _(" Enter:actions n:new s:start c:console M:memory "
					 "/:filter o:sort F1:help q:quit"),
		.is_typing = m->is_typing};

	frame_wait_for_size();
	rows_set_page(&m->rows, screen_page());
	screen_draw(&m->rows, &frame);
}

/* --- work beside it */

static void report(struct manager *m, struct job *job)
{
	if (job->error) {
		manager_say(m, _("%s: %s failed"), job->guest, job->what);
		ui_say(m->ui, job->guest, "%s: %s", job->what, job->error);
		screen_forget();
		return;
	}
	if (job->follow && !session_is_dry(m->session))
		rows_choose(&m->rows, job->follow);
	if (session_is_dry(m->session))
		manager_say(m, _("%s: would run: %s"), job->guest, job->command);
	else if (job->note[0] != '\0')
		manager_say(m, "%s: %s", job->guest, job->note);
	else
		manager_say(m, _("%s: %s: done (%s)"), job->guest, job->what, job->command);
}

/* How much, how fast, and how long the rest takes. */
static void add_amount(const struct job *job, struct str *text)
{
	double seconds = (double)(vm_now_ms() - job->amount_ms) / 1000;
	double rate = seconds > 0 ? (double)job->done_bytes / seconds : 0;

	str_add(text, _(", %llu of %llu MiB"), (unsigned long long)(job->done_bytes / NUM_MIB),
		(unsigned long long)(job->total_bytes / NUM_MIB));
	if (rate > 0 && job->total_bytes >= job->done_bytes)
		str_add(text, _(", %.1f MiB/s, %.0f s left"), rate / NUM_MIB,
			(double)(job->total_bytes - job->done_bytes) / rate);
}

static void show_progress(struct manager *m, const struct job *job)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;

	str_add(&text, "%s: %s", job->guest, job->what);
	if (job->total_bytes >= NUM_MIB)
		add_amount(job, &text);
	else if (job->total_bytes > 0)
		str_add(&text, ", %llu %%",
			(unsigned long long)(job->done_bytes * 100 / job->total_bytes));
	str_add(&text, _(", %lld s"), (long long)(vm_now_ms() - job->started_ms) / 1000);
	if (job->command[0] != '\0')
		str_add(&text, " (%s)", job->command);
	if (m->n_jobs > 1)
		str_add(&text, _("; %zu more"), m->n_jobs - 1);
	manager_say(m, "%s", str_text(&text));
}

static void poll_jobs(struct manager *m)
{
	for (size_t i = 0; i < m->n_jobs;) {
		struct job job;

		if (!job_poll(&m->jobs[i])) {
			i++;
			continue;
		}
		job = m->jobs[i];
		m->jobs[i] = m->jobs[--m->n_jobs];
		report(m, &job);
		job_dispose(&job);
		m->taken_ms = 0;
	}
	if (m->n_jobs > 0)
		show_progress(m, &m->jobs[m->n_jobs - 1]);
}

/* --- keys */

static void type_filter(struct manager *m, int key)
{
	CLEANUP(mem_free_string) char *filter = xstrdup(m->rows.filter);
	size_t len = strlen(filter);

	if (key == KEY_ENTER || key == '\n' || key == '\r') {
		m->is_typing = false;
	} else if (key == KEY_ESC || key == CTRL('c')) {
		m->is_typing = false;
		rows_set_filter(&m->rows, "");
	} else if (key == KEY_BACKSPACE || key == KEY_DELETE || key == '\b') {
		if (len > 0)
			filter[len - 1] = '\0';
		rows_set_filter(&m->rows, filter);
	} else if (key > ' ' && key <= '~' && len < 40) {
		CLEANUP(mem_free_string) char *longer = xasprintf("%s%c", filter, key);

		rows_set_filter(&m->rows, longer);
	}
}

static void show_help(struct manager *m)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct ui_question q = {.id = "help", .title = _("Keys"), .help = "", .ok = _("OK")};

	str_add(&text, _("Arrows, PgUp, PgDn, Home, End   choose a machine\n"
			 "Enter     all that can be done to it, with the commands\n"
			 "n         new machine\n"
			 "M         the host's memory, and moving it between running machines\n"
			 "/         show only names that hold a text; Esc shows all\n"
			 "o, O      next order of the list; reversed\n"
			 "F5        read the list now, not in a few seconds; Ctrl-L draw it anew\n"
			 "q         leave; the machines go on\n\n"));
	for (size_t i = 0; i < ACTIONS; i++)
		str_add(&text, "%c  %-22s%s", action_rows[i].key, _(action_rows[i].word),
			i % 3 == 2 || i + 1 == ACTIONS ? "\n" : "");
	str_add(&text, "%s",
		_("\nMemory and vCPUs: now, and the most before its next start. Time: worked by its\n"
		  "CPUs; CPU%: of one CPU. Net, disk: bytes a second, both directions.\n"));
	q.text = str_text(&text);
	(void)ui_text(m->ui, &q);
	screen_forget();
}

static void new_machine(struct manager *m)
{
	char *name = NULL;

	if (pages_create(m->ui, m->session, &name) == UI_OK && name) {
		rows_choose(&m->rows, name);
		manager_say(m,
			session_is_dry(m->session) ? _("%s: nothing was made") : _("%s is there"),
			name);
	}
	free(name);
	m->taken_ms = 0;
	screen_forget();
}

static void move_or_else(struct manager *m, int key)
{
	long page = (long)m->rows.page;

	switch (key) {
	case KEY_UP:
		rows_move(&m->rows, -1);
		return;
	case KEY_DOWN:
		rows_move(&m->rows, 1);
		return;
	case KEY_PPAGE:
		rows_move(&m->rows, -page);
		return;
	case KEY_NPAGE:
		rows_move(&m->rows, page);
		return;
	case KEY_HOME:
		rows_move(&m->rows, -(long)m->rows.count);
		return;
	case KEY_END:
		rows_move(&m->rows, (long)m->rows.count);
		return;
	default:
		break;
	}
	if (action_of_key(key) != ACTIONS)
		perform(m, action_of_key(key));
}

static void use_key(struct manager *m, int key)
{
	switch (key) {
	case 'q':
	case CTRL('c'):
		m->is_over = true;
		break;
	case KEY_ESC:
		rows_set_filter(&m->rows, "");
		break;
	case '/':
		m->is_typing = true;
		break;
	case 'M':
		memory_show(m);
		m->taken_ms = 0;
		break;
	case 'o':
		rows_set_order(&m->rows, (m->rows.order + 1) % ROWS_ORDERS, m->rows.is_reversed);
		break;
	case 'O':
		rows_set_order(&m->rows, m->rows.order, !m->rows.is_reversed);
		break;
	case 'n':
		new_machine(m);
		break;
	case '?':
	case KEY_F(1):
		show_help(m);
		break;
	case KEY_F(5):
		m->taken_ms = 0;
		break;
	case CTRL('l'):
		m->taken_ms = 0;
		screen_forget();
		break;
	case KEY_RESIZE:
		screen_forget();
		break;
	case KEY_ENTER:
	case '\n':
	case '\r':
		perform_menu(m);
		break;
	default:
		move_or_else(m, key);
		break;
	}
}

static unsigned time_to_wait(const struct manager *m)
{
	int64_t left = m->taken_ms + screen_interval_ms() - vm_now_ms();

	if (left < 0)
		left = 0;
	if (m->n_jobs > 0 && left > JOB_TICK_MS)
		left = JOB_TICK_MS;
	return (unsigned)left;
}

static void run(struct manager *m)
{
	while (!m->is_over) {
		int key;

		if (m->taken_ms == 0 || time_to_wait(m) == 0)
			take_list(m);
		poll_jobs(m);
		if (m->taken_ms == 0)
			take_list(m);
		draw(m);
		key = screen_key(time_to_wait(m));
		if (m->ui->is_gone || (key == ERR && screen_is_line_gone()))
			break;
		if (key == ERR)
			continue;
		if (m->is_typing && key != KEY_RESIZE)
			type_filter(m, key);
		else
			use_key(m, key);
	}
}

/* What still goes on ends by itself: it has a process of its own. */
static void dispose(struct manager *m)
{
	for (size_t i = 0; i < m->n_jobs; i++)
		job_dispose(&m->jobs[i]);
	rows_dispose(&m->rows);
	free(m->message);
}

int manager_main(const char *root, const char *facts_path)
{
	struct manager m = {.message = xstrdup("")};
	struct session session;
	struct err err = ERR_INIT;
	struct ui ui;

	rows_init(&m.rows);
	if (session_open(&session, root, facts_path, &err) != 0 ||
		session_load_profiles(&session, &err) != 0 || ui_open("domus-vm", &ui, &err) != 0) {
		(void)fprintf(stderr, "domus-vm: %s\n", err.text);
		dispose(&m);
		return 1;
	}
	m.ui = &ui;
	m.session = &session;
	ui.frame.headline = _("Virtual machines");
	if (stdscr)
		run(&m);
	else
		(void)fprintf(stderr, "%s\n",
			_("domus-vm: this terminal cannot show the list: see `domus-vm list`"));
	ui_close(&ui);
	dispose(&m);
	session_close(&session);
	return 0;
}
