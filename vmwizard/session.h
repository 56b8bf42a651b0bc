/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the manager and the wizard work on: this machine, or facts from a file that stand for it. */
#ifndef VMWIZARD_SESSION_H
#define VMWIZARD_SESSION_H

#include "vmwizard/facts.h"
#include "vmwizard/host.h"
#include "vmwizard/list.h"

struct session {
	const char *root;
	struct facts *facts;      /* NULL: this machine */
	struct vm_xen *xen;       /* NULL: no Xen here, or facts from a file */
	struct profiles profiles; /* none until session_load_profiles() */
	char *host_name;
};

/* Without Xen it is not an error. facts_path NULL: this machine. */
int session_open(
	struct session *session, const char *root, const char *facts_path, struct err *err);
/* For what asks profiles; they are parsed here. */
int session_load_profiles(struct session *session, struct err *err);
void session_close(struct session *session);

/* As the machine is now; ret_host is initialized here, the caller disposes of it. */
int session_read_host(
	struct session *session, enum vm_host_what what, struct vm_host *ret_host, struct err *err);
int session_read_list(struct session *session, const struct vm_list *before,
	struct vm_list *ret_list, struct err *err);

/* True when nothing is run or written: commands are only shown. */
bool session_is_dry(const struct session *session);

#endif
