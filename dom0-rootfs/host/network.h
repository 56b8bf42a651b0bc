/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network of a running host: carried out what netplan.h plans. */
#ifndef DOMUS_HOST_NETWORK_H
#define DOMUS_HOST_NETWORK_H

#include "hostconf.h"

/*
 * Takes down what before makes and sets up what after says. Guests' interfaces come back into the
 * bridge they were in, if there still is one of that name. Returns how much failed; each was said.
 */
int network_switch(
	const char *root, const struct host_config *before, const struct host_config *after);

#endif
