/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a guest's files lie. */
#ifndef VMWIZARD_PATHS_H
#define VMWIZARD_PATHS_H

#include <stdbool.h>

#define VM_CFG_DIR "/etc/xen"
#define VM_AUTO_DIR "/etc/xen/auto"

/* NAME.cfg, and the link that starts the guest with the host; the caller frees. */
char *vm_cfg_path(const char *name);
char *vm_auto_path(const char *name);

/* "VG/LV" of /dev/VG/LV; NULL for anything else. The caller frees. */
char *vm_volume_of(const char *path);

#endif
