/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time zone by region and city, what the hardware clock shows, time servers. */
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "file.h"
#include "lang.h"
#include "mem.h"

#define ZONE_TAB "/usr/share/zoneinfo/zone.tab"
#define ZONE_TAB_MAX (256 * 1024)

struct zones {
	struct strlist names;    /* "Europe/Berlin", sorted */
	struct strlist comments; /* of each, may be "" */
};

static void zones_dispose(struct zones *zones)
{
	strlist_dispose(&zones->names);
	strlist_dispose(&zones->comments);
}

struct row {
	char *name;
	char *comment;
};

static int compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->name, ((const struct row *)b)->name);
}

/* zone.tab: country, coordinates, name, comment, with tabs between. */
static struct row parse_row(const char *line, size_t len)
{
	const char *fields[4] = {"", "", "", ""};
	size_t lens[4] = {0};
	for (size_t i = 0; i < 4 && len > 0; i++) {
		size_t part = 0;
		while (part < len && line[part] != '\t')
			part++;
		fields[i] = line;
		lens[i] = part;
		line += part + (part < len);
		len -= part + (part < len);
	}
	return (struct row){
		.name = xstrndup(fields[2], lens[2]), .comment = xstrndup(fields[3], lens[3])};
}

static int read_zones(const char *root, struct zones *ret_zones, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read(root, ZONE_TAB, ZONE_TAB_MAX, &text, err) < 0)
		return -1;
	struct row *rows = NULL;
	size_t count = 0;
	for (const char *line = str_text(&text); *line;) {
		size_t len = strcspn(line, "\n");
		if (len > 0 && line[0] != '#') {
			rows = xreallocarray(rows, count + 1, sizeof(*rows));
			rows[count++] = parse_row(line, len);
		}
		line += len + (line[len] == '\n');
	}
	if (count > 0)
		qsort(rows, count, sizeof(*rows), compare_rows);
	for (size_t i = 0; i < count; i++) {
		strlist_add(&ret_zones->names, rows[i].name);
		strlist_add(&ret_zones->comments, rows[i].comment);
		free(rows[i].name);
		free(rows[i].comment);
	}
	free(rows);
	return 0;
}

static size_t region_len(const char *zone)
{
	return strcspn(zone, "/");
}

static bool is_in_region(const char *zone, const char *region)
{
	return region_len(zone) == strlen(region) && strncmp(zone, region, strlen(region)) == 0;
}

/* *region is a region or a whole zone before, the choice after. */
static enum ui_result ask_region(struct ui *ui, const struct zones *zones, char **region)
{
	CLEANUP(strlist_dispose) struct strlist regions = STRLIST_INIT;
	strlist_add(&regions, "UTC");
	for (size_t i = 0; i < zones->names.count; i++) {
		const char *name = zones->names.items[i];
		CLEANUP(mem_free_string) char *one = xstrndup(name, region_len(name));
		if (!strlist_has(&regions, one))
			strlist_add(&regions, one);
	}
	struct ui_item *items = xcalloc(regions.count, sizeof(*items));
	size_t chosen = 0;
	for (size_t i = 0; i < regions.count; i++) {
		items[i] = (struct ui_item){.tag = regions.items[i],
			.text = i == 0 ? _("no summer time, no region") : ""};
		if (is_in_region(*region, regions.items[i]))
			chosen = i;
	}
	struct ui_question q = {.id = "region",
		.title = _("Time zone: region"),
		.text = _("Where is this machine?")};
	enum ui_result result = ui_menu(ui, &q, items, regions.count, &chosen);
	if (result == UI_OK) {
		free(*region);
		*region = xstrdup(regions.items[chosen]);
	}
	free(items);
	return result;
}

static enum ui_result ask_city(
	struct ui *ui, const struct zones *zones, const char *region, struct host_config *config)
{
	struct ui_item *items = xcalloc(zones->names.count + 1, sizeof(*items));
	size_t *index = xcalloc(zones->names.count + 1, sizeof(*index));
	size_t count = 0;
	size_t chosen = 0;
	for (size_t i = 0; i < zones->names.count; i++) {
		const char *name = zones->names.items[i];
		if (!is_in_region(name, region))
			continue;
		if (strcmp(name, config->zone) == 0)
			chosen = count;
		items[count] = (struct ui_item){
			.tag = name + strlen(region) + 1, .text = zones->comments.items[i]};
		index[count++] = i;
	}
	struct ui_question q = {.id = "city",
		.title = _("Time zone: city"),
		.text = _("Which city has the same time?")};
	enum ui_result result = ui_menu(ui, &q, items, count, &chosen);
	if (result == UI_OK)
		(void)page_set("time", "zone", config, zones->names.items[index[chosen]], NULL);
	free(items);
	free(index);
	return result;
}

enum ui_result page_zone(struct ui *ui, void *state)
{
	struct pages *pages = state;
	struct host_config *config = &pages->spec->config;
	CLEANUP(zones_dispose) struct zones zones = {STRLIST_INIT, STRLIST_INIT};
	struct err err = ERR_INIT;
	if (read_zones(pages->options->root, &zones, &err) < 0) {
		ui_say(ui, _("Time zone"), "%s", err.text);
		return UI_OK;
	}
	CLEANUP(mem_free_string) char *region = xstrdup(config->zone);
	for (;;) {
		enum ui_result result = ask_region(ui, &zones, &region);
		if (result != UI_OK || ui->is_gone)
			return result;
		if (strcmp(region, "UTC") == 0) {
			(void)page_set("time", "zone", config, "Etc/UTC", NULL);
			return UI_OK;
		}
		result = ask_city(ui, &zones, region, config);
		if (result != UI_BACK)
			return result;
	}
}

enum ui_result page_clock(struct ui *ui, void *state)
{
	struct pages *pages = state;
	struct host_config *config = &pages->spec->config;
	const struct ui_item items[] = {
		{.tag = "utc", .text = _("UTC (recommended)")},
		{.tag = "local", .text = _("local time (another system needs it so)")},
	};
	struct ui_question q = {.id = "clock",
		.title = _("Hardware clock"),
		.text = _("What does the clock in this machine show?")};
	unsigned chosen = config->clock;
	enum ui_result result = page_choose(ui, &q, items, 2, &chosen);
	if (result == UI_OK)
		config->clock = (enum host_clock)chosen;
	return result;
}

enum ui_result page_ntp(struct ui *ui, void *state)
{
	struct pages *pages = state;
	static const struct page_key keys[] = {{"time", "ntp-servers", N_("Servers:")}};
	struct ui_question q = {.id = "ntp",
		.title = _("Time servers"),
		.text = _("Which servers keep the clock right (NTP)? Several with blanks between; "
			  "leave it empty and the clock is left alone.")};
	return page_form(ui, &q, keys, 1, &pages->spec->config);
}
