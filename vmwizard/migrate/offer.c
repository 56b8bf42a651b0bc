/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a source tells of a guest that is to move, and everything that speaks against it. Pure. */
#include "vmwizard/migrate/offer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "num.h"

void mig_offer_init(struct mig_offer *offer)
{
	*offer = (struct mig_offer){.id = xstrdup(""),
		.name = xstrdup(""),
		.uuid = xstrdup(""),
		.cfg = xstrdup(""),
		.config = xstrdup("")};
}

void mig_offer_dispose(struct mig_offer *offer)
{
	for (size_t i = 0; i < offer->n_parts; i++) {
		free(offer->parts[i].path);
		free(offer->parts[i].wwid);
	}
	free(offer->parts);
	strlist_dispose(&offer->bridges);
	strlist_dispose(&offer->macs);
	mem_wipe_string(offer->cfg);
	mem_wipe_string(offer->config);
	free(offer->cfg);
	free(offer->config);
	free(offer->id);
	free(offer->name);
	free(offer->uuid);
	*offer = (struct mig_offer){.id = NULL};
}

struct mig_part *mig_offer_add_part(struct mig_offer *offer, const char *path)
{
	offer->parts = xreallocarray(offer->parts, offer->n_parts + 1, sizeof(*offer->parts));
	struct mig_part *part = &offer->parts[offer->n_parts++];
	*part = (struct mig_part){.path = xstrdup(path), .wwid = xstrdup("")};
	return part;
}

char *mig_mark_path(const struct mig_offer *offer, const struct mig_part *part)
{
	const char *slash = strrchr(part->path, '/');
	return xasprintf(
		"%.*s/.domus-%s", slash ? (int)(slash - part->path) : 0, part->path, offer->id);
}

/* ---- as JSON */

static json_t *words_of(const struct strlist *list)
{
	json_t *array = json_array();
	for (size_t i = 0; i < list->count; i++)
		(void)json_array_append_new(array, json_string(list->items[i]));
	return array;
}

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

json_t *mig_offer_write(const struct mig_offer *offer, bool with_config)
{
	json_t *parts = json_array();
	json_t *caps = json_array();
	for (size_t i = 0; i < offer->n_parts; i++) {
		const struct mig_part *p = &offer->parts[i];
		(void)json_array_append_new(
			parts, json_pack("{s:s, s:o, s:b, s:b, s:s, s:b, s:o}", "path", p->path,
				       "size", number(p->size_bytes), "block", p->is_block,
				       "readonly", p->is_readonly, "wwid", p->wwid, "copied",
				       p->is_copied, "data", number(p->data_bytes)));
	}
	for (size_t i = 0; i < VM_CPU_WORDS; i++)
		(void)json_array_append_new(caps, number(offer->cpu_caps[i]));
	json_t *json = json_pack(
		"{s:i, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:o, s:o, s:i, s:i, s:o, "
		"s:o, s:o, s:o, s:s}",
		"protocol", MIG_PROTOCOL, "id", offer->id, "name", offer->name, "uuid", offer->uuid,
		"method", vm_method_words[offer->method], "running", offer->is_running, "live",
		offer->is_live, "autostart", offer->autostart, "need_kib", number(offer->need_kib),
		"need_dom0_kib", number(offer->need_dom0_kib), "xen_major", (int)offer->xen_major,
		"xen_minor", (int)offer->xen_minor, "cpu", caps, "parts", parts, "bridges",
		words_of(&offer->bridges), "macs", words_of(&offer->macs), "cfg", offer->cfg);
	if (offer->need_cpus)
		(void)json_object_set_new(json, "need_cpus", number(offer->need_cpus));
	if (with_config)
		(void)json_object_set_new(json, "config", json_string(offer->config));
	return json;
}

static uint64_t get_number(const json_t *json, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(json, key));
	return value > 0 ? (uint64_t)value : 0;
}

static void get_text(const json_t *json, const char *key, char **text)
{
	const char *value = json_string_value(json_object_get(json, key));
	vm_spec_set(text, value ? value : "");
}

static void get_words(const json_t *json, const char *key, struct strlist *list)
{
	const json_t *word;
	size_t i;
	json_array_foreach(json_object_get(json, key), i, word)
	{
		if (json_is_string(word))
			strlist_add(list, json_string_value(word));
	}
}

static void get_parts(const json_t *json, struct mig_offer *offer)
{
	const json_t *item;
	size_t i;
	json_array_foreach(json_object_get(json, "parts"), i, item)
	{
		struct mig_part *part = mig_offer_add_part(offer, "");
		get_text(item, "path", &part->path);
		get_text(item, "wwid", &part->wwid);
		part->size_bytes = get_number(item, "size");
		part->is_block = json_is_true(json_object_get(item, "block"));
		part->is_readonly = json_is_true(json_object_get(item, "readonly"));
		part->is_copied = json_is_true(json_object_get(item, "copied"));
		part->data_bytes = get_number(item, "data");
	}
}

static bool is_hex(const char *text, size_t len)
{
	return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

/* What becomes a path or a name here must be one, whoever says it. */
static int check_words(const struct mig_offer *offer, struct err *err)
{
	if (!is_hex(offer->id, 32))
		return err_set(err, ERR_INVALID, 0, "%s", _("the offer has no number"));
	if (vm_check_name(offer->name, err) < 0)
		return -1;
	if (offer->method == VM_METHOD_AUTO || strlen(offer->uuid) != 36)
		return err_set(err, ERR_INVALID, 0, "%s", _("the offer names no guest"));
	for (size_t i = 0; i < offer->n_parts; i++) {
		const struct mig_part *part = &offer->parts[i];
		const char *name = strrchr(part->path, '/');
		bool is_device = strncmp(part->path, "/dev/", 5) == 0;
		if (part->path[0] != '/' || strstr(part->path, "/../") || !name[1] ||
			(part->is_copied && (part->is_block != is_device || name[1] == '.')))
			return err_set(
				err, ERR_INVALID, 0, _("\"%s\" is no path of a disk"), part->path);
		if (part->is_copied && offer->is_running)
			return err_set(err, ERR_INVALID, 0, "%s",
				_("only a guest that is off moves with its disks"));
	}
	return 0;
}

int mig_offer_read(const json_t *json, struct mig_offer *ret_offer, struct err *err)
{
	struct mig_offer *o = ret_offer;
	const char *method = json_string_value(json_object_get(json, "method"));
	const json_t *caps = json_object_get(json, "cpu");
	mig_offer_init(o);
	if (get_number(json, "protocol") != MIG_PROTOCOL)
		return err_set(err, ERR_INVALID, 0,
			_("the other host speaks protocol %" PRIu64
			  ", this one %d: bring both to the same release"),
			get_number(json, "protocol"), MIG_PROTOCOL);
	get_text(json, "id", &o->id);
	get_text(json, "name", &o->name);
	get_text(json, "uuid", &o->uuid);
	get_text(json, "cfg", &o->cfg);
	get_text(json, "config", &o->config);
	o->method = vm_method_find(method ? method : "");
	o->is_running = json_is_true(json_object_get(json, "running"));
	o->is_live = json_is_true(json_object_get(json, "live"));
	o->autostart = json_is_true(json_object_get(json, "autostart"));
	o->need_cpus = (unsigned)get_number(json, "need_cpus");
	o->need_kib = get_number(json, "need_kib");
	o->need_dom0_kib = get_number(json, "need_dom0_kib");
	o->xen_major = (unsigned)get_number(json, "xen_major");
	o->xen_minor = (unsigned)get_number(json, "xen_minor");
	for (size_t i = 0; i < VM_CPU_WORDS; i++)
		o->cpu_caps[i] = (uint32_t)json_integer_value(json_array_get(caps, i));
	get_words(json, "bridges", &o->bridges);
	get_words(json, "macs", &o->macs);
	get_parts(json, o);
	return check_words(o, err);
}

/* ---- what speaks against it */

void mig_check_source(
	const struct mig_offer *offer, const struct vm_host *host, struct strlist *findings)
{
	if (offer->is_live && offer->method == VM_PV && !host->has_shadow)
		strlist_add(findings,
			_("a PV guest cannot move while it runs: this hypervisor was built without "
			  "shadow paging (XEN=source has it); --offline moves it suspended, or off, "
			  "with its disks if they are not shared"));
	if (offer->is_running && offer->has_format)
		strlist_add(findings, _("a disk is no raw image: its index would be cached on both "
					"sides; shut the guest down first"));
	for (size_t i = 0; i < offer->n_parts; i++) {
		const struct mig_part *part = &offer->parts[i];
		if (part->size_bytes == 0)
			strlist_addf(findings, _("disk %s is not there, or empty, on this host"),
				part->path);
		else if (offer->is_running && part->is_buffered && !part->is_readonly)
			strlist_addf(findings,
				_("disk %s is kept in this host's memory: its file system takes no direct "
				  "I/O; shut the guest down first"),
				part->path);
	}
}

bool mig_part_is_same(const struct mig_part *there, const struct mig_part *here)
{
	bool is_known = there->is_readonly ||
			(there->is_block ? here->wwid[0] && strcmp(here->wwid, there->wwid) == 0
					 : here->has_mark);
	return here->size_bytes && here->size_bytes == there->size_bytes &&
	       here->is_block == there->is_block && is_known;
}

static void check_parts(
	const struct mig_offer *offer, const struct mig_part *found, struct strlist *findings)
{
	const char *way = offer->is_running ? _("; shut the guest down, and --offline copies it")
					    : _("; --offline copies it");
	for (size_t i = 0; i < offer->n_parts; i++) {
		const struct mig_part *there = &offer->parts[i];
		if (there->is_copied || mig_part_is_same(there, &found[i]))
			continue;
		if (found[i].size_bytes == 0)
			strlist_addf(findings, _("disk %s is not there%s"), there->path, way);
		else
			strlist_addf(findings,
				_("disk %s is there, but not the same one: it is not shared%s"),
				there->path, way);
	}
}

static void check_memory(
	const struct mig_offer *offer, const struct vm_host *host, struct strlist *findings)
{
	if (!offer->is_running)
		return;
	if (host->free_kib < offer->need_kib)
		strlist_addf(findings,
			_("memory: the guest needs %" PRIu64 " MiB, %" PRIu64
			  " MiB are free there"),
			(offer->need_kib + 1023) / 1024, host->free_kib / 1024);
	if (offer->need_dom0_kib && host->dom0_available_kib < offer->need_dom0_kib)
		strlist_addf(findings,
			_("memory of dom0: the guest takes %" PRIu64 " MiB, %" PRIu64
			  " MiB are free there"),
			(offer->need_dom0_kib + 1023) / 1024, host->dom0_available_kib / 1024);
}

static void check_machine(
	const struct mig_offer *offer, const struct vm_host *host, struct strlist *findings)
{
	bool is_older = host->xen_major < offer->xen_major ||
			(host->xen_major == offer->xen_major && host->xen_minor < offer->xen_minor);
	if (!host->is_xen) {
		strlist_add(findings, _("the other host does not run under Xen"));
		return;
	}
	if (host->cannot[offer->method] && host->cannot[offer->method][0])
		strlist_addf(findings, "%s: %s", vm_method_titles[offer->method],
			host->cannot[offer->method]);
	if (offer->need_cpus > host->cpus)
		strlist_addf(findings,
			_("the guest is pinned to CPU %u, and there are %u there: first domus-vm pin %s"),
			offer->need_cpus - 1, host->cpus, offer->name);
	if (!offer->is_running)
		return;
	if (is_older)
		strlist_addf(findings, _("Xen %u.%u there is older than %u.%u here"),
			host->xen_major, host->xen_minor, offer->xen_major, offer->xen_minor);
	for (size_t i = 0; i < VM_CPU_WORDS; i++)
		if (offer->cpu_caps[i] & ~host->cpu_caps[i])
			strlist_addf(findings,
				_("the CPU there lacks features of this one (word %zu: %08" PRIx32
				  "); --offline does not help, a new start there does"),
				i, offer->cpu_caps[i] & ~host->cpu_caps[i]);
}

void mig_check_target(const struct mig_offer *offer, const struct vm_host *host,
	const struct mig_part *found, struct strlist *findings)
{
	check_machine(offer, host, findings);
	if (strlist_has(&host->names, offer->name))
		strlist_addf(findings, _("there is a guest \"%s\" there already"), offer->name);
	else if (strlist_has(&host->uuids, offer->uuid))
		strlist_add(findings, _("a guest there has the same uuid"));
	for (size_t i = 0; i < offer->macs.count; i++)
		if (strlist_has(&host->macs, offer->macs.items[i]))
			strlist_addf(findings, _("a guest there has the same MAC address %s"),
				offer->macs.items[i]);
	for (size_t i = 0; i < offer->bridges.count; i++)
		if (!strlist_has(&host->bridges, offer->bridges.items[i]))
			strlist_addf(findings, _("there is no bridge \"%s\" there"),
				offer->bridges.items[i]);
	check_memory(offer, host, findings);
	check_parts(offer, found, findings);
}
