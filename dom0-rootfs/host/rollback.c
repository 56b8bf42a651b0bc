/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A change that goes back by itself unless somebody confirms it. */
#define _GNU_SOURCE
#include "rollback.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "store.h"

#define LOG_PATH "/var/log/domus-apply.log"

enum { POLL_MS = 200, CONFIRM_WAIT_MS = 30000 };

static int64_t now_ms(void)
{
	struct timespec t;
	/* BOOTTIME: the time the machine slept counts, too. */
	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool wait_for_confirmation(const struct rollback *change)
{
	int64_t end = now_ms() + (int64_t)change->seconds * 1000;
	for (;;) {
		if (file_exists(change->root, ROLLBACK_CONFIRMED_PATH))
			return true;
		if (now_ms() >= end)
			return false;
		(void)poll(NULL, 0, POLL_MS);
	}
}

static void say_refused(const struct rollback *change)
{
	CLEANUP(mem_free_string)
	char *text = xasprintf(_("a change was not confirmed within %u s and was taken back; it is "
				 "in %s\n"),
		change->seconds, STORE_REFUSED_PATH);
	(void)fprintf(stderr, "domus-host: %s", text);
	(void)file_make_dirs(change->root, "/run/domus/failed", 0755, NULL);
	(void)file_write(change->root, ROLLBACK_FAILED_PATH, text, strlen(text), 0644, NULL);
}

static void go_back(const struct rollback *change)
{
	struct err err = ERR_INIT;
	struct apply_plan plan;
	if (!store_take_back(change->root, &err) || err.code)
		(void)fprintf(stderr, "domus-host: %s\n", err.text);
	apply_plan_build(change->root, change->after, change->before, &plan);
	plan.needs_network |= change->plan->needs_network;
	(void)apply_execute(change->root, &plan, change->after, change->before);
	apply_plan_dispose(&plan);
	say_refused(change);
}

bool rollback_run(const struct rollback *change)
{
	struct err err = ERR_INIT;
	(void)apply_execute(change->root, change->plan, change->before, change->after);
	bool is_confirmed = wait_for_confirmation(change);
	if (is_confirmed) {
		if (file_remove(change->root, STORE_UNCONFIRMED_PATH, &err) < 0 ||
			store_add_good(change->root, change->after_text, &err) < 0)
			(void)fprintf(stderr, "domus-host: %s\n", err.text);
		(void)file_remove(change->root, ROLLBACK_FAILED_PATH, NULL);
	} else {
		go_back(change);
	}
	(void)file_remove(change->root, ROLLBACK_CONFIRMED_PATH, NULL);
	(void)file_remove(change->root, ROLLBACK_PENDING_PATH, NULL);
	return is_confirmed;
}

/* No terminal, no session of the caller's; what is said goes to a file of its own. */
static void leave_session(const char *root)
{
	CLEANUP(mem_free_string)
	char *log = xasprintf("%s%s", strcmp(root, "/") == 0 ? "" : root, LOG_PATH);
	(void)setsid();
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_DFL);
	int in = open("/dev/null", O_RDWR | O_CLOEXEC);
	int out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	(void)dup2(in, STDIN_FILENO);
	(void)dup2(out >= 0 ? out : in, STDOUT_FILENO);
	(void)dup2(out >= 0 ? out : in, STDERR_FILENO);
	if (chdir("/") < 0)
		(void)fprintf(stderr, "domus-host: chdir: %s\n", strerror(errno));
}

static int prepare(const struct rollback *change, struct err *err)
{
	const char *root = change->root;
	CLEANUP(mem_free_string)
	char *seconds = xasprintf("%lld %u\n", (long long)now_ms() / 1000, change->seconds);
	if (file_make_dirs(root, "/run/domus", 0755, err) < 0 ||
		file_make_dirs(root, "/var/lib/domus", 0755, err) < 0 ||
		file_remove(root, ROLLBACK_CONFIRMED_PATH, err) < 0 ||
		file_remove(root, ROLLBACK_FAILED_PATH, err) < 0 ||
		file_write(root, ROLLBACK_PENDING_PATH, seconds, strlen(seconds), 0644, err) < 0)
		return -1;
	/* Left by a process that was killed: what was good before it still is where to go back to. */
	if (file_exists(root, STORE_UNCONFIRMED_PATH))
		return 0;
	return file_write(root, STORE_UNCONFIRMED_PATH, change->before_text,
		strlen(change->before_text), 0600, err);
}

int rollback_start(const struct rollback *change, struct err *err)
{
	if (prepare(change, err) < 0)
		return -1;
	(void)fflush(stdout);
	(void)fflush(stderr);
	pid_t pid = fork();
	if (pid < 0) {
		int sys = errno;
		(void)file_remove(change->root, STORE_UNCONFIRMED_PATH, NULL);
		(void)file_remove(change->root, ROLLBACK_PENDING_PATH, NULL);
		return err_set(err, ERR_IO, sys, "%s", _("cannot start a process"));
	}
	if (pid == 0) {
		/* Twice, so that its end is init's business, not the caller's. */
		if (fork() != 0)
			_exit(0);
		leave_session(change->root);
		_exit(rollback_run(change) ? 0 : 1);
	}
	(void)waitpid(pid, NULL, 0);
	return 0;
}

int rollback_confirm(const char *root, struct err *err)
{
	if (!file_exists(root, ROLLBACK_PENDING_PATH))
		return err_set(err, ERR_MISSING, 0, "%s", _("no change waits for a confirmation"));
	if (file_write(root, ROLLBACK_CONFIRMED_PATH, "", 0, 0600, err) < 0)
		return -1;
	for (int waited = 0; waited < CONFIRM_WAIT_MS; waited += POLL_MS) {
		if (!file_exists(root, ROLLBACK_PENDING_PATH)) {
			if (file_exists(root, ROLLBACK_FAILED_PATH))
				return err_set(err, ERR_TIMEOUT, 0, "%s",
					_("too late: the change was taken back already"));
			return 0;
		}
		(void)poll(NULL, 0, POLL_MS);
	}
	return err_set(err, ERR_TIMEOUT, 0, "%s", _("the change is still being made"));
}
