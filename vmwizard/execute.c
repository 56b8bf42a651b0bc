/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carries out a plan; when a step fails, takes back what was done before it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch.h"
#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"
#include "owner.h"
#include "proc.h"
#include "vmwizard/answer.h"
#include "vmwizard/command.h"
#include "vmwizard/host.h"
#include "vmwizard/image.h"
#include "vmwizard/plan.h"

#define FULL_CHUNK NUM_MIB
#define UNDO_TRIES 6
#define UNDO_PAUSE_MS 5000

struct runner {
	const char *root;
	const struct vm_plan *plan;
	const struct vm_progress *progress;
};

static char *under(const struct runner *r, const char *path)
{
	return xasprintf("%s%s", r->root[1] ? r->root : "", path);
}

static int make_parent(const struct runner *r, const char *path, mode_t mode, struct err *err)
{
	CLEANUP(mem_free_string) char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	return file_make_dirs(r->root, dir, mode, err);
}

static bool say_amount(const struct runner *r, uint64_t done, uint64_t total)
{
	const struct vm_progress *p = r->progress;
	return !p || !p->amount || p->amount(p->context, done, total);
}

/* Zeros, written: the space is taken now, or it fails now. */
static int fill(const struct runner *r, int fd, uint64_t bytes, const char *path, struct err *err)
{
	char *zeros = xcalloc(1, FULL_CHUNK);
	int rc = 0;
	for (uint64_t done = 0; rc == 0 && done < bytes;) {
		uint64_t left = bytes - done;
		ssize_t n = write(fd, zeros, left < FULL_CHUNK ? (size_t)left : FULL_CHUNK);
		if (n < 0 && errno != EINTR)
			rc = err_set(err, ERR_IO, errno, _("cannot write %s"), path);
		else if (n > 0)
			done += (uint64_t)n;
		if (rc == 0 && !say_amount(r, done, bytes))
			rc = err_set(err, ERR_INVALID, 0, _("cancelled"));
	}
	free(zeros);
	return rc;
}

/* It was not there before: whoever may have owned an older one of its name has nothing left. */
static int own(const struct runner *r, const char *path, bool is_taken, struct err *err)
{
	struct owner self;
	const char *uuid = r->plan->uuid ? r->plan->uuid : "";
	const char *name = r->plan->name ? r->plan->name : "";
	if (!owner_concerns(r->root, path))
		return 0;
	int rc = owner_self(r->root, uuid, name, &self, err);
	if (rc == 0)
		rc = is_taken ? owner_take(r->root, path, &self, err)
			      : owner_release(r->root, path, &self, err);
	owner_dispose(&self);
	return rc;
}

static int run_file(const struct runner *r, const struct vm_step *step, struct err *err)
{
	CLEANUP(mem_free_string) char *path = under(r, step->path);
	if (make_parent(r, step->path, 0755, err) < 0)
		return -1;
	CLEANUP(file_close)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_set(err, ERR_IO, errno, _("cannot make %s"), step->path);
	int rc = 0;
	if (step->size_bytes > INT64_MAX || ftruncate(fd, (off_t)step->size_bytes) < 0)
		rc = err_set(err, ERR_IO, errno, _("cannot make %s"), step->path);
	else if (step->is_full && posix_fallocate(fd, 0, (off_t)step->size_bytes) != 0)
		rc = fill(r, fd, step->size_bytes, step->path, err);
	if (rc == 0 && fsync(fd) < 0)
		rc = err_set(err, ERR_IO, errno, _("cannot write %s"), step->path);
	if (rc == 0)
		rc = own(r, step->path, true, err);
	/* A half-made file is ours: it was not there before. */
	if (rc < 0)
		(void)unlink(path);
	return rc;
}

static int run_write(const struct runner *r, const struct vm_step *step, struct err *err)
{
	bool is_ours = strncmp(step->path, "/run/", 5) == 0;
	if (!is_ours && file_exists(r->root, step->path))
		return err_set(err, ERR_INVALID, 0, _("%s is there already"), step->path);
	if (make_parent(r, step->path, 0755, err) < 0)
		return -1;
	return file_write(r->root, step->path, step->text, strlen(step->text), 0600, err);
}

/* A proxy's or hotel's page in place of a kernel. */
static int check_kernel(const struct runner *r, const struct vm_step *step, struct err *err)
{
	enum image_kind kind;
	uint64_t bytes;
	if (image_look(r->root, step->path, &kind, &bytes, NULL, err) < 0)
		return -1;
	if (kind == IMAGE_KERNEL || kind == IMAGE_PACKED)
		return 0;
	(void)file_remove(r->root, step->path, NULL);
	return err_set(err, ERR_INVALID, 0, _("what came from there is no kernel"));
}

static int run_fetch(const struct runner *r, const struct vm_step *step, struct err *err)
{
	const struct fetch_spec spec = {.root = r->root,
		.url = step->url,
		.path = step->path,
		.sha256 = step->sha256 && step->sha256[0] ? step->sha256 : NULL,
		.amount = r->progress ? r->progress->amount : NULL,
		.context = r->progress ? r->progress->context : NULL,
		.max_bytes = 4 * NUM_GIB};
	if (make_parent(r, step->path, 0700, err) < 0)
		return -1;
	if (fetch_file(&spec, err) < 0)
		return -1;
	return step->is_kernel ? check_kernel(r, step, err) : 0;
}

static int run_link(const struct runner *r, const struct vm_step *step, struct err *err)
{
	if (make_parent(r, step->path, 0755, err) < 0)
		return -1;
	return file_symlink(r->root, step->path, step->text, err);
}

static int run_start(const struct runner *r, const struct vm_step *step, struct err *err)
{
	if (command_run(&step->argv, COMMAND_START_MS, err) < 0)
		return -1;
	return command_wait_alive(r->plan->name, err);
}

/* A program that the kernel ends for lack of memory leaves half of its work, and its undoing ends likewise. */
static int run_program(const struct runner *r, const struct vm_step *step, struct err *err)
{
	uint64_t room_kib = vm_dom0_available_kib(r->root);
	if (room_kib && room_kib < VM_DOM0_RESERVE_KIB)
		return err_set(err, ERR_RANGE, 0,
			_("dom0 has %" PRIu64
			  " MiB of memory available, %s needs %u MiB; stop a guest or give dom0 more"),
			room_kib / 1024, step->argv.items[0], VM_DOM0_RESERVE_KIB / 1024);
	return command_run(&step->argv, COMMAND_START_MS, err);
}

static int run_step(const struct runner *r, const struct vm_step *step, struct err *err)
{
	switch (step->kind) {
	case VM_STEP_FETCH:
		return run_fetch(r, step, err);
	case VM_STEP_RUN:
		return run_program(r, step, err);
	case VM_STEP_FILE:
		return run_file(r, step, err);
	case VM_STEP_WRITE:
		return run_write(r, step, err);
	case VM_STEP_ANSWER:
		return answer_add(r->root, step, err);
	case VM_STEP_LINK:
		return run_link(r, step, err);
	case VM_STEP_REMOVE:
		/* The guest runs by then: what cannot be tidied up is no reason to undo it. */
		(void)file_remove(r->root, step->path, NULL);
		return 0;
	case VM_STEP_START:
		return run_start(r, step, err);
	}
	return 0;
}

/* Does this step make the guest run? */
static bool is_domain(const struct vm_step *step)
{
	return step->kind == VM_STEP_START ||
	       (step->argv.count > 1 && strcmp(step->argv.items[0], "xl") == 0 &&
		       strcmp(step->argv.items[1], "create") == 0);
}

/* A program that did not come to its end may have done its work: a volume that was not there before is there. */
static bool is_half_done(const struct vm_step *step, const struct err *err)
{
	return step->kind == VM_STEP_RUN && (err->code == ERR_KILLED || err->code == ERR_TIMEOUT);
}

/* Tried again when the kernel ended the program for lack of memory. False: nobody knows what is left. */
static bool undo_by_program(const struct vm_step *step)
{
	struct err why = ERR_INIT;
	for (int try = 1;; try++) {
		int rc = command_run(&step->undo, COMMAND_START_MS, &why);
		if (rc == 0 || !is_half_done(step, &why))
			return true;
		if (try == UNDO_TRIES)
			return false;
		(void)poll(NULL, 0, UNDO_PAUSE_MS);
	}
}

static void undo_step(const struct runner *r, const struct vm_step *step, struct strlist *ret_left)
{
	if (is_domain(step)) {
		command_take_away(r->plan->uuid);
		return;
	}
	if (step->undo.count) {
		if (!undo_by_program(step))
			strlist_add(ret_left, step->what);
		return;
	}
	switch (step->kind) {
	case VM_STEP_FILE:
		(void)own(r, step->path, false, NULL);
		(void)file_remove(r->root, step->path, NULL);
		break;
	case VM_STEP_FETCH:
	case VM_STEP_WRITE:
	case VM_STEP_LINK:
	case VM_STEP_ANSWER:
		(void)file_remove(r->root, step->path, NULL);
		break;
	case VM_STEP_RUN:
	case VM_STEP_REMOVE:
	case VM_STEP_START:
		break;
	}
}

/* Directories that a fetch made, if nothing else is in them. */
static void tidy_dirs(const struct runner *r)
{
	for (size_t i = 0; i < r->plan->n_steps; i++) {
		const struct vm_step *step = &r->plan->steps[i];
		if (step->kind != VM_STEP_FETCH && step->kind != VM_STEP_ANSWER)
			continue;
		CLEANUP(mem_free_string) char *path = under(r, step->path);
		*strrchr(path, '/') = '\0';
		(void)rmdir(path);
	}
}

void vm_plan_undo(const char *root, const struct vm_plan *plan)
{
	const struct runner r = {.root = root, .plan = plan};
	CLEANUP(strlist_dispose) struct strlist left = STRLIST_INIT;
	for (size_t i = plan->n_steps; i > 0; i--)
		undo_step(&r, &plan->steps[i - 1], &left);
	tidy_dirs(&r);
}

int vm_plan_execute(const char *root, const struct vm_plan *plan,
	const struct vm_progress *progress, struct err *err)
{
	const struct runner r = {.root = root, .plan = plan, .progress = progress};
	CLEANUP(file_close) int lock = -1;
	CLEANUP(strlist_dispose) struct strlist left = STRLIST_INIT;
	struct err why = ERR_INIT;
	const char *what = "";
	size_t done = 0;
	int rc = 0;
	for (; rc == 0 && done < plan->n_steps; done += rc == 0) {
		const struct vm_step *step = &plan->steps[done];
		if (progress && progress->step)
			progress->step(progress->context, done, plan->n_steps, step->what);
		if (is_domain(step) && plan->uuid && lock < 0)
			lock = command_lock(root, plan->uuid);
		rc = run_step(&r, step, &why);
		if (rc < 0) {
			what = step->what;
			(void)err_set(err, why.code, 0, "%s: %s", what, why.text);
			/*
			 * A domain that was half made (xl killed), or does not live, is taken away
			 * too; by its uuid: the name may be another's by now.
			 */
			if (is_domain(step))
				command_take_away(plan->uuid);
			else if (is_half_done(step, &why))
				undo_step(&r, step, &left);
		}
	}
	while (rc < 0 && done > 0)
		undo_step(&r, &plan->steps[--done], &left);
	tidy_dirs(&r);
	if (left.count) {
		CLEANUP(mem_free_string) char *all = strlist_join(&left);
		(void)err_set(
			err, why.code, 0, _("%s: %s; may be left behind: %s"), what, why.text, all);
	}
	return rc;
}
