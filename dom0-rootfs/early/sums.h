/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing files with the medium's SHA256SUMS. */
#ifndef EARLY_SUMS_H
#define EARLY_SUMS_H

#include "text.h"

/*
 * Check the files of dir/SHA256SUMS whose name begins with prefix ("" for all), with progress,
 * and say the name of each that is damaged or missing. ret_bad: how many those are.
 * -1 if the list itself cannot be used.
 */
int sums_check(const char *dir, const char *prefix, unsigned int *ret_bad, struct why *why);

#endif
