/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that reads what a guest wrote: no root, no network, nothing to see but one disk. */
#ifndef TAKER_CONFINE_H
#define TAKER_CONFINE_H

#include <sys/types.h>

#include "err.h"

/* Where the disk is inside. */
#define CONFINE_DISK "/disk"
/* So much may be written to one file, and so much memory used. */
#define CONFINE_FILE_MAX (512ULL << 20)
#define CONFINE_MEMORY_MAX (512ULL << 20)
#define CONFINE_CPU_S 60

/*
 * For a child process alone, as root: new namespaces, a root of its own with /usr to be read and
 * the block device disk as CONFINE_DISK, then uid nobody, no capabilities, limits. The process is
 * to fork once more: only its children are in the new PID namespace.
 */
int confine(dev_t disk, struct err *err);

#endif
