/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests whose QEMU ended while they run: they are stopped as crashed, and said. */
/*
 * Nothing else notices: an HVM guest without its QEMU stands still at its next access to a device, one
 * whose disks QEMU serves waits for them for ever. The hypervisor is told that the guest crashed; then
 * whoever looks after it, an xl or this monitor, does what on_crash says.
 */
#define _GNU_SOURCE
#include "qemu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenstore.h>

#include "file.h"
#include "mem.h"
#include "monlog.h"
#include "num.h"
#include "state.h"
#include "str.h"

enum { PATIENCE_MS = 2500, ARGUMENTS_MAX = 65536 };

bool qemu_is_of(const char *arguments, size_t length, uint32_t domid)
{
	static const char option[] = "-xen-domid";
	const char *end = arguments + length;
	char wanted[16];

	(void)snprintf(wanted, sizeof(wanted), "%u", domid);
	for (const char *at = arguments; at < end; at += strnlen(at, (size_t)(end - at)) + 1) {
		const char *next = at + sizeof(option);

		if (next < end && strcmp(at, option) == 0 &&
			strnlen(next, (size_t)(end - next)) == strlen(wanted) &&
			memcmp(next, wanted, strlen(wanted)) == 0)
			return true;
	}
	return false;
}

static bool is_process_of(long pid, uint32_t domid)
{
	CLEANUP(str_dispose) struct str arguments = STR_INIT;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%ld/cmdline", pid);
	return file_read("/", path, ARGUMENTS_MAX, &arguments, NULL) == 0 &&
	       qemu_is_of(str_text(&arguments), arguments.len, domid);
}

/* The process number that libxl wrote down when it started one; 0 if it never did. */
static long read_pid(struct xs_handle *xs, uint32_t domid)
{
	char path[64];
	int64_t pid = 0;

	(void)snprintf(path, sizeof(path), "/local/domain/%u/image/device-model-pid", domid);
	char *text = xs_read(xs, XBT_NULL, path, NULL);
	if (text)
		(void)num_parse_int(text, 1, INT32_MAX, &pid, NULL);
	free(text);
	return (long)pid;
}

/* Of a PV guest QEMU may serve the screen alone. */
static bool needs_qemu(struct xs_handle *xs, const struct xen_domain *domain)
{
	char path[64];
	unsigned count = 0;

	if (domain->is_hvm)
		return true;
	(void)snprintf(path, sizeof(path), "/local/domain/0/backend/qdisk/%u", domain->domid);
	char **disks = xs_directory(xs, XBT_NULL, path, &count);
	free(disks);
	return disks && count > 0;
}

static struct qemu *qemu_for(struct qemus *qemus, const struct xen_domain *domain)
{
	for (size_t i = 0; i < qemus->count; i++) {
		struct qemu *qemu = &qemus->item[i];

		if (qemu->domid == domain->domid && strcmp(qemu->uuid, domain->uuid) == 0)
			return qemu;
	}
	return NULL;
}

static void take(struct qemu *qemu, long pid)
{
	qemu->pid = pid;
	qemu->gone_ms = 0;
	qemu->is_told = false;
	qemu->pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	/* After the descriptor is there the number cannot come to mean another process. */
	if (qemu->pidfd >= 0 && !is_process_of(pid, qemu->domid)) {
		close(qemu->pidfd);
		qemu->pidfd = -1;
	}
}

static struct qemu *add(struct qemus *qemus, const struct xen_domain *domain, long pid)
{
	qemus->item = xreallocarray(qemus->item, qemus->count + 1, sizeof(*qemus->item));
	struct qemu *qemu = &qemus->item[qemus->count++];
	*qemu = (struct qemu){.domid = domain->domid, .pidfd = -1};
	memcpy(qemu->uuid, domain->uuid, sizeof(qemu->uuid));
	take(qemu, pid);
	return qemu;
}

static bool has_ended(const struct qemu *qemu)
{
	struct pollfd fd = {.fd = qemu->pidfd, .events = POLLIN};

	return qemu->pidfd < 0 || poll(&fd, 1, 0) > 0;
}

static int say_crashed(uint32_t domid)
{
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	int r = xc ? xc_domain_shutdown(xc, (uint32_t)domid, SHUTDOWN_crash) : -1;

	if (xc)
		(void)xc_interface_close(xc);
	return r;
}

static void lose(struct qemu *qemu, const char *run, struct xen *xen, struct xs_handle *xs,
	const struct xen_domain *domain)
{
	CLEANUP(mem_free_string) char *name = xen_name(xen, qemu->domid);

	qemu->is_told = true;
	if (!needs_qemu(xs, domain)) {
		monlog("guest %s runs on without its QEMU (process %ld ended): it has no screen",
			name, qemu->pid);
		return;
	}
	CLEANUP(mem_free_string)
	char *text = xasprintf("guest %s is lost: its QEMU (process %ld) ended. It counts as "
			       "crashed; on_crash says what becomes of it",
		name, qemu->pid);
	/* Goes away once it runs again. */
	(void)state_write_failed(run, name, text, NULL);
	monlog_loudly("GUEST", text);
	if (say_crashed(qemu->domid) != 0)
		monlog("guest %s cannot be stopped: destroy it with domus-vm destroy %s", name,
			name);
}

static bool look_at(struct qemu *qemu, const char *run, struct xen *xen, struct xs_handle *xs,
	const struct xen_domain *domain)
{
	if (!has_ended(qemu) || qemu->is_told)
		return false;
	if (qemu->pidfd >= 0)
		close(qemu->pidfd);
	qemu->pidfd = -1;
	/* Whoever removes or moves a domain pauses it first. */
	if (qemu->gone_ms == 0 || domain->is_paused)
		qemu->gone_ms = state_now_ms();
	if (state_now_ms() - qemu->gone_ms < PATIENCE_MS)
		return true;
	lose(qemu, run, xen, xs, domain);
	return false;
}

static void forget_unseen(struct qemus *qemus)
{
	size_t kept = 0;

	for (size_t i = 0; i < qemus->count; i++) {
		if (qemus->item[i].is_seen)
			qemus->item[kept++] = qemus->item[i];
		else if (qemus->item[i].pidfd >= 0)
			close(qemus->item[i].pidfd);
	}
	qemus->count = kept;
}

bool qemus_look(struct qemus *qemus, const char *run, struct xen *xen, struct xs_handle *xs,
	const struct xen_domains *domains)
{
	bool waits = false;

	for (size_t i = 0; i < qemus->count; i++)
		qemus->item[i].is_seen = false;
	for (size_t i = 0; i < domains->count; i++) {
		const struct xen_domain *domain = &domains->item[i];

		/* One that never ran is being built. */
		if (domain->is_shut_down || domain->is_dying || !domain->has_run)
			continue;
		struct qemu *qemu = qemu_for(qemus, domain);
		long pid = qemu && qemu->pidfd >= 0 ? qemu->pid : read_pid(xs, domain->domid);
		if (pid == 0)
			continue;
		if (!qemu)
			qemu = add(qemus, domain, pid);
		else if (qemu->pid != pid)
			take(qemu, pid);
		qemu->is_seen = true;
		waits |= look_at(qemu, run, xen, xs, domain);
	}
	forget_unseen(qemus);
	return waits;
}

size_t qemus_poll(const struct qemus *qemus, struct pollfd *fds)
{
	size_t count = 0;

	for (size_t i = 0; i < qemus->count; i++) {
		if (qemus->item[i].pidfd >= 0)
			fds[count++] =
				(struct pollfd){.fd = qemus->item[i].pidfd, .events = POLLIN};
	}
	return count;
}

void qemus_dispose(struct qemus *qemus)
{
	for (size_t i = 0; i < qemus->count; i++)
		qemus->item[i].is_seen = false;
	forget_unseen(qemus);
	free(qemus->item);
	*qemus = (struct qemus){0};
}
