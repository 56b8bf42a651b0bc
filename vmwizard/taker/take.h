/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel, initrd and arguments out of a guest's disk, read by grub-fstest. */
#ifndef TAKER_TAKE_H
#define TAKER_TAKE_H

#include "err.h"

struct take_job {
	const char *disk;
	int kernel_fd, initrd_fd; /* written to */
	int args_fd;              /* the arguments, ended by a newline */
};

/* Runs unprivileged (confine.h). Whether there is an initrd the caller sees by its size. */
int take_kernel(const struct take_job *job, struct err *err);

#endif
