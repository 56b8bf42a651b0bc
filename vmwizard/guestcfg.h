/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of an xl.cfg and its parts, for the plan and for the actions. */
#ifndef VMWIZARD_GUESTCFG_H
#define VMWIZARD_GUESTCFG_H

#include "vmwizard/plan.h"

#define GUESTCFG_GRUB_PV "/usr/lib/grub-xen/grub-x86_64-xen.bin"
#define GUESTCFG_GRUB_PVH "/usr/lib/grub-xen/grub-i386-xen_pvh.bin"
#define GUESTCFG_TAKER "/usr/lib/domus/take-kernel"
/* The script of a guarded NIC (domus-hotplug(8)). */
#define GUESTCFG_GUARD "vif-guarded"
/* Stands for an identity that is not drawn yet. */
#define GUESTCFG_NEW "(new)"

enum guestcfg_kind {
	GUESTCFG_LASTING, /* /etc/xen/NAME.cfg */
	GUESTCFG_FIRST,   /* the installer's start */
};

/* profile NULL: arguments are the spec's alone, and what only the profile knows is left out. */
int guestcfg_make(const struct vm_spec *spec, const struct profile *profile,
	enum guestcfg_kind kind, struct str *ret_text, struct err *err);
/* An item of "disk" and of "vif". */
void guestcfg_disk_text(const struct vm_disk *disk, enum vm_method method, struct str *out);
void guestcfg_nic_text(const struct vm_nic *nic, struct str *out);
const char *guestcfg_format_word(const struct vm_disk *disk);

#endif
