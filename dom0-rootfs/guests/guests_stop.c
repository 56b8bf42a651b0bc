/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shuts all guests down, for the host's own shutdown. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>
#include <xenstore.h>

#include "dom0-rootfs/monitor/state.h"
#include "dom0-rootfs/monitor/text.h"
#include "dom0-rootfs/monitor/worker.h"
#include "dom0-rootfs/monitor/xen.h"
#include "dom0-rootfs/monitor/xlproc.h"
#include "file.h"
#include "guests.h"
#include "mem.h"
#include "save.h"

#define XL_END_MS 3000   /* for xl processes to end after TERM */
#define ACTIONS_MS 10000 /* for restarts that are under way */
#define PROGRESS_MS 5000 /* between two lines that say the same */
#define REPEAT_MS 2000   /* between two tries on one domain */
#define DESTROY_MS 10000 /* for the destroyed to go */
#define DEVICES_MS 4000  /* for the last vif and vbd to go */

/* What was last done about one domain. */
struct case_file {
	uint32_t domid;
	char uuid[XEN_UUID_TEXT];
	char *name; /* xenstore forgets it before the domain is quite gone */
	struct guestturn turn;
	bool is_asked;
	bool is_stuck; /* even destroyed it did not go in its turn */
	int64_t tried_ms;
};

struct stop {
	const char *run;
	const struct guests_stop *how;
	struct xen xen;
	struct xs_handle *xs;
	int xs_fd, signal_fd;
	int64_t rank; /* whose turn it is: of guests_rank() */
	int64_t limit_ms, progress_ms;
	int64_t save_left_ms;
	bool is_overdue;
	struct case_file *cases;
	size_t case_count;
	struct workers workers;
	char *said;
};

/*
 * xl processes would restart what reboots, or are about to create something: they end first. What
 * one of them leaves half done is a domain, and is stopped like the others. `xl save` and
 * `xl migrate` are not among them.
 */
static void end_xls(int signal_number, bool *ret_any)
{
	struct xlproc_list list;

	*ret_any = false;
	if (xlproc_find("/proc", &list, NULL) != 0)
		return;
	for (size_t i = 0; i < list.count; i++) {
		*ret_any = true;
		if (list.item[i].pidfd >= 0)
			(void)syscall(
				SYS_pidfd_send_signal, list.item[i].pidfd, signal_number, NULL, 0);
	}
	xlproc_list_dispose(&list);
}

static void end_all_xls(void)
{
	int64_t end_ms = state_now_ms() + XL_END_MS;
	bool any;

	end_xls(SIGTERM, &any);
	while (any && state_now_ms() < end_ms) {
		(void)poll(NULL, 0, 50);
		end_xls(0, &any);
	}
	if (any)
		end_xls(SIGKILL, &any);
}

static struct case_file *case_for(struct stop *stop, const struct xen_domain *domain)
{
	for (size_t i = 0; i < stop->case_count; i++) {
		struct case_file *c = &stop->cases[i];

		if (c->domid == domain->domid && strcmp(c->uuid, domain->uuid) == 0)
			return c;
	}
	stop->cases = xreallocarray(stop->cases, stop->case_count + 1, sizeof(*stop->cases));
	struct case_file *c = &stop->cases[stop->case_count++];
	*c = (struct case_file){
		.domid = domain->domid, .name = xen_name(&stop->xen, domain->domid)};
	memcpy(c->uuid, domain->uuid, sizeof(c->uuid));
	CLEANUP(mem_free_string) char *path = guests_config_path(c->name);
	guestturn_read("/", path, &c->turn);
	return c;
}

/* Those whose turn it is, out of all; what came after its turn is stopped with the next. */
static int list_turn(struct stop *stop, struct xen_domains *ret_domains, struct err *err)
{
	size_t kept = 0;

	if (xen_list(&stop->xen, ret_domains, err) != 0)
		return -1;
	for (size_t i = 0; i < ret_domains->count; i++) {
		const struct case_file *c = case_for(stop, &ret_domains->item[i]);

		if (guests_rank(&c->turn) >= stop->rank && !c->is_stuck)
			ret_domains->item[kept++] = ret_domains->item[i];
	}
	ret_domains->count = kept;
	return 0;
}

/* Is a worker of ours removing this domain? A second one would only get in its way. */
static bool is_being_removed(const struct stop *stop, const struct xen_domain *domain)
{
	for (size_t i = 0; i < stop->workers.count; i++) {
		const struct worker *worker = &stop->workers.item[i];

		if (worker->verb != ACT_ASK && worker->domid == domain->domid)
			return true;
	}
	return false;
}

static void treat(struct stop *stop, const struct xen_domain *domain)
{
	struct act_order order = {.run = stop->run, .domid = domain->domid, .uuid = domain->uuid};
	struct case_file *c = case_for(stop, domain);
	bool is_suspended = domain->is_shut_down && domain->reason == LIBXL_SHUTDOWN_REASON_SUSPEND;
	struct err err = ERR_INIT;

	if (domain->is_dying || is_being_removed(stop, domain))
		return;
	if (stop->is_overdue) {
		order.verb = ACT_DESTROY;
	} else if (domain->is_shut_down && !is_suspended) {
		order.verb = ACT_DEATH;
	} else if (!c->is_asked && !is_suspended) {
		order.verb = ACT_ASK;
		c->is_asked = true;
	} else {
		return;
	}
	if (order.verb != ACT_ASK) {
		if (c->tried_ms && state_now_ms() - c->tried_ms < REPEAT_MS)
			return;
		c->tried_ms = state_now_ms();
	}
	if (worker_start(&stop->workers, &order, &err) != 0)
		(void)printf("%s\n", err.text);
	(void)fflush(stdout);
}

/* A line when something changed, and every few seconds. */
static void say_progress(struct stop *stop, const struct xen_domains *domains)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	int64_t now_ms = state_now_ms();
	int64_t left_ms = stop->limit_ms > now_ms ? stop->limit_ms - now_ms : 0;
	char *all;

	for (size_t i = 0; i < domains->count; i++)
		strlist_add(&names, case_for(stop, &domains->item[i])->name);
	all = strlist_join(&names);
	if (!stop->said || strcmp(stop->said, all) != 0 ||
		now_ms - stop->progress_ms >= PROGRESS_MS) {
		CLEANUP(mem_free_string)
		char *line = guests_progress_text(&names, (int)((left_ms + 999) / 1000));

		(void)printf("%s\n", line);
		(void)fflush(stdout);
		stop->progress_ms = now_ms;
		free(stop->said);
		stop->said = all;
		return;
	}
	free(all);
}

static void say_overdue(struct stop *stop, const struct xen_domains *domains)
{
	for (size_t i = 0; i < domains->count; i++)
		(void)printf("guest %s did not shut down in time: destroying it\n",
			case_for(stop, &domains->item[i])->name);
	(void)fflush(stdout);
}

static void wait_for_news(struct stop *stop, int most_ms, struct err *err)
{
	struct pollfd fds[2] = {
		{.fd = stop->xs_fd, .events = POLLIN}, {.fd = stop->signal_fd, .events = POLLIN}};
	struct signalfd_siginfo info;
	struct worker worker;
	int code;

	(void)poll(fds, 2, most_ms);
	(void)xen_watch_drain(stop->xs, err);
	while (read(stop->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		;
	while (worker_reap(&stop->workers, &worker, &code))
		;
}

static void save_one(struct stop *stop, const struct xen_domain *domain)
{
	const struct case_file *c = case_for(stop, domain);
	int64_t begun_ms = state_now_ms();
	struct err err = ERR_INIT;

	if (domain->is_dying || domain->is_shut_down ||
		!guests_wants_save(&c->turn, stop->how->saves))
		return;
	(void)printf("saving guest %s\n", c->name);
	(void)fflush(stdout);
	if (guests_save_one(&stop->xen, domain, c->name, stop->save_left_ms, &err) != 0) {
		CLEANUP(mem_free_string)
		char *text =
			xasprintf("guest %s is not saved but shut down: %s", c->name, err.text);

		(void)printf("%s\n", text);
		(void)fflush(stdout);
		syslog(LOG_DAEMON | LOG_WARNING, "%s", text);
	}
	stop->save_left_ms -= state_now_ms() - begun_ms;
}

static int save_turn(struct stop *stop, struct err *err)
{
	struct xen_domains domains;

	if (list_turn(stop, &domains, err) != 0)
		return -1;
	for (size_t i = 0; i < domains.count; i++)
		save_one(stop, &domains.item[i]);
	xen_domains_dispose(&domains);
	return 0;
}

/* They are in nobody's way any more: the next have their turn. */
static int give_up(struct stop *stop, const struct xen_domains *domains, struct err *err)
{
	for (size_t i = 0; i < domains->count; i++)
		case_for(stop, &domains->item[i])->is_stuck = true;
	return err_set(err, ERR_TIMEOUT, 0, "%zu guest%s could not be destroyed", domains->count,
		domains->count == 1 ? "" : "s");
}

/* Until none of those whose turn it is is left: 0; or until even the destroyed do not go: -1. */
static int stop_turn(struct stop *stop, struct err *err)
{
	for (;;) {
		struct xen_domains domains;
		int rc = 0;

		if (list_turn(stop, &domains, err) != 0)
			return -1;
		bool is_done = domains.count == 0;
		if (!is_done && !stop->is_overdue && state_now_ms() >= stop->limit_ms) {
			stop->is_overdue = true;
			say_overdue(stop, &domains);
		}
		if (!is_done && stop->is_overdue && state_now_ms() >= stop->limit_ms + DESTROY_MS) {
			rc = give_up(stop, &domains, err);
			is_done = true;
		}
		for (size_t i = 0; !is_done && i < domains.count; i++)
			treat(stop, &domains.item[i]);
		if (!is_done && !stop->is_overdue)
			say_progress(stop, &domains);
		xen_domains_dispose(&domains);
		if (is_done)
			return rc;
		wait_for_news(stop, 1000, NULL);
	}
}

/* The highest rank of those that are left: 1; none is left: 0. */
static int next_rank(struct stop *stop, struct err *err)
{
	struct xen_domains domains;
	int64_t highest = INT64_MIN;
	int rc;

	stop->rank = INT64_MIN;
	if (list_turn(stop, &domains, err) != 0)
		return -1;
	for (size_t i = 0; i < domains.count; i++) {
		int64_t rank = guests_rank(&case_for(stop, &domains.item[i])->turn);

		if (rank > highest)
			highest = rank;
	}
	rc = domains.count > 0 ? 1 : 0;
	xen_domains_dispose(&domains);
	stop->rank = highest;
	return rc;
}

/* Turn by turn. One that cannot be stopped keeps the others from nothing: -1 after them. */
static int stop_domains(struct stop *stop, struct err *err)
{
	int rc = 0, r;

	while ((r = next_rank(stop, err)) == 1) {
		if (save_turn(stop, err) != 0)
			return -1;
		stop->is_overdue = false;
		stop->limit_ms = state_now_ms() + stop->how->timeout_s * 1000;
		if (stop_turn(stop, err) != 0)
			rc = -1;
	}
	return r < 0 ? -1 : rc;
}

/* Adds what is left of guests' devices, as xenstore and the kernel know them. */
static void list_devices(struct stop *stop, struct strlist *left)
{
	static const char *const kinds[] = {"vif", "vbd", "qdisk"};
	CLEANUP(strlist_dispose) struct strlist nics = STRLIST_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char path[64];
		unsigned count = 0;
		char **guests;

		(void)snprintf(path, sizeof(path), "/local/domain/0/backend/%s", kinds[i]);
		guests = xs_directory(stop->xs, XBT_NULL, path, &count);
		for (unsigned j = 0; guests && j < count; j++)
			strlist_addf(left, "%s of domain %s", kinds[i], guests[j]);
		free(guests);
	}
	if (file_list_dir("/", "/sys/class/net", &nics, NULL) != 0)
		return;
	for (size_t i = 0; i < nics.count; i++) {
		if (text_starts(nics.items[i], "vif"))
			strlist_add(left, nics.items[i]);
	}
}

/* Workers at work; one that asked a guest and waits for its word no longer matters. */
static bool is_working(const struct stop *stop)
{
	for (size_t i = 0; i < stop->workers.count; i++) {
		if (stop->workers.item[i].verb != ACT_ASK)
			return true;
	}
	return false;
}

static int wait_for_devices(struct stop *stop, struct err *err)
{
	int64_t end_ms = state_now_ms() + DEVICES_MS;

	for (;;) {
		CLEANUP(strlist_dispose) struct strlist left = STRLIST_INIT;

		list_devices(stop, &left);
		if (left.count == 0 && !is_working(stop))
			return 0;
		if (state_now_ms() >= end_ms) {
			CLEANUP(mem_free_string) char *all = strlist_join(&left);

			return err_set(err, ERR_TIMEOUT, 0,
				"all guests are down, but left behind: %s",
				left.count ? all : "a worker process");
		}
		wait_for_news(stop, 200, NULL);
	}
}

static int stop_all(struct stop *stop, struct err *err)
{
	int r;

	stop->save_left_ms = stop->how->save_timeout_s * 1000;
	/* The flag first: the monitor must not step in for the xl processes that end next. */
	r = state_begin_stopping(stop->run, ACTIONS_MS, err);
	if (r < 0)
		return -1;
	if (r == 1)
		(void)printf("a guest is still being restarted; it is stopped with the others\n");
	end_all_xls();
	if (stop_domains(stop, err) != 0)
		return -1;
	return wait_for_devices(stop, err);
}

static int open_signals(int *ret_fd, struct err *err)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	*ret_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (*ret_fd < 0)
		return err_set(err, ERR_IO, errno, "cannot receive signals");
	return 0;
}

int guests_stop_all(const char *run, const struct guests_stop *how, struct err *err)
{
	struct stop stop = {.run = run, .how = how};
	int r = -1;

	if (state_prepare(run, err) != 0 || open_signals(&stop.signal_fd, err) != 0)
		return -1;
	if (xen_open(&stop.xen, err) == 0) {
		if (xen_watch_open(&stop.xs, &stop.xs_fd, err) == 0) {
			r = stop_all(&stop, err);
			xen_watch_close(stop.xs);
		}
		xen_close(&stop.xen);
	}
	state_end_stopping(run);
	close(stop.signal_fd);
	workers_dispose(&stop.workers);
	for (size_t i = 0; i < stop.case_count; i++)
		free(stop.cases[i].name);
	free(stop.cases);
	free(stop.said);
	return r;
}
