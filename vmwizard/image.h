/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of disk image, CD image or kernel a file is, by its first bytes. */
#ifndef VMWIZARD_IMAGE_H
#define VMWIZARD_IMAGE_H

#include <stdint.h>

#include "vmwizard/spec.h"

/* So much of a file's beginning is looked at: ISO 9660's descriptor lies at 32 KiB. */
#define IMAGE_HEAD_BYTES (34 * 1024)

enum image_kind {
	IMAGE_RAW, /* nothing else is recognized */
	IMAGE_QCOW2,
	IMAGE_QED,
	IMAGE_VHD,
	IMAGE_VHDX, /* neither Xen's block driver nor we read the rest */
	IMAGE_VMDK,
	IMAGE_VDI,
	IMAGE_ISO,
	IMAGE_KERNEL, /* Linux bzImage or ELF */
	IMAGE_PACKED, /* gzip, xz, zstd, bzip2, zip: a compressed image or an initrd */
};

/* Pure; any bytes, any len. label: of an ISO, at least 33 bytes, may be NULL. */
enum image_kind image_sniff(const unsigned char *bytes, size_t len, char *label);
const char *image_kind_word(enum image_kind kind);
/* True when xl takes it as a disk, with that format. */
bool image_format(enum image_kind kind, enum vm_format *ret_format);

/* Looks at root/path: kind, size; a device's size too, which is raw or a CD whatever it holds. */
int image_look(const char *root, const char *path, enum image_kind *ret_kind, uint64_t *ret_bytes,
	char *label, struct err *err);
/*
 * That there is an image, and its format, if the disk leaves it open. Not by its content alone: what a guest may have
 * written to its raw disk (NAME.img, a volume) must not make dom0 read other files for it.
 */
int image_choose_format(const char *root, struct vm_disk *disk, struct err *err);
/* Of all disks. What speaks against an image is vm_check()'s to say. root NULL: none. */
void image_choose_formats(const char *root, struct vm_spec *spec);

#endif
