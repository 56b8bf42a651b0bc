/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a completed specification to the list of what is done, shown, executed and undone. */
#ifndef VMWIZARD_PLAN_H
#define VMWIZARD_PLAN_H

#include "vmwizard/host.h"

enum vm_step_kind {
	VM_STEP_FETCH,  /* url to path, sha256 compared if given */
	VM_STEP_RUN,    /* argv */
	VM_STEP_FILE,   /* sparse or full file of size_bytes at path, which must not be there */
	VM_STEP_WRITE,  /* text to path (0600), which must not be there */
	VM_STEP_ANSWER, /* answer file url put into the initrd at path */
	VM_STEP_LINK,   /* path becomes a link to text */
	VM_STEP_REMOVE, /* path, which is no longer needed */
	VM_STEP_START,  /* argv; then the guest must be there and stay */
};

/* Owns everything in it. */
struct vm_step {
	enum vm_step_kind kind;
	char *what; /* for the user: "disk xvda: new 8 GiB volume domus/web-xvda" */
	struct strlist argv;
	struct strlist undo; /* argv that takes it back; empty: by kind, or nothing to undo */
	char *path, *url, *sha256, *text;
	char *source; /* of VM_STEP_ANSWER: the initrd, NULL when it lies at path already */
	uint64_t size_bytes;
	bool is_full;
	bool is_kernel; /* what is fetched must look like one */
};

struct vm_plan {
	char *name;
	char *uuid;
	char *xlcfg;     /* the text of /etc/xen/NAME.cfg */
	char *first_cfg; /* for the installer's start only; "" the same */
	char *cfg_path, *first_path;
	struct vm_step *steps;
	size_t n_steps;
	struct strlist notes; /* for the user, after success: how to see the screen, ... */
	bool has_console;     /* text on the console once started */
};

/* spec completed, checked and drawn (or not: then "(new)" stands for identities). */
int vm_plan_build(const struct vm_spec *spec, const struct profile *profile,
	const struct vm_host *host, struct vm_plan *ret_plan, struct err *err);
/* The same for one more disk of a guest that is there: only what makes it. */
int vm_plan_disk(const struct vm_spec *spec, const struct vm_disk *disk, const struct vm_host *host,
	struct vm_plan *ret_plan, struct err *err);
/* One more step; what is taken over. */
struct vm_step *vm_plan_add(struct vm_plan *plan, enum vm_step_kind kind, char *what);
void vm_plan_dispose(struct vm_plan *plan);
/* The plan for people, one line a step, as --dry-run and the last page show it. */
void vm_plan_show(const struct vm_plan *plan, struct str *ret_text);

/* An argv as one line that a shell would take. */
void vm_command_text(const struct strlist *argv, struct str *ret_text);
/* An xl.cfg for the eye: VNC's password is not shown. */
void vm_xlcfg_show(const char *text, struct str *ret_text);

struct vm_progress {
	void *context;
	/* Step i of n begins. May be NULL. */
	void (*step)(void *context, size_t i, size_t n, const char *what);
	/* In a long step; total 0: unknown. False cancels. May be NULL. */
	bool (*amount)(void *context, uint64_t done_bytes, uint64_t total_bytes);
};

/*
 * Carries the plan out under root. When a step fails all before it are undone, err names the step
 * and the reason, and nothing is left that was not there before.
 */
int vm_plan_execute(const char *root, const struct vm_plan *plan,
	const struct vm_progress *progress, struct err *err);

/* Takes back a plan that was carried out whole. */
void vm_plan_undo(const char *root, const struct vm_plan *plan);

/* The text of NAME.cfg for a completed spec. */
void vm_xlcfg_write(const struct vm_spec *spec, const struct profile *profile,
	const struct vm_host *host, struct str *ret_text);
/*
 * An existing NAME.cfg edited: only what differs between before and after is changed, hand-made
 * keys, order and comments stay.
 */
int vm_xlcfg_update(const char *old_text, const struct vm_spec *before, const struct vm_spec *after,
	const struct profile *profile, const struct vm_host *host, struct str *ret_text,
	struct err *err);
/* What an xl.cfg says (ret_spec is initialized here; the caller disposes of it, also after -1), as far as a spec can hold it; unknown keys become warnings, if problems is not NULL. */
int vm_xlcfg_read(const char *text, const char *name, struct vm_spec *ret_spec,
	struct problems *problems, struct err *err);

/* The same of a guest's NAME.cfg; false when it cannot be read, then there is nothing to dispose of. */
bool vm_read_defined(
	const char *root, const char *name, struct vm_spec *ret_spec, struct problems *problems);

/* One guest's NAME.cfg; what a damaged one says is empty, but for the name. */
typedef void vm_take_defined(const char *name, const struct vm_spec *spec, void *context);
/* Calls take for each guest that root's VM_CFG_DIR defines, by name. */
void vm_each_defined(const char *root, vm_take_defined *take, void *context);

#endif
