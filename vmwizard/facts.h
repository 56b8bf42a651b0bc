/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine from a file (--facts FILE), for tests and demonstrations without a hypervisor:
 *
 *	{"host": {"name": "testhost", "cpus": 2, "total_mib": 2048, "free_mib": 1400,
 *		"dom0_mib": 256, "dom0_available_mib": 180, "live": true,
 *		"cannot": {"hvm": "this CPU has no VT-x or AMD-V"},
 *		"bridges": ["xenbr0"], "mirror": "http://mirror.example/debian",
 *		"pools": [{"name": "guests", "kind": "thin", "path": "vg/pool", "size_mib": 9000,
 *			"free_mib": 8000}],
 *		"isos": [{"path": "/srv/domus/x.iso", "label": "X", "pool": "library", "size_mib": 600}],
 *		"missing": ["nas"]},
 *	 "lists": [{"time_s": 0, "guests": [{"name": "web", "id": 3, "state": "running",
 *		"method": "pv", "memory_mib": 512, "max_memory_mib": 1024, "vcpus": 1,
 *		"max_vcpus": 2, "cpu_s": 12.5, "rx_kib": 1, "tx_kib": 1, "read_kib": 1,
 *		"write_kib": 1, "autostart": true, "start_order": 1, "start_delay_s": 10}]}]}
 *
 * Every key but a guest's name may be missing. The lists come one after the other, the last one
 * stays.
 */
#ifndef VMWIZARD_FACTS_H
#define VMWIZARD_FACTS_H

#include "vmwizard/host.h"
#include "vmwizard/list.h"

#define FACTS_FILE_MAX (4u * 1024 * 1024)

struct facts;

int facts_read(const char *path, struct facts **ret_facts, struct err *err);
void facts_free(struct facts *facts);

/* ret_host is initialized here. */
int facts_host(const struct facts *facts, struct vm_host *ret_host, struct err *err);
/* "" when the file has none. */
const char *facts_host_name(const struct facts *facts);
/* The next list, with rates against the one before it. */
int facts_next_list(struct facts *facts, struct vm_list *ret_list, struct err *err);

#endif
