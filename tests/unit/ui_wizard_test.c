/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop over a wizard's pages, with answers from a script. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "attrs.h"
#include "ui/wizard.h"

struct answers {
	size_t colour;
	struct ui_field name;
	bool has_name;
	bool ends_early;
};

static enum ui_result run_colour(struct ui *ui, void *state)
{
	struct answers *answers = state;
	static const struct ui_item items[] = {{.tag = "red", .text = ""},
		{.tag = "green", .text = ""}, {.tag = "black", .text = "", .why_not = "no colour"}};
	const struct ui_question q = {.id = "colour", .title = "Colour"};
	return ui_menu(ui, &q, items, ARRAY_SIZE(items), &answers->colour);
}

static enum ui_result run_name(struct ui *ui, void *state)
{
	struct answers *answers = state;
	const struct ui_question q = {.id = "name", .title = "Name"};
	return ui_form(ui, &q, &answers->name, 1);
}

static bool has_name(const void *state)
{
	return ((const struct answers *)state)->has_name;
}

static enum ui_result run_last(struct ui *ui, void *state)
{
	const struct ui_question q = {.id = "last", .title = "Last"};
	enum ui_result result = ui_message(ui, &q);
	return result == UI_OK && ((const struct answers *)state)->ends_early ? UI_EXTRA : result;
}

static const struct wizard_page pages[] = {
	{"colour", "Colour", NULL, run_colour, NULL},
	{"name", "Name", NULL, run_name, has_name},
	{"last", "Last", NULL, run_last, NULL},
};

static const struct {
	const char *script;
	bool has_name;
	bool ends_early;
	enum ui_result result;
	size_t colour;
	const char *name;
	const char *problem; /* part of it, NULL: none */
} cases[] = {
	{"colour = green\nname = name=Ada\nlast = ok\n", true, false, UI_OK, 1, "Ada", NULL},
	{"colour = green\nlast = ok\n", false, false, UI_OK, 1, "", NULL},
	{"colour = green\nname = name=Ada\nlast = back\nname = back\ncolour = ok\nname = ok\nlast = ok\n",
		true, false, UI_OK, 1, "Ada", NULL},
	{"colour = green\nlast = back\ncolour = red\nlast = ok\n", false, false, UI_OK, 0, "",
		NULL},
	{"colour = black\nmessage = ok\ncolour = green\nlast = ok\n", false, false, UI_OK, 1, "",
		NULL},
	{"colour = back\n", true, false, UI_BACK, 0, "", NULL},
	{"colour = abort\nabort = no\ncolour = green\nlast = abort\nabort = yes\n", false, false,
		UI_ABORT, 1, "", NULL},
	{"colour = green\nlast = ok\n", false, true, UI_EXTRA, 1, "", NULL},
	{"colour = blue\n", false, false, UI_ABORT, 0, "", "there is no such entry"},
	{"name = x\n", false, false, UI_ABORT, 0, "", "it is for another question"},
	{"colour = red\n", false, false, UI_ABORT, 0, "", "no answer is left"},
	{"colour = red\nlast = ok\nlast = ok\n", false, false, UI_OK, 0, "", "never asked"},
};

static void test_cases(void **state)
{
	(void)state;
	int log = open("/dev/null", O_WRONLY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct answers answers = {.name = {.id = "name", .label = "Name"},
			.has_name = cases[i].has_name,
			.ends_early = cases[i].ends_early};
		struct ui ui;
		ui_open_script(cases[i].script, log, &ui);
		const struct wizard wizard = {
			.headline = "Test", .pages = pages, .n_pages = ARRAY_SIZE(pages)};
		assert_int_equal(wizard_run(&ui, &wizard, &answers), cases[i].result);
		assert_int_equal(answers.colour, cases[i].colour);
		assert_string_equal(answers.name.value, cases[i].name);
		const char *problem = ui_script_problem(&ui);
		if (!cases[i].problem && problem)
			fail_msg("case %zu: %s", i, problem);
		if (cases[i].problem)
			assert_non_null(problem ? strstr(problem, cases[i].problem) : NULL);
		ui_close(&ui);
	}
	(void)close(log);
}

/* A sequence inside a page hands an abort up unasked and leaves the steps alone. */
static void test_sequence(void **state)
{
	(void)state;
	int log = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct answers answers = {.name = {.id = "name", .label = "Name"}};
	struct ui ui;
	ui_open_script("colour = abort\n", log, &ui);
	ui.frame.headline = "Outside";
	const struct wizard wizard = {.pages = pages, .n_pages = ARRAY_SIZE(pages)};
	assert_int_equal(wizard_run(&ui, &wizard, &answers), UI_ABORT);
	assert_string_equal(ui.frame.headline, "Outside");
	assert_null(ui_script_problem(&ui));
	ui_close(&ui);
	(void)close(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_sequence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
