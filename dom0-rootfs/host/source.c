/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which configuration this host runs with: its file, or what stands in when that is broken. */
#include "source.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"

enum { UIDS_MAX_BYTES = 1024 * 1024 };

/* The last resort, should even the built-in file be damaged. */
static const char last_resort[] = "[root]\npassword =\n";

enum outcome { SOURCE_GOOD, SOURCE_BAD, SOURCE_ABSENT };

void source_add_problems(const char *path, const struct problems *problems, struct strlist *lines)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];
		const char *level = p->level == PROBLEM_ERROR ? _("error") : _("warning");
		if (p->line)
			strlist_addf(lines, "%s:%u: %s: %s", path, p->line, level, p->text);
		else
			strlist_addf(lines, "%s: %s: %s", path, level, p->text);
	}
}

/* Keeps the first reason: it is the one to be looked at. */
static void set_trouble(struct source *s, char *text)
{
	if (s->trouble)
		free(text);
	else
		s->trouble = text;
}

static char *problem_text(const char *path, const struct problems *problems)
{
	const struct problem *p = problems_first(problems);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	str_add(&text, "%s", path);
	if (p->line)
		str_add(&text, ":%u", p->line);
	str_add(&text, ": %s", p->text);
	if (problems->count > 1)
		str_add(&text, _(" (and %zu more)"), problems->count - 1);
	return xstrdup(str_text(&text));
}

static enum outcome try_file(const char *root, const char *path,
	const struct hostconf_context *context, struct source *s)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	struct err err = ERR_INIT;
	hostconf_dispose(&s->config);
	hostconf_init(&s->config);
	if (hostconf_read_file(root, path, context, SCHEMA_LENIENT, &s->config, &problems, &err) <
		0) {
		if (err.code == ERR_MISSING)
			return SOURCE_ABSENT;
		strlist_add(&s->messages, err.text);
		set_trouble(s, xstrdup(err.text));
		return SOURCE_BAD;
	}
	source_add_problems(path, &problems, &s->messages);
	if (problems.count)
		set_trouble(s, problem_text(path, &problems));
	if (problems.errors)
		return SOURCE_BAD;
	free(s->path);
	s->path = xstrdup(path);
	return SOURCE_GOOD;
}

/*
 * One of the host's own files. With needs_login one in which nobody could log in counts as broken: an
 * empty file, what a crash may leave, is such a one.
 */
static bool load_one(const char *root, const char *conf, const struct hostconf_context *context,
	bool needs_login, struct source *s)
{
	CLEANUP(mem_free_string) char *named = conf ? file_absolute(conf) : NULL;
	const char *const paths[] = {named, HOSTCONF_PATH, "/var/lib/domus/good/1",
		"/var/lib/domus/good/2", "/var/lib/domus/good/3"};
	const char *missing = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (!paths[i])
			continue;
		/* A host with good files of the past had one; without them it is a live system. */
		if (i >= 2 && missing && file_exists(root, paths[i]))
			set_trouble(s, xasprintf(_("%s is missing"), missing));
		/* The named file is the caller's, the others are the host's. */
		enum outcome outcome = try_file(i == 0 ? "/" : root, paths[i], context, s);
		if (outcome == SOURCE_ABSENT && i < 2 && !missing)
			missing = paths[i];
		/* A file that was named must be there; host.conf may be absent, on live media. */
		if (outcome == SOURCE_ABSENT && i == 0)
			set_trouble(s, xasprintf(_("%s is missing"), paths[i]));
		if (outcome != SOURCE_GOOD)
			continue;
		if (needs_login && i > 0 && !hostconf_has_login(&s->config)) {
			set_trouble(s, xasprintf(_("%s: nobody could log in"), paths[i]));
			continue;
		}
		if (i >= (conf ? 1u : 2u))
			strlist_addf(
				&s->messages, _("%s is used instead (%s)"), paths[i], s->trouble);
		return true;
	}
	return false;
}

/* True when one of the host's own files could be used; all alike closed if there is no other. */
static bool load_own(const char *root, const char *conf, const struct hostconf_context *context,
	struct source *s)
{
	if (load_one(root, conf, context, true, s))
		return true;
	strlist_dispose(&s->messages);
	mem_free_string(&s->trouble);
	return load_one(root, conf, context, false, s);
}

/* Nobody gets in from outside, nothing gets out: the host waits for somebody at its console. */
static void close_network(struct host_config *config)
{
	config->ssh_is_enabled = false;
	for (size_t i = 0; i < config->n_bridges; i++) {
		strlist_dispose(&config->bridges[i].ports);
		config->bridges[i].method = HOST_METHOD_NONE;
		config->bridges[i].method6 = HOST_METHOD6_NONE;
		config->bridges[i].address[0] = '\0';
		config->bridges[i].address6[0] = '\0';
	}
}

static void load_built_in(
	const char *root, const struct hostconf_context *context, struct source *s)
{
	s->is_live = !s->trouble;
	enum outcome outcome = try_file(root, SOURCE_LIVE_PATH, context, s);
	if (outcome != SOURCE_GOOD) {
		CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
		if (outcome == SOURCE_ABSENT)
			set_trouble(s, xasprintf(_("%s is missing"), SOURCE_LIVE_PATH));
		hostconf_dispose(&s->config);
		hostconf_init(&s->config);
		hostconf_parse(last_resort, sizeof(last_resort) - 1, context, SCHEMA_LENIENT,
			&s->config, &problems);
		s->is_live = false;
		s->path = xstrdup("(built in)");
	}
	if (s->is_live)
		return;
	s->is_closed = true;
	close_network(&s->config);
	strlist_addf(&s->messages,
		_("no usable configuration: the network stays closed and local "
		  "consoles open (%s)"),
		s->trouble);
}

void source_load(const char *root, const char *conf, struct source *ret_source)
{
	struct source s = {.path = NULL};
	CLEANUP(str_dispose) struct str uids = STR_INIT;
	/* No file, no past: nothing to compare with. */
	(void)file_read(root, SOURCE_UIDS_PATH, UIDS_MAX_BYTES, &uids, NULL);
	const struct hostconf_context own = {.zoneinfo_root = root, .known_uids = str_text(&uids)};
	const struct hostconf_context built_in = {.zoneinfo_root = root, .is_live = true};
	hostconf_init(&s.config);
	if (!load_own(root, conf, &own, &s))
		load_built_in(root, &built_in, &s);
	*ret_source = s;
}

void source_dispose(struct source *source)
{
	hostconf_dispose(&source->config);
	strlist_dispose(&source->messages);
	free(source->path);
	free(source->trouble);
	*source = (struct source){.path = NULL};
}
