/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot loader's arguments on the EFI system partition. New ones are tried once: GRUB turns the
 * word `try` into `bad` before it uses them, and only a host that came up keeps them.
 */
#ifndef DOMUS_HOST_BOOTARGS_H
#define DOMUS_HOST_BOOTARGS_H

#include <stdbool.h>

#include "hostconf.h"
#include "str.h"

enum bootargs_state {
	BOOTARGS_SAME,    /* the boot loader has what the configuration says */
	BOOTARGS_DIFFER,  /* it has something else, and nothing is going to be tried */
	BOOTARGS_TRY,     /* the next start tries the new ones */
	BOOTARGS_RUNNING, /* this start tries them; they are kept when it is healthy */
	BOOTARGS_BAD,     /* they were tried and the host did not come up */
};

/* True on an installed host, whose start can be changed. */
bool bootargs_are_there(const char *root);
/* Has the next start try what config says; nothing to do when the boot loader has it already. */
int bootargs_try(const char *root, const struct host_config *config, struct err *err);
int bootargs_read_state(const char *root, const struct host_config *config,
	enum bootargs_state *ret_state, struct err *err);
/*
 * The host came up: arguments that this start tried are kept from now on. *ret_was_bad: some were
 * tried, and this is the start after it, with the former ones.
 */
int bootargs_settle(const char *root, bool *ret_was_bad, struct err *err);

#endif
