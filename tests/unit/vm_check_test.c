/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources: vmwizard/paths.c vmwizard/spec.c vmwizard/device.c vmwizard/profile.c vmwizard/defaults.c vmwizard/check.c vmwizard/guestcfg.c vmwizard/guestread.c vmwizard/planbuild.c vmwizard/hostdata.c vmwizard/image.c vmwizard/explain.c */
/* Faulty files and what is said about them; values that pass; names and paths that are hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "mem.h"
#include "vmwizard/command.h"
#include "vmwizard/guestcfg.h"
#include "vmwizard/image.h"
#include "xlcfg.h"

static struct profiles profiles;

static int load(void **state)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	struct err err = ERR_INIT;
	char *dir = file_absolute("configs/os");
	(void)state;
	if (profiles_load("/", dir, &profiles, &problems, &err) < 0)
		fail_msg("%s", err.text);
	free(dir);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	profiles_dispose(&profiles);
	return 0;
}

/* A machine of two CPUs, 1000 MiB free, a thin pool and a directory; no VT-x. */
static void make_host(struct vm_host *host, bool has_hvm)
{
	vm_host_init(host);
	host->is_xen = true;
	host->cpus = 2;
	host->free_kib = 1000 * 1024;
	host->dom0_available_kib = 120 * 1024;
	host->has_grub_pv = host->has_grub_pvh = true;
	strlist_add(&host->bridges, "xenbr0");
	strlist_add(&host->bridges, "xenbr1");
	strlist_add(&host->names, "taken");
	strlist_add(&host->macs, "00:16:3e:00:00:99");
	strlist_add(&host->used, "/dev/domus/taken-xvda\ttaken");
	host->pools = xcalloc(2, sizeof(*host->pools));
	host->n_pools = 2;
	host->pools[0] = (struct vm_pool){.name = xstrdup("guests"),
		.kind = VM_POOL_THIN,
		.path = xstrdup("domus/guests"),
		.free_bytes = 10ULL << 30};
	host->pools[1] = (struct vm_pool){.name = xstrdup("fast"),
		.kind = VM_POOL_LVM,
		.path = xstrdup("fast"),
		.free_bytes = 4ULL << 30};
	if (!has_hvm)
		host->cannot[VM_PVH] = xstrdup("no VT-x");
	if (!has_hvm)
		host->cannot[VM_HVM] = xstrdup("no VT-x");
}

/* "LINE: text" of every problem, one a line. */
static void judge(const char *text, bool has_hvm, struct str *out)
{
	CLEANUP(cfg_dispose) struct cfg cfg = CFG_INIT;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	struct vm_host host;
	struct vm_spec *specs;
	size_t count;
	make_host(&host, has_hvm);
	cfg_parse(text, strlen(text), &cfg, &problems);
	vm_spec_read(&cfg, &specs, &count, &problems);
	for (size_t i = 0; i < count && problems.errors == 0; i++) {
		const struct profile *p = profiles_find(&profiles, specs[i].os);
		assert_non_null(p);
		vm_spec_complete(&specs[i], p, &host);
		vm_check(&specs[i], p, &host, &cfg, true, &problems);
	}
	problems_sort(&problems);
	for (size_t i = 0; i < problems.count; i++)
		str_add(out, "%u: %s\n", problems.items[i].line, problems.items[i].text);
	for (size_t i = 0; i < count; i++)
		vm_spec_dispose(&specs[i]);
	free(specs);
	vm_host_dispose(&host);
}

#define HEAD "[vm web]\nos = generic-linux\nmethod = pv\nkernel = /k\nboot = direct\nmemory = 64\n"

#define FIVE "2001:db8:1111:2222:3333:4444:5555:6666/128 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 "
#define TEN FIVE FIVE

static const struct {
	const char *text;
	const char *said;
} cases[] = {
	{HEAD, ""},
	{"[vm web]\nos = demo\nmemory = 200\nnic = bridge=xenbr1\nnic = bridge=xenbr1\n", ""},
	{"[vm taken]\nos = demo\n", "1: name: there is a guest \"taken\" already\n"},
	{HEAD "memory = 65\n", "7: \"memory\" is already set in line 6\n"},
	{HEAD "memroy = 65\n", "7: unknown key \"memroy\" in [vm web]; did you mean \"memory\"?\n"},
	{HEAD "uuid = 1\n",
		"7: uuid: \"1\" is no uuid (small letters: 01234567-89ab-cdef-0123-456789abcdef)\n"},
	{HEAD "max-memory = 32\n", "7: max-memory: 32 MiB is less than memory, 64 MiB\n"},
	{HEAD "vcpus = 2\nmax-vcpus = 1\n", "8: max-vcpus: 1 is less than vcpus, 2\n"},
	{"[vm web]\nos = generic-linux\nmethod = pvh\nkernel = /k\nboot = direct\nmemory = 64\nmax-vcpus = 2\n",
		"7: max-vcpus: as PVH, Linux since 6.9 uses only the CPUs it starts with: set vcpus to 2, and fewer later\n"},
	{HEAD "vcpus = 0\n", "7: vcpus: 0 is out of range (1 to 512)\n"},
	{HEAD "vcpus = 3\n",
		"7: vcpus: the machine has 2 CPUs; more virtual ones only cost time\n"},
	{HEAD "pin = 0-2\n", "7: pin: there is no CPU 2; this machine has 0 to 1\n"},
	{HEAD "pin = a\n", "7: pin: \"a\" is not a number\n"},
	{HEAD "nic = bridge=xenbr2\n",
		"7: nic: there is no bridge \"xenbr2\"; did you mean \"xenbr0\"?\n"},
	{HEAD "nic = brigde=x\n", "7: nic: a NIC has no \"brigde\"; did you mean \"bridge\"?\n"},
	{HEAD "nic = mac=00:16:3e:00:00:99\n",
		"7: nic: another guest has the MAC address 00:16:3e:00:00:99\n"},
	{HEAD "nic = mac=00:16:3E:00:00:01\nnic = mac=00:16:3e:00:00:01\n",
		"8: nic: two have the MAC address 00:16:3e:00:00:01\n"},
	{HEAD "nic = model=ne2000\n",
		"7: nic: model: \"ne2000\" is not one of e1000, rtl8139, virtio-net\n"},
	{HEAD "nic = guard=yes, addresses=192.0.2.7 2001:db8::/64\n", ""},
	{HEAD "nic = guard=on\n", "7: nic: guard: \"on\" is neither yes nor no\n"},
	{HEAD "nic = gaurd=yes\n", "7: nic: a NIC has no \"gaurd\"; did you mean \"guard\"?\n"},
	{HEAD "nic = addresses=192.0.2.7\n", "7: nic: addresses are for guard=yes\n"},
	{HEAD "nic = guard=no, addresses=192.0.2.7\n", "7: nic: addresses are for guard=yes\n"},
	{HEAD "nic = guard=yes, addresses=\n", "7: nic: addresses: no IP address is given\n"},
	{HEAD "nic = guard=yes, addresses=192.0.2.7 web\n",
		"7: nic: addresses: \"web\" is no IP address or network\n"},
	{HEAD "nic = guard=yes, addresses=192.0.2.7/24\n",
		"7: nic: addresses: \"192.0.2.7/24\" is an address in a network; write \"192.0.2.7\" for the address alone\n"},
	{HEAD "nic = guard=yes, addresses=192.0.2.7, 2001:db8::7\n",
		"7: nic: addresses: before \"2001:db8::7\" is a comma; write a blank\n"},
	{HEAD "nic = guard=yes, addresses=" TEN TEN TEN TEN TEN TEN
	      "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4\n",
		""},
	{HEAD "nic = guard=yes, addresses=" TEN TEN TEN TEN TEN TEN TEN "\n",
		"7: nic: addresses: more than 64; write networks\n"},
	{HEAD "disk = new, size=5 GiB, pool=fast\n",
		"7: disk xvda: 5 GiB wanted in pool fast, 4 GiB are free\n"},
	{HEAD "disk = new, size=3 GiB, pool=fast\ndisk = new, size=3 GiB, pool=fast\n",
		"8: disk xvdb: 6 GiB wanted in pool fast, 4 GiB are free\n"},
	{HEAD "disk = new, size=50 GiB\n",
		"7: disk xvda: 50 GiB promised in pool guests, 10 GiB are free: it may run full\n"},
	{HEAD "disk = new, pool=slow\n",
		"7: disk xvda: there is no pool \"slow\"; this host has: guests fast\n"},
	{HEAD "disk = new, siez=1\n", "7: disk: a disk has no \"siez\"; did you mean \"size\"?\n"},
	{HEAD "disk = old\n", "7: disk: a disk begins with \"new\", \"existing\" or \"cdrom\"\n"},
	{HEAD "disk = new, target=sdz9\n",
		"7: disk: target: \"sdz9\" is not one of xvda to xvdz, hda to hdd, sda to sdp\n"},
	{HEAD "disk = new, size=1 GiB, target=xvda\ndisk = new, size=1 GiB, target=xvda\n",
		"8: disk: xvda and xvda are the same place\n"},
	{HEAD "disk = existing, path=/dev/domus/taken-xvda\n",
		"7: disk xvda: /dev/domus/taken-xvda belongs to guest taken already\n"},
	{HEAD "disk = existing, path=relative\n",
		"7: disk: path: \"relative\" does not begin with \"/\"\n"},
	{HEAD "disk = cdrom\n", "7: disk xvda: only HVM guests have CD drives that can be empty\n"},
	{HEAD "install = iso\n",
		"7: install: PV and PVH guests have no firmware that boots a CD; use network, or method = hvm\n"},
	{HEAD "install = pxe\nnic =\n",
		"7: install: only HVM guests boot from the network (PXE)\n7: install: PXE needs a network adapter\n"},
	{HEAD "firmware = uefi\n", "7: firmware: only HVM guests have any\n"},
	{HEAD "answer-file = /a\n", "7: answer-file: how Other Linux takes one is not known\n"},
	{HEAD "mirror = ftp://x/\n",
		"7: mirror: \"ftp://x/\" is neither a path nor a URL that begins with http:// or https://\n"},
	{HEAD "kernel-sha256 = 12\n",
		"7: kernel-sha256: a SHA-256 sum has 64 digits of 0-9 and a-f\n"},
	{HEAD "vnc-password = 12345678\n",
		"7: vnc-password: the QEMU of this host is built without DES, which VNC's passwords need: the guest would not start. Without one the screen is for root on this host alone\n"},
	{"[vm web]\nos = generic-linux\nmethod = pv\nkernel = /k\nboot = firmware\nmemory = 64\n",
		"5: boot: only HVM guests have firmware\n"},
	{"[vm web]\nos = win11\nmemory = 4096\niso = /x.iso\ndisk =\n",
		"1: method hvm: Xen 4.20 gives guests neither a TPM 2.0 nor Secure Boot, and its setup refuses to run without them\n"
		"3: memory: the guest needs 4132 MiB with what Xen needs for it, 1000 MiB are free; at most memory = 964 MiB\n"},
	{"[vm web]\nos = generic-linux\nmethod = pvh\nkernel = /k\nmemory = 64\nmax-memory = 300\n",
		"6: max-memory: more than memory needs a balloon driver from the first boot on, or the guest crashes: whether its kernel has a balloon driver is not known\n"},
	{"[vm web]\nos = debian13\nmethod = pvh\nmemory = 256\nmirror = http://m.example/\n",
		"4: memory: 256 MiB is too little for Debian 13 (trixie), which wants at least 512 MiB\n"},
	{"[vm a b]\nos = demo\n", NULL},
	{"[vm $(reboot)]\nos = demo\n", NULL},
	{"[vm 12]\nos = demo\n", "1: [vm 12]: \"12\" cannot be a guest's name\n"},
	{"[vm -x]\nos = demo\n", NULL},
};

static void test_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_dispose) struct str said = STR_INIT;
		judge(cases[i].text, true, &said);
		if (cases[i].said && strcmp(str_text(&said), cases[i].said) != 0)
			fail_msg("%s--- said:\n%s--- instead of:\n%s", cases[i].text,
				str_text(&said), cases[i].said);
		/* Without a text: it is refused, in whatever words. */
		assert_true(cases[i].said || said.len > 0);
	}
}

static void test_no_hardware_virtualization(void **state)
{
	CLEANUP(str_dispose) struct str said = STR_INIT;
	(void)state;
	judge("[vm a]\nos = demo\nmethod = hvm\n", false, &said);
	assert_string_equal(str_text(&said), "3: method hvm: no VT-x\n");
	str_dispose(&said);
	/* auto takes what is possible */
	judge("[vm a]\nos = debian13\nmirror = http://m.example/\nmemory=512\n", false, &said);
	assert_string_equal(str_text(&said), "");
}

static void test_hostile_names(void **state)
{
	static const char *const bad[] = {"", " ", "a b", "a;b", "$(x)", "a\nb", "../x", "a/b", "'",
		"\"", "-x", ".x", "\xc3\xa4", "Domain-0", "7",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	static const char *const good[] = {"a", "web-1", "a.b_c+d", "0x", "Web"};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(vm_check_name(bad[i], NULL), -1);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(vm_check_name(good[i], NULL), 0);
}

/* What is allowed in a path arrives in xl.cfg as it was, and comes back. */
static void test_paths_carried_through(void **state)
{
	static const char *const paths[] = {"/a b/c.img", "/a,b=c.img", "/$(reboot);x.img",
		"/it's.img", "/say \"x\".img", "/back\\slash", "/\xc3\xa4.img", "/#x",
		"/target=x,vdev=y"};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
		CLEANUP(str_dispose) struct str text = STR_INIT;
		CLEANUP(str_dispose) struct str value = STR_INIT;
		struct vm_spec spec;
		struct vm_spec back;
		struct vm_disk disk;
		struct err err = ERR_INIT;
		vm_spec_init(&spec);
		vm_spec_set(&spec.name, "x");
		spec.method = VM_PV;
		struct vm_disk *d = vm_spec_add_disk(&spec, VM_DISK_EXISTING);
		vm_spec_set(&d->path, paths[i]);
		vm_spec_set(&d->target, "xvda");
		vm_disk_write(d, &value);
		if (vm_disk_parse(str_text(&value), &disk, &err) < 0)
			fail_msg("%s: %s", str_text(&value), err.text);
		assert_string_equal(disk.path, paths[i]);
		vm_disk_dispose(&disk);
		if (guestcfg_make(&spec, NULL, GUESTCFG_LASTING, &text, &err) < 0)
			fail_msg("%s: %s", paths[i], err.text);
		if (vm_xlcfg_read(str_text(&text), "x", &back, &problems, &err) < 0)
			fail_msg("%s: %s", paths[i], err.text);
		assert_string_equal(back.disks[0].path, paths[i]);
		assert_string_equal(back.disks[0].target, "xvda");
		vm_spec_dispose(&spec);
		vm_spec_dispose(&back);
	}
}

static void test_section_reads_back(void **state)
{
	static const char text[] =
		"[vm web]\n"
		"os = debian13\n"
		"method = pvh\n"
		"memory = 512 MiB\n"
		"disk = new, size=1024 MiB, pool=guests, target=xvda\n"
		"disk = cdrom, path=/srv/a, b.iso\n"
		"nic = bridge=xenbr0, mac=00:16:3e:00:00:01\n"
		"nic = bridge=xenbr0, guard=yes\n"
		"nic = bridge=xenbr0, guard=yes, addresses=192.0.2.7 2001:db8::7\n"
		"autostart = yes\n"
		"pin = 0-1\n";
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(str_dispose) struct str out = STR_INIT;
	struct vm_spec *specs;
	size_t count;
	(void)state;
	vm_spec_parse(text, strlen(text), &specs, &count, &problems);
	assert_int_equal(problems.count, 0);
	assert_int_equal(count, 1);
	vm_spec_write(&specs[0], &out);
	assert_string_equal(str_text(&out), text);
	vm_spec_dispose(&specs[0]);
	free(specs);
}

static void test_explanations(void **state)
{
	static const struct {
		const char *said;
		const char *reason;
	} table[] = {
		{"libxl: error: libxl_create.c:112:libxl__domain_create_info_setdefault: hvm not supported\n",
			"the CPU's virtualization (VT-x or AMD-V) is missing or switched off in the machine's firmware settings (hvm not supported)"},
		{"failed to free memory for the domain\n",
			"there is not enough free memory in the machine (failed to free memory for the domain)"},
		{"libxl: error: libxl_qmp.c:1:f: Domain 1:Device 'ide-5632' is locked and force was not specified, wait for tray to open and try again\n",
			"the guest uses its CD: unmount or eject it there, then change it again (Domain 1:Device 'ide-5632' is locked and force was not specified, wait for tray to open and try again)"},
		{"libxl: error: libxl_dm.c:1:f: Domain 3:something new\n",
			"Domain 3:something new"},
		{"", "no reason given"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		CLEANUP(str_dispose) struct str out = STR_INIT;
		explain_xl(table[i].said, &out);
		assert_string_equal(str_text(&out), table[i].reason);
	}
}

static void test_sniff(void **state)
{
	unsigned char *bytes = xcalloc(1, IMAGE_HEAD_BYTES);
	char label[40];
	(void)state;
	assert_int_equal(image_sniff(bytes, 0, label), IMAGE_RAW);
	assert_int_equal(image_sniff(bytes, IMAGE_HEAD_BYTES, label), IMAGE_RAW);
	memcpy(bytes, "QFI\xfb", 4);
	assert_int_equal(image_sniff(bytes, 3, label), IMAGE_RAW);
	assert_int_equal(image_sniff(bytes, 4, label), IMAGE_QCOW2);
	memset(bytes, 0, 4);
	memcpy(bytes + 32769, "CD001", 5);
	memcpy(bytes + 32808, "MY DISC\x01 ", 9);
	assert_int_equal(image_sniff(bytes, IMAGE_HEAD_BYTES, label), IMAGE_ISO);
	assert_string_equal(label, "MY DISC");
	free(bytes);
}

/* A guest that writes another format's first bytes to its raw disk has gained nothing. */
static void test_formats(void **state)
{
	static const struct {
		const char *name;
		const char *head;
		enum vm_format given, chosen;
		const char *says;
	} table[] = {
		{"a.qcow2", "QFI\xfb", VM_FORMAT_AUTO, VM_FORMAT_QCOW2, NULL},
		{"a", "conectix", VM_FORMAT_AUTO, VM_FORMAT_VHD, NULL},
		{"a.img", "anything", VM_FORMAT_AUTO, VM_FORMAT_RAW, NULL},
		{"a.img", "QFI\xfb", VM_FORMAT_AUTO, VM_FORMAT_AUTO,
			"/a.img looks like qcow2 but is called a raw image; say which: format=qcow2 or format=raw"},
		{"a.img", "QFI\xfb", VM_FORMAT_RAW, VM_FORMAT_RAW, NULL},
		{"a.vmdk", "KDMV", VM_FORMAT_AUTO, VM_FORMAT_AUTO,
			"/a.vmdk is VMDK: no disk image that Xen reads; convert it to raw or qcow2"},
	};
	char dir[] = "/tmp/formats-XXXXXX";
	(void)state;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		CLEANUP(mem_free_string) char *path = xasprintf("/%s", table[i].name);
		CLEANUP(mem_free_string) char *full = xasprintf("%s%s", dir, path);
		struct vm_disk disk = {
			.kind = VM_DISK_EXISTING, .path = path, .format = table[i].given};
		struct err err = ERR_INIT;
		assert_int_equal(
			file_write(dir, path, table[i].head, strlen(table[i].head), 0600, &err), 0);
		int rc = image_choose_format(dir, &disk, &err);
		assert_int_equal(rc, table[i].says ? -1 : 0);
		assert_string_equal(err.text, table[i].says ? table[i].says : "");
		assert_int_equal(disk.format, table[i].chosen);
		assert_int_equal(unlink(full), 0);
	}
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_no_hardware_virtualization),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_paths_carried_through),
		cmocka_unit_test(test_section_reads_back),
		cmocka_unit_test(test_explanations),
		cmocka_unit_test(test_sniff),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
