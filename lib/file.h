/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way to read and write files. Every path is looked up under a root directory, "/" or one
 * that tests and generate --root put in its place; symbolic links cannot lead out of it.
 */
#ifndef DOMUS_FILE_H
#define DOMUS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "err.h"
#include "str.h"

/*
 * Appends the content of root/path to ret_text. More than max_bytes is ERR_RANGE, no such file
 * ERR_MISSING, all else ERR_IO.
 */
int file_read(const char *root, const char *path, size_t max_bytes, struct str *ret_text,
	struct err *err);

/* Its first line, without the end of it, or NULL when it cannot be read. The caller frees. */
char *file_first_line(const char *root, const char *path);

/* What to do with a file besides its content. */
struct file_attr {
	mode_t mode;
	bool has_owner; /* set uid and gid; otherwise the caller's */
	uid_t uid;
	gid_t gid;
};

/* Writes aside, syncs, renames; the directories above must exist. */
int file_write(const char *root, const char *path, const void *data, size_t len, mode_t mode,
	struct err *err);

/* The same, but a file that has this content and mode already is left alone. */
int file_update(const char *root, const char *path, const void *data, size_t len, mode_t mode,
	struct err *err);

/*
 * file_write() inside an open directory, for places where others may write: name has no slash, and
 * what it was before, a link too, is replaced and never followed.
 */
int file_write_at(int dir_fd, const char *name, const void *data, size_t len,
	const struct file_attr *attr, struct err *err);

/* Makes the directory and those above it (0755); mode is that of the last if it was not there. */
int file_make_dirs(const char *root, const char *path, mode_t mode, struct err *err);

/* Makes path a symbolic link to target, in one step, whatever non-directory was there. */
int file_symlink(const char *root, const char *path, const char *target, struct err *err);

/* Target of a symbolic link; the caller frees. */
int file_readlink(const char *root, const char *path, char **ret_target, struct err *err);

/* Removes a file or link; that it is not there is no error. */
int file_remove(const char *root, const char *path, struct err *err);

/* True when something is there, links followed. */
bool file_exists(const char *root, const char *path);
/* The same, but only for a regular file. */
bool file_is_regular(const char *root, const char *path);

/* Adds the names in a directory, sorted, without those that begin with a dot. */
int file_list_dir(const char *root, const char *path, struct strlist *ret_names, struct err *err);
/* The same, but only the names that end in suffix (".cfg"), without it. */
int file_list_suffix(const char *root, const char *path, const char *suffix,
	struct strlist *ret_names, struct err *err);

/* Writes all of it to a descriptor, however many calls that takes; -1 with errno. */
int file_write_all(int fd, const void *data, size_t len);

/* Opens a directory (O_CLOEXEC). The caller closes. */
int file_open_dir(const char *root, const char *path, int *ret_fd, struct err *err);

/* path as seen from the present directory, as a path from "/". The caller frees. */
char *file_absolute(const char *path);

/* Renames a file within one directory, lasting: also after the power goes. What has the new name is replaced. */
int file_rename(const char *root, const char *from, const char *to, struct err *err);

/*
 * Locks a file of no content for this process alone (flock(2)), made with mode 0600 if it is missing.
 * It is never removed: two processes must not hold locks on two files of one name. Waits wait_ms at
 * most. Returns 0 and the descriptor that holds the lock, 1 if somebody else has it, or -1.
 */
int file_lock(const char *root, const char *path, unsigned wait_ms, int *ret_fd, struct err *err);

/* For CLEANUP(): closes a descriptor that is not negative. */
void file_close(int *fd);

#endif
