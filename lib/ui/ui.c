/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all ways of asking have in common: help, and items that cannot be chosen. */
#include "ui.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"

static const char *help_of(const struct ui *ui, const struct ui_question *q)
{
	return q->help ? q->help : ui->page_help;
}

/* True when help was asked for and shown: the question is to be asked again. */
static bool has_helped(struct ui *ui, const struct ui_question *q, enum ui_result result)
{
	const char *help = help_of(ui, q);
	if (result != UI_HELP || !help)
		return false;
	struct ui_question page = {
		.id = "help", .title = _("Help"), .text = help, .help = "", .ok = _("Close")};
	return ui->ops->message(ui, &page, true) != UI_ABORT;
}

enum ui_result ui_message(struct ui *ui, const struct ui_question *q)
{
	enum ui_result result;
	do
		result = ui->ops->message(ui, q, false);
	while (has_helped(ui, q, result));
	return result;
}

enum ui_result ui_text(struct ui *ui, const struct ui_question *q)
{
	enum ui_result result;
	do
		result = ui->ops->message(ui, q, true);
	while (has_helped(ui, q, result));
	return result;
}

enum ui_result ui_yes_no(struct ui *ui, const struct ui_question *q, bool *yes)
{
	enum ui_result result;
	do
		result = ui->ops->yes_no(ui, q, yes);
	while (has_helped(ui, q, result));
	return result;
}

static void say_why_not(struct ui *ui, const struct ui_item *item)
{
	ui_say(ui, item->tag, "%s", item->why_not);
}

enum ui_result ui_menu(struct ui *ui, const struct ui_question *q, const struct ui_item *items,
	size_t count, size_t *chosen)
{
	size_t at = *chosen < count ? *chosen : 0;
	for (;;) {
		enum ui_result result = ui->ops->menu(ui, q, items, count, &at);
		if (has_helped(ui, q, result))
			continue;
		if (result == UI_OK && items[at].why_not && !ui->is_gone) {
			say_why_not(ui, &items[at]);
			continue;
		}
		if (result == UI_OK || result == UI_EXTRA)
			*chosen = at;
		return result;
	}
}

enum ui_result ui_checklist(
	struct ui *ui, const struct ui_question *q, struct ui_item *items, size_t count)
{
	struct ui_item *shown = xcalloc(count + 1, sizeof(*shown));
	memcpy(shown, items, count * sizeof(*shown));
	enum ui_result result;
	for (;;) {
		result = ui->ops->checklist(ui, q, shown, count);
		if (has_helped(ui, q, result))
			continue;
		size_t bad = 0;
		while (bad < count && !(shown[bad].why_not && shown[bad].is_on))
			bad++;
		if (result != UI_OK || bad == count || ui->is_gone)
			break;
		say_why_not(ui, &shown[bad]);
		shown[bad].is_on = false;
	}
	if (result == UI_OK)
		memcpy(items, shown, count * sizeof(*shown));
	free(shown);
	return result;
}

enum ui_result ui_form(
	struct ui *ui, const struct ui_question *q, struct ui_field *fields, size_t count)
{
	enum ui_result result;
	do
		result = ui->ops->form(ui, q, fields, count);
	while (has_helped(ui, q, result));
	return result;
}

void ui_say(struct ui *ui, const char *title, const char *fmt, ...)
{
	char text[2048];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	struct ui_question q = {
		.id = "message", .title = title, .text = text, .help = "", .ok = _("OK")};
	(void)ui->ops->message(ui, &q, false);
}

void ui_gauge(struct ui *ui, const struct ui_question *q, unsigned percent)
{
	ui->ops->gauge(ui, q, percent > 100 ? 100 : percent);
}

int ui_gauge_key(struct ui *ui, unsigned timeout_ms)
{
	return ui->ops->gauge_key(ui, timeout_ms);
}

void ui_gauge_end(struct ui *ui)
{
	ui->ops->gauge_end(ui);
}

void ui_suspend(struct ui *ui)
{
	ui->ops->suspend(ui);
}

void ui_resume(struct ui *ui)
{
	ui->ops->resume(ui);
}

void ui_close(struct ui *ui)
{
	if (ui->ops)
		ui->ops->close(ui);
	*ui = (struct ui){.ops = NULL};
}

void ui_field_set(struct ui_field *field, const char *value)
{
	(void)snprintf(field->value, sizeof(field->value), "%s", value);
}
