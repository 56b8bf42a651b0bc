/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's specification: the table of its keys, its life, its section in a file. */
#define _GNU_SOURCE
#include "vmwizard/spec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lang.h"
#include "mem.h"
#include "num.h"
#include "value.h"

const char *const vm_method_words[] = {"auto", "pv", "pvh", "hvm", NULL};
const char *const vm_source_words[] = {"auto", "disk", "network", "iso", "pxe", NULL};
const char *const vm_boot_words[] = {"auto", "grub", "taken", "firmware", "direct", NULL};
const char *const vm_format_words[] = {"auto", "raw", "qcow2", "vhd", "qed", NULL};
const char *const vm_method_titles[] = {N_("chosen from what is possible"),
	N_("Paravirtualization (PV)"), N_("Paravirtualization with hardware support (PVH)"),
	N_("Full virtualization (HVM)"), NULL};
const char *const vm_firmware_words[] = {"bios", "uefi", NULL};
static const char *const order_words[] = {"auto", "disk", "cd", "network", NULL};
const char *const vm_crash_words[] = {"restart", "destroy", "preserve", NULL};

enum vm_method vm_method_find(const char *word)
{
	for (unsigned i = VM_PV; i < VM_METHODS; i++)
		if (strcmp(vm_method_words[i], word) == 0)
			return (enum vm_method)i;
	return VM_METHOD_AUTO;
}

/* The list of all guests that a file has. */
struct specs {
	struct vm_spec *items;
	size_t count;
};

static void *add_spec(void *config, const char *name)
{
	struct specs *all = config;
	all->items = xreallocarray(all->items, all->count + 1, sizeof(*all->items));
	struct vm_spec *spec = &all->items[all->count++];
	*spec = (struct vm_spec){.name = xstrdup(name)};
	return spec;
}

static const void *spec_at(const void *config, size_t i)
{
	const struct specs *all = config;
	return i < all->count ? &all->items[i] : NULL;
}

static const char *name_of_spec(const void *element)
{
	return ((const struct vm_spec *)element)->name;
}

int vm_check_name(const char *name, struct err *err)
{
	size_t len = strlen(name);
	const char *alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	bool is_good = len >= 1 && len <= 63 && strchr(alnum, name[0]) != NULL;
	for (size_t i = 0; is_good && i < len; i++)
		is_good = strchr(alnum, name[i]) || strchr("-_.+", name[i]);
	if (!is_good)
		return err_set(err, ERR_INVALID, 0,
			_("a guest's name has letters, digits and \"-_.+\", begins with a letter or digit, and has at most 63 of them"));
	/* xl takes a number for a domain's, and these for files of others. */
	if (strspn(name, "0123456789") == len || strcmp(name, "Domain-0") == 0)
		return err_set(err, ERR_INVALID, 0, _("\"%s\" cannot be a guest's name"), name);
	return 0;
}

int vm_check_path(const char *path, struct err *err)
{
	if (value_check_line(path, err) < 0)
		return -1;
	if (strlen(path) > 1023)
		return err_set(err, ERR_INVALID, 0, _("longer than 1023 bytes"));
	if (strchr(path, '"') && strchr(path, '\''))
		return err_set(err, ERR_INVALID, 0,
			_("both kinds of quotes in one text: xl.cfg cannot hold it"));
	return 0;
}

static int check_file(const char *text, struct err *err)
{
	if (text[0] != '/')
		return err_set(err, ERR_INVALID, 0, _("\"%.60s\" does not begin with \"/\""), text);
	return vm_check_path(text, err);
}

/* A path, or a URL that can be fetched. */
static int check_source(const char *text, struct err *err)
{
	if (text[0] == '/')
		return vm_check_path(text, err);
	bool is_url = strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
	if (!is_url || strpbrk(text, " \t\"'<>\\^`{|}"))
		return err_set(err, ERR_INVALID, 0,
			_("\"%.60s\" is neither a path nor a URL that begins with http:// or https://"),
			text);
	return value_check_line(text, err);
}

static int check_url(const char *text, struct err *err)
{
	if (text[0] == '/')
		return err_set(err, ERR_INVALID, 0, _("\"%.60s\" is no URL"), text);
	return check_source(text, err);
}

static int check_sha256(const char *text, struct err *err)
{
	if (strlen(text) == 64 && text[strspn(text, "0123456789abcdef")] == '\0')
		return 0;
	return err_set(err, ERR_INVALID, 0, _("a SHA-256 sum has 64 digits of 0-9 and a-f"));
}

static int check_uuid(const char *text, struct err *err)
{
	bool is_good = strlen(text) == 36;
	for (size_t i = 0; is_good && i < 36; i++)
		is_good = i == 8 || i == 13 || i == 18 || i == 23
				  ? text[i] == '-'
				  : strchr("0123456789abcdef", text[i]) != NULL;
	if (is_good)
		return 0;
	return err_set(err, ERR_INVALID, 0,
		_("\"%.40s\" is no uuid (small letters: 01234567-89ab-cdef-0123-456789abcdef)"),
		text);
}

/* "0-3,5" */
static int check_cpus(const char *text, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist parts = STRLIST_INIT;
	strlist_add_words(&parts, text);
	for (size_t i = 0; i < parts.count; i++) {
		char *dash = strchr(parts.items[i], '-');
		int64_t first;
		int64_t last;
		if (dash)
			*dash = '\0';
		if (num_parse_int(parts.items[i], 0, 4095, &first, err) < 0)
			return -1;
		if (dash && (num_parse_int(dash + 1, 0, 4095, &last, err) < 0 || last < first))
			return err_set(err, ERR_INVALID, 0,
				_("\"%.40s\" is no list of CPUs like 0-3,5"), text);
	}
	return 0;
}

static int check_disk_value(const char *text, struct err *err)
{
	struct vm_disk disk = {.path = NULL};
	int rc = vm_disk_parse(text, &disk, err);
	vm_disk_dispose(&disk);
	return rc;
}

static int check_nic_value(const char *text, struct err *err)
{
	struct vm_nic nic = {.mac = NULL};
	int rc = vm_nic_parse(text, &nic, err);
	vm_nic_dispose(&nic);
	return rc;
}

/* Measured: "Cipher backend does not support DES algorithm". A hand-made xl.cfg keeps its own. */
static int check_vnc_password(const char *text, struct err *err)
{
	if (!text[0])
		return 0;
	return err_set(err, ERR_INVALID, 0,
		_("the QEMU of this host is built without DES, which VNC's passwords need: the guest would not start. Without one the screen is for root on this host alone"));
}

static int check_list_path(const char *text, struct err *err)
{
	return text[0] ? check_file(text, err) : 0;
}

static const struct schema_section sections[] = {
	{.kind = "vm",
		.meaning = N_("a guest"),
		.check_name = vm_check_name,
		.add = add_spec,
		.at = spec_at,
		.name_of = name_of_spec},
};

/* One row: key, member, type, when, then what else is to be set. */
#define ROW(word, member, kind, time, ...)                  \
	{.section = "vm",                                   \
		.key = word,                                \
		.type = SCHEMA_##kind,                      \
		.when = SCHEMA_##time,                      \
		.offset = offsetof(struct vm_spec, member), \
		__VA_ARGS__}

static const struct schema_key keys[] = {
	ROW("os", os, NAME, INSTALL, .initial = "generic-linux",
		.meaning = N_("operating system, an id of `domus-vm profiles`")),
	ROW("method", method, WORD, BOOT, .words = vm_method_words, .initial = "auto",
		.meaning = N_(
			"virtualization method; auto: the first of the system's that this machine can")),
	ROW("uuid", uuid, TEXT, INSTALL, .check = check_uuid, .flags = SCHEMA_EMPTY,
		.meaning = N_("identity of the guest; without: drawn at creation")),
	ROW("memory", memory_mib, SIZE_MIB, LIVE, .flags = SCHEMA_AUTO, .min = 4,
		.max = 16 * 1024 * 1024, .initial = "auto", .meaning = N_("memory at the start")),
	ROW("max-memory", max_memory_mib, SIZE_MIB, BOOT, .flags = SCHEMA_AUTO, .min = 4,
		.max = 16 * 1024 * 1024, .initial = "auto",
		.meaning = N_("up to which it can grow while it runs; auto: as memory")),
	ROW("vcpus", vcpus, INT, LIVE, .flags = SCHEMA_AUTO, .min = 1, .max = 512,
		.initial = "auto", .meaning = N_("virtual CPUs at the start")),
	ROW("max-vcpus", max_vcpus, INT, BOOT, .flags = SCHEMA_AUTO, .min = 1, .max = 512,
		.initial = "auto",
		.meaning = N_("virtual CPUs it can have while it runs; auto: as vcpus")),
	ROW("disk", disk_values, TEXT, BOOT, .check = check_disk_value, .max = 24,
		.flags = SCHEMA_REPEAT | SCHEMA_TWICE | SCHEMA_EMPTY,
		.meaning = N_(
			"new, size=8 GiB, pool=NAME, full=yes, target=xvda | existing, path=FILE | cdrom, path=ISO; readonly=yes, format=raw; empty: none")),
	ROW("nic", nic_values, TEXT, BOOT, .check = check_nic_value, .max = 16,
		.flags = SCHEMA_REPEAT | SCHEMA_TWICE | SCHEMA_EMPTY,
		.meaning = N_(
			"bridge=xenbr0, mac=00:16:3e:00:00:01, model=e1000; guard=yes: may send only from its own MAC, with addresses=192.0.2.7 2001:db8::7 only from these; empty: none")),
	ROW("install", install, WORD, INSTALL, .words = vm_source_words, .initial = "auto",
		.meaning =
			N_("where the system comes from; disk: it is on the guest's disk already")),
	ROW("mirror", mirror, TEXT, INSTALL, .check = check_url, .flags = SCHEMA_EMPTY,
		.meaning = N_("URL of the system's mirror, for install = network")),
	ROW("kernel", kernel, TEXT, INSTALL, .check = check_source, .flags = SCHEMA_EMPTY,
		.meaning = N_(
			"URL or path of the installer's kernel, or of the guest's own with boot = direct")),
	ROW("initrd", initrd, TEXT, INSTALL, .check = check_source, .flags = SCHEMA_EMPTY,
		.meaning = N_("URL or path of its initrd")),
	ROW("kernel-sha256", kernel_sha256, TEXT, INSTALL, .check = check_sha256,
		.flags = SCHEMA_EMPTY, .meaning = N_("checksum that the kernel must have")),
	ROW("initrd-sha256", initrd_sha256, TEXT, INSTALL, .check = check_sha256,
		.flags = SCHEMA_EMPTY, .meaning = N_("checksum that the initrd must have")),
	ROW("arguments", arguments, TEXT, INSTALL, .check = vm_check_path, .flags = SCHEMA_EMPTY,
		.meaning = N_("arguments for that kernel, added to the system's own")),
	ROW("answer-file", answer, TEXT, INSTALL, .check = check_source, .flags = SCHEMA_EMPTY,
		.meaning = N_("URL or path of a file that answers the installer's questions")),
	ROW("iso", iso, TEXT, INSTALL, .check = check_list_path, .flags = SCHEMA_EMPTY,
		.meaning = N_("CD image of install = iso")),
	ROW("boot", boot, WORD, BOOT, .words = vm_boot_words, .initial = "auto",
		.meaning = N_(
			"how the installed system starts: GRUB for Xen, a kernel taken out of its disk, firmware, or a kernel in dom0")),
	ROW("autostart", autostart, BOOL, LIVE, .initial = "no",
		.meaning = N_("start it with the host")),
	ROW("start-order", start_order, INT, LIVE, .flags = SCHEMA_AUTO, .min = 1,
		.max = GUESTTURN_ORDER_MAX, .initial = "auto",
		.meaning = N_(
			"1 starts first with the host and stops last; auto: after all that have a number, by name")),
	ROW("start-delay", start_delay_s, INT, LIVE, .min = 0, .max = GUESTTURN_DELAY_MAX,
		.initial = "0",
		.meaning = N_(
			"seconds before the next guest starts with the host; at least [guests] start-delay")),
	ROW("at-stop", at_stop, WORD, LIVE, .words = guestturn_stop_words, .initial = "auto",
		.meaning = N_(
			"what becomes of it when the host stops; auto: as [guests] at-stop of the host's file says")),
	ROW("start", start, BOOL, INSTALL, .initial = "yes",
		.meaning = N_("start it as soon as it is made")),
	ROW("boot-order", boot_order, WORD, BOOT, .words = order_words, .initial = "auto",
		.meaning = N_("what HVM firmware tries first")),
	ROW("firmware", firmware, WORD, BOOT, .words = vm_firmware_words, .initial = "bios",
		.meaning =
			N_("HVM: SeaBIOS, or OVMF (experimental: Debian's is not built for Xen)")),
	ROW("vnc", has_vnc, BOOL, BOOT, .initial = "yes",
		.meaning = N_(
			"HVM: its screen by VNC, on the host's own address 127.0.0.1, for root")),
	ROW("vnc-password", vnc_password, TEXT, BOOT, .check = check_vnc_password,
		.flags = SCHEMA_EMPTY | SCHEMA_SECRET,
		.meaning = N_(
			"refused: the QEMU of this host knows none; the screen is for root alone")),
	ROW("serial", has_serial, BOOL, BOOT, .initial = "yes",
		.meaning = N_("HVM: a serial port, which `domus-vm console` shows")),
	ROW("pin", pin, TEXT, LIVE, .check = check_cpus, .flags = SCHEMA_EMPTY,
		.meaning = N_("real CPUs it may run on, as 0-1,3; without: all")),
	ROW("soft-pin", soft_pin, TEXT, LIVE, .check = check_cpus, .flags = SCHEMA_EMPTY,
		.meaning = N_("real CPUs it prefers while they are free, as 0-1,3")),
	ROW("weight", weight, INT, LIVE, .flags = SCHEMA_AUTO, .min = 1, .max = 65535,
		.initial = "auto",
		.meaning = N_("share of the CPUs against other guests; auto: 256")),
	ROW("cap", cap, INT, LIVE, .min = 0, .max = 51200, .initial = "0",
		.meaning = N_("most it may use, in per cent of one CPU; 0: no limit")),
	ROW("on-crash", on_crash, WORD, BOOT, .words = vm_crash_words, .initial = "restart",
		.meaning = N_("what happens when it crashes")),
};

const struct schema vm_schema = {
	.sections = sections,
	.n_sections = ARRAY_SIZE(sections),
	.keys = keys,
	.n_keys = ARRAY_SIZE(keys),
};

void vm_spec_init(struct vm_spec *spec)
{
	*spec = (struct vm_spec){.name = xstrdup("")};
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char **text = (char **)((char *)spec + keys[i].offset);
		if (keys[i].type == SCHEMA_TEXT && !(keys[i].flags & SCHEMA_REPEAT))
			*text = xstrdup("");
		else if (keys[i].initial && !(keys[i].flags & SCHEMA_REPEAT))
			(void)schema_set(&keys[i], spec, keys[i].initial, NULL);
	}
}

void vm_disk_dispose(struct vm_disk *disk)
{
	free(disk->pool);
	free(disk->path);
	free(disk->target);
	*disk = (struct vm_disk){.pool = NULL};
}

void vm_nic_dispose(struct vm_nic *nic)
{
	free(nic->bridge);
	free(nic->mac);
	free(nic->model);
	free(nic->addresses);
	free(nic->more);
	*nic = (struct vm_nic){.bridge = NULL};
}

void vm_spec_dispose(struct vm_spec *spec)
{
	for (size_t i = 0; i < spec->n_disks; i++)
		vm_disk_dispose(&spec->disks[i]);
	for (size_t i = 0; i < spec->n_nics; i++)
		vm_nic_dispose(&spec->nics[i]);
	free(spec->disks);
	free(spec->nics);
	free(spec->name);
	schema_dispose_section(&vm_schema, "vm", spec);
	*spec = (struct vm_spec){.name = NULL};
}

void vm_spec_set(char **text, const char *value)
{
	char *old = *text;
	*text = xstrdup(value);
	mem_wipe_string(old);
	free(old);
}

struct vm_disk *vm_spec_add_disk(struct vm_spec *spec, enum vm_disk_kind kind)
{
	spec->disks = xreallocarray(spec->disks, spec->n_disks + 1, sizeof(*spec->disks));
	struct vm_disk *disk = &spec->disks[spec->n_disks++];
	*disk = (struct vm_disk){.kind = kind,
		.pool = xstrdup(""),
		.path = xstrdup(""),
		.target = xstrdup(""),
		.is_readonly = kind == VM_DISK_CDROM};
	return disk;
}

struct vm_nic *vm_spec_add_nic(struct vm_spec *spec, const char *bridge)
{
	spec->nics = xreallocarray(spec->nics, spec->n_nics + 1, sizeof(*spec->nics));
	struct vm_nic *nic = &spec->nics[spec->n_nics++];
	*nic = (struct vm_nic){
		.bridge = xstrdup(bridge),
		.mac = xstrdup(""),
		.model = xstrdup(""),
		.addresses = xstrdup(""),
		.more = xstrdup(""),
	};
	return nic;
}

void vm_spec_remove_disk(struct vm_spec *spec, size_t i)
{
	vm_disk_dispose(&spec->disks[i]);
	spec->n_disks--;
	memmove(&spec->disks[i], &spec->disks[i + 1], (spec->n_disks - i) * sizeof(*spec->disks));
}

void vm_spec_remove_nic(struct vm_spec *spec, size_t i)
{
	vm_nic_dispose(&spec->nics[i]);
	spec->n_nics--;
	memmove(&spec->nics[i], &spec->nics[i + 1], (spec->n_nics - i) * sizeof(*spec->nics));
}

static void copy_list(struct strlist *list)
{
	struct strlist own = STRLIST_INIT;
	for (size_t i = 0; i < list->count; i++)
		strlist_add(&own, list->items[i]);
	*list = own;
}

static void copy_devices(struct vm_spec *to, const struct vm_spec *from)
{
	to->disks = xcalloc(from->n_disks + 1, sizeof(*to->disks));
	for (size_t i = 0; i < from->n_disks; i++) {
		to->disks[i] = from->disks[i];
		to->disks[i].pool = xstrdup(from->disks[i].pool);
		to->disks[i].path = xstrdup(from->disks[i].path);
		to->disks[i].target = xstrdup(from->disks[i].target);
	}
	to->nics = xcalloc(from->n_nics + 1, sizeof(*to->nics));
	for (size_t i = 0; i < from->n_nics; i++)
		to->nics[i] = (struct vm_nic){.bridge = xstrdup(from->nics[i].bridge),
			.mac = xstrdup(from->nics[i].mac),
			.model = xstrdup(from->nics[i].model),
			.is_guarded = from->nics[i].is_guarded,
			.addresses = xstrdup(from->nics[i].addresses),
			.more = xstrdup(from->nics[i].more)};
}

/* As it is, not through the checks of the keys: a hand-made xl.cfg may say more than they allow. */
void vm_spec_copy(struct vm_spec *to, const struct vm_spec *from)
{
	*to = *from;
	to->name = xstrdup(from->name);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		void *member = (char *)to + keys[i].offset;
		if (keys[i].flags & SCHEMA_REPEAT)
			copy_list(member);
		else if (keys[i].type == SCHEMA_TEXT || keys[i].type == SCHEMA_NAME)
			*(char **)member = xstrdup(*(char **)member);
	}
	copy_devices(to, from);
}

/* From the values of the file to disks and NICs; they were judged when they were read. */
static void take_devices(struct vm_spec *spec)
{
	for (size_t i = 0; i < spec->disk_values.count; i++) {
		struct vm_disk *disk = vm_spec_add_disk(spec, VM_DISK_NEW);
		vm_disk_dispose(disk);
		(void)vm_disk_parse(spec->disk_values.items[i], disk, NULL);
	}
	for (size_t i = 0; i < spec->nic_values.count; i++) {
		struct vm_nic *nic = vm_spec_add_nic(spec, "");
		vm_nic_dispose(nic);
		(void)vm_nic_parse(spec->nic_values.items[i], nic, NULL);
	}
}

static bool has_key(const struct cfg_section *section, const char *key)
{
	for (size_t i = 0; i < section->count; i++)
		if (strcmp(section->entries[i].key, key) == 0)
			return true;
	return false;
}

void vm_spec_read(const struct cfg *cfg, struct vm_spec **ret_specs, size_t *ret_count,
	struct problems *problems)
{
	struct specs all = {.items = NULL};
	schema_read(&vm_schema, cfg, &all, SCHEMA_STRICT, problems);
	for (size_t i = 0; i < all.count; i++) {
		const struct cfg_section *section = cfg_find_section(cfg, "vm", all.items[i].name);
		take_devices(&all.items[i]);
		all.items[i].has_disks = section && has_key(section, "disk");
		all.items[i].has_nics = section && has_key(section, "nic");
	}
	*ret_specs = all.items;
	*ret_count = all.count;
}

void vm_spec_parse(const char *text, size_t len, struct vm_spec **ret_specs, size_t *ret_count,
	struct problems *problems)
{
	CLEANUP(cfg_dispose) struct cfg cfg = CFG_INIT;
	cfg_parse(text, len, &cfg, problems);
	vm_spec_read(&cfg, ret_specs, ret_count, problems);
	if (*ret_count == 0 && problems->errors == 0)
		problems_add(
			problems, PROBLEM_ERROR, 0, _("no guest: a section [vm NAME] is missing"));
	problems_sort(problems);
}

void vm_spec_write(const struct vm_spec *spec, struct str *ret_text)
{
	struct vm_spec copy;
	vm_spec_copy(&copy, spec);
	strlist_dispose(&copy.disk_values);
	strlist_dispose(&copy.nic_values);
	for (size_t i = 0; i < spec->n_disks; i++) {
		CLEANUP(str_dispose) struct str value = STR_INIT;
		vm_disk_write(&spec->disks[i], &value);
		strlist_add(&copy.disk_values, str_text(&value));
	}
	for (size_t i = 0; i < spec->n_nics; i++) {
		CLEANUP(str_dispose) struct str value = STR_INIT;
		vm_nic_write(&spec->nics[i], &value);
		strlist_add(&copy.nic_values, str_text(&value));
	}
	const struct specs all = {.items = &copy, .count = 1};
	schema_write(&vm_schema, &all, ret_text);
	if (spec->has_disks && spec->n_disks == 0)
		str_add(ret_text, "disk =\n");
	if (spec->has_nics && spec->n_nics == 0)
		str_add(ret_text, "nic =\n");
	vm_spec_dispose(&copy);
}

static int draw(void *bytes, size_t len, struct err *err)
{
	if (getrandom(bytes, len, 0) != (ssize_t)len)
		return err_set(err, ERR_IO, errno, _("no random numbers"));
	return 0;
}

static int draw_uuid(struct vm_spec *spec, struct err *err)
{
	unsigned char b[16];
	if (draw(b, sizeof(b), err) < 0)
		return -1;
	/* RFC 9562, version 4 */
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	free(spec->uuid);
	spec->uuid =
		xasprintf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
			b[12], b[13], b[14], b[15]);
	return 0;
}

/* Xen's own range, 00:16:3e. */
static int draw_mac(struct vm_nic *nic, struct err *err)
{
	unsigned char b[3];
	if (draw(b, sizeof(b), err) < 0)
		return -1;
	free(nic->mac);
	nic->mac = xasprintf("00:16:3e:%02x:%02x:%02x", b[0] & 0x7f, b[1], b[2]);
	return 0;
}

int vm_spec_draw(struct vm_spec *spec, struct err *err)
{
	if (!spec->uuid[0] && draw_uuid(spec, err) < 0)
		return -1;
	for (size_t i = 0; i < spec->n_nics; i++)
		if (!spec->nics[i].mac[0] && draw_mac(&spec->nics[i], err) < 0)
			return -1;
	return 0;
}
