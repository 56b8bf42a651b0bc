/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How this host and its peers reach each other: one key a host, both as SSH server and as client. */
#include "peer.h"

#include <inttypes.h>
#include <string.h>

const struct host_peer *peer_find(const struct host_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_peers; i++)
		if (strcmp(config->peers[i].name, name) == 0)
			return &config->peers[i];
	return NULL;
}

const struct host_peer *peer_called(const struct host_config *config, const char *word)
{
	const struct host_peer *peer = peer_find(config, word);
	for (size_t i = 0; !peer && i < config->n_peers; i++)
		if (strcmp(config->peers[i].address, word) == 0)
			peer = &config->peers[i];
	return peer;
}

const char *peer_address(const struct host_peer *peer)
{
	return peer->address[0] ? peer->address : peer->name;
}

/* Type and key, without the comment, which is the other's own words. */
static int key_len(const char *key)
{
	size_t len = strcspn(key, " ");
	len += strspn(key + len, " ");
	return (int)(len + strcspn(key + len, " "));
}

void peer_add_authorized(const struct host_peer *peer, struct str *out)
{
	str_add(out, "restrict,command=\"" PEER_COMMAND " %s\" %.*s peer %s\n", peer->name,
		key_len(peer->ssh_key), peer->ssh_key, peer->name);
}

/* dropbear's client looks for the host alone, whatever the port. */
void peer_add_known(const struct host_peer *peer, struct str *out)
{
	str_add(out, "%s %.*s\n", peer_address(peer), key_len(peer->ssh_key), peer->ssh_key);
}

void peer_argv(const char *root, const char *home, const char *address, int64_t port,
	struct strlist *ret_argv)
{
	const char *above = root[1] ? root : "";
	strlist_add(ret_argv, "env");
	strlist_addf(ret_argv, "HOME=%s%s", above, home);
	/* A large window: the default of 24 KiB lets a fast line wait for a slow answer. */
	static const char *const words[] = {
		"dbclient", "-q", "-T", "-o", "BatchMode=yes", "-K", "10", "-W", "1048576", "-i"};
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		strlist_add(ret_argv, words[i]);
	strlist_addf(ret_argv, "%s" PEER_KEY_PATH, above);
	strlist_add(ret_argv, "-p");
	strlist_addf(ret_argv, "%" PRId64, port);
	strlist_addf(ret_argv, "root@%s", address);
}
