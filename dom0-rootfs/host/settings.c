/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of the host's file, and putting them in force: what commands and pages share. */
#include "settings.h"

#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "rollback.h"
#include "source.h"
#include "store.h"

/* A file in which nobody could log in (an empty one, as a crash may leave it) is not what a change begins with. */
static int check_login(const char *root, const struct host_config *after, struct err *err)
{
	if (!store_is_own(root) || hostconf_has_login(after))
		return 0;
	CLEANUP(source_dispose) struct source source;
	source_load(root, NULL, &source);
	if (!hostconf_has_login(&source.config))
		return 0;
	if (strcmp(source.path, HOSTCONF_PATH) == 0)
		return err_set(err, ERR_INVALID, 0, _("nobody could log in any more"));
	return err_set(err, ERR_INVALID, 0,
		_("in %s nobody could log in; in use is %s, which domus-host undo puts back"),
		HOSTCONF_PATH, source.path);
}

int settings_replace(const char *root, const char *old_text, const char *text, struct err *err)
{
	CLEANUP(hostconf_dispose) struct host_config config;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	int rc = store_parse(root, text, &config, &problems, err);
	if (rc == 0)
		rc = check_login(root, &config, err);
	if (rc == 0)
		rc = store_write(root, old_text, text, err);
	return rc;
}

int settings_set(
	const char *root, const struct conf_key *key, const struct strlist *values, struct err *err)
{
	CLEANUP(file_close) int lock = -1;
	CLEANUP(str_dispose) struct str old = STR_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (store_lock(root, &lock, err) < 0 || store_read(root, &old, err) < 0)
		return -1;
	conftext_set(str_text(&old), key, values, &text);
	return settings_replace(root, str_text(&old), str_text(&text), err);
}

int settings_remove_section(const char *root, const char *kind, const char *name, struct err *err)
{
	CLEANUP(file_close) int lock = -1;
	CLEANUP(str_dispose) struct str old = STR_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (store_lock(root, &lock, err) < 0 || store_read(root, &old, err) < 0)
		return -1;
	conftext_remove_section(str_text(&old), kind, name, &text);
	if (strcmp(str_text(&old), str_text(&text)) == 0)
		return err_set(err, ERR_MISSING, 0, _("there is no section [%s %s]"), kind, name);
	return settings_replace(root, str_text(&old), str_text(&text), err);
}

/* The text that says what is in force: the good file that does, else one made anew. */
static void find_applied_text(
	const char *root, const struct host_config *applied, struct str *ret_text)
{
	/* Only the built-in file may leave root without a password: no file is what it goes back to. */
	if (!applied->root_password[0])
		return;
	for (int i = 1; i <= STORE_GOOD_FILES; i++) {
		CLEANUP(mem_free_string) char *path = xasprintf(STORE_GOOD_DIR "/%d", i);
		CLEANUP(str_dispose) struct str text = STR_INIT;
		CLEANUP(hostconf_dispose) struct host_config config;
		CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
		CLEANUP(changes_dispose) struct changes changes = CHANGES_INIT;
		hostconf_init(&config);
		if (file_read(root, path, CFG_FILE_MAX, &text, NULL) < 0)
			continue;
		hostconf_dispose(&config);
		if (store_parse(root, str_text(&text), &config, &problems, NULL) < 0)
			continue;
		changes_build(applied, &config, &changes);
		if (changes.count)
			continue;
		str_add(ret_text, "%s", str_text(&text));
		return;
	}
	schema_write(&host_schema, applied, ret_text);
}

static int refuse(const struct apply_plan *plan, struct err *err)
{
	return err_set(err, ERR_INVALID, 0,
		_("%s: only an installation can change that; take it back or say domus-host undo"),
		plan->refused.items[0]);
}

/* In force at once, or in a process that waits for the confirmation. */
static int carry_out(const struct settings_request *request, const struct rollback *change,
	enum settings_outcome *ret_outcome, struct err *err)
{
	if (change->plan->needs_confirm && !request->is_sure) {
		*ret_outcome = SETTINGS_WAITS;
		return rollback_start(change, err);
	}
	*ret_outcome = SETTINGS_DONE;
	int failures = apply_execute(request->root, change->plan, change->before, change->after);
	(void)file_remove(request->root, STORE_UNCONFIRMED_PATH, NULL);
	if (store_is_own(request->root) &&
		store_add_good(request->root, change->after_text, err) < 0)
		return -1;
	if (failures)
		return err_set(err, ERR_PROC, 0, _("%d steps failed"), failures);
	return 0;
}

int settings_apply(const struct settings_request *request, struct str *ret_text,
	enum settings_outcome *ret_outcome, struct err *err)
{
	const char *root = request->root;
	CLEANUP(file_close) int lock = -1;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	CLEANUP(str_dispose) struct str before_text = STR_INIT;
	CLEANUP(hostconf_dispose) struct host_config before;
	CLEANUP(hostconf_dispose) struct host_config after;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(apply_plan_dispose) struct apply_plan plan = APPLY_PLAN_INIT;
	hostconf_init(&after);
	store_read_applied(root, &before);
	if (store_lock(root, &lock, err) < 0 || store_read(root, &text, err) < 0)
		return -1;
	hostconf_dispose(&after);
	if (store_is_own(root)) {
		if (store_parse(root, str_text(&text), &after, &problems, err) < 0)
			return err_prefix(err, "%s: ", HOSTCONF_PATH);
		if (check_login(root, &after, err) < 0)
			return -1;
	} else {
		/* A live system: nothing but hand edits can differ. */
		store_read_applied(root, &after);
	}
	apply_plan_build(root, &before, &after, &plan);
	apply_plan_describe(&plan, request->is_dry_run, ret_text);
	if (plan.refused.count)
		return refuse(&plan, err);
	*ret_outcome = SETTINGS_NOTHING;
	if (request->is_dry_run || (!plan.changes.count && !plan.hand_edits.count && !plan.n_steps))
		return 0;
	find_applied_text(root, &before, &before_text);
	const struct rollback change = {.root = root,
		.plan = &plan,
		.before = &before,
		.after = &after,
		.before_text = str_text(&before_text),
		.after_text = str_text(&text),
		.seconds = request->seconds ? request->seconds : ROLLBACK_DEFAULT_S};
	return carry_out(request, &change, ret_outcome, err);
}

int settings_undo(const char *root, struct err *err)
{
	CLEANUP(file_close) int lock = -1;
	CLEANUP(str_dispose) struct str present = STR_INIT;
	CLEANUP(str_dispose) struct str other = STR_INIT;
	if (store_lock(root, &lock, err) < 0 || store_read(root, &present, err) < 0 ||
		store_find_other(root, str_text(&present), &other, err) < 0)
		return -1;
	return settings_replace(root, str_text(&present), str_text(&other), err);
}
