/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state partition, where settings, logs and home directories are: is it nearly full? */
#include "statefill.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/statvfs.h>

#include "failed.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"

#define STATE_DIR "/run/domus/state"

enum { NEARLY_PERCENT = 90 };

static unsigned percent_used(uint64_t total, uint64_t free)
{
	return total ? (unsigned)((total - free) * 100 / total) : 0;
}

void statefill_text(const struct statefill *fill, struct str *ret_text)
{
	unsigned bytes = percent_used(fill->total_bytes, fill->free_bytes);
	unsigned files = percent_used(fill->total_files, fill->free_files);
	if (bytes >= NEARLY_PERCENT)
		str_add(ret_text,
			_("the state partition is %u %% full, %" PRIu64
			  " MiB are free: settings cannot be kept without room; see du -xd2 " STATE_DIR),
			bytes, fill->free_bytes / NUM_MIB);
	else if (files >= NEARLY_PERCENT)
		str_add(ret_text,
			_("the state partition has room for %" PRIu64
			  " files only: settings cannot be kept without; look for many files under " STATE_DIR),
			fill->free_files);
}

int statefill_check(const char *root, struct err *err)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s" STATE_DIR, root[1] ? root : "");
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct statvfs st;
	if (!file_exists(root, STATE_DIR))
		return 0;
	if (statvfs(path, &st) != 0)
		return err_set(err, ERR_IO, errno, "%s", path);
	const struct statefill fill = {.total_bytes = (uint64_t)st.f_blocks * st.f_frsize,
		.free_bytes = (uint64_t)st.f_bfree * st.f_frsize,
		.total_files = st.f_files,
		.free_files = st.f_ffree};
	statefill_text(&fill, &text);
	return failed_set(root, "state-full", str_text(&text), err);
}
