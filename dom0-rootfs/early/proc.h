/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running programs: argv arrays, no shell. */
#ifndef EARLY_PROC_H
#define EARLY_PROC_H

#include <sys/types.h>

/* Exit status of a program that could not be started, as in sh. */
#define PROC_CANNOT_RUN 127

/* Run a program, its output thrown away, and wait. Returns its exit status, or -1. */
int proc_run_quiet(char *const argv[]);

/* Start a program with pipes to its standard input and output. Returns its pid, or -1. */
pid_t proc_start_filter(char *const argv[], int *ret_to, int *ret_from);

/* Wait for a program. Returns its exit status, or -1 when a signal ended it. */
int proc_wait(pid_t pid);

#endif
