/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One error, in words for the user, built up from the failing call to the top. */
#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, enum err_code code, int sys, const char *fmt, ...)
{
	if (!err)
		return -1;
	err->code = code;
	err->sys = sys;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	size_t used = n < 0 ? 0 : (size_t)n;
	if (sys != 0 && used < sizeof(err->text))
		(void)snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(sys));
	return -1;
}

int err_prefix(struct err *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	char old[sizeof(err->text)];
	memcpy(old, err->text, sizeof(old));
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	size_t used = n < 0 ? 0 : (size_t)n;
	if (used < sizeof(err->text))
		(void)snprintf(err->text + used, sizeof(err->text) - used, "%s", old);
	return -1;
}
