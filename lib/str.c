/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text that grows and a list of texts. */
#include "str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* Not realloc(): it may leave a copy of the old bytes behind, and they may be secret. */
static void str_reserve(struct str *s, size_t more)
{
	size_t need = s->len + more + 1;
	if (need <= s->room)
		return;
	size_t room = s->room ? s->room * 2 : 256;
	if (room < need)
		room = need;
	char *data = xmalloc(room);
	if (s->data) {
		memcpy(data, s->data, s->len + 1);
		explicit_bzero(s->data, s->len);
		free(s->data);
	} else {
		data[0] = '\0';
	}
	s->data = data;
	s->room = room;
}

void str_add(struct str *s, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	str_reserve(s, (size_t)n);
	va_start(ap, fmt);
	(void)vsnprintf(s->data + s->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	s->len += (size_t)n;
}

void str_add_bytes(struct str *s, const void *bytes, size_t len)
{
	str_reserve(s, len);
	if (len)
		memcpy(s->data + s->len, bytes, len);
	s->len += len;
	s->data[s->len] = '\0';
}

const char *str_text(const struct str *s)
{
	return s->data ? s->data : "";
}

void str_dispose(struct str *s)
{
	if (s->data)
		explicit_bzero(s->data, s->len);
	free(s->data);
	*s = (struct str)STR_INIT;
}

static void strlist_add_owned(struct strlist *list, char *item)
{
	list->items = xreallocarray(list->items, list->count + 2, sizeof(*list->items));
	list->items[list->count++] = item;
	list->items[list->count] = NULL;
}

void strlist_add(struct strlist *list, const char *item)
{
	strlist_add_owned(list, xstrdup(item));
}

void strlist_addf(struct strlist *list, const char *fmt, ...)
{
	char *item = NULL;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	item = xmalloc((size_t)n + 1);
	va_start(ap, fmt);
	(void)vsnprintf(item, (size_t)n + 1, fmt, ap);
	va_end(ap);
	strlist_add_owned(list, item);
}

void strlist_add_words(struct strlist *list, const char *text)
{
	static const char separators[] = " \t,";
	const char *p = text + strspn(text, separators);
	while (*p) {
		size_t n = strcspn(p, separators);
		strlist_add_owned(list, xstrndup(p, n));
		p += n;
		p += strspn(p, separators);
	}
}

void strlist_add_lines(struct strlist *list, const char *text)
{
	for (const char *p = text; *p; p += *p == '\n') {
		size_t n = strcspn(p, "\n");
		strlist_add_owned(list, xstrndup(p, n));
		p += n;
	}
}

bool strlist_has(const struct strlist *list, const char *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], item) == 0)
			return true;
	return false;
}

bool str_has_word(const char *text, const char *word)
{
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	strlist_add_words(&words, text);
	return strlist_has(&words, word);
}

char *strlist_join(const struct strlist *list)
{
	return strlist_join_with(list, " ");
}

char *strlist_join_with(const struct strlist *list, const char *between)
{
	CLEANUP(str_dispose) struct str s = STR_INIT;
	for (size_t i = 0; i < list->count; i++)
		str_add(&s, "%s%s", i ? between : "", list->items[i]);
	return xstrdup(str_text(&s));
}

void strlist_dispose(struct strlist *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct strlist)STRLIST_INIT;
}

size_t str_utf8_len(const unsigned char *s, size_t left)
{
	if (s[0] < 0x80)
		return 1;
	size_t len = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
	if (s[0] < 0xC2 || s[0] > 0xF4 || len > left)
		return 0;
	unsigned char low = s[0] == 0xE0 ? 0xA0 : s[0] == 0xF0 ? 0x90 : 0x80;
	unsigned char high = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

void str_make_utf8(char *text)
{
	size_t len = strlen(text);
	for (size_t i = 0; i < len;) {
		size_t n = str_utf8_len((const unsigned char *)text + i, len - i);
		if (n == 0)
			text[i] = '?';
		i += n ? n : 1;
	}
}
