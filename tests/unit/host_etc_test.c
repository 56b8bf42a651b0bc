/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of /etc for a live host and for one with everything. */
/* sources: dom0-rootfs/host/etc_text.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dom0-rootfs/host/etc_text.h"
#include "lib/attrs.h"
#include "tests/unit/hostconf_samples.h"

static char product[] = "Domus";
static char version[] = "1.0";
static char build[] = "";
static const struct release release = {product, version, build};

static void text_of(const char *path, const char *conf, struct str *out)
{
	static const struct hostconf_context context = {.is_live = true};
	CLEANUP(hostconf_dispose) struct host_config config;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	hostconf_init(&config);
	hostconf_parse(conf, strlen(conf), &context, SCHEMA_STRICT, &config, &problems);
	assert_int_equal(problems.errors, 0);
	const struct etc_input in = {.config = &config, .release = &release};
	for (size_t i = 0; etc_files[i].path; i++) {
		if (strcmp(etc_files[i].path, path) == 0) {
			etc_files[i].build(&in, out);
			return;
		}
	}
	fail_msg("%s is not made", path);
}

#define LIVE "[root]\npassword =\n"
#define FULL                                                                                      \
	"[host]\nname = xen1\ndomain = example.org\n"                                             \
	"[time]\nzone = Europe/Berlin\nclock = local\nntp-servers = 192.0.2.3 192.0.2.4\n"        \
	"[keyboard]\nlayout = de\n"                                                               \
	"[bridge xenbr0]\nports = auto\nmethod = static\naddress = 192.0.2.10/24\n"               \
	"[root]\npassword = " SAMPLE_HASH "\nssh-key = " SAMPLE_KEY "\n"                          \
	"[user tux]\nuid = 1000\nfullname = Tux P.\nadmin = yes\n"                                \
	"[user ada]\nuid = 1002\npassword = " SAMPLE_HASH "\n"                                    \
	"[ssh]\nport = 2222\npassword-login = no\n"                                               \
	"[services]\ncron = no\nwatchdog = no\nsyslog-remote = 192.0.2.5:514\ndisabled = klogd\n" \
	"[guests]\nstart-delay = 10\nstop-timeout = 120\nat-stop = save\nsave-timeout = 90\n"     \
	"[console]\nserial = com2\nspeed = 9600\n"

static void texts(void **state)
{
	static const struct {
		const char *path;
		const char *conf;
		const char *expected;
	} cases[] = {
		{"/etc/hostname", LIVE, "domus\n"},
		{"/etc/hostname", FULL, "xen1\n"},
		{"/etc/hosts", LIVE,
			ETC_MARK "127.0.0.1\tlocalhost\n127.0.1.1\tdomus\n"
				 "::1\tlocalhost ip6-localhost ip6-loopback\n"},
		{"/etc/hosts", FULL,
			ETC_MARK "127.0.0.1\tlocalhost\n192.0.2.10\txen1.example.org xen1\n"
				 "::1\tlocalhost ip6-localhost ip6-loopback\n"},
		{"/etc/passwd", FULL,
			"root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/:/bin/false\n"
			"nobody:x:65534:65534:nobody:/:/bin/false\n"
			"tux:x:1000:1000:Tux P.:/home/tux:/bin/sh\nada:x:1002:1002::/home/ada:/bin/sh\n"},
		{"/etc/shadow", LIVE, "root::::::::\ndaemon:*:::::::\nnobody:*:::::::\n"},
		{"/etc/shadow", FULL,
			"root:" SAMPLE_HASH ":::::::\ndaemon:*:::::::\nnobody:*:::::::\n"
			"tux:*:::::::\nada:" SAMPLE_HASH ":::::::\n"},
		{"/etc/group", FULL,
			"root:x:0:\ndaemon:x:1:\ntty:x:5:\ndisk:x:6:\nwheel:x:10:root,tux\n"
			"utmp:x:43:\nusers:x:100:\nnogroup:x:65534:\ntux:x:1000:\nada:x:1002:\n"},
		{"/etc/timezone", FULL, "Europe/Berlin\n"},
		{"/etc/ntp.conf", FULL, ETC_MARK "server 192.0.2.3\nserver 192.0.2.4\n"},
		{"/etc/domus/hwclock", LIVE, "utc\n"},
		{"/etc/domus/hwclock", FULL, "local\n"},
		{"/etc/domus/keymap", FULL, "de\n"},
		{"/etc/issue", LIVE, "Domus 1.0, \\n, \\l\n\n"},
		{"/etc/domus/services", LIVE, ETC_MARK "syslogd\nklogd\ncrond\nntpd\nwatchdog\n"},
		{"/etc/domus/services.off", LIVE, "dropbear\n"},
		{"/etc/domus/services", FULL, ETC_MARK "syslogd\nntpd\ndropbear\n"},
		{"/etc/domus/services.off", FULL, "klogd\ncrond\nwatchdog\n"},
		{"/etc/domus/dropbear.options", LIVE, "-p 22 -g\n"},
		{"/etc/domus/dropbear.options", FULL, "-p 2222 -s\n"},
		{"/etc/default/syslogd", LIVE, ETC_MARK "SYSLOGD_ARGS='-s 1024 -b 4'\n"},
		{"/etc/default/syslogd", FULL,
			ETC_MARK "SYSLOGD_ARGS='-s 1024 -b 4 -L -R 192.0.2.5:514'\n"},
		{"/etc/default/console", LIVE,
			ETC_MARK "CONSOLE_SERIAL=com1\nCONSOLE_SPEED=115200\n"},
		{"/etc/default/console", FULL,
			ETC_MARK "CONSOLE_SERIAL=com2\nCONSOLE_SPEED=9600\n"},
		{"/etc/default/guests", LIVE,
			ETC_MARK
			"START_DELAY=0\nSTOP_TIMEOUT=60\nAT_STOP=shutdown\nSAVE_TIMEOUT=300\n"},
		{"/etc/default/guests", FULL,
			ETC_MARK
			"START_DELAY=10\nSTOP_TIMEOUT=120\nAT_STOP=save\nSAVE_TIMEOUT=90\n"},
		{"/etc/busybox.conf", LIVE, ETC_MARK "[SUID]\nsu = sx- root.wheel\n"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_dispose) struct str out = STR_INIT;
		text_of(cases[i].path, cases[i].conf, &out);
		assert_string_equal(str_text(&out), cases[i].expected);
	}
}

static void the_firewall_opens_ssh_only_when_somebody_can_log_in(void **state)
{
	CLEANUP(str_dispose) struct str closed = STR_INIT;
	CLEANUP(str_dispose) struct str open = STR_INIT;
	CLEANUP(str_dispose) struct str guests = STR_INIT;
	(void)state;
	text_of("/etc/nftables.conf", LIVE, &closed);
	text_of("/etc/nftables.conf", FULL, &open);
	assert_null(strstr(str_text(&closed), "tcp dport"));
	assert_non_null(
		strstr(str_text(&open), "\t\tmeta mark != 0x646f6d55 tcp dport 2222 accept\n"));
	text_of("/etc/nftables.conf", "[root]\npassword = " SAMPLE_HASH "\n[ssh]\nguests = yes\n",
		&guests);
	assert_non_null(strstr(str_text(&guests), "\t\ttcp dport 22 accept\n"));
	assert_non_null(strstr(str_text(&closed), "hook input priority filter; policy drop;"));
	assert_non_null(strstr(str_text(&closed), "hook forward priority filter; policy drop;"));
	assert_non_null(strstr(
		str_text(&closed), "meta skuid != 0 meta l4proto tcp th dport 5900-5999 drop"));
	assert_null(strstr(str_text(&closed), "flush ruleset"));
}

static void shadow_is_secret(void **state)
{
	(void)state;
	for (size_t i = 0; etc_files[i].path; i++)
		assert_int_equal(etc_files[i].mode,
			strcmp(etc_files[i].path, "/etc/shadow") == 0 ? 0600 : 0644);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(texts),
		cmocka_unit_test(the_firewall_opens_ssh_only_when_somebody_can_log_in),
		cmocka_unit_test(shadow_is_secret)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
