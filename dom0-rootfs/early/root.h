/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leaving the initramfs for the real root. */
#ifndef EARLY_ROOT_H
#define EARLY_ROOT_H

#include "text.h"

/* Mount what this program needs: proc, sys, dev, run. */
int root_mount_basics(struct why *why);

/* Move to new_root, free the memory of the initramfs (but keep its directory `keep`), run init. */
int root_switch(const char *new_root, const char *keep, const char *init, struct why *why);

#endif
