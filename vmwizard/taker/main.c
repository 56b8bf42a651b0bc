/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * take-kernel: bootloader= of an xl.cfg. Takes kernel and initrd out of a PV guest's own disk, so
 * that it boots what it installed, also kernels that GRUB for Xen cannot read (zstd). libxl calls
 * it with --output=FILE --output-format=simple0 --output-directory=DIR [--args=TEXT] DISK.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "proc.h"
#include "vmwizard/image.h"
#include "vmwizard/taker/confine.h"
#include "vmwizard/taker/menu.h"
#include "vmwizard/taker/take.h"

#define LIMIT_MS 120000

struct options {
	const char *output, *directory, *args, *disk;
	bool is_unconfined; /* tests, which have no right to confine */
};

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{"output", required_argument, NULL, 'o'},
		{"output-directory", required_argument, NULL, 'd'},
		{"output-format", required_argument, NULL, 'f'},
		{"args", required_argument, NULL, 'a'},
		{"kernel", required_argument, NULL, 'i'},
		{"ramdisk", required_argument, NULL, 'i'},
		{"unconfined", no_argument, NULL, 'u'},
		{NULL, 0, NULL, 0},
	};
	int c;
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'o')
			o->output = optarg;
		else if (c == 'd')
			o->directory = optarg;
		else if (c == 'a')
			o->args = optarg;
		else if (c == 'u')
			o->is_unconfined = true;
		else if (c == '?' || (c == 'f' && strcmp(optarg, "simple0") != 0))
			return -1;
	}
	if (optind != argc - 1 || !o->output || !o->directory)
		return -1;
	o->disk = argv[optind];
	return 0;
}

/* The block device of a disk; a file gets a read-only loop device, *ret_loop, to be freed. */
static int find_device(const char *path, dev_t *ret_device, char **ret_loop, struct err *err)
{
	const char *const argv[] = {"losetup", "-r", "-f", "--show", path, NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = 20000};
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	struct stat st;
	if (stat(path, &st) < 0)
		return err_set(err, ERR_IO, errno, "%s", path);
	if (S_ISBLK(st.st_mode)) {
		*ret_device = st.st_rdev;
		return 0;
	}
	if (proc_run(&spec, &result, err) < 0)
		return -1;
	CLEANUP(mem_free_string)
	char *loop = xstrndup(str_text(&result.output), strcspn(str_text(&result.output), "\n"));
	if (result.exit_code != 0 || stat(loop, &st) < 0 || !S_ISBLK(st.st_mode))
		return err_set(err, ERR_IO, 0, _("no loop device for %s"), path);
	*ret_loop = xstrdup(loop);
	*ret_device = st.st_rdev;
	return 0;
}

static void free_loop(const char *loop)
{
	const char *const argv[] = {"losetup", "-d", loop, NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = 20000};
	if (loop)
		(void)proc_run_ok(&spec, NULL);
}

/* In the child: never returns. Its reason goes to standard error, which xl shows. */
static void run_child(const struct options *o, dev_t device, struct take_job *job)
{
	struct err err = ERR_INIT;
	job->disk = o->is_unconfined ? o->disk : CONFINE_DISK;
	if (!o->is_unconfined && confine(device, &err) < 0) {
		(void)fprintf(stderr, "take-kernel: %s\n", err.text);
		_exit(1);
	}
	/* Into the new PID namespace: when its first process ends, all of it does. */
	pid_t pid = fork();
	if (pid == 0) {
		int rc = take_kernel(job, &err);
		if (rc < 0)
			(void)fprintf(stderr, "take-kernel: %s\n", err.text);
		_exit(rc < 0);
	}
	int status = 1;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* The arguments the child found, and its end; killed when it takes too long. */
static int wait_child(pid_t pid, int fd, char args[MENU_ARGS_MAX], struct err *err)
{
	size_t n = 0;
	int status = 0;
	bool is_late = false;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	for (;;) {
		is_late = poll(&p, 1, LIMIT_MS) <= 0;
		ssize_t got = is_late ? 0 : read(fd, args + n, MENU_ARGS_MAX - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	if (is_late)
		(void)kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	args[n] = '\0';
	args[strcspn(args, "\n")] = '\0';
	if (is_late)
		return err_set(err, ERR_TIMEOUT, 0, _("the guest's disk took too long to read"));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, ERR_PROC, 0, _("no kernel was found on the guest's disk"));
	return 0;
}

static int take_confined(const struct options *o, dev_t device, struct take_job *job,
	char args[MENU_ARGS_MAX], struct err *err)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set(err, ERR_IO, errno, _("no pipe"));
	job->args_fd = fds[1];
	pid_t pid = fork();
	if (pid == 0) {
		(void)setpgid(0, 0);
		run_child(o, device, job);
	}
	close(fds[1]);
	int rc = pid < 0 ? err_set(err, ERR_IO, errno, _("cannot start a process"))
			 : wait_child(pid, fds[0], args, err);
	close(fds[0]);
	return rc;
}

/* Not trusted until it was looked at: a kernel by its first bytes, arguments of plain characters. */
static int check_result(int kernel_fd, const char *args, struct err *err)
{
	unsigned char head[IMAGE_HEAD_BYTES];
	ssize_t n = pread(kernel_fd, head, sizeof(head), 0);
	enum image_kind kind = n > 0 ? image_sniff(head, (size_t)n, NULL) : IMAGE_RAW;
	if (kind != IMAGE_KERNEL && kind != IMAGE_PACKED)
		return err_set(err, ERR_INVALID, 0,
			_("what the guest's boot menu calls its kernel is none"));
	for (const char *p = args; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > 126)
			return err_set(err, ERR_INVALID, 0,
				_("the guest's kernel arguments have strange characters"));
	return 0;
}

/* simple0 of libxl: words ended by NUL. */
static int write_output(const struct options *o, const char *kernel, const char *initrd,
	bool has_initrd, const char *args, struct err *err)
{
	CLEANUP(str_dispose) struct str out = STR_INIT;
	CLEANUP(file_close) int fd = open(o->output, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	str_add(&out, "kernel %s", kernel);
	str_add_bytes(&out, "", 1);
	if (has_initrd) {
		str_add(&out, "ramdisk %s", initrd);
		str_add_bytes(&out, "", 1);
	}
	str_add(&out, "args %s%s%s", args, o->args ? " " : "", o->args ? o->args : "");
	str_add_bytes(&out, "", 1);
	if (fd < 0 || write(fd, out.data, out.len) != (ssize_t)out.len)
		return err_set(err, ERR_IO, errno, "%s", o->output);
	return 0;
}

static int run(const struct options *o, struct err *err)
{
	CLEANUP(mem_free_string) char *kernel = xasprintf("%s/kernel", o->directory);
	CLEANUP(mem_free_string) char *initrd = xasprintf("%s/initrd", o->directory);
	CLEANUP(mem_free_string) char *loop = NULL;
	char args[MENU_ARGS_MAX] = "";
	int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	CLEANUP(file_close) int kernel_fd = open(kernel, flags, 0600);
	CLEANUP(file_close) int initrd_fd = open(initrd, flags, 0600);
	struct take_job job = {.kernel_fd = kernel_fd, .initrd_fd = initrd_fd};
	dev_t device = 0;
	int rc = 0;
	if (kernel_fd < 0 || initrd_fd < 0)
		return err_set(err, ERR_IO, errno, "%s", o->directory);
	if (!o->is_unconfined)
		rc = find_device(o->disk, &device, &loop, err);
	if (rc == 0)
		rc = take_confined(o, device, &job, args, err);
	free_loop(loop);
	if (rc == 0)
		rc = check_result(kernel_fd, args, err);
	if (rc == 0)
		rc = write_output(o, kernel, initrd, lseek(initrd_fd, 0, SEEK_END) > 0, args, err);
	if (rc < 0) {
		(void)unlink(kernel);
		(void)unlink(initrd);
	}
	return rc;
}

int main(int argc, char **argv)
{
	struct options o = {.output = NULL};
	struct err err = ERR_INIT;
	if (parse_options(argc, argv, &o) < 0) {
		(void)fprintf(stderr, "%s",
			_("Usage: take-kernel --output=FILE --output-directory=DIR [--args=TEXT] DISK\n"));
		return 2;
	}
	if (run(&o, &err) < 0) {
		(void)fprintf(stderr, "take-kernel: %s: %s\n", o.disk, err.text);
		return 1;
	}
	return 0;
}
