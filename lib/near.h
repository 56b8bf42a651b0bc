/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean": the nearest of some known names. */
#ifndef DOMUS_NEAR_H
#define DOMUS_NEAR_H

#include <stddef.h>

/*
 * The one of count names that is nearest to word (typing errors, case), or NULL when none is near
 * enough to be worth proposing.
 */
const char *near_find(const char *word, const char *const *names, size_t count);

#endif
