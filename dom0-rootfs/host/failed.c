/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with this host: a file each, which status, log-ins and the console show. */
#include "failed.h"

#include <string.h>

#include "file.h"
#include "mem.h"

int failed_set(const char *root, const char *name, const char *reason, struct err *err)
{
	CLEANUP(mem_free_string) char *path = xasprintf(FAILED_DIR "/%s", name);
	if (!reason || !reason[0])
		return file_remove(root, path, err);
	CLEANUP(mem_free_string) char *text = xasprintf("%s\n", reason);
	if (file_make_dirs(root, FAILED_DIR, 0755, err) < 0)
		return -1;
	return file_update(root, path, text, strlen(text), 0644, err);
}
