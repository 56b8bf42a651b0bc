/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether something is mounted on a directory, and how much room it has. */
#ifndef DOMUS_MOUNTED_H
#define DOMUS_MOUNTED_H

#include <stdbool.h>
#include <stdint.h>

/* By root/proc/mounts; path without a space. */
bool mounted_is(const char *root, const char *path);

/*
 * Bytes of the file system that is mounted there. False if there is none, or nobody answers within
 * some seconds: it is asked by stat(1), which can be given up; a server that is away answers no call,
 * ever.
 */
bool mounted_room(const char *root, const char *path, uint64_t *ret_size, uint64_t *ret_free);

#endif
