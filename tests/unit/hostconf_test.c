/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every key of a host with a good and a bad example; contradictions; write and read back. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/attrs.h"
#include "lib/hostconf.h"
#include "lib/mem.h"
#include "tests/unit/hostconf_random.h"
#include "tests/unit/hostconf_samples.h"

static const struct hostconf_context no_context = {.zoneinfo_root = NULL};

/* The problems of a text, one a line: "LINE: TEXT", warnings with a "warning" before. */
static void problems_of(const char *text, const struct hostconf_context *context,
	enum schema_mode mode, struct str *out)
{
	CLEANUP(hostconf_dispose) struct host_config config;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	hostconf_init(&config);
	hostconf_parse(text, strlen(text), context, mode, &config, &problems);
	for (size_t i = 0; i < problems.count; i++) {
		const struct problem *p = &problems.items[i];
		/* Most examples have no login; that has a test of its own. */
		if (strncmp(p->text, "nobody could log in", 19) == 0)
			continue;
		str_add(out, "%s%u: %s\n", p->level == PROBLEM_WARNING ? "warning " : "", p->line,
			p->text);
	}
}

#define NOT_ARGS(text)                                                                     \
	"\"" text                                                                          \
	"\" has a quote, \"\\\", \"$\", \";\" or \"#\", which the boot loader would take " \
	"for its own"

struct key_case {
	const char *before; /* lines above */
	const char *key;
	const char *good;
	const char *bad;
	const char *message; /* after "KEY: "; NULL: anything goes */
};

#define USER "[user tux]\nuid = 1000\n"
#define BRIDGE "[bridge xenbr0]\n"
#define STATIC BRIDGE "method = static\naddress = 192.0.2.10/24\n"
#define STATIC6 BRIDGE "method6 = static\naddress6 = 2001:db8::10/64\n"

static const struct key_case key_cases[] = {
	{"[domus]\n", "schema", "1", "0", "0 is out of range (1 to 2147483647)"},
	{"[host]\n", "name", "xen1", "xen1.example.org",
		"\"xen1.example.org\" is not a host name (letters, digits and \"-\" inside, at most 63, no "
		"dot)"},
	{"[host]\n", "domain", "example.org", "example..org",
		"\"example..org\" is not a domain name"},
	{"[time]\n", "zone", "Europe/Berlin", "../etc/passwd",
		"\"../etc/passwd\" is not a time zone; write it like \"Europe/Berlin\""},
	{"[time]\n", "clock", "local", "UTC", "\"UTC\" is not one of: utc, local"},
	{"[time]\n", "ntp-servers", "0.pool.ntp.org, 192.0.2.1 2001:db8::1", "192.0.2.300",
		"\"192.0.2.300\" is neither an IP address nor a host name"},
	{"[keyboard]\n", "layout", "de-latin1", "de/latin1",
		"\"de/latin1\" is not a name (letters, digits, \".\", \"-\", \"_\")"},
	{"[network]\n", "dns", "192.0.2.1 2001:db8::1", "192.0.2.1 dns.example.org",
		"\"dns.example.org\" is not an IP address"},
	{"[network]\n", "search", "example.org example.net", "example_org",
		"\"example_org\" is not a domain name"},
	{"[network]\n", "ipv6", "no", "off", "\"off\" is neither yes nor no"},
	{"[nic eth0]\n", "mac", "52:54:00:AB:cd:ef", "52-54-00-ab-cd-ef",
		"\"52-54-00-ab-cd-ef\" is not a MAC address; write it like \"52:54:00:12:34:56\""},
	{"[bond bond0]\n", "ports", "eth0 eth1", "eth0 auto",
		"the interface name \"auto\" is taken by the system"},
	{"[bond bond0]\nports = eth0\n", "mode", "802.3ad", "lacp",
		"\"lacp\" is not one of: active-backup, 802.3ad"},
	{"[vlan vlan7]\nid = 7\n", "parent", "eth0", "a name",
		"\"a name\" is not an interface name (a letter, then letters, "
		"digits, \".\", \"-\", \"_\", at most 15)"},
	{"[vlan vlan7]\nparent = eth0\n", "id", "4094", "4095", "4095 is out of range (1 to 4094)"},
	{BRIDGE, "ports", "eth0, eth1", "eth0 eth0", "\"eth0\" is given twice"},
	{BRIDGE, "method", "dhcp", "DHCP", "\"DHCP\" is not one of: none, dhcp, static"},
	{BRIDGE "method = static\n", "address", "172.16.0.10/16", "172.16.0.10",
		"\"172.16.0.10\" is not an address with its prefix length; write it like "
		"\"192.0.2.10/24\""},
	{STATIC, "gateway", "192.0.2.1", "192.0.2.1/24", "\"192.0.2.1/24\" is not an IPv4 address"},
	{BRIDGE, "method6", "auto", "slaac", "\"slaac\" is not one of: none, auto, dhcp, static"},
	{BRIDGE "method6 = static\n", "address6", "2001:db8::10/64", "192.0.2.10/24",
		"\"192.0.2.10/24\" is not an address with its prefix length; write it like "
		"\"2001:db8::10/64\""},
	{STATIC6, "gateway6", "fe80::1", "192.0.2.1", "\"192.0.2.1\" is not an IPv6 address"},
	{BRIDGE, "mtu", "9000", "99", "99 is out of range (576 to 9216)"},
	{BRIDGE, "stp", "yes", "1", "\"1\" is neither yes nor no"},
	{"[root]\n", "password", SAMPLE_HASH, "secret",
		"not a SHA-512 password hash ($6$...) and not \"*\" (locked); make one with: mkpasswd -m "
		"sha512"},
	{"[root]\n", "ssh-key", SAMPLE_KEY, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
		"the ssh-ed25519 key is damaged or cut off"},
	{"[user tux]\n", "uid", "1000", "999", "999 is out of range (1000 to 59999)"},
	{USER, "fullname", "J\xC3\xBCrgen", "a:b", "at most 100 bytes, and no \":\""},
	{USER, "password", SAMPLE_HASH, "$5$salt$hash",
		"not a SHA-512 password hash ($6$...) and not \"*\" (locked); make one with: mkpasswd -m "
		"sha512"},
	{USER, "ssh-key", SAMPLE_KEY_ECDSA, "ssh-dss AAAA",
		"not a public SSH key; it begins with ssh-ed25519, ssh-rsa or ecdsa-sha2-..."},
	{"[root]\npassword = " SAMPLE_HASH "\n" USER, "admin", "yes", "true",
		"\"true\" is neither yes nor no"},
	{"[ssh]\n", "enabled", "no", "never", "\"never\" is neither yes nor no"},
	{"[ssh]\n", "port", "2222", "70000", "70000 is out of range (1 to 65535)"},
	{"[ssh]\n", "password-login", "no", "", "a value is missing"},
	{"[ssh]\n", "guests", "yes", "some", "\"some\" is neither yes nor no"},
	{"[peer xen2]\nssh-key = " SAMPLE_KEY "\n", "address", "192.0.2.2", "a b",
		"\"a b\" is neither an IP address nor a host name"},
	{"[peer xen2]\nssh-key = " SAMPLE_KEY "\n", "port", "2222", "0",
		"0 is out of range (1 to 65535)"},
	{"[peer xen2]\n", "ssh-key", SAMPLE_KEY, "ssh-dss AAAA",
		"not a public SSH key; it begins with ssh-ed25519, ssh-rsa or ecdsa-sha2-..."},
	{"[services]\n", "cron", "no", "No", "\"No\" is neither yes nor no"},
	{"[guests]\n", "start-delay", "10", "601", "601 is out of range (0 to 600)"},
	{"[guests]\n", "stop-timeout", "120", "4", "4 is out of range (5 to 3600)"},
	{"[guests]\n", "at-stop", "save", "suspend", "\"suspend\" is not one of: shutdown, save"},
	{"[guests]\n", "save-timeout", "90", "3601", "3601 is out of range (5 to 3600)"},
	{"[services]\n", "watchdog", "no", "0", "\"0\" is neither yes nor no"},
	{"[services]\n", "syslog-remote", "log.example.org:5514", "log.example.org:0",
		"port 0 is out of range (1 to 65535)"},
	{"[services]\n", "disabled", "klogd crond", "klogd cron d!",
		"\"d!\" is not a name (letters, digits, \".\", \"-\", \"_\")"},
	{"[console]\n", "serial", "com2", "ttyS0", "\"ttyS0\" is not one of: com1, com2, none"},
	{"[console]\n", "speed", "38400", "38401",
		"\"38401\" is not one of: 9600, 19200, 38400, 57600, 115200"},
	{"[dom0]\n", "memory", "1 GiB", "64 MiB", "64 MiB is out of range (192 MiB to 1 TiB)"},
	{"[dom0]\n", "vcpus", "auto", "65", "65 is out of range (1 to 64)"},
	{"[dom0]\n", "hvm-guests", "0", "-1", "-1 is out of range (0 to 256)"},
	{"[boot]\n", "default", "rescue", "linux",
		"\"linux\" is not one of: xen, xen-serial, rescue"},
	{"[boot]\n", "timeout", "0", "601", "601 is out of range (0 to 600)"},
	{"[boot]\n", "xen-args", "iommu=no-intremap loglvl=all", "a\\", NOT_ARGS("a\\")},
	{"[boot]\n", "dom0-args", "mitigations=off", "a 'b'", NOT_ARGS("a 'b'")},
	{"[install]\n", "licence", "accepted", "yes",
		"\"yes\" is not one of: not-accepted, accepted"},
	{"[install]\n", "mode", "upgrade", "update",
		"\"update\" is not one of: new, repair, upgrade, reinstall"},
	{"[install]\n", "components", "hvm", "hvm hvm", "\"hvm\" is given twice"},
	{"[install]\n", "on-error", "poweroff", "halt",
		"\"halt\" is not one of: shell, poweroff, reboot"},
	{"[install]\n", "after", "poweroff", "off",
		"\"off\" is not one of: reboot, poweroff, shell"},
	{"[install]\n", "report", "https://log.example.org:8443/done?x=1",
		"http://log.example.org/",
		"\"http://log.example.org/\" is not an address like "
		"\"https://host.example.org/path\""},
	{"[install]\n", "reinstall", "2026-11-22", "once more",
		"\"once more\" is not a name (letters, digits, \".\", \"-\", \"_\")"},
	{"[disk]\n", "serial", "WD-WX 12/3", "", NULL},
	{"[disk]\n", "wwn", "eui.0025385b71b0c5d2", "", NULL},
	{"[disk]\n", "path", "/dev/nvme0n1", "sda",
		"\"sda\" is not a path that begins with \"/\" and has no \"..\""},
	{"[disk]\n", "model", "Samsung SSD 870", "", NULL},
	{"[disk]\n", "min-size", "100 GiB", "100 GB",
		"unknown unit \"GB\"; use B, KiB, MiB, GiB or TiB"},
	{"[disk]\n", "max-size", "2 TiB", "-1", "\"-1\" is not a size; write it like \"4 GiB\""},
	{"[disk]\n", "only", "yes", "1", "\"1\" is neither yes nor no"},
	{"[disk]\n", "erase", "yes", "all", "\"all\" is neither yes nor no"},
	{"[disk]\n", "esp", "1 GiB", "32 MiB", "32 MiB is out of range (64 MiB to 4 GiB)"},
	{"[disk]\n", "slot", "1 GiB", "100 MiB", "100 MiB is out of range (256 MiB to 8 GiB)"},
	{"[disk]\n", "state", "auto", "512 MiB", "512 MiB is out of range (1 GiB to 1 TiB)"},
	{"[storage]\n", "group", "vg0", "a b",
		"\"a b\" is not a name (letters, digits, \".\", \"-\", \"_\")"},
	{"[storage]\n", "library", "20 GiB", "1 MiB",
		"1 MiB is out of range (256 MiB to 1024 TiB)"},
	{"[storage]\n", "reserve", "10", "91", "91 is out of range (0 to 90)"},
	{"[pool a]\nsource = vg/p\n", "type", "thin", "thick",
		"\"thick\" is not one of: thin, directory, nfs"},
	{"[pool a]\ntype = nfs\n", "source", "nas.example:/vol/guests", "nas",
		"\"nas\" will not do: nfs wants HOST:/PATH"},
	{"[pool a]\ntype = nfs\nsource = 192.0.2.9:/x\n", "options", "vers=4.2,hard", "ro; rm",
		"\"ro; rm\" are no options of mount, as ro,noatime"},
	{"[hook a]\nrun = true\n", "at", "first-boot", "later",
		"\"later\" is not one of: before-partitioning, after-installation, first-boot"},
	{"[hook a]\nat = first-boot\n", "run", "cd /root && touch 'x y'", "", "a value is missing"},
	{"[hook a]\nat = first-boot\nrun = true\n", "time-limit", "3600", "0",
		"0 is out of range (1 to 3600)"},
};

static unsigned count_lines(const char *text)
{
	unsigned n = 0;
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void good_and_bad_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(key_cases); i++) {
		const struct key_case *c = &key_cases[i];
		CLEANUP(str_dispose) struct str good_problems = STR_INIT;
		CLEANUP(str_dispose) struct str bad_problems = STR_INIT;
		CLEANUP(mem_free_string)
		char *good = xasprintf("%s%s = %s\n", c->before, c->key, c->good);
		CLEANUP(mem_free_string)
		char *bad = xasprintf("%s%s = %s\n", c->before, c->key, c->bad);
		CLEANUP(mem_free_string)
		char *expected =
			xasprintf("%u: %s: %s\n", count_lines(c->before) + 1, c->key, c->message);
		problems_of(good, &no_context, SCHEMA_STRICT, &good_problems);
		assert_string_equal(str_text(&good_problems), "");
		if (!c->message)
			continue;
		problems_of(bad, &no_context, SCHEMA_STRICT, &bad_problems);
		assert_string_equal(str_text(&bad_problems), expected);
	}
}

/* The section of a case is the last one above the key. */
static bool is_case_of(const struct key_case *c, const struct schema_key *key)
{
	const char *section = memrchr(c->before, '[', strlen(c->before));
	size_t len = strlen(key->section);
	return strcmp(c->key, key->key) == 0 && section &&
	       strncmp(section + 1, key->section, len) == 0 &&
	       (section[1 + len] == ']' || section[1 + len] == ' ');
}

static void every_key_has_a_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < host_schema.n_keys; i++) {
		size_t j = 0;
		while (j < ARRAY_SIZE(key_cases) &&
			!is_case_of(&key_cases[j], &host_schema.keys[i]))
			j++;
		if (j == ARRAY_SIZE(key_cases))
			fail_msg("[%s] %s has no case", host_schema.keys[i].section,
				host_schema.keys[i].key);
	}
}

struct text_case {
	const char *text;
	const char *problems;
};

static void check_texts(const struct text_case *cases, size_t n, enum schema_mode mode)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(str_dispose) struct str out = STR_INIT;
		problems_of(cases[i].text, &no_context, mode, &out);
		assert_string_equal(str_text(&out), cases[i].problems);
	}
}

static void unknown_double_missing(void **state)
{
	static const struct text_case cases[] = {
		{"", ""},
		{BRIDGE "adress = 192.0.2.1/24\n",
			"2: unknown key \"adress\" in [bridge xenbr0]; did you mean \"address\"?\n"},
		{"[host]\ncolour = blue\n", "2: unknown key \"colour\" in [host]\n"},
		{"[bridg xenbr0]\n", "1: unknown section [bridg]; did you mean [bridge]?\n"},
		{"[kitchen]\nx = 1\n", "1: unknown section [kitchen]\n"},
		{"[domus]\nschema = 2\n[host]\ncolour = blue\n",
			"2: schema: this release reads up to 1; the file is from a newer one\n"
			"4: unknown key \"colour\" in [host]\n"},
		{"[host]\nname = a\nname = b\n", "3: \"name\" is already set in line 2\n"},
		{"[host]\n[host]\n", "2: [host] is already in line 1\n"},
		{"[host xen1]\n", "1: [host] takes no name\n"},
		{"[bridge]\n", "1: [bridge] needs a name: [bridge NAME]\n"},
		{"[user tux]\n", "1: [user tux] needs the key \"uid\"\n"},
		{"[vlan v7]\n",
			"1: [vlan v7] needs the key \"parent\"\n1: [vlan v7] needs the key \"id\"\n"},
		{"[user Tux]\nuid = 1000\n",
			"1: [user Tux]: \"Tux\" is not a user name (small letters, "
			"digits, \"-\", \"_\", at most 32)\n"},
		{"[user daemon]\nuid = 1000\n",
			"1: [user daemon]: the user name \"daemon\" is taken by the system\n"},
		{"[bridge vif1.0]\n",
			"1: [bridge vif1.0]: the interface name \"vif1.0\" is taken by the system\n"},
		{"[bridge abcdefghijklmnop]\n",
			"1: [bridge abcdefghijklmnop]: \"abcdefghijklmnop\" is not an interface name (a "
			"letter, then letters, digits, \".\", \"-\", \"_\", at most 15)\n"},
		{"[nic n0]\nmac = 01:00:5e:00:00:01\n",
			"2: mac: 01:00:5e:00:00:01 is a group address, no network card has it\n"},
		{"[ssh]\nport = 22 # the usual\n",
			"2: port: \"22 # the usual\" is not a number (a comment needs a line of its own)\n"},
		{"[root]\nssh-key = " SAMPLE_KEY "\nssh-key = " SAMPLE_KEY "\n",
			"3: ssh-key: the same value was given before\n"},
		{"[network]\ndns = 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4\n",
			"2: dns: more than 3 values\n"},
		{"[time]\nntp-servers =\n", ""},
		/* All of them, in the order of their lines. */
		{"[host]\nname = -\n[kitchen]\n[ssh]\nport = x\nfoo = 1\n",
			"2: name: \"-\" is not a host name (letters, digits and \"-\" inside, at most 63, no "
			"dot)\n3: unknown section [kitchen]\n5: port: \"x\" is not a number\n6: unknown key "
			"\"foo\" in [ssh]\n"},
		/* Guests are for another schema. */
		{"[vm web]\nmemroy = 512\ndisk = a\ndisk = b\n", ""},
	};
	(void)state;
	check_texts(cases, ARRAY_SIZE(cases), SCHEMA_STRICT);
}

static void older_releases_boot_newer_files(void **state)
{
	static const struct text_case cases[] = {
		{"[host]\ncolour = blue\n", "warning 2: unknown key \"colour\" in [host]\n"},
		{"[kitchen]\nx = 1\n", "warning 1: unknown section [kitchen]\n"},
		{"[domus]\nschema = 2\n",
			"2: schema: this release reads up to 1; the file is from a newer one\n"},
		{"[ssh]\nport = x\n", "2: port: \"x\" is not a number\n"},
	};
	(void)state;
	check_texts(cases, ARRAY_SIZE(cases), SCHEMA_LENIENT);
}

static void contradictions(void **state)
{
	static const struct text_case cases[] = {
		{BRIDGE "method = static\n", "2: method = static needs the key \"address\"\n"},
		{"[pool a]\ntype = thin\nsource = UUID=1\noptions = ro\n",
			"3: source: \"UUID=1\" will not do: thin wants GROUP/POOL\n"
			"4: options: a thin pool is not mounted\n"},
		{"[pool a]\ntype = directory\nsource = /srv/x\noptions = ro\n",
			"4: options: a directory is taken as it is, not mounted\n"},
		{"[pool a]\ntype = directory\nsource = UUID=ab-12\noptions = ro\n", ""},
		{"[pool a]\ntype = thin\nsource = domus/other\n",
			"3: source: the group domus is the installation's own\n"},
		{"[pool a]\ntype = thin\nsource = domus-x/y\n[pool b]\ntype = thin\nsource = "
		 "domus-x/z\n[pool c]\ntype = thin\nsource = domus-xy/z\n",
			"6: source: the group domus-x is already that of [pool a]\n"},
		{"[pool a]\ntype = directory\nsource = nas:/x\n",
			"3: source: \"nas:/x\" will not do: directory wants UUID=... of a file system, or a path\n"},
		{"[pool a]\ntype = directory\nsource = /srv/domus/a\n[pool b]\ntype = directory\n"
		 "source = UUID=1234-ABCD\n[pool c]\ntype = nfs\nsource = [2001:db8::1]:/x\n"
		 "[pool d]\ntype = thin\nsource = vg-1/p_1\n",
			""},
		{"[pool a]\ntype = nfs\nsource = nas:/x\n[pool b]\ntype = nfs\nsource = nas:/x\n",
			"6: source: nas:/x is already that of [pool a]\n"},
		{"[pool library]\ntype = nfs\nsource = nas:/x\n",
			"1: [pool library]: the name \"library\" has a meaning already; choose another\n"},
		{"[pool A_b]\ntype = nfs\nsource = nas:/x\n",
			"1: [pool A_b]: \"A_b\" is no name for a pool: at most 32 of a-z, 0-9 and -, a letter first\n"},
		{BRIDGE "address = 192.0.2.10/24\n", "2: address needs method = static\n"},
		{BRIDGE "method = dhcp\ngateway = 192.0.2.1\n",
			"3: gateway needs method = static\n"},
		{STATIC "gateway = 192.0.3.1\n",
			"4: gateway: 192.0.3.1 is not in the network of address = 192.0.2.10/24\n"},
		{STATIC "gateway = 192.0.2.10\n",
			"4: gateway: 192.0.2.10 is this host's own address\n"},
		{STATIC6 "gateway6 = 2001:db9::1\n",
			"4: gateway6: 2001:db9::1 is not in the network of address6 = 2001:db8::10/64\n"},
		{STATIC6 "gateway6 = fe80::1\n", ""},
		{STATIC "gateway = 192.0.2.1\n[bridge xenbr1]\nmethod = static\naddress = "
			"10.0.0.1/24\ngateway = 10.0.0.2\n",
			"8: gateway: there is one default gateway, and [bridge xenbr0] has it\n"},
		{STATIC "[bridge xenbr1]\nmethod = static\naddress = 192.0.2.10/16\n",
			"6: address: [bridge xenbr0] has the same address\n"},
		{BRIDGE "method = static\naddress = 192.0.2.0/24\n",
			"3: address: 192.0.2.0/24 is not an address that a machine can have\n"},
		{"[network]\nipv6 = no\n" BRIDGE "method6 = auto\n",
			"4: method6: [network] has ipv6 = no\n"},
		{BRIDGE "method6 = auto\nmtu = 1000\n", "3: mtu: IPv6 needs at least 1280\n"},
		{BRIDGE "ports = lan\n",
			"2: ports: unknown port \"lan\" (no section has this name, and "
			"it is no card's)\n"},
		{"[nic lan0]\nmac = 52:54:00:00:00:01\n" BRIDGE "ports = lan\n",
			"4: ports: unknown port \"lan\"; did you mean \"lan0\"?\n"},
		{BRIDGE "ports = auto eth0\n", "2: ports: \"auto\" stands alone\n"},
		{BRIDGE "ports = eth0\n[bridge xenbr1]\nports = eth0\n",
			"4: ports: \"eth0\" is already a port of [bridge xenbr0]\n"},
		{BRIDGE "ports = auto\n[bridge xenbr1]\nports = auto\n",
			"4: ports: \"auto\" is already a port of [bridge xenbr0]\n"},
		{BRIDGE "ports = eth0\n[bond bond0]\nports = eth0\n",
			"2: ports: \"eth0\" is already a port of [bond bond0]\n"},
		{BRIDGE "ports = xenbr1\n[bridge xenbr1]\n",
			"2: ports: [bridge xenbr1] cannot be used by a bridge\n"},
		{"[bond bond0]\nports = eth0 v7\n[vlan v7]\nparent = eth1\nid = 7\n",
			"2: ports: [vlan v7] cannot be used by a bond\n"},
		{"[vlan v7]\nparent = eth0\nid = 7\n[vlan v8]\nparent = v7\nid = 8\n",
			"5: parent: [vlan v7] cannot be used by a vlan\n"},
		{"[vlan v7]\nparent = eth0\nid = 7\n[vlan v8]\nparent = eth0\nid = 7\n",
			"6: id: [vlan v7] has the same parent and id\n"},
		{"[bond bond0]\nports = eth0\n[vlan v7]\nparent = eth0\nid = 7\n",
			"4: parent: \"eth0\" is a port of [bond bond0]; take the bond\n"},
		{"[vlan xenbr0]\nparent = eth0\nid = 7\n" BRIDGE,
			"4: the name \"xenbr0\" is already that of [vlan xenbr0]\n"},
		{"[bridge eth0]\n",
			"1: the name \"eth0\" could be that of a network card; choose another\n"},
		{"[nic a]\nmac = 52:54:00:00:00:01\n[nic b]\nmac = 52:54:00:00:00:01\n",
			"4: mac: 52:54:00:00:00:01 is already that of [nic a]\n"},
		{USER "[user tix]\nuid = 1000\n", "4: uid: 1000 is already that of [user tux]\n"},
		{USER "admin = yes\n",
			"warning 3: admin: su asks for root's password, and [root] has none\n"},
		{"[root]\npassword =\n",
			"2: password: a value is missing (only the live system has a root "
			"without password)\n"},
		{"[services]\ndisabled = cron\n",
			"2: disabled: unknown service \"cron\"; did you mean \"crond\"?\n"},
		{"[services]\ndisabled = apache\n", "2: disabled: unknown service \"apache\"\n"},
	};
	(void)state;
	check_texts(cases, ARRAY_SIZE(cases), SCHEMA_STRICT);
}

static void nobody_could_log_in(void **state)
{
	static const struct {
		const char *text;
		bool is_said;
	} cases[] = {
		{"", true},
		{"[root]\nssh-key = " SAMPLE_KEY "\n[ssh]\nenabled = no\n", true},
		{"[root]\nssh-key = " SAMPLE_KEY "\n", false},
		{"[root]\npassword = " SAMPLE_HASH "\n", false},
		{USER "password = " SAMPLE_HASH "\n", false},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(hostconf_dispose) struct host_config config;
		CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
		hostconf_init(&config);
		hostconf_parse(cases[i].text, strlen(cases[i].text), &no_context, SCHEMA_STRICT,
			&config, &problems);
		assert_int_equal(problems.count, cases[i].is_said ? 1 : 0);
		assert_int_equal(problems.errors, 0);
	}
}

static void ssh_is_closed_until_somebody_can_log_in(void **state)
{
	static const struct {
		const char *text;
		bool is_open;
	} cases[] = {
		{"[ssh]\nenabled = yes\n", false},
		{"[root]\npassword =\n", false},
		{"[root]\npassword = " SAMPLE_HASH "\n", true},
		{"[root]\npassword = " SAMPLE_HASH "\n[ssh]\npassword-login = no\n", false},
		{"[root]\nssh-key = " SAMPLE_KEY "\n[ssh]\npassword-login = no\n", true},
		{USER "ssh-key = " SAMPLE_KEY_ECDSA "\n", true},
		{USER "ssh-key = " SAMPLE_KEY "\n[ssh]\nenabled = no\n", false},
		{USER "ssh-key = " SAMPLE_KEY "\n[services]\ndisabled = dropbear\n", false},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(hostconf_dispose) struct host_config config;
		CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
		hostconf_init(&config);
		hostconf_parse(cases[i].text, strlen(cases[i].text), &no_context, SCHEMA_LENIENT,
			&config, &problems);
		assert_int_equal(hostconf_has_ssh(&config), cases[i].is_open);
	}
}

static void what_depends_on_the_machine(void **state)
{
	const struct hostconf_context context = {.zoneinfo_root = "/nonexistent",
		.known_uids = "1000 tux\n1001 old\n",
		.is_live = true};
	static const char text[] =
		"[time]\nzone = Europe/Berlin\n[root]\npassword =\n[user tux]\nuid = "
		"1000\n[user new]\nuid = 1001\n";
	CLEANUP(str_dispose) struct str strict = STR_INIT;
	CLEANUP(str_dispose) struct str lenient = STR_INIT;
	(void)state;
	problems_of(text, &context, SCHEMA_STRICT, &strict);
	assert_string_equal(str_text(&strict),
		"2: zone: there is no time zone \"Europe/Berlin\"\n8: uid: 1001 belonged to \"old\", whose "
		"files may still be there; take another\n");
	problems_of(text, &context, SCHEMA_LENIENT, &lenient);
	assert_string_equal(str_text(&lenient),
		"warning 2: zone: there is no time zone \"Europe/Berlin\"\nwarning 8: uid: 1001 belonged "
		"to \"old\", whose files may still be there; take another\n");
}

/* ---- write and read back ---- */

/* Every value of every section, defaults too: two configurations are equal if this is. */
static void dump(const struct host_config *config, struct str *out)
{
	for (size_t i = 0; i < host_schema.n_sections; i++) {
		const struct schema_section *section = &host_schema.sections[i];
		const void *base = config;
		for (size_t j = 0; base; j++) {
			if (section->check_name && (base = section->at(config, j)) == NULL)
				break;
			str_add(out, "[%s %s]\n", section->kind,
				section->name_of ? section->name_of(base) : "");
			for (size_t k = 0; k < host_schema.n_keys; k++) {
				const struct schema_key *key = &host_schema.keys[k];
				CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
				if (strcmp(key->section, section->kind) != 0)
					continue;
				schema_get(key, base, &values);
				for (size_t v = 0; v < values.count; v++)
					str_add(out, "%s=<%s>\n", key->key, values.items[v]);
			}
			const struct cfg_entry *e;
			for (size_t k = 0; section->entry_at && (e = section->entry_at(base, k));
				k++)
				str_add(out, "%s=<%s>\n", e->key, e->value);
			if (!section->check_name)
				break;
		}
	}
}

static void written_files_read_back(void **state)
{
	const char *given = getenv("SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	(void)state;
	print_message("SEED=%u repeats this run\n", seed);
	srand(seed);
	for (int round = 0; round < 300; round++) {
		CLEANUP(hostconf_dispose) struct host_config config;
		CLEANUP(hostconf_dispose) struct host_config again;
		CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
		CLEANUP(str_dispose) struct str text = STR_INIT;
		CLEANUP(str_dispose) struct str before = STR_INIT;
		CLEANUP(str_dispose) struct str after = STR_INIT;
		random_config(&config);
		hostconf_init(&again);
		schema_write(&host_schema, &config, &text);
		hostconf_parse(
			str_text(&text), text.len, &no_context, SCHEMA_STRICT, &again, &problems);
		if (problems.errors)
			fail_msg("line %u: %s\n%s", problems_first(&problems)->line,
				problems_first(&problems)->text, str_text(&text));
		dump(&config, &before);
		dump(&again, &after);
		assert_string_equal(str_text(&after), str_text(&before));
	}
}

static void dispose_twice(void **state)
{
	struct host_config config;
	(void)state;
	hostconf_init(&config);
	hostconf_dispose(&config);
	hostconf_dispose(&config);
}

/* Every default must be a value that its own key accepts. */
static void defaults_are_valid(void **state)
{
	(void)state;
	for (size_t i = 0; i < host_schema.n_keys; i++) {
		const struct schema_key *key = &host_schema.keys[i];
		assert_non_null(key->meaning);
		assert_non_null(schema_find_section(&host_schema, key->section));
		if (!key->initial)
			continue;
		CLEANUP(mem_free_string)
		char *text = xasprintf("[%s%s]\n%s = %s\n", key->section,
			schema_find_section(&host_schema, key->section)->check_name ? " x0" : "",
			key->key, key->initial);
		CLEANUP(str_dispose) struct str out = STR_INIT;
		problems_of(text, &no_context, SCHEMA_STRICT, &out);
		/* "needs the key" is about another key of the section. */
		if (out.len && !strstr(str_text(&out), "needs the key"))
			fail_msg("%s%s", text, str_text(&out));
	}
}

/* A path is another disk in another machine: nobody said that it may be erased there. */
static void file_for_again(void **state)
{
	static const struct {
		const char *disk;
		bool is_erased;
	} cases[] = {{"serial = A1", true}, {"wwn = 0x5000", true}, {"path = /dev/sda", false},
		{"only = yes", false}, {"only = yes\nerase = yes", true}};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(mem_free_string)
		char *text =
			xasprintf("[bridge xenbr0]\nports = auto\n[disk]\n%s\n", cases[i].disk);
		CLEANUP(hostconf_dispose) struct host_config config;
		CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
		hostconf_init(&config);
		hostconf_parse(text, strlen(text), &no_context, SCHEMA_LENIENT, &config, &problems);
		assert_int_equal(hostconf_for_again(&config).disk_erase, cases[i].is_erased);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(good_and_bad_values),
		cmocka_unit_test(every_key_has_a_case), cmocka_unit_test(unknown_double_missing),
		cmocka_unit_test(older_releases_boot_newer_files), cmocka_unit_test(contradictions),
		cmocka_unit_test(nobody_could_log_in),
		cmocka_unit_test(ssh_is_closed_until_somebody_can_log_in),
		cmocka_unit_test(what_depends_on_the_machine),
		cmocka_unit_test(written_files_read_back), cmocka_unit_test(dispose_twice),
		cmocka_unit_test(defaults_are_valid), cmocka_unit_test(file_for_again)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
