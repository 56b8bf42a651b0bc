/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one way to run a program: an argv array, no shell, its output caught, a time limit. */
#ifndef DOMUS_PROC_H
#define DOMUS_PROC_H

#include <stddef.h>
#include <sys/types.h>

#include "err.h"
#include "str.h"

struct proc_spec {
	const char *const *argv; /* argv[0] is looked up on PATH; ends with NULL */
	const char *name;        /* what proc_run_output() calls a failed one; NULL: argv[0] */
	const char *input;       /* fed as standard input; NULL: /dev/null */
	size_t input_len;        /* bytes of input */
	unsigned timeout_ms;     /* after it the program and its children are killed; 0: none */
	size_t output_max_bytes; /* per stream; what comes after is dropped; 0: 64 KiB */
};

struct proc_result {
	int exit_code;     /* 0 to 255, or 128 + the number of the signal that ended it */
	struct str output; /* standard output */
	struct str errors; /* standard error */
};

#define PROC_RESULT_INIT {.exit_code = 0, .output = STR_INIT, .errors = STR_INIT}

/*
 * Runs a program to its end. 0 whatever its exit code; -1 when it could not be started (ERR_PROC)
 * or had to be killed (ERR_TIMEOUT). ret_result is the caller's to dispose, also after -1.
 */
int proc_run(const struct proc_spec *spec, struct proc_result *ret_result, struct err *err);

/*
 * The same for callers that only want success: an exit code other than 0 is ERR_PROC, and the
 * text ends with the last line of the program's standard error.
 */
int proc_run_ok(const struct proc_spec *spec, struct err *err);

/*
 * The same for callers that want what it prints: ret_output (may be NULL) gets its standard output,
 * also when it failed, and the error's text is the first line of its standard error.
 */
int proc_run_output(const struct proc_spec *spec, struct str *ret_output, struct err *err);

/* A program that is talked to while it runs, on pipes; what it says on its standard error is kept. */
struct proc_pipe {
	pid_t pid;
	int in_fd;  /* its standard input */
	int out_fd; /* its standard output */
	int err_fd;
};

#define PROC_PIPE_INIT {.pid = -1, .in_fd = -1, .out_fd = -1, .err_fd = -1}

int proc_pipe_open(const char *const *argv, struct proc_pipe *ret_pipe, struct err *err);
/* What it has said on its standard error so far, added to ret_errors. */
void proc_pipe_errors(const struct proc_pipe *pipe, struct str *ret_errors);
/* Ends its input, waits up to timeout_ms, then kills it. ret_errors (may be NULL): its standard error. */
void proc_pipe_close(struct proc_pipe *pipe, unsigned timeout_ms, struct str *ret_errors);

/* The last line that is not empty: where it begins in text; its length without the newline. */
const char *proc_last_line(const struct str *text, size_t *ret_len);

void proc_result_dispose(struct proc_result *result);

#endif
