/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the memory of a saved guest lies. */
#include "savedguest.h"

#include <stdlib.h>

#include "file.h"
#include "mem.h"

char *savedguest_path(const char *root, const char *name)
{
	static const char *const dirs[] = {SAVEDGUEST_LIBRARY, SAVEDGUEST_STATE};
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		char *path = xasprintf("%s/%s", dirs[i], name);
		if (file_is_regular(root, path))
			return path;
		free(path);
	}
	return NULL;
}
