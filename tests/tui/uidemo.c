/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One question of each kind, for the tests of lib/ui: uidemo [SCRIPT]. Prints the answers. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attrs.h"
#include "ui/ui.h"
#include "ui/wizard.h"

struct answers {
	size_t colour;
	struct ui_item parts[3];
	struct ui_field fields[3];
	bool sure;
};

static enum ui_result run_message(struct ui *ui, void *state)
{
	(void)state;
	struct ui_question q = {.id = "message",
		.title = "Greeting",
		.text = "A text that is long enough to be broken at the blanks between its words, "
			"wherever the box ends.\n\n  two blanks before this\nLast line."};
	return ui_message(ui, &q);
}

static enum ui_result run_menu(struct ui *ui, void *state)
{
	struct answers *answers = state;
	struct ui_item items[12] = {
		{.tag = "red", .text = "the colour of fire", .detail = "Warm."},
		{.tag = "green", .text = "the colour of grass"},
		{.tag = "black", .text = "no colour", .why_not = "Black is not a colour."},
	};
	static const char *const more[] = {
		"one", "two", "three", "four", "five", "six", "seven", "eight", "nine"};
	for (size_t i = 3; i < ARRAY_SIZE(items); i++)
		items[i] =
			(struct ui_item){.tag = more[i - 3], .text = "a number, no colour at all"};
	struct ui_question q = {.id = "colour", .title = "Colour", .text = "Which colour?"};
	return ui_menu(ui, &q, items, ARRAY_SIZE(items), &answers->colour);
}

static enum ui_result run_checklist(struct ui *ui, void *state)
{
	struct answers *answers = state;
	struct ui_question q = {.id = "parts", .title = "Parts", .text = "Which parts?"};
	return ui_checklist(ui, &q, answers->parts, ARRAY_SIZE(answers->parts));
}

static enum ui_result run_form(struct ui *ui, void *state)
{
	struct answers *answers = state;
	struct ui_question q = {.id = "form", .title = "Form", .text = "Who are you?"};
	return ui_form(ui, &q, answers->fields, ARRAY_SIZE(answers->fields));
}

static enum ui_result run_sure(struct ui *ui, void *state)
{
	struct answers *answers = state;
	struct ui_question q = {.id = "sure", .title = "Sure?", .text = "Everything will be lost."};
	enum ui_result result = ui_yes_no(ui, &q, &answers->sure);
	return result == UI_OK && !answers->sure ? UI_BACK : result;
}

static enum ui_result run_gauge(struct ui *ui, void *state)
{
	(void)state;
	struct ui_question q = {.id = "work", .title = "Working", .text = "Step one"};
	unsigned percent = 0;
	ui_gauge(ui, &q, percent);
	/* Each key but q is ten percent. */
	while (percent < 100 && !ui->is_gone) {
		int key = ui_gauge_key(ui, 100);
		if (key == 'q')
			break;
		if (key || getenv("UIDEMO_FAST"))
			percent += 10;
		q.text = percent < 50 ? "Step one" : "Step two, with a longer text";
		ui_gauge(ui, &q, percent);
	}
	ui_gauge_end(ui);
	return UI_OK;
}

static const struct wizard_page pages[] = {
	{"message", "Greeting", "Help for the greeting.", run_message, NULL},
	{"colour", "Colour", "Help for the colour.\n\nMore help.", run_menu, NULL},
	{"parts", "Parts", NULL, run_checklist, NULL},
	{"form", "Form", "Help for the form.", run_form, NULL},
	{"sure", "Question", NULL, run_sure, NULL},
	{"work", "Work", NULL, run_gauge, NULL},
};

static void print_answers(const struct answers *answers)
{
	printf("colour=%zu\n", answers->colour);
	for (size_t i = 0; i < ARRAY_SIZE(answers->parts); i++)
		printf("%s=%d\n", answers->parts[i].tag, answers->parts[i].is_on);
	for (size_t i = 0; i < ARRAY_SIZE(answers->fields); i++)
		printf("%s=%s\n", answers->fields[i].id, answers->fields[i].value);
}

static const char *nothing_lost(const void *state)
{
	(void)state;
	return "Nothing has been written.";
}

int main(int argc, char **argv)
{
	(void)setlocale(LC_ALL, "");
	struct answers answers = {
		.parts = {{.tag = "wheel", .text = "it turns", .is_on = true},
			{.tag = "motor", .text = "it drives"},
			{.tag = "wing", .text = "it flies", .why_not = "No wings here."}},
		.fields = {{.id = "name", .label = "Name:", .max = 20},
			{.id = "word", .label = "Password:", .flags = UI_FIELD_SECRET},
			{.id = "place", .label = "Place:", .flags = UI_FIELD_READONLY}}};
	ui_field_set(&answers.fields[2], "here");
	struct ui ui;
	struct err err = ERR_INIT;
	if (argc > 1) {
		ui_open_script(argv[1], STDOUT_FILENO, &ui);
	} else if (ui_open("uidemo", &ui, &err) < 0) {
		(void)fprintf(stderr, "uidemo: %s\n", err.text);
		return 1;
	}
	struct wizard wizard = {.headline = "Demonstration",
		.pages = pages,
		.n_pages = ARRAY_SIZE(pages),
		.abort_text = nothing_lost};
	enum ui_result result = wizard_run(&ui, &wizard, &answers);
	if (argc > 1 && ui_script_problem(&ui))
		printf("problem: %s\n", ui_script_problem(&ui));
	ui_close(&ui);
	print_answers(&answers);
	printf("result=%d\n", result);
	return 0;
}
