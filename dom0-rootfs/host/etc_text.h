/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of the files in /etc that follow from a host's configuration. Pure. */
#ifndef DOMUS_HOST_ETC_TEXT_H
#define DOMUS_HOST_ETC_TEXT_H

#include <sys/types.h>

#include "hostconf.h"
#include "release.h"
#include "str.h"

struct etc_input {
	const struct host_config *config;
	const struct release *release;
};

struct etc_file {
	const char *path;
	mode_t mode;
	void (*build)(const struct etc_input *in, struct str *out);
};

/* All of them; ends with a row without path. */
extern const struct etc_file etc_files[];

/* First line of files whose format knows comments that begin with "#". */
#define ETC_MARK \
	"# Made by domus-host; do not edit: change " HOSTCONF_PATH ", then: domus-host generate\n"

/* authorized_keys of one login; config NULL: of another than root, whom no peer comes to. */
void etc_authorized_keys(
	const struct strlist *keys, const struct host_config *config, struct str *out);

#endif
