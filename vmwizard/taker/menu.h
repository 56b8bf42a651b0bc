/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The default entry of a boot menu: GRUB's grub.cfg, a BLS entry, or extlinux.conf. Pure. */
#ifndef TAKER_MENU_H
#define TAKER_MENU_H

#include <stdbool.h>
#include <stddef.h>

#define MENU_TEXT_MAX (1024u * 1024)
#define MENU_PATH_MAX 512u
#define MENU_ARGS_MAX 2048u

struct menu_entry {
	char kernel[MENU_PATH_MAX]; /* from "/" of the file system the menu is on */
	char initrd[MENU_PATH_MAX]; /* "" none */
	char args[MENU_ARGS_MAX];
};

/*
 * The first entry with a kernel. The text is a guest's: any bytes. False when it has none, or only
 * such as cannot be used (variables in a path, another device).
 */
bool menu_parse(const char *text, size_t len, struct menu_entry *ret_entry);

#endif
