/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this machine has for guests: read once, then only looked at. */
#ifndef VMWIZARD_HOST_H
#define VMWIZARD_HOST_H

#include "vmwizard/profile.h"
#include "vmwizard/spec.h"

enum vm_pool_kind {
	VM_POOL_THIN, /* LVM thin pool; path "VG/POOL" */
	VM_POOL_LVM,  /* volume group with free extents; path "VG" */
	VM_POOL_DIR,  /* directory on a file system; path is it */
};

struct vm_pool {
	char *name; /* as a "disk" key names it: "guests", "domus", "library" */
	enum vm_pool_kind kind;
	char *path;
	uint64_t size_bytes;
	uint64_t free_bytes;     /* not yet written */
	uint64_t promised_bytes; /* thin: sum of the volumes' sizes */
};

struct vm_iso {
	char *path;
	char *label; /* of the volume, or "" */
	char *pool;  /* that of its place */
	uint64_t size_bytes;
};

/* A directory for CD images. */
struct vm_place {
	char *pool; /* "library", or of the host's file */
	char *dir;
	bool is_there; /* false: its disk or server is gone; nothing more is known */
	uint64_t size_bytes, free_bytes; /* of its file system */
};

#define VM_CPU_WORDS 8

struct vm_host {
	bool is_xen; /* false: nothing below "names" is known, checks against the machine are off */
	/* By enum vm_method: "" it can, else why it cannot, in words for the user. */
	char *cannot[VM_METHODS];
	uint64_t total_kib, free_kib; /* of the machine; free: not given to any domain */
	unsigned xen_major, xen_minor;
	uint32_t cpu_caps[VM_CPU_WORDS]; /* features of the CPU, as Xen counts them */
	bool has_shadow;                 /* shadow paging: a PV guest can move while it runs */
	uint64_t dom0_kib, dom0_available_kib;
	unsigned cpus;
	struct strlist bridges;
	struct vm_pool *pools; /* the preferred one first */
	size_t n_pools;
	struct vm_iso *isos;
	size_t n_isos;
	struct vm_place *places;
	size_t n_places;
	struct strlist names; /* of guests defined (/etc/xen) or running */
	struct strlist used;  /* paths of disks that defined guests have, each "PATH\tGUEST" */
	struct strlist uuids, macs; /* of defined guests */
	const char *root;           /* where disks and images are looked at; NULL: they are not */
	/* libxl_domain_need_memory() for it, in KiB; NULL or -1: estimated. */
	int (*need_memory)(void *xen, const struct vm_spec *spec, uint64_t *ret_kib);
	void (*close_xen)(void *xen);
	void *xen;
	char *mirror;     /* guest_mirror of the build, or "" */
	bool has_library; /* /srv/domus is a file system of its own */
	bool has_grub_pvh, has_grub_pv;
	bool has_ovmf; /* UEFI firmware for guests */
	bool is_live;  /* nothing written survives a reboot */
};

void vm_host_init(struct vm_host *host);
void vm_host_dispose(struct vm_host *host);
/* Asking LVM is slow: who makes no disk leaves its pools out. */
enum vm_host_what { VM_HOST_WHOLE, VM_HOST_NO_LVM };
/*
 * Reads the machine: libxl, /sys, lvm, /etc/xen, the library, all under root. Without Xen it is
 * not an error (is_xen is false): plans can be made anywhere.
 */
int vm_host_read(
	const char *root, enum vm_host_what what, struct vm_host *ret_host, struct err *err);

/* Memory that LVM's programs need in dom0 (22 MiB for lvcreate, which locks it), and a little more. */
#define VM_DOM0_RESERVE_KIB (32 * 1024u)
/* MemAvailable of proc_meminfo(5) in KiB; 0: not known. */
uint64_t vm_dom0_available_kib(const char *root);

/* "" when this method can be chosen for this profile on this host, else why not. */
const char *vm_cannot(
	const struct vm_host *host, const struct profile *profile, enum vm_method method);

/* The first of the profile's methods that this host can, or AUTO. */
enum vm_method vm_best_method(const struct profile *profile, const struct vm_host *host);

/* Everything of a new guest as the profile and the host propose it; spec initialized. */
void vm_spec_defaults(const struct profile *profile, enum vm_method method,
	const struct vm_host *host, struct vm_spec *ret_spec);
/*
 * Decides all that is still "auto": method, memory, CPUs, disks and their targets, paths, NICs,
 * source, boot. What the spec says stays as it is. Identities are not drawn.
 */
void vm_spec_complete(
	struct vm_spec *spec, const struct profile *profile, const struct vm_host *host);
/* Size (mib, if none is said), pool and path of a new disk whose target is known. */
void vm_complete_new_disk(
	const struct vm_spec *spec, struct vm_disk *disk, int64_t mib, const struct vm_host *host);
/* After another method or OS was chosen in the wizard: what depends on it becomes the default. */
void vm_spec_change_method(struct vm_spec *spec, const struct profile *profile,
	enum vm_method method, const struct vm_host *host);
/* Memory that a guest needs of the machine, its own and Xen's for it. */
uint64_t vm_need_kib(const struct vm_spec *spec, const struct vm_host *host);
/* What its QEMU takes of dom0's memory, 0 for guests without one. */
uint64_t vm_need_dom0_kib(const struct vm_spec *spec);
/* Kernel arguments as they will be used: the profile's, the answer file's, the spec's. */
void vm_arguments(const struct vm_spec *spec, const struct profile *profile, struct str *ret_text);
/* The pool of that name, or NULL. */
const struct vm_pool *vm_find_pool(const struct vm_host *host, const char *name);

/* "nas, usb": pools with CD images that are not there now, NULL without one. The caller frees. */
char *vm_missing_places(const struct vm_host *host);

/* A name that is free: "debian13", "debian13-2", ... The caller frees. */
char *vm_free_name(const struct profile *profile, const struct vm_host *host);

/*
 * Everything that speaks against a completed spec, on this host. For each problem, line is that of
 * the key in cfg (may be NULL: 0). is_new: the name must be free.
 */
void vm_check(const struct vm_spec *spec, const struct profile *profile, const struct vm_host *host,
	const struct cfg *cfg, bool is_new, struct problems *problems);

#endif
