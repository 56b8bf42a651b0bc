/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all commands end with: an error, or JSON. */
#include "host.h"

#include <jansson.h>
#include <stdio.h>

int host_fail(const struct err *err)
{
	(void)fprintf(stderr, "domus-host: %s\n", err->text);
	return 1;
}

void host_print_json(json_t *value)
{
	(void)json_dumpf(value, stdout, JSON_INDENT(2));
	(void)printf("\n");
	json_decref(value);
}
