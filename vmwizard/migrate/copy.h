/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk's contents on a connection: what is not zero, in frames, and the sum over all of it. */
#ifndef MIGRATE_COPY_H
#define MIGRATE_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

enum { COPY_SUM_TEXT = 65 };

/* done of total bytes; may be NULL. */
typedef void copy_amount(void *context, uint64_t done, uint64_t total);

/* Reads size_bytes of disk_fd; ret_sum: SHA-256 of them, zeros too. */
int copy_send(int disk_fd, uint64_t size_bytes, int out_fd, copy_amount *amount, void *context,
	char ret_sum[COPY_SUM_TEXT], struct err *err);
/* Writes what is sent, durably. has_old: what is not sent is not zero yet. */
int copy_receive(int in_fd, int disk_fd, uint64_t size_bytes, bool has_old, struct err *err);
/* Of what is on the disk itself, not of what the kernel remembers to have written. */
int copy_sum(int disk_fd, uint64_t size_bytes, char ret_sum[COPY_SUM_TEXT], struct err *err);

#endif
