/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domus as it is installed on disks of this machine: their partitions and boot environments. */
#define _GNU_SOURCE
#include "hosts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "bootcfg.h"
#include "file.h"
#include "mem.h"
#include "plan.h"

#define ESP_DIR PLAN_DIR "/esp"

/* Read-only; "" when it cannot be read. The caller frees. */
static char *read_environment(const char *device)
{
	CLEANUP(str_dispose) struct str block = STR_INIT;
	if (file_make_dirs("/", ESP_DIR, 0700, NULL) < 0 ||
		mount(device, ESP_DIR, "vfat", MS_RDONLY | MS_NOSUID | MS_NODEV, "") < 0)
		return xstrdup("");
	(void)file_read(ESP_DIR, BOOTCFG_DIR "/grubenv", 65536, &block, NULL);
	(void)umount2(ESP_DIR, MNT_DETACH);
	return xstrdup(str_text(&block));
}

static void find_part(
	const struct disk_info *disk, const char *label, char **ret_path, char **ret_uuid)
{
	for (size_t i = 0; i < disk->n_parts; i++) {
		const struct disk_part *part = &disk->parts[i];
		if (strcmp(part->label, label) != 0)
			continue;
		*ret_path = xasprintf("/dev/%s", part->name);
		*ret_uuid = xstrdup(part->uuid);
		return;
	}
	*ret_path = xstrdup("");
	*ret_uuid = xstrdup("");
}

void hosts_find(struct machine *m, bool reads_disks)
{
	for (size_t i = 0; i < m->disks.count; i++) {
		const struct disk_info *disk = &m->disks.disks[i];
		if (!disk_has_domus(disk))
			continue;
		m->hosts = xreallocarray(m->hosts, m->n_hosts + 1, sizeof(*m->hosts));
		struct installed_host *host = &m->hosts[m->n_hosts++];
		*host = (struct installed_host){.disk = xstrdup(disk->path)};
		find_part(disk, "DOMUS-ESP", &host->esp, &host->esp_uuid);
		find_part(disk, "DOMUS-A", &host->slot_a, &host->slot_a_uuid);
		find_part(disk, "DOMUS-B", &host->slot_b, &host->slot_b_uuid);
		find_part(disk, "DOMUS-STATE", &host->state, &host->state_uuid);
		host->environment = reads_disks ? read_environment(host->esp) : xstrdup("");
	}
}

void hosts_dispose(struct machine *m)
{
	for (size_t i = 0; i < m->n_hosts; i++) {
		struct installed_host *h = &m->hosts[i];
		char *const texts[] = {h->disk, h->environment, h->esp, h->slot_a, h->slot_b,
			h->state, h->esp_uuid, h->slot_a_uuid, h->slot_b_uuid, h->state_uuid};
		for (size_t j = 0; j < ARRAY_SIZE(texts); j++)
			free(texts[j]);
	}
	free(m->hosts);
	m->hosts = NULL;
	m->n_hosts = 0;
}
