/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock that hotplug scripts share: Xen's own (locking.sh) claim and release it in the same way. */
#ifndef DOMUS_HOTPLUG_LOCK_H
#define DOMUS_HOTPLUG_LOCK_H

#include "err.h"

#define LOCK_DIR "/run/xen-hotplug"

struct lock {
	char path[256];
	int fd; /* -1: not claimed */
};

#define LOCK_INIT {.path = "", .fd = -1}

/* Waits at most 30 s (libxl kills a script after 40): then ERR_TIMEOUT. */
int lock_claim(const char *directory, const char *name, struct lock *lock, struct err *err);
/* Also for CLEANUP(). */
void lock_release(struct lock *lock);

#endif
