/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domus as it is installed on disks of this machine. */
#ifndef DOMUS_HOSTS_H
#define DOMUS_HOSTS_H

#include "machine.h"

/* Fills hosts from disks; reads_disks: their boot environments too, else these stay "". */
void hosts_find(struct machine *machine, bool reads_disks);
void hosts_dispose(struct machine *machine);

#endif
