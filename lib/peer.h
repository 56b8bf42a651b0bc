/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How this host and its peers reach each other: one key a host, both as SSH server and as client. */
#ifndef DOMUS_PEER_H
#define DOMUS_PEER_H

#include "hostconf.h"

/* Made by dropbear's first start, or by the first peer. */
#define PEER_KEY_DIR "/var/lib/domus/ssh"
#define PEER_KEY_PATH PEER_KEY_DIR "/ed25519"
/* HOME of the client: .ssh/known_hosts in it holds the peers' keys, and no other's. */
#define PEER_HOME "/etc/domus/peers"
#define PEER_KNOWN_PATH PEER_HOME "/.ssh/known_hosts"
/* All that a peer's key can run here; what it asks for counts for nothing. */
#define PEER_COMMAND "/usr/sbin/domus-vm receive"

/* A peer of config, or NULL: by its name; or as a person calls it, who may know its address alone. */
const struct host_peer *peer_find(const struct host_config *config, const char *name);
const struct host_peer *peer_called(const struct host_config *config, const char *word);
const char *peer_address(const struct host_peer *peer);

/* Lines of authorized_keys and known_hosts. */
void peer_add_authorized(const struct host_peer *peer, struct str *out);
void peer_add_known(const struct host_peer *peer, struct str *out);

/*
 * The client's argv, to which the command is added. home: where known_hosts is; under root, as the
 * key. It never asks, and gives up on a peer that is silent for half a minute.
 */
void peer_argv(const char *root, const char *home, const char *address, int64_t port,
	struct strlist *ret_argv);

#endif
