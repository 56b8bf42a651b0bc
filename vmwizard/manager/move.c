/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest moved to another host from the list: where to, how, what speaks against it, and the move. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "hostconf.h"
#include "lang.h"
#include "mem.h"
#include "peer.h"
#include "request.h"
#include "state.h"
#include "ui/ui.h"
#include "vmwizard/migrate/migrate.h"
#include "vmwizard/migrate/xenmove.h"

enum { PATIENCE_S = 60 };

/* The index of a peer; false when there is none or none was chosen. */
static bool choose_peer(
	struct manager *m, const struct host_config *config, const char *name, size_t *ret_chosen)
{
	CLEANUP(mem_free_string) char *text = xasprintf(_("Where does \"%s\" move to?"), name);
	struct ui_question q = {.id = "peer",
		.title = _("Move to a host"),
		.text = text,
		.help = "",
		.ok = _("OK")};
	if (config->n_peers == 0) {
		ui_say(m->ui, q.title, "%s",
			_("This host knows no other. First: domus-host peer add HOST"));
		return false;
	}
	struct ui_item *items = xcalloc(config->n_peers, sizeof(items[0]));
	for (size_t i = 0; i < config->n_peers; i++)
		items[i] = (struct ui_item){
			.tag = config->peers[i].name, .text = peer_address(&config->peers[i])};
	enum ui_result result = ui_menu(m->ui, &q, items, config->n_peers, ret_chosen);
	free(items);
	return result == UI_OK;
}

/* Of one that runs: while it runs, or suspended; of one that is off: with its disks, or without. */
static bool choose_way(struct manager *m, struct request *request)
{
	static const struct ui_item running[] = {
		{.tag = N_("Live"), .text = N_("its memory is copied while it runs")},
		{.tag = N_("Suspended"), .text = N_("it stands still during the copy")},
	};
	static const struct ui_item off[] = {
		{.tag = N_("Shared"), .text = N_("the other host has its disks already")},
		{.tag = N_("Copied"), .text = N_("its disks are copied, and stay here, too")},
		{.tag = N_("Moved"), .text = N_("the same; compared, they are removed here")},
	};
	const struct ui_question q = {.id = "move-way",
		.title = _("Move to a host"),
		.text = _("How does it move?"),
		.help = "",
		.ok = _("OK")};
	bool is_off = request->guest->state == VM_STATE_OFF;
	size_t chosen = 0;
	if (ui_menu(m->ui, &q, is_off ? off : running,
		    is_off ? ARRAY_SIZE(off) : ARRAY_SIZE(running), &chosen) != UI_OK)
		return false;
	request->is_offline = chosen >= 1;
	request->with_disks = chosen == 2;
	return true;
}

/* Both hosts are asked; all that speaks against it is shown at once. */
static bool is_possible(struct manager *m, const struct request *request, const char *peer)
{
	CLEANUP(mem_free_string) char *text = xasprintf(_("%s is asked"), peer);
	CLEANUP(migrate_result_dispose) struct migrate_result result;
	const struct ui_question q = {
		.id = "move-check", .title = _("Move to a host"), .text = text, .help = ""};
	const struct migrate_request dry = {.root = m->session->root,
		.xen = m->session->xen,
		.name = request->guest->name,
		.peer = peer,
		.is_offline = request->is_offline,
		.is_dry = true};
	struct err err = ERR_INIT;
	migrate_result_init(&result);
	ui_gauge(m->ui, &q, 0);
	int rc = migrate_send(&dry, &result, &err);
	ui_gauge_end(m->ui);
	CLEANUP(mem_free_string) char *findings = strlist_join_with(&result.findings, "\n");
	if (rc < 0 || findings[0])
		ui_say(m->ui, q.title, "%s", rc < 0 ? err.text : findings);
	return rc == 0 && !findings[0];
}

bool move_ask(struct manager *m, struct request *request, char **ret_peer)
{
	CLEANUP(hostconf_dispose) struct host_config config;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	const struct hostconf_context context = {.judges_login = true};
	struct err err = ERR_INIT;
	size_t chosen = 0;
	hostconf_init(&config);
	/* The live system has none before somebody writes one, and then no peers either. */
	if (file_exists(m->session->root, HOSTCONF_PATH) &&
		hostconf_read_file(m->session->root, HOSTCONF_PATH, &context, SCHEMA_LENIENT,
			&config, &problems, &err) < 0) {
		ui_say(m->ui, _("Move to a host"), "%s", err.text);
		return false;
	}
	if (!choose_peer(m, &config, request->guest->name, &chosen) || !choose_way(m, request))
		return false;
	const char *peer = config.peers[chosen].name;
	if (!session_is_dry(m->session) && !is_possible(m, request, peer))
		return false;
	*ret_peer = xstrdup(peer);
	return true;
}

/* --- in the other process */

static void show_step(void *context, const char *text)
{
	job_say_command(context, text);
}

static void show_pages(void *context, const char *what, uint64_t done, uint64_t total)
{
	(void)what;
	job_say_amount(context, done * 4096, total * 4096);
}

static int say_result(const struct request *request, const struct migrate_result *result,
	const struct job_out *out, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(mem_free_string) char *findings = strlist_join_with(&result->findings, "; ");
	if (findings[0])
		return err_set(err, ERR_INVALID, 0, "%s", findings);
	if (result->end == MIG_END_UNDECIDED)
		return err_set(err, ERR_PROC, 0,
			_("undecided: it may run on %s, which does not answer (%s)"), request->text,
			result->why);
	if (result->end != MIG_END_THERE)
		return err_set(err, ERR_PROC, 0,
			result->end == MIG_END_STUCK ? _("not finished yet: %s")
						     : _("it stays here: %s"),
			result->why);
	str_add(&text, _("moved to %s"), request->text);
	if (result->was_running)
		str_add(&text, _(", in %.1f s, of which it stood still for %.1f s"),
			(double)result->total_ms / 1000, (double)result->downtime_ms / 1000);
	if (result->note[0])
		str_add(&text, "; %s", result->note);
	if (result->left.count) {
		CLEANUP(mem_free_string) char *left = strlist_join_with(&result->left, ", ");
		str_add(&text, _("; needed no more here: %s"), left);
	}
	job_say_note(out, str_text(&text));
	return 0;
}

int move_do(const struct request *request, struct vm_xen *xen, const struct job_out *out,
	struct err *err)
{
	CLEANUP(migrate_result_dispose) struct migrate_result result;
	void *context = (void *)(uintptr_t)out;
	const struct migrate_request move = {.root = request->root,
		.xen = xen,
		.name = request->guest->name,
		.peer = request->text,
		.is_offline = request->is_offline,
		.removes = request->with_disks,
		.patience_s = PATIENCE_S,
		.say = show_step,
		.amount = show_pages,
		.context = context,
		.amount_context = context};
	migrate_result_init(&result);
	if (request->is_dry) {
		CLEANUP(mem_free_string)
		char *command = xasprintf("domus-vm migrate %s %s%s%s", request->guest->name,
			request->text, request->is_offline ? " --offline" : "",
			request->with_disks ? " --remove" : "");
		job_say_command(out, command);
		return 0;
	}
	xenmove_prepare(xen);
	xenmove_progress(xen, show_pages, context);
	if (migrate_send(&move, &result, err) < 0)
		return -1;
	return say_result(request, &result, out, err);
}
