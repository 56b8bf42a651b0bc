/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host has on disk about migrations: one file each, written whole or not at all. */
#define _GNU_SOURCE
#include "vmwizard/migrate/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "vmwizard/guestcfg.h"
#include "vmwizard/paths.h"
#include "xlcfg.h"

enum { RECORD_MAX = 2 * 1024 * 1024 };

void record_init(struct record *record)
{
	*record = (struct record){
		.state = MIG_NONE, .peer = xstrdup(""), .boot = xstrdup(""), .domid = VM_NO_DOMID};
	mig_offer_init(&record->offer);
}

void record_dispose(struct record *record)
{
	free(record->peer);
	free(record->boot);
	record->peer = record->boot = NULL;
	mig_offer_dispose(&record->offer);
}

static char *path_of(const char *dir, const char *key)
{
	return xasprintf("%s/%s.json", dir, key);
}

static enum mig_record state_of(const char *word)
{
	for (size_t i = 0; word && i < MIG_RECORDS; i++)
		if (strcmp(mig_record_words[i], word) == 0)
			return (enum mig_record)i;
	return MIG_RECORDS;
}

static int take_json(const json_t *json, struct record *record, struct err *err)
{
	const char *peer = json_string_value(json_object_get(json, "peer"));
	const char *boot = json_string_value(json_object_get(json, "boot"));
	json_int_t domid = json_integer_value(json_object_get(json, "domid"));
	record->state = state_of(json_string_value(json_object_get(json, "record")));
	vm_spec_set(&record->peer, peer ? peer : "");
	vm_spec_set(&record->boot, boot ? boot : "");
	record->domid = domid > 0 ? (uint32_t)domid : VM_NO_DOMID;
	record->removes = json_is_true(json_object_get(json, "removes"));
	record->is_by_hand = json_is_true(json_object_get(json, "by_hand"));
	mig_offer_dispose(&record->offer);
	if (record->state == MIG_RECORDS)
		return err_set(err, ERR_INVALID, 0, "%s", _("it makes no sense"));
	return mig_offer_read(json_object_get(json, "guest"), &record->offer, err);
}

int record_read(const char *root, const char *dir, const char *key, struct record *ret_record,
	struct err *err)
{
	CLEANUP(mem_free_string) char *path = path_of(dir, key);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err why = ERR_INIT;
	record_init(ret_record);
	if (file_read(root, path, RECORD_MAX, &text, &why) < 0) {
		if (why.code == ERR_MISSING)
			return 0;
		return err_set(err, why.code, 0, "%s", why.text);
	}
	json_t *json = json_loads(str_text(&text), 0, NULL);
	int rc = take_json(json, ret_record, err);
	json_decref(json);
	return rc < 0 ? err_prefix(err, "%s: ", path) : 0;
}

static json_t *json_of(const struct record *record)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:b, s:b, s:o}", "record",
		mig_record_words[record->state], "peer", record->peer, "boot", record->boot,
		"domid", (json_int_t)record->domid, "removes", record->removes, "by_hand",
		record->is_by_hand, "guest", mig_offer_write(&record->offer, false));
}

static int write_json(
	const char *root, const char *dir, const char *key, json_t *json, struct err *err)
{
	CLEANUP(mem_free_string) char *path = path_of(dir, key);
	char *text = json_dumps(json, JSON_INDENT(1));
	json_decref(json);
	if (!text)
		return err_set(err, ERR_INVALID, 0, _("cannot write %s: no UTF-8"), path);
	int rc = file_make_dirs(root, dir, 0700, err);
	if (rc == 0)
		rc = file_write(root, path, text, strlen(text), 0600, err);
	mem_wipe_string(text);
	free(text);
	return rc;
}

int record_write(const char *root, const char *dir, const char *key, const struct record *record,
	struct err *err)
{
	return write_json(root, dir, key, json_of(record), err);
}

/* A removed name is on disk when its directory is. */
static int sync_dir(const char *root, const char *dir, struct err *err)
{
	CLEANUP(file_close) int fd = -1;
	if (file_open_dir(root, dir, &fd, err) < 0)
		return -1;
	return fsync(fd) < 0 && errno != EINVAL
		       ? err_set(err, ERR_IO, errno, _("cannot write %s"), dir)
		       : 0;
}

static void remove_dir(const char *root, const char *dir)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s%s", root[1] ? root : "", dir);
	(void)rmdir(path);
}

int record_forget(const char *root, const char *dir, const char *key, struct err *err)
{
	CLEANUP(mem_free_string) char *path = path_of(dir, key);
	if (!file_exists(root, dir))
		return 0;
	if (file_remove(root, path, err) < 0 || sync_dir(root, dir, err) < 0)
		return -1;
	remove_dir(root, dir);
	remove_dir(root, RECORD_DIR);
	return 0;
}

void record_list(const char *root, const char *dir, struct strlist *ret_keys)
{
	(void)file_list_suffix(root, dir, ".json", ret_keys, NULL);
}

char *record_boot(const char *root)
{
	char *id = file_first_line(root, "/proc/sys/kernel/random/boot_id");
	return id ? id : xstrdup("");
}

int record_lock(const char *root, const char *name, unsigned wait_ms, int *ret_fd, struct err *err)
{
	CLEANUP(mem_free_string) char *path = xasprintf(RECORD_LOCKS "/%s.lock", name);
	if (file_make_dirs(root, RECORD_LOCKS, 0700, err) < 0)
		return -1;
	return file_lock(root, path, wait_ms, ret_fd, err);
}

/* ---- the definition */

int record_is_offered(const char *root, const struct record *record, struct err *err)
{
	const struct mig_offer *offer = &record->offer;
	CLEANUP(mem_free_string) char *cfg = vm_cfg_path(offer->name);
	CLEANUP(mem_free_string) char *link = vm_auto_path(offer->name);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read(root, cfg, XLCFG_FILE_MAX, &text, err) < 0)
		return -1;
	if (strcmp(str_text(&text), offer->cfg) != 0 || file_exists(root, link) != offer->autostart)
		return err_set(err, ERR_INVALID, 0, _("%s was changed meanwhile"), cfg);
	return 0;
}

int record_take_away(const char *root, const struct record *record, struct err *err)
{
	CLEANUP(mem_free_string) char *cfg = vm_cfg_path(record->offer.name);
	CLEANUP(mem_free_string) char *link = vm_auto_path(record->offer.name);
	/* The link first: alone it would be a start that fails at every boot. */
	if (file_remove(root, link, err) < 0 || file_remove(root, cfg, err) < 0)
		return -1;
	return sync_dir(root, VM_CFG_DIR, err);
}

/* Under its name there may be another guest by now: the one that moved would have no definition any more. */
static int refuse_another(
	const char *root, const char *cfg, const struct mig_offer *offer, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read(root, cfg, XLCFG_FILE_MAX, &text, err) < 0)
		return -1;
	CLEANUP(vm_spec_dispose) struct vm_spec spec;
	if (vm_xlcfg_read(str_text(&text), offer->name, &spec, NULL, NULL) == 0 &&
		strcasecmp(spec.uuid, offer->uuid) == 0)
		return 0;
	return err_set(err, ERR_INVALID, 0,
		_("%s is another guest's by now: rename or delete that one, then domus-vm settle"),
		cfg);
}

int record_place(const char *root, const struct record *record, struct err *err)
{
	const struct mig_offer *offer = &record->offer;
	CLEANUP(mem_free_string) char *cfg = vm_cfg_path(offer->name);
	CLEANUP(mem_free_string) char *link = vm_auto_path(offer->name);
	CLEANUP(mem_free_string) char *target = xasprintf("../%s.cfg", offer->name);
	CLEANUP(mem_free_string) char *tomb = path_of(RECORD_GONE, offer->name);
	/* A definition of it that is there is the newer one. */
	if (file_exists(root, cfg)) {
		if (refuse_another(root, cfg, offer, err) < 0)
			return -1;
		/* The link first: what is cut short is done again. */
	} else if (file_make_dirs(root, VM_AUTO_DIR, 0755, err) < 0 ||
		   (offer->autostart && file_symlink(root, link, target, err) < 0) ||
		   file_write(root, cfg, offer->cfg, strlen(offer->cfg), 0600, err) < 0) {
		return -1;
	}
	/* It may have been here before. */
	return file_exists(root, RECORD_GONE) ? file_remove(root, tomb, err) : 0;
}

int record_bury(const char *root, const struct record *record, struct err *err)
{
	return write_json(root, RECORD_GONE, record->offer.name, json_of(record), err);
}

/* from: the first state of the record that refuses. */
static int refuse_moving(const char *root, const char *name, enum mig_record from, struct err *err)
{
	if (!file_exists(root, RECORD_OUT))
		return 0;
	CLEANUP(record_dispose) struct record left;
	if (record_read(root, RECORD_OUT, name, &left, err) < 0)
		return -1;
	if (left.state < from)
		return 0;
	if (left.state == MIG_OPEN)
		return err_set(
			err, ERR_INVALID, 0, _("guest %s is being moved to %s"), name, left.peer);
	return err_set(err, ERR_INVALID, 0,
		_("guest %s is being moved to %s, and may run there (%s)"), name, left.peer,
		mig_record_words[left.state]);
}

int record_refuse_moving(const char *root, const char *name, struct err *err)
{
	return refuse_moving(root, name, MIG_OPEN, err);
}

int record_refuse_permitted(const char *root, const char *name, struct err *err)
{
	return refuse_moving(root, name, MIG_PERMITTED, err);
}

char *record_moved_to(const char *root, const char *name)
{
	struct record record;
	char *peer = NULL;
	if (record_read(root, RECORD_GONE, name, &record, NULL) == 0 && record.state != MIG_NONE)
		peer = xstrdup(record.peer);
	record_dispose(&record);
	return peer;
}
