/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of what can be done to a guest. */
#include "actions.h"

#include <string.h>

#include "lang.h"
#include "mem.h"
#include "rows.h"
#include "vmwizard/paths.h"

const struct action_row action_rows[ACTIONS] = {
	[ACTION_START] = {'s', N_("Start"), N_("starting"), ""},
	[ACTION_CONSOLE] = {'c', N_("Console"), "", ""},
	[ACTION_SCREEN] = {'g', N_("Graphical screen"), "",
		N_("how to see it from another computer")},
	[ACTION_DETAILS] = {'i', N_("Details and logs"), "", N_("disks, network, file, messages")},
	[ACTION_SHUTDOWN] = {'d', N_("Shut down"), N_("shutting down"), ""},
	[ACTION_REBOOT] = {'b', N_("Reboot"), N_("rebooting"), ""},
	[ACTION_PAUSE] = {'p', N_("Pause"), N_("pausing"), ""},
	[ACTION_SAVE] = {'v', N_("Save to disk"), N_("saving"), ""},
	[ACTION_FORCE_OFF] = {'x', N_("Force off"), N_("forcing off"), ""},
	[ACTION_RESOURCES] = {'u', N_("Memory and CPUs"), N_("changing"), ""},
	[ACTION_EDIT] = {'e', N_("Edit"), "", N_("hardware, disks, network, options")},
	[ACTION_CD] = {'m', N_("Change CD"), N_("changing the CD"), ""},
	[ACTION_AUTOSTART] = {'a', N_("Start with host"), N_("autostart"), ""},
	[ACTION_MOVE] = {'t', N_("Move to a host"), N_("moving"), ""},
	[ACTION_CLONE] = {'l', N_("Clone"), N_("cloning"), N_("a copy with disks of its own")},
	[ACTION_RENAME] = {'r', N_("Rename"), N_("renaming"), N_("its file and disks follow")},
	[ACTION_DELETE] = {'D', N_("Delete"), N_("deleting"), N_("with or without its disks")},
};

const char *action_word(enum action action, const struct vm_domain *guest)
{
	if (action == ACTION_START && guest->state == VM_STATE_SAVED)
		return _("Restore");
	if (action == ACTION_PAUSE && guest->state == VM_STATE_PAUSED)
		return _("Continue");
	if (action == ACTION_AUTOSTART && guest->autostart)
		return _("Not with host");
	return _(action_rows[action].word);
}

static const char *needs_running(const struct vm_domain *guest)
{
	switch (guest->state) {
	case VM_STATE_RUNNING:
		return NULL;
	case VM_STATE_PAUSED:
		return _("It is paused: continue it first.");
	case VM_STATE_CRASHED:
		return _("It has crashed: force it off, then start it.");
	case VM_STATE_ENDING:
		return _("It is ending.");
	case VM_STATE_SAVED:
		return _("It is saved: restore it first.");
	case VM_STATE_UNDECIDED:
		return _("It may run on the other host, which does not answer.");
	case VM_STATE_OFF:
		break;
	}
	return _("It is off.");
}

static const char *needs_off(const struct vm_domain *guest)
{
	if (guest->state == VM_STATE_UNDECIDED)
		return _("It may run on the other host, which does not answer.");
	if (rows_is_there(guest))
		return _("It must be off.");
	if (guest->state == VM_STATE_SAVED)
		return _("It is saved: restore it and shut it down first.");
	return NULL;
}

static const char *needs_file(const struct vm_domain *guest)
{
	return guest->has_cfg ? NULL : _("It has no file in /etc/xen.");
}

static const char *needs_domain(const struct vm_domain *guest)
{
	return rows_is_there(guest) ? NULL : _("It is off.");
}

/* Of two conditions the first that speaks against. */
static const char *both(const char *a, const char *b)
{
	return a ? a : b;
}

const char *action_why_not(enum action action, const struct vm_domain *guest)
{
	if (rows_is_host(guest) && action != ACTION_DETAILS)
		return _("This is the host itself.");
	switch (action) {
	case ACTION_START:
		return rows_is_there(guest) ? _("It is there already.") : needs_file(guest);
	case ACTION_SHUTDOWN:
	case ACTION_REBOOT:
	case ACTION_SAVE:
	case ACTION_RESOURCES:
		return needs_running(guest);
	case ACTION_PAUSE:
		return guest->state == VM_STATE_PAUSED ? NULL : needs_running(guest);
	case ACTION_CONSOLE:
	case ACTION_FORCE_OFF:
		return needs_domain(guest);
	case ACTION_SCREEN:
		return both(needs_domain(guest),
			strcmp(guest->method, "hvm") == 0
				? NULL
				: _("It has no graphical screen: use its console."));
	case ACTION_CD:
		if (strcmp(guest->method, "hvm") != 0)
			return _("Only HVM guests have a CD drive; edit its disks.");
		return needs_file(guest);
	case ACTION_EDIT:
	case ACTION_AUTOSTART:
		return needs_file(guest);
	case ACTION_MOVE:
		return both(needs_file(guest),
			guest->state == VM_STATE_OFF ? NULL : needs_running(guest));
	case ACTION_CLONE:
	case ACTION_RENAME:
		return both(needs_file(guest), needs_off(guest));
	case ACTION_DELETE:
		return both(needs_file(guest), rows_is_there(guest) ? _("It must be off.") : NULL);
	case ACTION_DETAILS:
	case ACTIONS:
		break;
	}
	return NULL;
}

char *action_command(enum action action, const struct vm_domain *guest)
{
	const char *name = guest->name;

	switch (action) {
	case ACTION_START:
		if (guest->state == VM_STATE_SAVED)
			return xasprintf("xl restore -e .../%s", name);
		return xasprintf("xl create -e -q " VM_CFG_DIR "/%s.cfg", name);
	case ACTION_CONSOLE:
		return xasprintf("xl console %s", name);
	case ACTION_SHUTDOWN:
		return xasprintf("xl shutdown -F %s", name);
	case ACTION_REBOOT:
		return xasprintf("xl reboot -F %s", name);
	case ACTION_PAUSE:
		return xasprintf(
			"xl %s %s", guest->state == VM_STATE_PAUSED ? "unpause" : "pause", name);
	case ACTION_SAVE:
		return xasprintf("xl save %s ...", name);
	case ACTION_FORCE_OFF:
		return xasprintf("xl destroy %s", name);
	case ACTION_RESOURCES:
		return xstrdup("xl mem-set, vcpu-set, vcpu-pin, sched-credit2");
	case ACTION_CD:
		return xasprintf("xl cd-insert %s ...", name);
	case ACTION_AUTOSTART:
		return xasprintf(guest->autostart ? "rm " VM_AUTO_DIR "/%s.cfg"
						  : "ln -s ../%s.cfg " VM_AUTO_DIR "/",
			name);
	case ACTION_MOVE:
		return xasprintf("domus-vm migrate %s ...", name);
	case ACTION_SCREEN:
	case ACTION_EDIT:
	case ACTION_CLONE:
	case ACTION_RENAME:
	case ACTION_DELETE:
	case ACTION_DETAILS:
		return xstrdup(_(action_rows[action].about));
	case ACTIONS:
		break;
	}
	return xstrdup("");
}

enum action action_of_key(int key)
{
	enum action action = ACTION_START;

	while (action < ACTIONS && action_rows[action].key != key)
		action++;
	return action;
}
