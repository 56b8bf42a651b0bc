/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions to the user, whatever asks them: dialogs on a terminal, plain lines, or answers from a
 * script. Pages use this header only; they know no terminal.
 */
#ifndef DOMUS_UI_H
#define DOMUS_UI_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

enum ui_result {
	UI_OK,    /* answered: on to the next */
	UI_BACK,  /* the Back button or ESC; what was entered is kept */
	UI_ABORT, /* the Abort button or Ctrl-C, or the terminal is gone */
	UI_HELP,  /* only where there is no help text that could be shown */
	UI_EXTRA, /* the button of ui_question.extra */
};

struct ui_question {
	const char *id; /* names the question in scripts of answers: "disk", "password" */
	const char *title;
	const char *text;  /* what is asked, lines ended by \n; NULL: nothing */
	const char *help;  /* shown by F1; NULL: the page's */
	const char *ok;    /* label of the first button; NULL: "Next" */
	const char *extra; /* label of one more button; NULL: none */
	bool is_wide;      /* of long texts: lines have up to 74 columns, the steps are covered */
};

struct ui_item {
	const char *tag;     /* short name, shown and used in scripts */
	const char *text;    /* the rest of the line, may be "" */
	const char *detail;  /* shown on the last line while it is highlighted; NULL: none */
	const char *why_not; /* not NULL: shown, but choosing it only tells why it cannot be */
	bool is_on;          /* of check lists */
};

#define UI_VALUE_MAX 1024u /* bytes, with the NUL */

enum {
	UI_FIELD_SECRET = 1 << 0,   /* shown as stars */
	UI_FIELD_READONLY = 1 << 1, /* shown only */
};

struct ui_field {
	const char *id; /* names the field in scripts */
	const char *label;
	unsigned flags;
	unsigned max;             /* characters; 0: UI_VALUE_MAX - 1 */
	char value[UI_VALUE_MAX]; /* shown first, then what was entered */
};

/* The steps at the left and the headline; the wizard keeps it. */
struct ui_frame {
	const char *headline;     /* "Domus 0.1.0 installation" */
	const char *const *steps; /* NULL: no list */
	size_t n_steps;
	size_t present; /* index of the step that is marked */
};

struct ui;

/* One way of asking. No member is NULL. */
struct ui_ops {
	enum ui_result (*message)(struct ui *ui, const struct ui_question *q, bool is_long);
	enum ui_result (*yes_no)(struct ui *ui, const struct ui_question *q, bool *yes);
	enum ui_result (*menu)(struct ui *ui, const struct ui_question *q,
		const struct ui_item *items, size_t count, size_t *chosen);
	enum ui_result (*checklist)(
		struct ui *ui, const struct ui_question *q, struct ui_item *items, size_t count);
	enum ui_result (*form)(
		struct ui *ui, const struct ui_question *q, struct ui_field *fields, size_t count);
	void (*gauge)(struct ui *ui, const struct ui_question *q, unsigned percent);
	int (*gauge_key)(struct ui *ui, unsigned timeout_ms);
	void (*gauge_end)(struct ui *ui);
	void (*suspend)(struct ui *ui);
	void (*resume)(struct ui *ui);
	void (*close)(struct ui *ui);
};

struct ui {
	const struct ui_ops *ops;
	void *self; /* of the implementation */
	struct ui_frame frame;
	const char *page_help; /* of the page that is being shown; may be NULL */
	bool is_gone;          /* nobody answers any more: end of input or a lost line */
};

/* --- opening; the caller disposes with ui_close(), and does nothing else to *ret_ui */

/*
 * Dialogs when this terminal can show them, else plain lines. ERR_MISSING without a terminal,
 * ERR_RANGE when the terminal is smaller than 80x24. command names the program in messages.
 */
int ui_open(const char *command, struct ui *ret_ui, struct err *err);
void ui_open_plain(int in_fd, int out_fd, struct ui *ret_ui);
/*
 * Answers from a text, for tests: lines "ID = ANSWER", each for the next question asked, with
 * that id. ANSWER: ok | back | abort | yes | no | a tag | tags with blanks | FIELD=VALUE;…
 * log_fd gets a plain transcript. A question that the script does not expect is UI_ABORT, and
 * ui_script_problem() names it.
 */
void ui_open_script(const char *script, int log_fd, struct ui *ret_ui);
/* What did not fit, NULL when all answers were used in their order. */
const char *ui_script_problem(const struct ui *ui);
void ui_close(struct ui *ui);

/* --- asking: F1 is dealt with here, and items that cannot be chosen say why */

enum ui_result ui_message(struct ui *ui, const struct ui_question *q);
/* A long text to read: larger, with scrolling. */
enum ui_result ui_text(struct ui *ui, const struct ui_question *q);
/* UI_OK: the answer is in *yes, whose value before is the default. Keep it the safe one. */
enum ui_result ui_yes_no(struct ui *ui, const struct ui_question *q, bool *yes);
/* One of count items (at least 1); *chosen is the index highlighted first, then the choice. */
enum ui_result ui_menu(struct ui *ui, const struct ui_question *q, const struct ui_item *items,
	size_t count, size_t *chosen);
/* Any of the items: is_on before and after. Untouched unless UI_OK. */
enum ui_result ui_checklist(
	struct ui *ui, const struct ui_question *q, struct ui_item *items, size_t count);
/* Fields keep what was typed, also after UI_BACK. */
enum ui_result ui_form(
	struct ui *ui, const struct ui_question *q, struct ui_field *fields, size_t count);
/* A message for an error or a remark, with the one button OK. */
void ui_say(struct ui *ui, const char *title, const char *fmt, ...) ATTR_PRINTF(3, 4);

/* --- long work */

/* Draws or updates the bar; q->text is the present step. */
void ui_gauge(struct ui *ui, const struct ui_question *q, unsigned percent);
/* Waits at most so long for a key and returns it, or 0. */
int ui_gauge_key(struct ui *ui, unsigned timeout_ms);
void ui_gauge_end(struct ui *ui);

/* Leaves the screen to another program, and takes it back. */
void ui_suspend(struct ui *ui);
void ui_resume(struct ui *ui);

/* --- for implementations and pages */

void ui_field_set(struct ui_field *field, const char *value);

#endif
