/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's console on our terminal. */
#define _GNU_SOURCE
#include "console.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "lang.h"
#include "mem.h"

/* What the screen ignores must not be ignored by the program: exec keeps it. */
static void ATTR_NORETURN run_program(char *const *argv)
{
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)execvp(argv[0], argv);
	(void)fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int run_on_terminal(const struct strlist *argv, struct err *err)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return err_set(err, ERR_IO, errno, "cannot start a process");
	if (pid == 0)
		run_program(argv->items);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return err_set(err, ERR_IO, errno, "cannot wait for %s", argv->items[0]);
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, ERR_PROC, 0, _("%s %s ended with an error"), argv->items[0],
			argv->count > 1 ? argv->items[1] : "");
	return 0;
}

/* xl console leaves the terminal raw when the guest takes it away under its feet. */
static int run_and_restore(const struct strlist *argv, struct err *err)
{
	struct termios saved;
	bool is_saved = tcgetattr(STDIN_FILENO, &saved) == 0;
	int rc = run_on_terminal(argv, err);

	if (is_saved)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	return rc;
}

int console_attach(struct ui *ui, const struct vm_action *a, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist argv = STRLIST_INIT;
	CLEANUP(mem_free_string) char *command = NULL;
	int rc;

	if (vm_console_argv(a, &argv, err) != 0)
		return -1;
	command = strlist_join(&argv);
	ui_suspend(ui);
	(void)printf(_("\r\nConsole of %s (%s). Ctrl-] comes back.\r\n\r\n"), a->name, command);
	(void)fflush(stdout);
	rc = a->is_dry ? 0 : run_and_restore(&argv, err);
	ui_resume(ui);
	return rc;
}
