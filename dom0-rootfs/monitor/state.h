/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor's files under /run/domus: locks, the "stopping" flag, lives, unfinished restarts. */
#ifndef MONITOR_STATE_H
#define MONITOR_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "decide.h"
#include "err.h"
#include "str.h"

#define STATE_RUN_DIR "/run/domus"

/* Makes RUN, RUN/monitor and RUN/failed if they are missing. */
int state_prepare(const char *run, struct err *err);

/* Milliseconds since boot, sleep included. */
int64_t state_now_ms(void);

/*
 * Takes the lock of one guest without waiting. Returns 0 and a descriptor that holds it until it
 * (and every copy of it) is closed, or 1 if another process has it, or -1. domus-vm takes it while a
 * new guest starts for the first time (command_lock()).
 */
int state_lock_guest(const char *run, const char *uuid, int *ret_fd, struct err *err);

/*
 * The lock around "is the host going down?" and what follows from the answer. Workers share it
 * for as long as they act; state_begin_stopping() waits for them.
 */
int state_share_actions(const char *run, int *ret_fd, struct err *err);

/*
 * Says that every guest is being stopped, and waits up to TIMEOUT_MS for the actions begun before.
 * Returns 0, 1 if some are still under way, or -1. The flag, RUN/stopping, names this process and
 * counts only while it lives; an empty one, which /etc/rc.shutdown makes, counts until it is removed.
 */
int state_begin_stopping(const char *run, int timeout_ms, struct err *err);
void state_end_stopping(const char *run);
bool state_is_stopping(const char *run);

/* A guest without a record has an all-zero life. */
void state_read_life(const char *run, const char *uuid, struct decide_life *ret_life);
int state_write_life(
	const char *run, const char *uuid, const struct decide_life *life, struct err *err);

/* A restart that has begun; on disk from before the old domain is destroyed until the new runs. */
struct state_restart {
	uint32_t old_domid;
	unsigned tries; /* how often it was taken up again */
	char *json;     /* the configuration, libxl's JSON; owned */
};

int state_write_restart(
	const char *run, const char *uuid, const struct state_restart *restart, struct err *err);
int state_read_restart(
	const char *run, const char *uuid, struct state_restart *ret_restart, struct err *err);
void state_drop_restart(const char *run, const char *uuid);
void state_restart_dispose(struct state_restart *restart);
/* The uuids of all restarts that have begun. */
int state_list_restarts(const char *run, struct strlist *ret_uuids, struct err *err);

/* What is wrong with a guest, one line, for the banner and the manager: RUN/failed/guest-NAME. */
int state_write_failed(const char *run, const char *name, const char *text, struct err *err);
void state_clear_failed(const char *run, const char *name);

/*
 * A guest that was paused because its storage is full: the domain it was then, and the level
 * (enum fill_level). Reading gives 0 when there is no record of this very domain.
 */
int state_write_held(const char *run, const char *uuid, uint32_t domid, int level, struct err *err);
int state_read_held(const char *run, const char *uuid, uint32_t domid);
void state_drop_held(const char *run, const char *uuid);

/* What is wrong with this host, not with one guest: RUN/failed/WHAT. */
int state_write_trouble(const char *run, const char *what, const char *text, struct err *err);
void state_clear_trouble(const char *run, const char *what);

/* NAME made fit for a file name, into a buffer of SIZE bytes. */
void state_file_name(const char *name, char *buf, size_t size);

#endif
