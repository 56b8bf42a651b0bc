/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns of texts, by wcwidth(). */
#define _XOPEN_SOURCE 700
#include "width.h"

#include <string.h>
#include <wchar.h>

/* Bytes and columns of the first character of text, which is not empty. */
static size_t next_char(const char *text, size_t *ret_columns)
{
	wchar_t wide;
	mbstate_t state = {0};
	size_t bytes = mbrtowc(&wide, text, strlen(text), &state);
	if (bytes == (size_t)-1 || bytes == (size_t)-2 || bytes == 0) {
		*ret_columns = 1;
		return 1;
	}
	int columns = wcwidth(wide);
	*ret_columns = columns < 0 ? 1 : (size_t)columns;
	return bytes;
}

size_t width_of(const char *text)
{
	size_t sum = 0;
	while (*text) {
		size_t columns;
		text += next_char(text, &columns);
		sum += columns;
	}
	return sum;
}

size_t width_fit(const char *text, size_t columns)
{
	size_t at = 0;
	size_t sum = 0;
	while (text[at]) {
		size_t wide;
		size_t bytes = next_char(text + at, &wide);
		if (sum + wide > columns)
			break;
		sum += wide;
		at += bytes;
	}
	return at;
}

void width_add_cell(struct str *out, const char *text, size_t columns)
{
	size_t fill = columns;
	if (width_of(text) <= columns) {
		str_add(out, "%s", text);
		fill -= width_of(text);
	} else if (columns > 0) {
		size_t bytes = width_fit(text, columns - 1);
		size_t before = out->len;
		str_add_bytes(out, text, bytes);
		str_add(out, "~");
		fill -= width_of(str_text(out) + before);
	}
	while (fill-- > 0)
		str_add(out, " ");
}

#define GAP_MAX 24 /* columns in which a table's last gap is looked for */

/* Where a line's continuation begins: under its text, or under the last column of a table's row. */
static size_t hanging_indent(const char *line, size_t len, size_t columns)
{
	size_t indent = strspn(line, " ");
	for (size_t i = indent; i + 2 < len && i < GAP_MAX; i++)
		if (line[i] == ' ' && line[i + 1] == ' ' && line[i + 2] != ' ')
			indent = i + 2;
	return indent <= columns / 2 && indent < len ? indent : 0;
}

/* Bytes of a line that fit, cut at a blank where there is one. */
static size_t fitting(const char *line, size_t columns)
{
	size_t bytes = width_fit(line, columns);
	size_t cut = bytes;
	while (cut > 0 && line[cut] != ' ')
		cut--;
	if (cut > 0 && strspn(line, " ") < cut)
		return cut;
	return bytes ? bytes : 1;
}

static void add_line(struct str *out, const char *line, size_t len, size_t columns)
{
	size_t indent = hanging_indent(line, len, columns);
	size_t room = columns;
	while (width_fit(line, room) < len) {
		size_t cut = fitting(line, room);
		str_add_bytes(out, line, cut);
		line += cut;
		len -= cut;
		while (len > 0 && *line == ' ') {
			line++;
			len--;
		}
		room = columns - indent;
		if (len > 0)
			str_add(out, "\n%*s", (int)indent, "");
	}
	str_add_bytes(out, line, len);
}

void width_add_wrapped(struct str *out, const char *text, size_t columns)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		add_line(out, text, len, columns);
		text += len;
		if (*text == '\n') {
			str_add(out, "\n");
			text++;
		}
	}
}
