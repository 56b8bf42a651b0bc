/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's NIC, of netback or of QEMU, becomes a port of a bridge. */
#include "vif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attrs.h"
#include "guard.h"
#include "link.h"
#include "mem.h"
#include "num.h"
#include "store.h"

enum { MTU_MIN = 68, MTU_MAX = 65535 };

/* What both interfaces of a NIC are called in the end. */
struct names {
	char *vif;
	char *tap;
};

static void names_dispose(struct names *names)
{
	free(names->vif);
	free(names->tap);
}

static struct names make_names(struct xs_handle *xs, const struct call *call)
{
	char *given = store_read(xs, "%s/vifname", call->xenbus_path);
	struct names names = {.vif = given && given[0] ? given : NULL};
	if (!names.vif) {
		free(given);
		names.vif = xasprintf("vif%u.%u", call->domid, call->devid);
	}
	names.tap = xasprintf("%s-emu", names.vif);
	return names;
}

static int find_bridge(
	struct xs_handle *xs, const struct call *call, char ret_bridge[IFNAMSIZ], struct err *err)
{
	CLEANUP(mem_free_string) char *bridge = store_read(xs, "%s/bridge", call->xenbus_path);
	const char *name = bridge && bridge[0] ? bridge : call->bridge;
	if (!name[0])
		return link_find_bridge(ret_bridge, err);
	if (strlen(name) >= IFNAMSIZ || !link_is_bridge(name))
		return err_set(err, ERR_MISSING, 0,
			"this host has no bridge %s; make it in `domus-host network`, or correct "
			"bridge= of the guest's NIC",
			name);
	(void)snprintf(ret_bridge, IFNAMSIZ, "%s", name);
	return 0;
}

/* The NIC's own MTU, else the bridge's, which a port with less would lower for all. */
static int set_mtu(struct xs_handle *xs, const struct call *call, const char *port,
	const char *bridge, struct err *err)
{
	CLEANUP(mem_free_string) char *text = store_read(xs, "%s/mtu", call->xenbus_path);
	int64_t wanted = 0;
	int mtu = 0;

	if (text && text[0]) {
		if (num_parse_int(text, MTU_MIN, MTU_MAX, &wanted, err) < 0)
			return err_prefix(err, "mtu of the guest's NIC: ");
		mtu = (int)wanted;
	} else if (link_get_mtu(bridge, &mtu, err) < 0) {
		return -1;
	}
	if (link_set_mtu(port, mtu, err) < 0)
		return -1;
	if (call->kind == CALL_TAP)
		return 0;
	CLEANUP(mem_free_string) char *frontend = store_read(xs, "%s/frontend", call->xenbus_path);
	CLEANUP(mem_free_string) char *number = xasprintf("%d", mtu);
	return frontend ? store_write(xs, frontend, "mtu", number, err) : 0;
}

/* Both interfaces from the start: QEMU's is guarded before there is one. */
static int guard_nic(
	struct xs_handle *xs, const struct call *call, const struct names *names, struct err *err)
{
	CLEANUP(mem_free_string) char *mac = NULL;
	CLEANUP(mem_free_string) char *addresses = store_read(xs, "%s/ip", call->xenbus_path);

	if (store_read_must(xs, call->xenbus_path, "mac", &mac, err) < 0)
		return -1;
	const struct guard guard = {
		.domid = call->domid,
		.devid = call->devid,
		.ports = {names->vif, names->tap},
		.mac = mac,
		.addresses = addresses,
	};
	return guard_add(&guard, err);
}

static int add_nic(
	struct xs_handle *xs, const struct call *call, const struct names *names, struct err *err)
{
	const char *port = call->kind == CALL_TAP ? names->tap : names->vif;
	char bridge[IFNAMSIZ];

	if (find_bridge(xs, call, bridge, err) < 0)
		return -1;
	if (strcmp(call->device, port) != 0 && link_rename(call->device, port, err) < 0)
		return -1;
	if (call->is_guarded && call->kind == CALL_VIF && guard_nic(xs, call, names, err) < 0)
		return -1;
	if (link_prepare_port(port, err) < 0 || set_mtu(xs, call, port, bridge, err) < 0 ||
		link_join_bridge(port, bridge, err) < 0 || link_set_up(port, true, err) < 0)
		return -1;
	if (call->kind == CALL_TAP)
		return 0;
	return store_write(xs, call->xenbus_path, "hotplug-status", "connected", err);
}

static int remove_nic(const struct call *call, const struct names *names, struct err *err)
{
	link_leave_bridge(call->kind == CALL_TAP ? names->tap : names->vif);
	/* The guard goes with the last of the two. */
	if (call->is_guarded && !call->has_tap)
		return guard_remove(call->domid, call->devid, err);
	return 0;
}

int vif_run(struct xs_handle *xs, const struct call *call, struct err *err)
{
	CLEANUP(names_dispose) struct names names = make_names(xs, call);
	return call->is_add ? add_nic(xs, call, &names, err) : remove_nic(call, &names, err);
}
