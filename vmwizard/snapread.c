/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The volumes that LVM has, for snapshots. */
#include "proc.h"
#include "vmwizard/command.h"
#include "vmwizard/snapshot.h"

enum { LVS_MAX_BYTES = 1024 * 1024 };

int snap_read(struct snap_volumes *ret_volumes, struct err *err)
{
	static const char *const argv[] = {"lvs", "--noheadings", "--nosuffix", "--units", "b",
		"--separator", "|", "-o", SNAP_COLUMNS, NULL};
	const struct proc_spec spec = {
		.argv = argv, .timeout_ms = COMMAND_MS, .output_max_bytes = LVS_MAX_BYTES};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (proc_run_output(&spec, &text, err) < 0)
		return -1;
	snap_parse(str_text(&text), ret_volumes);
	return 0;
}
