/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's file on disk: read, changed under a lock, kept in former versions. */
#ifndef DOMUS_HOST_STORE_H
#define DOMUS_HOST_STORE_H

#include <stdbool.h>

#include "hostconf.h"
#include "str.h"

/* What is in force: the configuration that /etc was last made from. */
#define STORE_APPLIED_PATH "/run/domus/applied.conf"
/* What the running system was started with. */
#define STORE_BOOTED_PATH "/run/domus/booted.conf"
#define STORE_GOOD_DIR "/var/lib/domus/good"
/* While a change waits for its confirmation: the file to go back to. */
#define STORE_UNCONFIRMED_PATH "/var/lib/domus/unconfirmed.conf"
/* What was taken back, for whoever wants to look. */
#define STORE_REFUSED_PATH "/etc/domus/host.conf.refused"

enum { STORE_GOOD_FILES = 3 };

/* Waits at most 10 s for other writers. The caller closes the descriptor. */
int store_lock(const char *root, int *ret_fd, struct err *err);

/* The host's file, or on a live system the built-in one. */
int store_read(const char *root, struct str *ret_text, struct err *err);
/* True when this host has a file of its own. */
bool store_is_own(const char *root);

/*
 * Reads a text as the host's file, strictly; ret_config is initialized here. What is wrong is
 * added to problems, and -1 with a summary returned when there is an error.
 */
int store_parse(const char *root, const char *text, struct host_config *ret_config,
	struct problems *problems, struct err *err);

/* Replaces the file, whose present text must be old_text; the caller holds the lock. */
int store_write(const char *root, const char *old_text, const char *text, struct err *err);

/* The configuration in force; without a record of it, that of the file or what stands in. */
void store_read_applied(const char *root, struct host_config *ret_config);
void store_record_applied(const char *root, const char *path, const struct host_config *config);

/* Puts a text in front of the good ones; the last of them goes. */
int store_add_good(const char *root, const char *text, struct err *err);
/* The newest good file that says something else than text; ERR_MISSING without one. */
int store_find_other(const char *root, const char *text, struct str *ret_text, struct err *err);

/* Takes an unconfirmed change back; false when there is none. The refused file is kept. */
bool store_take_back(const char *root, struct err *err);

#endif
