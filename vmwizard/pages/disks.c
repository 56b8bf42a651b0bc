/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "create.h"
#include "devices.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "texts.h"

#define DISK_MAX_MIB ((uint64_t)64 << 20) /* 64 TiB */

/* --- the questions */

static bool ask_size(struct create *c, int64_t *size_mib)
{
	char size[NUM_SIZE_TEXT];
	CLEANUP(mem_free_string)
	char *value = xstrdup(num_size_text((uint64_t)*size_mib * NUM_MIB, size));
	struct ui_question q = {.id = "disk-size",
		.title = _("Size"),
		.text = _(
			"How large the guest sees the disk: 8 GiB, 500 MiB. A number alone is MiB."),
		.help = "",
		.ok = _("OK")};

	for (;;) {
		struct err err = ERR_INIT;
		char *typed = NULL;
		uint64_t bytes;

		if (!create_ask_line(c, &q, _("Size"), value, 20, &typed))
			return false;
		free(value);
		value = typed;
		if (num_parse_size(value, NUM_MIB, NUM_MIB, DISK_MAX_MIB * NUM_MIB, &bytes, &err) ==
			0) {
			*size_mib = (int64_t)(bytes / NUM_MIB);
			return true;
		}
		ui_say(c->ui, q.title, "%s", err.text);
	}
}

static const char *pool_kind(enum vm_pool_kind kind)
{
	switch (kind) {
	case VM_POOL_THIN:
		return _("LVM thin pool");
	case VM_POOL_LVM:
		return _("LVM volume group");
	case VM_POOL_DIR:
		break;
	}
	return _("directory");
}

static bool ask_pool(struct create *c, char **pool)
{
	size_t count = c->host.n_pools, chosen = 0;
	struct ui_item *items = xcalloc(count + 1, sizeof(items[0]));
	char **texts = xcalloc(count + 1, sizeof(texts[0]));
	struct ui_question q = {.id = "pool",
		.title = _("Place"),
		.text = _("Where is the disk kept?"),
		.help = "",
		.ok = _("OK")};
	bool is_chosen;

	for (size_t i = 0; i < count; i++) {
		const struct vm_pool *p = &c->host.pools[i];

		texts[i] = xasprintf(_("%s %s, %" PRIu64 " of %" PRIu64 " MiB free"),
			pool_kind(p->kind), p->path, p->free_bytes / NUM_MIB,
			p->size_bytes / NUM_MIB);
		items[i] = (struct ui_item){.tag = p->name, .text = texts[i]};
		if (strcmp(p->name, *pool) == 0)
			chosen = i;
	}
	if (count == 0)
		ui_say(c->ui, q.title, "%s", _("This host has no place for guests' disks."));
	is_chosen = count > 0 && ui_menu(c->ui, &q, items, count, &chosen) == UI_OK;
	if (is_chosen)
		vm_spec_set(pool, c->host.pools[chosen].name);
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
	free(items);
	return is_chosen;
}

static bool ask_path(struct create *c, const char *title, const char *text, char **path)
{
	struct ui_question q = {
		.id = "disk-path", .title = title, .text = text, .help = "", .ok = _("OK")};
	CLEANUP(mem_free_string) char *value = xstrdup(*path);

	for (;;) {
		struct err err = ERR_INIT;
		char *typed = NULL;

		if (!create_ask_line(c, &q, _("Path"), value, 0, &typed))
			return false;
		free(value);
		value = typed;
		if (value[0] != '/')
			(void)err_set(&err, ERR_INVALID, 0, _("A path begins with \"/\"."));
		else if (vm_check_path(value, &err) == 0)
			break;
		ui_say(c->ui, title, "%s", err.text);
	}
	vm_spec_set(path, value);
	return true;
}

/* An ISO of the library, another file or drive, or for HVM an empty drive. */
static bool ask_iso(struct create *c, char **path)
{
	size_t count = c->host.n_isos, extra = c->spec.method == VM_HVM ? 2 : 1, chosen = 0;
	struct ui_item *items = xcalloc(count + extra, sizeof(items[0]));
	CLEANUP(mem_free_string) char *text = texts_library(&c->host);
	struct ui_question q = {
		.id = "iso", .title = _("CD or ISO"), .text = text, .help = "", .ok = _("OK")};
	bool is_chosen;

	for (size_t i = 0; i < count; i++) {
		items[i] = (struct ui_item){
			.tag = c->host.isos[i].path, .text = c->host.isos[i].label};
		if (strcmp(c->host.isos[i].path, *path) == 0)
			chosen = i;
	}
	items[count] = (struct ui_item){.tag = _("Other"), .text = _("another file, or a drive")};
	if (extra == 2)
		items[count + 1] = (struct ui_item){.tag = _("Empty"), .text = _("an empty drive")};
	is_chosen = ui_menu(c->ui, &q, items, count + extra, &chosen) == UI_OK;
	free(items);
	if (!is_chosen)
		return false;
	if (chosen == count)
		return ask_path(c, q.title, _("An ISO file, or a drive such as /dev/sr0."), path);
	vm_spec_set(path, chosen > count ? "" : c->host.isos[chosen].path);
	return true;
}

static bool ask_target(struct create *c, char **target)
{
	struct ui_question q = {.id = "target",
		.title = _("Name in the guest"),
		.text = _("xvda, xvdb, ...; for HVM also hda, sda, ... Empty: the next free one."),
		.help = "",
		.ok = _("OK")};
	char *typed = NULL;

	if (!create_ask_line(c, &q, _("Name"), *target, 8, &typed))
		return false;
	vm_spec_set(target, typed);
	free(typed);
	return true;
}

/* --- one disk */

enum property { SIZE, PLACE, SPACE, PATH, MEDIUM, ACCESS, TARGET, REMOVE, PROPERTIES };

static bool is_property_of(enum property property, const struct vm_disk *disk)
{
	switch (property) {
	case SIZE:
	case PLACE:
	case SPACE:
		/* 0: made earlier, and this page changes no disk that holds something. */
		return disk->kind == VM_DISK_NEW && disk->size_mib > 0;
	case PATH:
	case ACCESS:
		return disk->kind == VM_DISK_EXISTING;
	case MEDIUM:
		return disk->kind == VM_DISK_CDROM;
	case TARGET:
	case REMOVE:
	case PROPERTIES:
		break;
	}
	return true;
}

static void property_text(enum property property, const struct vm_disk *disk, struct str *text)
{
	char size[NUM_SIZE_TEXT];

	switch (property) {
	case SIZE:
		str_add(text, "%s", num_size_text((uint64_t)disk->size_mib * NUM_MIB, size));
		break;
	case PLACE:
		str_add(text, "%s", disk->pool);
		break;
	case SPACE:
		str_add(text, "%s",
			disk->is_full ? _("all taken at once") : _("taken as it is written"));
		break;
	case PATH:
		str_add(text, "%s", disk->path);
		break;
	case MEDIUM:
		str_add(text, "%s", disk->path[0] != '\0' ? disk->path : _("empty"));
		break;
	case ACCESS:
		str_add(text, "%s", disk->is_readonly ? _("read only") : _("read and write"));
		break;
	case TARGET:
		str_add(text, "%s", disk->target);
		break;
	case REMOVE:
		str_add(text, "%s", _("take it out of the guest; what is on it stays"));
		break;
	case PROPERTIES:
		break;
	}
}

/* Asks for one property of disk i in the copy; true when it was answered. */
static bool change(struct create *c, struct vm_spec *copy, size_t i, enum property property)
{
	struct vm_disk *disk = &copy->disks[i];

	switch (property) {
	case SIZE:
		return ask_size(c, &disk->size_mib);
	case PLACE:
		vm_spec_set(&disk->path, "");
		return ask_pool(c, &disk->pool);
	case SPACE:
		disk->is_full = !disk->is_full;
		return true;
	case PATH:
		return ask_path(c, _("Path"), _("An image file, a logical volume or a whole disk."),
			&disk->path);
	case MEDIUM:
		return ask_iso(c, &disk->path);
	case ACCESS:
		disk->is_readonly = !disk->is_readonly;
		return true;
	case TARGET:
		vm_spec_set(&disk->path, disk->kind == VM_DISK_NEW ? "" : disk->path);
		return ask_target(c, &disk->target);
	case REMOVE:
		vm_spec_remove_disk(copy, i);
		return true;
	case PROPERTIES:
		break;
	}
	return false;
}

static void change_disk(struct create *c, size_t i, enum property property)
{
	struct vm_spec copy;

	devices_begin(c, &copy);
	if (change(c, &copy, i, property))
		(void)devices_end(c, &copy);
	else
		vm_spec_dispose(&copy);
}

static void disk_open(struct create *c, size_t i)
{
	static const char *const labels[PROPERTIES] = {N_("Size"), N_("Place"), N_("Space"),
		N_("Path"), N_("Medium"), N_("Access"), N_("Name in the guest"), N_("Remove")};
	size_t count = c->spec.n_disks, chosen = 0;

	/* A removed disk ends the page. */
	while (c->spec.n_disks == count && !c->ui->is_gone) {
		const struct vm_disk *disk = &c->spec.disks[i];
		enum property properties[PROPERTIES];
		struct str texts[PROPERTIES];
		struct ui_item items[PROPERTIES];
		struct ui_question q = {
			.id = "disk", .title = disk->target, .help = "", .ok = _("Change")};
		size_t n = 0;
		int result;

		for (enum property p = SIZE; p < PROPERTIES; p++) {
			if (!is_property_of(p, disk))
				continue;
			texts[n] = (struct str)STR_INIT;
			property_text(p, disk, &texts[n]);
			items[n] =
				(struct ui_item){.tag = _(labels[p]), .text = str_text(&texts[n])};
			properties[n++] = p;
		}
		result = devices_menu(c, &q, items, n, &chosen);
		for (size_t j = 0; j < n; j++)
			str_dispose(&texts[j]);
		if (result < 0)
			return;
		change_disk(c, i, properties[result]);
	}
}

/* --- the list */

static size_t count_disks(const struct vm_spec *spec)
{
	return spec->n_disks;
}

static void describe_disk(
	const struct create *c, size_t i, struct str *ret_tag, struct str *ret_text)
{
	const struct vm_disk *disk = &c->spec.disks[i];

	str_add(ret_tag, "%s", disk->target[0] != '\0' ? disk->target : "?");
	texts_disk(disk, ret_text);
}

/* By enum vm_disk_kind. */
static const struct ui_item additions[] = {
	{.tag = N_("New disk"), .text = N_("made for this guest")},
	{.tag = N_("Existing disk"), .text = N_("an image file, a logical volume, a whole disk")},
	{.tag = N_("CD"), .text = N_("an ISO file or a drive")},
	{.tag = NULL},
};

static void add_disk(struct create *c, size_t which)
{
	enum vm_disk_kind kind = (enum vm_disk_kind)which;
	struct vm_spec copy;
	struct vm_disk *disk;
	bool is_answered = false;

	devices_begin(c, &copy);
	disk = vm_spec_add_disk(&copy, kind);
	if (c->is_edit && kind == VM_DISK_NEW) {
		ui_say(c->ui, _("New disk"), "%s",
			_("A guest that is there gets existing disks: make a volume or a file first "
			  "(lvcreate, truncate), then add it as an existing disk."));
		vm_spec_dispose(&copy);
		return;
	}
	switch (kind) {
	case VM_DISK_NEW:
		disk->size_mib = c->profile->disk_mib > 0 ? c->profile->disk_mib : 8192;
		is_answered = ask_size(c, &disk->size_mib);
		break;
	case VM_DISK_EXISTING:
		is_answered = ask_path(c, _("Existing disk"),
			_("An image file, a logical volume or a whole disk."), &disk->path);
		break;
	case VM_DISK_CDROM:
		is_answered = ask_iso(c, &disk->path);
		break;
	}
	if (is_answered)
		(void)devices_end(c, &copy);
	else
		vm_spec_dispose(&copy);
}

void disks_open(struct create *c)
{
	static const struct devices_kind kind = {.id = "disks",
		.title = N_("Disks"),
		.text = N_("The guest's disks, in their order. Back returns to the summary."),
		.help = N_("A new disk takes space as it is written (thin), or all at once. "
			   "An existing one is used as it is; one that another guest has is "
			   "refused. PV and PVH guests see a CD as a read-only disk, and it "
			   "cannot be changed while they run."),
		.count = count_disks,
		.describe = describe_disk,
		.open = disk_open,
		.additions = additions,
		.add = add_disk};

	devices_run(c, &kind);
}
