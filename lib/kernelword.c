/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel was told on its command line. */
#include "kernelword.h"

#include <string.h>

#include "file.h"
#include "mem.h"

enum { CMDLINE_MAX_BYTES = 65536 };

char *kernel_word(const char *root, const char *name)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	size_t len = strlen(name);
	if (file_read(root, "/proc/cmdline", CMDLINE_MAX_BYTES, &text, NULL) < 0)
		return NULL;
	for (const char *p = str_text(&text); *p; p += strcspn(p, " \n"), p += strspn(p, " \n"))
		if (strncmp(p, name, len) == 0 && p[len] == '=')
			return xstrndup(p + len + 1, strcspn(p + len + 1, " \n"));
	return NULL;
}
