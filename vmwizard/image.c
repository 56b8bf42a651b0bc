/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of disk image, CD image or kernel a file is, by its first bytes. */
#define _GNU_SOURCE
#include "vmwizard/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "mem.h"

static const struct magic {
	size_t offset, len;
	const char *bytes;
	enum image_kind kind;
} magics[] = {
	{0, 4, "QFI\xfb", IMAGE_QCOW2},
	{0, 4, "QED\0", IMAGE_QED},
	{0, 8, "conectix", IMAGE_VHD},
	{0, 8, "vhdxfile", IMAGE_VHDX},
	{0, 4, "KDMV", IMAGE_VMDK},
	{0, 21, "# Disk DescriptorFile", IMAGE_VMDK},
	{64, 4, "\x7f\x10\xda\xbe", IMAGE_VDI},
	{514, 4, "HdrS", IMAGE_KERNEL},
	{0, 4,
		"\x7f"
		"ELF",
		IMAGE_KERNEL},
	{0, 3, "\x1f\x8b\x08", IMAGE_PACKED},
	{0, 6,
		"\xfd"
		"7zXZ\0",
		IMAGE_PACKED},
	{0, 4, "\x28\xb5\x2f\xfd", IMAGE_PACKED},
	{0, 3, "BZh", IMAGE_PACKED},
	{0, 4, "PK\3\4", IMAGE_PACKED},
	{32769, 5, "CD001", IMAGE_ISO},
};

/* ISO 9660's volume identifier: 32 bytes, padded with blanks; only plain letters are taken. */
static void take_label(const unsigned char *bytes, size_t len, char *label)
{
	size_t n = 0;
	for (size_t i = 0; i < 32 && 32808 + i < len; i++) {
		unsigned char c = bytes[32808 + i];
		label[i] = (char)(c >= ' ' && c < 127 ? c : ' ');
		if (label[i] != ' ')
			n = i + 1;
	}
	label[n] = '\0';
}

enum image_kind image_sniff(const unsigned char *bytes, size_t len, char *label)
{
	enum image_kind kind = IMAGE_RAW;
	if (label)
		label[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		const struct magic *m = &magics[i];
		if (m->offset + m->len <= len && memcmp(bytes + m->offset, m->bytes, m->len) == 0) {
			kind = m->kind;
			/* An ISO may begin with a boot sector of any kind. */
			if (kind != IMAGE_KERNEL)
				break;
		}
	}
	if (kind == IMAGE_ISO && label)
		take_label(bytes, len, label);
	return kind;
}

const char *image_kind_word(enum image_kind kind)
{
	static const char *const words[] = {[IMAGE_RAW] = N_("raw"),
		[IMAGE_QCOW2] = "qcow2",
		[IMAGE_QED] = "QED",
		[IMAGE_VHD] = "VHD",
		[IMAGE_VHDX] = "VHDX",
		[IMAGE_VMDK] = "VMDK",
		[IMAGE_VDI] = "VDI",
		[IMAGE_ISO] = N_("CD image"),
		[IMAGE_KERNEL] = N_("kernel"),
		[IMAGE_PACKED] = N_("compressed")};
	return words[kind];
}

bool image_format(enum image_kind kind, enum vm_format *ret_format)
{
	switch (kind) {
	case IMAGE_RAW:
	case IMAGE_ISO:
		*ret_format = VM_FORMAT_RAW;
		return true;
	case IMAGE_QCOW2:
		*ret_format = VM_FORMAT_QCOW2;
		return true;
	case IMAGE_QED:
		*ret_format = VM_FORMAT_QED;
		return true;
	case IMAGE_VHD:
		*ret_format = VM_FORMAT_VHD;
		return true;
	case IMAGE_VHDX:
	case IMAGE_VMDK:
	case IMAGE_VDI:
	case IMAGE_KERNEL:
	case IMAGE_PACKED:
		break;
	}
	return false;
}

int image_look(const char *root, const char *path, enum image_kind *ret_kind, uint64_t *ret_bytes,
	char *label, struct err *err)
{
	unsigned char head[IMAGE_HEAD_BYTES];
	struct stat st;
	CLEANUP(mem_free_string) char *full = xasprintf("%s%s", root[1] ? root : "", path);
	/* O_NONBLOCK: a pipe somebody put there must not hold us up. */
	CLEANUP(file_close) int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_set(err, errno == ENOENT ? ERR_MISSING : ERR_IO, errno, "%s", path);
	if (fstat(fd, &st) < 0)
		return err_set(err, ERR_IO, errno, "%s", path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(
			err, ERR_INVALID, 0, _("%s is neither a file nor a block device"), path);
	off_t end = S_ISREG(st.st_mode) ? st.st_size : lseek(fd, 0, SEEK_END);
	ssize_t n = pread(fd, head, sizeof(head), 0);
	if (n < 0 || end < 0)
		return err_set(err, ERR_IO, errno, _("cannot read %s"), path);
	*ret_kind = image_sniff(head, (size_t)n, label);
	if (S_ISBLK(st.st_mode) && *ret_kind != IMAGE_ISO)
		*ret_kind = IMAGE_RAW;
	*ret_bytes = (uint64_t)end;
	return 0;
}

static bool is_called_raw(const char *path)
{
	const char *dot = strrchr(path, '.');
	return dot && (strcasecmp(dot, ".img") == 0 || strcasecmp(dot, ".raw") == 0);
}

int image_choose_format(const char *root, struct vm_disk *disk, struct err *err)
{
	enum image_kind kind;
	enum vm_format format;
	uint64_t bytes;
	if (disk->kind == VM_DISK_NEW || !disk->path[0])
		return 0;
	if (image_look(root, disk->path, &kind, &bytes, NULL, err) < 0)
		return -1;
	if (!image_format(kind, &format))
		return err_set(err, ERR_INVALID, 0,
			_("%s is %s: no disk image that Xen reads; convert it to raw or qcow2"),
			disk->path, image_kind_word(kind));
	if (disk->format != VM_FORMAT_AUTO)
		return 0;
	if (format != VM_FORMAT_RAW && is_called_raw(disk->path))
		return err_set(err, ERR_INVALID, 0,
			_("%s looks like %s but is called a raw image; say which: format=%s or format=raw"),
			disk->path, image_kind_word(kind), vm_format_words[format]);
	disk->format = format;
	return 0;
}

void image_choose_formats(const char *root, struct vm_spec *spec)
{
	for (size_t i = 0; root && i < spec->n_disks; i++)
		(void)image_choose_format(root, &spec->disks[i], NULL);
}
