/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the manager's parts share. */
#ifndef MANAGER_STATE_H
#define MANAGER_STATE_H

#include "actions.h"
#include "job.h"
#include "rows.h"
#include "ui/ui.h"
#include "vmwizard/plan.h"
#include "vmwizard/session.h"

#define MANAGER_JOBS_MAX 16

struct manager {
	struct ui *ui;
	struct session *session;
	struct rows rows;
	struct job jobs[MANAGER_JOBS_MAX];
	size_t n_jobs;
	char *message; /* of what was done last */
	bool is_typing;
	bool is_over;
	int64_t taken_ms; /* when the list was read last; 0: to be read now */
};

void manager_say(struct manager *m, const char *fmt, ...) ATTR_PRINTF(2, 3);

/* perform.c: asks what has to be asked and begins it; the guest is the chosen one. */
void perform(struct manager *m, enum action action);
/* The menu of all actions. */
void perform_menu(struct manager *m);

/*
 * details.c: what NAME.cfg says (ret_spec is the caller's to dispose of), with what is wrong in it.
 * False when there is none or it cannot be read.
 */
bool details_read_spec(struct manager *m, const struct vm_domain *guest, struct vm_spec *ret_spec,
	struct problems *problems);
/* memory.c: the whole host's memory, and its borders between running guests. */
void memory_show(struct manager *m);
/* Pages to read. */
void details_show(struct manager *m, const struct vm_domain *guest);

#endif
