/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the memory of a saved guest lies: whoever starts guests goes on from there. */
#ifndef DOMUS_SAVEDGUEST_H
#define DOMUS_SAVEDGUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "str.h"

#define SAVEDGUEST_LIBRARY "/srv/domus/save"
#define SAVEDGUEST_STATE "/var/lib/xen/save"
#define SAVEDGUEST_LIST "/var/lib/domus/saved-guests"

/* The directory that the next one is saved in: of the library, where there is one. */
const char *savedguest_dir(const char *root);
/* The file that holds the guest's memory, or NULL: it was not saved. The caller frees. */
char *savedguest_path(const char *root, const char *name);

/* A place for saved guests. */
struct savedguest_place {
	uint64_t size_bytes, free_bytes; /* of the file system */
	bool is_in_memory;               /* gone with the host */
	bool has_pool;                   /* the file system lies in a thin pool */
	uint64_t pool_free_bytes;
};
/* What statfs(2) knows of savedguest_dir(), which is made; nothing of a pool. */
int savedguest_look(const char *root, struct savedguest_place *ret_place, struct err *err);
/* ERR_RANGE, and how much would be enough, unless a guest of so much memory fits and a margin stays. */
int savedguest_check_room(
	const struct savedguest_place *place, uint64_t memory_bytes, struct err *err);

/*
 * Guests that the host saved as it stopped, and that it lets go on as it starts, whether they start
 * with it or not: a name a line in SAVEDGUEST_LIST.
 */
int savedguest_note(const char *root, const char *name, struct err *err);
/* Those of them that are saved. */
void savedguest_noted(const char *root, struct strlist *ret_names);
int savedguest_forget_notes(const char *root, struct err *err);

#endif
