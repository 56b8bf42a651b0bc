/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "curlload.h"

#include <dlfcn.h>

#include "lang.h"

/* Debian's libcurl with GnuTLS; the image has no other. */
#define LIBRARY "libcurl-gnutls.so.4"

const struct curlload *curlload(struct err *err)
{
	static struct curlload curl;
	if (curl.init)
		return &curl;
	void *library = dlopen(LIBRARY, RTLD_NOW);
	if (!library) {
		(void)err_set(err, ERR_IO, 0, _("libcurl does not start: %s"), dlerror());
		return NULL;
	}
	const struct {
		const char *name;
		void **to;
	} functions[] = {
		{"curl_easy_setopt", (void **)&curl.setopt},
		{"curl_easy_perform", (void **)&curl.perform},
		{"curl_easy_strerror", (void **)&curl.strerror},
		{"curl_easy_cleanup", (void **)&curl.cleanup},
		{"curl_slist_append", (void **)&curl.slist_append},
		{"curl_slist_free_all", (void **)&curl.slist_free_all},
		{"curl_easy_init", (void **)&curl.init},
	};
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		*functions[i].to = dlsym(library, functions[i].name);
		if (!*functions[i].to) {
			(void)err_set(err, ERR_IO, 0, _("libcurl does not start: %s"), dlerror());
			return NULL;
		}
	}
	return &curl;
}
