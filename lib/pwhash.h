/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passwords as hashes: SHA-512 ($6$), which every C library's crypt knows. */
#ifndef DOMUS_PWHASH_H
#define DOMUS_PWHASH_H

#include <stdbool.h>

#include "err.h"

#define PWHASH_PASSWORD_MAX 256u /* bytes */

/* A hash with a new random salt. The caller frees. ERR_INVALID: empty, too long, control characters. */
int pwhash_make(const char *password, char **ret_hash, struct err *err);

/* True when the password is the one of the hash; a locked or empty field ("*", "") fits none. */
bool pwhash_is_right(const char *hash, const char *password);

#endif
