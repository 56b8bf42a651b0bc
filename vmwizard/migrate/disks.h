/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks that move with a guest that is off. The target writes them under names of the migration's
 * own; they get their real ones only once it has leave to start the guest. So what is refused is
 * removed without a look at what others have made meanwhile, and nobody starts from half a disk.
 */
#ifndef MIGRATE_DISKS_H
#define MIGRATE_DISKS_H

#include <sys/stat.h>

#include "vmwizard/migrate/channel.h"
#include "vmwizard/migrate/copy.h"
#include "vmwizard/migrate/offer.h"
#include "vmwizard/snapshot.h"

struct disks_progress {
	/* In pages of 4 KiB, as for memory; may be NULL. */
	void (*amount)(void *context, const char *what, uint64_t done, uint64_t total);
	void *context;
	const char *path; /* of the disk; set here */
};

/* ---- source */

/* The disks that were copied, open. */
struct disks_held {
	struct disks_one {
		size_t part; /* number in the offer */
		int fd;
		struct stat before;
		uint64_t sectors; /* that had been written to a device; of 512 bytes */
	} *disks;
	size_t count;
};

/* Idempotent. */
void disks_held_dispose(struct disks_held *held);
/* ERR_INVALID when one was written after it was copied. */
int disks_check_held(const char *root, const struct mig_offer *offer, const struct disks_held *held,
	struct err *err);

/* How much of a part there is to copy: holes and what a thin volume has not written are not. */
uint64_t disks_data(const char *root, const struct mig_part *part);
/* What cannot be copied at all. */
void disks_check_source(const char *root, const struct mig_offer *offer, struct strlist *findings);
/* What would be removed here and is not this guest's alone, or takes snapshots along. */
void disks_check_removal(const char *root, const struct mig_offer *offer,
	const struct vm_host *host, const struct snap_volumes *volumes, struct strlist *findings);
/*
 * One after the other; each is compared at the target. A disk that is written meanwhile is an error.
 * They stay open in held, for disks_check_held().
 */
int disks_send(const char *root, const struct mig_offer *offer, const struct channel *channel,
	struct disks_held *held, struct disks_progress *progress, struct err *err);
int disks_remove(const char *root, const struct mig_part *part, struct err *err);

/* ---- target */

/* Room and place for those that are copied. */
void disks_check_target(const char *root, const struct mig_offer *offer, const struct vm_host *host,
	struct strlist *findings);
int disks_receive(const char *root, const struct mig_offer *offer, const struct vm_host *host,
	const struct channel *channel, struct err *err);
/* ERR_INVALID when a real name was taken meanwhile. */
int disks_are_free(const char *root, const struct mig_offer *offer, struct err *err);
/* Both may be repeated. */
int disks_place(const char *root, const struct mig_offer *offer, struct err *err);
int disks_undo(const char *root, const struct mig_offer *offer, struct err *err);

#endif
