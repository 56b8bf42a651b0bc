/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a specification and a machine to a plan, and the plan in words. Pure. */
#include "plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bootcfg.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "plan_private.h"

void plan_dom0(
	const struct install_spec *spec, const struct machine *machine, struct plan_dom0 *ret_dom0)
{
	const struct host_config *config = &spec->config;
	uint64_t total = machine->memory_bytes / NUM_MIB;
	uint64_t memory = (uint64_t)config->dom0_memory_mib;
	/* As dom0_mem=NM+6% in lib/bootcfg.c. */
	if (memory == 0)
		memory = bootcfg_dom0_base_mib(config, total) + total * 6 / 100;
	unsigned cpus = machine->n_cpus ? machine->n_cpus : 1;
	unsigned vcpus = config->dom0_vcpus ? (unsigned)config->dom0_vcpus : cpus < 4 ? cpus : 4;
	*ret_dom0 = (struct plan_dom0){.memory_mib = memory,
		.n_vcpus = vcpus,
		.guests_mib = total > memory ? total - memory : 0};
}

/* ---- summary and notes ---- */

static void add_disk_lines(const struct disk_info *disk, const struct layout *l, struct plan *plan)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	disk_describe(disk, &text);
	strlist_addf(&plan->summary, _("Disk: %s"), str_text(&text));
	for (size_t i = 0; i < LAYOUT_PARTS; i++) {
		char size[NUM_SIZE_TEXT];
		strlist_addf(&plan->summary, "  %zu %-14s %s", i + 1, l->parts[i].name,
			num_size_text(l->parts[i].size_mib * NUM_MIB, size));
	}
	strlist_addf(&plan->summary,
		_("Storage: thin pool of %" PRIu64 " MiB, its metadata %" PRIu64
		  " MiB and a spare of the "
		  "same size, %" PRIu64 " MiB kept back; library grows to %" PRIu64 " MiB"),
		l->pool_mib, l->metadata_mib, l->reserve_mib, l->library_mib);
}

void plan_add_host_lines(
	const struct install_spec *spec, const struct machine *machine, struct plan *plan)
{
	const struct host_config *config = &spec->config;
	CLEANUP(mem_free_string) char *components = strlist_join(&config->components);
	struct plan_dom0 dom0;
	strlist_addf(&plan->summary, _("Host: %s%s%s"), config->name, config->domain[0] ? "." : "",
		config->domain);
	for (size_t i = 0; i < config->n_bridges; i++) {
		const struct host_bridge *bridge = &config->bridges[i];
		CLEANUP(mem_free_string) char *ports = strlist_join(&bridge->ports);
		static const char *const methods[] = {N_("no IPv4 address"), "DHCP", N_("static")};
		strlist_addf(&plan->summary, _("Bridge: %s, ports: %s, %s"), bridge->name,
			ports[0] ? ports : _("none (internal)"),
			bridge->method == HOST_METHOD_STATIC ? bridge->address
							     : _(methods[bridge->method]));
	}
	strlist_addf(&plan->summary, _("Software: Domus %s; components: %s"), machine->version,
		components[0] ? components : _("none"));
	plan_dom0(spec, machine, &dom0);
	strlist_addf(&plan->summary,
		_("dom0: %" PRIu64 " MiB of memory, %u vCPUs; %" PRIu64 " MiB are left for guests"),
		dom0.memory_mib, dom0.n_vcpus, dom0.guests_mib);
}

static void add_notes(
	const struct install_spec *spec, const struct machine *machine, struct plan *plan)
{
	if (!machine->is_xen)
		strlist_add(&plan->notes,
			_("VT-x or AMD-V, IOMMU: not known, because this was started without Xen"));
	if (machine->is_xen && !machine->has_hvm)
		strlist_add(&plan->notes,
			_("no VT-x or AMD-V, or it is off in the firmware: only PV guests will run; "
			  "Windows needs it on"));
	if (machine->is_xen && !machine->has_iommu)
		strlist_add(&plan->notes,
			_("no IOMMU, or it is off in the firmware: no device can be given to a guest"));
	size_t cards = 0;
	for (size_t i = 0; i < machine->nics.count; i++)
		cards += machine->nics.devs[i].kind == NET_PHYSICAL;
	if (cards == 0)
		strlist_add(&plan->notes, _("no network card: the host will have no network"));
	if (spec->config.n_vms)
		strlist_addf(&plan->notes, _("%zu guests are made at the first boot"),
			spec->config.n_vms);
}

/* ---- what the medium must have ---- */

static void check_components(
	const struct install_spec *spec, const struct machine *machine, struct problems *problems)
{
	const struct host_config *config = &spec->config;
	uint64_t bytes = machine->required_bytes;
	for (size_t i = 0; i < config->components.count; i++) {
		const char *name = config->components.items[i];
		const struct component *c = machine_find_component(machine, name);
		bytes += c ? c->size_bytes : 0;
		if (!c && machine->version[0])
			problems_add(problems, PROBLEM_ERROR,
				cfg_line_of(&spec->cfg, "install", NULL, "components", 0),
				_("components: this medium has no \"%s\""), name);
	}
	/* ext4 takes some per cent for itself. */
	uint64_t need_mib = bytes / NUM_MIB * 11 / 10 + 16;
	if (need_mib > (uint64_t)config->slot_mib)
		problems_add(problems, PROBLEM_ERROR,
			cfg_line_of(&spec->cfg, "disk", NULL, "slot", 0),
			_("slot: %" PRId64 " MiB are too small for this release, %" PRIu64
			  " MiB would do"),
			config->slot_mib, need_mib);
}

int plan_build(const struct install_spec *spec, const struct machine *machine,
	struct plan *ret_plan, struct problems *problems)
{
	*ret_plan = (struct plan)PLAN_INIT;
	size_t errors = problems->errors;
	spec_check(spec, problems);
	if (!machine->version[0])
		problems_add(problems, PROBLEM_ERROR, 0,
			_("there is no release to install here: start the machine from a CD, a stick or "
			  "the network"));
	check_components(spec, machine, problems);
	if (problems->errors == errors && spec->config.mode != HOST_MODE_NEW)
		return ops_add_keep(spec, machine, ret_plan, problems);
	/* Without a word about the disk, which one it is cannot be asked. */
	if (problems->errors != errors)
		return -1;
	const struct disk_info *disk = disk_choose(spec, machine, problems);
	if (!disk)
		return -1;
	struct layout layout;
	layout_compute(spec, disk, &layout);
	ret_plan->disk = disk;
	ret_plan->is_new = true;
	disk_describe_content(disk, &ret_plan->destroyed);
	plan_add_host_lines(spec, machine, ret_plan);
	add_disk_lines(disk, &layout, ret_plan);
	add_notes(spec, machine, ret_plan);
	ops_add_new(spec, machine, disk, &layout, ret_plan);
	return 0;
}

void plan_dispose(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_ops; i++) {
		free(plan->ops[i].title);
		strlist_dispose(&plan->ops[i].argv);
		str_dispose(&plan->ops[i].data);
		strlist_dispose(&plan->ops[i].undo);
	}
	free(plan->ops);
	strlist_dispose(&plan->summary);
	strlist_dispose(&plan->destroyed);
	strlist_dispose(&plan->notes);
	*plan = (struct plan)PLAN_INIT;
}

/* ---- in words ---- */

static const char *verb_text(enum plan_verb verb)
{
	switch (verb) {
	case PLAN_RUN:
		return "";
	case PLAN_WIPE:
		return _("clear both ends of ");
	case PLAN_WAIT:
		return _("wait for ");
	case PLAN_MKDIR:
		return _("make the directory ");
	case PLAN_MOUNT:
		return _("mount ");
	case PLAN_UMOUNT:
		return _("unmount ");
	case PLAN_COPY:
	case PLAN_COPY_DIR:
		return _("copy ");
	case PLAN_COPY_SLOT:
		return _("copy and compare ");
	case PLAN_WRITE:
		return _("write ");
	case PLAN_BOOT_CODE:
		return _("write boot code to ");
	case PLAN_POKE:
		return _("overwrite the first sector of ");
	case PLAN_HOOK:
		return _("run hook ");
	case PLAN_HOST_CONF:
		return _("make the boot loader's arguments of ");
	case PLAN_SYNC:
		return _("empty the write cache of ");
	case PLAN_NVRAM:
		return _("write variables of the firmware for ");
	}
	return "";
}

static void print_section(const char *title, const struct strlist *lines, struct str *out)
{
	if (lines->count == 0)
		return;
	str_add(out, "%s\n", title);
	for (size_t i = 0; i < lines->count; i++)
		str_add(out, "  %s\n", lines->items[i]);
	str_add(out, "\n");
}

void plan_print(const struct plan *plan, struct str *ret_text)
{
	print_section(_("What will be installed:"), &plan->summary, ret_text);
	if (plan->destroyed.count)
		print_section(_("What will be DESTROYED:"), &plan->destroyed, ret_text);
	else if (plan->disk && plan->is_new)
		str_add(ret_text, _("%s is empty: nothing will be destroyed.\n\n"),
			plan->disk->path);
	print_section(_("Note:"), &plan->notes, ret_text);
	str_add(ret_text, "%s\n", _("What will be done:"));
	for (size_t i = 0; i < plan->n_ops; i++) {
		const struct plan_op *op = &plan->ops[i];
		CLEANUP(mem_free_string) char *words = strlist_join(&op->argv);
		str_add(ret_text, "%3zu. %s\n     %s%s%s%s\n", i + 1, op->title,
			verb_text(op->verb), words, op->is_secret ? _(" (content not shown)") : "",
			op->is_optional ? _(" (a failure is a warning)") : "");
	}
}
