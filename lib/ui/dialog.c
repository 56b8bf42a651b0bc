/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions as libdialog's boxes. The only file that includes its header.
 *
 * libdialog keeps its state in globals and ends the process when it cannot make a window. Two of
 * its functions are therefore replaced here; the linker prefers a program's own: the one it calls
 * to repaint what is behind a box after the terminal changed its size, and the one that exits.
 */
#define _GNU_SOURCE
#include <dialog.h>
#include <dlg_keys.h>
#include <locale.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file.h"
#include "frame.h"
#include "impl.h"
#include "lang.h"
#include "mem.h"
#include "term.h"
#include "width.h"

#define ESCAPE_MS 300 /* how long ESC may be the beginning of a function key */
#define CTRL_C 3

/* What the two replacements must find; one, like libdialog's own state. */
static struct {
	struct ui *ui;
	bool is_ascii;
	bool can_retry; /* a box is being made: again holds */
	bool is_remade; /* it is made again for a new size; lists adapt, and keep their place */
	jmp_buf again;
	char title[128]; /* of the present box, with blanks around */
	void *gauge;
	char *gauge_text; /* what it shows, and below its percent */
	unsigned gauge_percent;
} screen;

/* libdialog calls this after it has erased the screen because of a new size. */
void dlg_put_backtitle(void)
{
	frame_wait_for_size();
	struct frame_area area = frame_draw(&screen.ui->frame);
	dialog_vars.begin_x = area.x;
	dialog_vars.begin_y = area.y;
	if (!screen.can_retry || !screen.is_remade)
		return;
	while (dialog_state.all_windows)
		dlg_del_window(dialog_state.all_windows->normal);
	longjmp(screen.again, 1);
}

/* A window that does not fit, after all: the box is made once more, in today's size. */
void dlg_exiterr(const char *fmt, ...)
{
	(void)fmt;
	if (screen.can_retry)
		longjmp(screen.again, 1);
	end_dialog();
	exit(EXIT_FAILURE);
}

/* --- before and after each box */

static char *label(const char *text)
{
	/* libdialog's members are not const, but it does not write there. */
	return (char *)(uintptr_t)text;
}

static struct frame_area begin_box(struct ui *ui, const struct ui_question *q)
{
	frame_wait_for_size();
	screen.can_retry = true;
	screen.is_remade = true;
	(void)snprintf(screen.title, sizeof(screen.title), " %s ", q->title ? q->title : "");
	memset(&dialog_vars, 0, sizeof(dialog_vars));
	struct frame_area area = frame_draw(&ui->frame);
	dialog_vars.default_button = -1;
	dialog_vars.begin_set = TRUE;
	dialog_vars.begin_x = area.x;
	dialog_vars.begin_y = area.y;
	dialog_vars.ascii_lines = screen.is_ascii;
	dialog_vars.no_nl_expand = TRUE;
	dialog_vars.nocollapse = TRUE;
	dialog_vars.cr_wrap = TRUE;
	dialog_vars.insecure = TRUE;
	dialog_vars.ok_label = label(q->ok ? q->ok : _("Next"));
	dialog_vars.extra_button = TRUE;
	dialog_vars.extra_label = label(q->extra ? q->extra : _("Back"));
	dialog_vars.cancel_label = label(q->extra ? _("Back") : _("Abort"));
	dialog_vars.help_label = label(_("Help"));
	const char *help = q->help ? q->help : ui->page_help;
	dialog_vars.help_button = help && *help;
	return area;
}

static enum ui_result end_box(struct ui *ui, const struct ui_question *q, int code)
{
	screen.can_retry = false;
	switch (code) {
	case DLG_EXIT_OK:
		return UI_OK;
	case DLG_EXIT_EXTRA:
		return q->extra ? UI_EXTRA : UI_BACK;
	case DLG_EXIT_CANCEL:
		return q->extra ? UI_BACK : UI_ABORT;
	case DLG_EXIT_HELP:
	case DLG_EXIT_ITEM_HELP:
		return UI_HELP;
	case DLG_EXIT_ESC:
		return dlg_last_getc() == CTRL_C ? UI_ABORT : UI_BACK;
	default: /* the line is gone */
		ui->is_gone = true;
		return UI_ABORT;
	}
}

/* The text broken to the box's inner width, so that libdialog's own filling finds nothing to do. */
static char *wrap(const char *text, int width)
{
	struct str out = STR_INIT;
	width_add_wrapped(&out, text ? text : "", (size_t)(width - 4));
	char *copy = xstrdup(str_text(&out));
	str_dispose(&out);
	return copy;
}

static int count_lines(const char *text)
{
	int lines = *text ? 1 : 0;
	for (; *text; text++)
		lines += *text == '\n' && text[1];
	return lines;
}

/* --- messages */

/*
 * libdialog's boxes of text take the memory of a window as long as the text has characters; only
 * its text viewer does not, and that wants a file.
 */
static int show_text(const char *text, int height, int width)
{
	CLEANUP(file_close) int fd = memfd_create("text", MFD_CLOEXEC);
	size_t len = strlen(text);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		return DLG_EXIT_ERROR;
	CLEANUP(mem_free_string) char *path = xasprintf("/proc/self/fd/%d", fd);
	dialog_vars.exit_label = dialog_vars.ok_label;
	dialog_vars.nocancel = TRUE; /* it shows no such button, but counts it */
	return dialog_textbox(screen.title, path, height, width);
}

static enum ui_result dialog_ui_message(struct ui *ui, const struct ui_question *q, bool is_long)
{
	bool is_plain = q->help && !*q->help; /* a remark: OK alone, and no way back from it */
	volatile int code;
	(void)setjmp(screen.again);
	struct frame_area area = begin_box(ui, q);
	dialog_vars.extra_button = !is_plain;
	if (is_long && q->is_wide) {
		dialog_vars.begin_x = 0;
		area.width = COLS;
	}
	CLEANUP(mem_free_string) char *text = wrap(q->text, area.width);
	int height = count_lines(text) + 4;
	if (is_long || height > area.height) {
		code = show_text(text, area.height, area.width);
	} else if (is_plain) {
		dialog_vars.begin_y += (area.height - height) / 2;
		code = dialog_msgbox(screen.title, text, height, area.width, TRUE);
	} else {
		/* yesno is libdialog's box of text with all the buttons. */
		dialog_vars.yes_label = dialog_vars.ok_label;
		dialog_vars.no_label = dialog_vars.cancel_label;
		code = dialog_yesno(screen.title, text, area.height, area.width);
	}
	return end_box(ui, q, code);
}

static enum ui_result dialog_ui_yes_no(struct ui *ui, const struct ui_question *q, bool *yes)
{
	volatile int code;
	(void)setjmp(screen.again);
	struct frame_area area = begin_box(ui, q);
	CLEANUP(mem_free_string) char *text = wrap(q->text, area.width);
	int height = count_lines(text) + 4;
	if (height > area.height)
		height = area.height;
	dialog_vars.begin_y += (area.height - height) / 2;
	dialog_vars.extra_button = FALSE;
	dialog_vars.yes_label = label(_("Yes"));
	dialog_vars.no_label = label(_("No"));
	dialog_vars.defaultno = !*yes;
	dialog_vars.default_button = *yes ? DLG_EXIT_OK : DLG_EXIT_CANCEL;
	code = dialog_yesno(screen.title, text, height, area.width);
	screen.can_retry = false;
	if (code == DLG_EXIT_OK || code == DLG_EXIT_CANCEL) {
		*yes = code == DLG_EXIT_OK;
		return UI_OK;
	}
	return end_box(ui, q, code);
}

/* --- lists */

/* Columns of the box and its margins that are no list, and of the mark of check lists. */
#define LIST_MARGIN 8
#define MARK_WIDTH 4

/* Texts get the full width: libdialog centres what is shorter. free_list() frees. */
static DIALOG_LISTITEM *make_list(
	const struct ui_item *items, size_t count, int width, bool *ret_has_detail)
{
	DIALOG_LISTITEM *list = xcalloc(count + 1, sizeof(*list));
	size_t tags = 0;
	for (size_t i = 0; i < count; i++)
		if (width_of(items[i].tag) > tags)
			tags = width_of(items[i].tag);
	*ret_has_detail = false;
	for (size_t i = 0; i < count; i++) {
		struct str text = STR_INIT;
		width_add_cell(&text, items[i].text, (size_t)width - tags);
		const char *detail = items[i].detail ? items[i].detail : items[i].why_not;
		list[i] = (DIALOG_LISTITEM){.name = label(items[i].tag),
			.text = xstrdup(str_text(&text)),
			.help = label(detail ? detail : ""),
			.state = items[i].is_on};
		str_dispose(&text);
		*ret_has_detail |= detail != NULL;
	}
	return list;
}

static void free_list(DIALOG_LISTITEM *list, size_t count)
{
	for (size_t i = 0; list && i < count; i++)
		free(list[i].text);
	free(list);
}

static enum ui_result dialog_ui_menu(struct ui *ui, const struct ui_question *q,
	const struct ui_item *items, size_t count, size_t *chosen)
{
	bool has_detail;
	DIALOG_LISTITEM *volatile list = NULL;
	volatile int code;
	int at = (int)*chosen;
	if (setjmp(screen.again))
		free_list(list, count);
	struct frame_area area = begin_box(ui, q);
	list = make_list(items, count, area.width - LIST_MARGIN, &has_detail);
	screen.is_remade = false;
	dialog_vars.item_help = has_detail;
	dialog_vars.default_item = list[*chosen].name;
	CLEANUP(mem_free_string) char *text = wrap(q->text, area.width);
	code = dlg_menu(screen.title, text, area.height, area.width,
		area.height - count_lines(text) - 6, (int)count, list, &at, NULL);
	free_list(list, count);
	if (at >= 0 && (size_t)at < count)
		*chosen = (size_t)at;
	return end_box(ui, q, code);
}

static void take_marks(struct ui_item *items, DIALOG_LISTITEM *list, size_t count)
{
	for (size_t i = 0; list && i < count; i++)
		items[i].is_on = list[i].state != 0;
	free_list(list, count);
}

static enum ui_result dialog_ui_checklist(
	struct ui *ui, const struct ui_question *q, struct ui_item *items, size_t count)
{
	bool has_detail;
	DIALOG_LISTITEM *volatile list = NULL;
	volatile int code;
	int at = 0;
	if (setjmp(screen.again))
		take_marks(items, list, count);
	struct frame_area area = begin_box(ui, q);
	list = make_list(items, count, area.width - LIST_MARGIN - MARK_WIDTH, &has_detail);
	screen.is_remade = false;
	dialog_vars.item_help = has_detail;
	CLEANUP(mem_free_string) char *text = wrap(q->text, area.width);
	code = dlg_checklist(screen.title, text, area.height, area.width,
		area.height - count_lines(text) - 6, (int)count, list, " x", FLAG_CHECK, &at);
	take_marks(items, list, count);
	return end_box(ui, q, code);
}

/* --- forms */

static int label_width(const struct ui_field *fields, size_t count)
{
	size_t width = 0;
	for (size_t i = 0; i < count; i++)
		if (width_of(fields[i].label) > width)
			width = width_of(fields[i].label);
	return (int)width;
}

static DIALOG_FORMITEM *make_form(struct ui_field *fields, size_t count, int width)
{
	DIALOG_FORMITEM *form = xcalloc(count + 1, sizeof(*form));
	int labels = label_width(fields, count);
	int room = width - 6 - labels - 3;
	for (size_t i = 0; i < count; i++) {
		bool is_readonly = fields[i].flags & UI_FIELD_READONLY;
		int max = (int)(fields[i].max ? fields[i].max : UI_VALUE_MAX - 1);
		int shown = max < room ? max : room;
		form[i] = (DIALOG_FORMITEM){
			.type = (fields[i].flags & UI_FIELD_SECRET ? 1u : 0u) |
				(is_readonly ? 2u : 0u),
			.name = label(fields[i].label),
			.name_len = (int)strlen(fields[i].label),
			.name_y = (int)i,
			.name_x = 1,
			.text = fields[i].value,
			.text_len = (int)strlen(fields[i].value),
			.text_y = (int)i,
			.text_x = labels + 3,
			.text_flen = is_readonly ? -shown : shown,
			.text_ilen = max,
			.help = label(""),
		};
	}
	return form;
}

/* libdialog writes up to text_ilen bytes and grows the text itself. */
static void take_form(struct ui_field *fields, DIALOG_FORMITEM *form, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (form[i].text == fields[i].value)
			continue;
		ui_field_set(&fields[i], form[i].text);
		mem_wipe_string(form[i].text);
		free(form[i].text);
	}
	free(form);
}

/* libdialog begins before what stands in the first field; there typing would be a surprise. */
static void put_cursor_behind(const struct ui_field *fields, size_t count)
{
	size_t first = 0;
	while (first < count && fields[first].flags & UI_FIELD_READONLY)
		first++;
	if (first < count && fields[first].value[0])
		(void)ungetch(KEY_END);
}

static enum ui_result dialog_ui_form(
	struct ui *ui, const struct ui_question *q, struct ui_field *fields, size_t count)
{
	DIALOG_FORMITEM *volatile form = NULL;
	volatile int code;
	int at = 0;
	if (setjmp(screen.again))
		take_form(fields, form, count);
	struct frame_area area = begin_box(ui, q);
	CLEANUP(mem_free_string) char *text = wrap(q->text, area.width);
	form = make_form(fields, count, area.width);
	put_cursor_behind(fields, count);
	code = dlg_form(
		screen.title, text, area.height, area.width, (int)count, (int)count, form, &at);
	take_form(fields, form, count);
	return end_box(ui, q, code);
}

/* --- long work */

static void free_gauge(void)
{
	if (screen.gauge)
		dlg_free_gauge(screen.gauge);
	screen.gauge = NULL;
	free(screen.gauge_text);
	screen.gauge_text = NULL;
}

static void dialog_ui_gauge(struct ui *ui, const struct ui_question *q, unsigned percent)
{
	const char *shown = q->text ? q->text : "";
	if (screen.gauge && screen.gauge_percent == percent &&
		strcmp(screen.gauge_text, shown) == 0)
		return; /* a slow line has better things to carry */
	(void)setjmp(screen.again);
	struct frame_area area = {0};
	if (!screen.gauge)
		area = begin_box(ui, q);
	CLEANUP(mem_free_string) char *text = wrap(q->text, frame_area(&ui->frame).width);
	screen.gauge = screen.gauge ? dlg_reallocate_gauge(
					      screen.gauge, screen.title, text, 0, 0, (int)percent)
				    : dlg_allocate_gauge(screen.title, text, area.height,
					      area.width, (int)percent);
	free(screen.gauge_text);
	screen.gauge_text = xstrdup(shown);
	screen.gauge_percent = percent;
	dlg_update_gauge(screen.gauge, (int)percent);
	screen.can_retry = false;
}

static int dialog_ui_gauge_key(struct ui *ui, unsigned timeout_ms)
{
	timeout((int)timeout_ms);
	int key = getch();
	timeout(-1);
	if (key == KEY_RESIZE) {
		free_gauge();
		frame_wait_for_size();
		(void)frame_draw(&ui->frame);
	}
	if (key == KEY_F(1))
		return '?';
	return key > 0 && key < KEY_MIN ? key : 0;
}

static void dialog_ui_gauge_end(struct ui *ui)
{
	(void)ui;
	free_gauge();
	(void)curs_set(1);
}

/* --- the screen as a whole */

static void dialog_ui_suspend(struct ui *ui)
{
	(void)ui;
	(void)endwin();
}

static void dialog_ui_resume(struct ui *ui)
{
	(void)reset_prog_mode();
	(void)clearok(stdscr, TRUE);
	(void)frame_draw(&ui->frame);
	(void)refresh();
}

static void dialog_ui_close(struct ui *ui)
{
	(void)ui;
	free_gauge();
	end_dialog();
	screen.ui = NULL;
}

static const struct ui_ops dialog_ops = {
	.message = dialog_ui_message,
	.yes_no = dialog_ui_yes_no,
	.menu = dialog_ui_menu,
	.checklist = dialog_ui_checklist,
	.form = dialog_ui_form,
	.gauge = dialog_ui_gauge,
	.gauge_key = dialog_ui_gauge_key,
	.gauge_end = dialog_ui_gauge_end,
	.suspend = dialog_ui_suspend,
	.resume = dialog_ui_resume,
	.close = dialog_ui_close,
};

static void bind_key(const char *binding)
{
	CLEANUP(mem_free_string) char *copy = xstrdup(binding); /* it is taken apart */
	(void)dlg_parse_bindkey(copy);
}

void ui_open_dialog(struct ui *ret_ui)
{
	*ret_ui = (struct ui){.ops = &dialog_ops};
	screen.ui = ret_ui;
	screen.is_ascii = term_wants_ascii();
	(void)signal(SIGINT, SIG_IGN); /* libdialog would end the process */
	(void)signal(SIGQUIT, SIG_IGN);
	dialog_state.no_mouse = TRUE; /* a serial line's noise is no click */
	init_dialog(stdin, stdout);
	dialog_state.use_shadow = FALSE;
	dialog_state.pipe_input = NULL; /* a gauge would close it at its end: standard input */
	(void)raw();                    /* Ctrl-C is a key */
	(void)set_escdelay(ESCAPE_MS);
	bind_key("* ^C ESC");
	bind_key("* F1 HELP");
}
