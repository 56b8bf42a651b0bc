/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a guest's turn comes as the host starts and stops, as notes in its NAME.cfg say it. */
#include "guestturn.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mem.h"
#include "num.h"

const char *const guestturn_stop_words[] = {"auto", "shutdown", "save", NULL};

static int64_t number(const struct xlcfg *cfg, const char *word, int64_t max)
{
	CLEANUP(mem_free_string) char *text = xlcfg_note(cfg, word);
	int64_t value = 0;
	if (text)
		(void)num_parse_int(text, 0, max, &value, NULL);
	return value;
}

void guestturn_take(const struct xlcfg *cfg, struct guestturn *ret_turn)
{
	CLEANUP(mem_free_string) char *at_stop = xlcfg_note(cfg, GUESTTURN_AT_STOP);
	*ret_turn = (struct guestturn){.order = number(cfg, GUESTTURN_ORDER, GUESTTURN_ORDER_MAX),
		.delay_s = number(cfg, GUESTTURN_DELAY, GUESTTURN_DELAY_MAX)};
	for (unsigned i = 0; at_stop && guestturn_stop_words[i]; i++)
		if (strcmp(guestturn_stop_words[i], at_stop) == 0)
			ret_turn->at_stop = (enum guestturn_stop)i;
}

void guestturn_read(const char *root, const char *path, struct guestturn *ret_turn)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct xlcfg cfg = XLCFG_INIT;
	*ret_turn = (struct guestturn){.order = 0};
	if (file_read(root, path, XLCFG_FILE_MAX, &text, NULL) == 0 &&
		xlcfg_parse(str_text(&text), text.len, &cfg, NULL) == 0)
		guestturn_take(&cfg, ret_turn);
	xlcfg_dispose(&cfg);
}

int guestturn_compare(const struct guestturn *turn, const char *name,
	const struct guestturn *other_turn, const char *other_name)
{
	if (turn->order == other_turn->order)
		return strcmp(name, other_name);
	if (turn->order == 0 || other_turn->order == 0)
		return turn->order == 0 ? 1 : -1;
	return turn->order < other_turn->order ? -1 : 1;
}
