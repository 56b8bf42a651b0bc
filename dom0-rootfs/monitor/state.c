/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monitor's files under /run/domus: locks, the "stopping" flag, lives, unfinished restarts. */
#define _GNU_SOURCE
#include "state.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "mem.h"
#include "text.h"

#define RESTART_SUFFIX ".restart"
#define JSON_MAX_BYTES (1024 * 1024)

int state_prepare(const char *run, struct err *err)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/failed", run);
	if (file_make_dirs("/", path, 0755, err) != 0)
		return -1;
	/* Configurations may hold a VNC password. */
	(void)snprintf(path, sizeof(path), "%s/monitor", run);
	return file_make_dirs("/", path, 0700, err);
}

int64_t state_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int state_lock_guest(const char *run, const char *uuid, int *ret_fd, struct err *err)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/monitor/%s.lock", run, uuid);
	return file_lock("/", path, 0, ret_fd, err);
}

int state_share_actions(const char *run, int *ret_fd, struct err *err)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/monitor/actions.lock", run);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, ERR_IO, errno, "cannot open %s", path);
	while (flock(fd, LOCK_SH) != 0) {
		if (errno == EINTR)
			continue;
		(void)err_set(err, ERR_IO, errno, "cannot lock %s", path);
		close(fd);
		return -1;
	}
	*ret_fd = fd;
	return 0;
}

static int write_text(const char *path, mode_t mode, const char *text, struct err *err)
{
	return file_write("/", path, text, strlen(text), mode, err);
}

/* Text of a small file; empty if there is none. The caller disposes. */
static struct str read_text(const char *path)
{
	struct str text = STR_INIT;

	if (file_read("/", path, JSON_MAX_BYTES, &text, NULL) != 0)
		str_dispose(&text);
	return text;
}

/* When process PID started, in the kernel's own unit; 0 if there is no such process. */
static unsigned long long start_of(long pid)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	char path[64];
	const char *p;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	text = read_text(path);
	/* Field 22 of proc_pid_stat(5); the name in brackets may hold blanks and brackets. */
	p = strrchr(str_text(&text), ')');
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoull(p + 1, NULL, 10) : 0;
}

int state_begin_stopping(const char *run, int timeout_ms, struct err *err)
{
	char path[PATH_MAX], text[64];
	int fd, r;

	(void)snprintf(path, sizeof(path), "%s/stopping", run);
	(void)snprintf(text, sizeof(text), "%ld %llu\n", (long)getpid(), start_of((long)getpid()));
	/* The host's own flag, without a process, stays as it is: it holds for longer than ours. */
	if (!state_is_stopping(run) && write_text(path, 0644, text, err) != 0)
		return -1;
	/* Who shares the lock now may have looked before the flag was there; who comes later sees it. */
	(void)snprintf(path, sizeof(path), "%s/monitor/actions.lock", run);
	r = file_lock("/", path, timeout_ms > 0 ? (unsigned)timeout_ms : 0, &fd, err);
	if (r == 0)
		close(fd);
	return r;
}

/* What the flag says: whose it is, or 0 for the host's own. False if there is none. */
static bool read_flag(const char *run, long *ret_pid, unsigned long long *ret_start)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/stopping", run);
	if (file_read("/", path, JSON_MAX_BYTES, &text, NULL) != 0)
		return false;
	if (sscanf(str_text(&text), "%15ld %19llu", ret_pid, ret_start) != 2)
		*ret_pid = 0;
	return true;
}

void state_end_stopping(const char *run)
{
	unsigned long long start;
	char path[PATH_MAX];
	long pid;

	(void)snprintf(path, sizeof(path), "%s/stopping", run);
	if (read_flag(run, &pid, &start) && pid == (long)getpid())
		(void)unlink(path);
}

bool state_is_stopping(const char *run)
{
	unsigned long long start;
	long pid;

	if (!read_flag(run, &pid, &start))
		return false;
	/* A stop-all that was killed leaves its flag: it must not keep guests down for ever. */
	return pid == 0 || (start != 0 && start_of(pid) == start);
}

void state_read_life(const char *run, const char *uuid, struct decide_life *ret_life)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct decide_life life = {0};
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/monitor/%s.life", run, uuid);
	text = read_text(path);
	if (sscanf(str_text(&text), "%18" SCNd64 " %9u", &life.born_ms, &life.short_lives) != 2)
		life = (struct decide_life){0};
	*ret_life = life;
}

int state_write_life(
	const char *run, const char *uuid, const struct decide_life *life, struct err *err)
{
	char path[PATH_MAX], text[64];

	(void)snprintf(path, sizeof(path), "%s/monitor/%s.life", run, uuid);
	(void)snprintf(text, sizeof(text), "%" PRId64 " %u\n", life->born_ms, life->short_lives);
	return write_text(path, 0600, text, err);
}

static void held_path(const char *run, const char *uuid, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s/monitor/%s.held", run, uuid);
}

int state_write_held(const char *run, const char *uuid, uint32_t domid, int level, struct err *err)
{
	char path[PATH_MAX], text[64];

	held_path(run, uuid, path, sizeof(path));
	(void)snprintf(text, sizeof(text), "%" PRIu32 " %d\n", domid, level);
	return write_text(path, 0600, text, err);
}

int state_read_held(const char *run, const char *uuid, uint32_t domid)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	char path[PATH_MAX];
	uint32_t old_domid;
	int level;

	held_path(run, uuid, path, sizeof(path));
	text = read_text(path);
	if (sscanf(str_text(&text), "%9" SCNu32 " %9d", &old_domid, &level) != 2 ||
		old_domid != domid || level < 0)
		return 0;
	return level;
}

void state_drop_held(const char *run, const char *uuid)
{
	char path[PATH_MAX];

	held_path(run, uuid, path, sizeof(path));
	(void)unlink(path);
}

static void restart_path(const char *run, const char *uuid, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s/monitor/%s" RESTART_SUFFIX, run, uuid);
}

int state_write_restart(
	const char *run, const char *uuid, const struct state_restart *restart, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	char path[PATH_MAX];

	restart_path(run, uuid, path, sizeof(path));
	str_add(&text, "%" PRIu32 " %u\n%s", restart->old_domid, restart->tries, restart->json);
	return write_text(path, 0600, str_text(&text), err);
}

int state_read_restart(
	const char *run, const char *uuid, struct state_restart *ret_restart, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct state_restart restart = {0};
	char path[PATH_MAX];
	const char *json;

	restart_path(run, uuid, path, sizeof(path));
	if (file_read("/", path, JSON_MAX_BYTES, &text, err) != 0)
		return -1;
	json = strchr(str_text(&text), '\n');
	if (!json || sscanf(str_text(&text), "%9" SCNu32 " %9u", &restart.old_domid,
			     &restart.tries) != 2)
		return err_set(err, ERR_INVALID, 0, "%s makes no sense", path);
	restart.json = xstrdup(json + 1);
	*ret_restart = restart;
	return 0;
}

void state_drop_restart(const char *run, const char *uuid)
{
	char path[PATH_MAX];

	restart_path(run, uuid, path, sizeof(path));
	(void)unlink(path);
}

void state_restart_dispose(struct state_restart *restart)
{
	mem_wipe_string(restart->json);
	free(restart->json);
	*restart = (struct state_restart){0};
}

int state_list_restarts(const char *run, struct strlist *ret_uuids, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/monitor", run);
	if (file_list_dir("/", path, &names, err) != 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		size_t len = strlen(names.items[i]);

		if (text_ends(names.items[i], RESTART_SUFFIX))
			strlist_addf(ret_uuids, "%.*s", (int)(len - strlen(RESTART_SUFFIX)),
				names.items[i]);
	}
	return 0;
}

void state_file_name(const char *name, char *buf, size_t size)
{
	size_t i;

	for (i = 0; name[i] && i + 1 < size; i++) {
		bool plain = isalnum((unsigned char)name[i]) || strchr("._-+", name[i]);

		buf[i] = name[i];
		if (!plain)
			buf[i] = '_';
	}
	buf[i] = '\0';
}

int state_write_trouble(const char *run, const char *what, const char *text, struct err *err)
{
	CLEANUP(mem_free_string) char *line = xasprintf("%s\n", text);
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/failed/%s", run, what);
	return write_text(path, 0644, line, err);
}

void state_clear_trouble(const char *run, const char *what)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/failed/%s", run, what);
	(void)unlink(path);
}

/* The file of one guest among them; the caller frees. */
static char *trouble_of(const char *name)
{
	char file[128];

	state_file_name(name, file, sizeof(file));
	return xasprintf("guest-%s", file);
}

int state_write_failed(const char *run, const char *name, const char *text, struct err *err)
{
	CLEANUP(mem_free_string) char *what = trouble_of(name);

	return state_write_trouble(run, what, text, err);
}

void state_clear_failed(const char *run, const char *name)
{
	CLEANUP(mem_free_string) char *what = trouble_of(name);

	state_clear_trouble(run, what);
}
