/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a source tells of a guest that is to move, and everything that speaks against it. Pure. */
#ifndef MIGRATE_OFFER_H
#define MIGRATE_OFFER_H

#include <jansson.h>

#include "vmwizard/host.h"

/* Of the messages; another number is another language. */
#define MIG_PROTOCOL 1

/* A file or device that the guest uses. */
struct mig_part {
	char *path;
	uint64_t size_bytes; /* 0: not there */
	bool is_block;
	bool is_readonly; /* then the same size is enough */
	char *wwid;       /* of a whole disk, as the kernel knows it; "" unknown */
	bool is_buffered; /* at the source: a file whose contents this host keeps in its memory */
	bool has_mark;    /* at the target: the source's mark lies beside it */
	bool is_copied;   /* it moves with the guest: nothing of its name is at the target */
	uint64_t data_bytes; /* of those: how much there is to copy */
};

struct mig_offer {
	char *id; /* of this migration, never used again: 32 hexadecimal digits */
	char *name, *uuid;
	enum vm_method method;
	bool is_running, is_live; /* live: it runs on while its memory is copied */
	bool has_format;          /* a disk is qcow2 or the like: its index is cached */
	bool autostart;
	unsigned need_cpus;               /* as many as its pin names; 0: it is not pinned */
	uint64_t need_kib, need_dom0_kib; /* of the target, if it runs */
	unsigned xen_major, xen_minor;
	uint32_t cpu_caps[VM_CPU_WORDS];
	struct mig_part *parts;
	size_t n_parts;
	struct strlist bridges, macs;
	char *cfg;    /* the text of NAME.cfg */
	char *config; /* libxl's own, JSON, of a running one; not kept in records */
};

void mig_offer_init(struct mig_offer *offer);
/* Idempotent; a cfg may hold VNC's password. */
void mig_offer_dispose(struct mig_offer *offer);
struct mig_part *mig_offer_add_part(struct mig_offer *offer, const char *path);

/* New reference; with_config: the message, else the record. */
json_t *mig_offer_write(const struct mig_offer *offer, bool with_config);
/* ret_offer is initialized here, and disposed of by the caller also after -1. */
int mig_offer_read(const json_t *json, struct mig_offer *ret_offer, struct err *err);

/* Is what the target has (here) what the source has (there)? */
bool mig_part_is_same(const struct mig_part *there, const struct mig_part *here);

/* The name of the source's mark in the directory of a part; the caller frees. */
char *mig_mark_path(const struct mig_offer *offer, const struct mig_part *part);

/* Adds what speaks against it on the source itself. */
void mig_check_source(
	const struct mig_offer *offer, const struct vm_host *host, struct strlist *findings);
/* The same on the target; found: its own look at each of the offer's parts. */
void mig_check_target(const struct mig_offer *offer, const struct vm_host *host,
	const struct mig_part *found, struct strlist *findings);

#endif
