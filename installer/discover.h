/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the file of an unattended installation is. */
#ifndef DOMUS_DISCOVER_H
#define DOMUS_DISCOVER_H

#include <stdbool.h>

#include "err.h"
#include "str.h"

/*
 * Fetches the file to PLAN_DIR/domus.conf: what domus.config= on the kernel's command line names, else
 * domus.conf on the volume labelled DOMUSCFG, else /domus.conf on the medium. ret_from says in words
 * where it was; the caller frees. ERR_MISSING when there is none.
 */
int discover_file(char **ret_from, struct err *err);

/* Devices with this label, or with one that begins so; a disk and its first partition count once. */
int discover_volumes(
	const char *label, bool is_begin, struct strlist *ret_devices, struct err *err);

/* The device of the file system with this UUID; the caller frees. */
int discover_uuid(const char *uuid, char **ret_device, struct err *err);

#define DISCOVER_FILE PLAN_DIR "/domus.conf"

#endif
