/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The squashfs layers and the root that is stacked from them. */
#ifndef EARLY_LAYERS_H
#define EARLY_LAYERS_H

#include "text.h"

#define NEW_ROOT "/newroot"

/*
 * Copy the medium's files into memory, put them in its place, and let go of it. Too little memory
 * is a warning, and the medium stays in use. wanted: as domus.layers=, empty for all.
 */
int layers_copy_to_ram(const char *wanted, struct why *why);

/* Mount every wanted layer and the overlay of them at NEW_ROOT. */
int layers_mount_root(const char *wanted, struct why *why);

#endif
