/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one way to run a program: an argv array, no shell, its output caught, a time limit. */
#define _GNU_SOURCE
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"

enum { OUTPUT_MAX_DEFAULT = 64 * 1024, DRAIN_TICK_MS = 50 };

struct child {
	pid_t pid;
	int out_fd;
	int err_fd;
	int fail_fd; /* errno of an exec that failed; closed by one that worked */
	bool has_ended;
	int status;
};

static void child_close(struct child *c)
{
	file_close(&c->out_fd);
	file_close(&c->err_fd);
	file_close(&c->fail_fd);
}

static int64_t now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * Standard input from memory instead of a pipe: no SIGPIPE, no deadlock with a program that
 * writes before it reads. Descriptor or -1 with errno.
 */
static int open_input(const struct proc_spec *spec)
{
	if (!spec->input)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	int fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	for (size_t done = 0; done < spec->input_len;) {
		ssize_t n = write(fd, spec->input + done, spec->input_len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			file_close(&fd);
			return -1;
		}
		done += (size_t)n;
	}
	(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

/* In the child: only calls that are safe after fork(). */
static void exec_child(
	const struct proc_spec *spec, int in, int out, int errs, int fail_fd) ATTR_NORETURN;
static void exec_child(const struct proc_spec *spec, int in, int out, int errs, int fail_fd)
{
	(void)setpgid(0, 0);
	sigset_t none;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
		dup2(errs, STDERR_FILENO) >= 0)
		(void)execvp(spec->argv[0], (char *const *)(uintptr_t)spec->argv);
	int sys = errno;
	ssize_t n = write(fail_fd, &sys, sizeof(sys));
	(void)n;
	_exit(127);
}

/* A pipe whose ends are never 0, 1 or 2, so that the child's dup2() cannot step on them. */
static int make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		if (ends[i] > STDERR_FILENO)
			continue;
		int moved = fcntl(ends[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (moved < 0)
			return -1;
		(void)close(ends[i]);
		ends[i] = moved;
	}
	return 0;
}

/* Opens what the child needs, forks; 0 or -1 with errno. */
static int start(const struct proc_spec *spec, struct child *c)
{
	int out[2] = {-1, -1};
	int errs[2] = {-1, -1};
	int fails[2] = {-1, -1};
	int in = open_input(spec);
	pid_t pid = -1;
	if (in >= 0 && make_pipe(out) == 0 && make_pipe(errs) == 0 && make_pipe(fails) == 0)
		pid = fork();
	if (pid == 0)
		exec_child(spec, in, out[1], errs[1], fails[1]);
	int sys = errno;
	file_close(&in);
	file_close(&out[1]);
	file_close(&errs[1]);
	file_close(&fails[1]);
	c->pid = pid;
	c->out_fd = out[0];
	c->err_fd = errs[0];
	c->fail_fd = fails[0];
	if (pid < 0) {
		child_close(c);
		errno = sys;
		return -1;
	}
	/* Both sides, so that neither has to win a race. */
	(void)setpgid(pid, pid);
	(void)fcntl(c->out_fd, F_SETFL, O_NONBLOCK);
	(void)fcntl(c->err_fd, F_SETFL, O_NONBLOCK);
	return 0;
}

/* Takes what is there; closes at end of file. */
static void drain(int *fd, struct str *text, size_t max_bytes)
{
	char buf[4096];
	while (*fd >= 0) {
		ssize_t n = read(*fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			file_close(fd);
			return;
		}
		size_t room = max_bytes - text->len;
		str_add_bytes(text, buf, (size_t)n < room ? (size_t)n : room);
	}
}

static void reap(struct child *c, int flags)
{
	pid_t r;
	do {
		r = waitpid(c->pid, &c->status, flags);
	} while (r < 0 && errno == EINTR);
	/* ECHILD: the caller ignores SIGCHLD; what is not known is no success. */
	if (r == c->pid || r < 0) {
		c->has_ended = true;
		if (r < 0)
			c->status = 255 << 8; /* exit code 255, as waitpid() says it */
	}
}

/* Milliseconds to wait in poll(): short once the pipes say nothing more. */
static int tick(const struct child *c, int64_t deadline)
{
	int64_t wait = c->out_fd < 0 && c->err_fd < 0 ? 2 : DRAIN_TICK_MS;
	if (deadline >= 0) {
		int64_t left = deadline - now_ms();
		if (left < wait)
			wait = left > 0 ? left : 0;
	}
	return (int)wait;
}

/*
 * Collects output until the program ends. Its end counts, not that of its pipes: a daemon that it
 * left behind may hold them for ever. False when the time ran out.
 */
static bool collect(struct child *c, struct proc_result *res, size_t max_bytes, int64_t deadline)
{
	while (!c->has_ended) {
		struct pollfd fds[2] = {
			{.fd = c->out_fd, .events = POLLIN}, {.fd = c->err_fd, .events = POLLIN}};
		(void)poll(fds, 2, tick(c, deadline));
		reap(c, WNOHANG);
		drain(&c->out_fd, &res->output, max_bytes);
		drain(&c->err_fd, &res->errors, max_bytes);
		if (!c->has_ended && deadline >= 0 && now_ms() >= deadline)
			return false;
	}
	return true;
}

/* 0, or errno of an exec that failed. */
static int exec_failure(int fail_fd)
{
	int sys = 0;
	ssize_t n;
	do {
		n = read(fail_fd, &sys, sizeof(sys));
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(sys) ? sys : 0;
}

int proc_run(const struct proc_spec *spec, struct proc_result *ret_result, struct err *err)
{
	struct child c = {.out_fd = -1, .err_fd = -1, .fail_fd = -1};
	const char *name = spec->argv[0];
	size_t max_bytes = spec->output_max_bytes ? spec->output_max_bytes : OUTPUT_MAX_DEFAULT;
	if (start(spec, &c) < 0)
		return err_set(err, ERR_PROC, errno, _("cannot run %s"), name);
	int64_t deadline = spec->timeout_ms ? now_ms() + spec->timeout_ms : -1;
	int exec_errno = exec_failure(c.fail_fd);
	if (exec_errno) {
		reap(&c, 0);
		child_close(&c);
		return err_set(err, ERR_PROC, exec_errno, _("cannot run %s"), name);
	}
	bool is_in_time = collect(&c, ret_result, max_bytes, deadline);
	if (!is_in_time) {
		(void)kill(-c.pid, SIGKILL);
		reap(&c, 0);
	}
	child_close(&c);
	if (!is_in_time)
		return err_set(err, ERR_TIMEOUT, 0,
			_("%s did not end within %u.%u s and was stopped"), name,
			spec->timeout_ms / 1000, spec->timeout_ms % 1000 / 100);
	ret_result->exit_code =
		WIFSIGNALED(c.status) ? 128 + WTERMSIG(c.status) : WEXITSTATUS(c.status);
	return 0;
}

int proc_pipe_open(const char *const *argv, struct proc_pipe *ret_pipe, struct err *err)
{
	const struct proc_spec spec = {.argv = argv};
	int in[2] = {-1, -1};
	int out[2] = {-1, -1};
	int fails[2] = {-1, -1};
	int errs = memfd_create("errors", MFD_CLOEXEC);
	pid_t pid = -1;
	if (errs >= 0 && make_pipe(in) == 0 && make_pipe(out) == 0 && make_pipe(fails) == 0)
		pid = fork();
	if (pid == 0)
		exec_child(&spec, in[0], out[1], errs, fails[1]);
	int sys = errno;
	file_close(&in[0]);
	file_close(&out[1]);
	file_close(&fails[1]);
	*ret_pipe =
		(struct proc_pipe){.pid = pid, .in_fd = in[1], .out_fd = out[0], .err_fd = errs};
	if (pid > 0)
		sys = exec_failure(fails[0]);
	file_close(&fails[0]);
	if (pid > 0 && sys == 0)
		return 0;
	proc_pipe_close(ret_pipe, 0, NULL);
	return err_set(err, ERR_PROC, sys, _("cannot run %s"), argv[0]);
}

void proc_pipe_errors(const struct proc_pipe *pipe, struct str *ret_errors)
{
	char buf[4096];
	ssize_t n;
	for (off_t at = 0; pipe->err_fd >= 0; at += n) {
		n = pread(pipe->err_fd, buf, sizeof(buf), at);
		if (n <= 0 || ret_errors->len > OUTPUT_MAX_DEFAULT)
			break;
		str_add_bytes(ret_errors, buf, (size_t)n);
	}
}

void proc_pipe_close(struct proc_pipe *pipe, unsigned timeout_ms, struct str *ret_errors)
{
	struct child c = {.pid = pipe->pid};
	file_close(&pipe->in_fd);
	file_close(&pipe->out_fd);
	for (int64_t end = now_ms() + timeout_ms; pipe->pid > 0 && !c.has_ended;) {
		reap(&c, WNOHANG);
		if (c.has_ended || now_ms() >= end)
			break;
		(void)poll(NULL, 0, DRAIN_TICK_MS);
	}
	if (pipe->pid > 0 && !c.has_ended) {
		(void)kill(-pipe->pid, SIGKILL);
		(void)kill(pipe->pid, SIGKILL);
		reap(&c, 0);
	}
	if (ret_errors)
		proc_pipe_errors(pipe, ret_errors);
	file_close(&pipe->err_fd);
	*pipe = (struct proc_pipe)PROC_PIPE_INIT;
}

const char *proc_last_line(const struct str *text, size_t *ret_len)
{
	size_t end = text->len;
	while (end > 0 && (text->data[end - 1] == '\n' || text->data[end - 1] == '\r'))
		end--;
	size_t begin = end;
	while (begin > 0 && text->data[begin - 1] != '\n')
		begin--;
	*ret_len = end - begin;
	return str_text(text) + begin;
}

int proc_run_ok(const struct proc_spec *spec, struct err *err)
{
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	if (proc_run(spec, &result, err) < 0)
		return -1;
	if (result.exit_code == 0)
		return 0;
	size_t len;
	const char *line = proc_last_line(&result.errors, &len);
	if (len == 0)
		return err_set(err, ERR_PROC, 0, _("%s failed with exit code %d"), spec->argv[0],
			result.exit_code);
	return err_set(err, ERR_PROC, 0, _("%s failed: %.*s"), spec->argv[0],
		(int)(len < 400 ? len : 400), line);
}

int proc_run_output(const struct proc_spec *spec, struct str *ret_output, struct err *err)
{
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	if (proc_run(spec, &result, err) < 0)
		return -1;
	if (ret_output)
		str_add(ret_output, "%s", str_text(&result.output));
	if (result.exit_code == 0)
		return 0;
	const char *text = str_text(&result.errors);
	return err_set(err, ERR_PROC, 0, "%s: %.*s", spec->name ? spec->name : spec->argv[0],
		(int)strcspn(text, "\n"), text);
}

void proc_result_dispose(struct proc_result *result)
{
	str_dispose(&result->output);
	str_dispose(&result->errors);
}
