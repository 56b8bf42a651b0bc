/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guests there are, running or not, with their figures. */
#ifndef VMWIZARD_LIST_H
#define VMWIZARD_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "guestturn.h"
#include "str.h"

enum vm_state {
	VM_STATE_OFF, /* defined, not running */
	VM_STATE_RUNNING,
	VM_STATE_PAUSED,
	VM_STATE_ENDING, /* shut down or dying, not gone yet */
	VM_STATE_CRASHED,
	VM_STATE_SAVED,     /* off, with a saved image */
	VM_STATE_UNDECIDED, /* being moved: it may run on the other host (migrate/protocol.h) */
};
extern const char *const vm_state_words[];

#define VM_NO_DOMID UINT32_MAX

/* Counters are since the guest's start; rates per second since the list before, -1 unknown. */
struct vm_domain {
	char *name;
	char *uuid;
	uint32_t domid; /* VM_NO_DOMID when off; 0 is dom0 */
	enum vm_state state;
	char *method; /* "pv", "pvh", "hvm", "" unknown */
	char *os;     /* id of the profile, "" unknown */
	bool has_cfg; /* /etc/xen/NAME.cfg is there */
	bool autostart;
	struct guestturn turn;               /* with the host's start and stop */
	uint64_t memory_kib, max_memory_kib; /* present and allowed */
	uint64_t video_kib;                  /* of these for an HVM guest's screen */
	unsigned vcpus, max_vcpus;           /* online and allowed */
	uint64_t cpu_ns;
	uint64_t rx_bytes, tx_bytes;      /* as the guest sees them */
	uint64_t read_bytes, write_bytes; /* of its disks */
	double cpu_percent;               /* of one CPU */
	double rx_rate, tx_rate, read_rate, write_rate;
	char *why_off; /* why the monitor left it down, or "" */
};

struct vm_list {
	struct vm_domain *items; /* dom0 first, then by name */
	size_t count;
	int64_t taken_ms; /* vm_now_ms() */
	/* Of the machine; 0 unknown. Free: given to no domain. */
	unsigned cpus;
	uint64_t total_kib, free_kib;
};

#define VM_LIST_INIT {.items = NULL, .count = 0, .taken_ms = 0, .cpus = 0}

/* One connection to Xen for a live list, opened once. */
struct vm_xen;
int vm_xen_open(struct vm_xen **ret_xen, struct err *err);
void vm_xen_close(struct vm_xen *xen);

/*
 * Reads the list; xen may be NULL (all guests are then off). before (may be NULL) is the list that
 * rates are computed against; it stays the caller's.
 */
int vm_list_read(struct vm_xen *xen, const char *root, const struct vm_list *before,
	struct vm_list *ret_list, struct err *err);
/* Only what runs, without counters and files: for looking again and again. */
int vm_list_running(struct vm_xen *xen, struct vm_list *ret_list, struct err *err);
/* Sets the rates from counters and times of two lists (list_data.c); before may be NULL. */
void vm_list_rates(struct vm_list *list, const struct vm_list *before);
void vm_list_dispose(struct vm_list *list);
/* Milliseconds of a clock that is never set. */
int64_t vm_now_ms(void);
/* By name, or by the number of a running domain; NULL. */
const struct vm_domain *vm_list_find(const struct vm_list *list, const char *name);

#endif
