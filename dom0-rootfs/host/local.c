/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files below /etc/domus/local, which take the place of the release's own in /etc. */
#define _GNU_SOURCE
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "kernelword.h"
#include "lang.h"
#include "mem.h"

#define LAYERS_DIR "/run/domus/layers"

enum { FILE_MAX_BYTES = 1 << 20, DEPTH_MAX = 8 };

/* In LOCAL_DIR, but for others: /etc/rc.boot copies the services, the consoles look for the word. */
static const char *const not_ours[] = {"service", "no-console"};
/* Accounts, what starts and mounts, the firewall's base, and what this directory itself is part of. */
static const char *const kept[] = {
	"passwd", "shadow", "group", "gshadow", "fstab", "inittab", "nftables.conf", "domus"};
/* The first one lies on top; see dom0-rootfs/early/layers.c. */
static const char *const layers[] = {"modules", "base", "domus", "hvm", "remote", "firmware"};

static bool is_in(const char *name, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], name) == 0)
			return true;
	return false;
}

/* name: below /etc. */
static char *find_own(const char *root, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(layers); i++) {
		CLEANUP(mem_free_string)
		char *path = xasprintf(LAYERS_DIR "/%s/etc/%s", layers[i], name);
		if (file_is_regular(root, path))
			return xstrdup(path);
	}
	return NULL;
}

/* What is at the path, links not followed. */
static int look(const char *root, const char *path, struct stat *ret_stat)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(mem_free_string) char *dir = xstrndup(path, (size_t)(slash - path));
	CLEANUP(file_close) int fd = -1;
	if (file_open_dir(root, dir, &fd, NULL) < 0)
		return -1;
	return fstatat(fd, slash + 1, ret_stat, AT_SYMLINK_NOFOLLOW);
}

static bool has_same_text(const char *root, const char *a, const char *b)
{
	CLEANUP(str_dispose) struct str text_a = STR_INIT;
	CLEANUP(str_dispose) struct str text_b = STR_INIT;
	if (a && file_read(root, a, FILE_MAX_BYTES, &text_a, NULL) < 0)
		return false;
	if (b && file_read(root, b, FILE_MAX_BYTES, &text_b, NULL) < 0)
		return false;
	return text_a.len == text_b.len &&
	       memcmp(str_text(&text_a), str_text(&text_b), text_a.len) == 0;
}

/* The copy of the release's own is of the time of the user's file: another time, another file. */
static bool is_recorded(const char *root, const char *name)
{
	CLEANUP(mem_free_string) char *mine = xasprintf(LOCAL_DIR "/%s", name);
	CLEANUP(mem_free_string) char *own = xasprintf(LOCAL_OWN_DIR "/%s", name);
	struct stat mine_stat;
	struct stat own_stat;
	return look(root, mine, &mine_stat) == 0 && look(root, own, &own_stat) == 0 &&
	       mine_stat.st_mtim.tv_sec == own_stat.st_mtim.tv_sec &&
	       mine_stat.st_mtim.tv_nsec == own_stat.st_mtim.tv_nsec;
}

static void add_file(const char *root, const char *name, struct local_files *files)
{
	CLEANUP(mem_free_string) char *first = xstrndup(name, strcspn(name, "/"));
	CLEANUP(mem_free_string) char *recorded = xasprintf(LOCAL_OWN_DIR "/%s", name);
	struct local_file file = {.path = xasprintf("/etc/%s", name), .own = find_own(root, name)};
	if (is_in(first, kept, ARRAY_SIZE(kept)))
		file.refusal = _("the host's file, or the release alone, makes this one");
	file.is_outdated = !file.refusal && is_recorded(root, name) &&
			   !has_same_text(root, recorded, file.own);
	files->items = xreallocarray(files->items, files->count + 1, sizeof(*files->items));
	files->items[files->count++] = file;
}

static void find_below(const char *root, const char *dir, int depth, struct local_files *files)
{
	CLEANUP(mem_free_string) char *full = xasprintf(LOCAL_DIR "%s%s", *dir ? "/" : "", dir);
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	if (depth > DEPTH_MAX || file_list_dir(root, full, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(mem_free_string)
		char *name = xasprintf("%s%s%s", dir, *dir ? "/" : "", names.items[i]);
		CLEANUP(mem_free_string) char *path = xasprintf(LOCAL_DIR "/%s", name);
		struct stat st;
		if (look(root, path, &st) < 0 || is_in(name, not_ours, ARRAY_SIZE(not_ours)))
			continue;
		if (S_ISDIR(st.st_mode))
			find_below(root, name, depth + 1, files);
		else if (S_ISREG(st.st_mode))
			add_file(root, name, files);
	}
}

void local_find(const char *root, struct local_files *ret_files)
{
	CLEANUP(mem_free_string) char *word = kernel_word(root, "domus.local");
	*ret_files = (struct local_files){.items = NULL};
	if (!word || strcmp(word, "no") != 0)
		find_below(root, "", 0, ret_files);
}

void local_dispose(struct local_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].path);
		free(files->items[i].own);
	}
	free(files->items);
	*files = (struct local_files){.items = NULL};
}

/* Copies this release's own beside, of the time of the user's file. */
static int record(const char *root, const char *name, const char *own, const struct stat *mine,
	struct err *err)
{
	CLEANUP(mem_free_string) char *path = xasprintf(LOCAL_OWN_DIR "/%s", name);
	CLEANUP(mem_free_string)
	char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(file_close) int fd = -1;
	const struct timespec times[2] = {mine->st_mtim, mine->st_mtim};
	if (own && file_read(root, own, FILE_MAX_BYTES, &text, err) < 0)
		return -1;
	if (file_make_dirs(root, dir, 0755, err) < 0 ||
		file_write(root, path, str_text(&text), text.len, 0644, err) < 0 ||
		file_open_dir(root, dir, &fd, err) < 0)
		return -1;
	if (utimensat(fd, strrchr(path, '/') + 1, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set(err, ERR_IO, errno, _("cannot set the time of %s"), path);
	return 0;
}

int local_put(const char *root, const struct local_file *file, struct err *err)
{
	const char *name = file->path + strlen("/etc/");
	CLEANUP(mem_free_string) char *mine = xasprintf(LOCAL_DIR "/%s", name);
	CLEANUP(mem_free_string)
	char *dir = xstrndup(file->path, (size_t)(strrchr(file->path, '/') - file->path));
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct stat st;
	if (look(root, mine, &st) < 0)
		return err_set(err, ERR_IO, errno, _("cannot read %s"), mine);
	if (file_read(root, mine, FILE_MAX_BYTES, &text, err) < 0 ||
		file_make_dirs(root, dir, 0755, err) < 0 ||
		file_update(root, file->path, str_text(&text), text.len, st.st_mode & 0777, err) <
			0)
		return -1;
	return is_recorded(root, name) ? 0 : record(root, name, file->own, &st, err);
}

void local_describe_outdated(const struct local_files *files, struct strlist *ret_lines)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct local_file *file = &files->items[i];
		const char *name = file->path + strlen("/etc/");
		if (file->is_outdated)
			strlist_addf(ret_lines,
				_("This release has changed %s, which your " LOCAL_DIR
				  "/%s replaces: compare " LOCAL_OWN_DIR
				  "/%s with %s, then `touch` yours"),
				file->path, name, name,
				file->own ? file->own : _("nothing, for it is gone"));
	}
}
