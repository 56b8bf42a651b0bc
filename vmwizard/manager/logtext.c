/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logs without their escape sequences. */
#include "logtext.h"

#include <stdbool.h>

#define LINE_MAX_CHARS 400
#define ESC 0x1b
#define BEL 0x07

/* Index behind the escape sequence that begins at i: CSI, OSC, or one more character. */
static size_t skip_escape(const char *bytes, size_t len, size_t i)
{
	bool is_osc = i + 1 < len && bytes[i + 1] == ']';

	if (i + 1 >= len)
		return len;
	if (bytes[i + 1] != '[' && !is_osc)
		return i + 2;
	for (i += 2; i < len; i++) {
		if (is_osc && (bytes[i] == BEL || bytes[i] == ESC))
			return bytes[i] == BEL ? i + 1 : i;
		if (!is_osc && bytes[i] >= '@' && bytes[i] <= '~')
			return i + 1;
	}
	return len;
}

void logtext_add(struct str *text, const char *bytes, size_t len)
{
	char line[LINE_MAX_CHARS];
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c == ESC) {
			i = skip_escape(bytes, len, i) - 1;
		} else if (c == '\n') {
			str_add(text, "%.*s\n", (int)used, line);
			used = 0;
		} else if (c == '\r') {
			/* \r\n is the usual end of a console's line */
			if (i + 1 < len && bytes[i + 1] != '\n' && bytes[i + 1] != '\r')
				used = 0;
		} else if (c == '\t' && used < sizeof(line)) {
			line[used++] = ' ';
		} else if (c >= ' ' && c < 0x7f && used < sizeof(line)) {
			line[used++] = (char)c;
		} else if (c >= 0xc0 && used < sizeof(line)) {
			line[used++] = '?';
		}
	}
	if (used > 0)
		str_add(text, "%.*s\n", (int)used, line);
}
