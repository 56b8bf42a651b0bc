/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the file of an unattended installation is. */
#ifndef DOMUS_DISCOVER_H
#define DOMUS_DISCOVER_H

#include "err.h"

/*
 * Fetches the file to PLAN_DIR/domus.conf: what domus.config= on the kernel's command line names, else
 * domus.conf on the volume labelled DOMUSCFG, else /domus.conf on the medium. ret_from says in words
 * where it was; the caller frees. ERR_MISSING when there is none.
 */
int discover_file(char **ret_from, struct err *err);

#define DISCOVER_FILE PLAN_DIR "/domus.conf"

#endif
