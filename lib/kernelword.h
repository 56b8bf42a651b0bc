/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel was told on its command line. */
#ifndef DOMUS_KERNELWORD_H
#define DOMUS_KERNELWORD_H

/* The value of the first NAME=value in root/proc/cmdline, or NULL. The caller frees. */
char *kernel_word(const char *root, const char *name);

#endif
