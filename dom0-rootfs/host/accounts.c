/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host passwd and users: logins, through the host's file. */
#define _GNU_SOURCE
#include "accounts.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "conftext.h"
#include "file.h"
#include "host.h"
#include "lang.h"
#include "mem.h"
#include "pwhash.h"
#include "settings.h"
#include "source.h"
#include "store.h"

enum { FIRST_UID = 1000, LINE_BYTES = 512 };

int accounts_set_password(
	const char *root, const char *login, const char *password, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
	bool is_root = strcmp(login, "root") == 0;
	CLEANUP(mem_free_string)
	char *text = is_root ? xstrdup("root.password") : xasprintf("user.%s.password", login);
	CLEANUP(conf_key_dispose) struct conf_key key = {.kind = NULL};
	char *hash;
	if (conf_key_parse(text, &key, err) < 0 || pwhash_make(password, &hash, err) < 0)
		return -1;
	strlist_add(&values, hash);
	mem_wipe_string(hash);
	free(hash);
	return settings_set(root, &key, &values, err);
}

/* uids of the past are in lines "UID NAME". */
int64_t accounts_next_uid(const char *root, const struct host_config *config)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist lines = STRLIST_INIT;
	int64_t uid = FIRST_UID;
	(void)file_read(root, SOURCE_UIDS_PATH, 1024 * 1024, &text, NULL);
	for (size_t i = 0; i < config->n_users; i++)
		if (config->users[i].uid >= uid)
			uid = config->users[i].uid + 1;
	strlist_add_lines(&lines, str_text(&text));
	for (size_t i = 0; i < lines.count; i++) {
		int64_t past = strtoll(lines.items[i], NULL, 10);
		if (past >= uid)
			uid = past + 1;
	}
	return uid;
}

int accounts_add(const char *root, const char *name, struct err *err)
{
	CLEANUP(source_dispose) struct source source;
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
	CLEANUP(mem_free_string) char *text = xasprintf("user.%s.uid", name);
	CLEANUP(conf_key_dispose) struct conf_key key = {.kind = NULL};
	source_load(root, NULL, &source);
	for (size_t i = 0; i < source.config.n_users; i++)
		if (strcmp(source.config.users[i].name, name) == 0)
			return err_set(err, ERR_INVALID, 0, _("there is a user %s already"), name);
	if (conf_key_parse(text, &key, err) < 0)
		return -1;
	strlist_addf(&values, "%" PRId64, accounts_next_uid(root, &source.config));
	return settings_set(root, &key, &values, err);
}

static bool has_user(const struct host_config *config, const char *login)
{
	bool is_there = strcmp(login, "root") == 0;
	for (size_t i = 0; i < config->n_users; i++)
		is_there |= strcmp(config->users[i].name, login) == 0;
	return is_there;
}

/* ---- passwd ---- */

/* One line of standard input, not shown when that is a terminal. */
static bool read_secret(const char *prompt, char line[LINE_BYTES])
{
	struct termios saved;
	bool is_terminal = tcgetattr(STDIN_FILENO, &saved) == 0;
	if (is_terminal) {
		struct termios quiet = saved;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
		(void)fprintf(stderr, "%s", prompt);
	}
	bool has_line = fgets(line, LINE_BYTES, stdin) != NULL;
	if (is_terminal) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved);
		(void)fprintf(stderr, "\n");
	}
	if (has_line)
		line[strcspn(line, "\r\n")] = '\0';
	return has_line;
}

static int ask_and_set(const char *root, const char *login, struct err *err)
{
	char first[LINE_BYTES] = "";
	char second[LINE_BYTES] = "";
	int rc;
	if (!read_secret(_("New password: "), first))
		rc = err_set(err, ERR_MISSING, 0, "%s", _("no password was given"));
	else if (isatty(STDIN_FILENO) &&
		 (!read_secret(_("Again: "), second) || strcmp(first, second) != 0))
		rc = err_set(err, ERR_INVALID, 0, "%s",
			_("the two passwords differ: nothing was changed"));
	else
		rc = accounts_set_password(root, login, first, err);
	explicit_bzero(first, sizeof(first));
	explicit_bzero(second, sizeof(second));
	return rc;
}

int command_passwd(const struct options *options)
{
	CLEANUP(source_dispose) struct source source;
	const char *login = options->n_args ? options->args[0] : "root";
	struct err err = ERR_INIT;
	source_load(options->root, NULL, &source);
	if (!has_user(&source.config, login)) {
		(void)err_set(&err, ERR_MISSING, 0, _("there is no user %s"), login);
		return host_fail(options, &err);
	}
	if (ask_and_set(options->root, login, &err) < 0)
		return host_fail(options, &err);
	/* A password that is only written is one that somebody believes in. */
	return command_apply(&(struct options){.root = options->root, .is_json = options->is_json});
}

/* ---- users ---- */

static void print_user(const char *name, int64_t uid, const char *password, size_t n_keys,
	const char *rights, json_t *list)
{
	const char *word = hostconf_has_hash(password) ? "set" : password[0] ? "locked" : "none";
	if (list)
		(void)json_array_append_new(
			list, json_pack("{s:s, s:I, s:s, s:I, s:s}", "name", name, "uid",
				      (json_int_t)uid, "password", word, "ssh_keys",
				      (json_int_t)n_keys, "rights", rights));
	else
		(void)printf(
			"%-16s %5" PRId64 "  %-6s  %zu  %s\n", name, uid, word, n_keys, rights);
}

static void list_users(const struct host_config *config, bool is_json)
{
	json_t *list = is_json ? json_array() : NULL;
	if (!list)
		(void)printf("%s", _("NAME               UID  PASSWORD KEYS  RIGHTS\n"));
	print_user("root", 0, config->root_password, config->root_ssh_keys.count, "root", list);
	for (size_t i = 0; i < config->n_users; i++) {
		const struct host_user *u = &config->users[i];
		print_user(u->name, u->uid, u->password, u->ssh_keys.count,
			u->is_admin ? "administrator" : "user", list);
	}
	if (list)
		host_print_json(list);
}

int command_users(const struct options *options)
{
	CLEANUP(source_dispose) struct source source;
	struct err err = ERR_INIT;
	int rc = 0;
	if (!options->n_args) {
		source_load(options->root, NULL, &source);
		list_users(&source.config, options->is_json);
		return 0;
	}
	source = (struct source){.path = NULL};
	if (options->n_args != 2)
		rc = err_set(&err, ERR_INVALID, 0, "%s",
			_("users add NAME, users remove NAME; without words all are listed"));
	else if (strcmp(options->args[0], "add") == 0)
		rc = accounts_add(options->root, options->args[1], &err);
	else if (strcmp(options->args[0], "remove") == 0)
		rc = settings_remove_section(options->root, "user", options->args[1], &err);
	else
		rc = err_set(&err, ERR_INVALID, 0, _("\"%s\" is neither add nor remove"),
			options->args[0]);
	if (rc < 0)
		return host_fail(options, &err);
	return command_apply(&(struct options){.root = options->root, .is_json = options->is_json});
}
