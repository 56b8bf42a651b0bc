/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host as its configuration file describes it, and the table of its keys. */
#ifndef DOMUS_HOSTCONF_H
#define DOMUS_HOSTCONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cfg.h"
#include "problem.h"
#include "schema.h"
#include "str.h"

/* The newest schema this release reads; 1 is the first. */
#define HOSTCONF_SCHEMA 1

#define HOSTCONF_PATH "/etc/domus/host.conf"

/* The order of each enum is that of its words in hostconf.c. */
enum host_clock { HOST_CLOCK_UTC, HOST_CLOCK_LOCAL };
enum host_bond_mode { HOST_BOND_ACTIVE_BACKUP, HOST_BOND_8023AD };
enum host_method { HOST_METHOD_NONE, HOST_METHOD_DHCP, HOST_METHOD_STATIC };
enum host_method6 { HOST_METHOD6_NONE, HOST_METHOD6_AUTO, HOST_METHOD6_DHCP, HOST_METHOD6_STATIC };
enum host_serial { HOST_SERIAL_COM1, HOST_SERIAL_COM2, HOST_SERIAL_NONE };
enum host_speed {
	HOST_SPEED_9600,
	HOST_SPEED_19200,
	HOST_SPEED_38400,
	HOST_SPEED_57600,
	HOST_SPEED_115200
};

enum host_licence { HOST_LICENCE_OPEN, HOST_LICENCE_ACCEPTED };
enum host_mode { HOST_MODE_NEW, HOST_MODE_REPAIR, HOST_MODE_UPGRADE, HOST_MODE_REINSTALL };
enum host_on_error { HOST_ON_ERROR_SHELL, HOST_ON_ERROR_POWEROFF, HOST_ON_ERROR_REBOOT };
enum host_after { HOST_AFTER_REBOOT, HOST_AFTER_POWEROFF, HOST_AFTER_SHELL };
enum host_hook_at {
	HOST_HOOK_BEFORE_PARTITIONING,
	HOST_HOOK_AFTER_INSTALLATION,
	HOST_HOOK_FIRST_BOOT
};
enum host_boot_entry { HOST_BOOT_XEN, HOST_BOOT_XEN_SERIAL, HOST_BOOT_RESCUE };

enum host_at_stop { HOST_AT_STOP_SHUTDOWN, HOST_AT_STOP_SAVE };
enum host_pool_type { HOST_POOL_THIN, HOST_POOL_DIRECTORY, HOST_POOL_NFS };

/* Space for guests' disks besides the one of the installation. */
struct host_pool {
	char *name;
	enum host_pool_type type;
	char *source;  /* GROUP/POOL; UUID=... or a directory's path; HOST:/PATH */
	char *options; /* of mount, "" for the release's */
};

/* A command of the user's at a moment of the installation. */
struct host_hook {
	char *name;
	enum host_hook_at at;
	char *command; /* for /bin/sh */
	int64_t time_limit_s;
};

struct host_nic {
	char *name;
	char *mac; /* small letters */
};

struct host_bond {
	char *name;
	struct strlist ports;
	enum host_bond_mode mode;
};

struct host_vlan {
	char *name;
	char *parent;
	int64_t id;
};

struct host_bridge {
	char *name;
	struct strlist ports; /* names, or the one word "auto"; empty: internal */
	enum host_method method;
	char *address; /* with prefix; "" unless static */
	char *gateway; /* "" for none */
	enum host_method6 method6;
	char *address6;
	char *gateway6;
	int64_t mtu; /* bytes; 0: as the kernel chooses */
	bool has_stp;
};

struct host_user {
	char *name;
	int64_t uid;
	char *fullname;
	char *password; /* hash, or "*" */
	struct strlist ssh_keys;
	bool is_admin;
};

/* Another host, which guests may be moved to and come from. */
struct host_peer {
	char *name;
	char *address; /* "": the name is one */
	int64_t port;
	char *ssh_key; /* its host key, with which it also logs in here */
};

/* Kept as it is; the VM manager's own schema judges it. */
struct host_vm {
	char *name;
	struct cfg_entry *entries; /* their lines are not kept */
	size_t count;
};

/* Owns everything in it. */
struct host_config {
	int64_t schema;
	char *name;
	char *domain;
	char *zone;
	enum host_clock clock;
	struct strlist ntp_servers;
	char *layout;
	struct strlist dns;
	struct strlist search;
	bool has_ipv6;
	struct host_nic *nics;
	size_t n_nics;
	struct host_bond *bonds;
	size_t n_bonds;
	struct host_vlan *vlans;
	size_t n_vlans;
	struct host_bridge *bridges;
	size_t n_bridges;
	char *root_password; /* hash, "*" locked, or "" none (live only) */
	struct strlist root_ssh_keys;
	struct host_user *users;
	size_t n_users;
	struct host_peer *peers;
	size_t n_peers;
	bool ssh_is_enabled;
	int64_t ssh_port;
	bool ssh_takes_passwords;
	bool ssh_for_guests;
	bool has_cron;
	bool has_watchdog;
	int64_t guests_start_delay_s, guests_stop_timeout_s, guests_save_timeout_s;
	enum host_at_stop guests_at_stop;
	char *syslog_remote; /* "" for none */
	struct strlist disabled_services;
	enum host_serial serial;
	enum host_speed speed;
	int64_t dom0_memory_mib; /* 0: chosen by the release */
	int64_t dom0_vcpus;      /* 0: chosen by the release */
	int64_t dom0_hvm_guests; /* HVM guests that run at the same time */
	enum host_boot_entry boot_entry;
	int64_t boot_timeout_s;
	char *xen_args; /* put behind the release's own */
	char *dom0_args;

	/* How it is, or was, installed: recorded, never acted on again. */
	enum host_licence licence;
	enum host_mode mode;
	struct strlist components; /* layers besides the base */
	enum host_on_error on_error;
	enum host_after after;
	char *report_url;  /* "" for none */
	char *reinstall;   /* another word here lets the same file install again */
	char *disk_serial; /* conditions for the disk, all must hold; "" for none */
	char *disk_wwn;
	char *disk_path;
	char *disk_model;
	int64_t disk_min_mib; /* 0: no bound */
	int64_t disk_max_mib;
	bool disk_is_only; /* the machine has just this one */
	bool disk_erase;   /* what is on it may be lost */
	int64_t esp_mib;
	int64_t slot_mib;
	int64_t state_mib;   /* 0: chosen from the disk's size */
	char *group;         /* LVM volume group of the guests' disks */
	int64_t library_mib; /* 0: chosen from the disk's size */
	int64_t reserve_percent;
	struct host_pool *pools;
	size_t n_pools;
	struct host_hook *hooks;
	size_t n_hooks;

	struct host_vm *vms;
	size_t n_vms;
};

/* THE table of a host's keys. */
extern const struct schema host_schema;

/* Services of the host that a file may disable; ends with NULL. */
extern const char *const host_services[];

/* Layers that an installation may leave out; ends with NULL. */
extern const char *const host_components[];

/* An empty host with all defaults; dispose is idempotent and wipes secrets. */
void hostconf_init(struct host_config *config);
void hostconf_dispose(struct host_config *config);

/* What hostconf_check() may look at besides the file itself. */
struct hostconf_context {
	const char
		*zoneinfo_root; /* root under which /usr/share/zoneinfo lies; NULL: not checked */
	bool is_live;           /* the built-in live file: root without a password is allowed */
	bool judges_login;      /* the caller says itself whether anybody can log in */
	const char *known_uids; /* lines "UID NAME" of all users there ever were; NULL: none */
};

/*
 * Contradictions between keys. cfg gives the lines of the messages and may be NULL. What only
 * depends on the machine (zone files, uids of the past) is an error in SCHEMA_STRICT, else a
 * warning: it must not keep a host from booting. Advice is only given in SCHEMA_STRICT.
 */
void hostconf_check(const struct host_config *config, const struct cfg *cfg,
	const struct hostconf_context *context, enum schema_mode mode, struct problems *problems);

/* cfg_parse(), schema_read() and, if that found no error, hostconf_check(); config initialized. */
void hostconf_parse(const char *text, size_t len, const struct hostconf_context *context,
	enum schema_mode mode, struct host_config *ret_config, struct problems *problems);

/* The same for a file that is parsed already. */
void hostconf_read_cfg(const struct cfg *cfg, const struct hostconf_context *context,
	enum schema_mode mode, struct host_config *config, struct problems *problems);

/* The same for root/path; -1 only when the file cannot be read. */
int hostconf_read_file(const char *root, const char *path, const struct hostconf_context *context,
	enum schema_mode mode, struct host_config *ret_config, struct problems *problems,
	struct err *err);

/* True when somebody could come in over SSH, a peer too: it is on, and a key or usable password exists. */
bool hostconf_has_ssh(const struct host_config *config);

/* True when somebody has a password, or some login over SSH could succeed; peers do not log in. */
bool hostconf_has_login(const struct host_config *config);

/*
 * For a file that installs this host again, whose disk has this host on it: it may be erased if it is
 * named by what no other disk has. The copy owns nothing.
 */
struct host_config hostconf_for_again(const struct host_config *config);

/* True for a password field that holds a hash. */
bool hostconf_has_hash(const char *password);

/* Speed of the serial line in bits per second. */
unsigned hostconf_speed(const struct host_config *config);

#endif
