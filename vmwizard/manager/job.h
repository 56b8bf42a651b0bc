/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work that takes time, in a process of its own, so that the list stays alive: a guest's shutdown
 * may take minutes. The process has no terminal and is not ended by ours.
 */
#ifndef MANAGER_JOB_H
#define MANAGER_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "str.h"

/* What the work tells while it runs; each may be called any number of times. */
struct job_out {
	int fd;
};
void job_say_command(const struct job_out *out, const char *command);
/* What came of it, for the user: "memory is now 700 MiB". */
void job_say_note(const struct job_out *out, const char *note);
void job_say_amount(const struct job_out *out, uint64_t done_bytes, uint64_t total_bytes);

/* Returns 0, or -1 with err set; runs in the other process. */
typedef int job_work(const struct job_out *out, const void *arg, struct err *err);

/* Owns its texts. */
struct job {
	char *guest;
	char *what;    /* "shut down" */
	char *command; /* the one it runs now or ran last; "" none yet */
	char *note;    /* "" none */
	char *error;   /* NULL until it failed */
	uint64_t done_bytes, total_bytes;
	int64_t amount_ms; /* since when these are counted; a copy may have several passes */
	int64_t started_ms;
	bool is_done;
	pid_t pid;
	int fd;
	char *follow;    /* of its owner: the guest that is chosen after success, or NULL */
	struct str line; /* what came of an unfinished one */
};

/* Starts work(out, arg) beside us. */
int job_start(struct job *job, const char *guest, const char *what, job_work *work, const void *arg,
	struct err *err);
/* Takes what it has said; true when it has ended (then or before). Never waits. */
bool job_poll(struct job *job);
void job_dispose(struct job *job);

#endif
