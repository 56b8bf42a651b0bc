/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Workers: this same program, started once per action, in a session of its own. */
#define _GNU_SOURCE
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"
#include "monlog.h"

/* The running program even after an upgrade replaced its file. */
#define SELF "/proc/self/exe"

static int spawn(const char *const *argv, pid_t *ret_pid)
{
	posix_spawnattr_t attr;
	sigset_t none, all;
	int sys;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	(void)posix_spawnattr_setflags(
		&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
	sys = posix_spawn(ret_pid, SELF, NULL, &attr, (char *const *)(uintptr_t)argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	return sys;
}

int worker_start(struct workers *workers, const struct act_order *order, struct err *err)
{
	struct worker worker = {.verb = order->verb, .domid = order->domid};
	const char *argv[9];
	size_t argc = 0;
	char domid[16];
	int sys;

	(void)snprintf(worker.uuid, sizeof(worker.uuid), "%s", order->uuid);
	(void)snprintf(domid, sizeof(domid), "%u", order->domid);
	argv[argc++] = "domus-monitor";
	argv[argc++] = monlog_to_syslog() ? "--syslog" : "--stderr";
	argv[argc++] = "--run-dir";
	argv[argc++] = order->run;
	argv[argc++] = "act";
	argv[argc++] = act_verb_word(order->verb);
	argv[argc++] = domid;
	argv[argc++] = order->uuid;
	argv[argc] = NULL;
	sys = spawn(argv, &worker.pid);
	if (sys != 0)
		return err_set(err, ERR_PROC, sys, "cannot start a worker");
	workers->item = xreallocarray(workers->item, workers->count + 1, sizeof(*workers->item));
	workers->item[workers->count++] = worker;
	return 0;
}

bool worker_reap(struct workers *workers, struct worker *ret_worker, int *ret_code)
{
	for (size_t i = 0; i < workers->count; i++) {
		int status;
		pid_t pid = waitpid(workers->item[i].pid, &status, WNOHANG);

		if (pid == 0)
			continue;
		*ret_worker = workers->item[i];
		*ret_code = pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		workers->item[i] = workers->item[--workers->count];
		return true;
	}
	return false;
}

bool workers_have(const struct workers *workers, const char *uuid)
{
	for (size_t i = 0; i < workers->count; i++) {
		if (strcmp(workers->item[i].uuid, uuid) == 0)
			return true;
	}
	return false;
}

void workers_dispose(struct workers *workers)
{
	free(workers->item);
	*workers = (struct workers){0};
}
