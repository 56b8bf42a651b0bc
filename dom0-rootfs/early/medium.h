/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding and mounting what Domus was started from: a medium, an installed slot, or the initramfs itself. */
#ifndef EARLY_MEDIUM_H
#define EARLY_MEDIUM_H

#include "cmdline.h"
#include "text.h"

#define MEDIUM_DIR "/run/domus/medium"
#define MEDIUM_DOMUS MEDIUM_DIR "/domus"
#define NETBOOT_DIR "/domus"

/* True if the layers came with the initramfs. */
bool medium_is_netboot(void);

/* Load modules until the medium shows up, then mount it read-only at MEDIUM_DIR. */
int medium_mount(const struct cmdline *cmdline, struct why *why);

#endif
