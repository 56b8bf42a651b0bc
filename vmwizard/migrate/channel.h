/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages between two hosts: one line of JSON each, on two descriptors. */
#ifndef MIGRATE_CHANNEL_H
#define MIGRATE_CHANNEL_H

#include <jansson.h>

#include "err.h"
#include "vmwizard/migrate/protocol.h"

struct channel {
	int in_fd, out_fd; /* -1: there is none */
};

/* Takes json over and adds the message's word to it. */
int channel_send(
	const struct channel *channel, enum mig_message message, json_t *json, struct err *err);
/* The word is no message of the machines': "check", for one. */
int channel_send_word(
	const struct channel *channel, const char *word, json_t *json, struct err *err);

/*
 * The next line, read byte by byte: what follows it may be a guest's memory. The end of the
 * connection is ERR_MISSING, silence ERR_TIMEOUT.
 */
int channel_receive(
	const struct channel *channel, int timeout_ms, json_t **ret_json, struct err *err);
/* MIG_MESSAGES for a word that is none. */
enum mig_message channel_message(const json_t *json);

#endif
