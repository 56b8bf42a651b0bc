/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the monitor's lines go: standard error, or the system log. */
#define _GNU_SOURCE
#include "monlog.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

#include "file.h"
#include "mem.h"
#include "str.h"

static bool use_syslog;

void monlog_init(bool to_syslog)
{
	use_syslog = to_syslog;
	if (to_syslog)
		openlog("domus-monitor", LOG_PID, LOG_DAEMON);
}

bool monlog_to_syslog(void)
{
	return use_syslog;
}

void monlog(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (use_syslog) {
		vsyslog(LOG_NOTICE, fmt, args);
	} else {
		char line[1200];

		(void)vsnprintf(line, sizeof(line), fmt, args);
		(void)fprintf(stderr, "domus-monitor: %s\n", line);
	}
	va_end(args);
}

void monlog_loudly(const char *word, const char *text)
{
	CLEANUP(str_dispose) struct str active = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;

	monlog("%s", text);
	if (!monlog_to_syslog() ||
		file_read("/", "/sys/class/tty/console/active", 256, &active, NULL) != 0)
		return;
	for (char *p = active.data; p && *p; p++)
		if (*p == '\n')
			*p = ' ';
	strlist_add_words(&names, str_text(&active));
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_free_string) char *path = xasprintf("/dev/%s", names.items[i]);
		CLEANUP(file_close)
		int fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

		if (fd >= 0)
			(void)dprintf(fd, "\r\n[ %s ] %s\r\n", word, text);
	}
}
