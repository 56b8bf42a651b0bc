/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers from a text: pages in tests, without a terminal. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "str.h"
#include "ui.h"

struct script {
	struct strlist lines;
	size_t at;
	int log_fd;
	char *problem;
};

static struct script *script_of(const struct ui *ui)
{
	return ui->self;
}

static enum ui_result give_up(struct ui *ui, const char *id, const char *what)
{
	struct script *script = script_of(ui);
	const char *line =
		script->at < script->lines.count ? script->lines.items[script->at] : "(end)";
	if (!script->problem)
		script->problem =
			xasprintf("asked for \"%s\", answer is \"%s\": %s", id, line, what);
	ui->is_gone = true;
	return UI_ABORT;
}

/* The answer for a question, "" for none; sets what it says in a word of ours. */
static enum ui_result take(struct ui *ui, const struct ui_question *q, const char **ret_answer)
{
	struct script *script = script_of(ui);
	*ret_answer = "";
	dprintf(script->log_fd, "[%s] %s\n", q->id, q->title ? q->title : "");
	if (q->text && *q->text)
		dprintf(script->log_fd, "%s\n", q->text);
	if (script->at >= script->lines.count)
		return give_up(ui, q->id, "no answer is left");
	const char *line = script->lines.items[script->at];
	size_t len = strlen(q->id);
	if (strncmp(line, q->id, len) != 0 || strncmp(line + len, " = ", 3) != 0)
		return give_up(ui, q->id, "it is for another question");
	script->at++;
	const char *answer = line + len + 3;
	*ret_answer = answer;
	dprintf(script->log_fd, "-> %s\n", answer);
	if (strcmp(answer, "back") == 0)
		return UI_BACK;
	if (strcmp(answer, "abort") == 0)
		return UI_ABORT;
	return strcmp(answer, "extra") == 0 ? UI_EXTRA : UI_OK;
}

static enum ui_result script_message(struct ui *ui, const struct ui_question *q, bool is_long)
{
	(void)is_long;
	const char *answer;
	return take(ui, q, &answer);
}

static enum ui_result script_yes_no(struct ui *ui, const struct ui_question *q, bool *yes)
{
	const char *answer;
	enum ui_result result = take(ui, q, &answer);
	if (result == UI_OK && strcmp(answer, "ok") != 0)
		*yes = strcmp(answer, "yes") == 0;
	return result;
}

static void log_items(struct ui *ui, const struct ui_item *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		dprintf(script_of(ui)->log_fd, "  %c %s: %s%s%s\n", items[i].is_on ? 'x' : '-',
			items[i].tag, items[i].text, items[i].why_not ? " NOT: " : "",
			items[i].why_not ? items[i].why_not : "");
}

static size_t find_tag(const struct ui_item *items, size_t count, const char *tag)
{
	size_t i = 0;
	while (i < count && strcmp(items[i].tag, tag) != 0)
		i++;
	return i;
}

static enum ui_result script_menu(struct ui *ui, const struct ui_question *q,
	const struct ui_item *items, size_t count, size_t *chosen)
{
	const char *answer;
	log_items(ui, items, count);
	enum ui_result result = take(ui, q, &answer);
	if (result != UI_OK || strcmp(answer, "ok") == 0)
		return result;
	size_t at = find_tag(items, count, answer);
	if (at == count)
		return give_up(ui, q->id, "there is no such entry");
	*chosen = at;
	return UI_OK;
}

static enum ui_result script_checklist(
	struct ui *ui, const struct ui_question *q, struct ui_item *items, size_t count)
{
	const char *answer;
	log_items(ui, items, count);
	enum ui_result result = take(ui, q, &answer);
	if (result != UI_OK || strcmp(answer, "ok") == 0)
		return result;
	for (size_t i = 0; i < count; i++)
		items[i].is_on = false;
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	strlist_add_words(&words, strcmp(answer, "-") == 0 ? "" : answer);
	for (size_t i = 0; i < words.count; i++) {
		size_t at = find_tag(items, count, words.items[i]);
		if (at == count)
			return give_up(ui, q->id, "there is no such entry");
		items[at].is_on = true;
	}
	return UI_OK;
}

/* "FIELD=VALUE" */
static bool set_field(struct ui_field *fields, size_t count, const char *pair, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		size_t id_len = strlen(fields[i].id);
		if (len <= id_len || strncmp(pair, fields[i].id, id_len) != 0 ||
			pair[id_len] != '=')
			continue;
		(void)snprintf(fields[i].value, sizeof(fields[i].value), "%.*s",
			(int)(len - id_len - 1), pair + id_len + 1);
		return true;
	}
	return false;
}

static enum ui_result script_form(
	struct ui *ui, const struct ui_question *q, struct ui_field *fields, size_t count)
{
	const char *answer;
	for (size_t i = 0; i < count; i++)
		dprintf(script_of(ui)->log_fd, "  %s (%s) = %s\n", fields[i].id, fields[i].label,
			fields[i].flags & UI_FIELD_SECRET ? "***" : fields[i].value);
	enum ui_result result = take(ui, q, &answer);
	if (result != UI_OK || strcmp(answer, "ok") == 0)
		return result;
	while (*answer) {
		size_t len = strcspn(answer, ";");
		if (!set_field(fields, count, answer, len))
			return give_up(ui, q->id, "there is no such field");
		answer += len + (answer[len] == ';');
	}
	return UI_OK;
}

static void script_gauge(struct ui *ui, const struct ui_question *q, unsigned percent)
{
	dprintf(script_of(ui)->log_fd, "[%s] %u %% %s\n", q->id, percent, q->text ? q->text : "");
}

static int script_gauge_key(struct ui *ui, unsigned timeout_ms)
{
	(void)ui;
	(void)poll(NULL, 0, (int)timeout_ms);
	return 0;
}

static void script_nothing(struct ui *ui)
{
	(void)ui;
}

static void script_close(struct ui *ui)
{
	struct script *script = script_of(ui);
	strlist_dispose(&script->lines);
	free(script->problem);
	free(script);
}

static const struct ui_ops script_ops = {
	.message = script_message,
	.yes_no = script_yes_no,
	.menu = script_menu,
	.checklist = script_checklist,
	.form = script_form,
	.gauge = script_gauge,
	.gauge_key = script_gauge_key,
	.gauge_end = script_nothing,
	.suspend = script_nothing,
	.resume = script_nothing,
	.close = script_close,
};

void ui_open_script(const char *text, int log_fd, struct ui *ret_ui)
{
	struct script *script = xcalloc(1, sizeof(*script));
	script->log_fd = log_fd;
	while (*text) {
		size_t len = strcspn(text, "\n");
		if (len > 0 && text[0] != '#')
			strlist_addf(&script->lines, "%.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
	*ret_ui = (struct ui){.ops = &script_ops, .self = script};
}

const char *ui_script_problem(const struct ui *ui)
{
	struct script *script = script_of(ui);
	if (!script->problem && script->at < script->lines.count)
		script->problem = xasprintf("never asked: \"%s\"", script->lines.items[script->at]);
	return script->problem;
}
