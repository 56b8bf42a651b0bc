/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the network page's entries open. */
#ifndef DOMUS_NETPAGES_H
#define DOMUS_NETPAGES_H

#include "common.h"

/* Change element at; each question has Back, and "remove" is one of the choices. */
enum ui_result netpage_bridge(struct ui *ui, struct pages *pages, size_t at);
enum ui_result netpage_bond(struct ui *ui, struct pages *pages, size_t at);
enum ui_result netpage_vlan(struct ui *ui, struct pages *pages, size_t at);
/* Asks for a name, adds a "bridge", "bond" or "vlan" of that name and asks what it needs. */
enum ui_result netpage_add(struct ui *ui, struct pages *pages, const char *kind);

void describe_ports(const struct strlist *ports, struct str *out);
void describe_card(const struct net_dev *card, struct str *out);

#endif
