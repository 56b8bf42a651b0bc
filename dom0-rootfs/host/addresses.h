/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses this machine has at the moment, for people: no loopback, no link-local ones. */
#ifndef DOMUS_HOST_ADDRESSES_H
#define DOMUS_HOST_ADDRESSES_H

#include <stddef.h>

#include "str.h"

/* Owns both lists; the same index belongs together. */
struct addresses {
	struct strlist ifnames;
	struct strlist texts; /* without prefix length */
};

#define ADDRESSES_INIT {.ifnames = STRLIST_INIT, .texts = STRLIST_INIT}

/* Asks the kernel; without an answer the lists stay empty. */
void addresses_read(struct addresses *ret_addresses);
void addresses_of(const struct addresses *addresses, const char *ifname, struct strlist *ret_texts);
void addresses_dispose(struct addresses *addresses);

#endif
