/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry for the installed disk in the boot menu of UEFI firmware, the first of its order. The disk
 * starts without one too, by its default path; UEFI 2.10, 3.1.3 (load options) and 10.3 (device paths).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec_private.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"

/* EFI_GLOBAL_VARIABLE */
#define VENDOR "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define DESCRIPTION "Domus"
#define LOADER "\\EFI\\BOOT\\BOOTX64.EFI"

enum {
	VARIABLE_MAX = 65536,
	ATTRIBUTES = 7, /* non-volatile, boot service access, runtime access */
	LOAD_OPTION_ACTIVE = 1,
	NODE_HARD_DRIVE_BYTES = 42,
	GPT_ENTRY_BYTES = 128,
};

struct partition {
	unsigned number;
	uint64_t first;
	uint64_t last;
	unsigned char guid[16];
};

/* ---- the partition ---- */

static unsigned sector_bytes(int fd)
{
	int bytes;
	return ioctl(fd, BLKSSZGET, &bytes) == 0 && bytes > 0 ? (unsigned)bytes : 512;
}

/* From the primary table, which has just been written. */
static int read_partition(
	const char *disk, unsigned number, struct partition *ret_part, struct err *err)
{
	unsigned char header[92];
	unsigned char entry[GPT_ENTRY_BYTES];
	CLEANUP(file_close) int fd = open(disk, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, ERR_IO, errno, _("cannot open %s"), disk);
	unsigned sector = sector_bytes(fd);
	if (pread(fd, header, sizeof(header), sector) != (ssize_t)sizeof(header) ||
		memcmp(header, "EFI PART", 8) != 0 ||
		num_little_endian(header + 84, 4) != GPT_ENTRY_BYTES)
		return err_set(err, ERR_INVALID, 0, _("%s has no partition table"), disk);
	uint64_t at = num_little_endian(header + 72, 8) * sector + (number - 1) * sizeof(entry);
	if (pread(fd, entry, sizeof(entry), (off_t)at) != (ssize_t)sizeof(entry) ||
		num_little_endian(entry + 32, 8) == 0)
		return err_set(err, ERR_INVALID, 0, _("%s has no partition %u"), disk, number);
	*ret_part = (struct partition){.number = number,
		.first = num_little_endian(entry + 32, 8),
		.last = num_little_endian(entry + 40, 8)};
	memcpy(ret_part->guid, entry + 16, sizeof(ret_part->guid));
	return 0;
}

/* ---- the entry ---- */

static void add_le(struct str *out, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		const char c = (char)(value >> 8 * i & 0xff);
		str_add_bytes(out, &c, 1);
	}
}

/* ASCII as UCS-2, its end too. */
static void add_wide(struct str *out, const char *text)
{
	for (size_t i = 0; i <= strlen(text); i++)
		add_le(out, (unsigned char)text[i], 2);
}

static void add_path(const struct partition *part, struct str *out)
{
	add_le(out, 4 | 1 << 8, 2); /* media, hard drive */
	add_le(out, NODE_HARD_DRIVE_BYTES, 2);
	add_le(out, part->number, 4);
	add_le(out, part->first, 8);
	add_le(out, part->last - part->first + 1, 8);
	str_add_bytes(out, (const char *)part->guid, sizeof(part->guid));
	add_le(out, 2, 1);          /* GPT */
	add_le(out, 2, 1);          /* the signature is a GUID */
	add_le(out, 4 | 4 << 8, 2); /* media, file path */
	add_le(out, 4 + 2 * sizeof(LOADER), 2);
	add_wide(out, LOADER);
	add_le(out, 0x7f | 0xff << 8, 2); /* end */
	add_le(out, 4, 2);
}

static void make_option(const struct partition *part, struct str *out)
{
	CLEANUP(str_dispose) struct str path = STR_INIT;
	add_path(part, &path);
	add_le(out, ATTRIBUTES, 4);
	add_le(out, LOAD_OPTION_ACTIVE, 4);
	add_le(out, path.len, 2);
	add_wide(out, DESCRIPTION);
	str_add_bytes(out, path.data, path.len);
}

/* ---- variables ---- */

static int write_variable(
	const char *dir, const char *name, const struct str *data, struct err *err)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s/%s-" VENDOR, dir, name);
	CLEANUP(file_close) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	/* In one go: the file system hands every write to the firmware. */
	if (fd < 0 || write(fd, data->data, data->len) != (ssize_t)data->len)
		return err_set(
			err, ERR_IO, errno, _("cannot write the firmware's variable %s"), name);
	return 0;
}

/* True when the variable is an entry of ours: its description follows attributes and length. */
static bool is_ours(const char *dir, const char *file)
{
	CLEANUP(str_dispose) struct str data = STR_INIT;
	CLEANUP(str_dispose) struct str wanted = STR_INIT;
	add_wide(&wanted, DESCRIPTION);
	return file_read(dir, file, VARIABLE_MAX, &data, NULL) == 0 && data.len > 10 + wanted.len &&
	       memcmp(data.data + 10, wanted.data, wanted.len) == 0;
}

/* The number of "Boot0007-...", or -1. */
static long number_of(const char *file)
{
	char digits[5] = "";
	if (strlen(file) != 9 + strlen(VENDOR) || strcmp(file + 9, VENDOR) != 0 ||
		sscanf(file, "Boot%4[0-9A-Fa-f]-", digits) != 1 || strlen(digits) != 4)
		return -1;
	return strtol(digits, NULL, 16);
}

/* Ours of before, else the first that is free. */
static int choose_number(const char *dir, unsigned *ret_number, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist files = STRLIST_INIT;
	CLEANUP(str_dispose) struct str taken = STR_INIT;
	if (file_list_dir(dir, "/", &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.count; i++) {
		long number = number_of(files.items[i]);
		if (number < 0)
			continue;
		if (is_ours(dir, files.items[i])) {
			*ret_number = (unsigned)number;
			return 0;
		}
		str_add(&taken, "%04lX ", number);
	}
	for (unsigned number = 0; number <= 0xffff; number++) {
		char word[8];
		(void)snprintf(word, sizeof(word), "%04X ", number);
		if (strstr(str_text(&taken), word))
			continue;
		*ret_number = number;
		return 0;
	}
	return err_set(err, ERR_RANGE, 0, "%s", _("the firmware's boot menu is full"));
}

/* BootOrder with this number first. */
static int put_first(const char *dir, unsigned number, struct err *err)
{
	CLEANUP(str_dispose) struct str old = STR_INIT;
	CLEANUP(str_dispose) struct str order = STR_INIT;
	/* A machine without an order has none yet. */
	(void)file_read(dir, "/BootOrder-" VENDOR, VARIABLE_MAX, &old, NULL);
	add_le(&order, ATTRIBUTES, 4);
	add_le(&order, number, 2);
	for (size_t i = 4; i + 1 < old.len; i += 2) {
		uint64_t other = num_little_endian((const unsigned char *)old.data + i, 2);
		if (other != number)
			add_le(&order, other, 2);
	}
	return write_variable(dir, "BootOrder", &order, err);
}

/* Where the kernel shows the firmware's variables; the live system does not mount that by itself. */
static int open_variables(const char *dir, struct err *err)
{
	struct stat here;
	struct stat above;
	CLEANUP(mem_free_string) char *parent = xasprintf("%s/..", dir);
	if (stat(dir, &here) < 0 || stat(parent, &above) < 0)
		return err_set(err, ERR_IO, errno, _("the firmware shows no variables: %s"), dir);
	if (here.st_dev == above.st_dev && strncmp(dir, "/sys/", 5) == 0 &&
		mount("efivarfs", dir, "efivarfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "") < 0)
		return err_set(err, ERR_IO, errno, _("cannot mount %s"), dir);
	return 0;
}

int exec_nvram(const char *disk, unsigned number, const char *dir, struct err *err)
{
	struct partition part;
	unsigned slot = 0;
	char name[16];
	CLEANUP(str_dispose) struct str option = STR_INIT;
	if (read_partition(disk, number, &part, err) < 0 || open_variables(dir, err) < 0 ||
		choose_number(dir, &slot, err) < 0)
		return -1;
	make_option(&part, &option);
	(void)snprintf(name, sizeof(name), "Boot%04X", slot);
	if (write_variable(dir, name, &option, err) < 0)
		return -1;
	return put_first(dir, slot, err);
}
