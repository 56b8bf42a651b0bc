/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The owner of a guest's images (lib/owner.h), for all of them at once. */
#ifndef VMWIZARD_OWNERSHIP_H
#define VMWIZARD_OWNERSHIP_H

#include "vmwizard/spec.h"

enum ownership_act {
	OWNERSHIP_CHECK, /* refuses what another host owns; writes nothing */
	OWNERSHIP_CLAIM, /* the same; what has no owner becomes this host's */
	OWNERSHIP_TAKE,  /* from whoever has it */
	OWNERSHIP_RELEASE,
};

/* Image files that the guest writes and does not knowingly share. None is changed when one is refused. */
int ownership_do(
	const char *root, const struct vm_spec *spec, enum ownership_act act, struct err *err);
/* The same for the text of an xl.cfg. What cannot be understood has no disks. */
int ownership_do_text(const char *root, const char *name, const char *text, enum ownership_act act,
	struct err *err);
/* A person has decided against that migration: the images are this host's, and remember it. */
int ownership_refuse(const char *root, const char *name, const char *text, const char *migration,
	struct err *err);
/* Does one of the images say so? */
bool ownership_was_refused(
	const char *root, const char *name, const char *text, const char *migration);

#endif
