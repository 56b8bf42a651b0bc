/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small texts: why something failed, short files read whole, sizes for people. */
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int why_set(struct why *why, int errnum, const char *fmt, ...)
{
	va_list ap;
	size_t used;

	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	used = strlen(why->text);
	if (errnum != 0)
		snprintf(why->text + used, sizeof(why->text) - used, ": %s", strerror(errnum));
	return -1;
}

int text_read_file(const char *path, char *ret_text, size_t size)
{
	size_t used = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	while (used < size - 1) {
		ssize_t n = read(fd, ret_text + used, size - 1 - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	close(fd);
	ret_text[used] = '\0';
	while (used > 0 && ret_text[used - 1] == '\n')
		ret_text[--used] = '\0';
	return (int)used;
}

int text_format(char *ret_text, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(ret_text, size, fmt, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < size ? 0 : -1;
}

char *text_size(uint64_t bytes, char *buf, size_t size)
{
	if (bytes >= 10ULL << 30)
		snprintf(buf, size, "%llu GiB", (unsigned long long)(bytes >> 30));
	else
		snprintf(
			buf, size, "%llu MiB", (unsigned long long)((bytes + (1 << 20) - 1) >> 20));
	return buf;
}

void text_trim_end(char *text)
{
	size_t n = strlen(text);

	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		text[--n] = '\0';
}
