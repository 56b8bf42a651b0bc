/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources: vmwizard/migrate/offer.c vmwizard/migrate/record.c vmwizard/migrate/probe.c vmwizard/migrate/protocol.c vmwizard/migrate/channel.c vmwizard/list_data.c vmwizard/paths.c vmwizard/spec.c vmwizard/device.c vmwizard/hostdata.c vmwizard/guestread.c vmwizard/profile.c */
/* libs: -lxlutil */
/* What is said and kept of a migration: offers, findings, messages, records, definitions. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "mem.h"
#include "tests/unit/scratch.h"
#include "vmwizard/migrate/migrate.h"
#include "vmwizard/paths.h"

#define ID "0123456789abcdef0123456789abcdef"
#define UUID "11111111-2222-3333-4444-555555555555"
#define DISK "/srv/pool/web.img"

static void sample(struct mig_offer *o)
{
	mig_offer_init(o);
	vm_spec_set(&o->id, ID);
	vm_spec_set(&o->name, "web");
	vm_spec_set(&o->uuid, UUID);
	vm_spec_set(&o->cfg, "name = \"web\"\n");
	vm_spec_set(&o->config, "{}");
	o->method = VM_PVH;
	o->is_running = o->is_live = o->autostart = true;
	o->need_kib = 300 * 1024;
	o->xen_major = 4;
	o->xen_minor = 20;
	o->cpu_caps[1] = 0x30;
	strlist_add(&o->bridges, "xenbr0");
	strlist_add(&o->macs, "00:16:3e:00:00:01");
	mig_offer_add_part(o, DISK)->size_bytes = 1000;
	struct mig_part *cd = mig_offer_add_part(o, "/srv/pool/cd.iso");
	cd->size_bytes = 7;
	cd->is_readonly = true;
}

static void good_host(struct vm_host *host)
{
	vm_host_init(host);
	host->is_xen = true;
	host->xen_major = 4;
	host->xen_minor = 20;
	host->free_kib = 400 * 1024;
	host->cpu_caps[1] = 0xff;
	strlist_add(&host->bridges, "xenbr0");
}

static void expect_findings(const struct strlist *findings, const char *expected)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	for (size_t i = 0; i < findings->count; i++)
		str_add(&text, "%s\n", findings->items[i]);
	assert_string_equal(str_text(&text), expected);
}

static void nothing_speaks_against_it(void **state)
{
	(void)state;
	CLEANUP(mig_offer_dispose) struct mig_offer o;
	CLEANUP(vm_host_dispose) struct vm_host host;
	CLEANUP(strlist_dispose) struct strlist findings = STRLIST_INIT;
	struct mig_part found[] = {
		{.size_bytes = 1000, .has_mark = true, .wwid = ""}, {.size_bytes = 7, .wwid = ""}};
	sample(&o);
	good_host(&host);
	mig_check_source(&o, &host, &findings);
	mig_check_target(&o, &host, found, &findings);
	expect_findings(&findings, "");
}

static void a_pin_needs_its_cpus(void **state)
{
	(void)state;
	CLEANUP(mig_offer_dispose) struct mig_offer o;
	CLEANUP(mig_offer_dispose) struct mig_offer again;
	CLEANUP(vm_host_dispose) struct vm_host host;
	CLEANUP(strlist_dispose) struct strlist findings = STRLIST_INIT;
	struct mig_part found[] = {
		{.size_bytes = 1000, .has_mark = true, .wwid = ""}, {.size_bytes = 7, .wwid = ""}};
	sample(&o);
	good_host(&host);
	o.need_cpus = 4;
	host.cpus = 3;
	json_t *json = mig_offer_write(&o, true);
	assert_int_equal(mig_offer_read(json, &again, NULL), 0);
	json_decref(json);
	mig_check_target(&again, &host, found, &findings);
	expect_findings(&findings,
		"the guest is pinned to CPU 3, and there are 3 there: first domus-vm pin web\n");
}

static void all_findings_at_once(void **state)
{
	(void)state;
	CLEANUP(mig_offer_dispose) struct mig_offer o;
	CLEANUP(vm_host_dispose) struct vm_host host;
	CLEANUP(strlist_dispose) struct strlist findings = STRLIST_INIT;
	/* Another file of the same name and size; and no CD. */
	const struct mig_part found[] = {{.size_bytes = 1000, .wwid = ""}, {.wwid = ""}};
	sample(&o);
	o.need_dom0_kib = 64 * 1024;
	strlist_add(&o.bridges, "xenbr7");
	good_host(&host);
	host.xen_minor = 19;
	host.free_kib = 100 * 1024;
	host.dom0_available_kib = 10 * 1024;
	host.cpu_caps[1] = 0x10;
	strlist_add(&host.names, "web");
	strlist_add(&host.macs, "00:16:3e:00:00:01");
	vm_spec_set(&host.cannot[VM_PVH], "no AMD-V");
	mig_check_target(&o, &host, found, &findings);
	expect_findings(&findings,
		"Paravirtualization with hardware support (PVH): no AMD-V\n"
		"Xen 4.19 there is older than 4.20 here\n"
		"the CPU there lacks features of this one (word 1: 00000020); --offline does not "
		"help, a new start there does\n"
		"there is a guest \"web\" there already\n"
		"a guest there has the same MAC address 00:16:3e:00:00:01\n"
		"there is no bridge \"xenbr7\" there\n"
		"memory: the guest needs 300 MiB, 100 MiB are free there\n"
		"memory of dom0: the guest takes 64 MiB, 10 MiB are free there\n"
		"disk /srv/pool/web.img is there, but not the same one: it is not shared; shut the guest down, and --offline copies it\n"
		"disk /srv/pool/cd.iso is not there; shut the guest down, and --offline copies it\n");
}

/* What only counts for one that runs does not keep a definition from moving. */
static void off_needs_less(void **state)
{
	(void)state;
	CLEANUP(mig_offer_dispose) struct mig_offer o;
	CLEANUP(vm_host_dispose) struct vm_host host;
	CLEANUP(strlist_dispose) struct strlist findings = STRLIST_INIT;
	const struct mig_part found[] = {
		{.size_bytes = 1000, .has_mark = true, .wwid = ""}, {.size_bytes = 7, .wwid = ""}};
	sample(&o);
	o.is_running = o.is_live = false;
	good_host(&host);
	host.free_kib = 0;
	host.xen_minor = 1;
	host.cpu_caps[1] = 0;
	mig_check_target(&o, &host, found, &findings);
	expect_findings(&findings, "");
}

static void pv_wants_shadow_paging(void **state)
{
	(void)state;
	CLEANUP(mig_offer_dispose) struct mig_offer o;
	CLEANUP(vm_host_dispose) struct vm_host host;
	CLEANUP(strlist_dispose) struct strlist findings = STRLIST_INIT;
	sample(&o);
	o.method = VM_PV;
	good_host(&host);
	mig_check_source(&o, &host, &findings);
	assert_int_equal(findings.count, 1);
	assert_non_null(strstr(findings.items[0], "--offline moves it suspended"));
	o.is_live = false;
	mig_check_source(&o, &host, &findings);
	o.is_live = host.has_shadow = true;
	mig_check_source(&o, &host, &findings);
	assert_int_equal(findings.count, 1);
}

static void block_devices_by_their_name(void **state)
{
	(void)state;
	static const struct {
		const char *ours, *theirs;
		size_t findings;
	} cases[] = {{"naa.1", "naa.1", 0}, {"naa.1", "naa.2", 1}, {"", "", 1}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(mig_offer_dispose) struct mig_offer o;
		CLEANUP(vm_host_dispose) struct vm_host host;
		CLEANUP(strlist_dispose) struct strlist findings = STRLIST_INIT;
		CLEANUP(mem_free_string) char *wwid = xstrdup(cases[i].theirs);
		const struct mig_part found[] = {
			{.size_bytes = 1000, .is_block = true, .wwid = wwid},
			{.size_bytes = 7, .wwid = wwid}};
		sample(&o);
		o.parts[0].is_block = true;
		vm_spec_set(&o.parts[0].wwid, cases[i].ours);
		good_host(&host);
		mig_check_target(&o, &host, found, &findings);
		assert_int_equal(findings.count, cases[i].findings);
	}
}

static void offers_read_back(void **state)
{
	(void)state;
	CLEANUP(mig_offer_dispose) struct mig_offer o;
	CLEANUP(mig_offer_dispose) struct mig_offer back;
	struct err err = ERR_INIT;
	sample(&o);
	json_t *json = mig_offer_write(&o, true);
	assert_int_equal(mig_offer_read(json, &back, &err), 0);
	json_t *again = mig_offer_write(&back, true);
	assert_true(json_equal(json, again));
	assert_string_equal(back.config, "{}");
	json_decref(again);
	json_decref(json);
}

/* A peer may say anything: nothing becomes a path that is none. */
static void bad_offers(void **state)
{
	(void)state;
	static const struct {
		const char *key, *value, *expected;
	} cases[] = {
		{"name", "../../etc/passwd", "a guest's name has letters"},
		{"name", "", "a guest's name has letters"},
		{"id", "../x", "the offer has no number"},
		{"uuid", "1", "the offer names no guest"},
		{"method", "kvm", "the offer names no guest"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(mig_offer_dispose) struct mig_offer o;
		CLEANUP(mig_offer_dispose) struct mig_offer back;
		struct err err = ERR_INIT;
		sample(&o);
		json_t *json = mig_offer_write(&o, false);
		(void)json_object_set_new(json, cases[i].key, json_string(cases[i].value));
		assert_int_equal(mig_offer_read(json, &back, &err), -1);
		assert_non_null(strstr(err.text, cases[i].expected));
		json_decref(json);
	}
	CLEANUP(mig_offer_dispose) struct mig_offer empty;
	struct err err = ERR_INIT;
	assert_int_equal(mig_offer_read(NULL, &empty, &err), -1);
	assert_non_null(strstr(err.text, "speaks protocol 0, this one 1"));
}

/* ---- records and definitions */

static void make_record(struct record *r)
{
	record_init(r);
	r->state = MIG_PERMITTED;
	r->domid = 7;
	vm_spec_set(&r->peer, "xen2");
	vm_spec_set(&r->boot, "boot");
	mig_offer_dispose(&r->offer);
	sample(&r->offer);
}

static void records_read_back(void **state)
{
	const char *root = *state;
	CLEANUP(record_dispose) struct record r;
	CLEANUP(record_dispose) struct record back;
	CLEANUP(record_dispose) struct record gone;
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct err err = ERR_INIT;
	make_record(&r);
	assert_int_equal(record_write(root, RECORD_OUT, "web", &r, &err), 0);
	assert_int_equal(record_read(root, RECORD_OUT, "web", &back, &err), 0);
	assert_int_equal(back.state, MIG_PERMITTED);
	assert_int_equal(back.domid, 7);
	assert_string_equal(back.peer, "xen2");
	assert_string_equal(back.offer.cfg, r.offer.cfg);
	/* libxl's configuration is not kept: it is of use only while it is sent. */
	assert_string_equal(back.offer.config, "");
	record_list(root, RECORD_OUT, &names);
	assert_int_equal(names.count, 1);
	assert_string_equal(names.items[0], "web");
	assert_int_equal(record_forget(root, RECORD_OUT, "web", &err), 0);
	assert_int_equal(record_forget(root, RECORD_OUT, "web", &err), 0);
	assert_int_equal(record_read(root, RECORD_OUT, "web", &gone, &err), 0);
	assert_int_equal(gone.state, MIG_NONE);
	/* So that nothing is looked for every minute. */
	assert_false(file_exists(root, RECORD_DIR));
}

/* A record that cannot be read is not the same as none. */
static void a_broken_record_is_no_record(void **state)
{
	const char *root = *state;
	CLEANUP(record_dispose) struct record r;
	struct err err = ERR_INIT;
	assert_int_equal(file_make_dirs(root, RECORD_OUT, 0700, NULL), 0);
	assert_int_equal(
		file_write(root, RECORD_OUT "/web.json", "{\"record\":", 10, 0600, NULL), 0);
	assert_int_equal(record_read(root, RECORD_OUT, "web", &r, &err), -1);
	assert_non_null(strstr(err.text, "makes no sense"));
}

static void definitions_go_and_come_back(void **state)
{
	const char *root = *state;
	CLEANUP(record_dispose) struct record r;
	CLEANUP(mem_free_string) char *target = NULL;
	CLEANUP(mem_free_string) char *peer = NULL;
	struct err err = ERR_INIT;
	make_record(&r);
	assert_int_equal(record_place(root, &r, &err), 0);
	assert_true(file_is_regular(root, "/etc/xen/web.cfg"));
	assert_int_equal(file_readlink(root, "/etc/xen/auto/web.cfg", &target, &err), 0);
	assert_string_equal(target, "../web.cfg");
	assert_int_equal(record_take_away(root, &r, &err), 0);
	assert_int_equal(record_take_away(root, &r, &err), 0);
	assert_false(file_exists(root, "/etc/xen/web.cfg"));
	assert_int_equal(file_readlink(root, "/etc/xen/auto/web.cfg", &peer, NULL), -1);
	assert_int_equal(record_bury(root, &r, &err), 0);
	peer = record_moved_to(root, "web");
	assert_string_equal(peer, "xen2");
	/* Back again, it has moved nowhere. What a person has edited since stays. */
	assert_int_equal(record_place(root, &r, &err), 0);
	assert_null(record_moved_to(root, "web"));
	CLEANUP(mem_free_string)
	char *mine = xasprintf("name = \"web\"\nuuid = \"%s\"\n# mine\n", r.offer.uuid);
	assert_int_equal(file_write(root, "/etc/xen/web.cfg", mine, strlen(mine), 0600, NULL), 0);
	assert_int_equal(record_place(root, &r, &err), 0);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	assert_int_equal(file_read(root, "/etc/xen/web.cfg", 99, &text, NULL), 0);
	assert_string_equal(str_text(&text), mine);
	/* Another guest's it is not taken for the moved one's. */
	assert_int_equal(
		file_write(root, "/etc/xen/web.cfg", "name = \"web\"\n", 13, 0600, NULL), 0);
	assert_int_equal(record_place(root, &r, &err), -1);
	assert_non_null(strstr(err.text, "is another guest's by now"));
}

static void one_holds_a_lock(void **state)
{
	const char *root = *state;
	CLEANUP(file_close) int first = -1;
	CLEANUP(file_close) int second = -1;
	struct err err = ERR_INIT;
	assert_int_equal(record_lock(root, "out-web", 0, &first, &err), 0);
	assert_int_equal(record_lock(root, "out-web", 200, &second, &err), 1);
	file_close(&first);
	assert_int_equal(record_lock(root, "out-web", 0, &second, &err), 0);
}

/* ---- disks, and messages */

static void the_mark_tells_the_same_directory(void **state)
{
	const char *root = *state;
	CLEANUP(mig_offer_dispose) struct mig_offer o;
	sample(&o);
	struct mig_part *part = &o.parts[0];
	migrate_probe(root, &o, part->path, part);
	assert_int_equal(part->size_bytes, 0);
	assert_int_equal(file_make_dirs(root, "/srv/pool", 0755, NULL), 0);
	assert_int_equal(file_write(root, DISK, "123", 3, 0600, NULL), 0);
	migrate_probe(root, &o, part->path, part);
	assert_int_equal(part->size_bytes, 3);
	assert_false(part->has_mark || part->is_block);
	assert_int_equal(file_write(root, "/srv/pool/.domus-" ID, ID, 32, 0644, NULL), 0);
	migrate_probe(root, &o, part->path, part);
	assert_true(part->has_mark);
}

/* What the page cache of one host holds, the other does not see. */
static void a_cached_disk_stays(void **state)
{
	const char *root = *state;
	static const struct {
		const char *direct;
		bool is_running;
		size_t findings;
	} cases[] = {{"1\n", true, 0}, {"0\n", true, 1}, {"0\n", false, 0}};
	assert_int_equal(file_make_dirs(root, "/srv/pool", 0755, NULL), 0);
	assert_int_equal(file_make_dirs(root, "/sys/block/loop3/loop", 0755, NULL), 0);
	assert_int_equal(file_write(root, DISK, "123", 3, 0600, NULL), 0);
	assert_int_equal(file_write(root, "/sys/block/loop3/loop/backing_file", DISK "\n",
				 strlen(DISK) + 1, 0644, NULL),
		0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(mig_offer_dispose) struct mig_offer o;
		CLEANUP(vm_host_dispose) struct vm_host host;
		CLEANUP(strlist_dispose) struct strlist findings = STRLIST_INIT;
		assert_int_equal(file_write(root, "/sys/block/loop3/loop/dio", cases[i].direct, 2,
					 0644, NULL),
			0);
		sample(&o);
		o.is_running = cases[i].is_running;
		good_host(&host);
		migrate_probe(root, &o, o.parts[0].path, &o.parts[0]);
		mig_check_source(&o, &host, &findings);
		assert_int_equal(findings.count, cases[i].findings);
		if (findings.count)
			assert_non_null(strstr(findings.items[0], "direct I/O"));
	}
}

/* Behind a message comes a guest's memory: not a byte of it may be taken. */
static void messages_end_where_they_end(void **state)
{
	(void)state;
	int ends[2];
	char rest[8] = "";
	json_t *json = NULL;
	struct err err = ERR_INIT;
	assert_int_equal(pipe(ends), 0);
	const struct channel channel = {.in_fd = ends[0], .out_fd = ends[1]};
	assert_int_equal(channel_send(&channel, MIG_ACCEPT, json_pack("{s:s}", "id", ID), &err), 0);
	assert_int_equal(write(ends[1], "memory", 6), 6);
	assert_int_equal(channel_receive(&channel, 1000, &json, &err), 0);
	assert_int_equal(channel_message(json), MIG_ACCEPT);
	assert_string_equal(json_string_value(json_object_get(json, "id")), ID);
	json_decref(json);
	assert_int_equal(read(ends[0], rest, sizeof(rest)), 6);
	assert_string_equal(rest, "memory");
	assert_int_equal(channel_receive(&channel, 50, &json, &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_int_equal(write(ends[1], "motd\n{", 6), 6);
	assert_int_equal(channel_receive(&channel, 1000, &json, &err), -1);
	assert_string_equal(err.text, "the other host says \"motd\"");
	(void)close(ends[1]);
	assert_int_equal(channel_receive(&channel, 1000, &json, &err), -1);
	assert_int_equal(err.code, ERR_MISSING);
	(void)close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_speaks_against_it),
		cmocka_unit_test(a_pin_needs_its_cpus),
		cmocka_unit_test(all_findings_at_once),
		cmocka_unit_test(off_needs_less),
		cmocka_unit_test(pv_wants_shadow_paging),
		cmocka_unit_test(block_devices_by_their_name),
		cmocka_unit_test(offers_read_back),
		cmocka_unit_test(bad_offers),
		SCRATCH_TEST(records_read_back),
		SCRATCH_TEST(a_broken_record_is_no_record),
		SCRATCH_TEST(definitions_go_and_come_back),
		SCRATCH_TEST(one_holds_a_lock),
		SCRATCH_TEST(the_mark_tells_the_same_directory),
		SCRATCH_TEST(a_cached_disk_stays),
		cmocka_unit_test(messages_end_where_they_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
