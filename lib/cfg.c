/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reader of our configuration dialect: sections, keys, values, and where they stood. */
#define _GNU_SOURCE
#include "cfg.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"

struct parser {
	struct cfg *cfg;
	struct problems *problems;
	unsigned line;
	/* Entries go to the last section, or nowhere after a bad section line. */
	bool has_section;
	bool has_said_no_section;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void trim(const char **text, size_t *len)
{
	while (*len > 0 && is_blank(**text)) {
		(*text)++;
		(*len)--;
	}
	while (*len > 0 && is_blank((*text)[*len - 1]))
		(*len)--;
}

/* Says what no line may contain; true when there is nothing of it. */
static bool line_is_text(struct parser *p, const char *line, size_t len)
{
	const unsigned char *s = (const unsigned char *)line;
	for (size_t i = 0; i < len;) {
		size_t n = str_utf8_len(s + i, len - i);
		if (n == 0) {
			problems_add(p->problems, PROBLEM_ERROR, p->line,
				_("byte %zu is not valid UTF-8"), i + 1);
			return false;
		}
		/* C0, DEL and C1: terminals obey them. */
		bool is_c1 = n == 2 && s[i] == 0xC2 && s[i + 1] < 0xA0;
		if ((n == 1 && (s[i] < 0x20 || s[i] == 0x7F) && s[i] != '\t') || is_c1) {
			problems_add(p->problems, PROBLEM_ERROR, p->line,
				_("control character (byte %zu)"), i + 1);
			return false;
		}
		i += n;
	}
	return true;
}

static bool is_key(const char *text, size_t len)
{
	if (len == 0 || len > CFG_WORD_MAX || text[0] < 'a' || text[0] > 'z')
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return true;
}

static bool is_name(const char *text, size_t len)
{
	if (len == 0 || len > CFG_WORD_MAX || text[0] == '-' || text[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool is_other = (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
		if (!is_letter && !is_other)
			return false;
	}
	return true;
}

static void add_section(
	struct parser *p, const char *kind, size_t kind_len, const char *name, size_t name_len)
{
	struct cfg *cfg = p->cfg;
	struct cfg_section new = {.kind = xstrndup(kind, kind_len),
		.name = name_len ? xstrndup(name, name_len) : NULL,
		.line = p->line};
	const struct cfg_section *old = cfg_find_section(cfg, new.kind, new.name);
	if (old)
		problems_add(p->problems, PROBLEM_ERROR, p->line,
			_("[%s%s%s] is already in line %u"), new.kind, new.name ? " " : "",
			new.name ? new.name : "", old->line);
	if (old || cfg->count == CFG_SECTIONS_MAX) {
		if (!old)
			problems_add(p->problems, PROBLEM_ERROR, p->line,
				_("more than %u sections"), CFG_SECTIONS_MAX);
		free(new.kind);
		free(new.name);
		return;
	}
	cfg->sections = xreallocarray(cfg->sections, cfg->count + 1, sizeof(*cfg->sections));
	cfg->sections[cfg->count++] = new;
	p->has_section = true;
}

/* A line that begins with "[". */
static void parse_section(struct parser *p, const char *text, size_t len)
{
	/* Until there is a good one, entries belong nowhere, and that is not their fault. */
	p->has_section = false;
	p->has_said_no_section = true;
	if (text[len - 1] != ']') {
		problems_add(p->problems, PROBLEM_ERROR, p->line,
			_("a section is written [section] or [section name]"));
		return;
	}
	text++;
	len -= 2;
	trim(&text, &len);
	size_t kind_len = 0;
	while (kind_len < len && !is_blank(text[kind_len]))
		kind_len++;
	const char *name = text + kind_len;
	size_t name_len = len - kind_len;
	trim(&name, &name_len);
	if (!is_key(text, kind_len)) {
		problems_add(p->problems, PROBLEM_ERROR, p->line,
			_("\"%.*s\" is not a section: use small letters, digits and \"-\""),
			(int)(kind_len < 40 ? kind_len : 40), text);
	} else if (name_len && !is_name(name, name_len)) {
		problems_add(p->problems, PROBLEM_ERROR, p->line,
			_("\"%.*s\" is not a name: use letters, digits, \".\", \"-\" and \"_\", at most %u"),
			(int)(name_len < 40 ? name_len : 40), name, CFG_WORD_MAX);
	} else {
		add_section(p, text, kind_len, name, name_len);
	}
}

static void add_entry(
	struct parser *p, const char *key, size_t key_len, const char *value, size_t value_len)
{
	struct cfg_section *s = &p->cfg->sections[p->cfg->count - 1];
	/* Room doubles: at each power of two. */
	if ((s->count & (s->count - 1)) == 0)
		s->entries =
			xreallocarray(s->entries, s->count ? s->count * 2 : 1, sizeof(*s->entries));
	s->entries[s->count++] = (struct cfg_entry){.key = xstrndup(key, key_len),
		.value = xstrndup(value, value_len),
		.line = p->line};
}

static void parse_entry(struct parser *p, const char *text, size_t len)
{
	const char *equals = memchr(text, '=', len);
	if (!equals) {
		problems_add(p->problems, PROBLEM_ERROR, p->line,
			_("neither a [section], a \"key = value\" nor a # comment"));
		return;
	}
	const char *key = text;
	size_t key_len = (size_t)(equals - text);
	const char *value = equals + 1;
	size_t value_len = len - key_len - 1;
	trim(&key, &key_len);
	trim(&value, &value_len);
	if (!is_key(key, key_len)) {
		problems_add(p->problems, PROBLEM_ERROR, p->line,
			_("\"%.*s\" is not a key: use small letters, digits and \"-\""),
			(int)(key_len < 40 ? key_len : 40), key);
	} else if (p->has_section) {
		add_entry(p, key, key_len, value, value_len);
	} else if (!p->has_said_no_section) {
		problems_add(p->problems, PROBLEM_ERROR, p->line,
			_("\"%.*s\" stands before the first [section]"), (int)key_len, key);
		p->has_said_no_section = true;
	}
}

static void parse_line(struct parser *p, const char *line, size_t len)
{
	/* An editor of another system is no reason to refuse a file. */
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len > CFG_LINE_MAX) {
		problems_add(p->problems, PROBLEM_ERROR, p->line, _("line is longer than %u bytes"),
			CFG_LINE_MAX);
		return;
	}
	if (!line_is_text(p, line, len))
		return;
	trim(&line, &len);
	if (len == 0 || line[0] == '#')
		return;
	if (line[0] == '[')
		parse_section(p, line, len);
	else
		parse_entry(p, line, len);
}

void cfg_parse(const char *text, size_t len, struct cfg *ret_cfg, struct problems *problems)
{
	static const char byte_order_mark[] = "\xEF\xBB\xBF";
	struct parser p = {.cfg = ret_cfg, .problems = problems};
	*ret_cfg = (struct cfg)CFG_INIT;
	if (len > CFG_FILE_MAX) {
		problems_add(problems, PROBLEM_ERROR, 0, _("file is larger than %u bytes"),
			CFG_FILE_MAX);
		return;
	}
	size_t at = len >= 3 && memcmp(text, byte_order_mark, 3) == 0 ? 3 : 0;
	while (at < len && !problems_are_full(problems)) {
		const char *line = text + at;
		const char *end = memchr(line, '\n', len - at);
		size_t line_len = end ? (size_t)(end - line) : len - at;
		p.line++;
		parse_line(&p, line, line_len);
		at += line_len + 1;
	}
}

int cfg_read_file(const char *root, const char *path, struct cfg *ret_cfg,
	struct problems *problems, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	*ret_cfg = (struct cfg)CFG_INIT;
	if (file_read(root, path, CFG_FILE_MAX, &text, err) < 0)
		return -1;
	cfg_parse(str_text(&text), text.len, ret_cfg, problems);
	return 0;
}

const struct cfg_section *cfg_find_section(
	const struct cfg *cfg, const char *kind, const char *name)
{
	for (size_t i = 0; i < cfg->count; i++) {
		const struct cfg_section *s = &cfg->sections[i];
		bool same_name = name && s->name ? strcmp(name, s->name) == 0 : !name && !s->name;
		if (same_name && strcmp(s->kind, kind) == 0)
			return s;
	}
	return NULL;
}

unsigned cfg_line_of(
	const struct cfg *cfg, const char *kind, const char *name, const char *key, size_t nth)
{
	const struct cfg_section *s = cfg ? cfg_find_section(cfg, kind, name) : NULL;
	if (!s)
		return 0;
	for (size_t i = 0; key && i < s->count; i++)
		if (strcmp(s->entries[i].key, key) == 0 && nth-- == 0)
			return s->entries[i].line;
	return s->line;
}

void cfg_dispose(struct cfg *cfg)
{
	for (size_t i = 0; i < cfg->count; i++) {
		struct cfg_section *s = &cfg->sections[i];
		for (size_t j = 0; j < s->count; j++) {
			mem_wipe_string(s->entries[j].value);
			free(s->entries[j].key);
			free(s->entries[j].value);
		}
		free(s->entries);
		free(s->kind);
		free(s->name);
	}
	free(cfg->sections);
	*cfg = (struct cfg)CFG_INIT;
}
