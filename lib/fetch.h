/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fetches a file by URL: https verified, checksum compared, resumed where it broke off. */
#ifndef DOMUS_FETCH_H
#define DOMUS_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "str.h"

struct fetch_spec {
	const char *root;
	const char *url;    /* http:// or https:// */
	const char *path;   /* where the file goes; until it is whole it is called path.part */
	const char *sha256; /* small letters; NULL: not compared */
	uint64_t max_bytes; /* more is refused; 0: no limit */
	bool keeps_part;    /* after a failure the part stays, and a later call goes on from it */
	/* May be NULL; total 0: unknown; false cancels. */
	bool (*amount)(void *context, uint64_t done_bytes, uint64_t total_bytes);
	void *context;
};

/* The text of an error names the URL and the reason. */
int fetch_file(const struct fetch_spec *spec, struct err *err);

/* A small text, for example an answer file. */
int fetch_text(const char *url, size_t max_bytes, struct str *ret_text, struct err *err);

#define FETCH_SHA256_TEXT 65
/* Checksum of root/path. */
int fetch_sha256(
	const char *root, const char *path, char ret_hex[FETCH_SHA256_TEXT], struct err *err);
/* That the checksum is the wanted one, or an error that names where the file is from. */
int fetch_compare(const char *hex, const char *wanted, const char *source, struct err *err);

#endif
