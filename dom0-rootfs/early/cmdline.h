/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our words on the kernel command line. */
#ifndef EARLY_CMDLINE_H
#define EARLY_CMDLINE_H

#include <stdbool.h>

struct cmdline {
	char medium[64];  /* volume id of the medium; empty: any that begins with DOMUS */
	char slot[64];    /* UUID or label of an installed slot; empty: not installed */
	char layers[256]; /* comma-separated names; empty: all that are there */
	bool verify;      /* check the layers' sums before they are used */
	bool check;       /* check the whole medium, then reboot */
	bool toram;
	bool shell; /* stop for a shell before the root is switched */
};

void cmdline_read(struct cmdline *ret_cmdline);

#endif
