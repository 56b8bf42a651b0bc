/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An action with the answers to its questions. */
#ifndef MANAGER_REQUEST_H
#define MANAGER_REQUEST_H

#include "actions.h"
#include "job.h"

/* Everything that the other process needs; it has a copy. */
struct request {
	enum action action;
	const char *root;
	bool is_dry;
	const struct vm_domain *guest;
	const char *text;   /* new name, path of the CD, other host */
	bool with_disks;    /* deleted; or removed here once they have moved */
	bool is_forced;     /* a start takes over what another host owns */
	bool is_offline;    /* a move: it stands still */
	int64_t memory_mib; /* 0: as it is */
	int64_t vcpus;
	char *pin, *soft_pin; /* NULL: as they are; owned */
	int64_t weight, cap;  /* weight 0: as they are */
	/* Of its file, for later starts; 0: as it is. */
	int64_t kept_memory_mib, kept_vcpus;
};

struct manager;
struct vm_xen;

/* resources.c: memory, CPUs, pinning, weight of a guest that runs; true when something changes. */
bool resources_ask(struct manager *m, struct request *request);

/* move.c: another host, and the way there; ret_peer is the caller's. False: it does not move. */
bool move_ask(struct manager *m, struct request *request, char **ret_peer);
/* In the other process; text is the peer. */
int move_do(const struct request *request, struct vm_xen *xen, const struct job_out *out,
	struct err *err);

#endif
