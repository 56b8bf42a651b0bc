/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source's side: a guest offered, sent, and removed here only once it is known to be there. */
#define _GNU_SOURCE
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "hostconf.h"
#include "lang.h"
#include "mem.h"
#include "peer.h"
#include "savedguest.h"
#include "vmwizard/migrate/disks.h"
#include "vmwizard/migrate/migrate.h"
#include "vmwizard/migrate/xenmove.h"
#include "vmwizard/ownership.h"
#include "vmwizard/paths.h"

enum { ANSWER_MS = 60000, READY_MS = 180000, CLOSE_MS = 5000, ASK_AGAIN_MS = 5000 };

struct source {
	const struct migrate_request *request;
	struct migrate_result *result;
	struct record record;
	struct proc_pipe pipe;
	struct channel channel;
	struct strlist marks;
	struct disks_held held; /* what was copied, until its definition is gone */
	int lock_fd;
};

static void hang_up(struct source *s)
{
	CLEANUP(str_dispose) struct str errors = STR_INIT;
	size_t len;
	bool was_up = s->pipe.pid > 0;
	s->channel = (struct channel){.in_fd = -1, .out_fd = -1};
	proc_pipe_close(&s->pipe, CLOSE_MS, &errors);
	const char *line = proc_last_line(&errors, &len);
	if (was_up && len && !s->result->why[0]) {
		free(s->result->why);
		s->result->why = xstrndup(line, len < 400 ? len : 400);
	}
}

static void remove_marks(struct source *s)
{
	for (size_t i = 0; i < s->marks.count; i++)
		(void)file_remove(s->request->root, s->marks.items[i], NULL);
	strlist_dispose(&s->marks);
}

static void source_dispose(struct source *s)
{
	hang_up(s);
	remove_marks(s);
	disks_held_dispose(&s->held);
	record_dispose(&s->record);
	file_close(&s->lock_fd);
}

static void say(const struct source *s, const char *text)
{
	if (s->request->say)
		s->request->say(s->request->context, text);
}

void migrate_result_init(struct migrate_result *result)
{
	*result = (struct migrate_result){.end = MIG_END_NOTHING,
		.why = xstrdup(""),
		.note = xstrdup(""),
		.disks = json_array()};
}

void migrate_result_dispose(struct migrate_result *result)
{
	strlist_dispose(&result->findings);
	strlist_dispose(&result->left);
	json_decref(result->disks);
	result->disks = NULL;
	free(result->why);
	free(result->note);
	result->why = result->note = NULL;
}

/* ---- the connection */

static int connect_peer(struct source *s, struct err *err)
{
	CLEANUP(hostconf_dispose) struct host_config config;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(strlist_dispose) struct strlist argv = STRLIST_INIT;
	const struct hostconf_context context = {.judges_login = true};
	const char *root = s->request->root;
	hang_up(s);
	hostconf_init(&config);
	if (hostconf_read_file(
		    root, HOSTCONF_PATH, &context, SCHEMA_LENIENT, &config, &problems, err) < 0)
		return -1;
	const struct host_peer *peer = peer_called(&config, s->record.peer);
	if (!peer)
		return err_set(err, ERR_MISSING, 0,
			_("%s is no peer of this host; first: domus-host peer add %s"),
			s->record.peer, s->record.peer);
	peer_argv(root, PEER_HOME, peer_address(peer), peer->port, &argv);
	if (proc_pipe_open((const char *const *)argv.items, &s->pipe, err) < 0)
		return -1;
	s->channel = (struct channel){.in_fd = s->pipe.out_fd, .out_fd = s->pipe.in_fd};
	return 0;
}

static json_t *with_id(const struct source *s)
{
	return json_pack("{s:s}", "id", s->record.offer.id);
}

static json_t *with_guest(const struct source *s)
{
	json_t *json = with_id(s);
	(void)json_object_set_new(json, "guest", mig_offer_write(&s->record.offer, true));
	return json;
}

static void take_findings(struct source *s, const json_t *json)
{
	const json_t *finding;
	size_t i;
	json_array_foreach(json_object_get(json, "findings"), i, finding)
	{
		const char *text = json_string_value(finding);
		if (text && !strlist_has(&s->result->findings, text))
			strlist_add(&s->result->findings, text);
	}
}

static void note_why(struct source *s, const char *text)
{
	if (text && text[0] && !s->result->why[0])
		vm_spec_set(&s->result->why, text);
}

static void get_note(struct source *s, const json_t *json)
{
	const char *text = json_string_value(json_object_get(json, "why"));
	vm_spec_set(&s->result->note, text ? text : "");
}

static struct mig_event wait_message(struct source *s, int timeout_ms)
{
	struct err err = ERR_INIT;
	json_t *json = NULL;
	if (channel_receive(&s->channel, timeout_ms, &json, &err) < 0) {
		hang_up(s);
		note_why(s, err.text);
		return (struct mig_event){.happened = MIG_FAILED};
	}
	enum mig_message message = channel_message(json);
	take_findings(s, json);
	/* Of one that has started: a disk's owner that could not be written there. */
	if (message == MIG_STARTED)
		get_note(s, json);
	/* It has seen them. Later the pool may be as far away as the target, and waited for. */
	if (message == MIG_ACCEPT)
		remove_marks(s);
	if (message == MIG_REFUSE || message == MIG_REFUSED)
		note_why(s, json_string_value(json_object_get(json, "why")));
	json_decref(json);
	return (struct mig_event){.happened = MIG_GOT, .message = message};
}

static struct mig_event ask(struct source *s)
{
	struct err err = ERR_INIT;
	if (connect_peer(s, &err) < 0 || channel_send(&s->channel, MIG_ASK, with_id(s), &err) < 0) {
		note_why(s, err.text);
		return (struct mig_event){.happened = MIG_FAILED};
	}
	return wait_message(s, ANSWER_MS);
}

static int send_message(struct source *s, enum mig_message message, struct err *err)
{
	/* Taken up after a crash, there is no connection yet. */
	if (message == MIG_CLOSE && s->channel.out_fd < 0 && connect_peer(s, err) < 0)
		return -1;
	json_t *json = message == MIG_OFFER ? with_guest(s) : with_id(s);
	return channel_send(&s->channel, message, json, err);
}

/* ---- the guest */

/* The one that is sent, or was: not another of its name that was started since. */
static int find_guest(struct source *s, struct xenmove_domain *ret_guest, struct err *err)
{
	CLEANUP(mem_free_string) char *boot = record_boot(s->request->root);
	const struct mig_offer *offer = &s->record.offer;
	*ret_guest = (struct xenmove_domain){.domid = VM_NO_DOMID};
	if (!offer->is_running || strcmp(boot, s->record.boot) != 0)
		return 0;
	/* Whatever its name is by now. */
	if (xenmove_find(s->request->xen, offer->uuid, NULL, ret_guest, err) < 0)
		return -1;
	if (ret_guest->domid != s->record.domid)
		ret_guest->domid = VM_NO_DOMID;
	return 0;
}

static int send_disks(struct source *s, struct err *err)
{
	struct disks_progress progress = {
		.amount = s->request->amount, .context = s->request->amount_context};
	if (json_array_size(s->result->disks))
		say(s, _("copying its disks"));
	return disks_send(
		s->request->root, &s->record.offer, &s->channel, &s->held, &progress, err);
}

/* libxl only knows that its helper ended; when the connection did, err says so. */
static void judge_stream(const struct source *s, struct err *err)
{
	CLEANUP(str_dispose) struct str errors = STR_INIT;
	struct pollfd end = {.fd = s->pipe.in_fd};
	size_t len;
	if (poll(&end, 1, 0) < 1 || !(end.revents & POLLERR))
		return;
	proc_pipe_errors(&s->pipe, &errors);
	const char *line = proc_last_line(&errors, &len);
	(void)err_set(err, ERR_PROC, 0,
		_("the connection to %s ended while its memory was copied%s%.*s"), s->record.peer,
		len ? ": " : "", (int)len, line);
}

static int stream(struct source *s, struct err *err)
{
	if (!s->record.offer.is_running)
		return send_disks(s, err);
	say(s, s->record.offer.is_live ? _("copying its memory while it runs")
				       : _("suspending it and copying its memory"));
	int64_t begun_ms = vm_now_ms();
	int rc = xenmove_stream(
		s->request->xen, s->record.domid, s->channel.out_fd, s->record.offer.is_live, err);
	s->result->copy_ms = vm_now_ms() - begun_ms;
	s->result->copied_kib = xenmove_copied(s->request->xen);
	if (rc < 0)
		judge_stream(s, err);
	return rc;
}

static int resume(struct source *s, struct err *err)
{
	struct xenmove_domain guest;
	/* The target sees the end now; its own is not waited for. */
	file_close(&s->pipe.in_fd);
	s->channel.out_fd = -1;
	if (find_guest(s, &guest, err) < 0)
		return -1;
	if (guest.domid == VM_NO_DOMID || !guest.is_suspended)
		return 0;
	say(s, _("it goes on here"));
	return xenmove_resume(s->request->xen, guest.domid, err);
}

static int destroy(struct source *s, struct err *err)
{
	struct xenmove_domain guest;
	if (find_guest(s, &guest, err) < 0)
		return -1;
	/* Its number says that it is the one that was sent. Woken by whomever, it is the second one. */
	if (guest.domid == VM_NO_DOMID)
		return 0;
	return xenmove_destroy(s->request->xen, guest.domid, err);
}

/*
 * Without its definition nobody can start it here any more; who did so before is seen now, also by
 * what it wrote. A definition that is another by now has not been offered.
 */
static int take_away(struct source *s, struct err *err)
{
	const struct mig_offer *offer = &s->record.offer;
	struct xenmove_domain guest;
	if (record_is_offered(s->request->root, &s->record, err) < 0 ||
		record_take_away(s->request->root, &s->record, err) < 0)
		return -1;
	if (offer->is_running)
		return 0;
	if (xenmove_find(s->request->xen, offer->uuid, NULL, &guest, err) < 0)
		return -1;
	if (guest.domid != VM_NO_DOMID)
		return err_set(
			err, ERR_INVALID, 0, _("guest %s was started meanwhile"), offer->name);
	return disks_check_held(s->request->root, offer, &s->held, err);
}

/*
 * The target takes them only after it was granted, so that a person alone can decide against it;
 * coming back, it sees so beside the images. An owner that cannot be written stops nothing: it keeps the guest from a later start alone.
 */
static void take_disks(struct source *s)
{
	const struct mig_offer *offer = &s->record.offer;
	struct err why = ERR_INIT;
	if (!s->record.is_by_hand)
		return;
	for (size_t i = 0; i < offer->n_parts; i++) {
		const struct mig_part *part = &offer->parts[i];
		if (part->is_readonly || part->is_block ||
			file_exists(s->request->root, part->path))
			continue;
		CLEANUP(mem_free_string)
		char *note = xasprintf(_("disk %s is not there: nothing beside it tells the other "
					 "host that the guest stays here"),
			part->path);
		vm_spec_set(&s->result->note, note);
	}
	if (ownership_refuse(s->request->root, offer->name, offer->cfg, offer->id, &why) < 0)
		vm_spec_set(&s->result->note, why.text);
}

static int check_removal(struct source *s, struct strlist *findings, struct err *err)
{
	struct snap_volumes volumes = SNAP_VOLUMES_INIT;
	struct vm_host host;
	const struct mig_offer *offer = &s->record.offer;
	bool has_volume = false;
	for (size_t i = 0; i < offer->n_parts; i++)
		has_volume |= offer->parts[i].is_copied && offer->parts[i].is_block;
	if (has_volume && snap_read(&volumes, err) < 0)
		return -1;
	int rc = vm_host_read(s->request->root, VM_HOST_WHOLE, &host, err);
	if (rc == 0) {
		disks_check_removal(s->request->root, offer, &host, &volumes, findings);
		vm_host_dispose(&host);
	}
	snap_volumes_dispose(&volumes);
	return rc;
}

static void note_unknown(struct source *s, const char *path)
{
	CLEANUP(mem_free_string)
	char *note = xasprintf(
		_("whether %s has %s is not known: keep it here until the guest runs there"),
		s->record.peer, path);
	vm_spec_set(&s->result->note, note);
}

/* Since the move began, which may be days ago, another guest may have got one of them. */
static bool may_remove(struct source *s)
{
	CLEANUP(strlist_dispose) struct strlist findings = STRLIST_INIT;
	struct err why = ERR_INIT;
	bool is_known = check_removal(s, &findings, &why) == 0;
	if (is_known && !findings.count)
		return true;
	vm_spec_set(&s->result->note, is_known ? findings.items[0] : why.text);
	return false;
}

/*
 * The target has compared them, and has the guest: it has said so. What cannot be removed, or was not
 * to be, is named as left. When a person said so, nobody knows: then they may be the only ones.
 */
static void clear_up(struct source *s)
{
	const struct mig_offer *offer = &s->record.offer;
	const char *root = s->request->root;
	bool is_known = !s->record.is_by_hand;
	disks_held_dispose(&s->held);
	bool removes = is_known && s->record.removes && may_remove(s);
	if (removes)
		(void)ownership_do_text(root, offer->name, offer->cfg, OWNERSHIP_RELEASE, NULL);
	for (size_t i = 0; i < offer->n_parts; i++) {
		const struct mig_part *part = &offer->parts[i];
		struct err why = ERR_INIT;
		if (!part->is_copied || part->is_readonly || !file_exists(root, part->path))
			continue;
		if (!is_known) {
			note_unknown(s, part->path);
			return;
		}
		if (removes && disks_remove(root, part, &why) == 0)
			continue;
		strlist_add(&s->result->left, part->path);
		if (removes)
			vm_spec_set(&s->result->note, why.text);
	}
}

static int do_step(struct source *s, const struct mig_step *step, struct err *err)
{
	const char *root = s->request->root;
	const char *name = s->record.offer.name;
	switch (step->what) {
	case MIG_DO_WRITE:
		s->record.state = step->record;
		return record_write(root, RECORD_OUT, name, &s->record, err);
	case MIG_DO_FORGET:
		/* Cut short it is done again, as long as there is a record. */
		if (s->record.state == MIG_THERE)
			clear_up(s);
		return record_forget(root, RECORD_OUT, name, err);
	case MIG_DO_SEND:
		return send_message(s, step->message, err);
	case MIG_DO_STREAM:
		return stream(s, err);
	case MIG_DO_TAKE_AWAY:
		return take_away(s, err);
	case MIG_DO_PUT_BACK:
		return record_place(root, &s->record, err);
	case MIG_DO_RESUME:
		take_disks(s);
		return resume(s, err);
	case MIG_DO_DESTROY:
		return destroy(s, err);
	case MIG_DO_BURY:
		return record_bury(root, &s->record, err);
	case MIG_DO_WAIT:
	case MIG_DO_QUESTION:
	case MIG_DO_CHECK:
	case MIG_DO_RESTORE:
	case MIG_DO_GRANT:
	case MIG_DO_START:
	case MIG_DO_PLACE:
	case MIG_DO_END:
		break;
	}
	return -1;
}

static struct mig_event carry_out(struct source *s, const struct mig_step *step)
{
	struct err why = ERR_INIT;
	if (step->what == MIG_DO_WAIT)
		return wait_message(s, READY_MS);
	if (step->what == MIG_DO_QUESTION)
		return ask(s);
	int rc = do_step(s, step, &why);
	if (rc < 0)
		note_why(s, why.text);
	return (struct mig_event){.happened = rc == 0 ? MIG_DONE : MIG_FAILED};
}

static void run(struct source *s, enum mig_by_hand by_hand)
{
	struct mig_machine machine;
	struct mig_step step;
	s->record.is_by_hand |= by_hand != MIG_ASK_PEER;
	mig_source_begin(&machine, s->record.state, by_hand);
	while ((step = mig_step(&machine)).what != MIG_DO_END) {
		struct mig_event event = carry_out(s, &step);
		mig_tell(&machine, event);
		if (event.happened == MIG_GOT && event.message == MIG_STARTED)
			s->result->downtime_ms = xenmove_downtime(s->request->xen);
	}
	s->result->end = step.end;
}

/* ---- a new one */

/* Files that tell the target that a directory is the same as ours. */
static void list_marks(struct source *s)
{
	const struct mig_offer *offer = &s->record.offer;
	for (size_t i = 0; i < offer->n_parts; i++) {
		const struct mig_part *part = &offer->parts[i];
		if (part->is_block || part->is_readonly || part->size_bytes == 0)
			continue;
		CLEANUP(mem_free_string) char *path = mig_mark_path(offer, part);
		if (!strlist_has(&s->marks, path))
			strlist_add(&s->marks, path);
	}
}

static int write_marks(struct source *s, struct err *err)
{
	const char *id = s->record.offer.id;
	list_marks(s);
	for (size_t i = 0; i < s->marks.count; i++)
		if (file_write(s->request->root, s->marks.items[i], id, strlen(id), 0644, err) < 0)
			return -1;
	return 0;
}

static int read_running(struct source *s, struct err *err)
{
	struct mig_offer *offer = &s->record.offer;
	struct xenmove_domain guest;
	struct vm_xen *xen = s->request->xen;
	if (xenmove_find(xen, offer->uuid, offer->name, &guest, err) < 0)
		return -1;
	if (guest.domid == VM_NO_DOMID) {
		offer->need_dom0_kib = 0;
		return 0;
	}
	if (guest.is_paused || guest.is_suspended)
		return err_set(err, ERR_INVALID, 0,
			_("guest %s is paused; let it go on, or shut it down"), offer->name);
	offer->is_running = s->result->was_running = true;
	offer->is_live = !s->request->is_offline;
	s->record.domid = guest.domid;
	unsigned cpus = 0;
	if (xenmove_config(xen, guest.domid, &offer->config, &offer->need_kib, &cpus, err) < 0)
		return -1;
	offer->need_cpus = cpus > offer->need_cpus ? cpus : offer->need_cpus;
	return 0;
}

static int check_here(struct source *s, struct err *err)
{
	struct mig_offer *offer = &s->record.offer;
	struct vm_host host;
	struct err why = ERR_INIT;
	CLEANUP(mem_free_string) char *saved = savedguest_path(s->request->root, offer->name);
	if (vm_host_read(s->request->root, VM_HOST_WHOLE, &host, err) < 0)
		return -1;
	offer->xen_major = host.xen_major;
	offer->xen_minor = host.xen_minor;
	memcpy(offer->cpu_caps, host.cpu_caps, sizeof(offer->cpu_caps));
	mig_check_source(offer, &host, &s->result->findings);
	if (ownership_do_text(s->request->root, offer->name, offer->cfg, OWNERSHIP_CHECK, &why) < 0)
		strlist_add(&s->result->findings, why.text);
	if (saved)
		strlist_addf(&s->result->findings, _("guest %s is saved here; start it first"),
			offer->name);
	vm_host_dispose(&host);
	return 0;
}

static int ask_there(struct source *s, json_t **ret_json, struct err *err)
{
	struct err why = ERR_INIT;
	if (s->channel.out_fd < 0 && connect_peer(s, err) < 0)
		return -1;
	if (channel_send_word(&s->channel, "check", with_guest(s), &why) == 0 &&
		channel_receive(&s->channel, ANSWER_MS, ret_json, &why) == 0) {
		enum mig_message message = channel_message(*ret_json);
		if (message == MIG_ACCEPT || message == MIG_REFUSE)
			return 0;
		json_decref(*ret_json);
		return err_set(
			err, ERR_INVALID, 0, _("%s answers what makes no sense"), s->record.peer);
	}
	hang_up(s);
	return err_set(err, ERR_PROC, 0, _("%s cannot be reached: %s"), s->record.peer,
		s->result->why[0] ? s->result->why : why.text);
}

/* What is not the same over there moves with a guest that is off. */
static int choose_copied(struct source *s, struct err *err)
{
	struct mig_offer *offer = &s->record.offer;
	const json_t *number;
	json_t *json = NULL;
	size_t i;
	if (!s->request->is_offline || offer->is_running)
		return 0;
	if (ask_there(s, &json, err) < 0)
		return -1;
	json_array_foreach(json_object_get(json, "differs"), i, number)
	{
		json_int_t at = json_is_integer(number) ? json_integer_value(number) : -1;
		struct mig_part *part =
			at >= 0 && (size_t)at < offer->n_parts ? &offer->parts[at] : NULL;
		if (!part || part->size_bytes == 0)
			continue;
		part->is_copied = true;
		part->data_bytes = disks_data(s->request->root, part);
		(void)json_array_append_new(
			s->result->disks, json_pack("{s:s, s:I, s:I}", "path", part->path, "size",
						  (json_int_t)part->size_bytes, "data",
						  (json_int_t)part->data_bytes));
	}
	json_decref(json);
	disks_check_source(s->request->root, offer, &s->result->findings);
	return s->request->removes && json_array_size(s->result->disks)
		       ? check_removal(s, &s->result->findings, err)
		       : 0;
}

/* All findings at once, ours and the target's. */
static int check_there(struct source *s, struct err *err)
{
	json_t *json = NULL;
	if (choose_copied(s, err) < 0 || ask_there(s, &json, err) < 0)
		return -1;
	take_findings(s, json);
	json_decref(json);
	return 0;
}

static int lock_name(struct source *s, struct err *err)
{
	CLEANUP(mem_free_string) char *name = xasprintf("out-%s", s->request->name);
	int r = record_lock(s->request->root, name, 0, &s->lock_fd, err);
	if (r > 0)
		return err_set(err, ERR_INVALID, 0, _("guest %s is being moved already"),
			s->request->name);
	return r;
}

/* Asks again until the target answers or patience ends; settle goes on then. */
static void be_patient(struct source *s)
{
	int64_t end_ms = vm_now_ms() + (int64_t)s->request->patience_s * 1000;
	if (s->result->end == MIG_END_UNDECIDED && s->request->patience_s)
		say(s, _("undecided: the other host was given leave to start it and does not answer; "
			 "it stays suspended here, and is asked for"));
	while (s->result->end == MIG_END_UNDECIDED && vm_now_ms() < end_ms) {
		(void)poll(NULL, 0, ASK_AGAIN_MS);
		s->record.state = MIG_PERMITTED;
		run(s, MIG_ASK_PEER);
	}
}

static int begin(struct source *s, struct err *err)
{
	const struct migrate_request *request = s->request;
	struct record left;
	if (lock_name(s, err) < 0)
		return -1;
	int rc = record_read(request->root, RECORD_OUT, request->name, &left, err);
	if (rc == 0 && left.state != MIG_NONE)
		rc = err_set(err, ERR_INVALID, 0,
			_("an earlier migration of %s to %s is not finished (%s); see --resolve"),
			request->name, left.peer, mig_record_words[left.state]);
	record_dispose(&left);
	if (rc < 0)
		return -1;
	s->record.removes = request->removes;
	vm_spec_set(&s->record.peer, request->peer);
	vm_spec_set(&s->record.offer.name, request->name);
	free(s->record.boot);
	s->record.boot = record_boot(request->root);
	if (migrate_gather(request->root, &s->record.offer, err) < 0 || read_running(s, err) < 0 ||
		check_here(s, err) < 0 || write_marks(s, err) < 0)
		return -1;
	return check_there(s, err);
}

static struct source source_of(const struct migrate_request *request, struct migrate_result *result)
{
	struct source s = {.request = request,
		.result = result,
		.pipe = PROC_PIPE_INIT,
		.channel = {.in_fd = -1, .out_fd = -1},
		.lock_fd = -1};
	record_init(&s.record);
	return s;
}

int migrate_send(
	const struct migrate_request *request, struct migrate_result *ret_result, struct err *err)
{
	CLEANUP(source_dispose) struct source s = source_of(request, ret_result);
	int64_t begun_ms = vm_now_ms();
	if (begin(&s, err) < 0)
		return -1;
	if (ret_result->findings.count || request->is_dry)
		return 0;
	run(&s, MIG_ASK_PEER);
	be_patient(&s);
	ret_result->total_ms = vm_now_ms() - begun_ms;
	return 0;
}

int migrate_resolve(const struct migrate_request *request, enum mig_by_hand by_hand,
	struct migrate_result *ret_result, struct err *err)
{
	CLEANUP(source_dispose) struct source s = source_of(request, ret_result);
	if (lock_name(&s, err) < 0)
		return -1;
	record_dispose(&s.record);
	if (record_read(request->root, RECORD_OUT, request->name, &s.record, err) < 0)
		return -1;
	if (s.record.state == MIG_NONE)
		return err_set(
			err, ERR_MISSING, 0, _("no migration of %s is unfinished"), request->name);
	run(&s, MIG_ASK_PEER);
	/* Only what the peer does not answer is a person's to decide. */
	if (ret_result->end == MIG_END_UNDECIDED && by_hand != MIG_ASK_PEER) {
		s.record.state = MIG_PERMITTED;
		run(&s, by_hand);
	}
	return 0;
}

static void settle_one(
	const char *root, struct vm_xen *xen, const char *name, struct strlist *ret_left)
{
	const struct migrate_request request = {.root = root, .xen = xen, .name = name};
	CLEANUP(migrate_result_dispose) struct migrate_result result;
	struct err err = ERR_INIT;
	migrate_result_init(&result);
	if (migrate_resolve(&request, MIG_ASK_PEER, &result, &err) < 0)
		return;
	if (result.end == MIG_END_UNDECIDED || result.end == MIG_END_STUCK)
		strlist_addf(ret_left, "%s: %s (%s)", name,
			result.end == MIG_END_STUCK ? _("unfinished") : _("undecided"), result.why);
	else if (result.note[0])
		strlist_addf(ret_left, "%s: %s", name, result.note);
}

static bool waits_for_peer(const char *root, const char *name)
{
	CLEANUP(record_dispose) struct record record;
	return record_read(root, RECORD_OUT, name, &record, NULL) == 0 &&
	       record.state == MIG_PERMITTED;
}

void migrate_settle(const char *root, struct vm_xen *xen, struct strlist *ret_left)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	CLEANUP(strlist_dispose) struct strlist waiting = STRLIST_INIT;
	CLEANUP(strlist_dispose) struct strlist ids = STRLIST_INIT;
	record_list(root, RECORD_IN, &ids);
	for (size_t i = 0; i < ids.count; i++)
		migrate_take_up(root, xen, ids.items[i], ret_left);
	record_list(root, RECORD_OUT, &names);
	/* What is decided first: at boot it comes before the guests' start, and a peer may be waited for long. */
	for (size_t i = 0; i < names.count; i++)
		if (waits_for_peer(root, names.items[i]))
			strlist_add(&waiting, names.items[i]);
		else
			settle_one(root, xen, names.items[i], ret_left);
	for (size_t i = 0; i < waiting.count; i++)
		settle_one(root, xen, waiting.items[i], ret_left);
}
