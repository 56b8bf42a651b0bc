/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The worker: takes the guest's lock, looks again, decides, and hands the work to recreate.c. */
#define _GNU_SOURCE
#include "act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decide.h"
#include "file.h"
#include "mem.h"
#include "monlog.h"
#include "recreate.h"
#include "state.h"
#include "xen.h"
#include "xlproc.h"

#define DUMP_DIR "/var/lib/xen/dump"

static const char *const verb_words[] = {
	[ACT_DEATH] = "death",
	[ACT_RESUME] = "resume",
	[ACT_ASK] = "ask",
	[ACT_DESTROY] = "destroy",
};

const char *act_verb_word(enum act_verb verb)
{
	return verb_words[verb];
}

bool act_verb_read(const char *word, enum act_verb *ret_verb)
{
	for (size_t i = 0; i < ARRAY_SIZE(verb_words); i++) {
		if (strcmp(word, verb_words[i]) != 0)
			continue;
		*ret_verb = (enum act_verb)i;
		return true;
	}
	return false;
}

/* Is this domain still here, under the number and the uuid of the order? */
static bool find_domain(
	struct xen *xen, const struct act_order *order, struct xen_domain *ret_domain)
{
	struct xen_domains domains;
	const struct xen_domain *found;

	if (xen_list(xen, &domains, NULL) != 0)
		return false;
	found = xen_domains_find(&domains, order->domid, order->uuid);
	if (found)
		*ret_domain = *found;
	xen_domains_dispose(&domains);
	return found != NULL;
}

/* Does an xl say in its own log that it waits for this domain? *ret_pid is its process. */
static bool xl_has_it(uint32_t domid, pid_t *ret_pid)
{
	struct xlproc_list list;
	bool found = false;

	if (xlproc_find("/proc", &list, NULL) != 0)
		return false;
	for (size_t i = 0; i < list.count; i++) {
		if (xlproc_claims(&list.item[i], domid) != XLPROC_CERTAIN)
			continue;
		*ret_pid = list.item[i].pid;
		found = true;
	}
	xlproc_list_dispose(&list);
	return found;
}

static void dump_core(struct xen *xen, uint32_t domid, const char *name)
{
	char file[128], path[256];
	int rc;

	state_file_name(name, file, sizeof(file));
	(void)snprintf(path, sizeof(path), DUMP_DIR "/%s", file);
	monlog("guest %s: writing its memory to %s", name, path);
	(void)file_make_dirs("/", DUMP_DIR, 0700, NULL);
	rc = libxl_domain_core_dump(xen->ctx, domid, path, NULL);
	/* As xl: a dump that cannot be written is no reason to keep the guest down. */
	if (rc != 0)
		monlog("guest %s: its memory could not be written (libxl error %d)", name, rc);
	xen->last_error[0] = '\0';
}

static int destroy(struct xen *xen, uint32_t domid, struct err *err)
{
	int rc = libxl_domain_destroy(xen->ctx, domid, NULL);

	if (rc != 0 && rc != ERROR_DOMAIN_NOTFOUND)
		return xen_err(xen, err, rc, "cannot remove domain %u", domid);
	return 0;
}

static int carry_out(const struct recreate *job, const struct decide_plan *plan,
	const struct xen_domain *domain, struct err *err)
{
	if (plan->dump_core)
		dump_core(job->xen, domain->domid, job->name);
	switch (plan->end) {
	case DECIDE_LEAVE:
		return 0;
	case DECIDE_DESTROY:
		return destroy(job->xen, domain->domid, err);
	case DECIDE_RESTART:
		return recreate_restart(job, domain->domid, err);
	case DECIDE_RENAME:
		return recreate_beside(job, domain->domid, err);
	case DECIDE_SOFT_RESET:
		return recreate_soft_reset(job, domain->domid, err);
	}
	return 0;
}

/* The domain lost its configuration or never had one: made by another tool. */
static enum act_result without_config(struct xen *xen, const struct act_order *order,
	const char *name, bool stopping, const struct err *why)
{
	if (stopping)
		return destroy(xen, order->domid, NULL) == 0 ? ACT_DONE : ACT_FAILED;
	monlog("guest %s (domain %u) is shut down and stays as it is: %s", name, order->domid,
		why->text);
	return ACT_LEFT;
}

static void tell(const struct xen_domain *domain, const char *name, const struct decide_plan *plan,
	bool stopping)
{
	monlog("guest %s (domain %u) %s: %s", name, domain->domid, plan->why,
		stopping ? "destroy (all guests are being stopped)" : plan->wish);
}

static enum act_result report(
	const struct recreate *job, int r, const struct decide_plan *plan, const struct err *err)
{
	if (r != 0) {
		monlog("guest %s: %s", job->name, err->text);
		(void)state_write_failed(job->run, job->name, err->text, NULL);
		return ACT_FAILED;
	}
	if (plan->left_down) {
		char *text =
			xasprintf("guest %s stopped %d times in a row within %d s of its start "
				  "and was left down; see its console log, then start it again",
				job->name, DECIDE_SHORT_LIVES_MAX + 1, DECIDE_SHORT_LIFE_MS / 1000);

		monlog("%s", text);
		(void)state_write_failed(job->run, job->name, text, NULL);
		free(text);
	}
	return plan->end == DECIDE_LEAVE ? ACT_LEFT : ACT_DONE;
}

static enum act_result act_on_death(struct xen *xen, const struct act_order *order)
{
	bool stopping = state_is_stopping(order->run);
	struct err err = ERR_INIT;
	struct recreate job = {.xen = xen, .run = order->run, .uuid = order->uuid};
	struct xen_domain domain;
	struct decide_plan plan;
	struct decide_life life;
	enum act_result result;
	pid_t xl;

	if (!find_domain(xen, order, &domain) || !domain.is_shut_down || domain.is_dying)
		return ACT_DONE;
	if (!stopping && xen_is_preserved(xen, &domain))
		return ACT_LEFT;
	if (!stopping && xl_has_it(domain.domid, &xl))
		return ACT_BUSY;

	job.name = xen_name(xen, domain.domid);
	libxl_domain_config_init(&job.config);
	if (recreate_read_config(xen, domain.domid, &job.config, &err) != 0) {
		result = without_config(xen, order, job.name, stopping, &err);
		goto out;
	}
	state_read_life(order->run, order->uuid, &life);
	job.short_lives = decide_short_lives(&life, state_now_ms());
	struct decide_wishes wishes = {
		.poweroff = job.config.on_poweroff,
		.reboot = job.config.on_reboot,
		.crash = job.config.on_crash,
		.watchdog = job.config.on_watchdog,
		.soft_reset = job.config.on_soft_reset,
	};
	plan = decide_action(domain.reason, &wishes, stopping, job.short_lives);
	tell(&domain, job.name, &plan, stopping);
	result = report(&job, carry_out(&job, &plan, &domain, &err), &plan, &err);
out:
	libxl_domain_config_dispose(&job.config);
	free(job.name);
	return result;
}

static enum act_result act_resume(struct xen *xen, const struct act_order *order)
{
	struct err err = ERR_INIT;

	if (state_is_stopping(order->run)) {
		state_drop_restart(order->run, order->uuid);
		return ACT_DONE;
	}
	switch (recreate_resume(xen, order->run, order->uuid, &err)) {
	case 0:
		return ACT_DONE;
	case 1:
		return ACT_BUSY;
	default:
		monlog("%s", err.text);
		return ACT_FAILED;
	}
}

static enum act_result act_ask(struct xen *xen, const struct act_order *order)
{
	struct xen_domain domain;
	int rc;

	if (!find_domain(xen, order, &domain) || domain.is_shut_down || domain.is_dying)
		return ACT_DONE;
	/* A paused guest hears nothing; one that never ran has nothing to lose. */
	if (domain.is_paused && !domain.has_run)
		return destroy(xen, domain.domid, NULL) == 0 ? ACT_DONE : ACT_FAILED;
	if (domain.is_paused)
		(void)libxl_domain_unpause(xen->ctx, domain.domid, NULL);
	rc = libxl_domain_shutdown(xen->ctx, domain.domid, NULL);
	if (rc == ERROR_NOPARAVIRT)
		rc = libxl_send_trigger(xen->ctx, domain.domid, LIBXL_TRIGGER_POWER, 0, NULL);
	return rc == 0 ? ACT_DONE : ACT_FAILED;
}

/* Two things that only one process at a time does to a guest; see monitor.c on the two locks. */
static enum act_result act_locked(struct xen *xen, const struct act_order *order)
{
	struct err err = ERR_INIT;
	int guest_fd, share_fd;
	enum act_result result;
	int r = state_lock_guest(order->run, order->uuid, &guest_fd, &err);

	if (r == 1)
		return ACT_BUSY;
	if (r < 0 || state_share_actions(order->run, &share_fd, &err) != 0) {
		monlog("%s", err.text);
		if (r == 0)
			close(guest_fd);
		return ACT_FAILED;
	}
	/* state_share_actions() waits only for a stop-all that has just begun. */
	result = order->verb == ACT_DEATH ? act_on_death(xen, order) : act_resume(xen, order);
	close(share_fd);
	close(guest_fd);
	return result;
}

enum act_result act_run(const struct act_order *order)
{
	struct err err = ERR_INIT;
	enum act_result result = ACT_FAILED;
	struct xen xen;

	if (xen_open(&xen, &err) != 0) {
		monlog("%s", err.text);
		return ACT_FAILED;
	}
	switch (order->verb) {
	case ACT_DEATH:
	case ACT_RESUME:
		result = act_locked(&xen, order);
		break;
	case ACT_ASK:
		result = act_ask(&xen, order);
		break;
	case ACT_DESTROY:
		/* The last word of stop-all: it waits for no lock. */
		result = destroy(&xen, order->domid, &err) == 0 ? ACT_DONE : ACT_FAILED;
		if (result == ACT_FAILED)
			monlog("%s", err.text);
		break;
	}
	xen_close(&xen);
	return result;
}
