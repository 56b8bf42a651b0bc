/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An answer file put into an installer's initrd. */
#ifndef VMWIZARD_ANSWER_H
#define VMWIZARD_ANSWER_H

#include "vmwizard/plan.h"

#define ANSWER_MAX (1024u * 1024)

/* A cpio archive (newc) with one file of mode 0600 in it; pure. */
void answer_cpio(const char *name, const char *data, size_t len, struct str *ret_archive);

/*
 * The file that step->url names is appended to the initrd at step->path (copied there from
 * step->source first, if that is set). The kernel unpacks archives one after the other.
 */
int answer_add(const char *root, const struct vm_step *step, struct err *err);

#endif
