/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's file on disk: read, changed under a lock, kept in former versions. */
#define _GNU_SOURCE
#include "store.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "source.h"

enum { LOCK_WAIT_MS = 10000, LOCK_POLL_MS = 100 };

int store_lock(const char *root, int *ret_fd, struct err *err)
{
	int fd;
	if (file_make_dirs(root, "/etc/domus", 0755, err) < 0 ||
		file_open_dir(root, "/etc/domus", &fd, err) < 0)
		return -1;
	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += LOCK_POLL_MS) {
		bool is_busy = errno == EWOULDBLOCK;
		bool is_waiting = file_exists(root, STORE_UNCONFIRMED_PATH);
		if (is_busy && !is_waiting && waited < LOCK_WAIT_MS) {
			(void)poll(NULL, 0, LOCK_POLL_MS);
			continue;
		}
		file_close(&fd);
		if (is_waiting)
			return err_set(err, ERR_TIMEOUT, 0, "%s",
				_("a change waits for its confirmation: domus-host confirm"));
		return err_set(err, ERR_TIMEOUT, 0,
			_("somebody else is changing %s: try again later"), HOSTCONF_PATH);
	}
	*ret_fd = fd;
	return 0;
}

bool store_is_own(const char *root)
{
	return file_exists(root, HOSTCONF_PATH);
}

int store_read(const char *root, struct str *ret_text, struct err *err)
{
	const char *path = store_is_own(root) ? HOSTCONF_PATH : SOURCE_LIVE_PATH;
	return file_read(root, path, CFG_FILE_MAX, ret_text, err);
}

int store_parse(const char *root, const char *text, struct host_config *ret_config,
	struct problems *problems, struct err *err)
{
	CLEANUP(str_dispose) struct str uids = STR_INIT;
	(void)file_read(root, SOURCE_UIDS_PATH, 1024 * 1024, &uids, NULL);
	const struct hostconf_context context = {
		.zoneinfo_root = file_exists(root, "/usr/share/zoneinfo") ? root : NULL,
		.known_uids = str_text(&uids)};
	hostconf_init(ret_config);
	hostconf_parse(text, strlen(text), &context, SCHEMA_STRICT, ret_config, problems);
	if (!problems->errors)
		return 0;
	const struct problem *first = problems_first(problems);
	if (problems->errors > 1)
		return err_set(err, ERR_INVALID, 0, _("line %u: %s (and %zu more)"), first->line,
			first->text, problems->errors - 1);
	return err_set(err, ERR_INVALID, 0, _("line %u: %s"), first->line, first->text);
}

int store_write(const char *root, const char *old_text, const char *text, struct err *err)
{
	CLEANUP(str_dispose) struct str present = STR_INIT;
	if (store_read(root, &present, err) < 0 && err->code != ERR_MISSING)
		return -1;
	if (strcmp(str_text(&present), old_text) != 0)
		return err_set(err, ERR_INVALID, 0,
			_("%s was changed by somebody else in the meantime: nothing was written"),
			HOSTCONF_PATH);
	/* The first change on this host: what it had until now is where undo goes. */
	if (store_is_own(root) && !file_exists(root, STORE_GOOD_DIR "/1") &&
		store_add_good(root, old_text, err) < 0)
		return -1;
	return file_write(root, HOSTCONF_PATH, text, strlen(text), 0600, err);
}

void store_read_applied(const char *root, struct host_config *ret_config)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	const struct hostconf_context context = {.is_live = true};
	struct err err = ERR_INIT;
	hostconf_init(ret_config);
	if (hostconf_read_file(root, STORE_APPLIED_PATH, &context, SCHEMA_LENIENT, ret_config,
		    &problems, &err) == 0 &&
		!problems.errors)
		return;
	hostconf_dispose(ret_config);
	CLEANUP(source_dispose) struct source source;
	source_load(root, NULL, &source);
	*ret_config = source.config;
	hostconf_init(&source.config);
}

void store_record_applied(const char *root, const char *path, const struct host_config *config)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	str_add(&text, "# What is in force now; written by domus-host.\n");
	schema_write(&host_schema, config, &text);
	if (file_make_dirs(root, "/run/domus", 0755, NULL) == 0)
		(void)file_write(root, path, str_text(&text), text.len, 0600, NULL);
}

int store_add_good(const char *root, const char *text, struct err *err)
{
	struct str kept[STORE_GOOD_FILES] = {STR_INIT, STR_INIT, STR_INIT};
	size_t n = 0;
	str_add(&kept[n++], "%s", text);
	for (int i = 1; i <= STORE_GOOD_FILES && n < STORE_GOOD_FILES; i++) {
		CLEANUP(mem_free_string) char *path = xasprintf(STORE_GOOD_DIR "/%d", i);
		CLEANUP(str_dispose) struct str old = STR_INIT;
		if (file_read(root, path, CFG_FILE_MAX, &old, NULL) == 0 &&
			strcmp(str_text(&old), text) != 0)
			str_add(&kept[n++], "%s", str_text(&old));
	}
	int rc = file_make_dirs(root, STORE_GOOD_DIR, 0700, err);
	/* The oldest first: whenever the power goes, each of them is whole. */
	for (size_t i = n; rc == 0 && i-- > 0;) {
		CLEANUP(mem_free_string) char *path = xasprintf(STORE_GOOD_DIR "/%zu", i + 1);
		rc = file_update(root, path, str_text(&kept[i]), kept[i].len, 0600, err);
	}
	for (size_t i = 0; i < STORE_GOOD_FILES; i++)
		str_dispose(&kept[i]);
	return rc;
}

int store_find_other(const char *root, const char *text, struct str *ret_text, struct err *err)
{
	for (int i = 1; i <= STORE_GOOD_FILES; i++) {
		CLEANUP(mem_free_string) char *path = xasprintf(STORE_GOOD_DIR "/%d", i);
		CLEANUP(str_dispose) struct str old = STR_INIT;
		if (file_read(root, path, CFG_FILE_MAX, &old, NULL) < 0 ||
			strcmp(str_text(&old), text) == 0)
			continue;
		str_add(ret_text, "%s", str_text(&old));
		return 0;
	}
	return err_set(err, ERR_MISSING, 0, "%s", _("there is no former configuration to go to"));
}

bool store_take_back(const char *root, struct err *err)
{
	CLEANUP(str_dispose) struct str old = STR_INIT;
	CLEANUP(str_dispose) struct str present = STR_INIT;
	if (file_read(root, STORE_UNCONFIRMED_PATH, CFG_FILE_MAX, &old, NULL) < 0)
		return false;
	if (file_read(root, HOSTCONF_PATH, CFG_FILE_MAX, &present, NULL) == 0)
		(void)file_write(
			root, STORE_REFUSED_PATH, str_text(&present), present.len, 0600, NULL);
	int rc = old.len ? file_write(root, HOSTCONF_PATH, str_text(&old), old.len, 0600, err)
			 : file_remove(root, HOSTCONF_PATH, err);
	if (rc == 0)
		(void)file_remove(root, STORE_UNCONFIRMED_PATH, NULL);
	return true;
}
