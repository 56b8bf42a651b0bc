/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtualization Method, Name of Virtual Machine, Hardware. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "create.h"
#include "lang.h"
#include "mem.h"
#include "setting.h"

/* --- Virtualization Method */

static const char *const method_about[] = {
	[VM_METHOD_AUTO] = "",
	[VM_PV] =
		N_("The guest knows that it runs on Xen and asks it instead of the processor. Runs "
		   "on any CPU; the kernel must have been made for it."),
	[VM_PVH] = N_("As PV, in a container that the CPU provides: no emulated devices, less work "
		      "for Xen. Needs VT-x or AMD-V."),
	[VM_HVM] = N_("A whole PC is emulated: for systems that know nothing of Xen, such as "
		      "Windows. Needs VT-x or AMD-V and a QEMU in the host's memory."),
};

static void change_method(struct create *c, enum vm_method method)
{
	struct vm_spec changed;

	if (method == c->spec.method)
		return;
	vm_spec_copy(&changed, &c->spec);
	vm_spec_change_method(&changed, c->profile, method, &c->host);
	(void)create_accept(c, &changed);
	vm_spec_dispose(&changed);
}

void method_open(struct create *c)
{
	struct ui_item items[VM_METHODS] = {{.tag = NULL}};
	struct ui_question q = {.id = "method",
		.title = _("Virtualization Method"),
		.text = _("How does Xen run this guest?"),
		.ok = _("OK")};
	CLEANUP(str_dispose) struct str help = STR_INIT;
	size_t chosen = c->spec.method >= VM_PV ? (size_t)(c->spec.method - VM_PV) : 0;

	for (enum vm_method method = VM_PV; method <= VM_HVM; method++) {
		const struct profile_method *known = &c->profile->method[method];
		const char *why_not = vm_cannot(&c->host, c->profile, method);
		struct ui_item *item = &items[method - VM_PV];

		*item = (struct ui_item){.tag = vm_method_words[method],
			.text = _(vm_method_titles[method]),
			.detail = known->why && known->why[0] != '\0' ? _(known->why) : NULL};
		if (why_not[0] != '\0')
			item->text = item->why_not = why_not;
		str_add(&help, "%s\n%s\n\n", _(vm_method_titles[method]), _(method_about[method]));
	}
	q.help = str_text(&help);
	if (ui_menu(c->ui, &q, items, VM_METHODS - VM_PV, &chosen) == UI_OK)
		change_method(c, (enum vm_method)(chosen + VM_PV));
}

/* --- Name of Virtual Machine */

void name_open(struct create *c)
{
	struct ui_question q = {.id = "name",
		.title = _("Name of Virtual Machine"),
		.text = _(
			"Letters, digits and \"-_.+\", at most 63. Its file is /etc/xen/NAME.cfg."),
		.help = "",
		.ok = _("OK")};
	CLEANUP(mem_free_string) char *value = xstrdup(c->spec.name);

	if (c->is_edit) {
		ui_say(c->ui, q.title, "%s",
			_("Rename, in the list of machines, changes the name."));
		return;
	}
	for (;;) {
		struct err err = ERR_INIT;
		struct vm_spec changed;
		char *typed = NULL;
		bool is_taken = false;

		if (!create_ask_line(c, &q, _("Name"), value, 63, &typed))
			return;
		free(value);
		value = typed;
		if (vm_check_name(value, &err) != 0) {
			ui_say(c->ui, q.title, "%s", err.text);
			continue;
		}
		vm_spec_copy(&changed, &c->spec);
		vm_spec_set(&changed.name, value);
		is_taken = create_accept(c, &changed);
		vm_spec_dispose(&changed);
		if (is_taken)
			return;
	}
}

/* --- Hardware */

enum { FIELD_MEMORY, FIELD_MAX_MEMORY, FIELD_VCPUS, FIELD_MAX_VCPUS, FIELDS };
static const char *const field_keys[FIELDS] = {"memory", "max-memory", "vcpus", "max-vcpus"};

static char *hardware_text(const struct create *c)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;

	str_add(&text, _("The host has %u CPUs and %" PRIu64 " MiB that no domain uses.\n"),
		c->host.cpus, c->host.free_kib / 1024);
	str_add(&text, "%s",
		_("The maxima are fixed until the guest's next start. \"auto\": the same as the "
		  "first value.\n"));
	if (c->profile->has_balloon)
		str_add(&text, _("More memory than at the start is possible: %s"),
			c->profile->balloon_why[0] != '\0' ? _(c->profile->balloon_why)
							   : _("its kernel has a balloon driver."));
	else
		str_add(&text, "%s",
			_("A larger maximum needs a balloon driver, which this system does not "
			  "have from its first start: it would crash."));
	return xstrdup(str_text(&text));
}

static bool take_fields(struct create *c, const struct ui_field *fields)
{
	struct vm_spec changed;
	struct err err = ERR_INIT;
	bool is_taken = false;

	vm_spec_copy(&changed, &c->spec);
	for (size_t i = 0; i < FIELDS; i++) {
		const struct schema_key *key = schema_find_key(&vm_schema, "vm", field_keys[i]);

		if (schema_set(key, &changed, fields[i].value, &err) == 0)
			continue;
		ui_say(c->ui, _("Hardware"), "%s: %s", fields[i].label, err.text);
		vm_spec_dispose(&changed);
		return false;
	}
	/* Who raises the first value alone means both. */
	if (changed.memory_mib > c->spec.max_memory_mib &&
		changed.max_memory_mib == c->spec.max_memory_mib)
		changed.max_memory_mib = changed.memory_mib;
	if (changed.vcpus > c->spec.max_vcpus && changed.max_vcpus == c->spec.max_vcpus)
		changed.max_vcpus = changed.vcpus;
	is_taken = create_accept(c, &changed);
	vm_spec_dispose(&changed);
	return is_taken;
}

void hardware_open(struct create *c)
{
	struct ui_field fields[FIELDS] = {
		[FIELD_MEMORY] = {.id = "memory", .label = _("Initial memory"), .max = 16},
		[FIELD_MAX_MEMORY] = {.id = "max-memory", .label = _("Maximum memory"), .max = 16},
		[FIELD_VCPUS] = {.id = "vcpus", .label = _("Initial vCPUs"), .max = 4},
		[FIELD_MAX_VCPUS] = {.id = "max-vcpus", .label = _("Maximum vCPUs"), .max = 4},
	};
	CLEANUP(mem_free_string) char *text = hardware_text(c);
	struct ui_question q = {.id = "hardware",
		.title = _("Hardware"),
		.text = text,
		.help = _(
			"Memory in MiB, or with a unit: 512 MiB, 2 GiB. The guest has its initial "
			"memory and CPUs at its start; up to the maxima both can be changed "
			"while it runs."),
		.ok = _("OK")};

	for (size_t i = 0; i < FIELDS; i++) {
		CLEANUP(mem_free_string) char *value = setting_value(&c->spec, field_keys[i]);

		ui_field_set(&fields[i], value);
	}
	do {
		if (ui_form(c->ui, &q, fields, FIELDS) != UI_OK)
			return;
	} while (!take_fields(c, fields) && !c->ui->is_gone);
}
