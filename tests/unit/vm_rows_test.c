/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The live list without a screen: rates, order, filter, the choice that follows its guest, lines. */
/* sources: vmwizard/manager/rows.c vmwizard/manager/rowtext.c vmwizard/list_data.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/mem.h"
#include "vmwizard/manager/rowtext.h"

struct given {
	const char *name;
	uint32_t domid;
	unsigned mib;
	double cpu_s;
	uint64_t rx;
};
#define OFF VM_NO_DOMID

static void take(struct rows *rows, unsigned seconds, const struct given *given, size_t count)
{
	struct vm_list list = {.taken_ms = seconds * 1000};

	list.items = xcalloc(count + 1, sizeof(list.items[0]));
	list.count = count;
	for (size_t i = 0; i < count; i++) {
		struct vm_domain *guest = &list.items[i];

		guest->name = xstrdup(given[i].name);
		guest->uuid = xstrdup("");
		guest->method = xstrdup("pv");
		guest->os = xstrdup("");
		guest->why_off = xstrdup("");
		guest->domid = given[i].domid;
		guest->state = given[i].domid != OFF ? VM_STATE_RUNNING : VM_STATE_OFF;
		guest->memory_kib = guest->max_memory_kib = given[i].mib * 1024ull;
		guest->vcpus = guest->max_vcpus = 1;
		guest->cpu_ns = (uint64_t)(given[i].cpu_s * 1e9);
		guest->rx_bytes = given[i].rx;
	}
	vm_list_rates(&list, &rows->list);
	rows_update(rows, &list);
	assert_int_equal(list.count, 0);
}

static const char *names(const struct rows *rows)
{
	static char text[256];

	text[0] = '\0';
	for (size_t i = 0; i < rows->count; i++) {
		if (i > 0)
			strcat(text, " ");
		strcat(text, rows_shown(rows, i)->name);
	}
	return text;
}

static void rates_need_two_looks_at_one_domain(void **state)
{
	static const struct given one[] = {{"Domain-0", 0, 256, 10, 0}, {"web", 1, 512, 1, 1000}};
	static const struct given two[] = {{"Domain-0", 0, 256, 11, 0}, {"web", 1, 512, 3, 5096}};
	static const struct given again[] = {{"Domain-0", 0, 256, 12, 0}, {"web", 2, 512, 9, 9000}};
	static const struct given less[] = {{"Domain-0", 0, 256, 1, 0}, {"web", 2, 512, 10, 9000}};
	struct rows rows;
	(void)state;
	rows_init(&rows);
	take(&rows, 100, one, 2);
	assert_true(rows_shown(&rows, 1)->cpu_percent < 0);
	take(&rows, 102, two, 2);
	assert_true(rows_shown(&rows, 1)->cpu_percent == 100.0);
	assert_true(rows_net_rate(rows_shown(&rows, 1)) == 2048.0);
	assert_true(rows_shown(&rows, 0)->cpu_percent == 50.0);
	take(&rows, 104, again, 2); /* restarted: a new domain under the old name */
	assert_true(rows_shown(&rows, 1)->cpu_percent < 0);
	take(&rows, 106, less, 2); /* a counter that goes back */
	assert_true(rows_shown(&rows, 0)->cpu_percent < 0);
	take(&rows, 106, less, 2); /* no time passed */
	assert_true(rows_shown(&rows, 1)->cpu_percent < 0);
	rows_dispose(&rows);
	rows_dispose(&rows);
}

static void order_and_filter(void **state)
{
	static const struct given given[] = {{"web10", 3, 128, 1, 0}, {"Domain-0", 0, 256, 9, 0},
		{"web9", OFF, 512, 0, 0}, {"Mail", 2, 1024, 5, 0}};
	static const struct {
		enum rows_order order;
		bool is_reversed;
		const char *filter, *names;
	} cases[] = {
		{ROWS_BY_NAME, false, "", "Domain-0 Mail web9 web10"},
		{ROWS_BY_NAME, true, "", "Domain-0 web10 web9 Mail"},
		{ROWS_BY_ID, false, "", "Domain-0 Mail web10 web9"},
		{ROWS_BY_STATE, false, "", "Domain-0 Mail web10 web9"},
		{ROWS_BY_MEMORY, false, "", "Domain-0 Mail web9 web10"},
		{ROWS_BY_VCPUS, false, "", "Domain-0 Mail web9 web10"},
		{ROWS_BY_TIME, false, "", "Domain-0 Mail web10 web9"},
		{ROWS_BY_CPU, false, "", "Domain-0 Mail web9 web10"},
		{ROWS_BY_NAME, false, "WEB", "web9 web10"},
		{ROWS_BY_NAME, false, "nothing", ""},
		{ROWS_BY_NAME, false, "ail", "Mail"},
	};
	struct rows rows;
	(void)state;
	rows_init(&rows);
	take(&rows, 1, given, ARRAY_SIZE(given));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		rows_set_order(&rows, cases[i].order, cases[i].is_reversed);
		rows_set_filter(&rows, cases[i].filter);
		assert_string_equal(names(&rows), cases[i].names);
		assert_int_equal(rows_chosen(&rows) == NULL, cases[i].names[0] == '\0');
	}
	rows_dispose(&rows);
}

static void choice_follows_the_guest(void **state)
{
	static const struct given four[] = {
		{"a", 1, 1, 0, 0}, {"b", 2, 1, 0, 0}, {"c", 3, 1, 0, 0}, {"d", 4, 1, 0, 0}};
	static const struct given without_b[] = {
		{"a", 1, 1, 0, 0}, {"c", 3, 1, 0, 0}, {"d", 4, 1, 0, 0}};
	static const struct given more[] = {{"A", 9, 1, 0, 0}, {"B", 8, 1, 0, 0}, {"a", 1, 1, 0, 0},
		{"c", 3, 1, 0, 0}, {"d", 4, 1, 0, 0}};
	struct rows rows;
	(void)state;
	rows_init(&rows);
	rows_set_page(&rows, 2);
	take(&rows, 1, four, 4);
	assert_string_equal(rows_chosen(&rows)->name, "a");
	rows_move(&rows, 1);
	assert_string_equal(rows_chosen(&rows)->name, "b");
	take(&rows, 2, without_b, 3); /* gone: its place is kept */
	assert_string_equal(rows_chosen(&rows)->name, "c");
	take(&rows, 3, more, 5); /* others come before it: it stays chosen and in sight */
	assert_string_equal(rows_chosen(&rows)->name, "c");
	assert_int_equal(rows.at, 3);
	assert_true(rows.top <= rows.at && rows.at < rows.top + rows.page);
	rows_move(&rows, 99);
	assert_string_equal(rows_chosen(&rows)->name, "d");
	assert_int_equal(rows.top, 3);
	rows_move(&rows, -99);
	assert_int_equal(rows.top, 0);
	rows_set_page(&rows, 10);
	rows_choose(&rows, "new"); /* comes with the next look */
	take(&rows, 4, (const struct given[]){{"a", 1, 1, 0, 0}, {"new", OFF, 1, 0, 0}}, 2);
	assert_string_equal(rows_chosen(&rows)->name, "new");
	take(&rows, 5, NULL, 0);
	assert_null(rows_chosen(&rows));
	rows_move(&rows, 1);
	take(&rows, 6, four, 4);
	assert_non_null(rows_chosen(&rows));
	rows_dispose(&rows);
}

static void cells(void **state)
{
	char buf[ROWTEXT_CELL];
	(void)state;
	assert_string_equal(rowtext_memory(512 * 1024, 1024 * 1024, buf), "512/1024M");
	assert_string_equal(rowtext_memory(9999 * 1024, 9999 * 1024, buf), "9999/9999M");
	assert_string_equal(rowtext_memory(8ull << 20, 128ull << 20, buf), "8/128G");
	assert_string_equal(rowtext_memory(12800 * 1024, 12800 * 1024, buf), "12.5/12.5G");
	assert_string_equal(rowtext_time(59ull * 1000000000, buf), "0:59");
	assert_string_equal(rowtext_time(3600ull * 1000000000, buf), "1:00:00");
	assert_string_equal(rowtext_time(99ull * 3600 * 1000000000, buf), "99:00:00");
	assert_string_equal(rowtext_time(100ull * 3600 * 1000000000, buf), "4d04h");
	assert_string_equal(rowtext_percent(0.04, buf), "0.0");
	assert_string_equal(rowtext_percent(999.96, buf), "1000");
	assert_string_equal(rowtext_rate(0, buf), "0");
	assert_string_equal(rowtext_rate(999, buf), "999");
	assert_string_equal(rowtext_rate(1000, buf), "1.0K");
	assert_string_equal(rowtext_rate(20480, buf), "20K");
	assert_string_equal(rowtext_rate(1e9, buf), "954M");
}

static void lines_fit(void **state)
{
	static const struct given given[] = {{"Domain-0", 0, 256, 3601, 0},
		{"a-name-that-is-longer-than-its-column", 32751, 1048576, 9e6, 0},
		{"t\x1b[2J\xc3\xa9st", OFF, 64, 0, 0}};
	static const unsigned widths[] = {80, 99, 100, 132, 200, 400};
	char line[ROWTEXT_MAX];
	struct rows rows;
	(void)state;
	rows_init(&rows);
	take(&rows, 1, given, ARRAY_SIZE(given));
	rows.list.cpus = 16;
	rows.list.total_kib = 1ull << 40;
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		rowtext_header(widths[i], line);
		assert_true(strlen(line) < widths[i]);
		rowtext_summary(&rows, widths[i], line);
		assert_true(strlen(line) < widths[i]);
		for (size_t j = 0; j < rows.count; j++) {
			rowtext_row(rows_shown(&rows, j), widths[i], line);
			assert_true(strlen(line) < widths[i]);
		}
	}
	rowtext_row(rows_shown(&rows, 0), 80, line);
	assert_string_equal(line,
		" Domain-0              0 running    256/256M   1/1  1:00:01     -      -      -");
	rowtext_row(rows_shown(&rows, 1), 80, line);
	assert_string_equal(line,
		" a-name-that-is-l~ 32751 running  1024/1024G   1/1  104d04h     -      -      -");
	rowtext_row(rows_shown(&rows, 2), 80, line);
	assert_string_equal(line,
		" t?[2J?st              - off          64/64M   1/1        -     -      -      -");
	rows_dispose(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(rates_need_two_looks_at_one_domain),
		cmocka_unit_test(order_and_filter), cmocka_unit_test(choice_follows_the_guest),
		cmocka_unit_test(cells), cmocka_unit_test(lines_fit)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
