/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a guest's files lie. */
#include "vmwizard/paths.h"

#include <stdlib.h>

#include "file.h"
#include "mem.h"

char *vm_cfg_path(const char *name)
{
	return xasprintf(VM_CFG_DIR "/%s.cfg", name);
}

char *vm_auto_path(const char *name)
{
	return xasprintf(VM_AUTO_DIR "/%s.cfg", name);
}

char *vm_saved_path(const char *root, const char *name)
{
	static const char *const dirs[] = {VM_LIBRARY_SAVE, VM_STATE_SAVE};
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		char *path = xasprintf("%s/%s", dirs[i], name);
		if (file_is_regular(root, path))
			return path;
		free(path);
	}
	return NULL;
}
