/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CPUs that a guest's virtual CPUs run on. */
#include "affinity.h"

#include <stdlib.h>

#include "mem.h"

static bool is_full(const libxl_bitmap *map, int count)
{
	for (int cpu = 0; cpu < count; cpu++)
		if (!libxl_bitmap_test(map, cpu))
			return false;
	return true;
}

static void drop(libxl_bitmap **maps, int *count)
{
	for (int i = 0; i < *count; i++)
		libxl_bitmap_dispose(&(*maps)[i]);
	free(*maps);
	*maps = NULL;
	*count = 0;
}

/* All CPUs for all of them is what nothing says, too. */
static void take(libxl_ctx *ctx, const libxl_vcpuinfo *vcpus, int n_vcpus, int n_cpus, bool is_soft,
	libxl_bitmap **maps, int *count)
{
	bool is_any = true;
	drop(maps, count);
	for (int i = 0; i < n_vcpus; i++)
		is_any = is_any &&
			 is_full(is_soft ? &vcpus[i].cpumap_soft : &vcpus[i].cpumap, n_cpus);
	if (is_any)
		return;
	/* Disposed of by libxl. */
	*maps = xcalloc((size_t)n_vcpus, sizeof(**maps));
	*count = n_vcpus;
	for (int i = 0; i < n_vcpus; i++) {
		libxl_bitmap_init(&(*maps)[i]);
		libxl_bitmap_copy_alloc(
			ctx, &(*maps)[i], is_soft ? &vcpus[i].cpumap_soft : &vcpus[i].cpumap);
	}
}

void affinity_keep(libxl_ctx *ctx, uint32_t domid, bool with_soft, libxl_domain_config *config)
{
	libxl_domain_build_info *info = &config->b_info;
	int n_vcpus = 0, n_cpus = 0;
	libxl_vcpuinfo *vcpus = libxl_list_vcpu(ctx, domid, &n_vcpus, &n_cpus);
	if (!vcpus)
		return;
	take(ctx, vcpus, n_vcpus, n_cpus, false, &info->vcpu_hard_affinity,
		&info->num_vcpu_hard_affinity);
	if (with_soft || info->num_vcpu_soft_affinity || info->num_vcpu_hard_affinity)
		take(ctx, vcpus, n_vcpus, n_cpus, true, &info->vcpu_soft_affinity,
			&info->num_vcpu_soft_affinity);
	libxl_vcpuinfo_list_free(vcpus, n_vcpus);
}

unsigned affinity_least_cpus(const libxl_domain_config *config)
{
	const libxl_domain_build_info *info = &config->b_info;
	int most = 0;
	for (int i = 0; i < info->num_vcpu_hard_affinity; i++) {
		const libxl_bitmap *map = &info->vcpu_hard_affinity[i];
		int first = 0;
		while (first < (int)map->size * 8 && !libxl_bitmap_test(map, first))
			first++;
		most = first + 1 > most ? first + 1 : most;
	}
	return (unsigned)most;
}
