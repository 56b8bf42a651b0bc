/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libxl's and LVM's errors in words. Pure. */
#define _GNU_SOURCE
#include <string.h>

#include "attrs.h"
#include "lang.h"
#include "vmwizard/command.h"

/* The first row whose word occurs anywhere is the cause; xl prints consequences after it. */
static const struct cause {
	const char *word;
	const char *reason;
} causes[] = {
	{"already exists with name", N_("a guest of this name runs already")},
	{"already exists", N_("a guest of this name runs already")},
	{"insufficient free memory", N_("there is not enough free memory in the machine")},
	{"failed to free memory", N_("there is not enough free memory in the machine")},
	{"xc_domain_claim_pages", N_("there is not enough free memory in the machine")},
	{"xc_dom_boot_mem_init", N_("there is not enough free memory in the machine")},
	{"not enough memory", N_("there is not enough free memory in the machine")},
	{"no suitable loader",
		N_("the kernel is none that Xen can start (PVH wants Linux 4.11 or later)")},
	{"xc_dom_find_loader",
		N_("the kernel is none that Xen can start (PVH wants Linux 4.11 or later)")},
	{"kernel image file failed", N_("the kernel cannot be read")},
	{"xc_dom_kernel_file", N_("the kernel cannot be read")},
	{"xc_dom_ramdisk_file", N_("the initrd cannot be read")},
	{"xc_dom_module_file", N_("the initrd cannot be read")},
	{"hvm not supported",
		N_("the CPU's virtualization (VT-x or AMD-V) is missing or switched off in the machine's firmware settings")},
	{"HVM guests are not supported",
		N_("the CPU's virtualization (VT-x or AMD-V) is missing or switched off in the machine's firmware settings")},
	{"HAP is required",
		N_("the CPU has no nested paging, and this hypervisor no shadow paging")},
	{"Could not find bridge", N_("the bridge is missing")},
	{"does not exist; bridge", N_("the bridge is missing")},
	{"No such device", N_("a device is missing: the bridge or the disk")},
	{"is already in use",
		N_("the disk is in use elsewhere: by another guest, or mounted in dom0")},
	{"mounted in", N_("the disk is in use elsewhere: by another guest, or mounted in dom0")},
	{"failed to stat", N_("a disk or its file is missing")},
	{"bootloader failed", N_("no kernel could be taken out of the guest's disk")},
	{"Device Model", N_("the guest's QEMU did not start; dom0 may lack memory for it")},
	{"device model", N_("the guest's QEMU did not start; dom0 may lack memory for it")},
	{"nsufficient free space", N_("there is not enough space in the volume group")},
	{"exceeds the size of thin pool", N_("the thin pool is too small")},
	{COMMAND_CD_LOCKED,
		N_("the guest uses its CD: unmount or eject it there, then change it again")},
	{"already in use by", N_("the CPU or device is in use")},
};

/* The first line that tells of an error, without libxl's "libxl: error: file.c:123:function: ". */
static void add_first_line(const char *text, struct str *out)
{
	const char *line = strcasestr(text, "error");
	if (!line)
		line = text;
	while (line > text && line[-1] != '\n')
		line--;
	size_t len = strcspn(line, "\n");
	for (unsigned i = 0; i < 5; i++) {
		const char *colon = memchr(line, ':', len);
		bool is_head = colon && !memchr(line, ' ', (size_t)(colon - line));
		if (!is_head)
			break;
		len -= (size_t)(colon - line) + 1;
		line = colon + 1;
		while (len > 0 && *line == ' ') {
			line++;
			len--;
		}
	}
	if (len > 300)
		len = 300;
	str_add_bytes(out, line, len);
}

void explain_xl(const char *stderr_text, struct str *ret_reason)
{
	CLEANUP(str_dispose) struct str line = STR_INIT;
	add_first_line(stderr_text, &line);
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (strstr(stderr_text, causes[i].word)) {
			str_add(ret_reason, "%s", _(causes[i].reason));
			if (line.len)
				str_add(ret_reason, " (%s)", str_text(&line));
			return;
		}
	str_add(ret_reason, "%s", line.len ? str_text(&line) : _("no reason given"));
}
