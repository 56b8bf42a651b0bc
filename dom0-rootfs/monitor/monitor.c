/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The supervised process that watches all guests and starts a worker when one has shut down. */
/*
 * Why nobody acts twice, and nothing is forgotten
 *
 * The process is level-triggered. xenstore's @releaseDomain (xenstored fires it when a domain
 * shuts down as well as when it is gone; libxl's own death events are made from the same watch),
 * @introduceDomain, a worker's end, an xl's end or the clock only say "look": what is done follows
 * from the list of domains at that moment. So no event can be lost or counted double, and a
 * monitor that was killed and started again by runit finds every domain that shut down meanwhile.
 *
 * Two monitors, or a monitor and stop-all. Every action is one worker process, which (1) takes
 * the guest's lock, RUN/monitor/UUID.lock, or gives up; (2) looks the domain up again by number
 * AND uuid and requires "shut down, not dying"; (3) acts; (4) ends, which releases the lock. The
 * second worker either finds the lock taken, or finds the domain gone. Workers have their own
 * session and no pipe to the monitor: killing the monitor (runsv sends TERM to its pid only; kill
 * -9) leaves them, and their lock, at work. A worker forks children for libxl; those that do not
 * exec (they destroy the domain) inherit the lock and hold it until they are done. What it execs
 * (QEMU, hotplug scripts) does not: the descriptor is close-on-exec.
 *
 * A worker that is killed between "old domain destroyed" and "new domain runs" has left
 * RUN/monitor/UUID.restart with the configuration. Whoever finds that file while the lock is free
 * takes the restart up: domain half made (libxl stores the configuration last): destroyed, made
 * again; complete but paused: unpaused; not there: made.
 *
 * The monitor and an xl. `xl create` without -e leaves an xl that does the same work. Such an xl
 * writes into its log which domain, by number, it waits for, and under which pid (xlproc.c). If a
 * living xl claims the domain so, the monitor waits: for the domain to go, or for that xl to end
 * (its pidfd), and looks every second. Both look at the same shut-down domain, but only the xl
 * acts; if it dies first (kill -9) the domain is still there, shut down, and nobody claims it.
 * An xl that may be about to watch but has not said so (between starting the guest and writing
 * the line; `xl create -F`, whose log is a terminal) gets GRACE_MS. Should it act after that, on
 * the same domain as a worker, then: destroying twice is harmless, because the second finds no
 * such domain (numbers are not used again for a minute, libxl's domid history); creating twice
 * fails for the second, because libxl refuses a name that is in use. A stopped xl (^Z) that claims
 * the domain is waited for; without a claim, when continued, it learns that its domain is gone
 * (libxl asks the hypervisor, not the event) and exits.
 * Before an xl is gone for good it may have acted: domain gone: nothing to do. Domain preserved
 * or renamed by it: a renamed one carries another uuid in xenstore than in the hypervisor, and is
 * left alone; "preserve" is what the configuration tells us, too.
 * A domain that dies while it is made anew has a new number: it is a new entry, whose turn comes
 * when its worker has released the lock.
 *
 * libxl's lock on the domain's stored data (domain-userdata-lock) is taken by libxl inside each
 * call that reads or changes it: it keeps `xl block-attach` and us from reading half a
 * configuration, but it is not held across calls and so protects no decision.
 *
 * Guests whose storage runs full are paused and let go on by this process itself (hold.c): both
 * are one call that cannot be half done, and neither concerns a domain that is shut down.
 *
 * Guests whose QEMU ended are marked as crashed (qemu.c); what follows is the death of any guest.
 *
 * stop-all writes RUN/stopping, then waits for the lock that all workers share while they act:
 * those that looked before the flag have then finished, those that come later see it and destroy
 * where they would have restarted. Then it ends the xl processes, which know no flag.
 */
#define _GNU_SOURCE
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "hold.h"
#include "mem.h"
#include "monlog.h"
#include "qemu.h"
#include "state.h"
#include "worker.h"
#include "xen.h"
#include "xlproc.h"

#define RESCAN_MS 30000   /* with nothing to wait for: a net under the watches */
#define RECHECK_MS 1000   /* with a domain that waits for an xl or a lock */
#define RETRY_MS 30000    /* after an action that failed */
#define GRACE_MS 5000     /* for an xl of which nothing can be told */
#define PATIENCE_MS 15000 /* after this, waiting for an xl is worth a line in the log */
#define WORKERS_MAX 4     /* dom0 is small */

/* A domain that is shut down and what became of it so far. */
struct entry {
	uint32_t domid;
	char uuid[XEN_UUID_TEXT];
	int64_t since_ms;      /* first seen shut down */
	int64_t not_before_ms; /* the last try failed: the next one comes then */
	bool is_left;          /* to stay as it is */
	bool is_told;          /* that we wait for an xl */
	bool is_seen;          /* by the scan under way */
};

struct monitor {
	const char *run;
	struct xen xen;
	struct xs_handle *xs;
	int xs_fd, signal_fd;
	struct entry *entry;
	size_t entries;
	uint32_t *running; /* the domains that ran at the last scan */
	size_t running_count;
	struct workers workers;
	struct xlproc_list xls; /* those that hold us up; their pidfds are polled */
	bool waits;             /* something is to be looked at again soon */
	struct hold hold;       /* guests whose storage is full */
	struct qemus qemus;     /* their ends are polled */
};

static struct entry *entry_for(struct monitor *m, const struct xen_domain *domain)
{
	for (size_t i = 0; i < m->entries; i++) {
		if (m->entry[i].domid == domain->domid &&
			strcmp(m->entry[i].uuid, domain->uuid) == 0)
			return &m->entry[i];
	}
	m->entry = xreallocarray(m->entry, m->entries + 1, sizeof(*m->entry));
	struct entry *entry = &m->entry[m->entries++];
	*entry = (struct entry){.domid = domain->domid, .since_ms = state_now_ms()};
	memcpy(entry->uuid, domain->uuid, sizeof(entry->uuid));
	return entry;
}

static void forget_unseen(struct monitor *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->entries; i++) {
		if (m->entry[i].is_seen)
			m->entry[kept++] = m->entry[i];
	}
	m->entries = kept;
}

/* Must this domain still be left to an xl? */
static bool is_xls_turn(struct monitor *m, struct entry *entry)
{
	int64_t waited_ms = state_now_ms() - entry->since_ms;

	for (size_t i = 0; i < m->xls.count; i++) {
		const struct xlproc *xl = &m->xls.item[i];

		switch (xlproc_claims(xl, entry->domid)) {
		case XLPROC_NONE:
			break;
		case XLPROC_MAYBE:
			if (waited_ms < GRACE_MS)
				return true;
			break;
		case XLPROC_CERTAIN:
			if (waited_ms >= PATIENCE_MS && !entry->is_told) {
				monlog("domain %u is shut down; waiting for xl (pid %ld), which looks "
				       "after it",
					entry->domid, (long)xl->pid);
				entry->is_told = true;
			}
			return true;
		}
	}
	return false;
}

static void start_worker(struct monitor *m, enum act_verb verb, uint32_t domid, const char *uuid)
{
	struct act_order order = {.verb = verb, .run = m->run, .domid = domid, .uuid = uuid};
	struct err err = ERR_INIT;

	m->waits = true;
	if (m->workers.count >= WORKERS_MAX || workers_have(&m->workers, uuid))
		return;
	if (worker_start(&m->workers, &order, &err) != 0)
		monlog("%s", err.text);
}

/* A guest that runs has nothing wrong with it any more, whoever started it. */
static void note_running(struct monitor *m, const struct xen_domains *domains)
{
	uint32_t *running = xcalloc(domains->count, sizeof(*running));
	size_t count = 0;

	for (size_t i = 0; i < domains->count; i++) {
		const struct xen_domain *domain = &domains->item[i];
		bool is_known = false;

		if (domain->is_shut_down || domain->is_dying || domain->is_paused)
			continue;
		running[count++] = domain->domid;
		for (size_t j = 0; j < m->running_count; j++)
			is_known = is_known || m->running[j] == domain->domid;
		if (!is_known) {
			char *name = xen_name(&m->xen, domain->domid);

			state_clear_failed(m->run, name);
			free(name);
		}
	}
	free(m->running);
	m->running = running;
	m->running_count = count;
}

static int scan_domains(struct monitor *m, struct err *err)
{
	struct xen_domains domains;
	bool have_xls = false;

	xlproc_list_dispose(&m->xls);
	if (xen_list(&m->xen, &domains, err) != 0)
		return -1;
	for (size_t i = 0; i < m->entries; i++)
		m->entry[i].is_seen = false;
	for (size_t i = 0; i < domains.count; i++) {
		const struct xen_domain *domain = &domains.item[i];
		struct entry *entry;

		if (!domain->is_shut_down || domain->is_dying ||
			domain->reason == LIBXL_SHUTDOWN_REASON_SUSPEND)
			continue;
		entry = entry_for(m, domain);
		entry->is_seen = true;
		if (entry->is_left || state_now_ms() < entry->not_before_ms)
			continue;
		if (!have_xls)
			(void)xlproc_find("/proc", &m->xls, NULL);
		have_xls = true;
		if (is_xls_turn(m, entry))
			m->waits = true;
		else
			start_worker(m, ACT_DEATH, entry->domid, entry->uuid);
	}
	note_running(m, &domains);
	if (!state_is_stopping(m->run) && qemus_look(&m->qemus, m->run, &m->xen, m->xs, &domains))
		m->waits = true;
	xen_domains_dispose(&domains);
	forget_unseen(m);
	return 0;
}

/* Restarts whose worker was killed. A living worker's lock makes the new one give up at once. */
static void scan_restarts(struct monitor *m)
{
	CLEANUP(strlist_dispose) struct strlist uuids = STRLIST_INIT;

	if (state_list_restarts(m->run, &uuids, NULL) != 0)
		return;
	for (size_t i = 0; i < uuids.count; i++) {
		if (!workers_have(&m->workers, uuids.items[i]))
			start_worker(m, ACT_RESUME, 0, uuids.items[i]);
	}
}

static void reap(struct monitor *m)
{
	struct worker worker;
	int code;

	while (worker_reap(&m->workers, &worker, &code)) {
		if (code == -1)
			monlog("a worker for domain %u was killed", worker.domid);
		for (size_t i = 0; i < m->entries; i++) {
			struct entry *entry = &m->entry[i];

			if (entry->domid != worker.domid || strcmp(entry->uuid, worker.uuid) != 0)
				continue;
			entry->is_left = code == ACT_LEFT;
			if (code == ACT_FAILED)
				entry->not_before_ms = state_now_ms() + RETRY_MS;
		}
	}
}

/* Takes the waiting signals; true if one of them says: end. */
static bool take_signals(struct monitor *m)
{
	struct signalfd_siginfo info;
	bool end = false;

	while (read(m->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		end = end || info.ssi_signo != SIGCHLD;
	return end;
}

static void wait_for_news(struct monitor *m, int most_ms)
{
	int wait_ms = m->waits ? RECHECK_MS : RESCAN_MS;
	size_t count = 2 + m->xls.count + m->qemus.count;
	struct pollfd *fds = xcalloc(count, sizeof(*fds));

	fds[0] = (struct pollfd){.fd = m->xs_fd, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = m->signal_fd, .events = POLLIN};
	for (size_t i = 0; i < m->xls.count; i++)
		fds[2 + i] = (struct pollfd){.fd = m->xls.item[i].pidfd, .events = POLLIN};
	count = 2 + m->xls.count + qemus_poll(&m->qemus, fds + 2 + m->xls.count);
	(void)poll(fds, (nfds_t)count, wait_ms < most_ms ? wait_ms : most_ms);
	free(fds);
}

static int watch(struct monitor *m, struct err *err)
{
	for (;;) {
		m->waits = false;
		reap(m);
		scan_restarts(m);
		if (scan_domains(m, err) != 0)
			return -1;
		wait_for_news(m, hold_look(&m->hold, &m->xen));
		if (take_signals(m))
			return 0;
		if (xen_watch_drain(m->xs, err) != 0)
			return -1;
	}
}

static int open_signals(int *ret_fd, struct err *err)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	*ret_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (*ret_fd < 0)
		return err_set(err, ERR_IO, errno, "cannot receive signals");
	return 0;
}

int monitor_run(const char *run, struct err *err)
{
	struct monitor m = {.run = run, .xs_fd = -1, .signal_fd = -1};
	int r = -1;

	/* The signals are blocked before xs_watch() starts its thread, which inherits the mask. */
	if (state_prepare(run, err) != 0 || open_signals(&m.signal_fd, err) != 0)
		return -1;
	if (xen_open(&m.xen, err) != 0)
		goto out;
	hold_init(&m.hold, run);
	if (xen_watch_open(&m.xs, &m.xs_fd, err) == 0) {
		monlog("watching all guests");
		r = watch(&m, err);
		xen_watch_close(m.xs);
	}
	xen_close(&m.xen);
out:
	close(m.signal_fd);
	xlproc_list_dispose(&m.xls);
	workers_dispose(&m.workers);
	hold_dispose(&m.hold);
	qemus_dispose(&m.qemus);
	free(m.running);
	free(m.entry);
	return r;
}
