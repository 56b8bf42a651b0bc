/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Repair of what hangs on an installed host's file: boot arguments, root's password, components. */
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "bootcfg.h"
#include "cfg.h"
#include "exec_private.h"
#include "file.h"
#include "hostconf.h"
#include "lang.h"
#include "mem.h"

static int set_password(
	const char *path, struct host_config *config, const char *hash, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	mem_wipe_string(config->root_password);
	free(config->root_password);
	config->root_password = xstrdup(hash);
	str_add(&text, "# This host, see domus-host(8); `domus-host schema` explains every key.\n");
	schema_write(&host_schema, config, &text);
	return file_write("/", path, str_text(&text), text.len, 0600, err);
}

/* The text with one line more or another one: the user's comments stay. */
static void put_components(const char *text, const struct strlist *components, struct str *out)
{
	CLEANUP(cfg_dispose) struct cfg cfg = CFG_INIT;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(mem_free_string) char *words = strlist_join(components);
	cfg_parse(text, strlen(text), &cfg, &problems);
	const struct cfg_section *section = cfg_find_section(&cfg, "install", NULL);
	unsigned at = cfg_line_of(&cfg, "install", NULL, "components", 0);
	unsigned line = 1;
	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n', line++) {
		if (line != at || line == section->line)
			str_add(out, "%.*s\n", (int)strcspn(p, "\n"), p);
		if (line == at)
			str_add(out, "components = %s\n", words);
	}
	if (!section)
		str_add(out, "\n[install]\ncomponents = %s\n", words);
}

static int add_component(const char *path, const char *name, struct err *err)
{
	const struct hostconf_context context = {.zoneinfo_root = NULL};
	CLEANUP(hostconf_dispose) struct host_config config;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(str_dispose) struct str now = STR_INIT;
	hostconf_init(&config);
	if (hostconf_read_file("/", path, &context, SCHEMA_LENIENT, &config, &problems, err) < 0 ||
		file_read("/", path, CFG_FILE_MAX, &text, err) < 0)
		return -1;
	if (strlist_has(&config.components, name))
		return 0;
	strlist_add(&config.components, name);
	put_components(str_text(&text), &config.components, &now);
	return file_write("/", path, str_text(&now), now.len, 0600, err);
}

/* Held as domus-host holds it; the caller closes. */
static int lock_dir_of(const char *path, int *ret_fd, struct err *err)
{
	CLEANUP(mem_free_string) char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	if (file_open_dir("/", dir, ret_fd, err) < 0)
		return -1;
	if (flock(*ret_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return err_set(
		err, ERR_TIMEOUT, 0, _("somebody else is changing %s: try again later"), path);
}

/* Words from the fourth on. */
static int add_to_all(const struct strlist *argv, struct err *err)
{
	CLEANUP(file_close) int lock = -1;
	if (lock_dir_of(argv->items[0], &lock, err) < 0)
		return -1;
	if (add_component(argv->items[0], argv->items[3], err) < 0)
		return -1;
	for (size_t i = 4; i < argv->count; i++)
		if (file_exists("/", argv->items[i]) &&
			add_component(argv->items[i], argv->items[3], err) < 0)
			return -1;
	return 0;
}

int exec_host_conf(const struct plan_op *op, struct err *err)
{
	const char *path = op->argv.items[0];
	const struct hostconf_context context = {.zoneinfo_root = NULL};
	CLEANUP(hostconf_dispose) struct host_config config;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(str_dispose) struct str args = STR_INIT;
	uint64_t memory_mib = strtoull(op->argv.items[2], NULL, 10);
	if (op->argv.count > 3 && add_to_all(&op->argv, err) < 0)
		return -1;
	hostconf_init(&config);
	if (hostconf_read_file("/", path, &context, SCHEMA_LENIENT, &config, &problems, err) < 0)
		return -1;
	if (problems.errors) {
		const struct problem *p = problems_first(&problems);
		return err_set(err, ERR_INVALID, 0,
			_("the host's file is damaged (line %u: %s); correct it on the state partition"),
			p->line, p->text);
	}
	if (op->data.len && set_password(path, &config, str_text(&op->data), err) < 0)
		return -1;
	bootcfg_args(&config, memory_mib, &args);
	return file_write("/", op->argv.items[1], str_text(&args), args.len, 0644, err);
}
