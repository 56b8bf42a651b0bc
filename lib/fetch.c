/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fetches a file by URL with libcurl: https verified, checksum compared, resumed. */
#define _GNU_SOURCE
#include "fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "curlload.h"
#include "file.h"
#include "lang.h"
#include "mem.h"

/* A line that breaks is tried again from where it broke. */
#define TRIES 3
#define CONNECT_S 30L
/* Less than this for a minute is no download. */
#define SLOW_BYTES 100L
#define SLOW_S 60L

struct job {
	const struct fetch_spec *spec;
	int fd;
	uint64_t begun; /* bytes that were there already */
	uint64_t written;
	bool is_too_large, is_cancelled;
	int write_errno;
	struct str *text; /* instead of a file */
};

static size_t on_data(char *data, size_t size, size_t count, void *context)
{
	struct job *job = context;
	size_t len = size * count;
	uint64_t max = job->spec->max_bytes;
	job->is_too_large = max && (len > max || job->begun + job->written > max - len);
	if (job->is_too_large)
		return 0;
	if (job->text) {
		str_add_bytes(job->text, data, len);
		job->written += len;
		return len;
	}
	if (file_write_all(job->fd, data, len) < 0) {
		job->write_errno = errno;
		return 0;
	}
	job->written += len;
	return len;
}

static int on_progress(
	void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
	struct job *job = context;
	(void)up_total;
	(void)up_now;
	if (!job->spec->amount)
		return 0;
	uint64_t all = total > 0 ? (uint64_t)total + job->begun : 0;
	job->is_cancelled = !job->spec->amount(
		job->spec->context, (now > 0 ? (uint64_t)now : 0) + job->begun, all);
	return job->is_cancelled;
}

static void set_options(const struct curlload *lib, CURL *curl, struct job *job, char *reason)
{
	const char *url = job->spec->url;
	bool is_https = strncmp(url, "https:", 6) == 0;
	(void)lib->setopt(curl, CURLOPT_URL, url);
	(void)lib->setopt(curl, CURLOPT_ERRORBUFFER, reason);
	(void)lib->setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	/* Nobody may lead us from a verified place to one that is not. */
	(void)lib->setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, is_https ? "https" : "http,https");
	(void)lib->setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	(void)lib->setopt(curl, CURLOPT_MAXREDIRS, 5L);
	(void)lib->setopt(curl, CURLOPT_FAILONERROR, 1L);
	(void)lib->setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)lib->setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	(void)lib->setopt(curl, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
	(void)lib->setopt(curl, CURLOPT_LOW_SPEED_TIME, SLOW_S);
	(void)lib->setopt(curl, CURLOPT_USERAGENT, "Domus/" DOMUS_VERSION);
	(void)lib->setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	(void)lib->setopt(curl, CURLOPT_WRITEDATA, job);
	(void)lib->setopt(curl, CURLOPT_NOPROGRESS, 0L);
	(void)lib->setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	(void)lib->setopt(curl, CURLOPT_XFERINFODATA, job);
	(void)lib->setopt(curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)job->begun);
}

/* Worth another try, from where it broke off. */
static bool is_passing(CURLcode code)
{
	return code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
	       code == CURLE_GOT_NOTHING || code == CURLE_OPERATION_TIMEDOUT;
}

static int say_failure(const struct curlload *lib, const struct job *job, CURLcode code,
	const char *reason, struct err *err)
{
	if (job->is_too_large)
		return err_set(err, ERR_RANGE, 0, _("%s is larger than allowed"), job->spec->url);
	if (job->is_cancelled)
		return err_set(err, ERR_INVALID, 0, _("%s: cancelled"), job->spec->url);
	if (job->write_errno)
		return err_set(err, ERR_IO, job->write_errno, _("cannot write %s"),
			job->spec->path ? job->spec->path : "");
	return err_set(
		err, ERR_IO, 0, "%s: %s", job->spec->url, reason[0] ? reason : lib->strerror(code));
}

static int transfer(struct job *job, struct err *err)
{
	const struct curlload *lib = curlload(err);
	if (!lib)
		return -1;
	for (int try = 1;; try++) {
		char reason[CURL_ERROR_SIZE] = "";
		CURL *curl = lib->init();
		if (!curl)
			return err_set(err, ERR_IO, 0, _("libcurl does not start"));
		set_options(lib, curl, job, reason);
		CURLcode code = lib->perform(curl);
		lib->cleanup(curl);
		if (code == CURLE_OK)
			return 0;
		/* A server without ranges sends all again: begin anew, once. */
		bool restarts = code == CURLE_RANGE_ERROR && job->fd >= 0 && try < TRIES;
		if (restarts && ftruncate(job->fd, 0) == 0 && lseek(job->fd, 0, SEEK_SET) == 0) {
			job->begun = job->written = 0;
			continue;
		}
		if (try == TRIES || !is_passing(code) || job->text)
			return say_failure(lib, job, code, reason, err);
		job->begun += job->written;
		job->written = 0;
	}
}

static int hash_fd(int fd, const char *path, char ret_hex[FETCH_SHA256_TEXT], struct err *err)
{
	struct sha256_ctx ctx;
	uint8_t digest[SHA256_DIGEST_SIZE];
	uint8_t buf[65536];
	ssize_t n;
	sha256_init(&ctx);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_set(err, ERR_IO, errno, "%s", path);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		sha256_update(&ctx, (size_t)n, buf);
	if (n < 0)
		return err_set(err, ERR_IO, errno, _("cannot read %s"), path);
	sha256_digest(&ctx, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		(void)snprintf(ret_hex + 2 * i, 3, "%02x", digest[i]);
	return 0;
}

int fetch_sha256(
	const char *root, const char *path, char ret_hex[FETCH_SHA256_TEXT], struct err *err)
{
	CLEANUP(mem_free_string) char *full = xasprintf("%s%s", root[1] ? root : "", path);
	CLEANUP(file_close) int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_set(err, ERR_IO, errno, "%s", path);
	return hash_fd(fd, path, ret_hex, err);
}

int fetch_compare(const char *hex, const char *wanted, const char *source, struct err *err)
{
	if (strcmp(hex, wanted) == 0)
		return 0;
	return err_set(err, ERR_INVALID, 0, _("%s: wrong checksum: SHA-256 is %s, should be %s"),
		source, hex, wanted);
}

static int check_sum(const struct job *job, struct err *err)
{
	char hex[FETCH_SHA256_TEXT];
	if (!job->spec->sha256)
		return 0;
	if (hash_fd(job->fd, job->spec->path, hex, err) < 0)
		return -1;
	return fetch_compare(hex, job->spec->sha256, job->spec->url, err);
}

int fetch_file(const struct fetch_spec *spec, struct err *err)
{
	struct job job = {.spec = spec, .fd = -1};
	CLEANUP(mem_free_string) char *part_path = xasprintf("%s.part", spec->path);
	CLEANUP(mem_free_string)
	char *part = xasprintf("%s%s", spec->root[1] ? spec->root : "", part_path);
	struct stat st;
	int rc = -1;

	CLEANUP(file_close)
	int fd = open(part,
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (spec->keeps_part ? 0 : O_TRUNC), 0600);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, ERR_IO, errno, _("cannot make %s"), spec->path);
	job.fd = fd;
	job.begun = (uint64_t)st.st_size;
	if (lseek(fd, 0, SEEK_END) < 0)
		return err_set(err, ERR_IO, errno, "%s", spec->path);
	if (transfer(&job, err) < 0)
		goto out;
	/* What has the wrong sum is no part to go on from. */
	if (check_sum(&job, err) < 0) {
		(void)unlink(part);
		return -1;
	}
	if (fsync(fd) < 0)
		(void)err_set(err, ERR_IO, errno, _("cannot write %s"), spec->path);
	else
		rc = file_rename(spec->root, part_path, spec->path, err);
out:
	if (rc < 0 && !spec->keeps_part)
		(void)unlink(part);
	return rc;
}

int fetch_text(const char *url, size_t max_bytes, struct str *ret_text, struct err *err)
{
	const struct fetch_spec spec = {.url = url, .max_bytes = max_bytes};
	struct job job = {.spec = &spec, .fd = -1, .text = ret_text};
	return transfer(&job, err);
}
