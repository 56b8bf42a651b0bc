/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may start a guest from an image that several hosts can reach: a small file beside it says so,
 * as no lock survives a host's reboot and extended attributes do not survive every NFS. Whoever
 * starts a guest claims its images; a migration hands them over, after the source can no longer
 * start it and before the target does; deletion releases them.
 */
#ifndef DOMUS_OWNER_H
#define DOMUS_OWNER_H

#include <stdbool.h>

#include "err.h"

/* Drawn once; a host that is installed anew without its state is another one. */
#define OWNER_ID_PATH "/var/lib/domus/host-id"

struct owner {
	char *host; /* id, 32 hexadecimal digits; "" nobody */
	char *host_name;
	char *guest; /* uuid */
	char *guest_name;
	char *refused; /* id of the migration that a person has decided against, here; "" none */
};

void owner_dispose(struct owner *owner);

/* This host for a guest; draws the host's id if it has none. The caller disposes also after -1. */
int owner_self(const char *root, const char *guest, const char *guest_name, struct owner *ret_self,
	struct err *err);

/*
 * Does the image lie on a file system that other hosts may have (by root/proc/mounts), or has it an
 * owner wherever it lies? What is neither is this host's alone, and nothing below is needed for it.
 */
bool owner_concerns(const char *root, const char *path);

/* Nobody, or not where an owner is looked for: host is "". The caller disposes also after -1. */
int owner_read(const char *root, const char *path, struct owner *ret_owner, struct err *err);

/* ERR_INVALID with a line that names the owner if it is another host. Nothing is written. */
int owner_check(const char *root, const char *path, const struct owner *self, struct err *err);
/* The same, and what has no owner, or this host for another guest, gets this one. */
int owner_claim(const char *root, const char *path, const struct owner *self, struct err *err);
/* Whoever had it: by a migration, by force, or by a person's decision, which self->refused keeps. */
int owner_take(const char *root, const char *path, const struct owner *self, struct err *err);
/* What is another host's is left alone. */
int owner_release(const char *root, const char *path, const struct owner *self, struct err *err);

#endif
