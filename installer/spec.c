/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that decides an installation, and what must be there whatever the machine is. */
#define _GNU_SOURCE
#include "spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "file.h"
#include "lang.h"
#include "mem.h"

void spec_init(struct install_spec *spec)
{
	*spec = (struct install_spec){.cfg = CFG_INIT};
	hostconf_init(&spec->config);
}

void spec_dispose(struct install_spec *spec)
{
	hostconf_dispose(&spec->config);
	cfg_dispose(&spec->cfg);
	mem_free_string(&spec->file_path);
}

int spec_read_file(
	struct install_spec *spec, const char *path, struct problems *problems, struct err *err)
{
	CLEANUP(mem_free_string) char *full = file_absolute(path);
	const struct hostconf_context context = {
		.zoneinfo_root = file_exists("/", "/usr/share/zoneinfo") ? "/" : NULL,
		.judges_login = true};
	spec_dispose(spec);
	spec_init(spec);
	spec->file_path = xstrdup(path);
	if (cfg_read_file("/", full, &spec->cfg, problems, err) < 0)
		return -1;
	hostconf_read_cfg(&spec->cfg, &context, SCHEMA_STRICT, &spec->config, problems);
	return 0;
}

static unsigned line_of(const struct install_spec *spec, const char *section, const char *key)
{
	return cfg_line_of(&spec->cfg, section, NULL, key, 0);
}

static bool names_disk(const struct host_config *config)
{
	return config->disk_serial[0] || config->disk_wwn[0] || config->disk_path[0] ||
	       config->disk_model[0] || config->disk_min_mib || config->disk_max_mib ||
	       config->disk_is_only;
}

bool spec_gives_settings(const struct install_spec *spec)
{
	return spec->config.mode == HOST_MODE_NEW || spec->config.mode == HOST_MODE_REINSTALL;
}

void spec_check(const struct install_spec *spec, struct problems *problems)
{
	const struct host_config *config = &spec->config;
	if (config->licence != HOST_LICENCE_ACCEPTED)
		problems_add(problems, PROBLEM_ERROR, line_of(spec, "install", "licence"),
			_("[install] licence: an installation needs \"licence = accepted\""));
	/* What a machine needs that is there already is not asked again. */
	if (!spec_gives_settings(spec))
		return;
	if (config->mode == HOST_MODE_NEW && !names_disk(config))
		problems_add(problems, PROBLEM_ERROR, line_of(spec, "disk", "serial"),
			_("[disk] names no disk: give serial, wwn, path, model, min-size or max-size, or "
			  "\"only = yes\" for the machine's only disk"));
	if (!hostconf_has_login(config))
		problems_add(problems, PROBLEM_ERROR, line_of(spec, "root", "password"),
			_("nobody could log in: give [root] a password or an ssh-key"));
}

static void set_text(char **target, const char *text)
{
	free(*target);
	*target = xstrdup(text);
}

static size_t count_same(const struct disk_inventory *disks, const char *text, bool is_wwn)
{
	size_t n = 0;
	for (size_t i = 0; i < disks->count; i++)
		n += strcmp(is_wwn ? disks->disks[i].wwn : disks->disks[i].serial, text) == 0;
	return n;
}

void spec_choose_disk(
	struct install_spec *spec, const struct disk_inventory *disks, const struct disk_info *disk)
{
	struct host_config *config = &spec->config;
	bool has_wwn = disk->wwn[0] && count_same(disks, disk->wwn, true) == 1;
	bool has_serial = disk->serial[0] && count_same(disks, disk->serial, false) == 1;
	set_text(&config->disk_serial, has_serial ? disk->serial : "");
	set_text(&config->disk_wwn, !has_serial && has_wwn ? disk->wwn : "");
	set_text(&config->disk_path, has_serial || has_wwn ? "" : disk->path);
	set_text(&config->disk_model, "");
	config->disk_min_mib = 0;
	config->disk_max_mib = 0;
	config->disk_is_only = false;
}

/* RFC 9562, 5.4: version 4. */
static void print_uuid(const unsigned char *b, char out[37])
{
	(void)snprintf(out, 37,
		"%02x%02x%02x%02x-%02x%02x-4%x%02x-%x%x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		b[2], b[3], b[4], b[5], b[6] & 15u, b[7], 8u + (b[8] & 3u), b[8] >> 4, b[9], b[10],
		b[11], b[12], b[13], b[14], b[15]);
}

void spec_name_ids(struct install_spec *spec)
{
	struct install_ids *ids = &spec->ids;
	(void)snprintf(ids->esp, sizeof(ids->esp), "(new)");
	char *const uuids[] = {ids->slot_a, ids->slot_b, ids->state, ids->library};
	for (size_t i = 0; i < ARRAY_SIZE(uuids); i++)
		(void)snprintf(uuids[i], sizeof(ids->slot_a), "(new)");
}

int spec_draw_ids(struct install_spec *spec, struct err *err)
{
	unsigned char bytes[4 * 16 + 4];
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return err_set(err, ERR_IO, errno, _("no random numbers"));
	struct install_ids *ids = &spec->ids;
	char *const uuids[] = {ids->slot_a, ids->slot_b, ids->state, ids->library};
	for (size_t i = 0; i < ARRAY_SIZE(uuids); i++)
		print_uuid(bytes + 16 * i, uuids[i]);
	(void)snprintf(ids->esp, sizeof(ids->esp), "%02X%02X-%02X%02X", bytes[64], bytes[65],
		bytes[66], bytes[67]);
	return 0;
}
