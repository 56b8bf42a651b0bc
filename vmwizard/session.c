/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This machine, or facts that stand for it. */
#include "vmwizard/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"

static char *own_name(void)
{
	char name[256] = "";

	if (gethostname(name, sizeof(name) - 1) != 0)
		name[0] = '\0';
	return xstrdup(name);
}

int session_open(struct session *session, const char *root, const char *facts_path, struct err *err)
{
	*session = (struct session){.root = root};
	if (facts_path && facts_read(facts_path, &session->facts, err) != 0)
		return -1;
	session->host_name = session->facts ? xstrdup(facts_host_name(session->facts)) : own_name();
	/* Without Xen the list shows what is defined; why there is no Xen is said by vm_host. */
	if (!session->facts && vm_xen_open(&session->xen, NULL) != 0)
		session->xen = NULL;
	return 0;
}

int session_load_profiles(struct session *session, struct err *err)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;

	return profiles_load(session->root, PROFILE_DIR, &session->profiles, &problems, err);
}

void session_close(struct session *session)
{
	facts_free(session->facts);
	if (session->xen)
		vm_xen_close(session->xen);
	profiles_dispose(&session->profiles);
	free(session->host_name);
	*session = (struct session){.root = NULL};
}

int session_read_host(
	struct session *session, enum vm_host_what what, struct vm_host *ret_host, struct err *err)
{
	return session->facts ? facts_host(session->facts, ret_host, err)
			      : vm_host_read(session->root, what, ret_host, err);
}

int session_read_list(struct session *session, const struct vm_list *before,
	struct vm_list *ret_list, struct err *err)
{
	if (session->facts)
		return facts_next_list(session->facts, ret_list, err);
	return vm_list_read(session->xen, session->root, before, ret_list, err);
}

bool session_is_dry(const struct session *session)
{
	return session->facts != NULL;
}
