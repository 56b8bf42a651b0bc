/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A specification in a few words, as the summary page and the lists show it. Pure. */
#ifndef PAGES_TEXTS_H
#define PAGES_TEXTS_H

#include "vmwizard/host.h"

void texts_hardware(const struct vm_spec *spec, struct str *text);
void texts_disks(const struct vm_spec *spec, struct str *text);
void texts_disk(const struct vm_disk *disk, struct str *text);
void texts_nics(const struct vm_spec *spec, struct str *text);
void texts_nic(const struct vm_nic *nic, enum vm_method method, struct str *text);
void texts_install(const struct vm_spec *spec, const struct profile *profile, struct str *text);
void texts_options(const struct vm_spec *spec, struct str *text);
/* Above a list of the library's images; the caller frees. */
char *texts_library(const struct vm_host *host);

#endif
