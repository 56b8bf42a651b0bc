/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An xl.cfg(5) file as text that can be asked and changed. The grammar is libxlu_cfg_y.y of Xen 4.20. */
#include "xlcfg.h"

#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"

#define NAME_FIRST "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define NAME_REST NAME_FIRST "0123456789"
#define NUMBER_REST "0123456789abcdefABCDEFx"

struct reader {
	const char *text;
	size_t pos, len;
	unsigned line;
	struct err *err;
};

static int at(const struct reader *r)
{
	return r->pos < r->len ? (unsigned char)r->text[r->pos] : -1;
}

static bool is_at(const struct reader *r, const char *set)
{
	int c = at(r);
	return c > 0 && strchr(set, c) != NULL;
}

static int refuse(const struct reader *r, const char *why)
{
	return err_set(r->err, ERR_INVALID, 0, _("line %u: %s"), r->line, why);
}

static void skip_comment(struct reader *r)
{
	while (at(r) >= 0 && at(r) != '\n')
		r->pos++;
}

/* Blanks, and within lists ends of lines and comments too. */
static void skip(struct reader *r, bool with_lines)
{
	for (;;) {
		if (is_at(r, " \t\r")) {
			r->pos++;
		} else if (with_lines && at(r) == '\n') {
			r->pos++;
			r->line++;
		} else if (with_lines && at(r) == '#') {
			skip_comment(r);
		} else {
			return;
		}
	}
}

/* One escape of a quoted string, behind its backslash. */
static int read_escape(struct reader *r, size_t end, char *ret_c)
{
	static const char from[] = "abfnrtv\"'\\";
	static const char to[] = "\a\b\f\n\r\t\v\"'\\";
	const char *known = r->pos < end ? memchr(from, r->text[r->pos], sizeof(from) - 1) : NULL;
	if (known) {
		*ret_c = to[known - from];
		r->pos++;
		return 0;
	}
	bool is_hex = r->pos < end && r->text[r->pos] == 'x';
	size_t digits = is_hex ? 2 : 3;
	unsigned value = 0;
	r->pos += is_hex;
	for (size_t i = 0; i < digits; i++, r->pos++) {
		const char *all = "0123456789abcdef0123456789ABCDEF";
		const char *digit = r->pos < end ? memchr(all, r->text[r->pos], 32) : NULL;
		unsigned d = digit ? (unsigned)(digit - all) % 16 : 16;
		if (d >= (is_hex ? 16u : 8u))
			return refuse(r, _("invalid escape in a quoted text"));
		value = value * (is_hex ? 16 : 8) + d;
	}
	if (value == 0 || value > 255)
		return refuse(r, _("invalid escape in a quoted text"));
	*ret_c = (char)value;
	return 0;
}

static int read_quoted(struct reader *r, struct xlcfg_value *v)
{
	char quote = r->text[r->pos++];
	size_t end = r->pos;
	while (end < r->len && r->text[end] != quote && r->text[end] != '\n')
		end++;
	if (end == r->len || r->text[end] == '\n')
		return refuse(r, _("a quoted text does not end in its line"));
	CLEANUP(str_dispose) struct str out = STR_INIT;
	while (r->pos < end) {
		char c = r->text[r->pos++];
		if (c == '\0')
			return refuse(r, _("a NUL byte"));
		if (c == '\\' && read_escape(r, end, &c) < 0)
			return -1;
		str_add_bytes(&out, &c, 1);
	}
	r->pos = end + 1;
	v->end = r->pos;
	v->text = xstrdup(str_text(&out));
	return 0;
}

static int read_atom(struct reader *r, struct xlcfg_value *v)
{
	v->start = r->pos;
	if (is_at(r, "\"'"))
		return read_quoted(r, v);
	if (!is_at(r, "0123456789"))
		return refuse(r, _("a value is missing: a number, a quoted text or a list"));
	while (is_at(r, NUMBER_REST))
		r->pos++;
	v->end = r->pos;
	v->text = xstrndup(r->text + v->start, v->end - v->start);
	return 0;
}

static void add_value(struct xlcfg_setting *s, struct xlcfg_value v)
{
	s->values = xreallocarray(s->values, s->count + 1, sizeof(*s->values));
	s->values[s->count++] = v;
}

static int read_list(struct reader *r, struct xlcfg_setting *s, int depth);

static int read_item(struct reader *r, struct xlcfg_setting *s, int depth)
{
	struct xlcfg_value v = {.start = r->pos};
	if (at(r) == '[') {
		struct xlcfg_setting inner = {.key = NULL};
		int rc = depth < 8 ? read_list(r, &inner, depth + 1)
				   : refuse(r, _("lists in too many lists"));
		for (size_t i = 0; i < inner.count; i++)
			free(inner.values[i].text);
		free(inner.values);
		v.end = r->pos;
		if (rc == 0)
			add_value(s, v);
		return rc;
	}
	if (read_atom(r, &v) < 0)
		return -1;
	add_value(s, v);
	return 0;
}

static int read_list(struct reader *r, struct xlcfg_setting *s, int depth)
{
	r->pos++;
	for (;;) {
		skip(r, true);
		if (at(r) == ']') {
			r->pos++;
			return 0;
		}
		if (read_item(r, s, depth) < 0)
			return -1;
		skip(r, true);
		if (at(r) == ',')
			r->pos++;
		else if (at(r) != ']')
			return refuse(r, _("in a list: \",\" or \"]\" is missing"));
	}
}

static int read_setting(struct reader *r, struct xlcfg_setting *s)
{
	s->start = r->pos;
	s->line = r->line;
	while (is_at(r, NAME_REST))
		r->pos++;
	s->key = xstrndup(r->text + s->start, r->pos - s->start);
	skip(r, false);
	s->is_addition = at(r) == '+';
	r->pos += s->is_addition;
	if (at(r) != '=')
		return refuse(r, _("\"=\" is missing behind the key"));
	r->pos++;
	skip(r, false);
	s->value_start = r->pos;
	if (at(r) == '[') {
		s->is_list = true;
		if (read_list(r, s, 0) < 0)
			return -1;
	} else if (read_item(r, s, 0) < 0) {
		return -1;
	}
	s->end = r->pos;
	skip(r, false);
	if (at(r) >= 0 && !is_at(r, "\n;#"))
		return refuse(r, _("something follows the value"));
	return 0;
}

static void dispose_settings(struct xlcfg *cfg)
{
	for (size_t i = 0; i < cfg->count; i++) {
		struct xlcfg_setting *s = &cfg->settings[i];
		for (size_t j = 0; j < s->count; j++)
			mem_wipe_string(s->values[j].text), free(s->values[j].text);
		free(s->values);
		free(s->key);
	}
	free(cfg->settings);
	cfg->settings = NULL;
	cfg->count = 0;
}

/* Settings of the text as it is now. */
static int read_text(struct xlcfg *cfg, struct err *err)
{
	struct reader r = {
		.text = str_text(&cfg->text), .len = cfg->text.len, .line = 1, .err = err};
	dispose_settings(cfg);
	for (;;) {
		skip(&r, true);
		if (at(&r) < 0)
			return 0;
		if (at(&r) == ';') {
			r.pos++;
			continue;
		}
		if (!is_at(&r, NAME_FIRST))
			return refuse(&r, _("this is neither KEY = VALUE nor a comment"));
		cfg->settings =
			xreallocarray(cfg->settings, cfg->count + 1, sizeof(*cfg->settings));
		struct xlcfg_setting *s = &cfg->settings[cfg->count++];
		*s = (struct xlcfg_setting){.key = NULL};
		if (read_setting(&r, s) < 0)
			return -1;
	}
}

int xlcfg_parse(const char *text, size_t len, struct xlcfg *ret_cfg, struct err *err)
{
	*ret_cfg = (struct xlcfg)XLCFG_INIT;
	if (len > XLCFG_FILE_MAX)
		return err_set(err, ERR_RANGE, 0, _("larger than %u bytes"), XLCFG_FILE_MAX);
	str_add_bytes(&ret_cfg->text, text, len);
	return read_text(ret_cfg, err);
}

void xlcfg_dispose(struct xlcfg *cfg)
{
	dispose_settings(cfg);
	str_dispose(&cfg->text);
}

static size_t find(const struct xlcfg *cfg, const char *key)
{
	for (size_t i = cfg->count; i > 0; i--)
		if (strcmp(cfg->settings[i - 1].key, key) == 0)
			return i - 1;
	return cfg->count;
}

const struct xlcfg_setting *xlcfg_find(const struct xlcfg *cfg, const char *key)
{
	size_t i = find(cfg, key);
	return i < cfg->count ? &cfg->settings[i] : NULL;
}

const char *xlcfg_get(const struct xlcfg *cfg, const char *key)
{
	const struct xlcfg_setting *s = xlcfg_find(cfg, key);
	return s && !s->is_list && s->count == 1 ? s->values[0].text : NULL;
}

/* Puts new_text in the place of [start, end) and reads all again. */
static int splice(
	struct xlcfg *cfg, size_t start, size_t end, const char *new_text, struct err *err)
{
	struct str out = STR_INIT;
	str_add_bytes(&out, str_text(&cfg->text), start);
	str_add(&out, "%s", new_text);
	str_add_bytes(&out, str_text(&cfg->text) + end, cfg->text.len - end);
	str_dispose(&cfg->text);
	cfg->text = out;
	return read_text(cfg, err);
}

int xlcfg_quote(const char *value, struct str *ret_literal, struct err *err)
{
	char quote = strchr(value, '"') ? '\'' : '"';
	if (strchr(value, '"') && strchr(value, '\''))
		return err_set(err, ERR_INVALID, 0,
			_("both kinds of quotes in one text: xl.cfg cannot hold it"));
	CLEANUP(str_dispose) struct str out = STR_INIT;
	str_add_bytes(&out, &quote, 1);
	for (const char *p = value; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 127)
			return err_set(err, ERR_INVALID, 0, _("a control character in a text"));
		if (*p == '\\')
			str_add(&out, "\\");
		str_add_bytes(&out, p, 1);
	}
	str_add_bytes(&out, &quote, 1);
	str_add_bytes(ret_literal, out.data, out.len);
	return 0;
}

static int append_line(struct xlcfg *cfg, const char *line, struct err *err)
{
	bool is_whole = cfg->text.len == 0 || cfg->text.data[cfg->text.len - 1] == '\n';
	CLEANUP(mem_free_string) char *text = xasprintf("%s%s\n", is_whole ? "" : "\n", line);
	return splice(cfg, cfg->text.len, cfg->text.len, text, err);
}

int xlcfg_set(struct xlcfg *cfg, const char *key, const char *literal, const char *comment,
	struct err *err)
{
	size_t i = find(cfg, key);
	CLEANUP(mem_free_string) char *setting = xasprintf("%s = %s", key, literal);
	if (i < cfg->count && !cfg->settings[i].is_addition)
		return splice(
			cfg, cfg->settings[i].value_start, cfg->settings[i].end, literal, err);
	if (i < cfg->count) {
		if (xlcfg_unset(cfg, key, err) < 0)
			return -1;
	}
	if (comment) {
		CLEANUP(mem_free_string) char *line = xasprintf("# %s", comment);
		if (append_line(cfg, line, err) < 0)
			return -1;
	}
	return append_line(cfg, setting, err);
}

int xlcfg_set_text(
	struct xlcfg *cfg, const char *key, const char *value, const char *comment, struct err *err)
{
	CLEANUP(str_dispose) struct str literal = STR_INIT;
	if (xlcfg_quote(value, &literal, err) < 0)
		return err_prefix(err, "%s: ", key);
	return xlcfg_set(cfg, key, str_text(&literal), comment, err);
}

/* The whole line when nothing else is in it. */
static void widen_to_line(const struct xlcfg *cfg, size_t *start, size_t *end)
{
	const char *text = str_text(&cfg->text);
	size_t s = *start;
	size_t e = *end;
	while (s > 0 && (text[s - 1] == ' ' || text[s - 1] == '\t'))
		s--;
	while (e < cfg->text.len && (text[e] == ' ' || text[e] == '\t' || text[e] == '\r'))
		e++;
	if ((s > 0 && text[s - 1] != '\n') || (e < cfg->text.len && text[e] != '\n'))
		return;
	*start = s;
	*end = e < cfg->text.len ? e + 1 : e;
}

int xlcfg_unset(struct xlcfg *cfg, const char *key, struct err *err)
{
	size_t i;
	while ((i = find(cfg, key)) < cfg->count) {
		size_t start = cfg->settings[i].start;
		size_t end = cfg->settings[i].end;
		widen_to_line(cfg, &start, &end);
		if (splice(cfg, start, end, "", err) < 0)
			return -1;
	}
	return 0;
}

/* The list that counts, with the i-th item, or an error. */
static const struct xlcfg_setting *find_item(
	const struct xlcfg *cfg, const char *key, size_t i, struct err *err)
{
	const struct xlcfg_setting *s = xlcfg_find(cfg, key);
	if (s && s->is_list && i < s->count)
		return s;
	(void)err_set(err, ERR_MISSING, 0, _("%s has no item %zu"), key, i + 1);
	return NULL;
}

int xlcfg_list_add(struct xlcfg *cfg, const char *key, const char *value, struct err *err)
{
	const struct xlcfg_setting *s = xlcfg_find(cfg, key);
	CLEANUP(str_dispose) struct str literal = STR_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (xlcfg_quote(value, &literal, err) < 0)
		return err_prefix(err, "%s: ", key);
	if (!s || !s->is_list) {
		str_add(&text, "[ %s ]", str_text(&literal));
		return xlcfg_set(cfg, key, str_text(&text), NULL, err);
	}
	if (s->count == 0) {
		str_add(&text, " %s ", str_text(&literal));
		return splice(cfg, s->value_start + 1, s->value_start + 1, str_text(&text), err);
	}
	str_add(&text, ", %s", str_text(&literal));
	size_t end = s->values[s->count - 1].end;
	return splice(cfg, end, end, str_text(&text), err);
}

int xlcfg_list_replace(
	struct xlcfg *cfg, const char *key, size_t i, const char *value, struct err *err)
{
	const struct xlcfg_setting *s = find_item(cfg, key, i, err);
	CLEANUP(str_dispose) struct str literal = STR_INIT;
	if (!s)
		return -1;
	if (xlcfg_quote(value, &literal, err) < 0)
		return err_prefix(err, "%s: ", key);
	return splice(cfg, s->values[i].start, s->values[i].end, str_text(&literal), err);
}

int xlcfg_list_remove(struct xlcfg *cfg, const char *key, size_t i, struct err *err)
{
	const struct xlcfg_setting *s = find_item(cfg, key, i, err);
	if (!s)
		return -1;
	const char *text = str_text(&cfg->text);
	size_t start = s->values[i].start;
	size_t end = s->values[i].end;
	/* With the comma behind it; of the last item, with the one before it. */
	size_t after = end;
	while (text[after] == ' ' || text[after] == '\t')
		after++;
	if (text[after] == ',') {
		end = after + 1;
		while (text[end] == ' ' || text[end] == '\t')
			end++;
	} else if (i > 0) {
		size_t comma = s->values[i - 1].end;
		while (comma < start && text[comma] != ',' && text[comma] != '#')
			comma++;
		if (comma < start && text[comma] == ',')
			start = comma;
		/* A comment between the two stays: only the item goes, a last comma is allowed. */
		if (memchr(text + start, '#', s->values[i].start - start))
			start = s->values[i].start;
	}
	return splice(cfg, start, end, "", err);
}

/* The line of a note: offsets of the line and of its value; false if there is none. */
static bool find_note(const struct xlcfg *cfg, const char *word, size_t *ret_start, size_t *ret_end)
{
	CLEANUP(mem_free_string) char *head = xasprintf("# domus.%s = ", word);
	const char *text = str_text(&cfg->text);
	size_t len = strlen(head);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, head, len) != 0)
			continue;
		*ret_start = (size_t)(line - text) + len;
		*ret_end = *ret_start + strcspn(line + len, "\r\n");
		return true;
	}
	return false;
}

char *xlcfg_note(const struct xlcfg *cfg, const char *word)
{
	size_t start;
	size_t end;
	if (!find_note(cfg, word, &start, &end))
		return NULL;
	return xstrndup(str_text(&cfg->text) + start, end - start);
}

/* The line that the value of a note ends. */
static int remove_line(struct xlcfg *cfg, size_t start, size_t end, struct err *err)
{
	const char *text = str_text(&cfg->text);
	while (start > 0 && text[start - 1] != '\n')
		start--;
	end += strspn(text + end, "\r");
	end += text[end] == '\n';
	return splice(cfg, start, end, "", err);
}

int xlcfg_set_note(struct xlcfg *cfg, const char *word, const char *value, struct err *err)
{
	size_t start;
	size_t end;
	bool is_there = find_note(cfg, word, &start, &end);
	if (!value)
		return is_there ? remove_line(cfg, start, end, err) : 0;
	if (strpbrk(value, "\r\n"))
		return err_set(err, ERR_INVALID, 0, _("a note has one line"));
	if (is_there)
		return splice(cfg, start, end, value, err);
	CLEANUP(mem_free_string) char *line = xasprintf("# domus.%s = %s\n", word, value);
	return splice(cfg, 0, 0, line, err);
}
