/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Talking to whoever sits in front of the machine: every active console says the same. */
#include "console.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CONSOLES 4

struct console {
	char path[40];
	int fd;
};

/* The log of this program: which consoles there are is a fact about the machine. */
static struct console consoles[MAX_CONSOLES];
static unsigned int console_count;

static const char *const tone_color[] = {[TONE_PLAIN] = "",
	[TONE_GOOD] = "\033[32m",
	[TONE_WARN] = "\033[33m",
	[TONE_BAD] = "\033[1;31m"};

static void add_console(const char *name)
{
	struct console *c = &consoles[console_count];
	int flags;

	if (console_count == MAX_CONSOLES || *name == '\0')
		return;
	/* tty0 is whichever virtual terminal is in front; a shell needs one that stays. */
	if (strcmp(name, "tty0") == 0)
		name = "tty1";
	if (text_format(c->path, sizeof(c->path), "/dev/%s", name) < 0)
		return;
	/* Non-blocking only for the open: a serial line without carrier must not stop the boot. */
	c->fd = open(c->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (c->fd < 0)
		return;
	flags = fcntl(c->fd, F_GETFL);
	if (flags >= 0)
		fcntl(c->fd, F_SETFL, flags & ~O_NONBLOCK);
	console_count++;
}

static void open_active(void)
{
	char active[256] = "";
	char *rest = active;
	char *name;

	while (console_count > 0)
		close(consoles[--console_count].fd);
	text_read_file("/sys/class/tty/console/active", active, sizeof(active));
	while ((name = strsep(&rest, " \n")) != NULL)
		add_console(name);
	if (console_count == 0)
		add_console("console");
}

void console_open(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	/* The kernel gives /init these three only if the initramfs itself holds /dev/console. */
	for (int i = 0; i < 3 && fd >= 0; i++)
		if (fd != i)
			dup2(fd, i);
	if (fd > 2)
		close(fd);
	open_active();
}

static void write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		size -= (size_t)n;
	}
}

static void write_consoles(const char *text)
{
	for (unsigned int i = 0; i < console_count; i++)
		write_all(consoles[i].fd, text, strlen(text));
}

static void write_kernel_log(const char *line)
{
	char text[700];
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* Level 7 stays off the consoles, which have the line already. */
	snprintf(text, sizeof(text), "<7>domus: %s\n", line);
	write_all(fd, text, strlen(text));
	close(fd);
}

void console_say(enum tone tone, const char *fmt, ...)
{
	char line[640];
	char text[700];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	snprintf(text, sizeof(text), "%s%s%s\n", tone_color[tone], line,
		tone == TONE_PLAIN ? "" : "\033[0m");
	write_consoles(text);
	write_kernel_log(line);
}

void console_progress(const char *what, unsigned int percent)
{
	char text[200];

	snprintf(text, sizeof(text), "\r%-50s %3u %%%s", what, percent, percent >= 100 ? "\n" : "");
	write_consoles(text);
}

char console_ask(void)
{
	struct pollfd fds[MAX_CONSOLES];
	char line[80];

	for (;;) {
		for (unsigned int i = 0; i < console_count; i++)
			fds[i] = (struct pollfd){.fd = consoles[i].fd, .events = POLLIN};
		if (poll(fds, console_count, -1) < 0)
			continue;
		for (unsigned int i = 0; i < console_count; i++) {
			ssize_t n;

			if (!(fds[i].revents & POLLIN))
				continue;
			n = read(fds[i].fd, line, sizeof(line));
			if (n > 0)
				return isspace((unsigned char)line[0])
					       ? 0
					       : (char)tolower((unsigned char)line[0]);
		}
		for (unsigned int i = 0; i < console_count; i++)
			if (fds[i].revents & (POLLHUP | POLLERR | POLLNVAL))
				usleep(200000); /* a line without carrier: do not spin on it */
	}
}

static pid_t start_shell(const char *path)
{
	static char *const argv[] = {(char *)"-sh", NULL};
	static char *const env[] = {(char *)"PATH=/sbin:/bin:/usr/sbin:/usr/bin",
		(char *)"TERM=linux", (char *)"HOME=/", (char *)"PS1=rescue# ", NULL};
	pid_t pid = fork();
	int fd;

	if (pid != 0)
		return pid;
	setsid();
	fd = open(path, O_RDWR);
	if (fd < 0)
		_exit(127);
	ioctl(fd, TIOCSCTTY, 1);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	execve("/bin/busybox", argv, env);
	_exit(127);
}

void console_shells(void)
{
	pid_t pids[MAX_CONSOLES];
	bool ended = false;

	for (unsigned int i = 0; i < console_count; i++)
		pids[i] = start_shell(consoles[i].path);
	while (!ended) {
		pid_t pid = waitpid(-1, NULL, 0);

		if (pid < 0 && errno == ECHILD)
			break;
		for (unsigned int i = 0; i < console_count; i++)
			ended = ended || pid == pids[i];
	}
	for (unsigned int i = 0; i < console_count; i++)
		if (pids[i] > 0)
			kill(-pids[i], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	open_active(); /* the end of a session hangs its terminal up, for us too */
}
