/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known about an operating system, one short file each: configs/os/ID.conf. */
#ifndef VMWIZARD_PROFILE_H
#define VMWIZARD_PROFILE_H

#include "vmwizard/spec.h"

#define PROFILE_DIR "/usr/share/domus/os"

/* GENERATED: its xl.cfg is checked, nobody has started it; BOOTED: kernel or installer was seen. */
enum profile_tested { PROFILE_GENERATED, PROFILE_BOOTED, PROFILE_INSTALLED };
enum profile_family {
	PROFILE_DEMO,
	PROFILE_LINUX,
	PROFILE_BSD,
	PROFILE_WINDOWS,
	PROFILE_OTHER,
};
/* How an answer file reaches the installer. */
enum profile_answer {
	PROFILE_ANSWER_NONE,
	PROFILE_ANSWER_PRESEED,      /* in the initrd, as /preseed.cfg */
	PROFILE_ANSWER_KICKSTART,    /* in the initrd, as /ks.cfg, inst.ks=file:/ks.cfg */
	PROFILE_ANSWER_AUTOYAST,     /* in the initrd, as /autoinst.xml */
	PROFILE_ANSWER_AUTOUNATTEND, /* autounattend.xml on a small CD */
	PROFILE_ANSWER_NOCLOUD,      /* user-data on a small CD labelled CIDATA */
};

/* HVM: of the emulated disks. SeaBIOS reads an IDE disk a sector at a time, each through dom0. */
enum profile_controller { PROFILE_IDE, PROFILE_AHCI };

struct profile_method {
	bool is_offered; /* named in the list "methods" */
	enum vm_boot boot;
	enum profile_tested tested;
	char *why;     /* why it stands where it stands */
	char *missing; /* not "": listed, not selectable, for this reason */
};

/* Owns everything in it. */
struct profile {
	char *id;
	char *name;
	enum profile_family family;
	int64_t order;                            /* in the list */
	struct strlist methods;                   /* "pvh", "pv", "hvm" in order of preference */
	struct profile_method method[VM_METHODS]; /* by enum vm_method; 0 unused */
	char *note;                               /* for the user */
	char *missing;                            /* not "": nothing of it can be selected */

	int64_t memory_min_mib, memory_mib;
	int64_t disk_mib; /* 0: lives in memory */
	int64_t vcpus;
	bool has_balloon; /* a driver from the first boot: maximum memory may be larger */
	char *balloon_why;
	char *nic_model; /* HVM */
	char *vga;       /* "stdvga", "cirrus", "none" */
	enum profile_controller controller;
	bool has_tablet;
	bool is_localtime;
	bool has_hpet;
	struct strlist viridian; /* groups of xl.cfg(5) */
	bool has_second_cd;
	bool has_nic;
	enum vm_firmware firmware;

	struct strlist sources; /* of VM_HVM and others, "network iso disk pxe", preferred first */
	char *mirror;           /* URL; "guest-mirror" is the build's */
	char *kernel, *initrd;  /* paths under the mirror, or of dom0 when they begin with "/" */
	char *kernel_pv, *initrd_pv; /* where PV needs others; "" the same */
	char *arguments;             /* for a text installation on the console */
	enum profile_answer answer;
	char *answer_arguments; /* added when there is an answer file */
};

struct profiles {
	struct profile *items; /* by order, then name */
	size_t count;
};

extern const struct schema profile_schema;
extern const char *const profile_tested_words[];

/* Reads every *.conf of root/dir. Problems carry the file's name; -1 when the directory is not there. */
int profiles_load(const char *root, const char *dir, struct profiles *ret_profiles,
	struct problems *problems, struct err *err);
void profiles_dispose(struct profiles *profiles);
/* By id, or NULL. */
const struct profile *profiles_find(const struct profiles *profiles, const char *id);
/* The nearest known id for a message, or NULL. */
const char *profiles_near(const struct profiles *profiles, const char *id);
/* One file, for tests; profile initialized. */
void profile_parse(const char *text, size_t len, const char *id, struct profile *ret_profile,
	struct problems *problems);
void profile_dispose(struct profile *profile);

#endif
