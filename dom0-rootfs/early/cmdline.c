/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our words on the kernel command line. */
#include "cmdline.h"

#include "text.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct word {
	const char *name;
	size_t offset;
	size_t size; /* of the text it takes, 0 for a word that stands alone */
};

static const struct word words[] = {
	{"domus.medium", offsetof(struct cmdline, medium), sizeof(((struct cmdline *)0)->medium)},
	{"domus.slot", offsetof(struct cmdline, slot), sizeof(((struct cmdline *)0)->slot)},
	{"domus.layers", offsetof(struct cmdline, layers), sizeof(((struct cmdline *)0)->layers)},
	{"domus.verify", offsetof(struct cmdline, verify), 0},
	{"domus.check", offsetof(struct cmdline, check), 0},
	{"domus.toram", offsetof(struct cmdline, toram), 0},
	{"domus.shell", offsetof(struct cmdline, shell), 0},
};

static void take_word(struct cmdline *cmdline, const char *token)
{
	size_t name_len = strcspn(token, "=");
	const char *value = token[name_len] == '=' ? token + name_len + 1 : "";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char *field = (char *)cmdline + words[i].offset;

		if (strlen(words[i].name) != name_len ||
			memcmp(words[i].name, token, name_len) != 0)
			continue;
		if (words[i].size != 0)
			snprintf(field, words[i].size, "%s", value);
		else
			*(bool *)field = strcmp(value, "no") != 0 && strcmp(value, "0") != 0;
	}
}

void cmdline_read(struct cmdline *ret_cmdline)
{
	char text[4096];
	char *rest = text;
	char *token;

	memset(ret_cmdline, 0, sizeof(*ret_cmdline));
	if (text_read_file("/proc/cmdline", text, sizeof(text)) < 0)
		return;
	while ((token = strsep(&rest, " \t\n")) != NULL)
		take_word(ret_cmdline, token);
}
