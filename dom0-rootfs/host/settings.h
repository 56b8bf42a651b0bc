/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of the host's file, and putting them in force: what commands and pages share. */
#ifndef DOMUS_HOST_SETTINGS_H
#define DOMUS_HOST_SETTINGS_H

#include <stdbool.h>

#include "apply.h"
#include "conftext.h"
#include "err.h"
#include "str.h"

/* Sets a key (without values: takes it out), after the whole file was checked. */
int settings_set(const char *root, const struct conf_key *key, const struct strlist *values,
	struct err *err);
int settings_remove_section(const char *root, const char *kind, const char *name, struct err *err);
/* Several lines of text instead of a whole file: edits of old_text, checked and written. */
int settings_replace(const char *root, const char *old_text, const char *text, struct err *err);

enum settings_outcome {
	SETTINGS_NOTHING, /* nothing differs from what is in force */
	SETTINGS_DONE,
	SETTINGS_WAITS, /* done, and goes back unless it is confirmed */
};

struct settings_request {
	const char *root;
	bool is_sure; /* no confirmation is needed */
	unsigned seconds;
	bool is_dry_run;
};

/*
 * Puts the file in force. ret_text gets what changes, for people, also when it is refused.
 * ERR_PROC: it is in force but for what failed, which was said on standard error.
 */
int settings_apply(const struct settings_request *request, struct str *ret_text,
	enum settings_outcome *ret_outcome, struct err *err);

/* Puts the former file back; settings_apply() brings it in force. */
int settings_undo(const char *root, struct err *err);

#endif
