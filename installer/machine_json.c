/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine to and from JSON: what `inventory` prints is what `plan --inventory` reads. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "hosts.h"
#include "lang.h"
#include "machine.h"
#include "mem.h"

/* Order of enum net_kind. */
static const char *const net_kinds[] = {"physical", "bridge", "bond", "vlan", "other"};

/* ---- out ---- */

static json_t *part_json(const struct disk_part *p)
{
	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s}", "name", p->name, "size_bytes",
		(json_int_t)p->size_bytes, "type", p->fstype, "label", p->label, "uuid", p->uuid,
		"in_use", p->mounted_at);
}

static json_t *disk_json(const struct disk_info *d)
{
	json_t *parts = json_array();
	json_t *groups = json_array();
	for (size_t i = 0; i < d->n_parts; i++)
		(void)json_array_append_new(parts, part_json(&d->parts[i]));
	for (size_t i = 0; i < d->groups.count; i++)
		(void)json_array_append_new(groups, json_string(d->groups.items[i]));
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:I, s:i, s:b, s:b, s:b, s:s, s:s, s:s, s:s, s:o, s:o}",
		"path", d->path, "model", d->model, "serial", d->serial, "wwn", d->wwn, "bus",
		d->bus, "size_bytes", (json_int_t)d->size_bytes, "sector_bytes",
		(int)d->sector_bytes, "removable", d->is_removable, "read_only", d->is_read_only,
		"medium", d->is_medium, "table", d->table, "type", d->fstype, "label", d->label,
		"in_use", d->mounted_at, "partitions", parts, "volume_groups", groups);
}

static json_t *nic_json(const struct net_dev *n)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:i, s:b, s:s, s:s}", "name", n->name, "mac", n->mac,
		"kind", net_kinds[n->kind], "link", n->has_carrier, "speed_mbit",
		(int)n->speed_mbit, "up", n->is_up, "driver", n->driver, "bus_path", n->path);
}

void machine_write_json(const struct machine *m, struct str *ret_text)
{
	json_t *disks = json_array();
	json_t *nics = json_array();
	json_t *components = json_array();
	json_t *hosts = json_object();
	for (size_t i = 0; i < m->n_hosts; i++)
		(void)json_object_set_new(
			hosts, m->hosts[i].disk, json_string(m->hosts[i].environment));
	for (size_t i = 0; i < m->disks.count; i++)
		(void)json_array_append_new(disks, disk_json(&m->disks.disks[i]));
	for (size_t i = 0; i < m->nics.count; i++)
		(void)json_array_append_new(nics, nic_json(&m->nics.devs[i]));
	for (size_t i = 0; i < m->n_components; i++)
		(void)json_array_append_new(
			components, json_pack("{s:s, s:I}", "name", m->components[i].name,
					    "size_bytes", (json_int_t)m->components[i].size_bytes));
	json_t *cpu = json_pack("{s:s, s:i, s:b, s:b, s:b}", "model", m->cpu_model, "count",
		(int)m->n_cpus, "hvm", m->has_hvm, "hap", m->has_hap, "iommu", m->has_iommu);
	json_t *medium = json_pack("{s:s, s:I, s:o}", "version", m->version, "required_bytes",
		(json_int_t)m->required_bytes, "components", components);
	json_t *all = json_pack("{s:s, s:b, s:o, s:I, s:o, s:o, s:o, s:o}", "firmware",
		m->firmware == FIRMWARE_UEFI ? "uefi" : "bios", "xen", m->is_xen, "cpu", cpu,
		"memory_bytes", (json_int_t)m->memory_bytes, "disks", disks, "nics", nics, "medium",
		medium, "installed", hosts);
	char *text = json_dumps(all, JSON_INDENT(2));
	if (text)
		str_add(ret_text, "%s\n", text);
	free(text);
	json_decref(all);
}

/* ---- in: what is absent is empty, so that a hand-written inventory can be short ---- */

static char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return xstrdup(text ? text : "");
}

static uint64_t number_of(const json_t *object, const char *name)
{
	json_int_t value = json_integer_value(json_object_get(object, name));
	return value > 0 ? (uint64_t)value : 0;
}

static bool is_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

static void read_part(const json_t *o, struct disk_part *ret_part)
{
	*ret_part = (struct disk_part){.name = text_of(o, "name"),
		.size_bytes = number_of(o, "size_bytes"),
		.fstype = text_of(o, "type"),
		.label = text_of(o, "label"),
		.uuid = text_of(o, "uuid"),
		.mounted_at = text_of(o, "in_use")};
}

static void read_disk(const json_t *o, struct disk_info *d)
{
	*d = (struct disk_info){.path = text_of(o, "path"),
		.model = text_of(o, "model"),
		.serial = text_of(o, "serial"),
		.wwn = text_of(o, "wwn"),
		.bus = text_of(o, "bus"),
		.size_bytes = number_of(o, "size_bytes"),
		.sector_bytes = (unsigned)number_of(o, "sector_bytes"),
		.is_removable = is_true(o, "removable"),
		.is_read_only = is_true(o, "read_only"),
		.is_medium = is_true(o, "medium"),
		.table = text_of(o, "table"),
		.fstype = text_of(o, "type"),
		.label = text_of(o, "label"),
		.mounted_at = text_of(o, "in_use"),
		.groups = STRLIST_INIT};
	const char *slash = strrchr(d->path, '/');
	d->name = xstrdup(slash ? slash + 1 : d->path);
	if (d->sector_bytes == 0)
		d->sector_bytes = 512;
	const json_t *parts = json_object_get(o, "partitions");
	const json_t *groups = json_object_get(o, "volume_groups");
	d->parts = xcalloc(json_array_size(parts) + 1, sizeof(*d->parts));
	for (; d->n_parts < json_array_size(parts); d->n_parts++)
		read_part(json_array_get(parts, d->n_parts), &d->parts[d->n_parts]);
	for (size_t i = 0; i < json_array_size(groups); i++) {
		const char *name = json_string_value(json_array_get(groups, i));
		strlist_add(&d->groups, name ? name : "");
	}
}

static void read_nic(const json_t *o, struct net_dev *n)
{
	CLEANUP(mem_free_string) char *kind = text_of(o, "kind");
	*n = (struct net_dev){.name = text_of(o, "name"),
		.mac = text_of(o, "mac"),
		.kind = NET_PHYSICAL,
		.has_carrier = is_true(o, "link"),
		.is_up = is_true(o, "up"),
		.driver = text_of(o, "driver"),
		.path = text_of(o, "bus_path"),
		.speed_mbit = (unsigned)number_of(o, "speed_mbit")};
	for (size_t i = 0; i < ARRAY_SIZE(net_kinds); i++)
		if (strcmp(kind, net_kinds[i]) == 0)
			n->kind = (enum net_kind)i;
}

static void read_medium(const json_t *medium, struct machine *m)
{
	const json_t *components = json_object_get(medium, "components");
	m->version = text_of(medium, "version");
	m->required_bytes = number_of(medium, "required_bytes");
	m->components = xcalloc(json_array_size(components) + 1, sizeof(*m->components));
	for (; m->n_components < json_array_size(components); m->n_components++) {
		const json_t *o = json_array_get(components, m->n_components);
		m->components[m->n_components] = (struct component){
			.name = text_of(o, "name"), .size_bytes = number_of(o, "size_bytes")};
	}
}

/* Their partitions are among the disks already. */
static void read_hosts(const json_t *environments, struct machine *m)
{
	hosts_find(m, false);
	for (size_t i = 0; i < m->n_hosts; i++) {
		free(m->hosts[i].environment);
		m->hosts[i].environment = text_of(environments, m->hosts[i].disk);
	}
}

int machine_read_json(const char *text, struct machine *ret_machine, struct err *err)
{
	json_error_t error;
	json_t *all = json_loads(text, 0, &error);
	if (!all || !json_is_object(all)) {
		json_decref(all);
		return err_set(err, ERR_INVALID, 0,
			_("the inventory is no JSON object: line %d: %s"), all ? 1 : error.line,
			all ? "" : error.text);
	}
	const json_t *cpu = json_object_get(all, "cpu");
	const json_t *disks = json_object_get(all, "disks");
	const json_t *nics = json_object_get(all, "nics");
	CLEANUP(mem_free_string) char *firmware = text_of(all, "firmware");
	struct machine m = {
		.firmware = strcmp(firmware, "uefi") == 0 ? FIRMWARE_UEFI : FIRMWARE_BIOS,
		.is_xen = is_true(all, "xen"),
		.cpu_model = text_of(cpu, "model"),
		.n_cpus = (unsigned)number_of(cpu, "count"),
		.has_hvm = is_true(cpu, "hvm"),
		.has_hap = is_true(cpu, "hap"),
		.has_iommu = is_true(cpu, "iommu"),
		.memory_bytes = number_of(all, "memory_bytes"),
	};
	m.disks.disks = xcalloc(json_array_size(disks) + 1, sizeof(*m.disks.disks));
	for (; m.disks.count < json_array_size(disks); m.disks.count++)
		read_disk(json_array_get(disks, m.disks.count), &m.disks.disks[m.disks.count]);
	m.nics.devs = xcalloc(json_array_size(nics) + 1, sizeof(*m.nics.devs));
	for (; m.nics.count < json_array_size(nics); m.nics.count++)
		read_nic(json_array_get(nics, m.nics.count), &m.nics.devs[m.nics.count]);
	read_medium(json_object_get(all, "medium"), &m);
	read_hosts(json_object_get(all, "installed"), &m);
	json_decref(all);
	*ret_machine = m;
	return 0;
}
