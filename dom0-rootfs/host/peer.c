/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host peer: other hosts, which guests may be moved to and come from. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <nettle/base64.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "host.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "peer.h"
#include "proc.h"
#include "settings.h"
#include "source.h"
#include "value.h"

enum { ASK_MS = 40000, KEY_MS = 60000, KEY_MAX = 1024, BLOB_MAX = 1024 };

/* As OpenSSH and dropbear show it: SHA-256 of the decoded key, in base64 without padding. */
#define FINGERPRINT_MAX (7 + BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + 1)

static const char *fingerprint(const char *key, char buf[FINGERPRINT_MAX])
{
	const char *begin = strchr(key, ' ');
	struct base64_decode_ctx decoder;
	struct sha256_ctx hash;
	uint8_t blob[BLOB_MAX];
	uint8_t digest[SHA256_DIGEST_SIZE];
	char text[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + 1] = "";
	size_t len = sizeof(blob);
	size_t text_len = begin ? strcspn(begin + 1, " \r\n") : 0;
	base64_decode_init(&decoder);
	if (!begin || BASE64_DECODE_LENGTH(text_len) > sizeof(blob) ||
		!base64_decode_update(&decoder, &len, blob, text_len, begin + 1))
		return "?";
	sha256_init(&hash);
	sha256_update(&hash, len, blob);
	sha256_digest(&hash, sizeof(digest), digest);
	base64_encode_raw(text, sizeof(digest), digest);
	text[strcspn(text, "=")] = '\0';
	(void)snprintf(buf, FINGERPRINT_MAX, "SHA256:%s", text);
	return buf;
}

/* "TYPE BASE64" out of a line that may have more in front and behind; NULL without one. */
static char *find_key(const char *line)
{
	static const char *const types[] = {"ssh-ed25519 ", "ecdsa-sha2-nistp256 ", "ssh-rsa "};
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const char *at = strstr(line, types[i]);
		size_t len = at ? strlen(types[i]) : 0;
		if (at)
			return xstrndup(at, len + strcspn(at + len, " \r\n"));
	}
	return NULL;
}

/* This host's own public key; made when there is none yet, as dropbear's first start does. */
static int read_own_key(const char *root, char **ret_key, struct err *err)
{
	CLEANUP(str_dispose) struct str output = STR_INIT;
	CLEANUP(mem_free_string)
	char *path = xasprintf("%s%s", root[1] ? root : "", PEER_KEY_PATH);
	const char *const make[] = {"dropbearkey", "-t", "ed25519", "-f", path, NULL};
	const char *const show[] = {"dropbearkey", "-y", "-f", path, NULL};
	const struct proc_spec make_spec = {.argv = make, .timeout_ms = KEY_MS};
	const struct proc_spec show_spec = {.argv = show, .timeout_ms = KEY_MS};
	if (file_make_dirs(root, PEER_KEY_DIR, 0700, err) < 0)
		return -1;
	if (!file_exists(root, PEER_KEY_PATH) && proc_run_ok(&make_spec, err) < 0)
		return err_prefix(err, "%s", _("this host's own key: "));
	if (proc_run_output(&show_spec, &output, err) < 0)
		return err_prefix(err, "%s", _("this host's own key: "));
	*ret_key = find_key(str_text(&output));
	return *ret_key ? 0 : err_set(err, ERR_INVALID, 0, _("%s is no SSH key"), PEER_KEY_PATH);
}

/* ---- list ---- */

static int list_peers(const struct options *options)
{
	CLEANUP(source_dispose) struct source source;
	CLEANUP(mem_free_string) char *own = NULL;
	struct err err = ERR_INIT;
	char print[FINGERPRINT_MAX];
	source_load(options->root, NULL, &source);
	if (read_own_key(options->root, &own, &err) < 0)
		return host_fail(options, &err);
	json_t *list = options->is_json ? json_array() : NULL;
	if (!list)
		(void)printf(_("this host: %s\n           %s\n"), fingerprint(own, print), own);
	for (size_t i = 0; i < source.config.n_peers; i++) {
		const struct host_peer *p = &source.config.peers[i];
		const char *shown = fingerprint(p->ssh_key, print);
		if (list)
			(void)json_array_append_new(
				list, json_pack("{s:s, s:s, s:I, s:s}", "name", p->name, "address",
					      peer_address(p), "port", (json_int_t)p->port,
					      "fingerprint", shown));
		else
			(void)printf("%-16s %s:%" PRId64 "  %s\n", p->name, peer_address(p),
				p->port, shown);
	}
	if (list) {
		json_t *all = json_pack("{s:s, s:s, s:o}", "fingerprint", fingerprint(own, print),
			"key", own, "peers", list);
		host_print_json(all);
	}
	return 0;
}

/* ---- add ---- */

struct newcomer {
	char *name, *address, *key;
	int64_t port;
};

static void newcomer_dispose(struct newcomer *n)
{
	free(n->name);
	free(n->address);
	free(n->key);
}

/* "HOST", "HOST:PORT"; with a port an IPv6 address is in brackets, and any HOST may be. */
static int parse_host(const char *text, char **ret_host, int64_t *ret_port, struct err *err)
{
	const char *end = text[0] == '[' ? strchr(text, ']') : NULL;
	const char *begin = end ? text + 1 : text;
	const char *colon = end ? (end[1] == ':' ? end + 1 : NULL) : strrchr(text, ':');
	bool has_port = colon && (end || strchr(text, ':') == colon);
	if (end && end[1] && !colon)
		return err_set(err, ERR_INVALID, 0, _("\"%.70s\" is no [HOST]:PORT"), text);
	if (!end)
		end = has_port ? colon : text + strlen(text);
	CLEANUP(mem_free_string) char *host = xstrndup(begin, (size_t)(end - begin));
	*ret_port = 22;
	if (value_check_host(host, err) < 0 ||
		(has_port && num_parse_int(colon + 1, 1, 65535, ret_port, err) < 0))
		return -1;
	*ret_host = xstrdup(host);
	return 0;
}

/* Asks the other host for its key; nothing of the answer is believed before it was compared. */
static int fetch_key(const char *root, struct newcomer *n, const char *home, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist argv = STRLIST_INIT;
	CLEANUP(str_dispose) struct str known = STR_INIT;
	CLEANUP(mem_free_string) char *full = xasprintf("%s%s", root[1] ? root : "", home);
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	size_t len;
	peer_argv(root, home, n->address, n->port, &argv);
	/* Takes the key down; not being let in is expected. */
	strlist_add(&argv, "true");
	CLEANUP(strlist_dispose) struct strlist all = STRLIST_INIT;
	for (size_t i = 0; i < argv.count; i++) {
		strlist_add(&all, argv.items[i]);
		if (strcmp(argv.items[i], "dbclient") == 0)
			strlist_add(&all, "-y");
	}
	const struct proc_spec spec = {
		.argv = (const char *const *)all.items, .timeout_ms = ASK_MS};
	if (proc_run(&spec, &result, err) < 0)
		return err_prefix(err, "%s: ", n->name);
	if (file_read(full, "/.ssh/known_hosts", 65536, &known, NULL) == 0)
		n->key = find_key(str_text(&known));
	const char *why = proc_last_line(&result.errors, &len);
	if (!n->key)
		return err_set(err, ERR_PROC, 0, _("%s does not show its key: %.*s"), n->name,
			(int)len, why);
	return 0;
}

static int fetch_key_aside(const char *root, struct newcomer *n, struct err *err)
{
	const char *above = root[1] ? root : "";
	CLEANUP(mem_free_string) char *home = xasprintf("%s/run/domus-peer.XXXXXX", above);
	if (!mkdtemp(home))
		return err_set(err, ERR_IO, errno, _("cannot make %s"), home);
	int rc = fetch_key(root, n, home + strlen(above), err);
	(void)file_remove(home, "/.ssh/known_hosts", NULL);
	CLEANUP(mem_free_string) char *ssh = xasprintf("%s/.ssh", home);
	(void)rmdir(ssh);
	(void)rmdir(home);
	return rc;
}

/* expected: a fingerprint that the caller knows, or NULL: a person compares. */
static int compare(const struct options *options, const struct newcomer *n, const char *expected,
	struct err *err)
{
	char print[FINGERPRINT_MAX];
	char answer[16] = "";
	const char *shown = fingerprint(n->key, print);
	if (expected && strcmp(expected, shown) == 0)
		return 0;
	if (expected)
		return err_set(err, ERR_INVALID, 0, _("%s shows another key: %s"), n->name, shown);
	if (!options->is_json)
		(void)printf(
			_("%s shows the key %s\n"
			  "Compare it with what \"domus-host peer\" says there (this host:).\n"),
			n->name, shown);
	if (options->is_json || !isatty(STDIN_FILENO))
		return err_set(err, ERR_MISSING, 0,
			_("without a terminal say which is right: domus-host peer add %s %s"),
			n->name, shown);
	(void)printf("%s", _("Is it the same? Type yes: "));
	(void)fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin) || strcmp(answer, "yes\n") != 0)
		return err_set(err, ERR_INVALID, 0, "%s", _("nothing was changed"));
	return 0;
}

static int set_key(
	const char *root, const char *name, const char *word, const char *value, struct err *err)
{
	CLEANUP(mem_free_string) char *text = xasprintf("peer.%s.%s", name, word);
	CLEANUP(conf_key_dispose) struct conf_key key = {.kind = NULL};
	CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
	strlist_add(&values, value);
	if (conf_key_parse(text, &key, err) < 0)
		return -1;
	return settings_set(root, &key, &values, err);
}

static int write_peer(const char *root, const struct newcomer *n, struct err *err)
{
	CLEANUP(mem_free_string) char *port = xasprintf("%" PRId64, n->port);
	CLEANUP(source_dispose) struct source source;
	source_load(root, NULL, &source);
	/* Of one that is there already what is not said now does not stay. */
	const struct host_peer *known = peer_find(&source.config, n->name);
	if (set_key(root, n->name, "ssh-key", n->key, err) < 0)
		return -1;
	if (strcmp(n->address, known ? peer_address(known) : n->name) != 0 &&
		set_key(root, n->name, "address", n->address, err) < 0)
		return -1;
	return n->port == (known ? known->port : 22) ? 0
						     : set_key(root, n->name, "port", port, err);
}

/* With the terminal, and the password of the other's root: our key goes there, once. */
static bool introduce(
	const struct newcomer *n, const char *own_name, int64_t own_port, const char *own_key)
{
	CLEANUP(mem_free_string) char *port = xasprintf("%" PRId64, n->port);
	CLEANUP(mem_free_string) char *login = xasprintf("root@%s", n->address);
	/* Its shell fills in from where we came: that is our address, as it sees us. */
	CLEANUP(mem_free_string)
	char *command =
		xasprintf("domus-host peer add %s '%s' \"[${SSH_CONNECTION%%%% *}]:%" PRId64 "\"",
			own_name, own_key, own_port);
	const char *const argv[] = {
		"env", "HOME=" PEER_HOME, "dbclient", "-q", "-p", port, login, command, NULL};
	int status = -1;
	(void)printf(_("This host's key goes to %s; its root's password is asked for:\n"), n->name);
	(void)fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* True when the other host runs our side of a migration for us: it knows our key. */
static bool is_let_in(const struct newcomer *n)
{
	CLEANUP(strlist_dispose) struct strlist argv = STRLIST_INIT;
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	peer_argv("/", PEER_HOME, n->address, n->port, &argv);
	const struct proc_spec spec = {
		.argv = (const char *const *)argv.items, .timeout_ms = ASK_MS};
	return proc_run(&spec, &result, NULL) == 0 && result.exit_code == 0;
}

static void make_mutual(const char *root, const struct newcomer *n)
{
	CLEANUP(source_dispose) struct source source;
	CLEANUP(mem_free_string) char *own = NULL;
	source_load(root, NULL, &source);
	if (is_let_in(n) || read_own_key(root, &own, NULL) < 0)
		return;
	bool is_done = isatty(STDIN_FILENO) &&
		       introduce(n, source.config.name, source.config.ssh_port, own);
	if (!is_done)
		(void)printf(_("%s does not know this host yet. There:\n"
			       "  domus-host peer add %s '%s' ADDRESS-OF-THIS-HOST:%" PRId64 "\n"),
			n->name, source.config.name, own, source.config.ssh_port);
}

static int take_newcomer(const struct options *options, struct newcomer *n, struct err *err)
{
	char **args = options->args + 1;
	int count = options->n_args - 1;
	CLEANUP(mem_free_string) char *own = NULL;
	bool has_key = count > 1 && strchr(args[1], ' ');
	if (parse_host(args[0], &n->name, &n->port, err) < 0)
		return -1;
	n->address = xstrdup(n->name);
	if (has_key && count > 2) {
		free(n->address);
		n->address = NULL;
		if (parse_host(args[2], &n->address, &n->port, err) < 0)
			return -1;
	}
	if (has_key) {
		n->key = find_key(args[1]);
		return n->key ? 0 : err_set(err, ERR_INVALID, 0, "%s", _("that is no SSH key"));
	}
	/* dbclient wants a key of ours, even before anybody knows it. */
	if (read_own_key(options->root, &own, err) < 0 ||
		fetch_key_aside(options->root, n, err) < 0)
		return -1;
	return compare(options, n, count > 1 ? args[1] : NULL, err);
}

static int add_peer(const struct options *options)
{
	CLEANUP(newcomer_dispose) struct newcomer n = {.port = 22};
	struct err err = ERR_INIT;
	if (take_newcomer(options, &n, &err) < 0 || write_peer(options->root, &n, &err) < 0)
		return host_fail(options, &err);
	int rc = command_apply(
		&(struct options){.root = options->root, .is_json = options->is_json});
	bool is_asked_by_it = options->n_args > 2 && strchr(options->args[2], ' ');
	if (rc == 0 && !is_asked_by_it && !options->root[1] && !options->is_json)
		make_mutual(options->root, &n);
	return rc;
}

int command_peer(const struct options *options)
{
	const char *word = options->n_args ? options->args[0] : "list";
	struct err err = ERR_INIT;
	if (strcmp(word, "list") == 0 && options->n_args <= 1)
		return list_peers(options);
	if (strcmp(word, "add") == 0 && options->n_args >= 2)
		return add_peer(options);
	if (strcmp(word, "remove") != 0 || options->n_args != 2) {
		(void)err_set(&err, ERR_INVALID, 0, "%s",
			_("peer add HOST, peer remove HOST; without words all are listed"));
		return host_fail(options, &err);
	}
	if (settings_remove_section(options->root, "peer", options->args[1], &err) < 0)
		return host_fail(options, &err);
	return command_apply(&(struct options){.root = options->root, .is_json = options->is_json});
}
