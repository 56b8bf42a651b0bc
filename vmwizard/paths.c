/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a guest's files lie. */
#include "vmwizard/paths.h"

#include <string.h>

#include "mem.h"

char *vm_cfg_path(const char *name)
{
	return xasprintf(VM_CFG_DIR "/%s.cfg", name);
}

char *vm_auto_path(const char *name)
{
	return xasprintf(VM_AUTO_DIR "/%s.cfg", name);
}

char *vm_volume_of(const char *path)
{
	const char *rest = strncmp(path, "/dev/", 5) == 0 ? path + 5 : NULL;
	const char *slash = rest ? strchr(rest, '/') : NULL;
	bool is_volume = slash && slash != rest && slash[1] && !strchr(slash + 1, '/') &&
			 strncmp(rest, "mapper/", 7) != 0 && strncmp(rest, "disk/", 5) != 0;
	return is_volume ? xstrdup(rest) : NULL;
}
