/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where CD images lie: the library's own directory, and one in each pool that is a directory. */
#ifndef VMWIZARD_PLACES_H
#define VMWIZARD_PLACES_H

#include "vmwizard/host.h"

/* The installation's own pool, as --pool names it. */
#define PLACES_LIBRARY "library"

/*
 * Its own first, then those of mounted pools, then pools of the host's file that are not there now (their
 * disk or server being gone). Into host->places and host->isos. Never fails, and waits for no server for
 * longer than some seconds.
 */
void places_read(const char *root, struct vm_host *host);

/*
 * The place for images in a pool (NULL: the library's own); an error says why there is none, and names
 * pools that have one. LVM pools are told by host->pools and by the host's file.
 */
int places_choose(const char *root, const struct vm_host *host, const char *pool,
	const struct vm_place **ret_place, struct err *err);

/* An image by its path, or by its file's name where only one has it. */
int places_find(const struct vm_host *host, const char *name, const struct vm_iso **ret_iso,
	struct err *err);

#endif
