/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network Adapters. */
#include <stdlib.h>
#include <string.h>

#include "create.h"
#include "devices.h"
#include "lang.h"
#include "mem.h"
#include "texts.h"
#include "value.h"

static bool ask_bridge(struct create *c, char **bridge)
{
	const struct strlist *bridges = &c->host.bridges;
	struct ui_item *items = xcalloc(bridges->count + 1, sizeof(items[0]));
	struct ui_question q = {.id = "bridge",
		.title = _("Bridge"),
		.text = _("Which network is the adapter plugged into? A bridge without a port of "
			  "the host is a network between guests only."),
		.help = "",
		.ok = _("OK")};
	size_t chosen = 0;
	bool is_chosen;

	for (size_t i = 0; i < bridges->count; i++) {
		items[i] = (struct ui_item){.tag = bridges->items[i], .text = ""};
		if (strcmp(bridges->items[i], *bridge) == 0)
			chosen = i;
	}
	if (bridges->count == 0)
		ui_say(c->ui, q.title, "%s",
			_("This host has no bridge. domus-host and its network settings make one."));
	is_chosen =
		bridges->count > 0 && ui_menu(c->ui, &q, items, bridges->count, &chosen) == UI_OK;
	if (is_chosen)
		vm_spec_set(bridge, bridges->items[chosen]);
	free(items);
	return is_chosen;
}

static bool ask_mac(struct create *c, char **mac)
{
	struct ui_question q = {.id = "mac",
		.title = _("MAC address"),
		.text = _(
			"Empty: a new one of Xen's range (00:16:3e) is drawn when the guest is made."),
		.help = "",
		.ok = _("OK")};
	CLEANUP(mem_free_string) char *value = xstrdup(*mac);

	for (;;) {
		struct err err = ERR_INIT;
		char *typed = NULL;

		if (!create_ask_line(c, &q, _("MAC address"), value, 17, &typed))
			return false;
		free(value);
		value = typed;
		if (value[0] == '\0' || value_check_mac(value, &err) == 0)
			break;
		ui_say(c->ui, q.title, "%s", err.text);
	}
	vm_spec_set(mac, value);
	return true;
}

static bool ask_model(struct create *c, char **model)
{
	static const struct ui_item items[] = {
		{.tag = "e1000", .text = N_("Intel gigabit: most systems have its driver")},
		{.tag = "rtl8139", .text = N_("Realtek 100 Mbit/s: very old systems")},
		{.tag = "virtio-net", .text = N_("virtio")},
	};
	struct ui_question q = {.id = "model",
		.title = _("Model"),
		.text = _("What the guest sees until its own driver for Xen takes over."),
		.help = "",
		.ok = _("OK")};
	size_t chosen = 0;

	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		if (strcmp(items[i].tag, *model) == 0)
			chosen = i;
	}
	if (ui_menu(c->ui, &q, items, ARRAY_SIZE(items), &chosen) != UI_OK)
		return false;
	vm_spec_set(model, items[chosen].tag);
	return true;
}

static bool ask_addresses(struct create *c, char **addresses)
{
	struct ui_question q = {.id = "addresses",
		.title = _("IP addresses"),
		.text = _(
			"What the guest may send from, with blanks between: 192.0.2.7 2001:db8::7. "
			"A network stands for all its addresses: 192.0.2.0/24. An IP version of "
			"which no address is given is not sent at all."),
		.help = "",
		.ok = _("OK")};
	CLEANUP(mem_free_string) char *value = xstrdup(*addresses);

	for (;;) {
		CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
		struct err err = ERR_INIT;
		char *typed = NULL;

		if (!create_ask_line(c, &q, _("IP addresses"), value, 0, &typed))
			return false;
		strlist_add_words(&words, typed);
		free(typed);
		free(value);
		value = strlist_join(&words);
		if (value_check_addresses(value, &err) == 0)
			break;
		ui_say(c->ui, q.title, "%s", err.text);
	}
	vm_spec_set(addresses, value);
	return true;
}

static bool ask_guard(struct create *c, struct vm_nic *nic)
{
	enum { OFF, OWN_MAC, OWN_ADDRESSES };
	static const struct ui_item items[] = {
		[OFF] = {.tag = N_("Off"), .text = N_("it may send as anybody")},
		[OWN_MAC] = {.tag = N_("MAC"), .text = N_("only from its own MAC address")},
		[OWN_ADDRESSES] = {.tag = N_("IP"),
			.text = N_("only from its own MAC address and IP addresses that you "
				   "name")},
	};
	struct ui_question q = {.id = "guard",
		.title = _("Anti-spoofing"),
		.text = _("A guarded adapter cannot send in the name of another machine. What is "
			  "sent to the guest is not touched."),
		.help = _("The host drops what another MAC address is said to have sent, frames "
			  "with a VLAN tag, and ARP for others. With IP addresses also all that "
			  "comes from none of them, but for DHCP and the search for a free "
			  "address. A guest with bridges or guests of its own cannot be guarded."),
		.ok = _("OK")};
	size_t chosen = !nic->is_guarded ? OFF : nic->addresses[0] ? OWN_ADDRESSES : OWN_MAC;

	if (!nic->is_guarded && strstr(nic->more, "script=")) {
		ui_say(c->ui, q.title,
			_("The guest's file gives this adapter a script of its own (%s). Take it out there first."),
			nic->more);
		return false;
	}
	while (ui_menu(c->ui, &q, items, ARRAY_SIZE(items), &chosen) == UI_OK) {
		if (chosen == OWN_ADDRESSES && !ask_addresses(c, &nic->addresses))
			continue;
		if (chosen != OWN_ADDRESSES)
			vm_spec_set(&nic->addresses, "");
		nic->is_guarded = chosen != OFF;
		return true;
	}
	return false;
}

enum property { BRIDGE, MAC, MODEL, GUARD, REMOVE, PROPERTIES };

static void change_nic(struct create *c, size_t i, enum property property)
{
	struct vm_spec copy;
	bool is_answered = true;

	devices_begin(c, &copy);
	switch (property) {
	case BRIDGE:
		is_answered = ask_bridge(c, &copy.nics[i].bridge);
		break;
	case MAC:
		is_answered = ask_mac(c, &copy.nics[i].mac);
		break;
	case MODEL:
		is_answered = ask_model(c, &copy.nics[i].model);
		break;
	case GUARD:
		is_answered = ask_guard(c, &copy.nics[i]);
		break;
	case REMOVE:
		vm_spec_remove_nic(&copy, i);
		break;
	case PROPERTIES:
		break;
	}
	if (is_answered)
		(void)devices_end(c, &copy);
	else
		vm_spec_dispose(&copy);
}

static const char *guard_text(const struct vm_nic *nic)
{
	if (!nic->is_guarded)
		return _("off");
	return nic->addresses[0] != '\0' ? nic->addresses : _("only from its own MAC address");
}

static void nic_open(struct create *c, size_t i)
{
	size_t count = c->spec.n_nics, chosen = 0;

	while (c->spec.n_nics == count && !c->ui->is_gone) {
		const struct vm_nic *nic = &c->spec.nics[i];
		bool has_model = c->spec.method == VM_HVM;
		const struct ui_item all[PROPERTIES] = {
			[BRIDGE] = {.tag = _("Bridge"), .text = nic->bridge},
			[MAC] = {.tag = _("MAC address"),
				.text = nic->mac[0] != '\0' ? nic->mac
							    : _("drawn when it is made")},
			[MODEL] = {.tag = _("Model"), .text = nic->model},
			[GUARD] = {.tag = _("Anti-spoofing"), .text = guard_text(nic)},
			[REMOVE] = {.tag = _("Remove"), .text = _("take it out of the guest")},
		};
		enum property properties[PROPERTIES];
		struct ui_item items[PROPERTIES];
		struct ui_question q = {
			.id = "nic", .title = _("Network adapter"), .help = "", .ok = _("Change")};
		size_t n = 0;
		int result;

		for (enum property p = BRIDGE; p < PROPERTIES; p++) {
			if (p == MODEL && !has_model)
				continue;
			items[n] = all[p];
			properties[n++] = p;
		}
		result = devices_menu(c, &q, items, n, &chosen);
		if (result < 0)
			return;
		change_nic(c, i, properties[result]);
	}
}

static size_t count_nics(const struct vm_spec *spec)
{
	return spec->n_nics;
}

static void describe_nic(
	const struct create *c, size_t i, struct str *ret_tag, struct str *ret_text)
{
	str_add(ret_tag, _("Adapter %zu"), i + 1);
	texts_nic(&c->spec.nics[i], c->spec.method, ret_text);
}

static const struct ui_item additions[] = {
	{.tag = N_("Add"), .text = N_("another network adapter")},
	{.tag = NULL},
};

static void add_nic(struct create *c, size_t which)
{
	struct vm_spec copy;
	struct vm_nic *nic;

	(void)which;
	devices_begin(c, &copy);
	nic = vm_spec_add_nic(&copy, "");
	if (ask_bridge(c, &nic->bridge))
		(void)devices_end(c, &copy);
	else
		vm_spec_dispose(&copy);
}

void nics_open(struct create *c)
{
	static const struct devices_kind kind = {.id = "nics",
		.title = N_("Network Adapters"),
		.text = N_("Each is plugged into a bridge. Back returns to the summary."),
		.help = N_("On the host's side the port of a running guest is called vifN.M: N is "
			   "the guest's number, M that of the adapter, from 0. A bridge with a "
			   "port of the host makes the guest a machine of that network; a bridge "
			   "without one is a network between guests only. A guarded adapter "
			   "may send only from its own MAC address, or IP addresses."),
		.count = count_nics,
		.describe = describe_nic,
		.open = nic_open,
		.additions = additions,
		.add = add_nic};

	devices_run(c, &kind);
}
