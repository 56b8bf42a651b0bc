/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CD images into the library: by URL, from a file, from a CD in a drive. */
#ifndef VMWIZARD_LIBRARY_H
#define VMWIZARD_LIBRARY_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "vmwizard/host.h"

struct library_job {
	const char *root; /* the library's, not the source's */
	const struct vm_place *place;
	const char *source; /* http:// or https://, or the path of a file or a block device */
	const char *sha256; /* small letters; NULL: not compared */
	/* total 0: unknown; false cancels */
	bool (*amount)(void *context, uint64_t done_bytes, uint64_t total_bytes);
	void *context;
};

/*
 * A CD in a drive gets its label as its name. What was broken off goes on where it was. *ret_path:
 * the image's place, the caller's to free. What its file system has no room for is not begun, or given
 * up as soon as the size is known.
 */
int library_add(const struct library_job *job, char **ret_path, struct err *err);

#endif
