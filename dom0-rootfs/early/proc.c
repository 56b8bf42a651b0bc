/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running programs: argv arrays, no shell. */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const environment[] = {(char *)"PATH=/sbin:/bin:/usr/sbin:/usr/bin", NULL};

int proc_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int proc_run_quiet(char *const argv[])
{
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid == 0) {
		int fd = open("/dev/null", O_RDWR);

		for (int i = 0; i < 3 && fd >= 0; i++)
			dup2(fd, i);
		execve(argv[0], argv, environment);
		_exit(PROC_CANNOT_RUN);
	}
	return proc_wait(pid);
}

pid_t proc_start_filter(char *const argv[], int *ret_to, int *ret_from)
{
	int in[2];
	int out[2];
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) < 0)
		return -1;
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(in[0]);
		close(in[1]);
		return -1;
	}
	pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execve(argv[0], argv, environment);
		_exit(PROC_CANNOT_RUN);
	}
	close(in[0]);
	close(out[1]);
	if (pid < 0) {
		close(in[1]);
		close(out[0]);
		return -1;
	}
	*ret_to = in[1];
	*ret_from = out[0];
	return pid;
}
