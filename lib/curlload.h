/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcurl, loaded when the first URL is fetched. It brings some forty libraries (TLS, Kerberos, LDAP) whose
 * loading takes longer than all else that a program without a URL has to do.
 */
#ifndef DOMUS_CURLLOAD_H
#define DOMUS_CURLLOAD_H

#include <curl/curl.h>

#include "err.h"

struct curlload {
	typeof(&curl_easy_init) init;
	typeof(&curl_easy_setopt) setopt;
	typeof(&curl_easy_perform) perform;
	typeof(&curl_easy_strerror) strerror;
	typeof(&curl_easy_cleanup) cleanup;
	typeof(&curl_slist_append) slist_append;
	typeof(&curl_slist_free_all) slist_free_all;
};

/* libcurl's functions of libcurl-easy(3), or NULL and the error: ERR_IO with the loader's words. It stays loaded. */
const struct curlload *curlload(struct err *err);

#endif
