/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bundle of facts for whoever helps, with the secrets left out. */
#ifndef DOMUS_HOST_DIAGNOSTICS_H
#define DOMUS_HOST_DIAGNOSTICS_H

#include "err.h"
#include "str.h"

/* Writes a tar.gz, mode 0600. */
int diagnostics_write(const char *root, const char *path, struct err *err);
/* The lines without what stands behind a password, key or hash. Pure. */
void diagnostics_redact(const char *text, struct str *ret_text);

#endif
