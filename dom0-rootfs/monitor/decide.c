/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be done when a guest has shut down: the same table as xl's monitor follows. */
#include "decide.h"

#include <stddef.h>

static const struct {
	const char *word;
	enum decide_end end;
	bool dump_core;
} wish_table[] = {
	[LIBXL_ACTION_ON_SHUTDOWN_DESTROY] = {"destroy", DECIDE_DESTROY, false},
	[LIBXL_ACTION_ON_SHUTDOWN_RESTART] = {"restart", DECIDE_RESTART, false},
	[LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME] = {"rename-restart", DECIDE_RENAME, false},
	[LIBXL_ACTION_ON_SHUTDOWN_PRESERVE] = {"preserve", DECIDE_LEAVE, false},
	[LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY] = {"coredump-destroy", DECIDE_DESTROY, true},
	[LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART] = {"coredump-restart", DECIDE_RESTART, true},
	[LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET] = {"soft-reset", DECIDE_SOFT_RESET, false},
};

unsigned decide_short_lives(const struct decide_life *life, int64_t now_ms)
{
	if (life->born_ms <= 0 || now_ms - life->born_ms >= DECIDE_SHORT_LIFE_MS)
		return 0;
	return life->short_lives + 1;
}

static libxl_action_on_shutdown wish_for(
	libxl_shutdown_reason reason, const struct decide_wishes *wishes, const char **ret_why)
{
	switch (reason) {
	case LIBXL_SHUTDOWN_REASON_POWEROFF:
		*ret_why = "powered off";
		return wishes->poweroff;
	case LIBXL_SHUTDOWN_REASON_REBOOT:
		*ret_why = "rebooted";
		return wishes->reboot;
	case LIBXL_SHUTDOWN_REASON_CRASH:
		*ret_why = "crashed";
		return wishes->crash;
	case LIBXL_SHUTDOWN_REASON_WATCHDOG:
		*ret_why = "was stopped by its watchdog";
		return wishes->watchdog;
	case LIBXL_SHUTDOWN_REASON_SOFT_RESET:
		*ret_why = "asked for a soft reset";
		return wishes->soft_reset;
	case LIBXL_SHUTDOWN_REASON_SUSPEND:
		*ret_why = "suspended";
		return LIBXL_ACTION_ON_SHUTDOWN_PRESERVE;
	case LIBXL_SHUTDOWN_REASON_UNKNOWN:
		break;
	}
	/* xl destroys what it does not understand; a number of a later Xen lands here too. */
	*ret_why = "shut down for an unknown reason";
	return LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
}

struct decide_plan decide_action(libxl_shutdown_reason reason, const struct decide_wishes *wishes,
	bool stopping, unsigned short_lives)
{
	struct decide_plan plan = {.end = DECIDE_DESTROY, .wish = "destroy"};
	size_t wish = (size_t)wish_for(reason, wishes, &plan.why);

	if (wish < sizeof(wish_table) / sizeof(wish_table[0]) && wish_table[wish].word) {
		plan.end = wish_table[wish].end;
		plan.dump_core = wish_table[wish].dump_core;
		plan.wish = wish_table[wish].word;
	}
	/* A suspended domain belongs to the xl save or migrate that suspended it, even now. */
	if (reason == LIBXL_SHUTDOWN_REASON_SUSPEND)
		return plan;
	if (stopping) {
		plan.end = DECIDE_DESTROY;
		return plan;
	}
	if (short_lives > DECIDE_SHORT_LIVES_MAX && plan.end != DECIDE_LEAVE &&
		plan.end != DECIDE_DESTROY) {
		plan.end = DECIDE_DESTROY;
		plan.left_down = true;
	}
	return plan;
}
