/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CPUs that a guest's virtual CPUs run on, which libxl_retrieve_domain_configuration() leaves out. */
#ifndef DOMUS_AFFINITY_H
#define DOMUS_AFFINITY_H

#include <libxl.h>
#include <libxl_utils.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * As they are now, into a configuration that the guest is made from anew. with_soft: also which of
 * them it prefers, although that may be libxl's own choice for this machine; else only if the guest
 * is pinned, or its configuration says so. What Xen does not tell stays what it was.
 */
void affinity_keep(libxl_ctx *ctx, uint32_t domid, bool with_soft, libxl_domain_config *config);

/* So many CPUs a host needs that each virtual CPU has one of those that it is pinned to; 0: none is pinned. */
unsigned affinity_least_cpus(const libxl_domain_config *config);

#endif
