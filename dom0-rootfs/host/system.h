/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts and acts of the running host that commands and pages share. */
#ifndef DOMUS_HOST_SYSTEM_H
#define DOMUS_HOST_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "str.h"

/* Names that keyboard.layout can have. */
void system_list_keymaps(const char *root, struct strlist *ret_names);
/* Supervised services and their states in words; the same index belongs together. */
void system_list_services(const char *root, struct strlist *ret_names, struct strlist *ret_states);
int system_restart_service(const char *root, const char *name, struct err *err);
/* The last lines of the system log, those with word in them if it is not NULL. */
void system_read_log(const char *root, const char *word, size_t max_lines, struct str *ret_text);
/* Running guests. */
int system_list_guests(struct strlist *ret_names, struct err *err);
int system_leave(bool is_reboot, struct err *err);

#endif
