/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and writing xenstore, in words when it fails. */
#include "store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 256 };

int store_open(struct xs_handle **ret_xs, struct err *err)
{
	struct xs_handle *xs = xs_open(0);
	if (!xs)
		return err_set(err, ERR_IO, errno, "cannot reach xenstored; does it run?");
	*ret_xs = xs;
	return 0;
}

char *store_read(struct xs_handle *xs, const char *fmt, ...)
{
	char path[PATH_ROOM];
	va_list args;

	va_start(args, fmt);
	int len = vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(path))
		return NULL;
	return xs_read(xs, XBT_NULL, path, NULL);
}

int store_read_must(struct xs_handle *xs, const char *directory, const char *key, char **ret_value,
	struct err *err)
{
	char *value = store_read(xs, "%s/%s", directory, key);
	if (!value || !value[0]) {
		free(value);
		return err_set(err, ERR_MISSING, 0, "xenstore has no %s/%s: is the guest gone?",
			directory, key);
	}
	*ret_value = value;
	return 0;
}

int store_write(struct xs_handle *xs, const char *directory, const char *key, const char *value,
	struct err *err)
{
	char path[PATH_ROOM];
	int len = snprintf(path, sizeof(path), "%s/%s", directory, key);
	if (len < 0 || (size_t)len >= sizeof(path))
		return err_set(err, ERR_RANGE, 0, "xenstore path too long: %s", path);
	if (!xs_write(xs, XBT_NULL, path, value, (unsigned)strlen(value)))
		return err_set(err, ERR_IO, errno, "cannot write %s in xenstore", path);
	return 0;
}

void store_list(struct xs_handle *xs, const char *directory, struct strlist *ret_names)
{
	unsigned count = 0;
	char **names = xs_directory(xs, XBT_NULL, directory, &count);
	for (unsigned i = 0; names && i < count; i++)
		strlist_add(ret_names, names[i]);
	free(names);
}
