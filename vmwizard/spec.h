/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest as its section [vm NAME] of a file, the wizard or an xl.cfg describes it, and the table
 * of its keys. What is "auto" here is decided by vm_spec_complete() from profile and host.
 */
#ifndef VMWIZARD_SPEC_H
#define VMWIZARD_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cfg.h"
#include "err.h"
#include "guestturn.h"
#include "problem.h"
#include "schema.h"
#include "str.h"

/* The order of each enum is that of its words in spec.c; 0 is "auto" where there is one. */
enum vm_method { VM_METHOD_AUTO, VM_PV, VM_PVH, VM_HVM };
enum { VM_METHODS = VM_HVM + 1 };
/* Where the system comes from; DISK: it is on the guest's disk already, or boot is DIRECT. */
enum vm_source { VM_SOURCE_AUTO, VM_SOURCE_DISK, VM_SOURCE_NETWORK, VM_SOURCE_ISO, VM_SOURCE_PXE };
/* How the installed system starts. */
enum vm_boot {
	VM_BOOT_AUTO,
	VM_BOOT_GRUB,     /* GRUB for Xen reads the guest's disk */
	VM_BOOT_TAKEN,    /* kernel and initrd are taken out of the guest's disk at each start */
	VM_BOOT_FIRMWARE, /* SeaBIOS or OVMF; HVM only */
	VM_BOOT_DIRECT,   /* kernel and initrd lie in dom0 */
};
enum vm_firmware { VM_FIRMWARE_BIOS, VM_FIRMWARE_UEFI };
enum vm_order { VM_ORDER_AUTO, VM_ORDER_DISK, VM_ORDER_CD, VM_ORDER_NETWORK };
enum vm_crash { VM_CRASH_RESTART, VM_CRASH_DESTROY, VM_CRASH_PRESERVE };

enum vm_disk_kind {
	VM_DISK_NEW,      /* made in a pool; removed again when a later step fails */
	VM_DISK_EXISTING, /* image file, logical volume or physical device */
	VM_DISK_CDROM,    /* ISO file or drive; path "" is an empty drive (HVM) */
};
enum vm_format { VM_FORMAT_AUTO, VM_FORMAT_RAW, VM_FORMAT_QCOW2, VM_FORMAT_VHD, VM_FORMAT_QED };

struct vm_disk {
	enum vm_disk_kind kind;
	char *pool;       /* of a new one: name of a struct vm_pool; "" auto */
	int64_t size_mib; /* of a new one; 0 auto */
	bool is_full;     /* all space is taken at once instead of when it is written */
	char *path;       /* of the others; of a new one: "" until vm_spec_complete() */
	enum vm_format format;
	char *target; /* "xvda", "hdc"; "" auto */
	bool is_readonly;
	bool is_common; /* of a hand-made xl.cfg: guests share it knowingly (script=block-shared) */
};

struct vm_nic {
	char *bridge;    /* "" auto: the host's first */
	char *mac;       /* small letters; "" until drawn */
	char *model;     /* HVM: "e1000", "rtl8139", "virtio-net"; "" auto */
	bool is_guarded; /* may send only from its own MAC, and addresses if there are any */
	char *addresses; /* value_check_addresses(); "" any */
	char *more; /* what else its item in xl.cfg says, "script=own, rate=10Mb/s"; "" nothing */
};

/* Owns everything in it. Texts are never NULL after vm_spec_init(). */
struct vm_spec {
	char *name;
	char *os; /* id of a profile */
	enum vm_method method;
	char *uuid;                         /* "" until drawn */
	int64_t memory_mib, max_memory_mib; /* 0 auto */
	int64_t vcpus, max_vcpus;           /* 0 auto */
	struct strlist disk_values;         /* as in the file; disks[] is what counts */
	struct strlist nic_values;
	struct vm_disk *disks;
	size_t n_disks;
	struct vm_nic *nics;
	size_t n_nics;
	bool has_disks; /* the file says which, if any; else the profile proposes */
	bool has_nics;

	enum vm_source install;
	char *mirror;        /* URL under which the profile's paths lie; "" the profile's */
	char *kernel;        /* URL or path; "" from mirror and profile */
	char *initrd;        /* the same */
	char *kernel_sha256; /* 64 hexadecimal digits; "" not compared */
	char *initrd_sha256;
	char *arguments; /* of the installer's kernel, or of a DIRECT one */
	char *answer;    /* URL or path of a preseed, kickstart, ... file; "" none */
	char *iso;       /* path of install = iso */

	enum vm_boot boot;
	bool autostart;
	int64_t start_order;   /* 0: after those that have one */
	int64_t start_delay_s; /* before the next guest starts */
	enum guestturn_stop at_stop;
	bool start; /* at once after creation */
	enum vm_order boot_order;
	enum vm_firmware firmware;
	bool has_vnc;
	char *vnc_password; /* secret, of a hand-made xl.cfg; "" none */
	bool has_serial;    /* HVM: a serial port, which is the console */
	char *pin;          /* real CPUs, "0-1,3"; "" all */
	char *soft_pin;     /* those of them that it prefers while they are free; "" none */
	int64_t weight;     /* 0: the scheduler's own, 256 */
	int64_t cap;        /* per cent of one CPU; 0 none */
	enum vm_crash on_crash;
};

extern const struct schema vm_schema;
/* Words of the enums, for pages and messages: "pv", "network", "grub" ... */
extern const char *const vm_method_words[];
extern const char *const vm_source_words[];
extern const char *const vm_boot_words[];
extern const char *const vm_format_words[];
extern const char *const vm_firmware_words[];
extern const char *const vm_crash_words[];
/* "Paravirtualization (PV)" and so on, by enum vm_method. */
extern const char *const vm_method_titles[];

/* "pv", "pvh" or "hvm"; AUTO for anything else. */
enum vm_method vm_method_find(const char *word);

void vm_spec_init(struct vm_spec *spec);
/* Idempotent; wipes secrets. */
void vm_spec_dispose(struct vm_spec *spec);
/* Replaces one text of a spec. */
void vm_spec_set(char **text, const char *value);
struct vm_disk *vm_spec_add_disk(struct vm_spec *spec, enum vm_disk_kind kind);
struct vm_nic *vm_spec_add_nic(struct vm_spec *spec, const char *bridge);
void vm_spec_remove_disk(struct vm_spec *spec, size_t i);
void vm_spec_remove_nic(struct vm_spec *spec, size_t i);
/* All parts are copied; to is initialized first (what it held is lost). */
void vm_spec_copy(struct vm_spec *to, const struct vm_spec *from);

/*
 * Value of a "disk" key: "new, size=8 GiB, pool=guests, full=yes, target=xvda",
 * "existing, format=raw, readonly=yes, path=/dev/vg/lv", "cdrom, path=/srv/domus/x.iso".
 * path comes last and may hold commas.
 */
int vm_disk_parse(const char *value, struct vm_disk *ret_disk, struct err *err);
void vm_disk_write(const struct vm_disk *disk, struct str *ret_value);
void vm_disk_dispose(struct vm_disk *disk);
/* "bridge=xenbr0, mac=00:16:3e:..., model=e1000, guard=yes, addresses=192.0.2.7 2001:db8::7" */
int vm_nic_parse(const char *value, struct vm_nic *ret_nic, struct err *err);
void vm_nic_write(const struct vm_nic *nic, struct str *ret_value);
void vm_nic_dispose(struct vm_nic *nic);
/* For people, behind what is said of a NIC: ", guarded", ", guarded: only as 192.0.2.7", or nothing. */
void vm_nic_add_guard(const struct vm_nic *nic, struct str *text);

/* A guest's name: letters, digits, "-_.+", the first a letter or digit, at most 63. */
int vm_check_name(const char *name, struct err *err);
/* A path or text that goes into xl.cfg: no control characters, quotes only of one kind. */
int vm_check_path(const char *path, struct err *err);

/*
 * All guests of a file, each initialized here; the caller disposes of them and frees the array.
 * Problems have the file's lines.
 */
void vm_spec_parse(const char *text, size_t len, struct vm_spec **ret_specs, size_t *ret_count,
	struct problems *problems);
/* The same for a file that was read already; sections other than [vm] must not be in it. */
void vm_spec_read(const struct cfg *cfg, struct vm_spec **ret_specs, size_t *ret_count,
	struct problems *problems);
/* The section [vm NAME] that reads back as spec. */
void vm_spec_write(const struct vm_spec *spec, struct str *ret_text);

/*
 * Draws what is random and not set: uuid, MACs. For main() and pages only; not
 * before a dry run, which prints "(new)".
 */
int vm_spec_draw(struct vm_spec *spec, struct err *err);

#endif
