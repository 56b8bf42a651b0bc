/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine that Domus is to be installed on, and the medium it would come from. */
#define _GNU_SOURCE
#include "machine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "hostconf.h"
#include "hosts.h"
#include "mem.h"
#include "num.h"
#include "proc.h"

#define MEDIUM "/run/domus/medium/domus"

/* The text behind "NAME" and the colon or equals sign in a list of lines. The caller frees. */
static char *find_field(const char *text, const char *name)
{
	size_t len = strlen(name);
	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		if (strncmp(p, name, len) != 0)
			continue;
		const char *at = p + len + strspn(p + len, " \t");
		if (*at != ':' && *at != '=')
			continue;
		at += 1 + strspn(at + 1, " \t");
		return xstrndup(at, strcspn(at, "\n"));
	}
	return xstrdup("");
}

/* dom0 sees virtual CPUs and a share of the memory: the hypervisor knows the machine. */
static bool read_xen(struct machine *m)
{
	const char *const argv[] = {"xl", "info", NULL};
	const struct proc_spec spec = {.argv = argv, .timeout_ms = 20000};
	CLEANUP(proc_result_dispose) struct proc_result result = PROC_RESULT_INIT;
	if (!file_exists("/", "/proc/xen/capabilities") || proc_run(&spec, &result, NULL) < 0 ||
		result.exit_code != 0)
		return false;
	const char *text = str_text(&result.output);
	CLEANUP(mem_free_string) char *caps = find_field(text, "virt_caps");
	CLEANUP(mem_free_string) char *cpus = find_field(text, "nr_cpus");
	CLEANUP(mem_free_string) char *memory = find_field(text, "total_memory");
	m->is_xen = true;
	m->has_hvm = str_has_word(caps, "hvm");
	m->has_hap = str_has_word(caps, "hap");
	m->has_iommu = str_has_word(caps, "hvm_directio") || str_has_word(caps, "pv_directio");
	m->n_cpus = (unsigned)strtoul(cpus, NULL, 10);
	m->memory_bytes = strtoull(memory, NULL, 10) * NUM_MIB;
	return true;
}

static void read_plain(const char *cpuinfo, struct machine *m)
{
	CLEANUP(str_dispose) struct str meminfo = STR_INIT;
	CLEANUP(mem_free_string) char *flags = find_field(cpuinfo, "flags");
	(void)file_read("/", "/proc/meminfo", 65536, &meminfo, NULL);
	CLEANUP(mem_free_string) char *total = find_field(str_text(&meminfo), "MemTotal");
	m->memory_bytes = strtoull(total, NULL, 10) * NUM_KIB;
	m->has_hvm = str_has_word(flags, "vmx") || str_has_word(flags, "svm");
	m->has_hap = str_has_word(flags, "ept") || str_has_word(flags, "npt");
	for (const char *p = cpuinfo; (p = strstr(p, "processor\t")) != NULL; p++)
		m->n_cpus++;
}

static void read_cpu(struct machine *m)
{
	CLEANUP(str_dispose) struct str cpuinfo = STR_INIT;
	(void)file_read("/", "/proc/cpuinfo", 4 * 1024 * 1024, &cpuinfo, NULL);
	m->cpu_model = find_field(str_text(&cpuinfo), "model name");
	if (!read_xen(m))
		read_plain(str_text(&cpuinfo), m);
}

static void add_component(struct machine *m, const char *name, uint64_t size_bytes)
{
	m->components = xreallocarray(m->components, m->n_components + 1, sizeof(*m->components));
	m->components[m->n_components++] =
		(struct component){.name = xstrdup(name), .size_bytes = size_bytes};
}

const char *machine_component_of(const char *file)
{
	for (size_t i = 0; host_components[i]; i++) {
		CLEANUP(mem_free_string)
		char *layer = xasprintf("layers/%s.squashfs", host_components[i]);
		if (strcmp(layer, file) == 0)
			return host_components[i];
	}
	return NULL;
}

/* Lines "SUM  FILE" of the medium's list. */
static void read_medium(struct machine *m)
{
	CLEANUP(str_dispose) struct str sums = STR_INIT;
	CLEANUP(str_dispose) struct str release = STR_INIT;
	bool is_whole = file_exists("/", MEDIUM "/xen.gz") &&
			file_exists("/", MEDIUM "/grub/core.img") &&
			file_read("/", MEDIUM "/SHA256SUMS", 1024 * 1024, &sums, NULL) == 0;
	if (!is_whole) {
		m->version = xstrdup("");
		return;
	}
	(void)file_read("/", "/etc/domus-release", 65536, &release, NULL);
	m->version = find_field(str_text(&release), "VERSION");
	for (const char *p = str_text(&sums); *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t len = strcspn(p, "\n");
		if (len < 67)
			continue;
		CLEANUP(mem_free_string) char *file = xstrndup(p + 66, len - 66);
		CLEANUP(mem_free_string) char *path = xasprintf(MEDIUM "/%s", file);
		const char *component = machine_component_of(file);
		struct stat st;
		if (stat(path, &st) < 0)
			continue;
		if (component)
			add_component(m, component, (uint64_t)st.st_size);
		else
			m->required_bytes += (uint64_t)st.st_size;
	}
}

int machine_read(struct machine *ret_machine, struct err *err)
{
	struct machine m = {
		.firmware = file_exists("/", "/sys/firmware/efi") ? FIRMWARE_UEFI : FIRMWARE_BIOS};
	if (diskinv_read("/", &m.disks, err) < 0)
		return -1;
	if (netinv_read("/", &m.nics, err) < 0) {
		diskinv_dispose(&m.disks);
		return -1;
	}
	hosts_find(&m, true);
	read_cpu(&m);
	read_medium(&m);
	*ret_machine = m;
	return 0;
}

const struct component *machine_find_component(const struct machine *machine, const char *name)
{
	for (size_t i = 0; i < machine->n_components; i++)
		if (strcmp(machine->components[i].name, name) == 0)
			return &machine->components[i];
	return NULL;
}

void machine_dispose(struct machine *machine)
{
	free(machine->cpu_model);
	free(machine->version);
	hosts_dispose(machine);
	diskinv_dispose(&machine->disks);
	netinv_dispose(&machine->nics);
	for (size_t i = 0; i < machine->n_components; i++)
		free(machine->components[i].name);
	free(machine->components);
	*machine = (struct machine){.firmware = FIRMWARE_BIOS};
}
