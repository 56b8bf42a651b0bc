/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network page: bridges, bonds, VLANs, name servers, as a list that opens. */
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "lang.h"
#include "mem.h"
#include "netpages.h"
#include "schema.h"

/* --- descriptions */

void describe_ports(const struct strlist *ports, struct str *out)
{
	if (ports->count == 0) {
		str_add(out, "%s", _("internal, no port"));
		return;
	}
	if (strlist_has(ports, "auto")) {
		str_add(out, "%s", _("first card with a link"));
		return;
	}
	CLEANUP(mem_free_string) char *text = strlist_join(ports);
	str_add(out, "%s", text);
}

static void describe_addresses(const struct host_bridge *bridge, struct str *out)
{
	if (bridge->method == HOST_METHOD_NONE && bridge->method6 == HOST_METHOD6_NONE)
		str_add(out, "%s", _("no address"));
	if (bridge->method == HOST_METHOD_DHCP)
		str_add(out, "%s", "DHCP");
	if (bridge->method == HOST_METHOD_STATIC)
		str_add(out, "%s", bridge->address);
	if (bridge->method6 == HOST_METHOD6_NONE)
		return;
	if (bridge->method != HOST_METHOD_NONE)
		str_add(out, ", ");
	if (bridge->method6 == HOST_METHOD6_STATIC)
		str_add(out, "%s", bridge->address6);
	else
		str_add(out, "IPv6 %s", bridge->method6 == HOST_METHOD6_AUTO ? "auto" : "DHCP");
}

static void describe_bridge(const struct host_bridge *bridge, struct str *out)
{
	describe_ports(&bridge->ports, out);
	str_add(out, "; ");
	describe_addresses(bridge, out);
}

void describe_network(const struct host_config *config, struct str *out)
{
	if (config->n_bridges == 0)
		str_add(out, "%s", _("no bridge"));
	for (size_t i = 0; i < config->n_bridges; i++) {
		str_add(out, "%s%s: ", i ? "; " : "", config->bridges[i].name);
		describe_addresses(&config->bridges[i], out);
	}
}

void describe_card(const struct net_dev *card, struct str *out)
{
	str_add(out, "%s, %s, %s", card->mac, *card->driver ? card->driver : _("driver unknown"),
		card->has_carrier ? _("link") : _("no link"));
	if (card->has_carrier && card->speed_mbit >= 1000 && card->speed_mbit % 100 == 0)
		str_add(out, " %g Gbit/s", card->speed_mbit / 1000.0);
	else if (card->has_carrier && card->speed_mbit)
		str_add(out, " %u Mbit/s", card->speed_mbit);
}

/* --- leaving the page */

/* Ports named in the file keep their meaning: the card that has this name now is remembered by MAC. */
static void remember_card(
	struct host_config *config, const struct net_inventory *cards, const char *name)
{
	const struct net_dev *card = netinv_find(cards, name);
	if (!card || card->kind != NET_PHYSICAL)
		return;
	for (size_t i = 0; i < config->n_nics; i++)
		if (strcmp(config->nics[i].name, name) == 0)
			return;
	struct host_nic *nic = page_add(config, "nic", name);
	free(nic->mac);
	nic->mac = xstrdup(card->mac);
}

static void remember_cards(struct host_config *config, const struct net_inventory *cards)
{
	for (size_t i = 0; i < config->n_bridges; i++)
		for (size_t p = 0; p < config->bridges[i].ports.count; p++)
			remember_card(config, cards, config->bridges[i].ports.items[p]);
	for (size_t i = 0; i < config->n_bonds; i++)
		for (size_t p = 0; p < config->bonds[i].ports.count; p++)
			remember_card(config, cards, config->bonds[i].ports.items[p]);
	for (size_t i = 0; i < config->n_vlans; i++)
		remember_card(config, cards, config->vlans[i].parent);
}

/* True when nothing contradicts; what does is shown. */
static bool is_consistent(struct ui *ui, struct pages *pages)
{
	struct host_config *config = &pages->spec->config;
	remember_cards(config, &pages->machine->nics);
	struct problems problems = PROBLEMS_INIT;
	const struct hostconf_context context = {.zoneinfo_root = NULL};
	hostconf_check(config, NULL, &context, SCHEMA_STRICT, &problems);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	for (size_t i = 0; i < problems.count; i++)
		if (problems.items[i].level == PROBLEM_ERROR)
			str_add(&text, "%s\n", problems.items[i].text);
	problems_dispose(&problems);
	if (!text.len)
		return true;
	ui_say(ui, _("Not right yet"), "%s", str_text(&text));
	return false;
}

/* --- other entries of the menu */

static enum ui_result ask_names(struct ui *ui, struct pages *pages)
{
	static const struct page_key keys[] = {
		{"network", "dns", N_("Name servers:")},
		{"network", "search", N_("Search domains:")},
	};
	struct ui_question q = {.id = "dns",
		.title = _("Name servers"),
		.text = _(
			"Asked before those that DHCP names; several with blanks between. Empty is "
			"right where DHCP is used.")};
	return page_form(ui, &q, keys, 2, &pages->spec->config);
}

static enum ui_result show_cards(struct ui *ui, const struct net_inventory *cards)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	for (size_t i = 0; i < cards->count; i++) {
		if (cards->devs[i].kind != NET_PHYSICAL)
			continue;
		str_add(&text, "%-8s ", cards->devs[i].name);
		describe_card(&cards->devs[i], &text);
		str_add(&text, "\n");
	}
	if (!text.len)
		str_add(&text, "%s",
			_("There is no network card, or no driver for it. The installation goes on "
			  "without; bridges can be internal."));
	ui_say(ui, _("Network cards"), "%s", str_text(&text));
	return UI_OK;
}

/* --- the menu */

enum entry_kind {
	ENTRY_DONE,
	ENTRY_BRIDGE,
	ENTRY_BOND,
	ENTRY_VLAN,
	ENTRY_ADD_BRIDGE,
	ENTRY_ADD_BOND,
	ENTRY_ADD_VLAN,
	ENTRY_NAMES,
	ENTRY_CARDS
};

struct entry {
	enum entry_kind kind;
	size_t at;
	struct str text;
};

struct menu {
	struct entry *entries;
	struct ui_item *items;
	size_t count;
};

static struct str *add_entry(struct menu *menu, enum entry_kind kind, size_t at, const char *tag)
{
	menu->entries = xreallocarray(menu->entries, menu->count + 1, sizeof(*menu->entries));
	menu->items = xreallocarray(menu->items, menu->count + 1, sizeof(*menu->items));
	menu->entries[menu->count] = (struct entry){.kind = kind, .at = at, .text = STR_INIT};
	menu->items[menu->count] = (struct ui_item){.tag = tag};
	return &menu->entries[menu->count++].text;
}

static void fill_menu(struct menu *menu, const struct host_config *config)
{
	str_add(add_entry(menu, ENTRY_DONE, 0, _("go on")), "%s", _("These settings are right"));
	for (size_t i = 0; i < config->n_bridges; i++)
		describe_bridge(&config->bridges[i],
			add_entry(menu, ENTRY_BRIDGE, i, config->bridges[i].name));
	for (size_t i = 0; i < config->n_bonds; i++) {
		struct str *out = add_entry(menu, ENTRY_BOND, i, config->bonds[i].name);
		str_add(out, "%s",
			config->bonds[i].mode == HOST_BOND_8023AD ? _("LACP bond of ")
								  : _("bond of "));
		describe_ports(&config->bonds[i].ports, out);
	}
	for (size_t i = 0; i < config->n_vlans; i++)
		str_add(add_entry(menu, ENTRY_VLAN, i, config->vlans[i].name), _("VLAN %d on %s"),
			(int)config->vlans[i].id, config->vlans[i].parent);
	str_add(add_entry(menu, ENTRY_ADD_BRIDGE, 0, _("+bridge")), "%s",
		_("Add a bridge for guests and this host"));
	str_add(add_entry(menu, ENTRY_ADD_BOND, 0, _("+bond")), "%s",
		_("Add a bond: several cards as one"));
	str_add(add_entry(menu, ENTRY_ADD_VLAN, 0, _("+VLAN")), "%s",
		_("Add a VLAN: a tagged network on a card or bond"));
	struct str *names = add_entry(menu, ENTRY_NAMES, 0, _("DNS"));
	CLEANUP(mem_free_string) char *dns = strlist_join(&config->dns);
	str_add(names, _("Name servers: %s"), *dns ? dns : _("those that DHCP names"));
	str_add(add_entry(menu, ENTRY_CARDS, 0, _("cards")), "%s", _("Show the network cards"));
	for (size_t i = 0; i < menu->count; i++)
		menu->items[i].text = str_text(&menu->entries[i].text);
}

static void menu_dispose(struct menu *menu)
{
	for (size_t i = 0; i < menu->count; i++)
		str_dispose(&menu->entries[i].text);
	free(menu->entries);
	free(menu->items);
}

static enum ui_result open_entry(struct ui *ui, struct pages *pages, const struct entry *entry)
{
	switch (entry->kind) {
	case ENTRY_DONE:
		return UI_OK;
	case ENTRY_BRIDGE:
		return netpage_bridge(ui, pages, entry->at);
	case ENTRY_BOND:
		return netpage_bond(ui, pages, entry->at);
	case ENTRY_VLAN:
		return netpage_vlan(ui, pages, entry->at);
	case ENTRY_ADD_BRIDGE:
		return netpage_add(ui, pages, "bridge");
	case ENTRY_ADD_BOND:
		return netpage_add(ui, pages, "bond");
	case ENTRY_ADD_VLAN:
		return netpage_add(ui, pages, "vlan");
	case ENTRY_NAMES:
		return ask_names(ui, pages);
	case ENTRY_CARDS:
		return show_cards(ui, &pages->machine->nics);
	}
	return UI_OK;
}

enum ui_result page_network(struct ui *ui, void *state)
{
	struct pages *pages = state;
	size_t chosen = 0;
	for (;;) {
		CLEANUP(menu_dispose) struct menu menu = {.count = 0};
		fill_menu(&menu, &pages->spec->config);
		struct ui_question q = {.id = "network",
			.title = _("Network"),
			.text = _(
				"Every entry can be opened and changed. Guests and this host share "
				"the bridges; the host has its addresses there.")};
		enum ui_result result = ui_menu(ui, &q, menu.items, menu.count, &chosen);
		if (result != UI_OK || ui->is_gone)
			return result;
		const struct entry *entry = &menu.entries[chosen];
		if (entry->kind == ENTRY_DONE && is_consistent(ui, pages))
			return UI_OK;
		result = open_entry(ui, pages, entry);
		if (result == UI_ABORT)
			return result;
	}
}
