/* SPDX-License-Identifier: GPL-2.0-or-later */
/* generate on a root of its own: broken files and what stands in, homes, keys, hostile links. */
/* sources: dom0-rootfs/host/generate.c dom0-rootfs/host/source.c dom0-rootfs/host/etc_text.c dom0-rootfs/host/release.c dom0-rootfs/host/store.c dom0-rootfs/host/local.c dom0-rootfs/host/host.c */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dom0-rootfs/host/host.h"
#include "lib/file.h"
#include "tests/unit/hostconf_samples.h"
#include "tests/unit/scratch.h"

#define LIVE_CONF "[bridge xenbr0]\nports = auto\nmethod = dhcp\n[root]\npassword =\n"
#define USER_CONF "[user tux]\nuid = 1000\nssh-key = " SAMPLE_KEY "\n"

static void put(const char *root, const char *path, const char *text)
{
	CLEANUP(mem_free_string) char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	assert_int_equal(file_make_dirs(root, dir, 0755, NULL), 0);
	assert_int_equal(file_write(root, path, text, strlen(text), 0644, NULL), 0);
}

static void expect(const char *root, const char *path, const char *expected)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	if (file_read(root, path, 100000, &text, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(str_text(&text), expected);
}

static int generate(const char *root, const char *conf)
{
	const struct options options = {.root = root, .conf = conf};
	return command_generate(&options);
}

#define FAILED "/run/domus/failed/config"

static void live(void **state)
{
	const char *root = *state;
	put(root, "/usr/share/domus/live.conf", LIVE_CONF);
	put(root, "/etc/domus-release", "PRODUCT=Domus\nVERSION='2.1'\nBUILD=\"x\"\n");
	put(root, FAILED, "old");
	assert_int_equal(generate(root, NULL), 0);
	expect(root, "/etc/hostname", "domus\n");
	expect(root, "/etc/issue", "Domus 2.1, \\n, \\l\n\n");
	assert_false(file_exists(root, FAILED));
	assert_false(file_exists(root, "/root/.ssh"));
}

static void own_file_wins(void **state)
{
	const char *root = *state;
	put(root, "/usr/share/domus/live.conf", LIVE_CONF);
	put(root, "/etc/domus/host.conf", "[host]\nname = mine\n");
	assert_int_equal(generate(root, NULL), 0);
	expect(root, "/etc/hostname", "mine\n");
	assert_false(file_exists(root, FAILED));
	CLEANUP(mem_free_string) char *named = xasprintf("%s/named.conf", root);
	put(root, "/named.conf", "[host]\nname = named\n");
	assert_int_equal(generate(root, named), 0);
	expect(root, "/etc/hostname", "named\n");
}

static void unknown_keys_do_not_stop_a_boot(void **state)
{
	const char *root = *state;
	put(root, "/etc/domus/host.conf", "[host]\nname = mine\nshoe-size = 44\n");
	assert_int_equal(generate(root, NULL), 0);
	expect(root, "/etc/hostname", "mine\n");
	expect(root, FAILED,
		"/etc/domus/host.conf:3: unknown key \"shoe-size\" in [host]; in use: "
		"/etc/domus/host.conf\n");
}

static void broken_files(void **state)
{
	const char *root = *state;
	put(root, "/usr/share/domus/live.conf", LIVE_CONF);
	put(root, "/etc/domus/host.conf", "[host]\nname = -\nnonsense\n");
	put(root, "/var/lib/domus/good/1", "[host\n");
	put(root, "/var/lib/domus/good/2", "[host]\nname = second\n");
	assert_int_equal(generate(root, NULL), 0);
	expect(root, "/etc/hostname", "second\n");
	expect(root, FAILED,
		"/etc/domus/host.conf:2: name: \"-\" is not a host name (letters, digits and \"-\" inside, "
		"at most 63, no dot) (and 1 more); in use: /var/lib/domus/good/2\n");
	assert_int_equal(file_remove(root, "/etc/domus/host.conf", NULL), 0);
	assert_int_equal(generate(root, NULL), 0);
	expect(root, FAILED, "/etc/domus/host.conf is missing; in use: /var/lib/domus/good/2\n");
	assert_int_equal(file_remove(root, "/var/lib/domus/good/1", NULL), 0);
	assert_int_equal(generate(root, NULL), 0);
	expect(root, FAILED, "/etc/domus/host.conf is missing; in use: /var/lib/domus/good/2\n");
}

/* What a crash left of the file: nothing, or the first half of it. Alone, a file without a login is meant so. */
static void cut_files(void **state)
{
	static const char whole[] = "[host]\nname = whole\n\n[root]\npassword = " SAMPLE_HASH
				    "\n\n[bridge xenbr0]\nports = auto\nmethod = dhcp\n";
	const char *root = *state;
	put(root, "/etc/domus/host.conf", "");
	assert_int_equal(generate(root, NULL), 0);
	expect(root, "/etc/hostname", "domus\n");
	put(root, "/var/lib/domus/good/1", whole);
	assert_int_equal(generate(root, NULL), 0);
	expect(root, "/etc/hostname", "whole\n");
	expect(root, FAILED,
		"/etc/domus/host.conf: nobody could log in; in use: /var/lib/domus/good/1\n");
	/* In every place before the end of the password. */
	for (size_t length = 1; length < (size_t)(strchr(whole, '$') + 50 - whole); length++) {
		CLEANUP(mem_free_string) char *half = xstrndup(whole, length);
		put(root, "/etc/domus/host.conf", half);
		assert_int_equal(generate(root, NULL), 0);
		expect(root, "/etc/hostname", "whole\n");
	}
}

/* Nothing usable: consoles open, network closed, even if the built-in file opens it. */
static void closed(void **state)
{
	const char *root = *state;
	put(root, "/usr/share/domus/live.conf",
		LIVE_CONF "ssh-key = " SAMPLE_KEY "\n[ssh]\nenabled = yes\n");
	put(root, "/etc/domus/host.conf", "[host]\nname = -\n");
	assert_int_equal(generate(root, NULL), 0);
	CLEANUP(str_dispose) struct str shadow = STR_INIT;
	CLEANUP(str_dispose) struct str firewall = STR_INIT;
	CLEANUP(str_dispose) struct str services = STR_INIT;
	CLEANUP(str_dispose) struct str failed = STR_INIT;
	assert_int_equal(file_read(root, "/etc/shadow", 9999, &shadow, NULL), 0);
	assert_int_equal(file_read(root, "/etc/nftables.conf", 9999, &firewall, NULL), 0);
	assert_int_equal(file_read(root, "/etc/domus/services", 9999, &services, NULL), 0);
	assert_int_equal(file_read(root, FAILED, 9999, &failed, NULL), 0);
	assert_non_null(strstr(str_text(&shadow), "root::::"));
	assert_null(strstr(str_text(&firewall), "tcp dport"));
	assert_null(strstr(str_text(&services), "dropbear"));
	assert_non_null(
		strstr(str_text(&failed), "in use: /usr/share/domus/live.conf, network closed\n"));
	assert_int_equal(file_remove(root, "/usr/share/domus/live.conf", NULL), 0);
	assert_int_equal(generate(root, NULL), 0);
	expect(root, "/etc/hostname", "domus\n");
}

/* Whom the user 1000's files belong to: root of an ordinary user's namespace can give nothing away. */
static uid_t owner_of_tux(const char *dir)
{
	if (chown(dir, 1000, 1000) < 0)
		return geteuid();
	assert_int_equal(chown(dir, 0, 0), 0);
	return 1000;
}

static void homes_and_keys(void **state)
{
	const char *root = *state;
	struct stat st;
	CLEANUP(mem_free_string) char *keys = xasprintf("%s/home/tux/.ssh/authorized_keys", root);
	CLEANUP(mem_free_string) char *home = xasprintf("%s/home/tux", root);
	put(root, "/etc/domus/host.conf", USER_CONF);
	assert_int_equal(generate(root, NULL), 0);
	assert_int_equal(stat(keys, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_uid, owner_of_tux(root));
	assert_int_equal(stat(home, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(st.st_uid, owner_of_tux(root));
	expect(root, "/var/lib/domus/uids", "1000 tux\n");
	/* A key that left the configuration is gone; what the user wrote stays. */
	put(root, "/etc/domus/host.conf", "[user tux]\nuid = 1000\n");
	assert_int_equal(generate(root, NULL), 0);
	assert_int_equal(stat(keys, &st), -1);
	put(root, "/home/tux/.ssh/authorized_keys", "mine\n");
	assert_int_equal(generate(root, NULL), 0);
	expect(root, "/home/tux/.ssh/authorized_keys", "mine\n");
	put(root, "/etc/domus/host.conf", USER_CONF);
	assert_int_equal(generate(root, NULL), 0);
	expect(root, "/home/tux/.ssh/authorized_keys.before-domus", "mine\n");
}

/* root writes where a user rules: a link there must not lead root astray. */
static void hostile_links(void **state)
{
	const char *root = *state;
	put(root, "/etc/domus/host.conf", USER_CONF);
	assert_int_equal(file_make_dirs(root, "/home/tux", 0755, NULL), 0);
	assert_int_equal(file_make_dirs(root, "/secret", 0755, NULL), 0);
	assert_int_equal(file_symlink(root, "/home/tux/.ssh", "../../secret", NULL), 0);
	assert_int_equal(generate(root, NULL), 1);
	assert_false(file_exists(root, "/secret/authorized_keys"));
	assert_int_equal(file_remove(root, "/home/tux/.ssh", NULL), 0);
	put(root, "/secret/shadow", "untouched");
	assert_int_equal(file_make_dirs(root, "/home/tux/.ssh", 0700, NULL), 0);
	assert_int_equal(file_symlink(root, "/home/tux/.ssh/authorized_keys",
				 "../../../secret/shadow", NULL),
		0);
	CLEANUP(mem_free_string) char *home = xasprintf("%s/home/tux", root);
	CLEANUP(mem_free_string) char *ssh = xasprintf("%s/.ssh", home);
	if (owner_of_tux(root) == 1000)
		assert_int_equal(chown(home, 1000, 1000) + chown(ssh, 1000, 1000), 0);
	assert_int_equal(generate(root, NULL), 0);
	expect(root, "/secret/shadow", "untouched");
}

static void zones(void **state)
{
	const char *root = *state;
	CLEANUP(mem_free_string) char *target = NULL;
	put(root, "/usr/share/zoneinfo/Europe/Berlin", "TZif");
	put(root, "/etc/domus/host.conf", "[time]\nzone = Europe/Berlin\n");
	assert_int_equal(generate(root, NULL), 0);
	assert_int_equal(file_readlink(root, "/etc/localtime", &target, NULL), 0);
	assert_string_equal(target, "/usr/share/zoneinfo/Europe/Berlin");
	put(root, "/etc/domus/host.conf", "[time]\nzone = Mars/Olympus\n");
	assert_int_equal(generate(root, NULL), 0);
	assert_false(file_exists(root, "/etc/localtime"));
	expect(root, FAILED,
		"/etc/domus/host.conf:2: zone: there is no time zone \"Mars/Olympus\"; "
		"in use: /etc/domus/host.conf\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {SCRATCH_TEST(live), SCRATCH_TEST(own_file_wins),
		SCRATCH_TEST(unknown_keys_do_not_stop_a_boot), SCRATCH_TEST(broken_files),
		SCRATCH_TEST(cut_files), SCRATCH_TEST(closed), SCRATCH_TEST(homes_and_keys),
		SCRATCH_TEST(hostile_links), SCRATCH_TEST(zones)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
