/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logins, through the host's file. */
#ifndef DOMUS_HOST_ACCOUNTS_H
#define DOMUS_HOST_ACCOUNTS_H

#include "err.h"

/* Writes the hash of a password for root or a user of the file; not in force yet. */
int accounts_set_password(
	const char *root, const char *login, const char *password, struct err *err);
/* A new user with the next free uid, without password and key; not in force yet. */
int accounts_add(const char *root, const char *name, struct err *err);

#endif
