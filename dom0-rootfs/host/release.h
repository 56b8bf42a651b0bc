/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Product and version of the running system, from /etc/domus-release. */
#ifndef DOMUS_HOST_RELEASE_H
#define DOMUS_HOST_RELEASE_H

struct release {
	char *product;
	char *version;
	char *build;
};

/* Never fails: what is not known is "Domus", "unknown" and "". The caller disposes. */
void release_read(const char *root, struct release *ret_release);
void release_dispose(struct release *release);

#endif
