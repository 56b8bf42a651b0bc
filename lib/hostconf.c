/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host as its configuration file describes it, and the table of its keys. */
#include "hostconf.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "hostpool.h"
#include "lang.h"
#include "mem.h"
#include "value.h"

static const char *const clock_words[] = {"utc", "local", NULL};
static const char *const bond_words[] = {"active-backup", "802.3ad", NULL};
static const char *const method_words[] = {"none", "dhcp", "static", NULL};
static const char *const method6_words[] = {"none", "auto", "dhcp", "static", NULL};
static const char *const serial_words[] = {"com1", "com2", "none", NULL};
static const char *const speed_words[] = {"9600", "19200", "38400", "57600", "115200", NULL};

static const char *const licence_words[] = {"not-accepted", "accepted", NULL};
static const char *const mode_words[] = {"new", "repair", "upgrade", "reinstall", NULL};
static const char *const on_error_words[] = {"shell", "poweroff", "reboot", NULL};
static const char *const after_words[] = {"reboot", "poweroff", "shell", NULL};
static const char *const pool_words[] = {"thin", "directory", "nfs", NULL};
static const char *const at_stop_words[] = {"shutdown", "save", NULL};
static const char *const hook_words[] = {
	"before-partitioning", "after-installation", "first-boot", NULL};
static const char *const boot_words[] = {"xen", "xen-serial", "rescue", NULL};

const char *const host_components[] = {"hvm", "remote", "firmware", NULL};

const char *const host_services[] = {
	"syslogd", "klogd", "crond", "ntpd", "dropbear", "watchdog", NULL};

/* Access to the sections with a name: append one, take the i-th, tell its name. */
#define NAMED_SECTION(what, type, items, n_items)                                      \
	static void *add_##what(void *config, const char *name)                        \
	{                                                                              \
		struct host_config *c = config;                                        \
		c->items = xreallocarray(c->items, c->n_items + 1, sizeof(*c->items)); \
		struct type *element = &c->items[c->n_items++];                        \
		*element = (struct type){.name = xstrdup(name)};                       \
		return element;                                                        \
	}                                                                              \
	static const void *at_##what(const void *config, size_t i)                     \
	{                                                                              \
		const struct host_config *c = config;                                  \
		return i < c->n_items ? &c->items[i] : NULL;                           \
	}                                                                              \
	static const char *name_of_##what(const void *element)                         \
	{                                                                              \
		return ((const struct type *)element)->name;                           \
	}

NAMED_SECTION(nic, host_nic, nics, n_nics)
NAMED_SECTION(bond, host_bond, bonds, n_bonds)
NAMED_SECTION(vlan, host_vlan, vlans, n_vlans)
NAMED_SECTION(bridge, host_bridge, bridges, n_bridges)
NAMED_SECTION(user, host_user, users, n_users)
NAMED_SECTION(pool, host_pool, pools, n_pools)
NAMED_SECTION(peer, host_peer, peers, n_peers)
NAMED_SECTION(hook, host_hook, hooks, n_hooks)
NAMED_SECTION(vm, host_vm, vms, n_vms)

static void add_vm_entry(void *element, const char *key, const char *value)
{
	struct host_vm *vm = element;
	vm->entries = xreallocarray(vm->entries, vm->count + 1, sizeof(*vm->entries));
	vm->entries[vm->count++] = (struct cfg_entry){.key = xstrdup(key), .value = xstrdup(value)};
}

static const struct cfg_entry *vm_entry_at(const void *element, size_t i)
{
	const struct host_vm *vm = element;
	return i < vm->count ? &vm->entries[i] : NULL;
}

#define SECTION(word, text) {.kind = word, .meaning = text}
#define SECTIONS(word, check, text)  \
	{.kind = #word,              \
		.meaning = text,     \
		.check_name = check, \
		.add = add_##word,   \
		.at = at_##word,     \
		.name_of = name_of_##word}

static const struct schema_section sections[] = {
	SECTION("domus", N_("the file itself")),
	SECTION("host", N_("name of this host")),
	SECTION("time", N_("clock and time zone")),
	SECTION("keyboard", N_("keyboard of the local console")),
	SECTION("network", N_("settings of the whole network")),
	SECTIONS(nic, value_check_ifname, N_("gives a network card a name that it keeps")),
	SECTIONS(bond, value_check_ifname, N_("several network cards as one")),
	SECTIONS(vlan, value_check_ifname, N_("a tagged network on a card or bond")),
	SECTIONS(bridge, value_check_ifname,
		N_("a bridge: where guests and this host are plugged in")),
	SECTION("root", N_("the administrator's login")),
	SECTIONS(user, value_check_user, N_("an ordinary user")),
	SECTION("ssh", N_("remote login")),
	SECTIONS(peer, value_check_word,
		N_("another host, which guests may be moved to and come from; see domus-host peer")),
	SECTION("services", N_("what runs in the background")),
	SECTION("guests", N_("how guests start and stop with this host")),
	SECTION("console", N_("the serial console")),
	SECTION("dom0", N_("share of the machine that the management domain gets")),
	SECTION("boot", N_("what the boot loader starts")),
	SECTION("install", N_("how the host is installed; recorded, never acted on again")),
	SECTION("disk",
		N_("the disk to install on: every condition must hold, and exactly one disk fit")),
	SECTION("storage", N_("the space for guests' disks")),
	SECTIONS(pool, hostpool_check_name,
		N_("more space for guests' disks, see domus-host storage")),
	SECTIONS(hook, value_check_word, N_("a command of yours during the installation")),
	{.kind = "vm",
		.meaning = N_("a guest; its keys are those of the VM manager, which checks them"),
		.check_name = value_check_word,
		.add = add_vm,
		.at = at_vm,
		.name_of = name_of_vm,
		.add_entry = add_vm_entry,
		.entry_at = vm_entry_at},
};

/* One row: section, key, member of the struct, type, when, then what else is to be set. */
#define ROW(of, sec, word, member, kind, time, ...)    \
	{.section = sec,                               \
		.key = word,                           \
		.type = SCHEMA_##kind,                 \
		.when = SCHEMA_##time,                 \
		.offset = offsetof(struct of, member), \
		__VA_ARGS__}

static const struct schema_key keys[] = {
	ROW(host_config, "domus", "schema", schema, INT, BOOT, .min = 1, .max = INT32_MAX,
		.initial = "1",
		.meaning =
			N_("version of this file's keys; a release reads its own and older ones")),

	ROW(host_config, "host", "name", name, HOSTNAME, LIVE, .initial = "domus",
		.meaning = N_("host name, without the domain")),
	ROW(host_config, "host", "domain", domain, DOMAIN, LIVE, .flags = SCHEMA_EMPTY,
		.meaning = N_("domain that follows the host name")),

	ROW(host_config, "time", "zone", zone, ZONE, LIVE, .initial = "Etc/UTC",
		.meaning = N_("time zone, by region and city")),
	ROW(host_config, "time", "clock", clock, WORD, BOOT, .words = clock_words, .initial = "utc",
		.meaning = N_("what the hardware clock shows")),
	ROW(host_config, "time", "ntp-servers", ntp_servers, HOST, LIVE,
		.flags = SCHEMA_LIST | SCHEMA_EMPTY, .max = 8, .initial = "pool.ntp.org",
		.meaning = N_("time servers; empty: the clock is left alone")),

	ROW(host_config, "keyboard", "layout", layout, NAME, LIVE, .initial = "us",
		.meaning = N_("name of the console keymap")),

	ROW(host_config, "network", "dns", dns, IP, LIVE, .flags = SCHEMA_LIST | SCHEMA_EMPTY,
		.max = 3, .meaning = N_("name servers, asked before those that DHCP names")),
	ROW(host_config, "network", "search", search, DOMAIN, LIVE,
		.flags = SCHEMA_LIST | SCHEMA_EMPTY, .max = 6,
		.meaning = N_("domains in which short names are looked up")),
	ROW(host_config, "network", "ipv6", has_ipv6, BOOL, LIVE, .initial = "yes",
		.meaning = N_("no: IPv6 is off in this host (guests are free)")),

	ROW(host_nic, "nic", "mac", mac, MAC, BOOT, .flags = SCHEMA_REQUIRED,
		.meaning = N_("MAC address of the card that gets this name")),

	ROW(host_bond, "bond", "ports", ports, IFNAME, LIVE, .flags = SCHEMA_LIST | SCHEMA_REQUIRED,
		.max = 8, .meaning = N_("network cards, the preferred one first")),
	ROW(host_bond, "bond", "mode", mode, WORD, LIVE, .words = bond_words,
		.initial = "active-backup",
		.meaning = N_("one card at a time, or LACP, which the switch must know about")),

	ROW(host_vlan, "vlan", "parent", parent, IFNAME, LIVE, .flags = SCHEMA_REQUIRED,
		.meaning = N_("network card or bond that carries the tagged frames")),
	ROW(host_vlan, "vlan", "id", id, INT, LIVE, .flags = SCHEMA_REQUIRED, .min = 1, .max = 4094,
		.meaning = N_("VLAN number")),

	ROW(host_bridge, "bridge", "ports", ports, PORT, LIVE, .flags = SCHEMA_LIST | SCHEMA_EMPTY,
		.max = 16,
		.meaning = N_(
			"cards, bonds and VLANs; auto: the first card with a link, else the first; empty: internal")),
	ROW(host_bridge, "bridge", "method", method, WORD, LIVE, .words = method_words,
		.initial = "none", .meaning = N_("how this host gets its IPv4 address there")),
	ROW(host_bridge, "bridge", "address", address, CIDR4, LIVE,
		.meaning = N_("IPv4 address and prefix length, for method = static")),
	ROW(host_bridge, "bridge", "gateway", gateway, IPV4, LIVE,
		.meaning = N_("IPv4 default gateway, for method = static")),
	ROW(host_bridge, "bridge", "method6", method6, WORD, LIVE, .words = method6_words,
		.initial = "none",
		.meaning = N_("how this host gets its IPv6 address there; auto: from the router")),
	ROW(host_bridge, "bridge", "address6", address6, CIDR6, LIVE,
		.meaning = N_("IPv6 address and prefix length, for method6 = static")),
	ROW(host_bridge, "bridge", "gateway6", gateway6, IPV6, LIVE,
		.meaning = N_("IPv6 default gateway, for method6 = static")),
	ROW(host_bridge, "bridge", "mtu", mtu, INT, LIVE, .flags = SCHEMA_AUTO, .min = 576,
		.max = 9216, .initial = "auto",
		.meaning = N_("largest packet in bytes, set on the ports too")),
	ROW(host_bridge, "bridge", "stp", has_stp, BOOL, LIVE, .initial = "no",
		.meaning = N_("spanning tree; a port then forwards only after 30 s")),

	ROW(host_config, "root", "password", root_password, HASH, LIVE,
		.flags = SCHEMA_SECRET | SCHEMA_EMPTY, .initial = "*",
		.meaning = N_("root's password as SHA-512 hash; *: no login by password")),
	ROW(host_config, "root", "ssh-key", root_ssh_keys, SSH_KEY, LIVE, .flags = SCHEMA_REPEAT,
		.max = 64, .meaning = N_("public key that logs in as root")),

	ROW(host_user, "user", "uid", uid, INT, LIVE, .flags = SCHEMA_REQUIRED, .min = 1000,
		.max = 59999,
		.meaning = N_(
			"number of the user, and of a group of the same name; never used again for another")),
	ROW(host_user, "user", "fullname", fullname, FULLNAME, LIVE, .flags = SCHEMA_EMPTY,
		.meaning = N_("the person's name")),
	ROW(host_user, "user", "password", password, HASH, LIVE, .flags = SCHEMA_SECRET,
		.initial = "*", .meaning = N_("password as SHA-512 hash; *: no login by password")),
	ROW(host_user, "user", "ssh-key", ssh_keys, SSH_KEY, LIVE, .flags = SCHEMA_REPEAT,
		.max = 64, .meaning = N_("public key that logs in as this user")),
	ROW(host_user, "user", "admin", is_admin, BOOL, LIVE, .initial = "no",
		.meaning = N_("yes: may become root with su and root's password (group wheel)")),

	ROW(host_config, "ssh", "enabled", ssh_is_enabled, BOOL, LIVE, .initial = "yes",
		.meaning =
			N_("remote login; it stays closed until somebody has a key or password")),
	ROW(host_config, "ssh", "port", ssh_port, INT, LIVE, .min = 1, .max = 65535,
		.initial = "22", .meaning = N_("TCP port")),
	ROW(host_config, "ssh", "password-login", ssh_takes_passwords, BOOL, LIVE, .initial = "yes",
		.meaning = N_("no: only keys are accepted")),
	ROW(host_config, "ssh", "guests", ssh_for_guests, BOOL, LIVE, .initial = "no",
		.meaning =
			N_("yes: guests of this host reach it, too, and what comes through them")),

	ROW(host_peer, "peer", "address", address, HOST, LIVE, .flags = SCHEMA_EMPTY,
		.meaning = N_("its IP address or host name, where that is not its name here")),
	ROW(host_peer, "peer", "port", port, INT, LIVE, .min = 1, .max = 65535, .initial = "22",
		.meaning = N_("TCP port of its SSH")),
	ROW(host_peer, "peer", "ssh-key", ssh_key, SSH_KEY, LIVE, .flags = SCHEMA_REQUIRED,
		.meaning = N_("its public host key, by which it is known in both directions")),

	ROW(host_config, "services", "cron", has_cron, BOOL, LIVE, .initial = "yes",
		.meaning = N_("timed jobs")),
	ROW(host_config, "services", "watchdog", has_watchdog, BOOL, LIVE, .initial = "yes",
		.meaning = N_("reboots the machine when dom0 hangs, where there is a watchdog")),
	ROW(host_config, "services", "syslog-remote", syslog_remote, HOST_PORT, LIVE,
		.flags = SCHEMA_EMPTY,
		.meaning = N_("log server that gets a copy of the log (UDP, port 514)")),
	ROW(host_config, "services", "disabled", disabled_services, NAME, LIVE,
		.flags = SCHEMA_LIST | SCHEMA_EMPTY, .max = 16,
		.meaning = N_("services that are not started")),

	ROW(host_config, "guests", "start-delay", guests_start_delay_s, INT, LIVE, .max = 600,
		.initial = "0",
		.meaning = N_("least seconds between the starts of two guests, which come by their "
			      "start-order, then by name")),
	ROW(host_config, "guests", "stop-timeout", guests_stop_timeout_s, INT, LIVE, .min = 5,
		.max = 3600, .initial = "60",
		.meaning = N_("seconds that guests have to shut down before they are forced off; "
			      "those of each start-order anew, the last first")),
	ROW(host_config, "guests", "at-stop", guests_at_stop, WORD, LIVE, .words = at_stop_words,
		.initial = "shutdown",
		.meaning = N_(
			"what becomes of running guests when the host stops; save: their memory is "
			"written to disk, and they go on when it starts, also those without "
			"autostart; one that does not fit or cannot be saved is shut down")),
	ROW(host_config, "guests", "save-timeout", guests_save_timeout_s, INT, LIVE, .min = 5,
		.max = 3600, .initial = "300",
		.meaning = N_("seconds that all guests together have to be saved; those that are "
			      "not by then are shut down")),

	ROW(host_config, "console", "serial", serial, WORD, BOOT, .words = serial_words,
		.initial = "com1", .meaning = N_("serial port of the console")),
	ROW(host_config, "console", "speed", speed, WORD, BOOT, .words = speed_words,
		.initial = "115200", .meaning = N_("speed of the serial port, 8N1")),

	ROW(host_config, "dom0", "memory", dom0_memory_mib, SIZE_MIB, BOOT, .flags = SCHEMA_AUTO,
		.min = 192, .max = 1024 * 1024, .initial = "auto", .meaning = N_("memory of dom0")),
	ROW(host_config, "dom0", "vcpus", dom0_vcpus, INT, BOOT, .flags = SCHEMA_AUTO, .min = 1,
		.max = 64, .initial = "auto", .meaning = N_("virtual CPUs of dom0")),
	ROW(host_config, "dom0", "hvm-guests", dom0_hvm_guests, INT, BOOT, .min = 0, .max = 256,
		.initial = "2",
		.meaning =
			N_("HVM guests that run at the same time: memory = auto counts them in")),

	ROW(host_config, "boot", "default", boot_entry, WORD, BOOT, .words = boot_words,
		.initial = "xen",
		.meaning = N_("entry that starts by itself; xen-serial: console on the serial "
			      "port only, rescue: Linux without Xen")),
	ROW(host_config, "boot", "timeout", boot_timeout_s, INT, BOOT, .min = 0, .max = 600,
		.initial = "3", .meaning = N_("seconds that the menu waits")),
	ROW(host_config, "boot", "xen-args", xen_args, ARGS, BOOT, .flags = SCHEMA_EMPTY,
		.meaning = N_("words for Xen's command line, behind the release's own")),
	ROW(host_config, "boot", "dom0-args", dom0_args, ARGS, BOOT, .flags = SCHEMA_EMPTY,
		.meaning = N_("words for the command line of dom0's kernel")),

	ROW(host_config, "install", "licence", licence, WORD, INSTALL, .words = licence_words,
		.initial = "not-accepted",
		.meaning = N_("accepted: you agree to the licences of what is installed")),
	ROW(host_config, "install", "mode", mode, WORD, INSTALL, .words = mode_words,
		.initial = "new",
		.meaning = N_(
			"repair and upgrade keep an installed host's settings and guests; reinstall "
			"gives it this file's settings and keeps its guests")),
	ROW(host_config, "install", "components", components, NAME, INSTALL,
		.flags = SCHEMA_LIST | SCHEMA_EMPTY, .max = 16, .initial = "hvm remote firmware",
		.meaning = N_("hvm: full virtualization (QEMU); remote: NFS and iSCSI; firmware: "
			      "for network cards and storage controllers")),
	ROW(host_config, "install", "on-error", on_error, WORD, INSTALL, .words = on_error_words,
		.initial = "shell",
		.meaning = N_("after a failed unattended installation; reboot: after 30 s")),
	ROW(host_config, "install", "after", after, WORD, INSTALL, .words = after_words,
		.initial = "reboot", .meaning = N_("after an unattended installation")),
	ROW(host_config, "install", "report", report_url, URL, INSTALL, .flags = SCHEMA_EMPTY,
		.meaning = N_("https:// address that gets the result by POST")),
	ROW(host_config, "install", "reinstall", reinstall, NAME, INSTALL, .flags = SCHEMA_EMPTY,
		.meaning = N_("a host remembers this word and refuses to be installed again from "
			      "a file with the same one")),

	ROW(host_config, "disk", "serial", disk_serial, TEXT, INSTALL, .flags = SCHEMA_EMPTY,
		.meaning = N_("serial number of the disk")),
	ROW(host_config, "disk", "wwn", disk_wwn, TEXT, INSTALL, .flags = SCHEMA_EMPTY,
		.meaning = N_("world wide name of the disk")),
	ROW(host_config, "disk", "path", disk_path, PATH, INSTALL, .flags = SCHEMA_EMPTY,
		.meaning = N_("device, as /dev/sda; it may change when disks are added")),
	ROW(host_config, "disk", "model", disk_model, TEXT, INSTALL, .flags = SCHEMA_EMPTY,
		.meaning = N_("text that is part of the disk's model")),
	ROW(host_config, "disk", "min-size", disk_min_mib, SIZE_MIB, INSTALL, .max = 1 << 30,
		.initial = "0", .meaning = N_("the disk is at least so large; 0: any")),
	ROW(host_config, "disk", "max-size", disk_max_mib, SIZE_MIB, INSTALL, .max = 1 << 30,
		.initial = "0", .meaning = N_("the disk is at most so large; 0: any")),
	ROW(host_config, "disk", "only", disk_is_only, BOOL, INSTALL, .initial = "no",
		.meaning = N_("yes: the machine's only disk, not counting the medium and "
			      "removable ones")),
	ROW(host_config, "disk", "erase", disk_erase, BOOL, INSTALL, .initial = "no",
		.meaning = N_("yes: a disk that is not empty is used, all on it is lost")),
	ROW(host_config, "disk", "esp", esp_mib, SIZE_MIB, INSTALL, .min = 64, .max = 4096,
		.initial = "512 MiB", .meaning = N_("size of the EFI system partition")),
	ROW(host_config, "disk", "slot", slot_mib, SIZE_MIB, INSTALL, .min = 256, .max = 8192,
		.initial = "768 MiB",
		.meaning = N_("size of each of the two partitions that hold a release")),
	ROW(host_config, "disk", "state", state_mib, SIZE_MIB, INSTALL, .flags = SCHEMA_AUTO,
		.min = 1024, .max = 1024 * 1024, .initial = "auto",
		.meaning = N_("size of the partition for settings, logs, home directories")),

	ROW(host_config, "storage", "group", group, NAME, INSTALL, .initial = "domus",
		.meaning = N_("name of the LVM volume group")),
	ROW(host_config, "storage", "library", library_mib, SIZE_MIB, INSTALL, .flags = SCHEMA_AUTO,
		.min = 256, .max = 1 << 30, .initial = "auto",
		.meaning = N_("greatest size of the volume for ISO images and saved guests")),
	ROW(host_config, "storage", "reserve", reserve_percent, INT, INSTALL, .min = 0, .max = 90,
		.initial = "5",
		.meaning = N_("percent of the space kept back for a thin pool that fills up")),

	ROW(host_pool, "pool", "type", type, WORD, LIVE, .flags = SCHEMA_REQUIRED,
		.words = pool_words,
		.meaning = N_("thin: LVM thin pool; directory: image files on a disk's file system "
			      "or in a directory; nfs: image files on another machine")),
	ROW(host_pool, "pool", "source", source, TEXT, LIVE, .flags = SCHEMA_REQUIRED,
		.meaning = N_("GROUP/POOL of LVM; UUID=... of the file system or the directory's "
			      "path; HOST:/PATH")),
	ROW(host_pool, "pool", "options", options, TEXT, LIVE, .flags = SCHEMA_EMPTY,
		.check = hostpool_check_options,
		.meaning = N_("options of mount, with commas, instead of the release's own")),

	ROW(host_hook, "hook", "at", at, WORD, INSTALL, .flags = SCHEMA_REQUIRED,
		.words = hook_words, .meaning = N_("when it runs")),
	ROW(host_hook, "hook", "run", command, TEXT, INSTALL, .flags = SCHEMA_REQUIRED,
		.meaning = N_("the command, for /bin/sh; its output goes to the log")),
	ROW(host_hook, "hook", "time-limit", time_limit_s, INT, INSTALL, .min = 1, .max = 3600,
		.initial = "60",
		.meaning = N_("seconds; a hook that fails or takes longer fails the installation")),
};

const struct schema host_schema = {
	.sections = sections,
	.n_sections = ARRAY_SIZE(sections),
	.keys = keys,
	.n_keys = ARRAY_SIZE(keys),
};

void hostconf_init(struct host_config *config)
{
	*config = (struct host_config){.schema = HOSTCONF_SCHEMA};
	schema_init_config(&host_schema, config);
}

static void dispose_vm(struct host_vm *vm)
{
	for (size_t i = 0; i < vm->count; i++) {
		mem_wipe_string(vm->entries[i].value);
		free(vm->entries[i].key);
		free(vm->entries[i].value);
	}
	free(vm->entries);
	free(vm->name);
}

#define DISPOSE_ALL(word, items, n_items)                                              \
	do {                                                                           \
		for (size_t i = 0; i < config->n_items; i++) {                         \
			schema_dispose_section(&host_schema, word, &config->items[i]); \
			free(config->items[i].name);                                   \
		}                                                                      \
		free(config->items);                                                   \
	} while (0)

void hostconf_dispose(struct host_config *config)
{
	DISPOSE_ALL("nic", nics, n_nics);
	DISPOSE_ALL("bond", bonds, n_bonds);
	DISPOSE_ALL("vlan", vlans, n_vlans);
	DISPOSE_ALL("bridge", bridges, n_bridges);
	DISPOSE_ALL("user", users, n_users);
	DISPOSE_ALL("pool", pools, n_pools);
	DISPOSE_ALL("peer", peers, n_peers);
	DISPOSE_ALL("hook", hooks, n_hooks);
	for (size_t i = 0; i < config->n_vms; i++)
		dispose_vm(&config->vms[i]);
	free(config->vms);
	for (size_t i = 0; i < host_schema.n_sections; i++)
		if (!sections[i].check_name)
			schema_dispose_section(&host_schema, sections[i].kind, config);
	*config = (struct host_config){.schema = 0};
}

void hostconf_read_cfg(const struct cfg *cfg, const struct hostconf_context *context,
	enum schema_mode mode, struct host_config *config, struct problems *problems)
{
	schema_read(&host_schema, cfg, config, mode, problems);
	/* Always: it explains the unknown keys. */
	if (config->schema > HOSTCONF_SCHEMA)
		problems_add(problems, PROBLEM_ERROR, cfg_line_of(cfg, "domus", NULL, "schema", 0),
			_("schema: this release reads up to %d; the file is from a newer one"),
			HOSTCONF_SCHEMA);
	/* After an error, half of what the checks would say is not true. */
	if (problems->errors == 0)
		hostconf_check(config, cfg, context, mode, problems);
	problems_sort(problems);
}

void hostconf_parse(const char *text, size_t len, const struct hostconf_context *context,
	enum schema_mode mode, struct host_config *ret_config, struct problems *problems)
{
	CLEANUP(cfg_dispose) struct cfg cfg = CFG_INIT;
	cfg_parse(text, len, &cfg, problems);
	hostconf_read_cfg(&cfg, context, mode, ret_config, problems);
}

int hostconf_read_file(const char *root, const char *path, const struct hostconf_context *context,
	enum schema_mode mode, struct host_config *ret_config, struct problems *problems,
	struct err *err)
{
	CLEANUP(cfg_dispose) struct cfg cfg = CFG_INIT;
	if (cfg_read_file(root, path, &cfg, problems, err) < 0)
		return -1;
	hostconf_read_cfg(&cfg, context, mode, ret_config, problems);
	return 0;
}

struct host_config hostconf_for_again(const struct host_config *config)
{
	struct host_config again = *config;
	again.disk_erase |= config->disk_serial[0] || config->disk_wwn[0];
	return again;
}

bool hostconf_has_hash(const char *password)
{
	return password[0] == '$';
}

/* has_key: somebody may come in with a key, besides those that the logins have. */
static bool has_ssh(const struct host_config *config, bool has_key)
{
	bool has_password = hostconf_has_hash(config->root_password);
	has_key |= config->root_ssh_keys.count > 0;
	for (size_t i = 0; i < config->n_users; i++) {
		has_key |= config->users[i].ssh_keys.count > 0;
		has_password |= hostconf_has_hash(config->users[i].password);
	}
	return config->ssh_is_enabled && !strlist_has(&config->disabled_services, "dropbear") &&
	       (has_key || (has_password && config->ssh_takes_passwords));
}

bool hostconf_has_ssh(const struct host_config *config)
{
	return has_ssh(config, config->n_peers > 0);
}

bool hostconf_has_login(const struct host_config *config)
{
	bool has = hostconf_has_hash(config->root_password) || has_ssh(config, false);
	for (size_t i = 0; i < config->n_users; i++)
		has |= hostconf_has_hash(config->users[i].password);
	return has;
}

unsigned hostconf_speed(const struct host_config *config)
{
	return (unsigned)strtoul(speed_words[config->speed], NULL, 10);
}
