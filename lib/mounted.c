/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether something is mounted on a directory, and how much room it has. */
#include "mounted.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "mem.h"
#include "num.h"
#include "proc.h"
#include "str.h"

enum { STAT_TIMEOUT_MS = 5000 };

bool mounted_is(const char *root, const char *path)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(mem_free_string) char *word = xasprintf(" %s ", path);
	return file_read(root, "/proc/mounts", NUM_MIB, &text, NULL) == 0 &&
	       strstr(str_text(&text), word) != NULL;
}

bool mounted_room(const char *root, const char *path, uint64_t *ret_size, uint64_t *ret_free)
{
	CLEANUP(mem_free_string) char *full = xasprintf("%s%s", root[1] ? root : "", path);
	const char *const argv[] = {"stat", "-f", "-c", "%S %b %a", full, NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = STAT_TIMEOUT_MS};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	uint64_t unit, blocks, available, size;
	if (!mounted_is(root, path) || proc_run_output(&spec, &text, NULL) < 0 ||
		sscanf(str_text(&text), "%10" SCNu64 " %19" SCNu64 " %19" SCNu64, &unit, &blocks,
			&available) != 3 ||
		blocks == 0 || available > blocks || __builtin_mul_overflow(unit, blocks, &size))
		return false;
	*ret_size = size;
	*ret_free = unit * available;
	return true;
}
