/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks that a machine has, and what is on them. */
#define _GNU_SOURCE
#include "diskinv.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "netinv.h"
#include "num.h"
#include "proc.h"

#define SYS_BLOCK "/sys/block"
#define MEDIUM_DIR "/run/domus/medium"

enum { PROBE_LIMIT_MS = 60000, DATA_BYTES = 1 << 20 };

/* Mount table and swaps, read once. */
struct mounts {
	struct str text;
	struct str swaps;
};

/* ---- sysfs ---- */

/* One line of an attribute file without the blanks around it, "" when absent. The caller frees. */
static char *read_attribute(const char *root, const char *dir, const char *name)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s/%s", dir, name);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	(void)file_read(root, path, 4096, &text, NULL);
	const char *begin = str_text(&text);
	begin += strspn(begin, " \t");
	size_t len = strcspn(begin, "\n");
	while (len > 0 && isspace((unsigned char)begin[len - 1]))
		len--;
	return xstrndup(begin, len);
}

static uint64_t read_number(const char *root, const char *dir, const char *name)
{
	CLEANUP(mem_free_string) char *text = read_attribute(root, dir, name);
	return strtoull(text, NULL, 10);
}

/* Unit serial number page of a SCSI or SATA disk, SPC-4 7.8.15: four bytes, then the text. */
static char *read_vpd_serial(const char *root, const char *dir)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s/device/vpd_pg80", dir);
	CLEANUP(str_dispose) struct str page = STR_INIT;
	if (file_read(root, path, 4096, &page, NULL) < 0 || page.len <= 4)
		return xstrdup("");
	const char *begin = page.data + 4;
	size_t len = page.len - 4;
	while (len > 0 && (*begin == ' ' || *begin == '\0'))
		begin++, len--;
	while (len > 0 && (begin[len - 1] == ' ' || begin[len - 1] == '\0'))
		len--;
	return xstrndup(begin, len);
}

/* A USB stick has no such page: its serial is the USB device's, some directories above. */
static char *read_usb_serial(const char *root, const char *target)
{
	CLEANUP(mem_free_string) char *dir = xstrdup(target);
	const char *slash;
	while ((slash = strrchr(dir, '/')) != NULL && strstr(dir, "/usb")) {
		dir[slash - dir] = '\0';
		CLEANUP(mem_free_string) char *path = xasprintf(SYS_BLOCK "/%s", dir);
		CLEANUP(mem_free_string) char *serial = read_attribute(root, path, "serial");
		if (serial[0])
			return xstrdup(serial);
	}
	return xstrdup("");
}

static char *first_that_is_set(char *a, char *b, char *c)
{
	char *chosen = a[0] ? a : b[0] ? b : c;
	char *copy = xstrdup(chosen);
	free(a);
	free(b);
	free(c);
	return copy;
}

/* "virtio" of "../devices/pci0000:00/0000:00:04.0/virtio1/block/vda". */
static const char *bus_of(const char *target)
{
	static const struct {
		const char *part;
		const char *bus;
	} buses[] = {{"/usb", "usb"}, {"/nvme", "nvme"}, {"/virtio", "virtio"}, {"/ata", "sata"},
		{"/mmc", "mmc"}, {"/vbd-", "xen"}, {"/session", "iscsi"}, {"/host", "scsi"}};
	for (size_t i = 0; i < ARRAY_SIZE(buses); i++)
		if (strstr(target, buses[i].part))
			return buses[i].bus;
	return "";
}

/* ---- what is in use ---- */

/* Where /dev/NAME is mounted, or "swap"; "" when it is not. The caller frees. */
static char *find_mount(const struct mounts *mounts, const char *name)
{
	CLEANUP(mem_free_string) char *device = xasprintf("/dev/%s ", name);
	for (const char *p = str_text(&mounts->text); *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (strncmp(p, device, strlen(device)) == 0) {
			const char *at = p + strlen(device);
			return xstrndup(at, strcspn(at, " \n"));
		}
	for (const char *p = str_text(&mounts->swaps); *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (strncmp(p, device, strlen(device)) == 0)
			return xstrdup("swap");
	return xstrdup("");
}

/* The volume or array that is made of this device, "" without one. The caller frees. */
static char *find_holder(const char *root, const char *dir)
{
	CLEANUP(mem_free_string) char *holders = xasprintf("%s/holders", dir);
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	if (file_list_dir(root, holders, &names, NULL) < 0 || names.count == 0)
		return xstrdup("");
	CLEANUP(mem_free_string) char *dm = xasprintf(SYS_BLOCK "/%s/dm", names.items[0]);
	CLEANUP(mem_free_string) char *name = read_attribute(root, dm, "name");
	return xstrdup(name[0] ? name : names.items[0]);
}

static char *find_use(
	const char *root, const struct mounts *mounts, const char *dir, const char *name)
{
	char *place = find_mount(mounts, name);
	if (place[0])
		return place;
	free(place);
	return find_holder(root, dir);
}

/* ---- what is on it ---- */

/* Signatures of one device, as wipefs(8) finds them: all of them, old ones too. */
struct signatures {
	char *table;
	char *fstype;
	char *label;
	char *uuid;
};

static void signatures_dispose(struct signatures *s)
{
	free(s->table);
	free(s->fstype);
	free(s->label);
	free(s->uuid);
}

/* wipefs -p writes \xNN for what would break its columns. */
static char *take_column(const char **at)
{
	char *text = xcalloc(strlen(*at) + 1, 1);
	size_t n = 0;
	const char *p = *at;
	for (; *p && *p != ',' && *p != '\n'; p++) {
		unsigned value;
		if (p[0] == '\\' && p[1] == 'x' && isxdigit((unsigned char)p[2]) &&
			isxdigit((unsigned char)p[3])) {
			const char hex[] = {p[2], p[3], '\0'};
			value = (unsigned)strtoul(hex, NULL, 16);
			p += 3;
		} else {
			value = (unsigned char)*p;
		}
		text[n++] = (char)(value < 0x20 || value == 0x7F ? '?' : (int)value);
	}
	*at = p + (*p == ',');
	return text;
}

static void add_type(char **types, const char *type)
{
	char *old = *types;
	if (strstr(old, type))
		return;
	*types = xasprintf("%s%s%s", old, old[0] ? " + " : "", type);
	free(old);
}

static void take_first(char **target, char *value)
{
	if ((*target)[0]) {
		free(value);
		return;
	}
	free(*target);
	*target = value;
}

/* Lines "TYPE,UUID,LABEL", a comment first. */
static void parse_signatures(const char *text, struct signatures *s)
{
	static const char *const tables[] = {"gpt", "dos", "PMBR", "mac", "bsd", "sun", "sgi"};
	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		if (*p == '#' || *p == '\n')
			continue;
		const char *at = p;
		CLEANUP(mem_free_string) char *type = take_column(&at);
		char *uuid = take_column(&at);
		char *label = take_column(&at);
		bool is_table = false;
		for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
			is_table |= strcmp(type, tables[i]) == 0;
		if (is_table) {
			/* The protective MBR belongs to a GPT; alone it is what is left of one. */
			if (!s->table[0] || strcmp(type, "gpt") == 0) {
				free(s->table);
				s->table = xstrdup(type);
			}
			free(uuid);
			free(label);
			continue;
		}
		add_type(&s->fstype, type);
		take_first(&s->uuid, uuid);
		take_first(&s->label, label);
	}
}

static void read_signatures(const char *path, struct signatures *ret_signatures)
{
	const char *const argv[] = {"wipefs", "-n", "-p", "-O", "TYPE,UUID,LABEL", path, NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = PROBE_LIMIT_MS};
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	*ret_signatures = (struct signatures){.table = xstrdup(""),
		.fstype = xstrdup(""),
		.label = xstrdup(""),
		.uuid = xstrdup("")};
	if (proc_run(&spec, &result, NULL) == 0 && result.exit_code == 0)
		parse_signatures(str_text(&result.output), ret_signatures);
}

static void move(char **target, char **from)
{
	free(*target);
	*target = *from;
	*from = NULL;
}

/* Something is there that nobody knows: a guest's raw disk, a swap of old, a data base. */
static bool has_data(const char *path)
{
	CLEANUP(file_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char *bytes = xcalloc(DATA_BYTES, 1);
	ssize_t n = fd >= 0 ? read(fd, bytes, DATA_BYTES) : -1;
	bool has = false;
	for (ssize_t i = 0; i < n && !has; i++)
		has = bytes[i] != 0;
	free(bytes);
	return has;
}

static void probe_disk(struct disk_info *disk)
{
	CLEANUP(signatures_dispose) struct signatures own = {NULL};
	read_signatures(disk->path, &own);
	move(&disk->table, &own.table);
	move(&disk->fstype, &own.fstype);
	move(&disk->label, &own.label);
	if (disk_is_empty(disk) && has_data(disk->path)) {
		free(disk->fstype);
		disk->fstype = xstrdup(_("unknown data"));
	}
	for (size_t i = 0; i < disk->n_parts; i++) {
		struct disk_part *part = &disk->parts[i];
		CLEANUP(mem_free_string) char *path = xasprintf("/dev/%s", part->name);
		CLEANUP(signatures_dispose) struct signatures s = {NULL};
		read_signatures(path, &s);
		move(&part->fstype, &s.fstype);
		move(&part->label, &s.label);
		move(&part->uuid, &s.uuid);
	}
}

static bool has_lvm(const struct disk_info *disk)
{
	bool has = strstr(disk->fstype, "LVM2_member") != NULL;
	for (size_t i = 0; i < disk->n_parts; i++)
		has |= strstr(disk->parts[i].fstype, "LVM2_member") != NULL;
	return has;
}

/* The disk that has the device /dev/..., itself or a partition; or NULL. */
static struct disk_info *find_owner(struct disk_inventory *inventory, const char *device)
{
	for (size_t i = 0; i < inventory->count; i++) {
		struct disk_info *disk = &inventory->disks[i];
		if (strcmp(disk->path, device) == 0)
			return disk;
		for (size_t j = 0; j < disk->n_parts; j++)
			if (strncmp(device, "/dev/", 5) == 0 &&
				strcmp(disk->parts[j].name, device + 5) == 0)
				return disk;
	}
	return NULL;
}

/* Lines "  /dev/sda6,domus". */
static void probe_groups(struct disk_inventory *inventory)
{
	const char *const argv[] = {
		"lvm", "pvs", "--noheadings", "--separator", ",", "-o", "pv_name,vg_name", NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = PROBE_LIMIT_MS};
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	bool is_needed = false;
	for (size_t i = 0; i < inventory->count; i++)
		is_needed |= has_lvm(&inventory->disks[i]);
	if (!is_needed || proc_run(&spec, &result, NULL) < 0)
		return;
	for (const char *p = str_text(&result.output); *p; p += strcspn(p, "\n"), p += *p == '\n') {
		const char *at = p + strspn(p, " ");
		CLEANUP(mem_free_string) char *device = take_column(&at);
		CLEANUP(mem_free_string) char *group = take_column(&at);
		struct disk_info *owner = find_owner(inventory, device);
		if (owner && group[0] && !strlist_has(&owner->groups, group))
			strlist_add(&owner->groups, group);
	}
}

/* ---- the whole ---- */

static bool is_disk_name(const char *name)
{
	static const char *const others[] = {
		"loop", "ram", "zram", "fd", "sr", "md", "dm-", "nbd", "mtdblock"};
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strncmp(name, others[i], strlen(others[i])) == 0)
			return false;
	/* The boot areas of an eMMC are no disks for us. */
	return !strstr(name, "boot") && !strstr(name, "rpmb");
}

static void read_part(
	const char *root, const struct mounts *mounts, const char *dir, struct disk_part *ret_part)
{
	const char *name = strrchr(dir, '/') + 1;
	*ret_part = (struct disk_part){.name = xstrdup(name),
		.size_bytes = read_number(root, dir, "size") * 512,
		.fstype = xstrdup(""),
		.label = xstrdup(""),
		.uuid = xstrdup(""),
		.mounted_at = find_use(root, mounts, dir, name)};
}

static int compare_names(const void *a, const void *b)
{
	return netinv_compare_names(*(char *const *)a, *(char *const *)b);
}

static void read_parts(const char *root, const struct mounts *mounts, struct disk_info *disk)
{
	CLEANUP(mem_free_string) char *dir = xasprintf(SYS_BLOCK "/%s", disk->name);
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	(void)file_list_dir(root, dir, &names, NULL);
	if (names.count)
		qsort(names.items, names.count, sizeof(*names.items), compare_names);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_free_string) char *part = xasprintf("%s/%s", dir, names.items[i]);
		CLEANUP(mem_free_string) char *mark = xasprintf("%s/partition", part);
		if (!file_exists(root, mark))
			continue;
		disk->parts = xreallocarray(disk->parts, disk->n_parts + 1, sizeof(*disk->parts));
		read_part(root, mounts, part, &disk->parts[disk->n_parts++]);
	}
}

static bool holds_medium(const struct disk_info *disk)
{
	bool holds = strcmp(disk->mounted_at, MEDIUM_DIR) == 0;
	for (size_t i = 0; i < disk->n_parts; i++)
		holds |= strcmp(disk->parts[i].mounted_at, MEDIUM_DIR) == 0;
	return holds;
}

static void read_disk(
	const char *root, const struct mounts *mounts, const char *name, struct disk_info *ret_disk)
{
	CLEANUP(mem_free_string) char *dir = xasprintf(SYS_BLOCK "/%s", name);
	CLEANUP(mem_free_string) char *target = NULL;
	if (file_readlink(root, dir, &target, NULL) < 0)
		target = xstrdup("");
	*ret_disk = (struct disk_info){.name = xstrdup(name),
		.path = xasprintf("/dev/%s", name),
		.model = read_attribute(root, dir, "device/model"),
		.serial = first_that_is_set(read_attribute(root, dir, "device/serial"),
			read_attribute(root, dir, "serial"), read_vpd_serial(root, dir)),
		.wwn = first_that_is_set(read_attribute(root, dir, "device/wwid"),
			read_attribute(root, dir, "wwid"), xstrdup("")),
		.bus = xstrdup(bus_of(target)),
		.size_bytes = read_number(root, dir, "size") * 512,
		.sector_bytes = (unsigned)read_number(root, dir, "queue/logical_block_size"),
		.is_removable = read_number(root, dir, "removable") == 1,
		.is_read_only = read_number(root, dir, "ro") == 1,
		.table = xstrdup(""),
		.fstype = xstrdup(""),
		.label = xstrdup(""),
		.mounted_at = find_use(root, mounts, dir, name),
		.groups = STRLIST_INIT};
	if (ret_disk->sector_bytes == 0)
		ret_disk->sector_bytes = 512;
	if (!ret_disk->serial[0] && strcmp(ret_disk->bus, "usb") == 0) {
		free(ret_disk->serial);
		ret_disk->serial = read_usb_serial(root, target);
	}
	/* Without a number of its own the kernel makes one up from model and serial: no WWN. */
	if (strncmp(ret_disk->wwn, "t10.", 4) == 0)
		ret_disk->wwn[0] = '\0';
	read_parts(root, mounts, ret_disk);
	ret_disk->is_medium = holds_medium(ret_disk);
}

static int compare_disks(const void *a, const void *b)
{
	return netinv_compare_names(
		((const struct disk_info *)a)->name, ((const struct disk_info *)b)->name);
}

int diskinv_read(const char *root, struct disk_inventory *ret_inventory, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	struct mounts mounts = {.text = STR_INIT, .swaps = STR_INIT};
	struct disk_inventory inventory = DISK_INVENTORY_INIT;
	if (file_exists(root, SYS_BLOCK) && file_list_dir(root, SYS_BLOCK, &names, err) < 0)
		return -1;
	(void)file_read(root, "/proc/mounts", 1024 * 1024, &mounts.text, NULL);
	(void)file_read(root, "/proc/swaps", 65536, &mounts.swaps, NULL);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_free_string) char *dir = xasprintf(SYS_BLOCK "/%s", names.items[i]);
		/* A drive without a medium has no size. */
		if (!is_disk_name(names.items[i]) || read_number(root, dir, "size") == 0)
			continue;
		inventory.disks = xreallocarray(
			inventory.disks, inventory.count + 1, sizeof(*inventory.disks));
		read_disk(root, &mounts, names.items[i], &inventory.disks[inventory.count++]);
	}
	if (inventory.count)
		qsort(inventory.disks, inventory.count, sizeof(*inventory.disks), compare_disks);
	for (size_t i = 0; i < inventory.count && strcmp(root, "/") == 0; i++)
		probe_disk(&inventory.disks[i]);
	if (strcmp(root, "/") == 0)
		probe_groups(&inventory);
	str_dispose(&mounts.text);
	str_dispose(&mounts.swaps);
	*ret_inventory = inventory;
	return 0;
}

static void dispose_part(struct disk_part *part)
{
	free(part->name);
	free(part->fstype);
	free(part->label);
	free(part->uuid);
	free(part->mounted_at);
}

static void dispose_disk(struct disk_info *disk)
{
	char *const texts[] = {disk->name, disk->path, disk->model, disk->serial, disk->wwn,
		disk->bus, disk->table, disk->fstype, disk->label, disk->mounted_at};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < disk->n_parts; i++)
		dispose_part(&disk->parts[i]);
	free(disk->parts);
	strlist_dispose(&disk->groups);
}

void diskinv_dispose(struct disk_inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++)
		dispose_disk(&inventory->disks[i]);
	free(inventory->disks);
	*inventory = (struct disk_inventory)DISK_INVENTORY_INIT;
}
