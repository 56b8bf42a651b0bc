/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that reads what a guest wrote: no root, no network, nothing to see but one disk. */
#define _GNU_SOURCE
#include "vmwizard/taker/confine.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "attrs.h"
#include "lang.h"

#define INSIDE "/run/domus/take"
#define NOBODY 65534

static int make_root(dev_t disk)
{
	unsigned long locked = MS_NOSUID | MS_NODEV;
	(void)mkdir("/run/domus", 0755);
	(void)mkdir(INSIDE, 0700);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("take", INSIDE, "tmpfs", MS_NOSUID | MS_NOEXEC, "size=64k,mode=0755") < 0 ||
		chdir(INSIDE) < 0 || mkdir("usr", 0755) < 0 || mkdir("dev", 0755) < 0)
		return -1;
	if (mount("/usr", "usr", NULL, MS_BIND, NULL) < 0 ||
		mount(NULL, "usr", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | locked, NULL) < 0)
		return -1;
	if (symlink("usr/bin", "bin") < 0 || symlink("usr/lib", "lib") < 0 ||
		symlink("usr/lib64", "lib64") < 0)
		return -1;
	/* A node of our own, readable: the one in /dev is root's. */
	if (mknod("dev/null", S_IFCHR | 0666, makedev(1, 3)) < 0 || chmod("dev/null", 0666) < 0 ||
		mknod("disk", S_IFBLK | 0444, disk) < 0 || chmod("disk", 0444) < 0)
		return -1;
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -1;
	return mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NOEXEC, NULL);
}

static int set_limits(void)
{
	static const struct {
		int what;
		rlim_t value;
	} limits[] = {
		{RLIMIT_AS, CONFINE_MEMORY_MAX},
		{RLIMIT_FSIZE, CONFINE_FILE_MAX},
		{RLIMIT_CPU, CONFINE_CPU_S},
		{RLIMIT_NOFILE, 32},
		{RLIMIT_NPROC, 16},
		{RLIMIT_CORE, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		const struct rlimit limit = {
			.rlim_cur = limits[i].value, .rlim_max = limits[i].value};
		if (setrlimit((__rlimit_resource_t)limits[i].what, &limit) < 0)
			return -1;
	}
	return 0;
}

/* Leaving uid 0 empties the capabilities; what is executed cannot bring any back. */
static int leave_root(void)
{
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
		setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int confine(dev_t disk, struct err *err)
{
	int spaces = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
	if (unshare(spaces) < 0)
		return err_set(err, ERR_IO, errno, _("cannot be confined (namespaces)"));
	if (make_root(disk) < 0)
		return err_set(err, ERR_IO, errno, _("cannot be confined (its own root)"));
	if (set_limits() < 0 || leave_root() < 0)
		return err_set(err, ERR_IO, errno, _("cannot be confined (rights)"));
	return 0;
}
