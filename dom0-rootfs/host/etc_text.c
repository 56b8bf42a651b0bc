/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of the files in /etc that follow from a host's configuration. Pure. */
#include "etc_text.h"

#include <inttypes.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "netaddr.h"
#include "netinv.h"
#include "peer.h"

/* ---- names ---- */

/* No comment: some programs take the whole file for the name. */
static void build_hostname(const struct etc_input *in, struct str *out)
{
	str_add(out, "%s\n", in->config->name);
}

/* The first fixed address, else the one that Debian uses for hosts without (127.0.1.1). */
static void add_own_address(const struct host_config *config, struct str *out)
{
	for (size_t i = 0; i < config->n_bridges; i++) {
		const char *address = config->bridges[i].address;
		if (address[0]) {
			str_add(out, "%.*s", (int)strcspn(address, "/"), address);
			return;
		}
	}
	str_add(out, "127.0.1.1");
}

static void build_hosts(const struct etc_input *in, struct str *out)
{
	const struct host_config *config = in->config;
	str_add(out, ETC_MARK "127.0.0.1\tlocalhost\n");
	add_own_address(config, out);
	if (config->domain[0])
		str_add(out, "\t%s.%s", config->name, config->domain);
	str_add(out, "%s%s\n", config->domain[0] ? " " : "\t", config->name);
	str_add(out, "::1\tlocalhost ip6-localhost ip6-loopback\n");
}

/* ---- users ---- */

/* Administrators become root with su, not doas or sudo: busybox has it, nothing is added. */
static const char administrators_group[] = "wheel";

static void build_passwd(const struct etc_input *in, struct str *out)
{
	const struct host_config *config = in->config;
	str_add(out, "root:x:0:0:root:/root:/bin/sh\n"
		     "daemon:x:1:1:daemon:/:/bin/false\n"
		     "nobody:x:65534:65534:nobody:/:/bin/false\n");
	for (size_t i = 0; i < config->n_users; i++) {
		const struct host_user *u = &config->users[i];
		str_add(out, "%s:x:%" PRId64 ":%" PRId64 ":%s:/home/%s:/bin/sh\n", u->name, u->uid,
			u->uid, u->fullname, u->name);
	}
}

/* No date of the last change: passwords do not age, and the file does not depend on the clock. */
static void build_shadow(const struct etc_input *in, struct str *out)
{
	const struct host_config *config = in->config;
	str_add(out, "root:%s:::::::\ndaemon:*:::::::\nnobody:*:::::::\n", config->root_password);
	for (size_t i = 0; i < config->n_users; i++)
		str_add(out, "%s:%s:::::::\n", config->users[i].name, config->users[i].password);
}

static void build_group(const struct etc_input *in, struct str *out)
{
	const struct host_config *config = in->config;
	str_add(out, "root:x:0:\ndaemon:x:1:\ntty:x:5:\ndisk:x:6:\n%s:x:10:root",
		administrators_group);
	for (size_t i = 0; i < config->n_users; i++)
		if (config->users[i].is_admin)
			str_add(out, ",%s", config->users[i].name);
	str_add(out, "\nutmp:x:43:\nusers:x:100:\nnogroup:x:65534:\n");
	for (size_t i = 0; i < config->n_users; i++)
		str_add(out, "%s:x:%" PRId64 ":\n", config->users[i].name, config->users[i].uid);
}

/* busybox: su works for root and the group only (docs: "FEATURE_SUID_CONFIG"). */
static void build_busybox_conf(const struct etc_input *in, struct str *out)
{
	(void)in;
	str_add(out, ETC_MARK "[SUID]\nsu = sx- root.%s\n", administrators_group);
}

static void build_shells(const struct etc_input *in, struct str *out)
{
	(void)in;
	str_add(out, ETC_MARK "/bin/sh\n/bin/bash\n");
}

void etc_authorized_keys(
	const struct strlist *keys, const struct host_config *config, struct str *out)
{
	str_add(out, ETC_MARK);
	for (size_t i = 0; i < keys->count; i++)
		str_add(out, "%s\n", keys->items[i]);
	for (size_t i = 0; config && i < config->n_peers; i++)
		peer_add_authorized(&config->peers[i], out);
}

static void build_known_hosts(const struct etc_input *in, struct str *out)
{
	str_add(out, ETC_MARK);
	for (size_t i = 0; i < in->config->n_peers; i++)
		peer_add_known(&in->config->peers[i], out);
}

/* ---- time, keyboard, console ---- */

static void build_timezone(const struct etc_input *in, struct str *out)
{
	str_add(out, "%s\n", in->config->zone);
}

/* Read by /etc/rc.boot, which sets the clock after this, and by /etc/rc.shutdown. */
static void build_hwclock(const struct etc_input *in, struct str *out)
{
	str_add(out, "%s\n", in->config->clock == HOST_CLOCK_LOCAL ? "local" : "utc");
}

static void build_ntp(const struct etc_input *in, struct str *out)
{
	str_add(out, ETC_MARK);
	for (size_t i = 0; i < in->config->ntp_servers.count; i++)
		str_add(out, "server %s\n", in->config->ntp_servers.items[i]);
}

static void build_keymap(const struct etc_input *in, struct str *out)
{
	str_add(out, "%s\n", in->config->layout);
}

static void build_console(const struct etc_input *in, struct str *out)
{
	const char *port = "";
	switch (in->config->serial) {
	case HOST_SERIAL_COM1:
		port = "com1";
		break;
	case HOST_SERIAL_COM2:
		port = "com2";
		break;
	case HOST_SERIAL_NONE:
		port = "none";
		break;
	}
	str_add(out, ETC_MARK "CONSOLE_SERIAL=%s\nCONSOLE_SPEED=%u\n", port,
		hostconf_speed(in->config));
}

/* busybox getty fills in the name of the host and the line. */
static void build_issue(const struct etc_input *in, struct str *out)
{
	str_add(out, "%s %s, \\n, \\l\n\n", in->release->product, in->release->version);
}

/* ---- services ---- */

static bool is_wanted(const struct host_config *config, const char *service)
{
	if (strlist_has(&config->disabled_services, service))
		return false;
	if (strcmp(service, "crond") == 0)
		return config->has_cron;
	if (strcmp(service, "ntpd") == 0)
		return config->ntp_servers.count > 0;
	if (strcmp(service, "dropbear") == 0)
		return hostconf_has_ssh(config);
	if (strcmp(service, "watchdog") == 0)
		return config->has_watchdog;
	return true;
}

static void build_services(const struct etc_input *in, struct str *out)
{
	str_add(out, ETC_MARK);
	for (size_t i = 0; host_services[i]; i++)
		if (is_wanted(in->config, host_services[i]))
			str_add(out, "%s\n", host_services[i]);
}

/* The complement, for /etc/rc.boot: these are there, but are not started. */
static void build_services_off(const struct etc_input *in, struct str *out)
{
	for (size_t i = 0; host_services[i]; i++)
		if (!is_wanted(in->config, host_services[i]))
			str_add(out, "%s\n", host_services[i]);
}

/* For /etc/rc.late and /etc/rc.shutdown, shell style. */
static void build_guests(const struct etc_input *in, struct str *out)
{
	const struct host_config *config = in->config;
	str_add(out,
		ETC_MARK "START_DELAY=%" PRId64 "\nSTOP_TIMEOUT=%" PRId64
			 "\nAT_STOP=%s\nSAVE_TIMEOUT=%" PRId64 "\n",
		config->guests_start_delay_s, config->guests_stop_timeout_s,
		config->guests_at_stop == HOST_AT_STOP_SAVE ? "save" : "shutdown",
		config->guests_save_timeout_s);
}

/* -s: no passwords; -g: none for root, who has none. Blank passwords never (-B is not given). */
static void build_dropbear(const struct etc_input *in, struct str *out)
{
	const struct host_config *config = in->config;
	str_add(out, "-p %" PRId64, config->ssh_port);
	if (!config->ssh_takes_passwords)
		str_add(out, " -s");
	if (!hostconf_has_hash(config->root_password))
		str_add(out, " -g");
	str_add(out, "\n");
}

static void build_syslog(const struct etc_input *in, struct str *out)
{
	(void)in;
	str_add(out, ETC_MARK "*.*\t/var/log/messages\n");
}

/* Five files of 1 MiB are the bound of the log. */
static void build_syslogd(const struct etc_input *in, struct str *out)
{
	const char *remote = in->config->syslog_remote;
	str_add(out, ETC_MARK "SYSLOGD_ARGS='-s 1024 -b 4");
	if (remote[0])
		str_add(out, " -L -R %s", remote);
	str_add(out, "'\n");
}

/* ---- firewall ---- */

/*
 * What a guest sends to this host is marked where its card is still known, at the bridge; the host's own
 * rules see the bridge only. A mark survives the fragments' reassembly.
 */
#define GUEST_MARK "0x646f6d55"

/*
 * Bridged frames of guests never come to the second table: they are the bridge family's. Each table is
 * replaced alone, not "flush ruleset", which would take the guests' anti-spoofing rules with it.
 */
static void build_nftables(const struct etc_input *in, struct str *out)
{
	str_add(out, ETC_MARK "table bridge domus\n"
			      "delete table bridge domus\n"
			      "table bridge domus {\n"
			      "\tchain input {\n"
			      "\t\ttype filter hook input priority filter; policy accept;\n"
			      "\t\tiifname \"vif*\" meta mark set " GUEST_MARK "\n"
			      "\t\tiifgroup " NETINV_GUEST_GROUP " meta mark set " GUEST_MARK "\n"
			      "\t}\n"
			      "}\n"
			      "\n"
			      "table inet domus\n"
			      "delete table inet domus\n"
			      "table inet domus {\n"
			      "\tchain input {\n"
			      "\t\ttype filter hook input priority filter; policy drop;\n"
			      "\t\tct state established,related accept\n"
			      "\t\tct state invalid drop\n"
			      "\t\tiif \"lo\" accept\n"
			      "\t\tudp sport 67 udp dport 68 accept\n"
			      "\t\t# The address of one network is not served in another.\n"
			      "\t\tfib daddr . iif type != { local, broadcast, multicast } drop\n"
			      "\t\tmeta l4proto icmp accept\n"
			      "\t\tmeta l4proto ipv6-icmp accept\n"
			      "\t\tip6 saddr fe80::/10 udp sport 547 udp dport 546 accept\n");
	if (hostconf_has_ssh(in->config))
		str_add(out, "\t\t%stcp dport %" PRId64 " accept\n",
			in->config->ssh_for_guests ? "" : "meta mark != " GUEST_MARK " ",
			in->config->ssh_port);
	str_add(out, "\t}\n"
		     "\n"
		     "\t# This host is no router: nothing passes from one bridge to another.\n"
		     "\tchain forward {\n"
		     "\t\ttype filter hook forward priority filter; policy drop;\n"
		     "\t}\n"
		     "\n"
		     "\tchain output {\n"
		     "\t\ttype filter hook output priority filter; policy accept;\n"
		     "\t\t# Guests' screens have no password: they are root's.\n"
		     "\t\toif \"lo\" meta skuid != 0 meta l4proto tcp th dport 5900-5999 drop\n"
		     "\t}\n"
		     "}\n");
}

static void build_storage(const struct etc_input *in, struct str *out)
{
	str_add(out, "%s\n", in->config->group);
}

const struct etc_file etc_files[] = {
	{"/etc/hostname", 0644, build_hostname},
	{"/etc/hosts", 0644, build_hosts},
	{"/etc/passwd", 0644, build_passwd},
	{"/etc/shadow", 0600, build_shadow},
	{"/etc/group", 0644, build_group},
	{"/etc/busybox.conf", 0644, build_busybox_conf},
	{"/etc/shells", 0644, build_shells},
	{"/etc/timezone", 0644, build_timezone},
	{"/etc/domus/hwclock", 0644, build_hwclock},
	{"/etc/ntp.conf", 0644, build_ntp},
	{"/etc/domus/keymap", 0644, build_keymap},
	{"/etc/issue", 0644, build_issue},
	{"/etc/syslog.conf", 0644, build_syslog},
	{"/etc/nftables.conf", 0644, build_nftables},
	{"/etc/default/console", 0644, build_console},
	{"/etc/default/syslogd", 0644, build_syslogd},
	{"/etc/domus/services", 0644, build_services},
	{"/etc/domus/services.off", 0644, build_services_off},
	{"/etc/domus/storage", 0644, build_storage},
	{"/etc/default/guests", 0644, build_guests},
	{"/etc/domus/dropbear.options", 0644, build_dropbear},
	{PEER_KNOWN_PATH, 0644, build_known_hosts},
	{NULL, 0, NULL},
};
