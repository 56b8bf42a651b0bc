/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host diagnostics: a bundle for whoever helps, with the secrets left out. */
#define _GNU_SOURCE
#include "diagnostics.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "host.h"
#include "lang.h"
#include "mem.h"
#include "proc.h"

enum { TOOL_TIMEOUT_MS = 30000, OUTPUT_MAX_BYTES = 1024 * 1024, FILE_MAX_BYTES = 8 * 1024 * 1024 };

/* What is asked, and the file its answer goes to. */
static const struct {
	const char *name;
	const char *words;
} programs[] = {
	{"status", "domus-host status"},
	{"diff", "domus-host diff"},
	{"get", "domus-host get"},
	{"services", "domus-host services"},
	{"network", "domus-host network status"},
	{"boot", "domus-host boot"},
	{"xl-info", "xl info"},
	{"xl-list", "xl list -v"},
	{"xl-dmesg", "xl dmesg"},
	{"dmesg", "dmesg"},
	{"ip-address", "ip address"},
	{"ip-route", "ip route"},
	{"bridge", "bridge link"},
	{"nft", "nft list ruleset"},
	{"lsmod", "lsmod"},
	{"processes", "ps"},
	{"free", "free"},
	{"df", "df -h"},
	{"blkid", "blkid"},
	{"pvs", "pvs"},
	{"vgs", "vgs"},
	{"lvs", "lvs -a"},
};

/* Files taken as they are; none of them holds a secret. */
static const char *const files[] = {"/etc/domus-release", "/proc/cmdline", "/proc/meminfo",
	"/proc/cpuinfo", "/proc/modules", "/var/log/messages", "/var/log/messages.0",
	"/var/log/domus-install.log", "/var/log/domus-apply.log"};

/* Names of settings whose value is not for others, and how hashes begin. */
static const char *const secret_names[] = {"passw", "psk", "secret", "token"};
static const char *const hashes[] = {"$6$", "$5$", "$1$", "$y$"};

/* Where the secret of a line begins, or NULL. */
static const char *find_secret(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (strstr(line, hashes[i]))
			return strstr(line, hashes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(secret_names); i++) {
		const char *name = strcasestr(line, secret_names[i]);
		const char *sign = name ? strchr(name, '=') : NULL;
		if (sign)
			return sign + 1;
	}
	return NULL;
}

void diagnostics_redact(const char *text, struct str *ret_text)
{
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	strlist_add_lines(&lines, text);
	for (size_t i = 0; i < lines.count; i++) {
		const char *line = lines.items[i];
		const char *secret = find_secret(line);
		if (secret)
			str_add(ret_text, "%.*s(left out)\n", (int)(secret - line), line);
		else
			str_add(ret_text, "%s\n", line);
	}
}

static int put(const char *dir, const char *name, const char *text, struct err *err)
{
	CLEANUP(str_dispose) struct str clean = STR_INIT;
	CLEANUP(mem_free_string) char *path = xasprintf("%s/%s", dir, name);
	diagnostics_redact(text, &clean);
	return file_write("/", path, str_text(&clean), clean.len, 0600, err);
}

static int take_program(const char *dir, const char *name, const char *words, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist argv = STRLIST_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err why = ERR_INIT;
	struct proc_result result = PROC_RESULT_INIT;
	strlist_add_words(&argv, words);
	const struct proc_spec spec = {.argv = (const char *const *)argv.items,
		.timeout_ms = TOOL_TIMEOUT_MS,
		.output_max_bytes = OUTPUT_MAX_BYTES};
	int rc = proc_run(&spec, &result, &why);
	str_add(&text, "$ %s\n%s%s%s\n", words, str_text(&result.output), str_text(&result.errors),
		rc < 0 ? why.text : "");
	proc_result_dispose(&result);
	return put(dir, name, str_text(&text), err);
}

/* Guests' files: plain text, VNC's password is their one secret. */
static int take_guests(const char *root, const char *dir, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	(void)file_list_suffix(root, "/etc/xen", ".cfg", &names, NULL);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_free_string) char *path = xasprintf("/etc/xen/%s.cfg", names.items[i]);
		CLEANUP(mem_free_string) char *name = xasprintf("guest-%s.cfg", names.items[i]);
		CLEANUP(str_dispose) struct str text = STR_INIT;
		if (file_read(root, path, FILE_MAX_BYTES, &text, NULL) == 0 &&
			put(dir, name, str_text(&text), err) < 0)
			return -1;
	}
	return 0;
}

static int fill(const char *root, const char *dir, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (take_program(dir, programs[i].name, programs[i].words, err) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		const char *name = strrchr(files[i], '/') + 1;
		if (file_read(root, files[i], FILE_MAX_BYTES, &text, NULL) == 0 &&
			put(dir, name, str_text(&text), err) < 0)
			return -1;
	}
	return take_guests(root, dir, err);
}

static void remove_dir(const char *dir)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	(void)file_list_dir("/", dir, &names, NULL);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_free_string) char *path = xasprintf("%s/%s", dir, names.items[i]);
		(void)file_remove("/", path, NULL);
	}
	(void)rmdir(dir);
}

int diagnostics_write(const char *root, const char *path, struct err *err)
{
	CLEANUP(mem_free_string) char *parent = xstrdup("/tmp/domus-diagnostics.XXXXXX");
	if (!mkdtemp(parent))
		return err_set(err, ERR_IO, errno, "%s", _("cannot make a directory in /tmp"));
	int rc = fill(root, parent, err);
	if (rc == 0) {
		const char *const argv[] = {"tar", "-czf", path, "-C", parent, ".", NULL};
		const struct proc_spec spec = {.argv = argv, .timeout_ms = TOOL_TIMEOUT_MS};
		mode_t old = umask(077);
		rc = proc_run_ok(&spec, err);
		(void)umask(old);
	}
	remove_dir(parent);
	return rc;
}

int command_diagnostics(const struct options *options)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	struct err err = ERR_INIT;
	(void)gmtime_r(&now, &tm);
	(void)strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	CLEANUP(mem_free_string)
	char *path = options->n_args ? file_absolute(options->args[0])
				     : xasprintf("/root/domus-%s.tar.gz", stamp);
	if (diagnostics_write(options->root, path, &err) < 0)
		return host_fail(options, &err);
	if (options->is_json)
		host_print_json(json_pack("{s:s, s:s}", "outcome", "done", "path", path));
	else
		(void)printf("%s\n", path);
	return 0;
}
