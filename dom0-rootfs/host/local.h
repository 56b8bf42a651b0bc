/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files below /etc/domus/local, which take the place of the release's own in /etc. */
#ifndef DOMUS_HOST_LOCAL_H
#define DOMUS_HOST_LOCAL_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "str.h"

#define LOCAL_DIR "/etc/domus/local"
/* The release's own, as they were when the files in LOCAL_DIR were last written. */
#define LOCAL_OWN_DIR "/var/lib/domus/replaced"

struct local_file {
	char *path;          /* in /etc: "/etc/xen/xl.conf" */
	char *own;           /* where this release's own is, or NULL: it has none */
	const char *refusal; /* why it cannot be replaced, or NULL */
	bool is_outdated;    /* the release's own was another one when this was written */
};

/* Owns its files. */
struct local_files {
	struct local_file *items;
	size_t count;
};

/* All of them; none when the kernel's command line has domus.local=no. The caller disposes. */
void local_find(const char *root, struct local_files *ret_files);
void local_dispose(struct local_files *files);

/* Puts a file, that is not refused, in its place. One that was written anew is no longer outdated. */
int local_put(const char *root, const struct local_file *file, struct err *err);

/* What there is to say of those that are outdated, a line each. */
void local_describe_outdated(const struct local_files *files, struct strlist *ret_lines);

#endif
