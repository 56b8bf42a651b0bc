/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells a web server how an unattended installation ended. */
#include "report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "curlload.h"
#include "lang.h"
#include "mem.h"
#include "str.h"

enum { LIMIT_S = 30 };

/* The answer's text is of no use. */
static size_t drop(char *data, size_t size, size_t count, void *context)
{
	(void)data;
	(void)context;
	return size * count;
}

static int post(
	const struct curlload *lib, CURL *curl, const char *url, const char *body, struct err *err)
{
	struct curl_slist *headers = lib->slist_append(NULL, "Content-Type: application/json");
	char reason[CURL_ERROR_SIZE] = "";
	(void)lib->setopt(curl, CURLOPT_URL, url);
	(void)lib->setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	(void)lib->setopt(curl, CURLOPT_HTTPHEADER, headers);
	(void)lib->setopt(curl, CURLOPT_POSTFIELDS, body);
	(void)lib->setopt(curl, CURLOPT_TIMEOUT, (long)LIMIT_S);
	(void)lib->setopt(curl, CURLOPT_FAILONERROR, 1L);
	(void)lib->setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)lib->setopt(curl, CURLOPT_WRITEFUNCTION, drop);
	(void)lib->setopt(curl, CURLOPT_ERRORBUFFER, reason);
	CURLcode code = lib->perform(curl);
	lib->slist_free_all(headers);
	if (code == CURLE_OK)
		return 0;
	return err_set(err, ERR_IO, 0, _("cannot report to %s: %s"), url,
		reason[0] ? reason : lib->strerror(code));
}

int report_send(
	const char *url, const char *host, const char *result, const char *error, struct err *err)
{
	CLEANUP(mem_free_string) char *text = xstrdup(error);
	str_make_utf8(text);
	json_t *o = json_pack("{s:s, s:s, s:s}", "host", host, "result", result, "error", text);
	char *body = json_dumps(o, 0);
	const struct curlload *lib = curlload(err);
	CURL *curl = lib ? lib->init() : NULL;
	int rc = -1;
	if (body && curl)
		rc = post(lib, curl, url, body, err);
	else if (lib)
		rc = err_set(err, ERR_IO, 0, _("cannot report to %s"), url);
	if (curl)
		lib->cleanup(curl);
	free(body);
	json_decref(o);
	return rc;
}
