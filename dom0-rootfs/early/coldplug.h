/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules for the hardware that is there. */
#ifndef EARLY_COLDPLUG_H
#define EARLY_COLDPLUG_H

#include <stdbool.h>

struct coldplug {
	char **seen; /* sorted, owned; aliases that modprobe was given already */
	unsigned int seen_count;
	int events; /* netlink socket with the kernel's device events, -1 if there is none */
};

void coldplug_init(struct coldplug *coldplug);
void coldplug_dispose(struct coldplug *coldplug);

/* Load the modules that are needed whatever the hardware is. -1 if modprobe itself cannot run. */
int coldplug_load_always(void);

/* Load modules for every device that has appeared since the last call. True if there were any. */
bool coldplug_load_new(struct coldplug *coldplug);

/* Wait until the kernel reports a device, at most so long. */
void coldplug_wait(struct coldplug *coldplug, int timeout_ms);

#endif
