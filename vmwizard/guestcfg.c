/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a specification to the text of its xl.cfg, new or edited. Pure. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"
#include "vmwizard/guestcfg.h"
#include "xlcfg.h"

/* A text being made; the first failure stays. */
struct maker {
	struct xlcfg cfg;
	const struct vm_spec *spec;
	const struct profile *profile; /* NULL: an edit, arguments are the spec's alone */
	enum guestcfg_kind kind;
	int rc;
	struct err *err;
};

static void put(struct maker *m, const char *key, const char *value)
{
	if (m->rc == 0)
		m->rc = xlcfg_set_text(&m->cfg, key, value, NULL, m->err);
}

static void put_number(struct maker *m, const char *key, int64_t value)
{
	CLEANUP(mem_free_string) char *text = xasprintf("%" PRId64, value);
	if (m->rc == 0)
		m->rc = xlcfg_set(&m->cfg, key, text, NULL, m->err);
}

static void put_item(struct maker *m, const char *key, const char *value)
{
	if (m->rc == 0)
		m->rc = xlcfg_list_add(&m->cfg, key, value, m->err);
}

static void note(struct maker *m, const char *word, const char *value)
{
	if (m->rc == 0 && value[0])
		m->rc = xlcfg_set_note(&m->cfg, word, value, m->err);
}

static bool is_installing(const struct maker *m)
{
	return m->kind == GUESTCFG_FIRST;
}

static void put_memory(struct maker *m)
{
	const struct vm_spec *s = m->spec;
	put_number(m, "memory", s->memory_mib);
	if (s->max_memory_mib != s->memory_mib)
		put_number(m, "maxmem", s->max_memory_mib);
	put_number(m, "vcpus", s->vcpus);
	if (s->max_vcpus != s->vcpus)
		put_number(m, "maxvcpus", s->max_vcpus);
	if (s->pin[0])
		put(m, "cpus", s->pin);
	if (s->soft_pin[0])
		put(m, "cpus_soft", s->soft_pin);
	if (s->weight)
		put_number(m, "cpu_weight", s->weight);
	if (s->cap)
		put_number(m, "cap", s->cap);
}

static void put_kernel(struct maker *m, const char *kernel, const char *initrd)
{
	CLEANUP(str_dispose) struct str arguments = STR_INIT;
	if (m->profile)
		vm_arguments(m->spec, m->profile, &arguments);
	else
		str_add(&arguments, "%s", m->spec->arguments);
	put(m, "kernel", kernel);
	if (initrd[0])
		put(m, "ramdisk", initrd);
	if (arguments.len)
		put(m, "cmdline", str_text(&arguments));
}

static void put_boot(struct maker *m)
{
	const struct vm_spec *s = m->spec;
	if (is_installing(m) && s->install == VM_SOURCE_NETWORK) {
		put_kernel(m, m->spec->kernel, m->spec->initrd);
		return;
	}
	switch (s->boot) {
	case VM_BOOT_GRUB:
		put(m, "kernel", s->method == VM_PV ? GUESTCFG_GRUB_PV : GUESTCFG_GRUB_PVH);
		break;
	case VM_BOOT_TAKEN:
		put(m, "bootloader", GUESTCFG_TAKER);
		break;
	case VM_BOOT_DIRECT:
		put_kernel(m, s->kernel, s->initrd);
		break;
	case VM_BOOT_FIRMWARE:
	case VM_BOOT_AUTO:
		break;
	}
}

/* What HVM firmware tries, as letters of xl.cfg's "boot". */
static const char *boot_letters(const struct maker *m)
{
	const struct vm_spec *s = m->spec;
	if (is_installing(m))
		return s->install == VM_SOURCE_PXE ? "ncd" : "dcn";
	switch (s->boot_order) {
	case VM_ORDER_CD:
		return "dcn";
	case VM_ORDER_NETWORK:
		return "ncd";
	case VM_ORDER_AUTO:
	case VM_ORDER_DISK:
		break;
	}
	return "cdn";
}

static void put_screen(struct maker *m)
{
	const struct vm_spec *s = m->spec;
	if (!s->has_vnc) {
		put_number(m, "vnc", 0);
		return;
	}
	put_number(m, "vnc", 1);
	put(m, "vnclisten", "127.0.0.1");
	if (s->vnc_password[0])
		put(m, "vncpasswd", s->vnc_password);
}

static void put_hvm(struct maker *m)
{
	const struct vm_spec *s = m->spec;
	const struct profile *p = m->profile;
	if (s->boot != VM_BOOT_DIRECT)
		put(m, "boot", boot_letters(m));
	if (s->firmware == VM_FIRMWARE_UEFI)
		put(m, "bios", "ovmf");
	if (s->has_serial)
		put(m, "serial", "pty");
	put_screen(m);
	if (!p)
		return;
	if (p->controller == PROFILE_AHCI)
		put(m, "hdtype", "ahci");
	put(m, "vga", p->vga);
	if (p->has_tablet) {
		put_number(m, "usb", 1);
		put_item(m, "usbdevice", "tablet");
	}
	if (!p->has_hpet)
		put_number(m, "hpet", 0);
	for (size_t i = 0; i < p->viridian.count; i++)
		put_item(m, "viridian", p->viridian.items[i]);
}

const char *guestcfg_format_word(const struct vm_disk *disk)
{
	return disk->format == VM_FORMAT_AUTO ? "raw" : vm_format_words[disk->format];
}

void guestcfg_disk_text(const struct vm_disk *disk, enum vm_method method, struct str *out)
{
	bool is_drive = disk->kind == VM_DISK_CDROM && method == VM_HVM;
	str_add(out, "format=%s, vdev=%s, access=%s", guestcfg_format_word(disk), disk->target,
		disk->is_readonly ? "ro" : "rw");
	if (is_drive)
		str_add(out, ", devtype=cdrom");
	/* The target comes last: it takes all that follows, commas too. */
	if (disk->path[0] || !is_drive)
		str_add(out, ", target=%s", disk->path);
}

void guestcfg_nic_text(const struct vm_nic *nic, struct str *out)
{
	str_add(out, "mac=%s, bridge=%s", nic->mac[0] ? nic->mac : GUESTCFG_NEW, nic->bridge);
	if (nic->model[0])
		str_add(out, ", model=%s", nic->model);
	if (nic->is_guarded)
		str_add(out, ", script=" GUESTCFG_GUARD);
	if (nic->addresses[0])
		str_add(out, ", ip=%s", nic->addresses);
	if (nic->more[0])
		str_add(out, ", %s", nic->more);
}

static void put_devices(struct maker *m)
{
	for (size_t i = 0; i < m->spec->n_disks; i++) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		guestcfg_disk_text(&m->spec->disks[i], m->spec->method, &text);
		put_item(m, "disk", str_text(&text));
	}
	for (size_t i = 0; i < m->spec->n_nics; i++) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		guestcfg_nic_text(&m->spec->nics[i], &text);
		put_item(m, "vif", str_text(&text));
	}
}

static void put_events(struct maker *m)
{
	put(m, "on_poweroff", "destroy");
	put(m, "on_reboot", "restart");
	/* An installer that crashes would crash again. */
	put(m, "on_crash", is_installing(m) ? "destroy" : vm_crash_words[m->spec->on_crash]);
}

static void note_number(struct maker *m, const char *word, int64_t value)
{
	CLEANUP(mem_free_string) char *text = xasprintf("%" PRId64, value);
	if (value > 0)
		note(m, word, text);
}

static void note_turn(struct maker *m)
{
	const struct vm_spec *s = m->spec;
	if (s->at_stop != GUESTTURN_AS_HOST)
		note(m, GUESTTURN_AT_STOP, guestturn_stop_words[s->at_stop]);
	note_number(m, GUESTTURN_DELAY, s->start_delay_s);
	note_number(m, GUESTTURN_ORDER, s->start_order);
}

/* Volumes and files made for this guest: delete may remove them. */
static void note_made(struct maker *m)
{
	CLEANUP(strlist_dispose) struct strlist made = STRLIST_INIT;
	for (size_t i = 0; i < m->spec->n_disks; i++)
		if (m->spec->disks[i].kind == VM_DISK_NEW && m->spec->disks[i].path[0])
			strlist_add(&made, m->spec->disks[i].path);
	CLEANUP(mem_free_string) char *all = strlist_join(&made);
	note(m, "made", all);
}

static void make(struct maker *m)
{
	const struct vm_spec *s = m->spec;
	put(m, "name", s->name);
	put(m, "uuid", s->uuid[0] ? s->uuid : GUESTCFG_NEW);
	put(m, "type", vm_method_words[s->method]);
	put_memory(m);
	put_boot(m);
	put_devices(m);
	if (s->method == VM_HVM)
		put_hvm(m);
	if (m->profile && m->profile->is_localtime)
		put_number(m, "localtime", 1);
	put_events(m);
	if (m->kind != GUESTCFG_FIRST) {
		note_turn(m);
		note_made(m);
		note(m, "boot", vm_boot_words[s->boot]);
		note(m, "os", s->os);
	}
}

int guestcfg_make(const struct vm_spec *spec, const struct profile *profile,
	enum guestcfg_kind kind, struct str *ret_text, struct err *err)
{
	struct maker m = {
		.cfg = XLCFG_INIT, .spec = spec, .profile = profile, .kind = kind, .err = err};
	make(&m);
	if (m.rc == 0 && kind != GUESTCFG_FIRST)
		str_add(ret_text,
			"# Guest %s, made by domus-vm. Edit freely: what you add stays.\n",
			spec->name);
	if (m.rc == 0)
		str_add_bytes(ret_text, str_text(&m.cfg.text), m.cfg.text.len);
	xlcfg_dispose(&m.cfg);
	return m.rc;
}

void vm_xlcfg_write(const struct vm_spec *spec, const struct profile *profile,
	const struct vm_host *host, struct str *ret_text)
{
	struct err err = ERR_INIT;
	(void)host;
	if (guestcfg_make(spec, profile, GUESTCFG_LASTING, ret_text, &err) < 0)
		str_add(ret_text, "# %s\n", err.text);
}

/* --- edits */

/* The literal of a setting, as it stands in its file. */
static char *literal(const struct xlcfg *cfg, const struct xlcfg_setting *s)
{
	return xstrndup(str_text(&cfg->text) + s->value_start, s->end - s->value_start);
}

static bool has_value(const struct xlcfg_setting *s, const char *value)
{
	for (size_t i = 0; s && s->is_list && i < s->count; i++)
		if (s->values[i].text && strcmp(s->values[i].text, value) == 0)
			return true;
	return false;
}

/* What names an item of a list in two versions of it: a disk's vdev, a NIC's MAC. */
static char *identity(const char *key, const char *item)
{
	const char *word = strcmp(key, "vif") == 0 ? "mac=" : "vdev=";
	const char *p = item ? strstr(item, word) : NULL;
	/* The short form of a disk: target, format, vdev, access. */
	if (!p && item && strcmp(key, "disk") == 0 && !strchr(item, '=')) {
		CLEANUP(strlist_dispose) struct strlist parts = STRLIST_INIT;
		strlist_add_words(&parts, item);
		for (size_t i = 1; i < parts.count; i++)
			if (strncmp(parts.items[i], "xvd", 3) == 0 ||
				strncmp(parts.items[i], "hd", 2) == 0 ||
				strncmp(parts.items[i], "sd", 2) == 0)
				return xstrdup(parts.items[i]);
		return NULL;
	}
	return p ? xstrndup(p + strlen(word), strcspn(p + strlen(word), ", \t")) : NULL;
}

static size_t find_identity(const struct xlcfg_setting *s, const char *key, const char *id)
{
	for (size_t i = 0; s && id && i < s->count; i++) {
		CLEANUP(mem_free_string) char *other = identity(key, s->values[i].text);
		if (other && strcasecmp(other, id) == 0)
			return i;
	}
	return s ? s->count : 0;
}

/* Items that the edit removed, changed or added, in the list as the file has it. */
static int merge_list(struct xlcfg *file, const char *key, const struct xlcfg_setting *before,
	const struct xlcfg_setting *after, struct err *err)
{
	for (size_t i = 0; before && i < before->count; i++) {
		CLEANUP(mem_free_string) char *id = identity(key, before->values[i].text);
		const struct xlcfg_setting *mine = xlcfg_find(file, key);
		size_t at = find_identity(mine, key, id);
		bool stays = after && find_identity(after, key, id) < after->count;
		if (!stays && mine && at < mine->count && xlcfg_list_remove(file, key, at, err) < 0)
			return -1;
	}
	for (size_t i = 0; after && i < after->count; i++) {
		const char *item = after->values[i].text;
		if (has_value(before, item))
			continue;
		CLEANUP(mem_free_string) char *id = identity(key, item);
		const struct xlcfg_setting *mine = xlcfg_find(file, key);
		size_t at = find_identity(mine, key, id);
		int rc = mine && at < mine->count ? xlcfg_list_replace(file, key, at, item, err)
						  : xlcfg_list_add(file, key, item, err);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int merge_setting(struct xlcfg *file, const struct xlcfg *before, const struct xlcfg *after,
	const char *key, struct err *err)
{
	const struct xlcfg_setting *b = xlcfg_find(before, key);
	const struct xlcfg_setting *a = xlcfg_find(after, key);
	CLEANUP(mem_free_string) char *old = b ? literal(before, b) : NULL;
	CLEANUP(mem_free_string) char *new = a ? literal(after, a) : NULL;
	if (old && new && strcmp(old, new) == 0)
		return 0;
	if (strcmp(key, "disk") == 0 || strcmp(key, "vif") == 0)
		return merge_list(file, key, b, a, err);
	if (!new)
		return xlcfg_unset(file, key, err);
	return xlcfg_set(file, key, new, NULL, err);
}

static int merge(
	struct xlcfg *file, const struct xlcfg *before, const struct xlcfg *after, struct err *err)
{
	static const struct {
		const char *word;
		bool can_go; /* what a guest's file need not note */
	} notes[] = {{"os", false}, {"boot", false}, {"made", false}, {GUESTTURN_ORDER, true},
		{GUESTTURN_DELAY, true}, {GUESTTURN_AT_STOP, true}};
	for (size_t i = 0; i < before->count; i++)
		if (merge_setting(file, before, after, before->settings[i].key, err) < 0)
			return -1;
	for (size_t i = 0; i < after->count; i++)
		if (!xlcfg_find(before, after->settings[i].key) &&
			merge_setting(file, before, after, after->settings[i].key, err) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
		CLEANUP(mem_free_string) char *old = xlcfg_note(before, notes[i].word);
		CLEANUP(mem_free_string) char *new = xlcfg_note(after, notes[i].word);
		bool is_new = new && (!old || strcmp(old, new) != 0);
		bool has_gone = old && !new && notes[i].can_go;
		if ((is_new || has_gone) && xlcfg_set_note(file, notes[i].word, new, err) < 0)
			return -1;
	}
	return 0;
}

int vm_xlcfg_update(const char *old_text, const struct vm_spec *before, const struct vm_spec *after,
	const struct profile *profile, const struct vm_host *host, struct str *ret_text,
	struct err *err)
{
	struct xlcfg file = XLCFG_INIT;
	struct xlcfg was = XLCFG_INIT;
	struct xlcfg is = XLCFG_INIT;
	CLEANUP(str_dispose) struct str a = STR_INIT;
	CLEANUP(str_dispose) struct str b = STR_INIT;
	int rc = -1;

	(void)profile;
	(void)host;
	if (guestcfg_make(before, NULL, GUESTCFG_LASTING, &a, err) < 0 ||
		guestcfg_make(after, NULL, GUESTCFG_LASTING, &b, err) < 0 ||
		xlcfg_parse(str_text(&a), a.len, &was, err) < 0 ||
		xlcfg_parse(str_text(&b), b.len, &is, err) < 0 ||
		xlcfg_parse(old_text, strlen(old_text), &file, err) < 0)
		goto out;
	rc = merge(&file, &was, &is, err);
	if (rc == 0)
		str_add_bytes(ret_text, str_text(&file.text), file.text.len);
out:
	xlcfg_dispose(&file);
	xlcfg_dispose(&was);
	xlcfg_dispose(&is);
	return rc;
}
