/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libxl asks a hotplug script to do, read from its name, arguments and environment; pure. */
#ifndef DOMUS_HOTPLUG_CALL_H
#define DOMUS_HOTPLUG_CALL_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"

enum call_kind {
	CALL_BLOCK,
	CALL_VIF, /* a NIC of netback */
	CALL_TAP, /* the same NIC as QEMU emulates it, for an HVM guest without drivers of Xen */
};

/* The variables that libxl sets (libxl_linux.c, get_hotplug_env()); NULL: not set. */
struct call_env {
	const char *xenbus_path; /* backend/KIND/DOMID/DEVID */
	const char *vif;         /* name of the device of netback */
	const char *interface;   /* of the one of QEMU; set for both calls when there is one */
	const char *bridge;      /* where NICs go that say no bridge */
};

struct call {
	enum call_kind kind;
	bool is_add;     /* add or online; otherwise remove or offline */
	bool is_guarded; /* called as vif-guarded */
	bool is_shared;  /* called as block-shared */
	bool has_tap;    /* another call, for the tap, comes after this one */
	char xenbus_path[128];
	uint32_t domid;
	uint32_t devid;
	char device[IFNAMSIZ]; /* of a NIC, before it is renamed */
	char bridge[IFNAMSIZ]; /* "" when the environment says none */
};

/* True when domus-hotplug stands for this script. */
bool call_knows_script(const char *argv0);

/*
 * argv as main() gets it, ended by NULL. ERR_INVALID when libxl would never call so.
 * ret_is_needless: a call that asks nothing of us (online for a tap, add for a vif).
 */
int call_read(char *const argv[], const struct call_env *env, struct call *ret_call,
	bool *ret_is_needless, struct err *err);

#endif
