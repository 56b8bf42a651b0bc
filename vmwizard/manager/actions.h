/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done to a guest: keys, words, the command each stands for, and when it cannot. Pure. */
#ifndef MANAGER_ACTIONS_H
#define MANAGER_ACTIONS_H

#include "vmwizard/list.h"

enum action {
	ACTION_START,
	ACTION_CONSOLE,
	ACTION_SCREEN,
	ACTION_DETAILS,
	ACTION_SHUTDOWN,
	ACTION_REBOOT,
	ACTION_PAUSE,
	ACTION_SAVE,
	ACTION_FORCE_OFF,
	ACTION_RESOURCES,
	ACTION_EDIT,
	ACTION_CD,
	ACTION_AUTOSTART,
	ACTION_MOVE,
	ACTION_CLONE,
	ACTION_RENAME,
	ACTION_DELETE,
	ACTIONS,
};

struct action_row {
	int key;           /* in the live list */
	const char *word;  /* in the menu */
	const char *what;  /* while it is done: "shutting down" */
	const char *about; /* in the menu, where no command of xl stands */
};
extern const struct action_row action_rows[ACTIONS];

/* What it is called for this guest: a paused one is continued. */
const char *action_word(enum action action, const struct vm_domain *guest);
/* NULL when it can be done, else why not. */
const char *action_why_not(enum action action, const struct vm_domain *guest);
/* The command it stands for, or what it does when that is more than one; the caller frees. */
char *action_command(enum action action, const struct vm_domain *guest);
/* The action of a key, or ACTIONS. */
enum action action_of_key(int key);

#endif
