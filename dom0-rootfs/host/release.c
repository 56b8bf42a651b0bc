/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Product and version of the running system, from /etc/domus-release. */
#include "release.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mem.h"
#include "str.h"

#define RELEASE_PATH "/etc/domus-release"

/* Value of "KEY=value" or "KEY='value'", one a line; fallback without it. The caller frees. */
static char *value_of(const char *text, const char *key, const char *fallback)
{
	size_t key_len = strlen(key);
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n");
		if (len > key_len && strncmp(p, key, key_len) == 0 && p[key_len] == '=') {
			const char *value = p + key_len + 1;
			size_t value_len = len - key_len - 1;
			if (value_len >= 2 && (value[0] == '"' || value[0] == '\'') &&
				value[value_len - 1] == value[0]) {
				value++;
				value_len -= 2;
			}
			return xstrndup(value, value_len);
		}
		p += len + (p[len] == '\n');
	}
	return xstrdup(fallback);
}

void release_read(const char *root, struct release *ret_release)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	(void)file_read(root, RELEASE_PATH, 64 * 1024, &text, NULL);
	ret_release->product = value_of(str_text(&text), "PRODUCT", "Domus");
	ret_release->version = value_of(str_text(&text), "VERSION", "unknown");
	ret_release->build = value_of(str_text(&text), "BUILD", "");
}

void release_dispose(struct release *release)
{
	mem_free_string(&release->product);
	mem_free_string(&release->version);
	mem_free_string(&release->build);
}
