/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel, initrd and arguments out of a guest's disk, read by grub-fstest. */
#define _GNU_SOURCE
#include "vmwizard/taker/take.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lang.h"
#include "mem.h"
#include "netinv.h"
#include "proc.h"
#include "str.h"
#include "vmwizard/taker/menu.h"

#define STEP_MS 20000
#define DEVICES_MAX 64

/* Where boot menus lie, on a root file system and on one that is /boot. */
static const char *const menus[] = {"/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/grub/grub.cfg",
	"/grub2/grub.cfg", "/@/boot/grub2/grub.cfg", "/boot/extlinux.conf",
	"/boot/extlinux/extlinux.conf", "/extlinux.conf", "/extlinux/extlinux.conf"};
static const char *const entry_dirs[] = {"/boot/loader/entries", "/loader/entries"};

/* What grub-fstest prints; an exit code other than 0 is false. */
static bool ask(const struct take_job *job, const char *verb, const char *path, size_t max_bytes,
	struct str *ret_text)
{
	const char *const argv[] = {"grub-fstest", job->disk, verb, path, NULL};
	const struct proc_spec spec = {
		.argv = argv, .timeout_ms = STEP_MS, .output_max_bytes = max_bytes};
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	if (proc_run(&spec, &result, NULL) < 0 || result.exit_code != 0 || result.errors.len > 0)
		return false;
	str_add_bytes(ret_text, result.output.data, result.output.len);
	return true;
}

/* "(loop0,gpt1)", "(lvm/vg-root)", ...: partitions first, never the machine's own "(host)". */
static void list_devices(const struct take_job *job, struct strlist *ret_devices)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist whole = STRLIST_INIT;
	if (!ask(job, "ls", NULL, 65536, &text))
		return;
	for (const char *p = str_text(&text); (p = strchr(p, '(')) != NULL;) {
		size_t len = strcspn(p, ")");
		if (p[len] == '\0' || ret_devices->count >= DEVICES_MAX)
			break;
		CLEANUP(mem_free_string) char *device = xstrndup(p, len + 1);
		p += len + 1;
		if (strcmp(device, "(host)") == 0 || strcmp(device, "(proc)") == 0)
			continue;
		bool is_part = strchr(device, ',') || strncmp(device, "(lvm", 4) == 0 ||
			       strncmp(device, "(md", 3) == 0;
		strlist_add(is_part ? ret_devices : &whole, device);
	}
	for (size_t i = 0; i < whole.count; i++)
		strlist_add(ret_devices, whole.items[i]);
}

static bool read_menu(const struct take_job *job, const char *device, const char *path,
	struct menu_entry *ret_entry)
{
	CLEANUP(mem_free_string) char *full = xasprintf("%s%s", device, path);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	return ask(job, "cat", full, MENU_TEXT_MAX, &text) &&
	       menu_parse(str_text(&text), text.len, ret_entry);
}

/* The newest of a directory of BLS entries, as GRUB sorts them: by name, numbers by value. */
static bool read_entries(const struct take_job *job, const char *device, const char *dir,
	struct menu_entry *ret_entry)
{
	CLEANUP(mem_free_string) char *full = xasprintf("%s%s/", device, dir);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	const char *best = NULL;
	if (!ask(job, "ls", full, 65536, &text))
		return false;
	strlist_add_words(&names, str_text(&text));
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];
		size_t len = strlen(name);
		bool is_entry = len > 5 && strcmp(name + len - 5, ".conf") == 0 &&
				!strchr(name, '/') && !strstr(name, "rescue");
		if (is_entry && (!best || netinv_compare_names(best, name) < 0))
			best = name;
	}
	CLEANUP(mem_free_string) char *path = best ? xasprintf("%s/%s", dir, best) : NULL;
	return path && read_menu(job, device, path, ret_entry);
}

/* grub-fstest's output straight into a file: kernels are too large to be kept. */
static int copy(
	const struct take_job *job, const char *device, const char *path, int fd, struct err *err)
{
	CLEANUP(mem_free_string) char *full = xasprintf("%s%s", device, path);
	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_set(err, ERR_IO, errno, _("cannot write the %s"), path);
	pid_t pid = fork();
	if (pid < 0)
		return err_set(err, ERR_IO, errno, _("cannot start a process"));
	if (pid == 0) {
		if (dup2(fd, STDOUT_FILENO) >= 0)
			(void)execlp(
				"grub-fstest", "grub-fstest", job->disk, "cat", full, (char *)NULL);
		_exit(127);
	}
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* grub-fstest ends with 0 although it failed: an empty file is a failure. */
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || lseek(fd, 0, SEEK_END) <= 0)
		return err_set(
			err, ERR_MISSING, 0, _("%s cannot be read from the guest's disk"), full);
	return 0;
}

static int take_entry(const struct take_job *job, const char *device,
	const struct menu_entry *entry, struct err *err)
{
	/* A menu on /boot's own file system may still write /boot/...: both are tried. */
	const char *kernel = entry->kernel;
	const char *initrd = entry->initrd;
	if (copy(job, device, kernel, job->kernel_fd, err) < 0) {
		if (strncmp(kernel, "/boot/", 6) != 0 ||
			copy(job, device, kernel + 5, job->kernel_fd, err) < 0)
			return -1;
		initrd = strncmp(initrd, "/boot/", 6) == 0 ? initrd + 5 : initrd;
	}
	if (initrd[0] && copy(job, device, initrd, job->initrd_fd, err) < 0)
		return -1;
	if (dprintf(job->args_fd, "%s\n", entry->args) < 0)
		return err_set(err, ERR_IO, errno, _("cannot hand on the arguments"));
	return 0;
}

static bool find_entry(const struct take_job *job, const char *device, struct menu_entry *entry)
{
	for (size_t i = 0; i < ARRAY_SIZE(menus); i++)
		if (read_menu(job, device, menus[i], entry))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(entry_dirs); i++)
		if (read_entries(job, device, entry_dirs[i], entry))
			return true;
	return false;
}

int take_kernel(const struct take_job *job, struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist devices = STRLIST_INIT;
	struct menu_entry entry;
	list_devices(job, &devices);
	(void)err_set(err, ERR_MISSING, 0,
		_("no boot menu (grub.cfg, loader entries, extlinux.conf) on the guest's disk"));
	for (size_t i = 0; i < devices.count; i++)
		if (find_entry(job, devices.items[i], &entry) &&
			take_entry(job, devices.items[i], &entry, err) == 0)
			return 0;
	return -1;
}
