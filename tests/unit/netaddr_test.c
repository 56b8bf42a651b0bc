/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and networks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/attrs.h"
#include "lib/netaddr.h"

static void forms(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
		bool is_host;
		unsigned prefix;
	} cases[] = {
		{"192.0.2.1", true, true, 32},
		{"192.0.2.1/24", true, true, 24},
		{"192.0.2.0/24", true, false, 24},
		{"192.0.2.255/24", true, false, 24},
		{"192.0.2.0/31", true, true, 31},
		{"192.0.2.0/32", true, true, 32},
		{"127.0.0.1/8", true, false, 8},
		{"224.0.0.1/4", true, false, 4},
		{"0.0.0.0/0", true, false, 0},
		{"2001:db8::1/64", true, true, 64},
		{"2001:db8::/64", true, true, 64},
		{"::1/128", true, false, 128},
		{"::", true, false, 128},
		{"ff02::1/64", true, false, 64},
		{"192.0.2.1/33", false, false, 0},
		{"192.0.2.1/-1", false, false, 0},
		{"192.0.2.1/", false, false, 0},
		{"192.0.2", false, false, 0},
		{"192.0.2.256", false, false, 0},
		{"192.0.2.1.1", false, false, 0},
		{"2001:db8::1/129", false, false, 0},
		{"2001:db8:::1", false, false, 0},
		{"fe80::1%eth0", false, false, 0},
		{"", false, false, 0},
		{"1234567890123456789012345678901234567890123456789", false, false, 0},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netaddr a;
		assert_int_equal(netaddr_parse(cases[i].text, &a), cases[i].is_good);
		if (!cases[i].is_good)
			continue;
		assert_int_equal(a.prefix, cases[i].prefix);
		assert_int_equal(netaddr_is_host(&a), cases[i].is_host);
	}
}

static void networks_and_addresses_in_them(void **state)
{
	static const struct {
		const char *text;
		bool is_network;
	} cases[] = {
		{"192.0.2.7", true},
		{"192.0.2.0/24", true},
		{"192.0.2.7/24", false},
		{"0.0.0.0/0", true},
		{"2001:db8::7/128", true},
		{"2001:db8::/64", true},
		{"2001:db8::7/64", false},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netaddr a;
		assert_true(netaddr_parse(cases[i].text, &a));
		assert_int_equal(netaddr_is_network(&a), cases[i].is_network);
	}
}

static void networks(void **state)
{
	static const struct {
		const char *net;
		const char *addr;
		bool contains;
	} cases[] = {
		{"172.16.0.10/16", "172.16.255.1", true},
		{"172.16.0.10/16", "172.17.0.1", false},
		{"10.0.0.5/30", "10.0.0.6", true},
		{"10.0.0.5/30", "10.0.0.8", false},
		{"10.0.0.5/0", "1.2.3.4", true},
		{"2001:db8:1::5/48", "2001:db8:1:ffff::1", true},
		{"2001:db8:1::5/48", "2001:db8:2::1", false},
		{"10.0.0.5/0", "2001:db8::1", false},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netaddr net;
		struct netaddr addr;
		assert_true(
			netaddr_parse(cases[i].net, &net) && netaddr_parse(cases[i].addr, &addr));
		assert_int_equal(netaddr_contains(&net, &addr), cases[i].contains);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(forms),
		cmocka_unit_test(networks_and_addresses_in_them), cmocka_unit_test(networks)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
