/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host's facts as data. No Xen here, so that tests and facts from a file can use it. */
#include <stdlib.h>
#include <string.h>

#include "attrs.h"
#include "file.h"
#include "vmwizard/host.h"

void vm_host_init(struct vm_host *host)
{
	*host = (struct vm_host){.is_xen = false};
}

char *vm_missing_places(const struct vm_host *host)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	for (size_t i = 0; i < host->n_places; i++)
		if (!host->places[i].is_there)
			strlist_add(&names, host->places[i].pool);
	return names.count ? strlist_join_with(&names, ", ") : NULL;
}

void vm_host_dispose(struct vm_host *host)
{
	if (host->close_xen)
		host->close_xen(host->xen);
	for (size_t i = 0; i < VM_METHODS; i++)
		free(host->cannot[i]);
	for (size_t i = 0; i < host->n_pools; i++) {
		free(host->pools[i].name);
		free(host->pools[i].path);
	}
	for (size_t i = 0; i < host->n_isos; i++) {
		free(host->isos[i].path);
		free(host->isos[i].label);
		free(host->isos[i].pool);
	}
	for (size_t i = 0; i < host->n_places; i++) {
		free(host->places[i].pool);
		free(host->places[i].dir);
	}
	free(host->places);
	free(host->pools);
	free(host->isos);
	free(host->mirror);
	strlist_dispose(&host->bridges);
	strlist_dispose(&host->names);
	strlist_dispose(&host->used);
	strlist_dispose(&host->uuids);
	strlist_dispose(&host->macs);
	*host = (struct vm_host){.is_xen = false};
}

uint64_t vm_dom0_available_kib(const char *root)
{
	CLEANUP(str_dispose) struct str meminfo = STR_INIT;
	const char head[] = "MemAvailable:";
	if (file_read(root, "/proc/meminfo", 65536, &meminfo, NULL) < 0)
		return 0;
	const char *found = strstr(str_text(&meminfo), head);
	return found ? strtoull(found + strlen(head), NULL, 10) : 0;
}
