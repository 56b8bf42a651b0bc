/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host disks: the machine's disks, what they are for and how they are. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "diskinv.h"
#include "failed.h"
#include "host.h"
#include "lang.h"
#include "mem.h"
#include "smart.h"

/* One disk and what it said; result as of smart_read(). */
struct health {
	int result;
	struct smart smart;
	struct err err;
};

/* A root that is not "/" has no devices of its own. */
static void ask(const struct options *options, const struct disk_info *disk, struct health *health)
{
	*health = (struct health){.result = 1, .err = ERR_INIT};
	if (strcmp(options->root, "/") == 0)
		health->result = smart_read(disk->path, &health->smart, &health->err);
}

static void describe_use(const struct disk_info *disk, struct str *text)
{
	if (disk_has_domus(disk))
		str_add(text, "%s", _("the system"));
	for (size_t i = 0; i < disk->groups.count; i++)
		str_add(text, "%s%s %s", text->len ? ", " : "", _("storage"),
			disk->groups.items[i]);
	if (disk->is_medium)
		str_add(text, "%s%s", text->len ? ", " : "", _("the medium"));
	if (!text->len)
		str_add(text, "%s", disk_is_empty(disk) ? _("empty") : _("other"));
}

static void describe_health(const struct health *health, struct str *text)
{
	if (health->result == 0)
		smart_describe(&health->smart, text);
	else
		str_add(text, "%s",
			health->result > 0 ? _("says nothing of its health") : health->err.text);
}

static void print_disk(const struct disk_info *disk, const struct health *health)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(str_dispose) struct str use = STR_INIT;
	CLEANUP(str_dispose) struct str how = STR_INIT;
	disk_describe(disk, &text);
	describe_use(disk, &use);
	describe_health(health, &how);
	(void)printf("%s\n  %s: %s\n", str_text(&text), str_text(&use), str_text(&how));
}

static json_t *json_of_health(const struct health *health)
{
	const struct smart *s = &health->smart;
	if (health->result > 0)
		return json_null();
	if (health->result < 0)
		return json_pack("{s:s}", "error", health->err.text);
	json_t *all = json_pack("{s:b}", "is_failing", (int)s->is_failing);
	if (s->has_temperature)
		(void)json_object_set_new(all, "temperature_c", json_integer(s->temperature_c));
	if (s->has_hours)
		(void)json_object_set_new(all, "hours", json_integer((json_int_t)s->hours));
	if (s->has_bad)
		(void)json_object_set_new(all, "bad_sectors", json_integer((json_int_t)s->bad));
	if (s->has_wear)
		(void)json_object_set_new(all, "wear_percent", json_integer(s->wear_percent));
	return all;
}

static json_t *json_of(const struct disk_info *disk, const struct health *health)
{
	json_t *groups = json_array();
	for (size_t i = 0; i < disk->groups.count; i++)
		(void)json_array_append_new(groups, json_string(disk->groups.items[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:b, s:o, s:o}", "path", disk->path, "model",
		disk->model, "serial", disk->serial, "bus", disk->bus, "size_bytes",
		(json_int_t)disk->size_bytes, "is_system", (int)disk_has_domus(disk), "groups",
		groups, "smart", json_of_health(health));
}

/* For cron: a disk that says it fails is named at every log-in and on the console. */
static int record(const struct options *options, const struct disk_info *disk,
	const struct health *health, struct err *err)
{
	CLEANUP(mem_free_string) char *name = xasprintf("disk-%s", disk->name);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(str_dispose) struct str use = STR_INIT;
	CLEANUP(str_dispose) struct str what = STR_INIT;
	/* One that does not answer now may have said before that it fails. */
	if (health->result < 0)
		return 0;
	if (health->result == 0 && health->smart.is_failing) {
		disk_describe(disk, &what);
		describe_use(disk, &use);
		str_add(&text,
			_("disk %s (%s) says that it is failing: copy what is on it, replace it"),
			str_text(&what), str_text(&use));
	}
	return failed_set(options->root, name, str_text(&text), err);
}

int command_disks(const struct options *options)
{
	CLEANUP(diskinv_dispose) struct disk_inventory inventory = DISK_INVENTORY_INIT;
	bool is_check = options->n_args == 1 && strcmp(options->args[0], "check") == 0;
	struct err err = ERR_INIT;
	int rc = 0;
	if (options->n_args && !is_check) {
		(void)err_set(&err, ERR_INVALID, 0, "%s", _("disks, or disks check"));
		return host_fail(options, &err);
	}
	if (diskinv_read(options->root, &inventory, &err) < 0)
		return host_fail(options, &err);
	json_t *all = options->is_json && !is_check ? json_array() : NULL;
	for (size_t i = 0; i < inventory.count; i++) {
		const struct disk_info *disk = &inventory.disks[i];
		struct health health;
		ask(options, disk, &health);
		if (is_check)
			rc |= record(options, disk, &health, &err);
		else if (all)
			(void)json_array_append_new(all, json_of(disk, &health));
		else
			print_disk(disk, &health);
	}
	if (all)
		host_print_json(all);
	else if (!is_check && !inventory.count)
		(void)printf("%s", _("This machine has no disk.\n"));
	if (!is_check)
		return 0;
	return rc < 0 ? host_fail(options, &err) : host_done(options, "done", "");
}
