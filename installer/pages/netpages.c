/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bridge, bond and VLAN: their questions. */
#include "netpages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "schema.h"

#define ENTRIES_MAX 256

/* --- what can be a port */

struct candidates {
	struct ui_item items[ENTRIES_MAX];
	struct str texts[ENTRIES_MAX];
	size_t count;
};

static struct str *add_candidate(struct candidates *list, const char *name, bool is_on)
{
	if (list->count == ENTRIES_MAX) /* more than any machine has */
		return &list->texts[ENTRIES_MAX - 1];
	list->items[list->count] = (struct ui_item){.tag = name, .is_on = is_on};
	return &list->texts[list->count++];
}

static void add_cards(
	struct candidates *list, const struct net_inventory *cards, const struct strlist *present)
{
	for (size_t i = 0; i < cards->count; i++)
		if (cards->devs[i].kind == NET_PHYSICAL)
			describe_card(&cards->devs[i],
				add_candidate(list, cards->devs[i].name,
					strlist_has(present, cards->devs[i].name)));
}

static void add_bonds(
	struct candidates *list, const struct host_config *config, const struct strlist *present)
{
	for (size_t i = 0; i < config->n_bonds; i++) {
		struct str *out = add_candidate(
			list, config->bonds[i].name, strlist_has(present, config->bonds[i].name));
		str_add(out, "%s", _("bond of "));
		describe_ports(&config->bonds[i].ports, out);
	}
}

static void add_vlans(
	struct candidates *list, const struct host_config *config, const struct strlist *present)
{
	for (size_t i = 0; i < config->n_vlans; i++)
		str_add(add_candidate(list, config->vlans[i].name,
				strlist_has(present, config->vlans[i].name)),
			_("VLAN %d on %s"), (int)config->vlans[i].id, config->vlans[i].parent);
}

static void finish_candidates(struct candidates *list)
{
	for (size_t i = 0; i < list->count; i++)
		list->items[i].text = str_text(&list->texts[i]);
}

static void candidates_dispose(struct candidates *list)
{
	for (size_t i = 0; i < list->count; i++)
		str_dispose(&list->texts[i]);
}

static enum ui_result ask_ports(
	struct ui *ui, const struct ui_question *q, struct candidates *list, struct strlist *ports)
{
	finish_candidates(list);
	enum ui_result result = ui_checklist(ui, q, list->items, list->count);
	if (result != UI_OK)
		return result;
	strlist_dispose(ports);
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].is_on)
			strlist_add(ports, list->items[i].tag);
	return UI_OK;
}

/* --- bridge */

static enum ui_result ask_bridge_ports(
	struct ui *ui, struct pages *pages, struct host_bridge *bridge)
{
	CLEANUP(candidates_dispose) struct candidates list = {.count = 0};
	const struct host_config *config = &pages->spec->config;
	str_add(add_candidate(&list, "auto", strlist_has(&bridge->ports, "auto")), "%s",
		_("the first card with a link"));
	add_cards(&list, &pages->machine->nics, &bridge->ports);
	add_bonds(&list, config, &bridge->ports);
	add_vlans(&list, config, &bridge->ports);
	struct ui_question q = {.id = "bridge-ports",
		.title = bridge->name,
		.text = _("Which cards, bonds or VLANs are ports of this bridge? None: an internal "
			  "network, between guests and this host only.")};
	return ask_ports(ui, &q, &list, &bridge->ports);
}

/* What the two families ask differently. The tags are the words of the method's key. */
struct family {
	const char *id, *form_id;
	const char *text, *form_text;
	const char *method_key;
	struct page_key keys[2]; /* address, gateway */
	struct ui_item methods[4];
	size_t n_methods;
};

static const struct family ipv4 = {.id = "ipv4",
	.form_id = "ipv4-address",
	.text = N_("The IPv4 address of this host there"),
	.form_text = N_("As 192.0.2.10/24. The gateway may stay empty."),
	.method_key = "method",
	.keys = {{"bridge", "address", N_("Address/prefix:")},
		{"bridge", "gateway", N_("Gateway:")}},
	.methods = {{.tag = "none", .text = N_("This host has no IPv4 address there")},
		{.tag = "dhcp", .text = N_("By DHCP")},
		{.tag = "static", .text = N_("A fixed address")}},
	.n_methods = 3};

static const struct family ipv6 = {.id = "ipv6",
	.form_id = "ipv6-address",
	.text = N_("The IPv6 address of this host there"),
	.form_text = N_("As 2001:db8::10/64. The gateway may stay empty."),
	.method_key = "method6",
	.keys = {{"bridge", "address6", N_("Address/prefix:")},
		{"bridge", "gateway6", N_("Gateway:")}},
	.methods = {{.tag = "none", .text = N_("This host has no IPv6 address there")},
		{.tag = "auto", .text = N_("From the router")},
		{.tag = "dhcp", .text = N_("By DHCPv6")},
		{.tag = "static", .text = N_("A fixed address")}},
	.n_methods = 4};

/* UI_BACK: to the choice of the method. */
static enum ui_result ask_address(
	struct ui *ui, struct host_bridge *bridge, const struct family *family)
{
	struct ui_question q = {
		.id = family->form_id, .title = bridge->name, .text = _(family->form_text)};
	enum ui_result result = page_form(ui, &q, family->keys, 2, bridge);
	CLEANUP(mem_free_string) char *address = page_get("bridge", family->keys[0].key, bridge);
	if (result != UI_OK || *address)
		return result;
	ui_say(ui, _("Not right yet"), "%s", _("The address is missing."));
	return UI_BACK;
}

static enum ui_result ask_method(
	struct ui *ui, struct host_bridge *bridge, const struct family *family)
{
	struct ui_item items[ARRAY_SIZE(family->methods)];
	CLEANUP(mem_free_string) char *present = page_get("bridge", family->method_key, bridge);
	struct ui_question q = {.id = family->id, .title = bridge->name, .text = _(family->text)};
	for (;;) {
		size_t chosen = 0;
		for (size_t i = 0; i < family->n_methods; i++) {
			items[i] = family->methods[i];
			items[i].text = _(items[i].text);
			if (strcmp(items[i].tag, present) == 0)
				chosen = i;
		}
		enum ui_result result = ui_menu(ui, &q, items, family->n_methods, &chosen);
		if (result != UI_OK || ui->is_gone)
			return result;
		if (strcmp(items[chosen].tag, "static") == 0) {
			result = ask_address(ui, bridge, family);
			if (result == UI_BACK)
				continue;
			if (result != UI_OK)
				return result;
		} else {
			(void)page_set("bridge", family->keys[0].key, bridge, "", NULL);
			(void)page_set("bridge", family->keys[1].key, bridge, "", NULL);
		}
		(void)page_set("bridge", family->method_key, bridge, items[chosen].tag, NULL);
		return UI_OK;
	}
}

static enum ui_result ask_bridge_more(struct ui *ui, struct host_bridge *bridge)
{
	static const struct page_key keys[] = {
		{"bridge", "mtu", N_("Largest packet (MTU):")},
		{"bridge", "stp", N_("Spanning tree (yes/no):")},
	};
	struct ui_question q = {.id = "bridge-more",
		.title = bridge->name,
		.text = _("Seldom needed. \"auto\" leaves the size of packets to the cards.")};
	return page_form(ui, &q, keys, 2, bridge);
}

static enum ui_result confirm_remove(struct ui *ui, const char *name, bool *ret_yes)
{
	CLEANUP(mem_free_string) char *text = xasprintf(_("Remove %s from the settings?"), name);
	struct ui_question q = {.id = "remove", .title = _("Remove"), .text = text, .help = ""};
	*ret_yes = false;
	return ui_yes_no(ui, &q, ret_yes);
}

enum ui_result netpage_bridge(struct ui *ui, struct pages *pages, size_t at)
{
	struct host_config *config = &pages->spec->config;
	size_t chosen = 0;
	while (!ui->is_gone) {
		struct host_bridge *bridge = &config->bridges[at];
		CLEANUP(str_dispose) struct str ports = STR_INIT;
		describe_ports(&bridge->ports, &ports);
		CLEANUP(mem_free_string) char *method = page_get("bridge", "method", bridge);
		CLEANUP(mem_free_string) char *method6 = page_get("bridge", "method6", bridge);
		CLEANUP(mem_free_string)
		char *ipv4_text = xasprintf("%s %s %s", method, bridge->address, bridge->gateway);
		CLEANUP(mem_free_string)
		char *ipv6_text =
			xasprintf("%s %s %s", method6, bridge->address6, bridge->gateway6);
		const struct ui_item items[] = {
			{.tag = _("done"), .text = _("Back to the list")},
			{.tag = _("ports"), .text = str_text(&ports)},
			{.tag = "IPv4", .text = ipv4_text},
			{.tag = "IPv6", .text = ipv6_text},
			{.tag = _("more"), .text = _("Packet size, spanning tree")},
			{.tag = _("remove"), .text = _("Remove this bridge")},
		};
		struct ui_question q = {.id = "bridge", .title = bridge->name, .text = _("Bridge")};
		enum ui_result result = ui_menu(ui, &q, items, ARRAY_SIZE(items), &chosen);
		if (result != UI_OK || chosen == 0)
			return result;
		bool is_removed = false;
		if (chosen == 1)
			result = ask_bridge_ports(ui, pages, bridge);
		else if (chosen == 2)
			result = ask_method(ui, bridge, &ipv4);
		else if (chosen == 3)
			result = ask_method(ui, bridge, &ipv6);
		else if (chosen == 4)
			result = ask_bridge_more(ui, bridge);
		else
			result = confirm_remove(ui, bridge->name, &is_removed);
		if (is_removed)
			page_remove("bridge", config->bridges, &config->n_bridges,
				sizeof(*config->bridges), at);
		if (result == UI_ABORT || is_removed)
			return result;
	}
	return UI_ABORT;
}

/* --- bond */

static enum ui_result ask_bond_ports(struct ui *ui, struct pages *pages, struct host_bond *bond)
{
	CLEANUP(candidates_dispose) struct candidates list = {.count = 0};
	add_cards(&list, &pages->machine->nics, &bond->ports);
	if (list.count == 0) {
		ui_say(ui, bond->name, "%s", _("There is no network card that could be a port."));
		return UI_BACK;
	}
	struct ui_question q = {
		.id = "bond-ports", .title = bond->name, .text = _("Which cards work as one?")};
	for (;;) {
		enum ui_result result = ask_ports(ui, &q, &list, &bond->ports);
		if (result != UI_OK || bond->ports.count > 0 || ui->is_gone)
			return result;
		ui_say(ui, _("Not right yet"), "%s", _("A bond needs at least one card."));
	}
}

static enum ui_result ask_bond_mode(struct ui *ui, struct host_bond *bond)
{
	const struct ui_item items[] = {
		{.tag = "active-backup", .text = _("One at a time; any switch")},
		{.tag = "802.3ad", .text = _("LACP: all at once; the switch must know")},
	};
	struct ui_question q = {.id = "bond-mode",
		.title = bond->name,
		.text = _("How do the cards work together?")};
	unsigned chosen = bond->mode;
	enum ui_result result = page_choose(ui, &q, items, ARRAY_SIZE(items), &chosen);
	if (result == UI_OK)
		bond->mode = (enum host_bond_mode)chosen;
	return result;
}

/* Change or remove; true in *ret_removed when it is to go. */
static enum ui_result ask_change(
	struct ui *ui, const char *name, const char *id, bool *ret_change, bool *ret_removed)
{
	const struct ui_item items[] = {
		{.tag = _("change"), .text = _("Answer its questions again")},
		{.tag = _("remove"), .text = _("Remove it")},
	};
	struct ui_question q = {.id = id, .title = name, .text = ""};
	size_t chosen = 0;
	*ret_change = *ret_removed = false;
	enum ui_result result = ui_menu(ui, &q, items, ARRAY_SIZE(items), &chosen);
	if (result != UI_OK)
		return result;
	*ret_change = chosen == 0;
	return *ret_change ? UI_OK : confirm_remove(ui, name, ret_removed);
}

struct element_state {
	struct pages *pages;
	size_t at;
};

static enum ui_result bond_ports_step(struct ui *ui, void *state)
{
	struct element_state *element = state;
	return ask_bond_ports(ui, element->pages, &element->pages->spec->config.bonds[element->at]);
}

static enum ui_result bond_mode_step(struct ui *ui, void *state)
{
	struct element_state *element = state;
	return ask_bond_mode(ui, &element->pages->spec->config.bonds[element->at]);
}

static enum ui_result run_steps(struct ui *ui, struct pages *pages, size_t at,
	const struct wizard_page *steps, size_t count)
{
	struct element_state state = {pages, at};
	struct wizard wizard = {.pages = steps, .n_pages = count};
	return wizard_run(ui, &wizard, &state);
}

static const struct wizard_page bond_steps[] = {
	{"ports", NULL, NULL, bond_ports_step, NULL},
	{"mode", NULL, NULL, bond_mode_step, NULL},
};

enum ui_result netpage_bond(struct ui *ui, struct pages *pages, size_t at)
{
	struct host_config *config = &pages->spec->config;
	bool is_change;
	bool is_removed;
	enum ui_result result =
		ask_change(ui, config->bonds[at].name, "bond", &is_change, &is_removed);
	if (is_change)
		return run_steps(ui, pages, at, bond_steps, ARRAY_SIZE(bond_steps));
	if (is_removed)
		page_remove("bond", config->bonds, &config->n_bonds, sizeof(*config->bonds), at);
	return result;
}

/* --- VLAN */

static enum ui_result vlan_parent_step(struct ui *ui, void *state)
{
	struct element_state *element = state;
	struct host_config *config = &element->pages->spec->config;
	struct host_vlan *vlan = &config->vlans[element->at];
	CLEANUP(candidates_dispose) struct candidates list = {.count = 0};
	const struct strlist none = STRLIST_INIT;
	add_cards(&list, &element->pages->machine->nics, &none);
	add_bonds(&list, config, &none);
	if (list.count == 0) {
		ui_say(ui, vlan->name, "%s", _("There is no network card or bond to carry it."));
		return UI_BACK;
	}
	finish_candidates(&list);
	size_t chosen = 0;
	for (size_t i = 0; i < list.count; i++)
		if (strcmp(list.items[i].tag, vlan->parent) == 0)
			chosen = i;
	struct ui_question q = {.id = "vlan-parent",
		.title = vlan->name,
		.text = _("Which card or bond carries the tagged frames?")};
	enum ui_result result = ui_menu(ui, &q, list.items, list.count, &chosen);
	if (result == UI_OK)
		(void)page_set("vlan", "parent", vlan, list.items[chosen].tag, NULL);
	return result;
}

static enum ui_result vlan_id_step(struct ui *ui, void *state)
{
	struct element_state *element = state;
	static const struct page_key keys[] = {{"vlan", "id", N_("VLAN number:")}};
	struct host_vlan *vlan = &element->pages->spec->config.vlans[element->at];
	struct ui_question q = {.id = "vlan-id", .title = vlan->name, .text = _("From 1 to 4094.")};
	return page_form(ui, &q, keys, 1, vlan);
}

static const struct wizard_page vlan_steps[] = {
	{"parent", NULL, NULL, vlan_parent_step, NULL},
	{"id", NULL, NULL, vlan_id_step, NULL},
};

enum ui_result netpage_vlan(struct ui *ui, struct pages *pages, size_t at)
{
	struct host_config *config = &pages->spec->config;
	bool is_change;
	bool is_removed;
	enum ui_result result =
		ask_change(ui, config->vlans[at].name, "vlan", &is_change, &is_removed);
	if (is_change)
		return run_steps(ui, pages, at, vlan_steps, ARRAY_SIZE(vlan_steps));
	if (is_removed)
		page_remove("vlan", config->vlans, &config->n_vlans, sizeof(*config->vlans), at);
	return result;
}

/* --- new ones */

static bool is_taken(const struct pages *pages, const char *name)
{
	const struct host_config *config = &pages->spec->config;
	bool is_there = netinv_find(&pages->machine->nics, name) &&
			netinv_find(&pages->machine->nics, name)->kind == NET_PHYSICAL;
	for (size_t i = 0; i < config->n_bridges; i++)
		is_there |= strcmp(config->bridges[i].name, name) == 0;
	for (size_t i = 0; i < config->n_bonds; i++)
		is_there |= strcmp(config->bonds[i].name, name) == 0;
	for (size_t i = 0; i < config->n_vlans; i++)
		is_there |= strcmp(config->vlans[i].name, name) == 0;
	return is_there;
}

static enum ui_result ask_name(
	struct ui *ui, struct pages *pages, const char *kind, const char *prefix, char **ret_name)
{
	const struct schema_section *section = schema_find_section(&host_schema, kind);
	CLEANUP(mem_free_string) char *id = xasprintf("%s-name", kind);
	struct ui_field field = {.id = "name", .label = _("Name:"), .max = 15};
	for (unsigned n = 0; n < 100; n++) {
		(void)snprintf(field.value, sizeof(field.value), "%s%u", prefix, n);
		if (!is_taken(pages, field.value))
			break;
	}
	struct ui_question q = {.id = id,
		.title = _("New entry"),
		.text = _("What is it called? At most 15 letters and digits.")};
	for (;;) {
		enum ui_result result = ui_form(ui, &q, &field, 1);
		if (result != UI_OK || ui->is_gone)
			return result;
		struct err err = ERR_INIT;
		if (is_taken(pages, field.value)) {
			ui_say(ui, _("Not right yet"), _("There is a %s already."), field.value);
		} else if (section->check_name(field.value, &err) < 0) {
			ui_say(ui, _("Not right yet"), "%s", err.text);
		} else {
			*ret_name = xstrdup(field.value);
			return UI_OK;
		}
	}
}

enum ui_result netpage_add(struct ui *ui, struct pages *pages, const char *kind)
{
	struct host_config *config = &pages->spec->config;
	bool is_bridge = strcmp(kind, "bridge") == 0;
	bool is_bond = strcmp(kind, "bond") == 0;
	CLEANUP(mem_free_string) char *name = NULL;
	enum ui_result result = ask_name(ui, pages, kind,
		is_bridge ? "xenbr"
		: is_bond ? "bond"
			  : "vlan",
		&name);
	if (result != UI_OK || ui->is_gone)
		return result;
	(void)page_add(config, kind, name);
	if (is_bridge)
		return netpage_bridge(ui, pages, config->n_bridges - 1);
	if (is_bond) {
		result = run_steps(
			ui, pages, config->n_bonds - 1, bond_steps, ARRAY_SIZE(bond_steps));
		if (result != UI_OK)
			page_remove("bond", config->bonds, &config->n_bonds, sizeof(*config->bonds),
				config->n_bonds - 1);
		return result;
	}
	config->vlans[config->n_vlans - 1].id = 1;
	result = run_steps(ui, pages, config->n_vlans - 1, vlan_steps, ARRAY_SIZE(vlan_steps));
	if (result != UI_OK)
		page_remove("vlan", config->vlans, &config->n_vlans, sizeof(*config->vlans),
			config->n_vlans - 1);
	return result;
}
