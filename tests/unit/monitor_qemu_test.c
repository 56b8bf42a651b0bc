/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources: dom0-rootfs/monitor/qemu.c dom0-rootfs/monitor/state.c dom0-rootfs/monitor/monlog.c */
/*
 * A guest whose QEMU is killed. The QEMU is a process with such arguments; there is no hypervisor: one guest,
 * domain 3, is what the calls of Xen's libraries below say.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenstore.h>

#include "dom0-rootfs/monitor/qemu.h"
#include "dom0-rootfs/monitor/state.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "tests/unit/scratch.h"

/* ---- the hypervisor and the store */

struct guest {
	long pid;
	bool has_qdisk;
	bool is_crashed;
};

static struct guest *the_guest(struct guest *set)
{
	static struct guest *guest;
	if (set)
		guest = set;
	return guest;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	(void)h, (void)t, (void)len;
	assert_string_equal(path, "/local/domain/3/image/device-model-pid");
	return the_guest(NULL)->pid ? xasprintf("%ld", the_guest(NULL)->pid) : NULL;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
	(void)h, (void)t;
	assert_string_equal(path, "/local/domain/0/backend/qdisk/3");
	*num = the_guest(NULL)->has_qdisk ? 1 : 0;
	return the_guest(NULL)->has_qdisk ? xcalloc(1, sizeof(char *)) : NULL;
}

xc_interface *xc_interface_open(
	xentoollog_logger *logger, xentoollog_logger *dombuild_logger, unsigned open_flags)
{
	(void)logger, (void)dombuild_logger, (void)open_flags;
	return (xc_interface *)(void *)the_guest(NULL);
}

int xc_interface_close(xc_interface *xch)
{
	(void)xch;
	return 0;
}

int xc_domain_shutdown(xc_interface *xch, uint32_t domid, int reason)
{
	assert_int_equal(domid, 3);
	assert_int_equal(reason, SHUTDOWN_crash);
	((struct guest *)(void *)xch)->is_crashed = true;
	return 0;
}

char *xen_name(struct xen *xen, uint32_t domid)
{
	(void)xen, (void)domid;
	return xstrdup("win");
}

/* ---- the process */

/* It waits for its input's end. */
static pid_t start_qemu(const char *domid, int *ret_input)
{
	int ends[2], report[2];
	char byte;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pipe(report), 0);
	pid_t pid = fork();
	if (pid == 0) {
		(void)dup2(ends[0], 0);
		(void)dup2(report[1], 1);
		(void)close(ends[1]);
		(void)execlp("sh", "sh", "-c", "echo; read x; :", "qemu", "-xen-domid", domid,
			"-name", "win", (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	assert_int_equal(read(report[0], &byte, 1), 1); /* its arguments are there */
	(void)close(ends[0]);
	(void)close(report[0]);
	(void)close(report[1]);
	*ret_input = ends[1];
	return pid;
}

static void kill_qemu(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Looks until nothing is to be looked at again; returns how many milliseconds that took. */
static int64_t look(struct qemus *qemus, const char *run, struct xen_domain *domain)
{
	struct xen_domains domains = {.item = domain, .count = 1};
	struct xen xen = {.ctx = NULL};
	int64_t begin = state_now_ms();
	while (qemus_look(qemus, run, &xen, NULL, &domains))
		(void)usleep(50000);
	return state_now_ms() - begin;
}

static void arguments(void **state)
{
	static const char own[] = "qemu\0-xen-domid\0003\0-name\0win",
			  other[] = "qemu\0-xen-domid\00031", none[] = "qemu\0-name\0003",
			  cut[] = "qemu\0-xen-domid";
	(void)state;
	assert_true(qemu_is_of(own, sizeof(own) - 1, 3));
	assert_false(qemu_is_of(own, sizeof(own) - 1, 31));
	assert_false(qemu_is_of(other, sizeof(other) - 1, 3));
	assert_true(qemu_is_of(other, sizeof(other) - 1, 31));
	assert_false(qemu_is_of(none, sizeof(none) - 1, 3));
	assert_false(qemu_is_of(cut, sizeof(cut) - 1, 3));
	assert_false(qemu_is_of("", 0, 3));
}

static void killed(void **state)
{
	struct guest guest = {.has_qdisk = true};
	struct xen_domain domain = {.domid = 3, .uuid = "u", .has_run = true};
	struct qemus qemus = {0};
	struct pollfd fds[1];
	int input;
	const char *run = *state;
	assert_int_equal(state_prepare(run, NULL), 0);
	CLEANUP(mem_free_string) char *said = xasprintf("%s/failed/guest-win", run);
	pid_t pid = start_qemu("3", &input);
	(void)the_guest(&guest);

	/* Without one, with one that lives. */
	assert_true(look(&qemus, run, &domain) < 1000);
	assert_int_equal(qemus_poll(&qemus, fds), 0);
	guest.pid = pid;
	assert_true(look(&qemus, run, &domain) < 1000);
	assert_int_equal(qemus_poll(&qemus, fds), 1);
	assert_int_equal(poll(fds, 1, 0), 0);

	/* Its end wakes; a guest that still runs a while later is lost, and that is said once. */
	kill_qemu(pid);
	assert_int_equal(poll(fds, 1, 1000), 1);
	assert_true(look(&qemus, run, &domain) >= 2000);
	assert_true(guest.is_crashed);
	assert_true(file_exists("/", said));
	guest.is_crashed = false;
	assert_true(look(&qemus, run, &domain) < 1000);
	assert_false(guest.is_crashed);
	assert_int_equal(qemus_poll(&qemus, fds), 0);

	/* A number that means another process by now: also after a restart of the monitor. */
	qemus_dispose(&qemus);
	(void)close(input);
	pid = start_qemu("31", &input);
	guest.pid = pid;
	(void)look(&qemus, run, &domain);
	assert_true(guest.is_crashed);

	/* A domain that shut down meanwhile, and one that never ran, are nobody's loss. */
	guest.is_crashed = false;
	qemus_dispose(&qemus);
	domain.is_shut_down = true;
	(void)look(&qemus, run, &domain);
	domain.is_shut_down = domain.has_run = false;
	(void)look(&qemus, run, &domain);
	assert_false(guest.is_crashed);

	/* Of a PV guest without such disks only the screen is gone. */
	domain.has_run = true;
	guest.has_qdisk = false;
	(void)look(&qemus, run, &domain);
	assert_false(guest.is_crashed);
	qemus_dispose(&qemus);
	domain.is_hvm = true;
	(void)look(&qemus, run, &domain);
	assert_true(guest.is_crashed);
	kill_qemu(pid);
	(void)close(input);
	qemus_dispose(&qemus);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(arguments), SCRATCH_TEST(killed)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
