/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Repair of what hangs on an installed host's file: boot arguments, root's password. */
#include <stdlib.h>
#include <string.h>

#include "bootcfg.h"
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

int exec_host_conf(const struct plan_op *op, struct err *err)
{
	const char *path = op->argv.items[0];
	const struct hostconf_context context = {.zoneinfo_root = NULL};
	CLEANUP(hostconf_dispose) struct host_config config;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(str_dispose) struct str args = STR_INIT;
	uint64_t memory_mib = strtoull(op->argv.items[2], NULL, 10);
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
