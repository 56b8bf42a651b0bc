/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots of a guest's disks: what there is, what is planned, what is refused. */
/* sources: vmwizard/snapshot.c vmwizard/paths.c vmwizard/spec.c vmwizard/device.c vmwizard/guestread.c vmwizard/planbuild.c vmwizard/guestcfg.c vmwizard/hostdata.c vmwizard/profile.c vmwizard/defaults.c */
/* libs: -lxlutil */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "mem.h"
#include "num.h"
#include "vmwizard/snapshot.h"

static const char cfg_text[] =
	"name = \"web\"\ntype = \"pv\"\nmemory = 128\n"
	"disk = [ \"phy:/dev/domus/web-xvda,xvda,w\", \"phy:/dev/domus/web-xvdb,xvdb,w\",\n"
	"\t\"/srv/domus/x.iso,,xvdc,cdrom\" ]\n";

/* A pool of 10 GiB; two disks, of which one has snapshots; a neighbour whose name begins alike. */
#define POOL(data, meta) "  domus|pool||10737418240|" data "|" meta "||2026-01-01 00:00:00 +0000\n"
#define VOLUMES                                                                                    \
	"  domus|web-xvda|pool|4294967296|50.00|||2026-01-02 00:00:00 +0000\n"                     \
	"  domus|web-xvda.clean|pool|4294967296|25.00||domus-snapshot|2026-01-03 10:00:00 +0000\n" \
	"  domus|web-xvda.mine|pool|4294967296|25.00|||2026-01-03 10:00:00 +0000\n"                \
	"  domus|web-xvdb|pool|1073741824|10.00|||2026-01-02 00:00:00 +0000\n"                     \
	"  other|web-xvda.clean|pool|4294967296|25.00||a,domus-snapshot|2026-01-03\n"
#define UNDO "  domus|web-xvda.undo|pool|4294967296|25.00||domus-snapshot|2026-01-04\n"

typedef int make_plan(const struct vm_spec *, const struct snap_volumes *, const char *,
	struct vm_plan *, struct err *);

static void expect(
	make_plan *make, const char *lvs, const char *cfg, const char *name, const char *expected)
{
	struct snap_volumes volumes = SNAP_VOLUMES_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct vm_plan plan;
	struct vm_spec spec;
	struct err err = ERR_INIT;

	assert_int_equal(vm_xlcfg_read(cfg, "web", &spec, NULL, NULL), 0);
	snap_parse(lvs, &volumes);
	if (make(&spec, &volumes, name, &plan, &err) == 0) {
		for (size_t i = 0; i < plan.n_steps; i++) {
			vm_command_text(&plan.steps[i].argv, &text);
			str_add(&text, "%s", plan.steps[i].undo.count ? " <- " : "");
			vm_command_text(&plan.steps[i].undo, &text);
			str_add(&text, "\n");
		}
		for (size_t i = 0; i < plan.notes.count; i++)
			str_add(&text, "note: %s\n", plan.notes.items[i]);
		vm_plan_dispose(&plan);
	} else {
		str_add(&text, "%s\n", err.text);
	}
	assert_string_equal(str_text(&text), expected);
	snap_volumes_dispose(&volumes);
	vm_spec_dispose(&spec);
}

static void created(void **state)
{
	(void)state;
	expect(snap_plan_create, POOL("30.00", "12.00") VOLUMES, cfg_text, "before-upgrade",
		"lvcreate -q -y -s -n web-xvda.before-upgrade --addtag domus-snapshot domus/web-xvda"
		" <- lvremove -q -f domus/web-xvda.before-upgrade\n"
		"lvcreate -q -y -s -n web-xvdb.before-upgrade --addtag domus-snapshot domus/web-xvdb"
		" <- lvremove -q -f domus/web-xvdb.before-upgrade\n");
	expect(snap_plan_create, POOL("85.00", "12.00") VOLUMES, cfg_text, "x",
		"lvcreate -q -y -s -n web-xvda.x --addtag domus-snapshot domus/web-xvda"
		" <- lvremove -q -f domus/web-xvda.x\n"
		"lvcreate -q -y -s -n web-xvdb.x --addtag domus-snapshot domus/web-xvdb"
		" <- lvremove -q -f domus/web-xvdb.x\n"
		"note: disk xvda may come to need 2 GiB more in the pool domus/pool, where 1536 MiB "
		"are free\n");
}

static void refused(void **state)
{
	(void)state;
	expect(snap_plan_create, POOL("30.00", "12.00") VOLUMES, cfg_text, "clean",
		"there is a snapshot \"clean\" already\n");
	expect(snap_plan_create, POOL("30.00", "12.00") VOLUMES, cfg_text, "undo",
		"a snapshot cannot be called \"undo\": the name has a meaning\n");
	expect(snap_plan_create, POOL("30.00", "12.00") VOLUMES, cfg_text, "a.b",
		"\"a.b\" is no name for a snapshot: at most 32 letters, digits and -\n");
	expect(snap_plan_create, POOL("95.00", "12.00") VOLUMES, cfg_text, "x",
		"the pool domus/pool lacks room: 512 MiB are free (data 95.0 %, metadata 12.0 % in "
		"use), and disk xvda alone may come to need 2 GiB more; first: domus-host storage "
		"grow domus/pool\n");
	expect(snap_plan_back, POOL("30.00", "81.00") VOLUMES, cfg_text, "clean",
		"the pool domus/pool lacks room: 7 GiB are free (data 30.0 %, metadata 81.0 % in "
		"use), and disk xvda alone may come to need 2 GiB more; first: domus-host storage "
		"grow domus/pool\n");
	expect(snap_plan_create, POOL("30.00", "12.00") VOLUMES,
		"name = \"web\"\ndisk = [ \"/srv/domus/images/web.img,raw,xvda,w\" ]\n", "x",
		"disk xvda: /srv/domus/images/web.img is no thin volume: it cannot have a snapshot\n");
	expect(snap_plan_create, "  vg|full||1024||||2026\n",
		"name = \"web\"\ndisk = [ \"/dev/vg/full,raw,xvda,w\" ]\n", "x",
		"disk xvda: /dev/vg/full is no thin volume: it cannot have a snapshot\n");
	expect(snap_plan_create, "", "name = \"web\"\n", "x",
		"guest web has no disk that it writes\n");
	expect(snap_plan_back, POOL("30.00", "12.00") VOLUMES, cfg_text, "none",
		"there is no snapshot \"none\"\n");
	/* a volume of that name without the tag is somebody's own */
	expect(snap_plan_remove, POOL("30.00", "12.00") VOLUMES, cfg_text, "mine",
		"there is no snapshot \"mine\"\n");
}

static void back_and_again(void **state)
{
	(void)state;
	expect(snap_plan_back, POOL("30.00", "12.00") VOLUMES, cfg_text, "clean",
		"lvcreate -q -y -kn -s -n web-xvda.new domus/web-xvda.clean"
		" <- lvremove -q -f domus/web-xvda.new\n"
		"lvrename -q domus web-xvda web-xvda.undo <- lvrename -q domus web-xvda.undo web-xvda\n"
		"lvchange -q -ky --addtag domus-snapshot domus/web-xvda.undo"
		" <- lvchange -q -kn --deltag domus-snapshot domus/web-xvda.undo\n"
		"lvrename -q domus web-xvda.new web-xvda <- lvrename -q domus web-xvda web-xvda.new\n"
		"note: disk xvdb is not in the snapshot and stays as it is\n");
	expect(snap_plan_back, POOL("30.00", "12.00") VOLUMES UNDO, cfg_text, "undo",
		"lvcreate -q -y -kn -s -n web-xvda.new domus/web-xvda.undo"
		" <- lvremove -q -f domus/web-xvda.new\n"
		"lvrename -q domus web-xvda.undo web-xvda.old"
		" <- lvrename -q domus web-xvda.old web-xvda.undo\n"
		"lvrename -q domus web-xvda web-xvda.undo <- lvrename -q domus web-xvda.undo web-xvda\n"
		"lvchange -q -ky --addtag domus-snapshot domus/web-xvda.undo"
		" <- lvchange -q -kn --deltag domus-snapshot domus/web-xvda.undo\n"
		"lvrename -q domus web-xvda.new web-xvda <- lvrename -q domus web-xvda web-xvda.new\n"
		"lvremove -q -f domus/web-xvda.old\n"
		"note: disk xvdb is not in the snapshot and stays as it is\n");
	expect(snap_plan_remove, POOL("99.00", "99.00") VOLUMES, cfg_text, "clean",
		"lvremove -q -f domus/web-xvda.clean\n");
}

static void listed(void **state)
{
	struct snap_volumes volumes = SNAP_VOLUMES_INIT;
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	struct snapshots all;
	struct vm_spec spec;

	(void)state;
	assert_int_equal(vm_xlcfg_read(cfg_text, "web", &spec, NULL, NULL), 0);
	snap_parse(POOL("30.00", "12.00") VOLUMES UNDO "nonsense\n", &volumes);
	assert_int_equal(volumes.count, 7);
	snap_list(&spec, &volumes, &all);
	assert_int_equal(all.count, 2);
	assert_string_equal(all.items[0].name, "clean");
	assert_string_equal(all.items[0].made, "2026-01-03 10:00:00 +0000");
	assert_int_equal(all.items[0].unique_bytes, NUM_GIB);
	assert_int_equal(all.items[0].disks.count, 1);
	assert_string_equal(all.items[1].name, "undo");
	snap_list_of(&volumes, "domus/web-xvda", &names);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.items[1], "domus/web-xvda.undo");
	snapshots_dispose(&all);
	snap_volumes_dispose(&volumes);
	vm_spec_dispose(&spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(created),
		cmocka_unit_test(refused),
		cmocka_unit_test(back_and_again),
		cmocka_unit_test(listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
