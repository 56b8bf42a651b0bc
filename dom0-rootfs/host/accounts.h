/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logins, through the host's file. */
#ifndef DOMUS_HOST_ACCOUNTS_H
#define DOMUS_HOST_ACCOUNTS_H

#include <stdint.h>

#include "err.h"
#include "hostconf.h"

/* Writes the hash of a password for root or a user of the file; not in force yet. */
int accounts_set_password(
	const char *root, const char *login, const char *password, struct err *err);
/* A new user with the next free uid, without password and key; not in force yet. */
int accounts_add(const char *root, const char *name, struct err *err);

/* The next uid that no user has or had. */
int64_t accounts_next_uid(const char *root, const struct host_config *config);

#endif
