/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts and names that starting and stopping all guests share; no I/O. */
#include "guests.h"

#include <stdlib.h>
#include <string.h>

#include "dom0-rootfs/monitor/text.h"
#include "mem.h"

bool guests_is_config_name(const char *name)
{
	static const char *const leftovers[] = {
		"~",
		".bak",
		".swp",
		".orig",
		".rej",
		".dpkg-old",
		".dpkg-dist",
		".dpkg-new",
		".dpkg-tmp",
		".save",
	};

	if (name[0] == '\0' || name[0] == '.' || name[0] == '#')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(leftovers); i++) {
		if (text_ends(name, leftovers[i]))
			return false;
	}
	return true;
}

char *guests_progress_text(const struct strlist *names, int left_s)
{
	CLEANUP(mem_free_string) char *all = strlist_join(names);

	return xasprintf("waiting for %zu guest%s: %s (%d s left)", names->count,
		names->count == 1 ? "" : "s", all, left_s);
}
