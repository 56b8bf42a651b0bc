/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the file of an unattended installation is. */
#define _GNU_SOURCE
#include "discover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "cfg.h"
#include "diskinv.h"
#include "fetch.h"
#include "file.h"
#include "kernelword.h"
#include "lang.h"
#include "mem.h"
#include "plan.h"
#include "proc.h"

#define VOLUME_DIR PLAN_DIR "/volume"
#define VOLUME_LABEL "DOMUSCFG"
#define MEDIUM_FILE "/run/domus/medium/domus.conf"

enum { BLKID_LIMIT_MS = 60000, FETCH_LIMIT_MS = 120000 };

/* A file system is seen on a disk and on what the kernel takes for its first partition: once. */
static bool is_part_of_known(const struct strlist *devices, const char *device)
{
	for (size_t i = 0; i < devices->count; i++)
		if (disk_is_part_name(devices->items[i], device))
			return true;
	return false;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Devices with this label, by busybox's blkid: lines `/dev/sdb1: LABEL="X" UUID="..." TYPE="vfat"`. */
int discover_volumes(const char *label, bool is_begin, struct strlist *ret_devices, struct err *err)
{
	const char *const argv[] = {"blkid", NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = BLKID_LIMIT_MS};
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	CLEANUP(mem_free_string)
	char *wanted = xasprintf(" LABEL=\"%s%s", label, is_begin ? "" : "\"");
	CLEANUP(strlist_dispose) struct strlist all = STRLIST_INIT;
	if (proc_run(&spec, &result, err) < 0)
		return -1;
	for (const char *p = str_text(&result.output); *p; p += strcspn(p, "\n"), p += *p == '\n') {
		CLEANUP(mem_free_string) char *line = xstrndup(p, strcspn(p, "\n"));
		if (!strstr(line, wanted))
			continue;
		line[strcspn(line, ":")] = '\0';
		strlist_add(&all, line);
	}
	if (all.count)
		qsort(all.items, all.count, sizeof(*all.items), compare_texts);
	for (size_t i = 0; i < all.count; i++)
		if (!is_part_of_known(ret_devices, all.items[i]))
			strlist_add(ret_devices, all.items[i]);
	return 0;
}

int discover_uuid(const char *uuid, char **ret_device, struct err *err)
{
	CLEANUP(mem_free_string) char *name = xasprintf("UUID=%s", uuid);
	const char *const argv[] = {"findfs", name, NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = BLKID_LIMIT_MS};
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	if (proc_run(&spec, &result, err) < 0)
		return -1;
	const char *text = str_text(&result.output);
	if (result.exit_code != 0 || !text[strcspn(text, "\n")])
		return err_set(err, ERR_MISSING, 0, _("the partition %s is not there"), uuid);
	*ret_device = xstrndup(text, strcspn(text, "\n"));
	return 0;
}

static int copy_to_place(const char *root, const char *path, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read(root, path, CFG_FILE_MAX, &text, err) < 0 ||
		file_make_dirs("/", PLAN_DIR, 0700, err) < 0)
		return -1;
	return file_write("/", DISCOVER_FILE, str_text(&text), text.len, 0600, err);
}

static int mount_any(const char *device, struct err *err)
{
	static const char *const types[] = {"vfat", "ext4", "iso9660", "udf", "exfat"};
	if (file_make_dirs("/", VOLUME_DIR, 0700, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (mount(device, VOLUME_DIR, types[i], MS_RDONLY | MS_NOSUID | MS_NODEV, "") == 0)
			return 0;
	return err_set(err, ERR_IO, errno, _("cannot mount %s"), device);
}

/* ERR_MISSING when no volume has the label. */
static int take_from_volume(const char *label, const char *path, char **ret_from, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist devices = STRLIST_INIT;
	if (discover_volumes(label, false, &devices, err) < 0)
		return -1;
	if (devices.count == 0)
		return err_set(err, ERR_MISSING, 0, _("there is no volume labelled %s"), label);
	if (devices.count > 1) {
		CLEANUP(mem_free_string) char *names = strlist_join(&devices);
		return err_set(err, ERR_INVALID, 0,
			_("several volumes are labelled %s, take all but one out: %s"), label,
			names);
	}
	if (mount_any(devices.items[0], err) < 0)
		return -1;
	int rc = copy_to_place(VOLUME_DIR, path, err);
	(void)umount2(VOLUME_DIR, MNT_DETACH);
	if (rc < 0)
		return err_prefix(err, _("volume %s (%s): "), label, devices.items[0]);
	*ret_from = xasprintf(_("%s on the volume %s (%s)"), path, label, devices.items[0]);
	return 0;
}

static int fetch_http(const char *url, struct err *err)
{
	const struct fetch_spec spec = {
		.root = "/", .url = url, .path = DISCOVER_FILE, .max_bytes = CFG_FILE_MAX};
	if (file_make_dirs("/", PLAN_DIR, 0700, err) < 0)
		return -1;
	return fetch_file(&spec, err);
}

/* host, path and the two words that busybox's tftp wants. */
static int fetch_tftp(const char *url, struct err *err)
{
	const char *begin = url + strlen("tftp://");
	CLEANUP(mem_free_string) char *host = xstrndup(begin, strcspn(begin, "/"));
	const char *path = begin + strlen(host);
	const char *const argv[] = {
		"tftp", "-g", "-l", DISCOVER_FILE, "-r", path + (*path == '/'), host, NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = FETCH_LIMIT_MS};
	if (file_make_dirs("/", PLAN_DIR, 0700, err) < 0)
		return -1;
	if (proc_run_ok(&spec, err) < 0)
		return err_prefix(err, "domus.config=%s: ", url);
	return 0;
}

/* LABEL=name:/path, https://, http://, tftp://. */
static int take_named(const char *place, char **ret_from, struct err *err)
{
	int rc;
	if (strncmp(place, "LABEL=", 6) == 0) {
		const char *label = place + 6;
		const char *colon = strchr(label, ':');
		CLEANUP(mem_free_string)
		char *name = xstrndup(label, colon ? (size_t)(colon - label) : strlen(label));
		rc = take_from_volume(name, colon ? colon + 1 : "/domus.conf", ret_from, err);
		/* What was named must be there. */
		if (rc < 0 && err->code == ERR_MISSING)
			err->code = ERR_INVALID;
		return rc;
	}
	if (strncmp(place, "http://", 7) == 0 || strncmp(place, "https://", 8) == 0)
		rc = fetch_http(place, err);
	else if (strncmp(place, "tftp://", 7) == 0)
		rc = fetch_tftp(place, err);
	else
		return err_set(err, ERR_INVALID, 0,
			_("domus.config=%s: give https://, http://, tftp:// or LABEL=NAME:/path"),
			place);
	if (rc == 0)
		*ret_from = xstrdup(place);
	return rc;
}

int discover_file(char **ret_from, struct err *err)
{
	CLEANUP(mem_free_string) char *place = kernel_word("/", "domus.config");
	if (place)
		return take_named(place, ret_from, err);
	if (take_from_volume(VOLUME_LABEL, "/domus.conf", ret_from, err) == 0)
		return 0;
	if (err->code != ERR_MISSING)
		return -1;
	if (!file_exists("/", MEDIUM_FILE))
		return err_set(err, ERR_MISSING, 0,
			_("no file found: none is named by domus.config=, no volume is labelled %s, and "
			  "the medium has no /domus.conf"),
			VOLUME_LABEL);
	if (copy_to_place("/", MEDIUM_FILE, err) < 0)
		return -1;
	*ret_from = xstrdup(_("/domus.conf on the medium"));
	return 0;
}
