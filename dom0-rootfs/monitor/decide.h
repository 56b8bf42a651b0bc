/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be done when a guest has shut down: decisions only, no I/O, no clock. */
#ifndef MONITOR_DECIDE_H
#define MONITOR_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include <libxl.h>

/* What the guest's configuration asks for (on_poweroff= and so on in xl.cfg(5)). */
struct decide_wishes {
	libxl_action_on_shutdown poweroff, reboot, crash, watchdog, soft_reset;
};

enum decide_end {
	DECIDE_LEAVE,      /* touch nothing: suspended, or "preserve" */
	DECIDE_DESTROY,    /* remove the domain */
	DECIDE_RESTART,    /* remove it and create it anew */
	DECIDE_RENAME,     /* keep it under another name and create it anew */
	DECIDE_SOFT_RESET, /* same domain, rebuilt (kexec in the guest) */
};

struct decide_plan {
	enum decide_end end;
	bool dump_core;   /* before anything else */
	bool left_down;   /* would have been restarted, but died too soon too often */
	const char *why;  /* one or two words for the log: "rebooted", "crashed" */
	const char *wish; /* the word of xl.cfg that was asked for: "restart" */
};

/* How long a guest must live for its next death to be an ordinary one. */
#define DECIDE_SHORT_LIFE_MS (20 * 1000)
/* So many short lives in a row are endured; the next one is the last. */
#define DECIDE_SHORT_LIVES_MAX 5

/* One guest's record between two lives; the caller keeps it, by uuid. */
struct decide_life {
	int64_t born_ms;      /* CLOCK_BOOTTIME; 0: not known (first life, made by xl) */
	unsigned short_lives; /* in a row, the one that just ended not counted */
};

/* The number of short lives in a row, the one that ended at NOW_MS included. */
unsigned decide_short_lives(const struct decide_life *life, int64_t now_ms);

/*
 * REASON as Xen reports it, WISHES of the guest's own configuration. STOPPING: the host goes down,
 * nothing is restarted or kept. SHORT_LIVES: from decide_short_lives().
 */
struct decide_plan decide_action(libxl_shutdown_reason reason, const struct decide_wishes *wishes,
	bool stopping, unsigned short_lives);

#endif
