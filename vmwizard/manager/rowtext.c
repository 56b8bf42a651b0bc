/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The live list's lines as text. */
#include "rowtext.h"

#include <stdio.h>
#include <string.h>

#include "lang.h"
#include "str.h"

/* Columns besides the name: 1 blank, id 5, state 8, memory 10, vCPUs 5, time 8, CPU 5, net 6, disk 6 */
#define FIXED_WIDTH 62
#define NAME_MIN 17
#define NAME_MAX 40
#define KIND_WIDTH 6  /* on wide screens */
#define START_WIDTH 6 /* "auto" */

static bool is_wide(unsigned width)
{
	return width >= FIXED_WIDTH + NAME_MIN + KIND_WIDTH + START_WIDTH + 10;
}

static int name_width(unsigned width)
{
	int left = (int)width - FIXED_WIDTH - (is_wide(width) ? KIND_WIDTH + START_WIDTH : 0) - 1;

	if (left < NAME_MIN)
		return NAME_MIN;
	return left > NAME_MAX ? NAME_MAX : left;
}

/* A name from a file written by hand may hold anything: one "?" for what no terminal should get. */
static void clean_name(const char *name, int width, char *buf, size_t size)
{
	size_t len = 0;
	bool is_cut = (int)strlen(name) > width;

	for (; *name != '\0' && len < (size_t)width && len + 1 < size; name++) {
		unsigned char c = (unsigned char)*name;

		if (c >= 0x80 && c < 0xc0)
			continue;
		buf[len++] = c < ' ' || c > '~' ? '?' : (char)c;
	}
	if (is_cut && len == (size_t)width)
		buf[len - 1] = '~';
	buf[len] = '\0';
}

static const char *method_word(const char *method)
{
	static const struct {
		const char *method, *word;
	} words[] = {{"pv", "PV"}, {"pvh", "PVH"}, {"hvm", "HVM"}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].method, method) == 0)
			return words[i].word;
	}
	return "";
}

static void cut(char buf[ROWTEXT_MAX], unsigned width)
{
	if (width > 0 && width <= ROWTEXT_MAX)
		buf[width - 1] = '\0';
}

/* MiB as long as that is at most four digits, else GiB. */
const char *rowtext_memory(uint64_t kib, uint64_t max_kib, char buf[ROWTEXT_CELL])
{
	double gib = (double)kib / (1 << 20), max_gib = (double)max_kib / (1 << 20);
	uint64_t mib = (kib + 512) / 1024, max_mib = (max_kib + 512) / 1024;

	if (max_mib < 10000 && mib < 10000)
		(void)snprintf(buf, ROWTEXT_CELL, "%u/%uM", (unsigned)mib, (unsigned)max_mib);
	else
		(void)snprintf(buf, ROWTEXT_CELL, "%.4g/%.4gG", gib, max_gib);
	return buf;
}

const char *rowtext_time(uint64_t ns, char buf[ROWTEXT_CELL])
{
	uint64_t s = ns / 1000000000u;
	unsigned hours = (unsigned)(s / 3600 % 24), minutes = (unsigned)(s / 60 % 60);

	if (s < 3600)
		(void)snprintf(buf, ROWTEXT_CELL, "%u:%02u", minutes, (unsigned)(s % 60));
	else if (s < 100 * 3600)
		(void)snprintf(buf, ROWTEXT_CELL, "%u:%02u:%02u", (unsigned)(s / 3600), minutes,
			(unsigned)(s % 60));
	else
		(void)snprintf(buf, ROWTEXT_CELL, "%ud%02uh", (unsigned)(s / 86400), hours);
	return buf;
}

const char *rowtext_percent(double percent, char buf[ROWTEXT_CELL])
{
	if (percent < 0)
		(void)snprintf(buf, ROWTEXT_CELL, "-");
	else
		(void)snprintf(buf, ROWTEXT_CELL, percent < 999.95 ? "%.1f" : "%.0f", percent);
	return buf;
}

const char *rowtext_rate(double rate, char buf[ROWTEXT_CELL])
{
	static const char units[] = {' ', 'K', 'M', 'G', 'T'};
	size_t unit = 0;

	while (rate >= 999.5 && unit + 1 < sizeof(units)) {
		rate /= 1024;
		unit++;
	}
	if (rate < 0)
		(void)snprintf(buf, ROWTEXT_CELL, "-");
	else if (unit == 0)
		(void)snprintf(buf, ROWTEXT_CELL, "%.0f", rate);
	else
		(void)snprintf(
			buf, ROWTEXT_CELL, rate < 9.95 ? "%.1f%c" : "%.0f%c", rate, units[unit]);
	return buf;
}

void rowtext_header(unsigned width, char buf[ROWTEXT_MAX])
{
	int used = snprintf(buf, ROWTEXT_MAX, " %-*s %5s %-8s %10s %5s %8s %5s %6s %6s",
		name_width(width), _("Name"), _("ID"), _("State"), _("Memory/max"), _("vCPUs"),
		_("Time"), _("CPU%"), _("Net/s"), _("Disk/s"));

	if (is_wide(width) && used > 0 && used < ROWTEXT_MAX)
		(void)snprintf(buf + used, (size_t)(ROWTEXT_MAX - used), "  %-4s %-5s", _("Type"),
			_("Start"));
	cut(buf, width);
}

void rowtext_row(const struct vm_domain *guest, unsigned width, char buf[ROWTEXT_MAX])
{
	char name[NAME_MAX + 1], id[ROWTEXT_CELL] = "-", memory[ROWTEXT_CELL], vcpus[ROWTEXT_CELL];
	char time[ROWTEXT_CELL] = "-", cpu[ROWTEXT_CELL], net[ROWTEXT_CELL], disk[ROWTEXT_CELL];
	int used;

	clean_name(guest->name, name_width(width), name, sizeof(name));
	if (rows_is_there(guest)) {
		(void)snprintf(id, sizeof(id), "%u", guest->domid);
		(void)rowtext_time(guest->cpu_ns, time);
	}
	(void)snprintf(vcpus, sizeof(vcpus), "%u/%u", guest->vcpus, guest->max_vcpus);
	used = snprintf(buf, ROWTEXT_MAX, " %-*s %5s %-8s %10s %5s %8s %5s %6s %6s",
		name_width(width), name, id, _(vm_state_words[guest->state]),
		rowtext_memory(guest->memory_kib, guest->max_memory_kib, memory), vcpus, time,
		rowtext_percent(guest->cpu_percent, cpu), rowtext_rate(rows_net_rate(guest), net),
		rowtext_rate(rows_disk_rate(guest), disk));
	if (is_wide(width) && used > 0 && used < ROWTEXT_MAX)
		(void)snprintf(buf + used, (size_t)(ROWTEXT_MAX - used), "  %-4s %-5s",
			method_word(guest->method), guest->autostart ? _("auto") : "");
	cut(buf, width);
}

void rowtext_summary(const struct rows *rows, unsigned width, char buf[ROWTEXT_MAX])
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	size_t guests = 0, running = 0, last = rows->top + rows->page;

	for (size_t i = 0; i < rows->list.count; i++) {
		const struct vm_domain *guest = &rows->list.items[i];

		if (rows_is_host(guest))
			continue;
		guests++;
		running += guest->state == VM_STATE_RUNNING;
	}
	str_add(&text, guests == 1 ? _("%zu guest, %zu running") : _("%zu guests, %zu running"),
		guests, running);
	if (rows->list.cpus > 0)
		str_add(&text, _("; %u CPUs, %llu MiB, %llu MiB free"), rows->list.cpus,
			(unsigned long long)rows->list.total_kib / 1024,
			(unsigned long long)rows->list.free_kib / 1024);
	if (rows->count > rows->page)
		str_add(&text, _("; rows %zu to %zu of %zu"), rows->top + 1,
			last < rows->count ? last : rows->count, rows->count);
	(void)snprintf(buf, ROWTEXT_MAX, " %s", str_text(&text));
	cut(buf, width);
}
