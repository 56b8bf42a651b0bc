/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running xl and LVM: their errors in words, and what came of it read back from Xen. */
#ifndef VMWIZARD_COMMAND_H
#define VMWIZARD_COMMAND_H

#include "err.h"
#include "str.h"

#define COMMAND_START_MS 180000
#define COMMAND_MS 60000

/* -1 with the reason in words (explain_xl()). */
int command_run(const struct strlist *argv, unsigned timeout_ms, struct err *err);
/* A guest that was just started is there and stays for two seconds, or why not. */
int command_wait_alive(const char *name, struct err *err);
/*
 * Until the descriptor is closed domus-monitor leaves a guest alone: one that dies at its first start
 * is not made anew behind our back. -1 where no monitor runs.
 */
int command_lock(const char *root, const char *uuid);
/* The running guest with this uuid is destroyed, as often as it comes back. */
void command_take_away(const char *uuid);

/* In what is said of a CD that the guest uses. */
#define COMMAND_CD_LOCKED "is locked and force"

/* The reason in what xl wrote to its standard error; pure. */
void explain_xl(const char *stderr_text, struct str *ret_reason);

#endif
