/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest moved to another host, or received from one: the steps of protocol.h carried out. */
#ifndef MIGRATE_MIGRATE_H
#define MIGRATE_MIGRATE_H

#include "proc.h"
#include "vmwizard/migrate/channel.h"
#include "vmwizard/migrate/record.h"

struct migrate_request {
	const char *root;
	struct vm_xen *xen;
	const char *name, *peer;
	/*
	 * A running guest is suspended for the copy, and its memory goes with it; of one that is off
	 * the disks go with it that the other host does not have.
	 */
	bool is_offline;
	bool removes; /* what was copied is removed here, once it is there */
	bool is_dry;
	unsigned
		patience_s; /* how long an undecided one is asked for before it is left to settle */
	/* What goes on, in a line; may be NULL. */
	void (*say)(void *context, const char *text);
	/* Of disks, in pages of 4 KiB; may be NULL. */
	void (*amount)(void *context, const char *what, uint64_t done, uint64_t total);
	void *context, *amount_context;
};

struct migrate_result {
	enum mig_end end;
	struct strlist findings; /* what speaks against it: nothing was begun */
	char *why;               /* the first thing that failed, or "" */
	char *note;              /* what is to be known besides, however it ended, or "" */
	json_t *disks;           /* that are copied: array of objects with path, size, data */
	struct strlist left;     /* of those: what stays here, and nobody needs any more */
	int64_t total_ms, downtime_ms;
	bool was_running;
	uint64_t copied_kib; /* of its memory, in copy_ms */
	int64_t copy_ms;
};

void migrate_result_init(struct migrate_result *result);
void migrate_result_dispose(struct migrate_result *result);

/* -1: it could not even be asked. 0: see result. */
int migrate_send(
	const struct migrate_request *request, struct migrate_result *ret_result, struct err *err);

/*
 * Takes up this host's unfinished migration of a guest. by_hand: decided by a person, who knows
 * better than this host can; the peer is asked first, and its answer counts.
 */
int migrate_resolve(const struct migrate_request *request, enum mig_by_hand by_hand,
	struct migrate_result *ret_result, struct err *err);

/* Takes up everything that was cut short and nobody is at; what stays is in ret_left, in words. */
void migrate_settle(const char *root, struct vm_xen *xen, struct strlist *ret_left);

/* Serves one connection of a peer: 0 when it ended as it should. */
int migrate_receive(const char *root, struct vm_xen *xen, const char *peer, int in_fd, int out_fd,
	struct err *err);

/* For the target's side of settle: takes up a record of RECORD_IN; what is left to do is added to ret_left, in words. */
void migrate_take_up(
	const char *root, struct vm_xen *xen, const char *id, struct strlist *ret_left);

/* A new offer of the guest that offer->name says, as it is when off: its number, definition, disks. */
int migrate_gather(const char *root, struct mig_offer *offer, struct err *err);

/* This host's own look at a part; mark_id: also for the mark beside it. part's path is set. */
void migrate_probe(const char *root, const struct mig_offer *offer, const char *path,
	struct mig_part *ret_part);

#endif
