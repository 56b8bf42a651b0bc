/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk's contents on a connection: what is not zero, in frames, and the sum over all of it. */
#define _GNU_SOURCE
#include "vmwizard/migrate/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"

/* A frame: where it begins and how long it is, big-endian, and so many bytes; the last has none. */
enum { FRAME_HEAD = 12, FRAME_MAX = NUM_MIB };

static void put_number(unsigned char *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> (8 * (bytes - 1 - i)));
}

static uint64_t get_number(const unsigned char *at, unsigned bytes)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

static bool is_zero(const unsigned char *data, size_t len)
{
	return len == 0 || (data[0] == 0 && memcmp(data, data + 1, len - 1) == 0);
}

/* All of it, from where it is said, or from a stream (at < 0). */
static int read_all(int fd, int64_t at, unsigned char *data, size_t len, struct err *err)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = at < 0 ? read(fd, data + got, len - got)
				   : pread(fd, data + got, len - got, (off_t)(at + (int64_t)got));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(err, ERR_IO, n < 0 ? errno : 0, "%s",
				at < 0 ? _("the connection ends in the middle of a disk")
				       : _("cannot read the disk"));
		got += (size_t)n;
	}
	return 0;
}

static int write_at(int fd, uint64_t at, const unsigned char *data, size_t len, struct err *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(fd, data + done, len - done, (off_t)(at + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(
				err, ERR_IO, n < 0 ? errno : EIO, "%s", _("cannot write the disk"));
		done += (size_t)n;
	}
	return 0;
}

static void sum_text(struct sha256_ctx *sha, char ret_sum[COPY_SUM_TEXT])
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	sha256_digest(sha, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		(void)snprintf(ret_sum + 2 * i, 3, "%02x", digest[i]);
}

static int send_frame(int fd, uint64_t at, const unsigned char *data, size_t len, struct err *err)
{
	unsigned char head[FRAME_HEAD];
	put_number(head, at, 8);
	put_number(head + 8, len, 4);
	if (file_write_all(fd, head, sizeof(head)) < 0 || file_write_all(fd, data, len) < 0)
		return err_set(err, ERR_IO, errno, "%s", _("the connection is lost"));
	return 0;
}

static size_t frame_at(uint64_t at, uint64_t size_bytes)
{
	return size_bytes - at < FRAME_MAX ? (size_t)(size_bytes - at) : FRAME_MAX;
}

/* out_fd -1: summed up only. */
static int walk(int disk_fd, uint64_t size_bytes, int out_fd, copy_amount *amount, void *context,
	char ret_sum[COPY_SUM_TEXT], struct err *err)
{
	unsigned char *data = xcalloc(1, FRAME_MAX);
	struct sha256_ctx sha;
	int rc = 0;
	sha256_init(&sha);
	for (uint64_t at = 0; rc == 0 && at < size_bytes;) {
		size_t len = frame_at(at, size_bytes);
		rc = read_all(disk_fd, (int64_t)at, data, len, err);
		if (rc == 0)
			sha256_update(&sha, len, data);
		if (rc == 0 && out_fd >= 0 && !is_zero(data, len))
			rc = send_frame(out_fd, at, data, len, err);
		at += len;
		if (rc == 0 && amount)
			amount(context, at, size_bytes);
	}
	explicit_bzero(data, FRAME_MAX);
	free(data);
	sum_text(&sha, ret_sum);
	return rc;
}

int copy_send(int disk_fd, uint64_t size_bytes, int out_fd, copy_amount *amount, void *context,
	char ret_sum[COPY_SUM_TEXT], struct err *err)
{
	if (walk(disk_fd, size_bytes, out_fd, amount, context, ret_sum, err) < 0)
		return -1;
	return send_frame(out_fd, size_bytes, (const unsigned char *)"", 0, err);
}

int copy_sum(int disk_fd, uint64_t size_bytes, char ret_sum[COPY_SUM_TEXT], struct err *err)
{
	(void)posix_fadvise(disk_fd, 0, 0, POSIX_FADV_DONTNEED);
	return walk(disk_fd, size_bytes, -1, NULL, NULL, ret_sum, err);
}

static int clear(int disk_fd, uint64_t from, uint64_t to, struct err *err)
{
	unsigned char *zeros = xcalloc(1, FRAME_MAX);
	int rc = 0;
	for (uint64_t at = from; rc == 0 && at < to; at += frame_at(at, to))
		rc = write_at(disk_fd, at, zeros, frame_at(at, to), err);
	free(zeros);
	return rc;
}

int copy_receive(int in_fd, int disk_fd, uint64_t size_bytes, bool has_old, struct err *err)
{
	unsigned char *data = xcalloc(1, FRAME_MAX);
	uint64_t end = 0;
	int rc = 0;
	for (;;) {
		unsigned char head[FRAME_HEAD];
		rc = read_all(in_fd, -1, head, sizeof(head), err);
		if (rc < 0)
			break;
		uint64_t at = get_number(head, 8);
		uint64_t len = get_number(head + 8, 4);
		if (at < end || at > size_bytes || len > FRAME_MAX || len > size_bytes - at)
			rc = err_set(err, ERR_INVALID, 0, "%s", _("the disk comes in disorder"));
		if (rc == 0 && has_old)
			rc = clear(disk_fd, end, at, err);
		if (rc < 0 || len == 0)
			break;
		rc = read_all(in_fd, -1, data, (size_t)len, err);
		if (rc == 0)
			rc = write_at(disk_fd, at, data, (size_t)len, err);
		if (rc < 0)
			break;
		end = at + len;
	}
	explicit_bzero(data, FRAME_MAX);
	free(data);
	if (rc == 0 && fsync(disk_fd) < 0)
		rc = err_set(err, ERR_IO, errno, "%s", _("cannot write the disk"));
	return rc;
}
