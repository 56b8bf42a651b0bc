/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the actions share: running a command that is shown, a guest's state and file. */
#include "vmwizard/act.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "vmwizard/command.h"
#include "vmwizard/migrate/record.h"

#define TICK_MS 200

int act_run_list(
	const struct vm_action *a, const struct strlist *argv, unsigned timeout_ms, struct err *err)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	vm_command_text(argv, &text);
	if (a->show)
		a->show(a->context, str_text(&text));
	if (a->is_dry)
		return 0;
	if (command_run(argv, timeout_ms, err) < 0)
		return err_prefix(err, "%s: ", a->name);
	return 0;
}

int act_run(const struct vm_action *a, unsigned timeout_ms, struct err *err, ...)
{
	CLEANUP(strlist_dispose) struct strlist argv = STRLIST_INIT;
	va_list args;
	const char *word;
	va_start(args, err);
	while ((word = va_arg(args, const char *)) != NULL)
		strlist_add(&argv, word);
	va_end(args);
	return act_run_list(a, &argv, timeout_ms, err);
}

static int take_guest(
	const char *name, const struct vm_domain *d, struct act_guest *ret_guest, struct err *err)
{
	if (!d)
		return err_set(err, ERR_MISSING, 0, _("there is no guest \"%s\""), name);
	if (d->domid == 0)
		return err_set(err, ERR_INVALID, 0, _("%s is the host itself"), name);
	*ret_guest = (struct act_guest){.is_running = d->domid != VM_NO_DOMID,
		.domid = d->domid,
		.state = d->state,
		.is_hvm = strcmp(d->method, "hvm") == 0,
		.is_pvh = strcmp(d->method, "pvh") == 0,
		.autostart = d->autostart,
		.memory_kib = d->memory_kib,
		.max_memory_kib = d->max_memory_kib,
		.video_kib = d->video_kib,
		.vcpus = d->vcpus,
		.max_vcpus = d->max_vcpus};
	return 0;
}

int act_look(const struct vm_action *a, struct act_guest *ret_guest, struct err *err)
{
	struct vm_list list;
	if (vm_list_read(a->xen, a->root, NULL, &list, err) < 0)
		return -1;
	int rc = take_guest(a->name, vm_list_find(&list, a->name), ret_guest, err);
	if (rc == 0)
		ret_guest->free_kib = list.free_kib;
	vm_list_dispose(&list);
	return rc;
}

static int want(const struct vm_action *a, bool is_running, struct err *err)
{
	struct act_guest guest;
	if (a->is_dry)
		return 0;
	if (act_look(a, &guest, err) < 0)
		return -1;
	if (guest.is_running == is_running)
		return 0;
	return err_set(err, ERR_INVALID, 0,
		guest.is_running ? _("guest %s runs; shut it down first")
				 : _("guest %s does not run"),
		a->name);
}

int act_want_running(const struct vm_action *a, struct err *err)
{
	return want(a, true, err);
}

int act_want_off(const struct vm_action *a, struct err *err)
{
	return want(a, false, err);
}

int act_wait(const struct vm_action *a, unsigned timeout_s, act_done *done, void *context,
	const char *late, struct err *err)
{
	unsigned limit_s = a->timeout_s ? a->timeout_s : timeout_s;
	if (a->is_dry)
		return 0;
	int64_t begun_ms = vm_now_ms();
	for (;;) {
		struct vm_list list;
		if (vm_list_running(a->xen, &list, err) < 0)
			return -1;
		bool is_done = done(vm_list_find(&list, a->name), context);
		vm_list_dispose(&list);
		if (is_done)
			return 0;
		if (vm_now_ms() - begun_ms >= (int64_t)limit_s * 1000)
			return err_set(err, ERR_TIMEOUT, 0, _("guest %s: %s within %u s"), a->name,
				late, limit_s);
		(void)poll(NULL, 0, TICK_MS);
	}
}

int act_keep_saved(const char *part, const char *path, struct err *err)
{
	struct err why = ERR_INIT;
	/* Lasting: the host may go down next. */
	if (file_rename("/", part, path, &why) < 0)
		return err_set(err, why.code, why.sys,
			_("the guest is saved in %s, which cannot be renamed to %s"), part, path);
	return 0;
}

int act_want_settled(const struct vm_action *a, struct err *err)
{
	return a->is_dry ? 0 : record_refuse_moving(a->root, a->name, err);
}

int act_read_cfg(const struct vm_action *a, struct xlcfg *ret_cfg, struct err *err)
{
	CLEANUP(mem_free_string) char *path = vm_cfg_path(a->name);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	*ret_cfg = (struct xlcfg)XLCFG_INIT;
	if (file_read(a->root, path, XLCFG_FILE_MAX, &text, err) < 0)
		return -1;
	if (xlcfg_parse(str_text(&text), text.len, ret_cfg, err) < 0)
		return err_prefix(err, "%s: ", path);
	return 0;
}

int act_write_cfg(const struct vm_action *a, const struct xlcfg *cfg, struct err *err)
{
	return act_write_text(a, &cfg->text, err);
}

int act_write_text(const struct vm_action *a, const struct str *text, struct err *err)
{
	CLEANUP(mem_free_string) char *path = vm_cfg_path(a->name);
	if (a->is_dry)
		return 0;
	/* What was read before a move must not bring the guest back here when it has gone. */
	if (act_want_settled(a, err) < 0)
		return -1;
	if (!file_exists(a->root, path))
		return err_set(err, ERR_MISSING, 0,
			_("guest %s is not defined here any more: nothing was written"), a->name);
	return file_update(a->root, path, str_text(text), text->len, 0600, err);
}

int act_set_key(const struct vm_action *a, const char *key, const char *value, bool is_text,
	struct err *err)
{
	struct xlcfg cfg;
	CLEANUP(mem_free_string) char *path = vm_cfg_path(a->name);
	if (a->is_dry)
		return 0;
	/* A guest that was started from a file elsewhere keeps nothing. */
	if (!file_exists(a->root, path))
		return 0;
	int rc = act_read_cfg(a, &cfg, err);
	if (rc == 0 && !value)
		rc = xlcfg_unset(&cfg, key, err);
	else if (rc == 0)
		rc = is_text ? xlcfg_set_text(&cfg, key, value, NULL, err)
			     : xlcfg_set(&cfg, key, value, NULL, err);
	if (rc == 0)
		rc = act_write_cfg(a, &cfg, err);
	xlcfg_dispose(&cfg);
	return rc;
}
