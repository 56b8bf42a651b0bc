/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells a web server how an unattended installation ended. */
#include "report.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

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

static int post(CURL *curl, const char *url, const char *body, struct err *err)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	char reason[CURL_ERROR_SIZE] = "";
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)LIMIT_S);
	(void)curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
	CURLcode code = curl_easy_perform(curl);
	curl_slist_free_all(headers);
	if (code == CURLE_OK)
		return 0;
	return err_set(err, ERR_IO, 0, _("cannot report to %s: %s"), url,
		reason[0] ? reason : curl_easy_strerror(code));
}

int report_send(
	const char *url, const char *host, const char *result, const char *error, struct err *err)
{
	CLEANUP(mem_free_string) char *text = xstrdup(error);
	str_make_utf8(text);
	json_t *o = json_pack("{s:s, s:s, s:s}", "host", host, "result", result, "error", text);
	char *body = json_dumps(o, 0);
	CURL *curl = curl_easy_init();
	int rc = -1;
	if (body && curl)
		rc = post(curl, url, body, err);
	else
		rc = err_set(err, ERR_IO, 0, _("cannot report to %s"), url);
	if (curl)
		curl_easy_cleanup(curl);
	free(body);
	json_decref(o);
	return rc;
}
