/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean": the nearest of some known names. */
#include "near.h"

#include <ctype.h>
#include <string.h>

/* Longer words are not names of ours; the bound keeps the work and the rows small. */
enum { WORD_MAX_LEN = 64 };

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int lower(char c)
{
	return tolower((unsigned char)c);
}

/* Optimal string alignment distance: insert, delete, replace, swap two neighbours. */
static size_t distance(const char *a, const char *b)
{
	size_t la = strlen(a);
	size_t lb = strlen(b);
	if (la > WORD_MAX_LEN || lb > WORD_MAX_LEN)
		return WORD_MAX_LEN;
	size_t rows[3][WORD_MAX_LEN + 1];
	size_t *before = rows[0];
	size_t *last = rows[1];
	size_t *now = rows[2];
	for (size_t j = 0; j <= lb; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; i <= la; i++) {
		now[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t cost = lower(a[i - 1]) != lower(b[j - 1]);
			now[j] = smaller(smaller(last[j] + 1, now[j - 1] + 1), last[j - 1] + cost);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
				lower(a[i - 2]) == lower(b[j - 1]))
				now[j] = smaller(now[j], before[j - 2] + 1);
		}
		size_t *free_row = before;
		before = last;
		last = now;
		now = free_row;
	}
	return last[lb];
}

const char *near_find(const char *word, const char *const *names, size_t count)
{
	const char *best = NULL;
	size_t limit = strlen(word) / 3 + 1;
	size_t best_distance = limit + 1;
	for (size_t i = 0; i < count; i++) {
		size_t d = distance(word, names[i]);
		/* A name replaced letter by letter is no typing error. */
		if (d < best_distance && d < strlen(names[i])) {
			best = names[i];
			best_distance = d;
		}
	}
	return best;
}
