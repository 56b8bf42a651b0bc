/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state partition, where settings, logs and home directories are: is it nearly full? */
#ifndef HOST_STATEFILL_H
#define HOST_STATEFILL_H

#include <stdint.h>

#include "err.h"
#include "str.h"

struct statefill {
	uint64_t total_bytes, free_bytes;
	uint64_t total_files, free_files; /* 0, 0 where the file system does not count them */
};

/* One line when it is nearly full, else nothing. */
void statefill_text(const struct statefill *fill, struct str *ret_text);

/* Records it for the console, log-ins and status under root, or takes the record away. No partition: 0. */
int statefill_check(const char *root, struct err *err);

#endif
