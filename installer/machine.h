/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine that Domus is to be installed on, and the medium it would come from. */
#ifndef DOMUS_MACHINE_H
#define DOMUS_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "diskinv.h"
#include "err.h"
#include "netinv.h"
#include "str.h"

enum firmware { FIRMWARE_BIOS, FIRMWARE_UEFI };

/* A layer that may be left out */
struct component {
	char *name;
	uint64_t size_bytes;
};

/* A Domus on a disk of this machine; its partitions are known by their labels. */
struct installed_host {
	char *disk;        /* "/dev/sda" */
	char *environment; /* text of its boot environment, see bootcfg_env_get() */
	char *esp, *slot_a, *slot_b, *state; /* partitions, "/dev/sda2"; "" when missing */
	char *esp_uuid, *slot_a_uuid, *slot_b_uuid, *state_uuid;
};

/* Owns everything in it. */
struct machine {
	enum firmware firmware;
	bool is_xen; /* running under the hypervisor: only then is it known whether has_hvm */
	char *cpu_model;
	unsigned n_cpus; /* of the machine, not of dom0 */
	bool has_hvm;    /* VT-x or AMD-V, switched on */
	bool has_hap;    /* nested page tables */
	bool has_iommu;  /* VT-d or AMD-Vi, switched on */
	uint64_t memory_bytes;
	struct disk_inventory disks;
	struct net_inventory nics;
	struct installed_host *hosts;
	size_t n_hosts;
	char *version;           /* release on the medium, "" when there is no medium */
	uint64_t required_bytes; /* of the release without the components */
	struct component *components;
	size_t n_components;
};

/* Looks at this machine and at /run/domus/medium. What cannot be found out is left empty. */
int machine_read(struct machine *ret_machine, struct err *err);
/* The same from and to JSON: domus-install inventory, plan --inventory. */
int machine_read_json(const char *text, struct machine *ret_machine, struct err *err);
void machine_write_json(const struct machine *machine, struct str *ret_text);
void machine_dispose(struct machine *machine);

/* The component called name, or NULL. */
const struct component *machine_find_component(const struct machine *machine, const char *name);

/* Name of the component that a file of the medium's list is, or NULL: every host needs it. */
const char *machine_component_of(const char *file);

#endif
