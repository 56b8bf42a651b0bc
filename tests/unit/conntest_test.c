/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pure parts of the connection test, and its steps without a network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "attrs.h"
#include "conntest.h"
#include "mem.h"

static void test_routes(void **state)
{
	(void)state;
	static const char route[] =
		"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
		"xenbr0\t00000000\t0202000A\t0003\t0\t0\t100\t00000000\n"
		"xenbr0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\n";
	static const char route6[] =
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"fe800000000000000000000000000002 00000400 00000001 00000000 00000003 xenbr0\n"
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";
	CLEANUP(strlist_dispose) struct strlist gateways = STRLIST_INIT;
	conntest_parse_routes(route, route6, &gateways);
	assert_int_equal(gateways.count, 2);
	assert_string_equal(gateways.items[0], "10.0.2.2");
	assert_string_equal(gateways.items[1], "fe80::2%xenbr0");
	conntest_parse_routes("", "", &gateways);
	assert_int_equal(gateways.count, 2);
}

static void test_hosts(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *host;
		const char *port;
	} cases[] = {
		{"www.example.org", "www.example.org", "443"},
		{"www.example.org:80", "www.example.org", "80"},
		{"192.0.2.1:8080", "192.0.2.1", "8080"},
		{"2001:db8::1", "2001:db8::1", "443"},
		{"[2001:db8::1]:22", "2001:db8::1", "22"},
		{"[2001:db8::1]", "2001:db8::1", "443"},
		{"", "", "443"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(mem_free_string) char *host = NULL;
		CLEANUP(mem_free_string) char *port = NULL;
		conntest_split_host(cases[i].text, &host, &port);
		assert_string_equal(host, cases[i].host);
		assert_string_equal(port, cases[i].port);
	}
}

static void test_nothing_there(void **state)
{
	(void)state;
	const struct conntest_spec spec = {.root = "/nonexistent", .host = "", .timeout_ms = 100};
	struct conntest_step step;
	conntest_run_step(&spec, CONNTEST_LINK, &step);
	assert_int_equal(step.verdict, CONNTEST_FAILED);
	conntest_run_step(&spec, CONNTEST_GATEWAY, &step);
	assert_int_equal(step.verdict, CONNTEST_FAILED);
	conntest_run_step(&spec, CONNTEST_DNS, &step);
	assert_int_equal(step.verdict, CONNTEST_SKIPPED);
	conntest_run_step(&spec, CONNTEST_HOST, &step);
	assert_int_equal(step.verdict, CONNTEST_SKIPPED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_nothing_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
