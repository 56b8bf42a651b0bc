/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host has on disk about migrations: one file each, written whole or not at all. */
#ifndef MIGRATE_RECORD_H
#define MIGRATE_RECORD_H

#include "vmwizard/list.h"
#include "vmwizard/migrate/offer.h"
#include "vmwizard/migrate/protocol.h"

/* There only while there is a record: what is left over is looked for by this (etc/crontabs/root). */
#define RECORD_DIR "/var/lib/domus/migrate"
#define RECORD_OUT RECORD_DIR "/out" /* of a source, by the guest's name */
#define RECORD_IN RECORD_DIR "/in"   /* of a target, by the migration's id */
/* Definitions of guests that have moved, by name. */
#define RECORD_GONE "/var/lib/domus/moved"
#define RECORD_LOCKS "/run/domus/migrate"

struct record {
	enum mig_record state;
	char *peer;     /* the other host */
	char *boot;     /* boot_id of the boot in which it began: older ones have no domains left */
	uint32_t domid; /* of the source's guest */
	bool removes;   /* at the source: disks that were copied are removed here in the end */
	bool is_by_hand; /* a person has decided: what the target has is not known */
	struct mig_offer offer;
};

void record_init(struct record *record);
void record_dispose(struct record *record);
/* Key in dir: name or id. None: state NONE, no error. ret_record is initialized here. */
int record_read(const char *root, const char *dir, const char *key, struct record *ret_record,
	struct err *err);
int record_write(const char *root, const char *dir, const char *key, const struct record *record,
	struct err *err);
int record_forget(const char *root, const char *dir, const char *key, struct err *err);
/* The keys of a directory; none when it is not there. */
void record_list(const char *root, const char *dir, struct strlist *ret_keys);

/* The running boot's id; the caller frees. */
char *record_boot(const char *root);

/*
 * A lock of that name in RECORD_LOCKS, released with the descriptor. Waits up to wait_ms: 0 the
 * caller has it, 1 another process, -1 an error.
 */
int record_lock(const char *root, const char *name, unsigned wait_ms, int *ret_fd, struct err *err);

/* Is the definition in /etc/xen, and whether it starts with the host, still what was offered? */
int record_is_offered(const char *root, const struct record *record, struct err *err);
/* The definition leaves /etc/xen (the record holds it), comes back, or becomes a tombstone. */
int record_take_away(const char *root, const struct record *record, struct err *err);
int record_place(const char *root, const struct record *record, struct err *err);
int record_bury(const char *root, const struct record *record, struct err *err);
/* Refuses, with the reason, while a record of its source is there: what is changed now would be lost, or be two. */
int record_refuse_moving(const char *root, const char *name, struct err *err);
/* Only once the target may have started it: until then the guest here can still be ended. */
int record_refuse_permitted(const char *root, const char *name, struct err *err);
/* Where a guest has moved to, or NULL; the caller frees. */
char *record_moved_to(const char *root, const char *name);

#endif
