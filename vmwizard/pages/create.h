/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the wizard's pages share: the specification they fill, and what it is checked against. */
#ifndef PAGES_CREATE_H
#define PAGES_CREATE_H

#include "ui/ui.h"
#include "vmwizard/plan.h"
#include "vmwizard/session.h"

struct create {
	struct ui *ui;
	struct session *session;
	struct vm_host host;
	const struct profile *profile;
	struct vm_spec spec;
	bool is_edit; /* a guest that is there, not a new one */
	/* Of an edit: what the file said, as text and as understood. */
	char *old_text;
	struct vm_spec before;
};

/* A row of the summary or of a list of settings. */
typedef void page_value(const struct create *c, struct str *ret_text);
/* Opens a page; what it changed is in c->spec. */
typedef void page_open(struct create *c);

/*
 * Takes changed over into c->spec, completed, unless an error comes with it that was not there
 * before: that is said, and false returned. changed is the caller's to dispose of in any case.
 */
bool create_accept(struct create *c, struct vm_spec *changed);
/* A one-field form; false when it was left. The caller frees *ret_value. */
bool create_ask_line(struct create *c, const struct ui_question *q, const char *label,
	const char *value, unsigned max, char **ret_value);

page_open method_open, name_open, hardware_open, disks_open, nics_open, install_open, options_open;
page_open config_open;

/* make.c: what OK does. UI_OK: made, or written; UI_BACK: the pages again. */
enum ui_result make_guest(struct create *c);
enum ui_result make_edit(struct create *c);
/* Its screen is what one works with, not its console. */
bool make_is_graphical(const struct create *c);
/* Both texts that can be seen before anything is made: the plan and the xl.cfg. */
int make_preview(struct create *c, struct str *ret_text, struct err *err);

/* os.c: the list of systems; UI_OK: c->profile and c->spec are set. */
enum ui_result os_choose(struct create *c);

#endif
