/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wizard's words for a specification, its progress line, and a machine from a file. */
/* sources: vmwizard/pages/texts.c vmwizard/pages/progress.c vmwizard/facts.c vmwizard/list_data.c vmwizard/spec.c vmwizard/device.c vmwizard/profile.c vmwizard/hostdata.c */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/num.h"
#include "tests/unit/scratch.h"
#include "vmwizard/facts.h"
#include "vmwizard/pages/progress.h"
#include "vmwizard/pages/texts.h"

static void hardware(void **state)
{
	static const struct {
		int64_t memory, max_memory, vcpus, max_vcpus;
		const char *text;
	} cases[] = {
		{512, 512, 1, 1, "512 MiB, 1 CPU"},
		{1024, 2048, 2, 4, "1 GiB (up to 2 GiB), 2 CPUs (up to 4)"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		struct vm_spec spec = {.memory_mib = cases[i].memory,
			.max_memory_mib = cases[i].max_memory,
			.vcpus = cases[i].vcpus,
			.max_vcpus = cases[i].max_vcpus};

		texts_hardware(&spec, &text);
		assert_string_equal(str_text(&text), cases[i].text);
	}
}

static void disks_and_nics(void **state)
{
	struct vm_spec spec;
	struct vm_disk *disk;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	(void)state;
	vm_spec_init(&spec);
	texts_disks(&spec, &text);
	texts_nics(&spec, &text);
	assert_string_equal(str_text(&text), "nonenone");
	str_dispose(&text);
	disk = vm_spec_add_disk(&spec, VM_DISK_NEW);
	disk->size_mib = 8192;
	vm_spec_set(&disk->pool, "guests");
	vm_spec_set(&disk->target, "xvda");
	texts_disks(&spec, &text);
	assert_string_equal(str_text(&text), "xvda 8 GiB, new in guests");
	str_dispose(&text);
	disk = vm_spec_add_disk(&spec, VM_DISK_CDROM);
	vm_spec_set(&disk->target, "hdc");
	disk = vm_spec_add_disk(&spec, VM_DISK_EXISTING);
	vm_spec_set(&disk->target, "xvdb");
	vm_spec_set(&disk->path, "/dev/domus/data");
	texts_disks(&spec, &text);
	assert_string_equal(str_text(&text), "xvda 8 GiB, hdc empty CD drive, xvdb data");
	str_dispose(&text);
	(void)vm_spec_add_nic(&spec, "xenbr0");
	texts_nics(&spec, &text);
	assert_string_equal(str_text(&text), "xenbr0, new MAC address");
	str_dispose(&text);
	spec.nics[0].is_guarded = true;
	texts_nics(&spec, &text);
	vm_nic_add_guard(&spec.nics[0], &text);
	vm_spec_set(&spec.nics[0].addresses, "192.0.2.7");
	vm_nic_add_guard(&spec.nics[0], &text);
	assert_string_equal(str_text(&text),
		"xenbr0, new MAC address, guarded, guarded, guarded: only as 192.0.2.7");
	str_dispose(&text);
	(void)vm_spec_add_nic(&spec, "xenbri");
	texts_nics(&spec, &text);
	assert_string_equal(str_text(&text), "xenbr0 (guarded), xenbri");
	vm_spec_dispose(&spec);
}

static void progress(void **state)
{
	static const struct {
		uint64_t done, total;
		int64_t elapsed_ms;
		const char *text;
	} cases[] = {
		{5 * NUM_MIB, 0, 9000, "5 MiB"},
		{5 * NUM_MIB, 50 * NUM_MIB, 1000, "5 of 50 MiB"},
		{5 * NUM_MIB, 50 * NUM_MIB, 4000, "5 of 50 MiB, 36 s left"},
		{50 * NUM_MIB, 50 * NUM_MIB, 4000, "50 of 50 MiB"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_dispose) struct str text = STR_INIT;

		progress_text(cases[i].done, cases[i].total, cases[i].elapsed_ms, &text);
		assert_string_equal(str_text(&text), cases[i].text);
	}
}

static void facts_of(
	void **state, const char *json, struct facts **facts, int expected, struct err *err)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s/facts", (char *)*state);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	(void)fputs(json, file);
	(void)fclose(file);
	assert_int_equal(facts_read(path, facts, err), expected);
}

static void a_machine_from_a_file(void **state)
{
	struct facts *facts = NULL;
	struct vm_list list = VM_LIST_INIT;
	struct vm_host host;
	struct err err = ERR_INIT;
	facts_of(state,
		"{\"host\": {\"name\": \"h\", \"cpus\": 2, \"cannot\": {\"hvm\": \"no\"}},"
		"\"lists\": [{\"time_s\": 1, \"guests\": [{\"name\": \"a\", \"id\": 1, \"state\": \"running\","
		"\"cpu_s\": 1}]}, {\"time_s\": 3, \"guests\": [{\"name\": \"a\", \"id\": 1,"
		"\"state\": \"paused\", \"cpu_s\": 2}, {\"name\": \"b\"}]}]}",
		&facts, 0, &err);
	assert_int_equal(facts_host(facts, &host, &err), 0);
	assert_string_equal(host.cannot[VM_HVM], "no");
	assert_string_equal(host.cannot[VM_PV], "");
	vm_host_dispose(&host);
	assert_int_equal(facts_next_list(facts, &list, &err), 0);
	assert_true(list.items[0].cpu_percent < 0);
	vm_list_dispose(&list);
	for (int i = 0; i < 2; i++) { /* the last one stays */
		assert_int_equal(facts_next_list(facts, &list, &err), 0);
		assert_int_equal(list.count, 2);
		assert_true(list.items[0].cpu_percent == 50.0);
		assert_int_equal(list.items[0].state, VM_STATE_PAUSED);
		assert_int_equal(list.items[1].domid, VM_NO_DOMID);
		vm_list_dispose(&list);
	}
	facts_free(facts);
}

static void faulty_facts(void **state)
{
	struct facts *facts = NULL;
	struct vm_list list = VM_LIST_INIT;
	struct vm_host host;
	struct err err = ERR_INIT;
	facts_of(state, "[1]", &facts, -1, &err);
	assert_non_null(strstr(err.text, "holds no object"));
	facts_of(state, "{", &facts, -1, &err);
	facts_of(state, "{\"host\": 5, \"lists\": {}}", &facts, 0, &err);
	assert_int_equal(facts_host(facts, &host, &err), -1);
	assert_string_equal(err.text, "the facts' \"host\" is not as it should be");
	assert_int_equal(facts_next_list(facts, &list, &err), -1);
	facts_free(facts);
	/* Values of the wrong kind count as missing. */
	facts_of(state,
		"{\"host\": {\"cpus\": \"x\", \"total_mib\": -5, \"bridges\": [7], \"pools\": 3},"
		"\"lists\": [{\"guests\": [{\"name\": 4, \"id\": \"y\", \"vcpus\": 1e300}]}]}",
		&facts, 0, &err);
	assert_int_equal(facts_host(facts, &host, &err), 0);
	assert_int_equal(host.total_kib, 0);
	vm_host_dispose(&host);
	assert_int_equal(facts_next_list(facts, &list, &err), 0);
	assert_string_equal(list.items[0].name, "");
	vm_list_dispose(&list);
	facts_free(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(hardware),
		cmocka_unit_test(disks_and_nics), cmocka_unit_test(progress),
		SCRATCH_TEST(a_machine_from_a_file), SCRATCH_TEST(faulty_facts)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
