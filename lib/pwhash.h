/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passwords as hashes: SHA-512 ($6$), which every C library's crypt knows. */
#ifndef DOMUS_PWHASH_H
#define DOMUS_PWHASH_H

#include "err.h"

#define PWHASH_PASSWORD_MAX 256u /* bytes */

/* A hash with a new random salt. The caller frees. ERR_INVALID: empty, too long, control characters. */
int pwhash_make(const char *password, char **ret_hash, struct err *err);

#endif
