/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock that hotplug scripts share: Xen's own (locking.sh) claim and release it in the same way. */
#define _GNU_SOURCE
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

enum { WAIT_S = 30 };

static void on_alarm(int signal_number)
{
	(void)signal_number; /* only to end flock() */
}

static int lock_file(struct lock *lock, struct err *err)
{
	lock->fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock->fd < 0)
		return err_set(err, ERR_IO, errno, "cannot open %s", lock->path);
	if (flock(lock->fd, LOCK_EX) == 0)
		return 0;
	int reason = errno;
	file_close(&lock->fd);
	if (reason == EINTR)
		return err_set(err, ERR_TIMEOUT, 0,
			"another hotplug script has held %s for %d s; `ps` shows which", lock->path,
			WAIT_S);
	return err_set(err, ERR_IO, reason, "cannot lock %s", lock->path);
}

/* Whoever releases removes the file: a lock on a file that is no longer there is none. */
static bool is_current(const struct lock *lock)
{
	struct stat ours, there;
	return fstat(lock->fd, &ours) == 0 && stat(lock->path, &there) == 0 &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

int lock_claim(const char *directory, const char *name, struct lock *lock, struct err *err)
{
	struct sigaction action = {.sa_handler = on_alarm}; /* no SA_RESTART */
	int rc;

	(void)snprintf(lock->path, sizeof(lock->path), "%s/%s", directory, name);
	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		return err_set(err, ERR_IO, errno, "cannot make %s", directory);
	(void)sigaction(SIGALRM, &action, NULL);
	(void)alarm(WAIT_S);
	while ((rc = lock_file(lock, err)) == 0 && !is_current(lock))
		file_close(&lock->fd);
	(void)alarm(0);
	return rc;
}

void lock_release(struct lock *lock)
{
	if (lock->fd < 0)
		return;
	(void)unlink(lock->path);
	file_close(&lock->fd);
}
