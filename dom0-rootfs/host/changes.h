/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two configurations of a host, key by key of the schema. Pure. */
#ifndef DOMUS_HOST_CHANGES_H
#define DOMUS_HOST_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "hostconf.h"
#include "str.h"

struct change {
	const struct schema_key *key; /* NULL: a whole section that another schema judges */
	char *kind;
	char *name;   /* NULL for a section without a name */
	char *before; /* values in one line, "(set)" for a secret; "" when it is not there */
	char *after;
};

/* Owns its changes, which stand in the order of the schema. */
struct changes {
	struct change *items;
	size_t count;
};

#define CHANGES_INIT {.items = NULL, .count = 0}

void changes_build(const struct host_config *before, const struct host_config *after,
	struct changes *ret_changes);
void changes_dispose(struct changes *changes);

/* "[bridge xenbr0] mtu: auto -> 9000 (at once)"; the caller frees. */
char *change_text(const struct change *change);
/* "live", "boot", "install". */
const char *change_when(const struct change *change);

/* The element of a named section called name, or the configuration itself; NULL without it. */
const void *changes_find_base(
	const struct host_config *config, const struct schema_section *section, const char *name);

#endif
