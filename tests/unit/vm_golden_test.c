/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources: vmwizard/paths.c vmwizard/spec.c vmwizard/device.c vmwizard/profile.c vmwizard/defaults.c vmwizard/check.c vmwizard/guestcfg.c vmwizard/guestread.c vmwizard/planbuild.c vmwizard/hostdata.c vmwizard/image.c */
/* libs: -lxlutil -lxenlight */
/*
 * Specification to xl.cfg for every profile and method: the text against tests/golden/vm (rewritten
 * with GOLDEN=1 in the environment), read back by libxlutil as xl would, and by our own reader.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libxlutil.h>

#include "file.h"
#include "mem.h"
#include "vmwizard/guestcfg.h"
#include "xlcfg.h"

#define GOLDEN_DIR "tests/golden/vm"

static struct profiles profiles;

static int load(void **state)
{
	struct problems problems = PROBLEMS_INIT;
	struct err err = ERR_INIT;
	char *dir = file_absolute("configs/os");
	(void)state;
	if (profiles_load("/", dir, &profiles, &problems, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < problems.count; i++)
		print_error("%s\n", problems.items[i].text);
	assert_int_equal(problems.count, 0);
	problems_dispose(&problems);
	free(dir);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	profiles_dispose(&profiles);
	return 0;
}

static void make_host(struct vm_host *host)
{
	vm_host_init(host);
	strlist_add(&host->bridges, "xenbr0");
	host->pools = xcalloc(1, sizeof(*host->pools));
	host->n_pools = 1;
	host->pools[0] = (struct vm_pool){.name = xstrdup("guests"),
		.kind = VM_POOL_THIN,
		.path = xstrdup("domus/guests"),
		.free_bytes = 1ULL << 40};
	host->mirror = xstrdup("http://mirror.example/debian");
	host->has_library = true;
}

/* Defaults, with what a user must give: a mirror or an ISO; identities that do not change. */
static void make_spec(const struct profile *profile, enum vm_method method,
	const struct vm_host *host, struct vm_spec *spec)
{
	vm_spec_init(spec);
	vm_spec_set(&spec->mirror, "http://mirror.example/os");
	if (method == VM_HVM && strlist_has(&profile->sources, "iso") &&
		strcmp(profile->sources.items[0], "iso") == 0)
		vm_spec_set(&spec->iso, "/srv/domus/iso/install.iso");
	if (!profile->kernel[0] && !spec->iso[0]) {
		vm_spec_set(&spec->kernel, "http://mirror.example/os/vmlinuz");
		vm_spec_set(&spec->initrd, "http://mirror.example/os/initrd");
	}
	vm_spec_defaults(profile, method, host, spec);
	vm_spec_set(&spec->name, "guest");
	vm_spec_set(&spec->uuid, "01234567-89ab-4def-8123-456789abcdef");
	for (size_t i = 0; i < spec->n_nics; i++)
		vm_spec_set(&spec->nics[i].mac, "00:16:3e:00:00:01");
	vm_spec_complete(spec, profile, host);
}

static void compare_golden(const char *name, const char *text)
{
	CLEANUP(mem_free_string) char *relative = xasprintf(GOLDEN_DIR "/%s", name);
	CLEANUP(mem_free_string) char *path = file_absolute(relative);
	CLEANUP(str_dispose) struct str expected = STR_INIT;
	struct err err = ERR_INIT;
	if (getenv("GOLDEN")) {
		if (file_write("/", path, text, strlen(text), 0644, &err) < 0)
			fail_msg("%s", err.text);
		return;
	}
	if (file_read("/", path, 1 << 20, &expected, &err) < 0)
		fail_msg("%s (GOLDEN=1 writes it)", err.text);
	if (strcmp(str_text(&expected), text) != 0)
		fail_msg("%s differs; now:\n%s", name, text);
}

/* What xl's own parser makes of it. */
static void check_with_xlutil(const char *text, const struct vm_spec *spec)
{
	XLU_Config *cfg = xlu_cfg_init(stderr, "test");
	const char *value;
	XLU_ConfigList *list;
	long number;
	int n = 0;
	assert_int_equal(xlu_cfg_readdata(cfg, text, (int)strlen(text)), 0);
	assert_int_equal(xlu_cfg_get_string(cfg, "name", &value, 0), 0);
	assert_string_equal(value, spec->name);
	assert_int_equal(xlu_cfg_get_string(cfg, "type", &value, 0), 0);
	assert_string_equal(value, vm_method_words[spec->method]);
	assert_int_equal(xlu_cfg_get_long(cfg, "memory", &number, 0), 0);
	assert_int_equal(number, spec->memory_mib);
	if (xlu_cfg_get_list(cfg, "disk", &list, &n, 1) != 0)
		n = 0;
	assert_int_equal(n, spec->n_disks);
	for (int i = 0; i < n; i++) {
		const char *item = xlu_cfg_get_listitem(list, i);
		libxl_device_disk disk;
		libxl_device_disk_init(&disk);
		assert_int_equal(xlu_disk_parse(cfg, 1, &item, &disk), 0);
		assert_string_equal(disk.vdev, spec->disks[i].target);
		assert_string_equal(disk.pdev_path ? disk.pdev_path : "", spec->disks[i].path);
		assert_int_equal(disk.readwrite, !spec->disks[i].is_readonly);
		libxl_device_disk_dispose(&disk);
	}
	xlu_cfg_destroy(cfg);
}

static void check_read_back(const char *text, const struct vm_spec *spec)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	struct err err = ERR_INIT;
	struct vm_spec back;
	if (vm_xlcfg_read(text, "guest", &back, &problems, &err) < 0)
		fail_msg("%s", err.text);
	/* No key of ours is unknown to the table. */
	assert_int_equal(problems.count, 0);
	assert_string_equal(back.uuid, spec->uuid);
	assert_string_equal(back.os, spec->os);
	assert_int_equal(back.method, spec->method);
	assert_int_equal(back.boot, spec->boot);
	assert_int_equal(back.max_vcpus, spec->max_vcpus);
	assert_int_equal(back.n_disks, spec->n_disks);
	for (size_t i = 0; i < back.n_disks; i++) {
		assert_string_equal(back.disks[i].path, spec->disks[i].path);
		assert_int_equal(back.disks[i].kind, spec->disks[i].kind);
	}
	assert_int_equal(back.n_nics, spec->n_nics);
	for (size_t i = 0; i < back.n_nics; i++) {
		assert_string_equal(back.nics[i].mac, spec->nics[i].mac);
		assert_int_equal(back.nics[i].is_guarded, spec->nics[i].is_guarded);
		assert_string_equal(back.nics[i].addresses, spec->nics[i].addresses);
		assert_string_equal(back.nics[i].more, "");
	}
	vm_spec_dispose(&back);
}

/* A guest's plan against its golden file. */
static void check_plan(const char *name, const struct vm_spec *spec, const struct profile *profile,
	const struct vm_host *host)
{
	CLEANUP(str_dispose) struct str shown = STR_INIT;
	struct vm_plan plan;
	struct err err = ERR_INIT;
	if (vm_plan_build(spec, profile, host, &plan, &err) < 0)
		fail_msg("%s: %s", name, err.text);
	vm_plan_show(&plan, &shown);
	compare_golden(name, str_text(&shown));
	check_with_xlutil(plan.xlcfg, spec);
	if (spec->boot != VM_BOOT_DIRECT)
		check_read_back(plan.xlcfg, spec);
	if (plan.first_cfg[0])
		check_with_xlutil(plan.first_cfg, spec);
	vm_plan_dispose(&plan);
}

static void check_one(const struct profile *profile, enum vm_method method)
{
	struct vm_host host;
	struct vm_spec spec;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(mem_free_string)
	char *name = xasprintf("%s-%s.txt", profile->id, vm_method_words[method]);
	make_host(&host);
	make_spec(profile, method, &host, &spec);
	vm_check(&spec, profile, &host, NULL, true, &problems);
	bool is_possible = vm_cannot(&host, profile, method)[0] == '\0';
	if (is_possible && problems.errors)
		fail_msg("%s: %s", name, problems_first(&problems)->text);
	if (!is_possible)
		assert_true(problems.errors > 0);
	check_plan(name, &spec, profile, &host);
	vm_spec_dispose(&spec);
	vm_host_dispose(&host);
}

static void test_every_profile_and_method(void **state)
{
	(void)state;
	for (size_t i = 0; i < profiles.count; i++)
		for (unsigned m = VM_PV; m < VM_METHODS; m++)
			if (profiles.items[i].method[m].is_offered)
				check_one(&profiles.items[i], (enum vm_method)m);
}

/* One guarded by its MAC alone, one by addresses too, one not. */
static void test_guarded_nics(void **state)
{
	const struct profile *profile = profiles_find(&profiles, "debian13");
	struct vm_host host;
	struct vm_spec spec;
	(void)state;
	make_host(&host);
	make_spec(profile, VM_HVM, &host, &spec);
	for (size_t i = 1; i < 3; i++) {
		struct vm_nic *nic = vm_spec_add_nic(&spec, "xenbr0");
		vm_spec_set(&nic->mac, i == 1 ? "00:16:3e:00:00:02" : "00:16:3e:00:00:03");
	}
	vm_spec_complete(&spec, profile, &host);
	spec.nics[0].is_guarded = spec.nics[1].is_guarded = true;
	vm_spec_set(&spec.nics[1].addresses, "192.0.2.7 2001:db8::/64");
	check_plan("guarded-hvm.txt", &spec, profile, &host);
	vm_spec_dispose(&spec);
	vm_host_dispose(&host);
}

static const char hand_made[] =
	"# the shop's server\n"
	"# domus.os = debian13\n"
	"name = \"shop\"\n"
	"type = 'pvh' # since 2025\n"
	"memory = 512\n"
	"vcpus = 2\n"
	"cpuid = \"host,tm=0\"\n"
	"kernel = \"/usr/lib/grub-xen/grub-i386-xen_pvh.bin\"\n"
	"disk = [ 'phy:/dev/domus/shop,xvda,w', # root\n"
	"         '/srv/domus/old.iso,raw,xvdc,r' ]\n"
	"vif = [ 'bridge=xenbr1, mac=00:16:3e:11:22:33, script=vif-own' ]\n";

/* A hand-made file read, changed and written again. */
struct edit {
	const char *text;
	struct problems problems;
	struct vm_host host;
	struct vm_spec before, after;
};

static void begin_edit(struct edit *e, const char *text)
{
	struct err err = ERR_INIT;
	*e = (struct edit){.text = text, .problems = PROBLEMS_INIT};
	make_host(&e->host);
	assert_int_equal(vm_xlcfg_read(text, "shop", &e->before, &e->problems, &err), 0);
	vm_spec_copy(&e->after, &e->before);
}

static void end_edit(struct edit *e, const char *expected)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	if (vm_xlcfg_update(e->text, &e->before, &e->after, NULL, &e->host, &text, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(str_text(&text), expected);
	vm_spec_dispose(&e->before);
	vm_spec_dispose(&e->after);
	vm_host_dispose(&e->host);
	problems_dispose(&e->problems);
}

static void test_edit_of_a_hand_made_file(void **state)
{
	struct edit e;
	(void)state;
	begin_edit(&e, hand_made);
	assert_string_equal(e.before.disks[0].path, "/dev/domus/shop");
	assert_string_equal(e.before.disks[1].target, "xvdc");
	assert_true(e.before.disks[1].is_readonly);
	e.after.memory_mib = 768;
	e.after.max_memory_mib = 1024;
	vm_spec_remove_disk(&e.after, 1);
	struct vm_nic *nic = vm_spec_add_nic(&e.after, "xenbr0");
	vm_spec_set(&nic->mac, "00:16:3e:00:00:02");
	end_edit(&e,
		"# the shop's server\n"
		"# domus.os = debian13\n"
		"name = \"shop\"\n"
		"type = 'pvh' # since 2025\n"
		"memory = 768\n"
		"vcpus = 2\n"
		"cpuid = \"host,tm=0\"\n"
		"kernel = \"/usr/lib/grub-xen/grub-i386-xen_pvh.bin\"\n"
		"disk = [ 'phy:/dev/domus/shop,xvda,w', # root\n"
		"          ]\n"
		"vif = [ 'bridge=xenbr1, mac=00:16:3e:11:22:33, script=vif-own', \"mac=00:16:3e:00:00:02, bridge=xenbr0\" ]\n"
		"maxmem = 1024\n");
}

#define HEAD "name = \"shop\"\ntype = \"pv\"\nmemory = 512\nvcpus = 2\nkernel = \"/boot/k\"\n"

/* Which words are the guard, and which stay as they are. */
static void test_nics_of_hand_made_files(void **state)
{
	static const struct {
		const char *item;
		bool is_guarded;
		const char *addresses, *more;
	} table[] = {
		{"bridge=b", false, "", ""},
		{"script=vif-guarded", true, "", ""},
		{"ip=192.0.2.7 192.0.2.8 , script=vif-guarded,rate=1Mb/s", true,
			"192.0.2.7 192.0.2.8", "rate=1Mb/s"},
		{"script=/etc/xen/scripts/vif-guarded", true, "", ""},
		{"script=vif-own,ip=192.0.2.7", false, "", "script=vif-own, ip=192.0.2.7"},
		{"script=vif-guarded-too", false, "", "script=vif-guarded-too"},
		{"ip=192.0.2.7", false, "192.0.2.7", ""},
		/* The last one counts. */
		{"script=vif-guarded,script=vif-own", false, "",
			"script=vif-guarded, script=vif-own"},
		{"script=vif-own,script=vif-guarded", true, "", ""},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		CLEANUP(mem_free_string) char *text = xasprintf("vif = [ '%s' ]\n", table[i].item);
		struct err err = ERR_INIT;
		struct vm_spec spec;
		assert_int_equal(vm_xlcfg_read(text, "x", &spec, NULL, &err), 0);
		assert_int_equal(spec.nics[0].is_guarded, table[i].is_guarded);
		assert_string_equal(spec.nics[0].addresses, table[i].addresses);
		assert_string_equal(spec.nics[0].more, table[i].more);
		vm_spec_dispose(&spec);
	}
}

/* A guard outlives a change of something else, as what the pages do not know of a NIC does. */
static void test_edit_of_a_nic_keeps_its_guard(void **state)
{
#define GUARD "script=vif-guarded, ip=192.0.2.7 192.0.2.8, rate=10Mb/s"
	struct edit e;
	(void)state;
	begin_edit(&e, HEAD "vif = [ 'bridge=xenbr1," GUARD ",mac=00:16:3e:11:22:33' ]\n");
	vm_spec_set(&e.after.nics[0].bridge, "xenbr0");
	end_edit(&e, HEAD "vif = [ \"mac=00:16:3e:11:22:33, bridge=xenbr0, " GUARD "\" ]\n");
	begin_edit(&e, HEAD "vif = [ 'bridge=xenbr1," GUARD ",mac=00:16:3e:11:22:33' ]\n");
	e.after.nics[0].is_guarded = false;
	vm_spec_set(&e.after.nics[0].addresses, "");
	end_edit(&e, HEAD "vif = [ \"mac=00:16:3e:11:22:33, bridge=xenbr1, rate=10Mb/s\" ]\n");
	begin_edit(&e, HEAD "vif = [ 'bridge=xenbr1,mac=00:16:3e:11:22:33' ]\n");
	e.after.nics[0].is_guarded = true;
	vm_spec_set(&e.after.nics[0].addresses, "192.0.2.7 192.0.2.8");
	vm_spec_set(&e.after.nics[0].more, "rate=10Mb/s");
	end_edit(&e, HEAD "vif = [ \"mac=00:16:3e:11:22:33, bridge=xenbr1, " GUARD "\" ]\n");
#undef GUARD
}

/* Addresses that a hand-made file has wrong are said before the guest does not start. */
static void test_bad_addresses_of_a_hand_made_file(void **state)
{
	const struct profile *profile = profiles_find(&profiles, "generic-linux");
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	struct edit e;
	(void)state;
	begin_edit(&e, HEAD "vif = [ 'script=vif-guarded, ip=192.0.2.7/24' ]\n");
	vm_check(&e.before, profile, &e.host, NULL, false, &problems);
	assert_string_equal(problems_first(&problems)->text,
		"nic: addresses: \"192.0.2.7/24\" is an address in a network; write \"192.0.2.7\" for the address alone");
	end_edit(&e, e.text);
}
#undef HEAD

/* What Domus would not write itself goes through the pages as it stands, and comes to an end. */
static void test_edit_keeps_what_checks_refuse(void **state)
{
	static const char text[] = "name = \"shop\"\n"
				   "type = \"hvm\"\n"
				   "uuid = \"0BADCAFE-0000-4000-8000-00000000ABCD\"\n"
				   "memory = 512\n"
				   "vcpus = 2\n"
				   "cpus = \"0-3,^1\"\n"
				   "vnc = 1\n"
				   "vncpasswd = \"longer than eight\"\n";
	const struct profile *profile = profiles_find(&profiles, "generic-linux");
	struct edit e;
	(void)state;
	begin_edit(&e, text);
	e.host.is_xen = true;
	e.host.cpus = 4;
	assert_string_equal(e.after.pin, "0-3,^1");
	assert_string_equal(e.after.uuid, "0BADCAFE-0000-4000-8000-00000000ABCD");
	assert_string_equal(e.after.vnc_password, "longer than eight");
	vm_check(&e.after, profile, &e.host, NULL, false, &e.problems);
	vm_spec_set(&e.after.pin, "all,^0");
	vm_check(&e.after, profile, &e.host, NULL, false, &e.problems);
	vm_spec_set(&e.after.pin, e.before.pin);
	e.after.vcpus = e.after.max_vcpus = 3;
	end_edit(&e, "name = \"shop\"\n"
		     "type = \"hvm\"\n"
		     "uuid = \"0BADCAFE-0000-4000-8000-00000000ABCD\"\n"
		     "memory = 512\n"
		     "vcpus = 3\n"
		     "cpus = \"0-3,^1\"\n"
		     "vnc = 1\n"
		     "vncpasswd = \"longer than eight\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_profile_and_method),
		cmocka_unit_test(test_edit_of_a_hand_made_file),
		cmocka_unit_test(test_guarded_nics),
		cmocka_unit_test(test_nics_of_hand_made_files),
		cmocka_unit_test(test_edit_of_a_nic_keeps_its_guard),
		cmocka_unit_test(test_bad_addresses_of_a_hand_made_file),
		cmocka_unit_test(test_edit_keeps_what_checks_refuse),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
