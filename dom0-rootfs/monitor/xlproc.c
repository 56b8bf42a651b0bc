/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the xl processes that `xl create` leaves behind, and the domain each one waits for.
 *
 * How an xl is recognised (tools/xl/xl_vmcontrol.c and xl_utils.c of Xen 4.20): its executable is
 * called xl; its arguments are still those of `xl create` (or restore, migrate-receive), for the
 * daemon is a fork; and its stdout is /var/log/xen/xl-NAME.log, where it writes before each wait
 * "Waiting for domain NAME (domid N) to die [pid P]". The number and the pid in that line are what
 * counts: the file name is that of the guest at its creation, the guest may have been renamed, the
 * file rotated. The file is opened through /proc/PID/fd/1, which reaches it whatever its name.
 */
#define _GNU_SOURCE
#include "xlproc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "err.h"
#include "mem.h"
#include "text.h"

/* Enough for hundreds of restarts of one guest under one xl, and for libxl's warnings between them. */
#define LOG_TAIL_BYTES (256 * 1024)

/* xl takes any unambiguous beginning of a command; a shorter one than these is never unambiguous. */
static const struct {
	const char *name;
	const char *shortest;
	const char *options_with_value;
} staying[] = {
	{"create", "cr", "f"},
	{"restore", "rest", ""},
	{"migrate-receive", "migrate-r", ""},
};

static bool options_say_leave(const char *arg, const char *options_with_value)
{
	for (const char *p = arg + 1; *p; p++) {
		if (*p == 'e')
			return true;
		if (strchr(options_with_value, *p))
			return false; /* the rest of this word is its value */
	}
	return false;
}

bool xlproc_stays(const char *cmdline, size_t len)
{
	const char *end = cmdline + len;
	const char *values = NULL;
	const char *arg = cmdline;

	for (bool first = true; arg < end; arg += strnlen(arg, (size_t)(end - arg)) + 1) {
		if (first) {
			first = false;
			continue;
		}
		if (!values) {
			if (*arg == '-')
				continue; /* xl's global options */
			for (size_t i = 0; i < sizeof(staying) / sizeof(staying[0]); i++) {
				if (text_starts(staying[i].name, arg) &&
					text_starts(arg, staying[i].shortest))
					values = staying[i].options_with_value;
			}
			if (!values)
				return false;
			continue;
		}
		if (arg[0] == '-' && arg[1] && arg[1] != '-' && options_say_leave(arg, values))
			return false;
	}
	return values != NULL;
}

/* "Waiting for domain NAME (domid N) to die [pid P]": NAME may hold anything but a newline. */
static bool read_waiting_line(const char *line, pid_t pid, uint32_t *ret_domid)
{
	const char *mark = NULL;
	unsigned domid;
	long logged_pid;
	int used = 0;

	if (!text_starts(line, "Waiting for domain "))
		return false;
	for (const char *p = line; (p = strstr(p, " (domid ")); p++)
		mark = p;
	if (!mark ||
		sscanf(mark, " (domid %9u) to die [pid %15ld]%n", &domid, &logged_pid, &used) !=
			2 ||
		used == 0 || logged_pid != (long)pid)
		return false;
	*ret_domid = domid;
	return true;
}

enum xlproc_phase xlproc_read_log(const char *text, size_t len, pid_t pid, uint32_t *ret_domid)
{
	enum xlproc_phase phase = XLPROC_SILENT;
	const char *end = text + len;
	char line[1024];

	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((eol ? eol : end) - text);

		/* A line without its end may be half written: it counts when it is whole. */
		if (!eol)
			break;
		snprintf(line, sizeof(line), "%.*s", (int)(n < INT_MAX ? n : INT_MAX), text);
		if (read_waiting_line(line, pid, ret_domid))
			phase = XLPROC_WATCHING;
		else if (strcmp(line, "Done. Rebooting now") == 0)
			phase = XLPROC_RESTARTING;
		else if (strcmp(line, "Done. Exiting now") == 0 ||
			 (text_starts(line, "Domain ") && text_ends(line, " has been destroyed.")))
			phase = XLPROC_LEAVING;
		text = eol + 1;
	}
	return phase;
}

enum xlproc_claim xlproc_claims(const struct xlproc *proc, uint32_t domid)
{
	switch (proc->phase) {
	case XLPROC_WATCHING:
		return proc->domid == domid ? XLPROC_CERTAIN : XLPROC_NONE;
	case XLPROC_SILENT:
	case XLPROC_RESTARTING:
		return XLPROC_MAYBE;
	case XLPROC_LEAVING:
		return XLPROC_NONE;
	}
	return XLPROC_MAYBE;
}

/* Is the executable of the process in directory DIR called xl? A zombie's cannot be read: no. */
static bool exe_is_xl(int dir)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir, "exe", target, sizeof(target) - 1);
	const char *base;

	if (n <= 0)
		return false;
	target[n] = '\0';
	base = strrchr(target, '/');
	base = base ? base + 1 : target;
	return strcmp(base, "xl") == 0 || strcmp(base, "xl (deleted)") == 0;
}

/* Reads up to SIZE last bytes of a file; 0 if it cannot be read (the process may be gone). */
static size_t read_tail(int dir, const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	size_t got = 0;
	off_t end;

	if (fd < 0)
		return 0;
	end = lseek(fd, 0, SEEK_END);
	if (end > (off_t)size)
		lseek(fd, end - (off_t)size, SEEK_SET);
	else
		lseek(fd, 0, SEEK_SET);
	while (got < size) {
		ssize_t n = read(fd, buf + got, size - got);
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	close(fd);
	return got;
}

static enum xlproc_phase read_phase(int dir, pid_t pid, uint32_t *ret_domid)
{
	enum xlproc_phase phase = XLPROC_SILENT;
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir, "fd/1", target, sizeof(target) - 1);

	if (n <= 0)
		return phase;
	target[n] = '\0';
	/* A terminal or a pipe is no log: never open what reading could disturb. */
	if (!strstr(target, "/xl-") || !strstr(target, ".log"))
		return phase;
	char *buf = xmalloc(LOG_TAIL_BYTES);
	size_t len = read_tail(dir, "fd/1", buf, LOG_TAIL_BYTES);
	phase = xlproc_read_log(buf, len, pid, ret_domid);
	free(buf);
	return phase;
}

/* Fills *ret_proc and returns true if process PID is an xl that stays for a domain. */
static bool look_at(const char *proc_root, pid_t pid, struct xlproc *ret_proc)
{
	char path[PATH_MAX], cmdline[8192];
	struct xlproc proc = {.pid = pid, .pidfd = -1};
	bool found = false;
	int dir;

	snprintf(path, sizeof(path), "%s/%ld", proc_root, (long)pid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return false;
	if (!exe_is_xl(dir))
		goto out;
	/* The directory stays bound to this process; a pid used again makes it empty, not another's. */
	proc.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (!xlproc_stays(cmdline, read_tail(dir, "cmdline", cmdline, sizeof(cmdline))))
		goto out;
	proc.phase = read_phase(dir, pid, &proc.domid);
	found = exe_is_xl(dir);
out:
	close(dir);
	if (found)
		*ret_proc = proc;
	else if (proc.pidfd >= 0)
		close(proc.pidfd);
	return found;
}

int xlproc_find(const char *proc_root, struct xlproc_list *ret_list, struct err *err)
{
	struct xlproc_list list = {0};
	struct dirent *entry;
	DIR *dir = opendir(proc_root);

	if (!dir)
		return err_set(err, ERR_IO, errno, "cannot read %s", proc_root);
	while ((entry = readdir(dir))) {
		struct xlproc proc;
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (!isdigit((unsigned char)entry->d_name[0]) || *end || pid <= 0 || pid > INT_MAX)
			continue;
		if (!look_at(proc_root, (pid_t)pid, &proc))
			continue;
		list.item = xreallocarray(list.item, list.count + 1, sizeof(*list.item));
		list.item[list.count++] = proc;
	}
	closedir(dir);
	*ret_list = list;
	return 0;
}

void xlproc_list_dispose(struct xlproc_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->item[i].pidfd >= 0)
			close(list->item[i].pidfd);
	}
	free(list->item);
	*list = (struct xlproc_list){0};
}
