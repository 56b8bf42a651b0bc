/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages between two hosts: one line of JSON each, on two descriptors. */
#include "vmwizard/migrate/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "lang.h"
#include "str.h"
#include "vmwizard/list.h"

enum { LINE_MAX_BYTES = 4 * 1024 * 1024 };

int channel_send_word(
	const struct channel *channel, const char *word, json_t *json, struct err *err)
{
	(void)json_object_set_new(json, "message", json_string(word));
	char *text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	if (!text || channel->out_fd < 0) {
		free(text);
		return err_set(err, ERR_MISSING, 0, "%s", _("there is no connection"));
	}
	CLEANUP(str_dispose) struct str line = STR_INIT;
	str_add(&line, "%s\n", text);
	free(text);
	if (file_write_all(channel->out_fd, line.data, line.len) < 0)
		return err_set(err, ERR_IO, errno, "%s", _("the connection is lost"));
	return 0;
}

int channel_send(
	const struct channel *channel, enum mig_message message, json_t *json, struct err *err)
{
	return channel_send_word(channel, mig_message_words[message], json, err);
}

/* 1: a byte, 0: the end, -1: error or silence. */
static int read_byte(int fd, int64_t end_ms, char *ret_byte, struct err *err)
{
	for (;;) {
		int64_t left = end_ms - vm_now_ms();
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		if (left <= 0)
			return err_set(err, ERR_TIMEOUT, 0, "%s", _("the other host is silent"));
		if (poll(&pfd, 1, left < 1000 ? (int)left : 1000) <= 0)
			continue;
		ssize_t n = read(fd, ret_byte, 1);
		if (n >= 0)
			return (int)n;
		if (errno != EINTR && errno != EAGAIN)
			return err_set(err, ERR_IO, errno, "%s", _("the connection is lost"));
	}
}

int channel_receive(
	const struct channel *channel, int timeout_ms, json_t **ret_json, struct err *err)
{
	CLEANUP(str_dispose) struct str line = STR_INIT;
	int64_t end_ms = vm_now_ms() + timeout_ms;
	char byte;
	if (channel->in_fd < 0)
		return err_set(err, ERR_MISSING, 0, "%s", _("there is no connection"));
	for (;;) {
		int n = read_byte(channel->in_fd, end_ms, &byte, err);
		if (n < 0)
			return -1;
		if (n == 0)
			return err_set(err, ERR_MISSING, 0, "%s", _("the connection has ended"));
		if (byte == '\n')
			break;
		if (line.len >= LINE_MAX_BYTES)
			return err_set(err, ERR_RANGE, 0, "%s", _("a message is too long"));
		str_add_bytes(&line, &byte, 1);
	}
	json_t *json = json_loadb(str_text(&line), line.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(json)) {
		json_decref(json);
		return err_set(
			err, ERR_INVALID, 0, _("the other host says \"%.60s\""), str_text(&line));
	}
	*ret_json = json;
	return 0;
}

enum mig_message channel_message(const json_t *json)
{
	const char *word = json_string_value(json_object_get(json, "message"));
	for (size_t i = 0; word && i < MIG_MESSAGES; i++)
		if (strcmp(mig_message_words[i], word) == 0)
			return (enum mig_message)i;
	return MIG_MESSAGES;
}
