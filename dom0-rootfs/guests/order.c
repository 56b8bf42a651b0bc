/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which guests start with the host and in which order, and in which they stop; reads files alone. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "dom0-rootfs/monitor/text.h"
#include "file.h"
#include "guests.h"
#include "mem.h"
#include "savedguest.h"

static void add(struct guests_starts *starts, char *name, char *path, const struct guestturn *turn)
{
	starts->items = xreallocarray(starts->items, starts->count + 1, sizeof(*starts->items));
	starts->items[starts->count++] =
		(struct guests_one){.name = name, .path = path, .turn = *turn};
}

/* The guest's name as its file gives it, else as the file is called; the caller frees. */
static char *read_file(
	const char *root, const char *path, const char *file, struct guestturn *ret_turn)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct xlcfg cfg = XLCFG_INIT;
	char *name;

	if (file_read(root, path, XLCFG_FILE_MAX, &text, NULL) == 0)
		(void)xlcfg_parse(str_text(&text), text.len, &cfg, NULL);
	guestturn_take(&cfg, ret_turn);
	name = xlcfg_get(&cfg, "name")
		       ? xstrdup(xlcfg_get(&cfg, "name"))
		       : xstrndup(file, strlen(file) - (text_ends(file, ".cfg") ? 4 : 0));
	xlcfg_dispose(&cfg);
	return name;
}

static int add_auto(
	const char *root, const char *auto_dir, struct guests_starts *starts, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist files = STRLIST_INIT;

	if (!file_exists(root, auto_dir))
		return 0;
	if (file_list_dir(root, auto_dir, &files, err) != 0)
		return -1;
	for (size_t i = 0; i < files.count; i++) {
		struct guestturn turn;
		char *path;

		if (!guests_is_config_name(files.items[i]))
			continue;
		path = xasprintf("%s/%s", auto_dir, files.items[i]);
		add(starts, read_file(root, path, files.items[i], &turn), path, &turn);
	}
	return 0;
}

static bool has(const struct guests_starts *starts, const char *name)
{
	for (size_t i = 0; i < starts->count; i++) {
		if (strcmp(starts->items[i].name, name) == 0)
			return true;
	}
	return false;
}

/* What the host saved goes on, whether it starts with the host or not. */
static void add_saved(const char *root, struct guests_starts *starts)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;

	savedguest_noted(root, &names);
	for (size_t i = 0; i < names.count; i++) {
		struct guestturn turn;
		char *path;

		if (has(starts, names.items[i]))
			continue;
		path = guests_config_path(names.items[i]);
		guestturn_read(root, path, &turn);
		add(starts, xstrdup(names.items[i]), path, &turn);
	}
}

static int compare(const void *a, const void *b)
{
	const struct guests_one *x = a, *y = b;

	return guestturn_compare(&x->turn, x->name, &y->turn, y->name);
}

int guests_list_starts(
	const char *root, const char *auto_dir, struct guests_starts *ret_starts, struct err *err)
{
	struct guests_starts starts = {.count = 0};

	if (add_auto(root, auto_dir, &starts, err) != 0)
		return -1;
	add_saved(root, &starts);
	if (starts.count > 0)
		qsort(starts.items, starts.count, sizeof(*starts.items), compare);
	*ret_starts = starts;
	return 0;
}

void guests_starts_dispose(struct guests_starts *starts)
{
	for (size_t i = 0; i < starts->count; i++) {
		free(starts->items[i].name);
		free(starts->items[i].path);
	}
	free(starts->items);
	*starts = (struct guests_starts){.count = 0};
}

char *guests_config_path(const char *name)
{
	return xasprintf("/etc/xen/%s.cfg", name);
}

int64_t guests_pause_s(const struct guestturn *before, int64_t host_delay_s)
{
	return before->delay_s > host_delay_s ? before->delay_s : host_delay_s;
}

int64_t guests_rank(const struct guestturn *turn)
{
	return turn->order > 0 ? turn->order : INT64_MAX;
}

bool guests_wants_save(const struct guestturn *turn, bool host_saves)
{
	return turn->at_stop == GUESTTURN_AS_HOST ? host_saves : turn->at_stop == GUESTTURN_SAVE;
}
