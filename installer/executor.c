/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carries a plan out in a process of its own; progress, result and log are files. */
#define _GNU_SOURCE
#include "executor.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "exec_private.h"
#include "file.h"
#include "lang.h"
#include "mem.h"

#define STATUS_PATH PLAN_DIR "/status"
#define LOCK_PATH PLAN_DIR "/lock"
#define ABORT_PATH PLAN_DIR "/abort"

enum { STATUS_MAX_BYTES = 65536 };

/* Order of enum executor_state. */
static const char *const state_words[] = {"idle", "running", "done", "failed", "died"};

struct run {
	const struct plan *plan;
	struct executor_status status;
	uint64_t total_weight;
	uint64_t done_weight; /* of the steps behind us */
	int64_t start_ms;
};

static int64_t now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void exec_log(const char *fmt, ...)
{
	CLEANUP(mem_free_string) char *text = NULL;
	va_list ap;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text)
		return;
	size_t len = strlen(text);
	CLEANUP(file_close)
	int fd = open(PLAN_LOG, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	/* A log that cannot be written must not fail an installation. */
	if (fd >= 0) {
		(void)!write(fd, text, len);
		if (len == 0 || text[len - 1] != '\n')
			(void)!write(fd, "\n", 1);
	}
}

char *executor_status_json(const struct executor_status *status)
{
	/* A program's message in another encoding, or cut inside a character, must not lose all. */
	struct executor_status valid = *status;
	const struct executor_status *s = &valid;
	str_make_utf8(valid.title);
	str_make_utf8(valid.error);
	json_t *o = json_pack("{s:s, s:I, s:I, s:i, s:i, s:i, s:s, s:s}", "state",
		state_words[s->state], "step", (json_int_t)s->step, "steps", (json_int_t)s->n_steps,
		"percent", (int)s->percent, "seconds_left", (int)s->seconds_left, "warnings",
		(int)s->n_warnings, "title", s->title, "error", s->error);
	char *text = json_dumps(o, JSON_INDENT(2));
	json_decref(o);
	return text;
}

static void write_status(const struct executor_status *s)
{
	char *text = executor_status_json(s);
	if (text)
		(void)file_write("/", STATUS_PATH, text, strlen(text), 0644, NULL);
	free(text);
}

/* part of whole: how much of the present step is done. */
static void set_progress(struct run *r, uint64_t part, uint64_t whole)
{
	const struct plan_op *op = &r->plan->ops[r->status.step - 1];
	double done = (double)r->done_weight;
	if (whole)
		done += (double)op->weight * (double)part / (double)whole;
	double share = r->total_weight ? done / (double)r->total_weight : 1;
	double elapsed = (double)(now_ms() - r->start_ms) / 1000;
	r->status.percent = (unsigned)(share * 100);
	/* Before something is known of this machine's speed: the planner's guess. */
	double left = share > 0.05 ? elapsed * (1 - share) / share
				   : (double)r->total_weight / 10 * (1 - share);
	r->status.seconds_left = (unsigned)(left + 0.5);
	write_status(&r->status);
}

static void report(void *context, uint64_t done, uint64_t total)
{
	set_progress(context, done, total);
}

static void undo(const struct plan *plan, size_t n_done)
{
	for (size_t i = n_done; i-- > 0;) {
		const struct plan_op *op = &plan->ops[i];
		struct err err = ERR_INIT;
		if (op->undo.count == 0)
			continue;
		CLEANUP(mem_free_string) char *words = strlist_join(&op->undo);
		exec_log("undo: %s", words);
		/* What was closed already says so; the first error is the one that counts. */
		if (exec_run(&op->undo, 60000, &err) < 0)
			exec_log("undo: %s", err.text);
	}
}

/* Where the host's own would be, if the installation came as far as that. */
static void keep_log(void)
{
	if (file_exists("/", PLAN_TARGET "/state/var/log"))
		(void)exec_copy_file(
			PLAN_LOG, PLAN_TARGET "/state/var/log/domus-install.log", NULL);
}

/* 0; -1 with the first error. */
static int run_ops(struct run *r, struct err *err)
{
	const struct exec_progress progress = {.report = report, .context = r};
	for (size_t i = 0; i < r->plan->n_ops; i++) {
		const struct plan_op *op = &r->plan->ops[i];
		CLEANUP(mem_free_string) char *words = strlist_join(&op->argv);
		r->status.step = i + 1;
		(void)snprintf(r->status.title, sizeof(r->status.title), "%s", op->title);
		set_progress(r, 0, 1);
		exec_log("[%zu/%zu] %.1f s: %s: %s", i + 1, r->plan->n_ops,
			(double)(now_ms() - r->start_ms) / 1000, op->title, words);
		int rc = 0;
		struct err step_err = ERR_INIT;
		if (file_exists("/", ABORT_PATH))
			rc = err_set(&step_err, ERR_PROC, 0, _("stopped by the user"));
		else
			rc = exec_op(op, &progress, &step_err);
		if (rc < 0 && op->is_optional) {
			exec_log("warning: %s: %s", op->title, step_err.text);
			r->status.n_warnings++;
		} else if (rc < 0) {
			exec_log("error: %s: %s", op->title, step_err.text);
			keep_log();
			/* The failing step itself may be half done: a mount that timed out. */
			undo(r->plan, i + 1);
			*err = step_err;
			return err_prefix(err, "%s: ", op->title);
		}
		r->done_weight += op->weight;
	}
	return 0;
}

static void run_plan(const struct plan *plan)
{
	struct run r = {.plan = plan, .start_ms = now_ms()};
	struct err err = ERR_INIT;
	for (size_t i = 0; i < plan->n_ops; i++)
		r.total_weight += plan->ops[i].weight;
	r.status.n_steps = plan->n_ops;
	r.status.state = EXECUTOR_RUNNING;
	if (run_ops(&r, &err) < 0) {
		r.status.state = EXECUTOR_FAILED;
		(void)snprintf(r.status.error, sizeof(r.status.error), "%s", err.text);
	} else {
		r.status.state = EXECUTOR_DONE;
		r.status.percent = 100;
		r.status.seconds_left = 0;
	}
	exec_log("%s after %.1f s", state_words[r.status.state],
		(double)(now_ms() - r.start_ms) / 1000);
	write_status(&r.status);
}

/* Nothing that happens to the terminal or its session reaches the child. */
static _Noreturn void child_main(const struct plan *plan)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM};
	(void)setsid();
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int i = 0; null >= 0 && i < 3; i++)
		(void)dup2(null, i);
	run_plan(plan);
	_exit(0);
}

/* The lock's descriptor, or -1: somebody has it. */
static int take_lock(void)
{
	int fd = open(LOCK_PATH, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		file_close(&fd);
	return fd;
}

int executor_start(const struct plan *plan, struct err *err)
{
	const struct executor_status first = {.state = EXECUTOR_RUNNING, .n_steps = plan->n_ops};
	if (file_make_dirs("/", PLAN_DIR, 0700, err) < 0)
		return -1;
	CLEANUP(file_close) int lock = take_lock();
	if (lock < 0)
		return err_set(err, ERR_IO, 0, _("an installation is running already"));
	if (file_remove("/", ABORT_PATH, err) < 0 || file_remove("/", PLAN_LOG, err) < 0)
		return -1;
	write_status(&first);
	pid_t pid = fork();
	if (pid < 0)
		return err_set(err, ERR_PROC, errno, _("cannot start the installation"));
	if (pid == 0)
		child_main(plan);
	return 0;
}

static void copy_text(const json_t *o, const char *name, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(o, name));
	(void)snprintf(out, size, "%s", text ? text : "");
}

static unsigned number_of(const json_t *o, const char *name)
{
	return (unsigned)json_integer_value(json_object_get(o, name));
}

static int read_file(struct executor_status *ret_status, struct err *err)
{
	struct executor_status s = {.state = EXECUTOR_IDLE};
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (file_read("/", STATUS_PATH, STATUS_MAX_BYTES, &text, err) < 0)
		return -1;
	json_t *o = json_loads(str_text(&text), 0, NULL);
	if (!o)
		return err_set(err, ERR_INVALID, 0, _("%s is damaged"), STATUS_PATH);
	char state[16];
	copy_text(o, "state", state, sizeof(state));
	for (size_t i = 0; i < ARRAY_SIZE(state_words); i++)
		if (strcmp(state, state_words[i]) == 0)
			s.state = (enum executor_state)i;
	s.step = number_of(o, "step");
	s.n_steps = number_of(o, "steps");
	s.percent = number_of(o, "percent");
	s.seconds_left = number_of(o, "seconds_left");
	s.n_warnings = number_of(o, "warnings");
	copy_text(o, "title", s.title, sizeof(s.title));
	copy_text(o, "error", s.error, sizeof(s.error));
	json_decref(o);
	*ret_status = s;
	return 0;
}

int executor_read_status(struct executor_status *ret_status, struct err *err)
{
	struct executor_status s = {.state = EXECUTOR_IDLE};
	if (file_exists("/", STATUS_PATH) && read_file(&s, err) < 0)
		return -1;
	if (s.state == EXECUTOR_RUNNING) {
		/* Whoever runs has the lock; its result is written before it lets go. */
		CLEANUP(file_close) int lock = take_lock();
		if (lock >= 0 && read_file(&s, err) < 0)
			return -1;
		if (lock >= 0 && s.state == EXECUTOR_RUNNING)
			s.state = EXECUTOR_DIED;
	}
	*ret_status = s;
	return 0;
}

int executor_abort(struct err *err)
{
	return file_write("/", ABORT_PATH, "", 0, 0600, err);
}
