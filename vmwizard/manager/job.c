/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work beside the list. */
#define _GNU_SOURCE
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"
#include "vmwizard/list.h"

/* Lines of the pipe: a letter and a text without \n. */
#define TELL_COMMAND 'C'
#define TELL_AMOUNT 'A'
#define TELL_NOTE 'N'
#define TELL_ERROR 'E'
#define TELL_DONE 'D'

static void tell(int fd, char kind, const char *text)
{
	CLEANUP(mem_free_string) char *line = xasprintf("%c%s\n", kind, text);
	size_t len = strlen(line);

	for (char *p = line + 1; p < line + len - 1; p++) {
		if (*p == '\n')
			*p = ' ';
	}
	/* Nobody may be there any more to read it: no reason to stop the work. */
	if (write(fd, line, len) < 0)
		return;
}

void job_say_command(const struct job_out *out, const char *command)
{
	tell(out->fd, TELL_COMMAND, command);
}

void job_say_note(const struct job_out *out, const char *note)
{
	tell(out->fd, TELL_NOTE, note);
}

void job_say_amount(const struct job_out *out, uint64_t done_bytes, uint64_t total_bytes)
{
	CLEANUP(mem_free_string)
	char *text = xasprintf("%" PRIu64 " %" PRIu64, done_bytes, total_bytes);

	tell(out->fd, TELL_AMOUNT, text);
}

/* The screen belongs to the parent: whatever a library prints goes nowhere. */
static void leave_terminal(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		(void)dup2(fd, STDIN_FILENO);
		(void)dup2(fd, STDOUT_FILENO);
		(void)dup2(fd, STDERR_FILENO);
	}
	(void)setsid();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
}

static void ATTR_NORETURN run_child(int fd, job_work *work, const void *arg)
{
	const struct job_out out = {.fd = fd};
	struct err err = ERR_INIT;

	leave_terminal();
	if (work(&out, arg, &err) != 0)
		tell(fd, TELL_ERROR, err.text);
	else
		tell(fd, TELL_DONE, "");
	_exit(0);
}

int job_start(struct job *job, const char *guest, const char *what, job_work *work, const void *arg,
	struct err *err)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_set(err, ERR_IO, errno, "cannot make a pipe");
	pid = fork();
	if (pid < 0) {
		(void)close(fds[0]);
		(void)close(fds[1]);
		return err_set(err, ERR_IO, errno, "cannot start a process");
	}
	if (pid == 0)
		run_child(fds[1], work, arg);
	(void)close(fds[1]);
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	*job = (struct job){.guest = xstrdup(guest),
		.what = xstrdup(what),
		.command = xstrdup(""),
		.note = xstrdup(""),
		.started_ms = vm_now_ms(),
		.pid = pid,
		.fd = fds[0],
		.line = STR_INIT};
	return 0;
}

static void set_text(char **text, const char *value)
{
	free(*text);
	*text = xstrdup(value);
}

/* Less than before: the next of several passes. */
static void take_amount(struct job *job, const char *text)
{
	uint64_t before = job->done_bytes;

	if (sscanf(text, "%" SCNu64 " %" SCNu64, &job->done_bytes, &job->total_bytes) != 2)
		job->done_bytes = job->total_bytes = 0;
	if (!job->amount_ms || job->done_bytes < before)
		job->amount_ms = vm_now_ms();
}

static void take_line(struct job *job, const char *line)
{
	switch (line[0]) {
	case TELL_COMMAND:
		set_text(&job->command, line + 1);
		job->done_bytes = job->total_bytes = 0;
		job->amount_ms = 0;
		break;
	case TELL_AMOUNT:
		take_amount(job, line + 1);
		break;
	case TELL_NOTE:
		set_text(&job->note, line + 1);
		break;
	case TELL_ERROR:
		set_text(&job->error, line + 1);
		break;
	case TELL_DONE:
		job->is_done = true;
		break;
	default:
		break;
	}
}

static void take_bytes(struct job *job, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != '\n') {
			str_add_bytes(&job->line, &bytes[i], 1);
			continue;
		}
		take_line(job, str_text(&job->line));
		str_dispose(&job->line);
	}
}

/* It said neither "done" nor why not: it was killed or crashed. */
static void end(struct job *job)
{
	int status = 0;

	(void)close(job->fd);
	job->fd = -1;
	(void)waitpid(job->pid, &status, 0);
	if (job->is_done || job->error)
		return;
	if (WIFSIGNALED(status))
		job->error = xasprintf("stopped by signal %d", WTERMSIG(status));
	else
		job->error = xstrdup("ended without a result");
}

bool job_poll(struct job *job)
{
	char bytes[4096];
	ssize_t n;

	if (job->fd < 0)
		return true;
	while ((n = read(job->fd, bytes, sizeof(bytes))) > 0)
		take_bytes(job, bytes, (size_t)n);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	end(job);
	return true;
}

void job_dispose(struct job *job)
{
	if (job->fd >= 0 && job->guest)
		(void)close(job->fd);
	free(job->guest);
	free(job->what);
	free(job->command);
	free(job->note);
	free(job->error);
	free(job->follow);
	str_dispose(&job->line);
	*job = (struct job){.fd = -1};
}
