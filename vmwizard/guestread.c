/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From an xl.cfg, ours or anybody's, to a specification. Pure. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "vmwizard/guestcfg.h"
#include "vmwizard/paths.h"
#include "xlcfg.h"

static int64_t number(const struct xlcfg *cfg, const char *key, int64_t otherwise)
{
	const char *text = xlcfg_get(cfg, key);
	int64_t value;
	if (text && num_parse_int(text, 0, 1LL << 40, &value, NULL) == 0)
		return value;
	return otherwise;
}

static const char *text_of(const struct xlcfg *cfg, const char *key)
{
	const char *text = xlcfg_get(cfg, key);
	return text ? text : "";
}

static bool starts(const char *text, const char *head)
{
	return strncmp(text, head, strlen(head)) == 0;
}

static enum vm_format format_of(const char *word)
{
	for (unsigned i = VM_FORMAT_RAW; vm_format_words[i]; i++)
		if (strcmp(vm_format_words[i], word) == 0)
			return (enum vm_format)i;
	return VM_FORMAT_RAW;
}

static bool is_vdev(const char *word)
{
	return (starts(word, "xvd") || starts(word, "hd") || starts(word, "sd")) &&
	       !strchr(word, '/') && strlen(word) < 6;
}

static void take_access(struct vm_disk *disk, const char *word)
{
	disk->is_readonly = starts(word, "r") && strcmp(word, "rw") != 0;
}

/* One word of a disk, KEY=VALUE or by its place; ret_is_cd: it is a drive. */
static void take_disk_word(struct vm_disk *disk, const char *word, size_t place)
{
	const char *equals = strchr(word, '=');
	const char *value = equals ? equals + 1 : "";
	if (starts(word, "vdev="))
		vm_spec_set(&disk->target, value);
	else if (starts(word, "format="))
		disk->format = format_of(value);
	else if (starts(word, "access="))
		take_access(disk, value);
	else if (strcmp(word, "script=block-shared") == 0)
		disk->is_common = true;
	else if (strcmp(word, "devtype=cdrom") == 0 || strcmp(word, "cdrom") == 0)
		disk->kind = VM_DISK_CDROM;
	else if (equals)
		return;
	else if (place == 0)
		vm_spec_set(&disk->path, word);
	else if (is_vdev(word))
		vm_spec_set(&disk->target, word);
	else if (word[0] == 'r' && strlen(word) <= 2)
		take_access(disk, word);
	else
		disk->format = format_of(word);
}

/* The old form: "phy:/dev/x", "file:/x.img", "tap:qcow2:/x", "xvda:cdrom". */
static void undress(struct vm_disk *disk)
{
	static const char *const heads[] = {"phy:", "file:", "raw:", "tap:", "tap2:", "aio:"};
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		if (starts(disk->path, heads[i])) {
			CLEANUP(mem_free_string)
			char *rest = xstrdup(disk->path + strlen(heads[i]));
			vm_spec_set(&disk->path, rest);
		}
	if (starts(disk->path, "qcow2:")) {
		CLEANUP(mem_free_string) char *rest = xstrdup(disk->path + 6);
		vm_spec_set(&disk->path, rest);
		disk->format = VM_FORMAT_QCOW2;
	}
	char *cd = strstr(disk->target, ":cdrom");
	if (cd) {
		*cd = '\0';
		disk->kind = VM_DISK_CDROM;
	}
}

static void read_disk(struct vm_spec *spec, const char *item)
{
	struct vm_disk *disk = vm_spec_add_disk(spec, VM_DISK_EXISTING);
	const char *target = strstr(item, "target=");
	size_t place = 0;
	disk->format = VM_FORMAT_RAW;
	for (const char *p = item; *p && p != target;) {
		size_t len = strcspn(p, ",");
		const char *begin = p + strspn(p, " \t");
		size_t word_len = len >= (size_t)(begin - p) ? len - (size_t)(begin - p) : 0;
		CLEANUP(mem_free_string) char *word = xstrndup(begin, word_len);
		p += len + (p[len] == ',');
		p += strspn(p, " \t");
		take_disk_word(disk, word, place++);
	}
	if (target)
		vm_spec_set(&disk->path, target + strlen("target="));
	undress(disk);
	if (disk->kind == VM_DISK_CDROM)
		disk->is_readonly = true;
}

static void split_words(const char *item, struct strlist *ret_words)
{
	CLEANUP(mem_free_string) char *copy = xstrdup(item);
	char *rest = copy;
	char *word;
	while ((word = strsep(&rest, ",")) != NULL) {
		word += strspn(word, " \t");
		for (size_t n = strlen(word); n > 0 && strchr(" \t", word[n - 1]); n--)
			word[n - 1] = '\0';
		if (*word)
			strlist_add(ret_words, word);
	}
}

/* The last one counts, as for xl; "" none. */
static const char *script_of(const struct strlist *words)
{
	const char *script = "";
	for (size_t i = 0; i < words->count; i++)
		if (starts(words->items[i], "script="))
			script = words->items[i] + strlen("script=");
	return script;
}

/*
 * What the pages do not show (a rate, a script of its own with the ip= that it reads) stays as
 * it is.
 */
static void read_nic(struct vm_spec *spec, const char *item)
{
	struct vm_nic *nic = vm_spec_add_nic(spec, "");
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	CLEANUP(strlist_dispose) struct strlist more = STRLIST_INIT;
	split_words(item, &words);
	const char *script = script_of(&words);
	nic->is_guarded = strcmp(script, GUESTCFG_GUARD) == 0 ||
			  strcmp(script, "/etc/xen/scripts/" GUESTCFG_GUARD) == 0;
	bool is_own = script[0] && !nic->is_guarded;
	for (size_t i = 0; i < words.count; i++) {
		const char *word = words.items[i];
		if (starts(word, "mac="))
			vm_spec_set(&nic->mac, word + 4);
		else if (starts(word, "bridge="))
			vm_spec_set(&nic->bridge, word + 7);
		else if (starts(word, "model="))
			vm_spec_set(&nic->model, word + 6);
		else if (starts(word, "ip=") && !is_own)
			vm_spec_set(&nic->addresses, word + 3);
		else if (!starts(word, "script=") || is_own)
			strlist_add(&more, word);
	}
	CLEANUP(mem_free_string) char *all = strlist_join_with(&more, ", ");
	vm_spec_set(&nic->more, all);
}

static void read_devices(const struct xlcfg *cfg, struct vm_spec *spec)
{
	const struct xlcfg_setting *disks = xlcfg_find(cfg, "disk");
	const struct xlcfg_setting *nics = xlcfg_find(cfg, "vif");
	CLEANUP(mem_free_string) char *made = xlcfg_note(cfg, "made");
	CLEANUP(strlist_dispose) struct strlist paths = STRLIST_INIT;
	strlist_add_words(&paths, made ? made : "");
	for (size_t i = 0; disks && disks->is_list && i < disks->count; i++)
		if (disks->values[i].text)
			read_disk(spec, disks->values[i].text);
	for (size_t i = 0; i < spec->n_disks; i++)
		if (spec->disks[i].kind == VM_DISK_EXISTING &&
			strlist_has(&paths, spec->disks[i].path))
			spec->disks[i].kind = VM_DISK_NEW;
	for (size_t i = 0; nics && nics->is_list && i < nics->count; i++)
		if (nics->values[i].text)
			read_nic(spec, nics->values[i].text);
	spec->has_disks = true;
	spec->has_nics = true;
}

static enum vm_method read_method(const struct xlcfg *cfg)
{
	const char *type = text_of(cfg, "type");
	for (unsigned i = VM_PV; i < VM_METHODS; i++)
		if (strcmp(vm_method_words[i], type) == 0)
			return (enum vm_method)i;
	if (strcmp(text_of(cfg, "builder"), "hvm") == 0)
		return VM_HVM;
	return number(cfg, "pvh", 0) ? VM_PVH : VM_PV;
}

static void read_boot(const struct xlcfg *cfg, struct vm_spec *spec)
{
	const char *kernel = text_of(cfg, "kernel");
	const char *letters = text_of(cfg, "boot");
	const char *arguments = text_of(cfg, "cmdline");
	spec->install = VM_SOURCE_DISK;
	if (text_of(cfg, "bootloader")[0]) {
		spec->boot = VM_BOOT_TAKEN;
	} else if (starts(kernel, "/usr/lib/grub-xen/")) {
		spec->boot = VM_BOOT_GRUB;
	} else if (kernel[0]) {
		spec->boot = VM_BOOT_DIRECT;
		vm_spec_set(&spec->kernel, kernel);
		vm_spec_set(&spec->initrd, text_of(cfg, "ramdisk"));
	} else {
		spec->boot = VM_BOOT_FIRMWARE;
	}
	vm_spec_set(&spec->arguments, arguments[0] ? arguments : text_of(cfg, "extra"));
	spec->boot_order = letters[0] == 'd'   ? VM_ORDER_CD
			   : letters[0] == 'n' ? VM_ORDER_NETWORK
					       : VM_ORDER_AUTO;
}

static void read_options(const struct xlcfg *cfg, struct vm_spec *spec)
{
	const char *crash = text_of(cfg, "on_crash");
	spec->has_vnc = spec->method == VM_HVM && number(cfg, "vnc", 1) != 0;
	vm_spec_set(&spec->vnc_password, text_of(cfg, "vncpasswd"));
	spec->has_serial = xlcfg_find(cfg, "serial") != NULL;
	spec->firmware =
		strcmp(text_of(cfg, "bios"), "ovmf") == 0 ? VM_FIRMWARE_UEFI : VM_FIRMWARE_BIOS;
	vm_spec_set(&spec->pin, strcmp(text_of(cfg, "cpus"), "all") ? text_of(cfg, "cpus") : "");
	vm_spec_set(&spec->soft_pin,
		strcmp(text_of(cfg, "cpus_soft"), "all") ? text_of(cfg, "cpus_soft") : "");
	spec->weight = number(cfg, "cpu_weight", 0);
	spec->cap = number(cfg, "cap", 0);
	for (unsigned i = 0; vm_crash_words[i]; i++)
		if (strcmp(vm_crash_words[i], crash) == 0)
			spec->on_crash = (enum vm_crash)i;
	if (!crash[0])
		spec->on_crash = VM_CRASH_DESTROY;
}

static void read_turn(const struct xlcfg *cfg, struct vm_spec *spec)
{
	struct guestturn turn;
	guestturn_take(cfg, &turn);
	spec->start_order = turn.order;
	spec->start_delay_s = turn.delay_s;
	spec->at_stop = turn.at_stop;
}

static void take(const struct xlcfg *cfg, const char *name, struct vm_spec *spec)
{
	CLEANUP(mem_free_string) char *os = xlcfg_note(cfg, "os");
	const char *own_name = text_of(cfg, "name");
	vm_spec_set(&spec->name, own_name[0] ? own_name : name);
	vm_spec_set(&spec->os, os ? os : "generic-linux");
	vm_spec_set(&spec->uuid, text_of(cfg, "uuid"));
	spec->method = read_method(cfg);
	spec->memory_mib = number(cfg, "memory", 0);
	spec->max_memory_mib = number(cfg, "maxmem", spec->memory_mib);
	if (spec->memory_mib == 0)
		spec->memory_mib = spec->max_memory_mib;
	spec->vcpus = number(cfg, "vcpus", 1);
	spec->max_vcpus = number(cfg, "maxvcpus", spec->vcpus);
	read_boot(cfg, spec);
	read_options(cfg, spec);
	read_turn(cfg, spec);
	read_devices(cfg, spec);
}

int vm_xlcfg_read(const char *text, const char *name, struct vm_spec *ret_spec,
	struct problems *problems, struct err *err)
{
	struct xlcfg cfg = XLCFG_INIT;
	int rc = xlcfg_parse(text, strlen(text), &cfg, err);
	vm_spec_init(ret_spec);
	if (rc == 0) {
		if (problems)
			xlcfg_check_keys(&cfg, problems);
		take(&cfg, name, ret_spec);
	}
	xlcfg_dispose(&cfg);
	return rc;
}

bool vm_read_defined(
	const char *root, const char *name, struct vm_spec *ret_spec, struct problems *problems)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(mem_free_string) char *path = vm_cfg_path(name);
	if (file_read(root, path, XLCFG_FILE_MAX, &text, NULL) < 0)
		return false;
	if (vm_xlcfg_read(str_text(&text), name, ret_spec, problems, NULL) == 0)
		return true;
	vm_spec_dispose(ret_spec);
	return false;
}

void vm_each_defined(const char *root, vm_take_defined *take_defined, void *context)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	(void)file_list_suffix(root, VM_CFG_DIR, ".cfg", &names, NULL);
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];
		CLEANUP(mem_free_string) char *path = xasprintf(VM_CFG_DIR "/%s.cfg", name);
		CLEANUP(str_dispose) struct str text = STR_INIT;
		struct vm_spec spec;
		if (file_read(root, path, XLCFG_FILE_MAX, &text, NULL) < 0)
			continue;
		(void)vm_xlcfg_read(str_text(&text), name, &spec, NULL, NULL);
		if (spec.name[0] == '\0')
			vm_spec_set(&spec.name, name);
		take_defined(name, &spec, context);
		vm_spec_dispose(&spec);
	}
}
