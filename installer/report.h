/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells a web server how an unattended installation ended. */
#ifndef DOMUS_REPORT_H
#define DOMUS_REPORT_H

#include "err.h"

/*
 * POSTs {"host": ..., "result": ..., "error": ...} to an https:// address, whose certificate is verified. An
 * answer other than 2xx is an error.
 */
int report_send(
	const char *url, const char *host, const char *result, const char *error, struct err *err);

#endif
