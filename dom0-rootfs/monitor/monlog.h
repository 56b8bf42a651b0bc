/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the monitor's lines go: standard error, or the system log. */
#ifndef MONITOR_MONLOG_H
#define MONITOR_MONLOG_H

#include <stdbool.h>

#include "attrs.h"

/* With to_syslog, lines go to syslog (daemon facility) instead of standard error. */
void monlog_init(bool to_syslog);
bool monlog_to_syslog(void);
void monlog(const char *fmt, ...) ATTR_PRINTF(1, 2);

/* The same, and with a word in front on the machine's consoles: what stops guests is not for the log alone. */
void monlog_loudly(const char *word, const char *text);

#endif
