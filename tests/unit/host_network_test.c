/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network up, down and a dry run, with tools on PATH that only note how they were called. */
/* sources: dom0-rootfs/host/network.c dom0-rootfs/host/source.c dom0-rootfs/host/addresses.c dom0-rootfs/host/host.c */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dom0-rootfs/host/host.h"
#include "lib/file.h"
#include "tests/unit/scratch.h"

static void put(const char *root, const char *path, const char *text, mode_t mode)
{
	CLEANUP(mem_free_string) char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	assert_int_equal(file_make_dirs(root, dir, 0755, NULL), 0);
	assert_int_equal(file_write(root, path, text, strlen(text), mode, NULL), 0);
}

static void expect(const char *root, const char *path, const char *expected)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	if (file_read(root, path, 100000, &text, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(str_text(&text), expected);
}

/* A host with one card and a DHCP bridge on it; ip refuses what contains "bad". */
static void setup(const char *root)
{
	CLEANUP(mem_free_string)
	char *tool = xasprintf("#!/bin/sh\n"
			       "echo \"${0##*/} $*\" >>%s/calls\n"
			       "case $* in *bad*) echo 'bad thing' >&2; exit 2;; esac\n",
		root);
	CLEANUP(mem_free_string) char *path = xasprintf("%s/bin:/usr/bin:/bin", root);
	put(root, "/bin/ip", tool, 0755);
	put(root, "/bin/sysctl", tool, 0755);
	put(root, "/bin/sv", tool, 0755);
	assert_int_equal(setenv("PATH", path, 1), 0);
	put(root, "/sys/class/net/eth0/address", "52:54:00:00:00:01\n", 0644);
	put(root, "/sys/class/net/eth0/type", "1\n", 0644);
	put(root, "/sys/class/net/eth0/carrier", "1\n", 0644);
	put(root, "/sys/class/net/eth0/flags", "0x1003\n", 0644);
	assert_int_equal(file_make_dirs(root, "/sys/class/net/eth0/device", 0755, NULL), 0);
	put(root, "/etc/domus/host.conf",
		"[host]\nname = xen1\n[network]\ndns = 192.0.2.1\nsearch = example.org\n"
		"[bridge xenbr0]\nports = auto\nmethod = dhcp\nmethod6 = dhcp\n",
		0600);
}

static int network(const char *root, const char *verb, bool is_dry_run)
{
	CLEANUP(mem_free_string) char *word = xstrdup(verb);
	char *args[] = {word, NULL};
	const struct options options = {
		.root = root, .is_dry_run = is_dry_run, .args = args, .n_args = 1};
	return command_network(&options);
}

static void up(void **state)
{
	const char *root = *state;
	setup(root);
	put(root, "/run/domus/resolv/10-xenbr0", "search dhcp.example\nnameserver 192.0.2.2\n",
		0644);
	assert_int_equal(network(root, "up", false), 0);
	expect(root, "/calls",
		"ip link set dev eth0 up\n"
		"ip link set dev lo up\n"
		"ip link add name xenbr0 type bridge\n"
		"ip link set dev xenbr0 type bridge stp_state 0 forward_delay 0\n"
		"ip link set dev xenbr0 address 52:54:00:00:00:01\n"
		"ip link set dev eth0 master xenbr0\n"
		"sysctl -w net/ipv6/conf/eth0/disable_ipv6=1\n"
		"ip link set dev eth0 up\n"
		"sysctl -w net/ipv6/conf/xenbr0/disable_ipv6=0\n"
		"sysctl -w net/ipv6/conf/xenbr0/accept_ra=1\n"
		"sysctl -w net/ipv6/conf/xenbr0/autoconf=0\n"
		"ip link set dev xenbr0 up\n");
	expect(root, "/run/resolv.conf",
		"search example.org\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n");
	expect(root, "/run/service/udhcpc-xenbr0/run",
		"#!/bin/sh\nexport DOMUS_METRIC=100 DOMUS_FAMILY=\n"
		"exec udhcpc -f -S -R -i xenbr0 -s /usr/share/domus/udhcpc.script -x hostname:xen1 -t 5 -T 2 "
		"-A 10 >/dev/null 2>&1\n");
	expect(root, "/run/service/udhcpc6-xenbr0/run",
		"#!/bin/sh\nexport DOMUS_METRIC=110 DOMUS_FAMILY=-6\n"
		"exec udhcpc6 -f -S -R -i xenbr0 -s /usr/share/domus/udhcpc.script >/dev/null 2>&1\n");
}

static void down(void **state)
{
	const char *root = *state;
	setup(root);
	assert_int_equal(network(root, "up", false), 0);
	assert_int_equal(file_remove(root, "/calls", NULL), 0);
	put(root, "/sys/class/net/xenbr0/address", "52:54:00:00:00:01\n", 0644);
	assert_int_equal(file_make_dirs(root, "/sys/class/net/xenbr0/bridge", 0755, NULL), 0);
	assert_int_equal(network(root, "down", false), 0);
	expect(root, "/calls",
		"sv force-stop /run/service/udhcpc-xenbr0\n"
		"sv force-stop /run/service/udhcpc6-xenbr0\n"
		"ip link delete dev xenbr0\n"
		"ip link set dev eth0 down\n");
	assert_false(file_exists(root, "/run/service/udhcpc-xenbr0"));
}

/* One refusal is said and counted; what comes after it is still done. */
static void failures_do_not_stop_the_rest(void **state)
{
	const char *root = *state;
	CLEANUP(str_dispose) struct str calls = STR_INIT;
	setup(root);
	put(root, "/etc/domus/host.conf", "[bridge badbr]\n[bridge xenbr1]\n", 0600);
	assert_int_equal(network(root, "up", false), 1);
	assert_int_equal(file_read(root, "/calls", 100000, &calls, NULL), 0);
	assert_non_null(strstr(str_text(&calls), "ip link set dev xenbr1 up\n"));
}

static void a_dry_run_touches_nothing(void **state)
{
	const char *root = *state;
	setup(root);
	assert_int_equal(network(root, "up", true), 0);
	assert_false(file_exists(root, "/calls"));
	assert_false(file_exists(root, "/run"));
	assert_int_equal(network(root, "sideways", false), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {SCRATCH_TEST(up), SCRATCH_TEST(down),
		SCRATCH_TEST(failures_do_not_stop_the_rest),
		SCRATCH_TEST(a_dry_run_touches_nothing)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
