/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test of the connection: link, address, gateway, name server, a host. Each step has a verdict and
 * says what was found; later ones are tried even when an earlier one failed, since routers may not
 * answer and still work.
 */
#ifndef DOMUS_CONNTEST_H
#define DOMUS_CONNTEST_H

#include <stddef.h>

#include "str.h"

enum conntest_verdict { CONNTEST_OK, CONNTEST_WARNING, CONNTEST_FAILED, CONNTEST_SKIPPED };

enum {
	CONNTEST_LINK,
	CONNTEST_ADDRESS,
	CONNTEST_GATEWAY,
	CONNTEST_DNS,
	CONNTEST_HOST,
	CONNTEST_STEPS
};

struct conntest_step {
	enum conntest_verdict verdict;
	char detail[256]; /* what was found, or what is wrong and what to do */
};

struct conntest_spec {
	const char *root;    /* where /sys and /proc lie; "/" but in tests */
	const char *host;    /* name or address, with an optional ":port"; "" skips the step */
	unsigned timeout_ms; /* of each step that waits */
};

/* Name of a step for people, translated. */
const char *conntest_step_name(size_t step);
const char *conntest_verdict_name(enum conntest_verdict verdict);

/* One step, in the order of the enum. */
void conntest_run_step(
	const struct conntest_spec *spec, size_t step, struct conntest_step *ret_step);

/* The gateways of the default routes in the texts of /proc/net/route and ipv6_route, in text form. */
void conntest_parse_routes(const char *route, const char *ipv6_route, struct strlist *ret_gateways);
/* "host", "host:port", "[v6]:port" into its parts; the caller frees both. */
void conntest_split_host(const char *text, char **ret_host, char **ret_port);

#endif
