/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which xl processes look after which domain: reading their traces (pure) and finding them. */
#ifndef MONITOR_XLPROC_H
#define MONITOR_XLPROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;

/* What an xl process's log says about it, by its last tell-tale line. */
enum xlproc_phase {
	XLPROC_SILENT,     /* nothing told (yet): it may look after any domain */
	XLPROC_WATCHING,   /* waits for the death of one domain, whose number it tells */
	XLPROC_RESTARTING, /* has seen the death and makes the domain anew */
	XLPROC_LEAVING,    /* has done its work and exits */
};

/* How an xl process stands to one domain. */
enum xlproc_claim {
	XLPROC_NONE,    /* does not look after it */
	XLPROC_MAYBE,   /* might: cannot be told from outside */
	XLPROC_CERTAIN, /* does: its own log says so */
};

struct xlproc {
	pid_t pid;
	int pidfd; /* readable when the process is gone */
	enum xlproc_phase phase;
	uint32_t domid; /* valid while XLPROC_WATCHING */
};

struct xlproc_list {
	struct xlproc *item;
	size_t count;
};

/*
 * Does an xl started with these arguments (as in /proc/PID/cmdline: strings, each NUL-terminated)
 * stay to look after a domain, or is on its way to? True for create, restore and migrate-receive
 * without -e.
 */
bool xlproc_stays(const char *cmdline, size_t len);

/* Reads the text of an xl log of process PID; *ret_domid is set if XLPROC_WATCHING. */
enum xlproc_phase xlproc_read_log(const char *text, size_t len, pid_t pid, uint32_t *ret_domid);

enum xlproc_claim xlproc_claims(const struct xlproc *proc, uint32_t domid);

/*
 * Every living xl process that stays for a domain, from the proc file system at PROC_ROOT
 * ("/proc"). The list owns its pidfds. Processes that end meanwhile are no error.
 */
int xlproc_find(const char *proc_root, struct xlproc_list *ret_list, struct err *err);
void xlproc_list_dispose(struct xlproc_list *list);

#endif
