/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target's side: one connection of a peer, and what a killed one left. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "vmwizard/migrate/disks.h"
#include "vmwizard/migrate/migrate.h"
#include "vmwizard/migrate/xenmove.h"
#include "vmwizard/ownership.h"
#include "vmwizard/paths.h"

#define LOG_HEAD "/var/log/xen/console/guest-"

enum { LOCK_WAIT_MS = 30000, FIRST_MS = 600000, GO_MS = 120000 };

struct target {
	const char *root;
	struct vm_xen *xen;
	struct channel channel;
	struct record record;
	int lock_fd; /* held: nobody else decides about this migration; -1 not */
	int live_fd; /* held: a process is at it */
	struct strlist findings;
	json_t *differs; /* numbers of the offer's parts that are not the same here */
	char *why;
};

static void target_dispose(struct target *t)
{
	file_close(&t->lock_fd);
	file_close(&t->live_fd);
	record_dispose(&t->record);
	strlist_dispose(&t->findings);
	json_decref(t->differs);
	free(t->why);
}

static int lock(struct target *t, const char *word, unsigned wait_ms, int *fd, struct err *err)
{
	CLEANUP(mem_free_string) char *name = xasprintf("in-%s.%s", t->record.offer.id, word);
	return *fd >= 0 ? 0 : record_lock(t->root, name, wait_ms, fd, err);
}

static char *copy_name(const struct target *t)
{
	return xasprintf("%s" XENMOVE_INCOMING, t->record.offer.name);
}

static int find_copy(struct target *t, struct xenmove_domain *ret_copy, struct err *err)
{
	CLEANUP(mem_free_string) char *name = copy_name(t);
	return xenmove_find(t->xen, t->record.offer.uuid, name, ret_copy, err);
}

static bool is_this_boot(const struct target *t)
{
	CLEANUP(mem_free_string) char *boot = record_boot(t->root);
	return strcmp(boot, t->record.boot) == 0;
}

/* ---- steps */

/* Copies are found by the guest: an earlier migration of it that is cleared up later would take this one's. */
static void check_earlier(struct target *t)
{
	CLEANUP(strlist_dispose) struct strlist ids = STRLIST_INIT;
	const struct mig_offer *offer = &t->record.offer;
	record_list(t->root, RECORD_IN, &ids);
	for (size_t i = 0; i < ids.count; i++) {
		CLEANUP(record_dispose) struct record other;
		if (strcmp(ids.items[i], offer->id) == 0 ||
			record_read(t->root, RECORD_IN, ids.items[i], &other, NULL) < 0)
			continue;
		if ((other.state == MIG_OPEN || other.state == MIG_GRANTED) &&
			strcasecmp(other.offer.uuid, offer->uuid) == 0)
			strlist_addf(&t->findings,
				_("an earlier migration of %s to there is not cleared up yet: "
				  "try again in a minute"),
				offer->name);
	}
}

static int check(struct target *t, struct err *err)
{
	const struct mig_offer *offer = &t->record.offer;
	struct vm_host host;
	if (vm_host_read(t->root, VM_HOST_WHOLE, &host, err) < 0)
		return -1;
	struct mig_part *found = xcalloc(offer->n_parts + 1, sizeof(*found));
	for (size_t i = 0; i < offer->n_parts; i++) {
		found[i] = (struct mig_part){
			.path = xstrdup(offer->parts[i].path), .wwid = xstrdup("")};
		migrate_probe(t->root, offer, found[i].path, &found[i]);
	}
	strlist_dispose(&t->findings);
	t->findings = (struct strlist)STRLIST_INIT;
	mig_check_target(offer, &host, found, &t->findings);
	disks_check_target(t->root, offer, &host, &t->findings);
	json_decref(t->differs);
	t->differs = json_array();
	for (size_t i = 0; i < offer->n_parts; i++)
		if (!mig_part_is_same(&offer->parts[i], &found[i]))
			(void)json_array_append_new(t->differs, json_integer((json_int_t)i));
	check_earlier(t);
	CLEANUP(record_dispose) struct record out;
	if (record_read(t->root, RECORD_OUT, offer->name, &out, NULL) < 0 || out.state != MIG_NONE)
		strlist_addf(&t->findings,
			_("an earlier migration of %s from there is not finished"), offer->name);
	for (size_t i = 0; i < offer->n_parts; i++) {
		free(found[i].path);
		free(found[i].wwid);
	}
	free(found);
	vm_host_dispose(&host);
	return t->findings.count ? err_set(err, ERR_INVALID, 0, "%s", t->findings.items[0]) : 0;
}

/* Between looking and writing nobody else may answer the source. */
static int grant(struct target *t, struct err *err)
{
	CLEANUP(record_dispose) struct record now;
	struct xenmove_domain copy = {.domid = VM_NO_DOMID};
	record_init(&now);
	if (lock(t, "lock", LOCK_WAIT_MS, &t->lock_fd, err) != 0)
		return -1;
	record_dispose(&now);
	if (record_read(t->root, RECORD_IN, t->record.offer.id, &now, err) < 0)
		return -1;
	if (now.state != MIG_OPEN)
		return err_set(err, ERR_INVALID, 0, "%s", _("it was refused already"));
	if (t->record.offer.is_running &&
		(find_copy(t, &copy, err) < 0 || copy.domid == VM_NO_DOMID))
		return err_set(err, ERR_MISSING, 0, "%s", _("the copy is gone"));
	if (disks_are_free(t->root, &t->record.offer, err) < 0)
		return -1;
	CLEANUP(mem_free_string) char *cfg = vm_cfg_path(t->record.offer.name);
	if (file_exists(t->root, cfg))
		return err_set(err, ERR_INVALID, 0, _("a guest \"%s\" was made there meanwhile"),
			t->record.offer.name);
	t->record.state = MIG_GRANTED;
	return record_write(t->root, RECORD_IN, t->record.offer.id, &t->record, err);
}

static char *log_path(const struct target *t, const char *name)
{
	return xasprintf("%s" LOG_HEAD "%s.log", t->root[1] ? t->root : "", name);
}

/* A copy that never ran has said nothing. */
static void drop_log(const struct target *t)
{
	CLEANUP(mem_free_string) char *name = copy_name(t);
	CLEANUP(mem_free_string) char *path = log_path(t, name);
	(void)unlink(path);
}

/* xenconsoled named it when the copy was made; an older one is kept as rotate-guest-logs does. */
static void name_log(const struct target *t, const char *copy)
{
	CLEANUP(mem_free_string) char *from = log_path(t, copy);
	CLEANUP(mem_free_string) char *to = log_path(t, t->record.offer.name);
	CLEANUP(mem_free_string) char *old = xasprintf("%s.1", to);
	if (access(from, F_OK) < 0)
		return;
	(void)rename(to, old);
	(void)rename(from, to);
}

/*
 * The source has said "go": nothing there can start it any more. A disk's owner that cannot be
 * written keeps no guest from running, only from a later start.
 */
static void take_disks(struct target *t)
{
	const struct mig_offer *offer = &t->record.offer;
	struct err why = ERR_INIT;
	if (ownership_do_text(t->root, offer->name, offer->cfg, OWNERSHIP_TAKE, &why) < 0 &&
		!t->why[0])
		vm_spec_set(&t->why, why.text);
}

/*
 * At boot the source may ask before the pools are there. Placed then, the guest would not have its
 * images: whose they are is written beside them.
 */
static int want_disks(const struct target *t, struct err *err)
{
	for (size_t i = 0; i < t->record.offer.n_parts; i++) {
		const struct mig_part *part = &t->record.offer.parts[i];
		if (!part->is_readonly && !file_exists(t->root, part->path))
			return err_set(
				err, ERR_MISSING, 0, _("disk %s is not there yet"), part->path);
	}
	return 0;
}

static int start(struct target *t, struct err *err)
{
	const struct mig_offer *offer = &t->record.offer;
	CLEANUP(mem_free_string) char *name = copy_name(t);
	struct xenmove_domain copy;
	if (disks_place(t->root, offer, err) < 0 || want_disks(t, err) < 0)
		return -1;
	/* Not to be seen before its pool was there: heard when it is taken up next. */
	if (ownership_was_refused(t->root, offer->name, offer->cfg, offer->id))
		return err_set(err, ERR_INVALID, 0, "%s",
			_("somebody decided on the other host that it stays there"));
	take_disks(t);
	/* Of an earlier boot nothing is left: it ran, for all that can be known, and is off. */
	if (!offer->is_running || !is_this_boot(t)) {
		name_log(t, name);
		return 0;
	}
	if (find_copy(t, &copy, err) < 0)
		return -1;
	if (copy.domid != VM_NO_DOMID) {
		if (xenmove_start(t->xen, copy.domid, name, offer->name, err) < 0)
			return -1;
		name_log(t, name);
		return 0;
	}
	/* Renamed, and then cut short. */
	if (xenmove_find(t->xen, offer->uuid, offer->name, &copy, err) < 0)
		return -1;
	name_log(t, name);
	return copy.domid != VM_NO_DOMID && copy.is_paused
		       ? xenmove_start(t->xen, copy.domid, NULL, NULL, err)
		       : 0;
}

static int destroy(struct target *t, struct err *err)
{
	struct xenmove_domain copy;
	if (disks_undo(t->root, &t->record.offer, err) < 0)
		return -1;
	drop_log(t);
	if (!t->record.offer.is_running || !is_this_boot(t))
		return 0;
	if (find_copy(t, &copy, err) < 0)
		return -1;
	return copy.domid == VM_NO_DOMID ? 0 : xenmove_destroy(t->xen, copy.domid, err);
}

static int receive_disks(struct target *t, struct err *err)
{
	struct vm_host host;
	if (vm_host_read(t->root, VM_HOST_WHOLE, &host, err) < 0)
		return -1;
	int rc = disks_receive(t->root, &t->record.offer, &host, &t->channel, err);
	vm_host_dispose(&host);
	return rc;
}

static int restore(struct target *t, struct err *err)
{
	CLEANUP(mem_free_string) char *name = copy_name(t);
	if (!t->record.offer.is_running)
		return receive_disks(t, err);
	return xenmove_restore(t->xen, t->record.offer.config, name, t->channel.in_fd, err);
}

static int send_message(struct target *t, enum mig_message message, struct err *err)
{
	json_t *json = json_pack("{s:s, s:s}", "id", t->record.offer.id, "why", t->why);
	json_t *findings = json_array();
	for (size_t i = 0; i < t->findings.count; i++)
		(void)json_array_append_new(findings, json_string(t->findings.items[i]));
	(void)json_object_set_new(json, "findings", findings);
	if (t->differs)
		(void)json_object_set(json, "differs", t->differs);
	/* What is said now stays true without the lock. */
	file_close(&t->lock_fd);
	return channel_send(&t->channel, message, json, err);
}

static struct mig_event wait_message(struct target *t, struct err *err)
{
	json_t *json = NULL;
	if (channel_receive(&t->channel, GO_MS, &json, err) < 0)
		return (struct mig_event){.happened = MIG_FAILED};
	const char *id = json_string_value(json_object_get(json, "id"));
	enum mig_message message = channel_message(json);
	bool is_ours = id && strcmp(id, t->record.offer.id) == 0;
	json_decref(json);
	return (struct mig_event){.happened = is_ours ? MIG_GOT : MIG_FAILED, .message = message};
}

static int do_step(struct target *t, const struct mig_step *step, struct err *err)
{
	const char *id = t->record.offer.id;
	switch (step->what) {
	case MIG_DO_WRITE:
		t->record.state = step->record;
		return record_write(t->root, RECORD_IN, id, &t->record, err);
	case MIG_DO_FORGET:
		return record_forget(t->root, RECORD_IN, id, err);
	case MIG_DO_SEND:
		return send_message(t, step->message, err);
	case MIG_DO_CHECK:
		return check(t, err);
	case MIG_DO_RESTORE:
		return restore(t, err);
	case MIG_DO_GRANT:
		return grant(t, err);
	case MIG_DO_START:
		return start(t, err);
	case MIG_DO_PLACE:
		return record_place(t->root, &t->record, err);
	case MIG_DO_DESTROY:
		return destroy(t, err);
	case MIG_DO_WAIT:
	case MIG_DO_QUESTION:
	case MIG_DO_STREAM:
	case MIG_DO_TAKE_AWAY:
	case MIG_DO_PUT_BACK:
	case MIG_DO_RESUME:
	case MIG_DO_BURY:
	case MIG_DO_END:
		break;
	}
	return -1;
}

static enum mig_end run(struct target *t, enum mig_message first)
{
	struct mig_machine machine;
	struct mig_step step;
	mig_target_begin(&machine, t->record.state, first);
	while ((step = mig_step(&machine)).what != MIG_DO_END) {
		struct err why = ERR_INIT;
		struct mig_event event;
		if (step.what == MIG_DO_WAIT) {
			event = wait_message(t, &why);
		} else {
			int rc = do_step(t, &step, &why);
			event = (struct mig_event){.happened = rc == 0 ? MIG_DONE : MIG_FAILED};
		}
		if (why.text[0] && !t->why[0])
			vm_spec_set(&t->why, why.text);
		mig_tell(&machine, event);
	}
	return step.end;
}

/*
 * Granted, not known to run, and a person at the source has decided meanwhile that it stays there: the
 * images say so. Then it is as if it had never been granted. Shared devices have no place to say it.
 */
static void hear_decision(struct target *t)
{
	const struct mig_offer *offer = &t->record.offer;
	struct xenmove_domain guest = {.domid = VM_NO_DOMID};
	if (t->record.state != MIG_GRANTED ||
		!ownership_was_refused(t->root, offer->name, offer->cfg, offer->id))
		return;
	if (offer->is_running && is_this_boot(t) &&
		(xenmove_find(t->xen, offer->uuid, offer->name, &guest, NULL) < 0 ||
			guest.domid != VM_NO_DOMID))
		return;
	t->record.state = MIG_OPEN;
}

/* ---- one connection */

static int take_offer(struct target *t, const json_t *json, struct err *err)
{
	CLEANUP(mem_free_string) char *peer = xstrdup(t->record.peer);
	record_dispose(&t->record);
	record_init(&t->record);
	vm_spec_set(&t->record.peer, peer);
	free(t->record.boot);
	t->record.boot = record_boot(t->root);
	mig_offer_dispose(&t->record.offer);
	return mig_offer_read(json_object_get(json, "guest"), &t->record.offer, err);
}

static int refuse(struct target *t, const struct err *why, struct err *err)
{
	if (!t->findings.count)
		strlist_add(&t->findings, why->text);
	return send_message(t, MIG_REFUSE, err);
}

static int answer_check(struct target *t, const json_t *json, struct err *err)
{
	struct err why = ERR_INIT;
	if (take_offer(t, json, &why) < 0 || check(t, &why) < 0)
		return refuse(t, &why, err);
	return send_message(t, MIG_ACCEPT, err);
}

/* A number counts once: an offer cannot take the place of what was granted. */
static int check_new(const struct target *t, struct err *err)
{
	CLEANUP(record_dispose) struct record there;
	if (record_read(t->root, RECORD_IN, t->record.offer.id, &there, err) < 0)
		return -1;
	return there.state == MIG_NONE
		       ? 0
		       : err_set(err, ERR_INVALID, 0, "%s", _("this migration was offered before"));
}

static int answer_offer(struct target *t, const json_t *json, struct err *err)
{
	struct err why = ERR_INIT;
	if (take_offer(t, json, &why) < 0 || lock(t, "live", 0, &t->live_fd, &why) != 0 ||
		check_new(t, &why) < 0)
		return refuse(t, &why, err);
	enum mig_end end = run(t, MIG_OFFER);
	return end == MIG_END_STUCK ? err_set(err, ERR_PROC, 0, "%s", t->why) : 0;
}

/* A peer may only ask for what it has sent itself. */
static int answer_question(struct target *t, const json_t *json, struct err *err)
{
	const char *id = json_string_value(json_object_get(json, "id"));
	CLEANUP(mem_free_string) char *peer = xstrdup(t->record.peer);
	bool is_id = id && strlen(id) == 32 && strspn(id, "0123456789abcdef") == 32;
	if (!is_id)
		return err_set(err, ERR_INVALID, 0, "%s", _("a question without a number"));
	vm_spec_set(&t->record.offer.id, id);
	if (lock(t, "lock", LOCK_WAIT_MS, &t->lock_fd, err) != 0)
		return -1;
	record_dispose(&t->record);
	if (record_read(t->root, RECORD_IN, id, &t->record, err) < 0)
		return -1;
	if (t->record.state != MIG_NONE && strcmp(t->record.peer, peer) != 0)
		return err_set(err, ERR_INVALID, 0, "%s", _("that migration is another host's"));
	vm_spec_set(&t->record.offer.id, id);
	hear_decision(t);
	enum mig_end end = run(t, channel_message(json));
	return end == MIG_END_STUCK ? err_set(err, ERR_PROC, 0, "%s", t->why) : 0;
}

static int answer(struct target *t, const json_t *json, bool *ret_is_over, struct err *err)
{
	const char *word = json_string_value(json_object_get(json, "message"));
	enum mig_message message = channel_message(json);
	*ret_is_over = true;
	if (message == MIG_OFFER)
		return answer_offer(t, json, err);
	if (message == MIG_ASK || message == MIG_CLOSE)
		return answer_question(t, json, err);
	*ret_is_over = false;
	if (word && strcmp(word, "check") == 0)
		return answer_check(t, json, err);
	return err_set(
		err, ERR_INVALID, 0, "%s", _("the other host says what cannot be said here"));
}

int migrate_receive(const char *root, struct vm_xen *xen, const char *peer, int in_fd, int out_fd,
	struct err *err)
{
	CLEANUP(target_dispose)
	struct target t = {.root = root,
		.xen = xen,
		.channel = {.in_fd = in_fd, .out_fd = out_fd},
		.lock_fd = -1,
		.live_fd = -1,
		.why = xstrdup("")};
	record_init(&t.record);
	vm_spec_set(&t.record.peer, peer);
	for (;;) {
		struct err why = ERR_INIT;
		json_t *json = NULL;
		bool is_over;
		if (channel_receive(&t.channel, FIRST_MS, &json, &why) < 0)
			return why.code == ERR_MISSING ? 0
						       : err_set(err, why.code, 0, "%s", why.text);
		int rc = answer(&t, json, &is_over, err);
		json_decref(json);
		if (rc < 0 || is_over)
			return rc;
	}
}

void migrate_take_up(const char *root, struct vm_xen *xen, const char *id, struct strlist *ret_left)
{
	CLEANUP(target_dispose)
	struct target t = {.root = root,
		.xen = xen,
		.channel = {.in_fd = -1, .out_fd = -1},
		.lock_fd = -1,
		.live_fd = -1,
		.why = xstrdup("")};
	record_init(&t.record);
	vm_spec_set(&t.record.offer.id, id);
	/* Somebody is at it. */
	if (lock(&t, "live", 0, &t.live_fd, NULL) != 0 ||
		lock(&t, "lock", 0, &t.lock_fd, NULL) != 0)
		return;
	struct err why = ERR_INIT;
	record_dispose(&t.record);
	if (record_read(root, RECORD_IN, id, &t.record, &why) < 0) {
		strlist_add(ret_left, why.text);
		return;
	}
	if (t.record.state == MIG_NONE || t.record.state == MIG_RUNNING)
		return;
	hear_decision(&t);
	if (run(&t, MIG_ASK) == MIG_END_STUCK)
		strlist_addf(ret_left, _("%s, from %s: %s (%s)"), t.record.offer.name,
			t.record.peer, _("unfinished"), t.why);
}
