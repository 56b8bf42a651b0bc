/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the memory of a saved guest lies: whoever starts guests goes on from there. */
#ifndef DOMUS_SAVEDGUEST_H
#define DOMUS_SAVEDGUEST_H

#define SAVEDGUEST_LIBRARY "/srv/domus/save"
#define SAVEDGUEST_STATE "/var/lib/xen/save"

/* The file that holds the guest's memory, or NULL: it was not saved. The caller frees. */
char *savedguest_path(const char *root, const char *name);

#endif
