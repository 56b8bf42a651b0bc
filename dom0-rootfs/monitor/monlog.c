/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the monitor's lines go: standard error, or the system log. */
#define _GNU_SOURCE
#include "monlog.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

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
