/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domus-host generate: what /etc holds, made from the one file that describes the host. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "etc_text.h"
#include "file.h"
#include "generate.h"
#include "host.h"
#include "lang.h"
#include "local.h"
#include "mem.h"
#include "peer.h"
#include "rollback.h"
#include "source.h"
#include "store.h"

#define FAILED_PATH "/run/domus/failed/config"

struct generator {
	const char *root;
	const struct host_config *config;
	const struct release *release;
	int failures; /* each was said; the others go on, since half an /etc is better than none */
};

static void say_failure(struct generator *g, const struct err *err)
{
	(void)fprintf(stderr, "domus-host: generate: %s\n", err->text);
	g->failures++;
}

static void make_dirs(struct generator *g)
{
	static const struct {
		const char *path;
		mode_t mode;
	} dirs[] = {{"/etc/domus", 0755}, {"/etc/default", 0755}, {"/run/domus/failed", 0755},
		{"/var/lib/domus", 0755}, {PEER_HOME "/.ssh", 0700},
		{"/var/spool/cron/crontabs", 0700}, {"/root", 0700}, {"/home", 0755}};
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		struct err err = ERR_INIT;
		if (file_make_dirs(g->root, dirs[i].path, dirs[i].mode, &err) < 0)
			say_failure(g, &err);
	}
}

static void write_files(struct generator *g)
{
	const struct etc_input in = {.config = g->config, .release = g->release};
	for (size_t i = 0; etc_files[i].path; i++) {
		const struct etc_file *f = &etc_files[i];
		CLEANUP(str_dispose) struct str text = STR_INIT;
		struct err err = ERR_INIT;
		f->build(&in, &text);
		if (file_update(g->root, f->path, str_text(&text), text.len, f->mode, &err) < 0)
			say_failure(g, &err);
	}
}

/* After the generated ones, which they may replace. */
static void put_local_files(struct generator *g)
{
	CLEANUP(local_dispose) struct local_files files;
	local_find(g->root, &files);
	for (size_t i = 0; i < files.count; i++) {
		const struct local_file *file = &files.items[i];
		struct err err = ERR_INIT;
		if (file->refusal)
			(void)err_set(&err, ERR_INVALID, 0, _(LOCAL_DIR " cannot replace %s: %s"),
				file->path, file->refusal);
		else if (local_put(g->root, file, &err) == 0)
			continue;
		say_failure(g, &err);
	}
}

static void make_links(struct generator *g)
{
	struct err err = ERR_INIT;
	CLEANUP(mem_free_string)
	char *zone_path = xasprintf("/usr/share/zoneinfo/%s", g->config->zone);
	/* Without its file the zone is UTC, which needs none. */
	if (file_is_regular(g->root, zone_path)) {
		if (file_symlink(g->root, "/etc/localtime", zone_path, &err) < 0)
			say_failure(g, &err);
	} else if (file_remove(g->root, "/etc/localtime", &err) < 0) {
		say_failure(g, &err);
	}
	if (file_symlink(g->root, "/etc/resolv.conf", "/run/resolv.conf", &err) < 0)
		say_failure(g, &err);
}

/* ---- home directories ---- */

struct login {
	const char *name;
	const char *home;
	uid_t uid;
	const struct strlist *keys;
	const struct host_config *peers; /* root's: peers come in as root; else NULL */
};

/* True when the file at dir_fd/name begins with our mark. */
static bool is_ours(int dir_fd, const char *name)
{
	char begin[sizeof(ETC_MARK)];
	CLEANUP(file_close)
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, begin, sizeof(begin) - 1) : -1;
	return n == (ssize_t)sizeof(begin) - 1 && memcmp(begin, ETC_MARK, (size_t)n) == 0;
}

/*
 * False with errno. A user namespace that does not know the uid, an ordinary user's build root for
 * one, has nobody to give it to: all is root's there (chown(2), EINVAL).
 */
static bool give_to(int fd, uid_t uid)
{
	return geteuid() != 0 || fchown(fd, uid, (gid_t)uid) == 0 || errno == EINVAL;
}

/* Opens dir_fd/name, a real directory of uid or root, made if needed. Descriptor or -1, errno. */
static int open_private_dir(int dir_fd, const char *name, uid_t uid)
{
	bool is_new = mkdirat(dir_fd, name, 0700) == 0;
	if (!is_new && errno != EEXIST)
		return -1;
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	struct stat st;
	bool is_right = fstat(fd, &st) == 0;
	if (is_right && is_new)
		is_right = give_to(fd, uid);
	else if (is_right && geteuid() == 0 && st.st_uid != uid && st.st_uid != 0) {
		errno = EPERM;
		is_right = false;
	}
	if (!is_right)
		file_close(&fd);
	return fd;
}

/*
 * A user may have put anything into the home directory: nothing there is followed. When the
 * configuration names keys it decides alone, and a file that the user wrote is kept beside it; when
 * it names none, only our own file goes.
 */
static int write_keys(int home_fd, const struct login *login, struct err *err)
{
	static const char name[] = "authorized_keys";
	bool has_keys = login->keys->count > 0 || (login->peers && login->peers->n_peers > 0);
	if (!has_keys && faccessat(home_fd, ".ssh", F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	CLEANUP(file_close) int ssh_fd = open_private_dir(home_fd, ".ssh", login->uid);
	if (ssh_fd < 0)
		return err_set(err, ERR_IO, errno, _("cannot use %s/.ssh"), login->home);
	bool ours = is_ours(ssh_fd, name);
	if (!has_keys) {
		if (ours && unlinkat(ssh_fd, name, 0) < 0)
			return err_set(err, ERR_IO, errno, _("cannot remove %s"), name);
		return 0;
	}
	if (!ours)
		(void)renameat(ssh_fd, name, ssh_fd, "authorized_keys.before-domus");
	CLEANUP(str_dispose) struct str text = STR_INIT;
	etc_authorized_keys(login->keys, login->peers, &text);
	struct stat dir;
	if (fstat(ssh_fd, &dir) < 0)
		return err_set(err, ERR_IO, errno, _("cannot use %s/.ssh"), login->home);
	const struct file_attr attr = {
		.mode = 0600,
		.has_owner = geteuid() == 0,
		.uid = dir.st_uid,
		.gid = dir.st_gid,
	};
	return file_write_at(ssh_fd, name, text.data, text.len, &attr, err);
}

static void make_home(struct generator *g, const struct login *login)
{
	struct err err = ERR_INIT;
	CLEANUP(file_close) int parent_fd = -1;
	CLEANUP(file_close) int home_fd = -1;
	const char *slash = strrchr(login->home, '/');
	CLEANUP(mem_free_string)
	char *parent = slash == login->home ? xstrdup("/")
					    : xstrndup(login->home, (size_t)(slash - login->home));
	int rc = file_open_dir(g->root, parent, &parent_fd, &err);
	if (rc == 0) {
		home_fd = open_private_dir(parent_fd, slash + 1, login->uid);
		if (home_fd < 0)
			rc = err_set(&err, ERR_IO, errno, _("cannot use %s"), login->home);
		else
			rc = write_keys(home_fd, login, &err);
	}
	if (rc < 0) {
		(void)err_prefix(&err, _("user %s: "), login->name);
		say_failure(g, &err);
	}
}

static void make_homes(struct generator *g)
{
	const struct login root = {.name = "root",
		.home = "/root",
		.uid = 0,
		.keys = &g->config->root_ssh_keys,
		.peers = g->config};
	make_home(g, &root);
	for (size_t i = 0; i < g->config->n_users; i++) {
		const struct host_user *u = &g->config->users[i];
		CLEANUP(mem_free_string) char *home = xasprintf("/home/%s", u->name);
		const struct login login = {
			.name = u->name, .home = home, .uid = (uid_t)u->uid, .keys = &u->ssh_keys};
		make_home(g, &login);
	}
}

/* Adds new users to the list of all there ever were, so that no uid comes to another. */
static void record_uids(struct generator *g)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	(void)file_read(g->root, SOURCE_UIDS_PATH, 1024 * 1024, &text, NULL);
	size_t old_len = text.len;
	for (size_t i = 0; i < g->config->n_users; i++) {
		const struct host_user *u = &g->config->users[i];
		CLEANUP(mem_free_string) char *key = xasprintf("\n%" PRId64 " ", u->uid);
		const char *all = str_text(&text);
		if (!strstr(all, key) && strncmp(all, key + 1, strlen(key + 1)) != 0)
			str_add(&text, "%" PRId64 " %s\n", u->uid, u->name);
	}
	if (text.len > old_len &&
		file_write(g->root, SOURCE_UIDS_PATH, text.data, text.len, 0600, &err) < 0)
		say_failure(g, &err);
}

/* One line for the banner, or nothing when all is well. */
static void record_trouble(struct generator *g, const struct source *source)
{
	struct err err = ERR_INIT;
	int rc;
	if (source->trouble) {
		CLEANUP(mem_free_string)
		char *line = xasprintf("%s; in use: %s%s\n", source->trouble, source->path,
			source->is_closed ? _(", network closed") : "");
		rc = file_write(g->root, FAILED_PATH, line, strlen(line), 0644, &err);
	} else {
		rc = file_remove(g->root, FAILED_PATH, &err);
	}
	if (rc < 0)
		say_failure(g, &err);
}

int generate_files(const char *root, const struct host_config *config)
{
	CLEANUP(release_dispose) struct release release;
	release_read(root, &release);
	struct generator g = {.root = root, .config = config, .release = &release};
	make_dirs(&g);
	write_files(&g);
	make_links(&g);
	put_local_files(&g);
	make_homes(&g);
	record_uids(&g);
	return g.failures;
}

/* A change that waited for its confirmation when the machine went down is not kept. */
static void take_back_unconfirmed(const char *root)
{
	struct err err = ERR_INIT;
	if (file_exists(root, ROLLBACK_PENDING_PATH) || !store_take_back(root, &err))
		return;
	static const char text[] = N_(
		"a change was not confirmed before the restart and was taken back; it is in " STORE_REFUSED_PATH
		"\n");
	(void)fprintf(stderr, "domus-host: %s", err.code ? err.text : _(text));
	(void)file_write(root, ROLLBACK_FAILED_PATH, _(text), strlen(_(text)), 0644, NULL);
}

int command_generate(const struct options *options)
{
	CLEANUP(source_dispose) struct source source;
	(void)file_make_dirs(options->root, "/run/domus/failed", 0755, NULL);
	if (!options->conf)
		take_back_unconfirmed(options->root);
	source_load(options->root, options->conf, &source);
	for (size_t i = 0; i < source.messages.count; i++)
		(void)fprintf(stderr, "domus-host: %s\n", source.messages.items[i]);
	struct generator g = {.root = options->root,
		.config = &source.config,
		.failures = generate_files(options->root, &source.config)};
	record_trouble(&g, &source);
	store_record_applied(options->root, STORE_APPLIED_PATH, &source.config);
	if (!file_exists(options->root, STORE_BOOTED_PATH))
		store_record_applied(options->root, STORE_BOOTED_PATH, &source.config);
	struct err err = ERR_INIT;
	if (g.failures)
		(void)err_set(&err, ERR_PROC, 0, _("%d steps failed"), g.failures);
	if (options->is_json)
		return g.failures ? host_fail(options, &err) : host_done(options, "done", "");
	return g.failures ? 1 : 0;
}
