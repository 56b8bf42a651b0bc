/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes in a configuration's text, differences of two configurations, secrets of bundles, GRUB's words. */
/* sources: dom0-rootfs/host/conftext.c dom0-rootfs/host/changes.c dom0-rootfs/host/storage.c dom0-rootfs/host/poolplan.c dom0-rootfs/host/pools.c dom0-rootfs/host/failed.c dom0-rootfs/host/host.c */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dom0-rootfs/host/changes.h"
#include "dom0-rootfs/host/conftext.h"
#include "dom0-rootfs/host/host.h"
#include "dom0-rootfs/host/poolplan.h"
#include "dom0-rootfs/host/pools.h"
#include "dom0-rootfs/host/storage.h"
#include "lib/bootcfg.h"
#include "lib/mem.h"
#include "lib/num.h"
#include "tests/unit/hostconf_samples.h"

static void keys(void **state)
{
	static const struct {
		const char *text, *kind, *name, *key;
	} cases[] = {
		{"host.name", "host", NULL, "name"},
		{"bridge.xenbr0.mtu", "bridge", "xenbr0", "mtu"},
		{"vlan.eth0.5.id", "vlan", "eth0.5", "id"},
		{"host", NULL, NULL, NULL},
		{"host.x.name", NULL, NULL, NULL},
		{"bridge.mtu", NULL, NULL, NULL},
		{"bridge..mtu", NULL, NULL, NULL},
		{"vm.web.memory", NULL, NULL, NULL},
		{".", NULL, NULL, NULL},
		{"", NULL, NULL, NULL},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(conf_key_dispose) struct conf_key key = {.kind = NULL};
		struct err err = ERR_INIT;
		int rc = conf_key_parse(cases[i].text, &key, &err);
		assert_int_equal(rc, cases[i].kind ? 0 : -1);
		if (rc < 0) {
			assert_true(err.text[0] != '\0');
			continue;
		}
		assert_string_equal(key.kind, cases[i].kind);
		assert_string_equal(key.key, cases[i].key);
		if (cases[i].name)
			assert_string_equal(key.name, cases[i].name);
		else
			assert_null(key.name);
	}
}

static void texts(void **state)
{
	/* values: separated by "|"; NULL: none */
	static const struct {
		const char *before, *key, *values, *after;
	} cases[] = {
		{"", "host.name", "a", "[host]\nname = a\n"},
		{"[host]\n", "host.name", "a", "[host]\nname = a\n"},
		{"[host]\nname = x", "host.name", "a", "[host]\nname = a\n"},
		{"# c\n[host]\n# d\nname = x\n\n[time]\nclock = utc\n", "host.domain", "b.c",
			"# c\n[host]\n# d\nname = x\ndomain = b.c\n\n[time]\nclock = utc\n"},
		{"[root]\nssh-key = 1\n# c\nssh-key = 2\npassword = *\n", "root.ssh-key", "3|4",
			"[root]\nssh-key = 3\nssh-key = 4\n# c\npassword = *\n"},
		{"[host]\nname = x\ndomain = y\n", "host.name", NULL, "[host]\ndomain = y\n"},
		{"[host]\nname = x\n", "time.zone", NULL, "[host]\nname = x\n"},
		{"[bridge a]\nmtu = 1\n[bridge b]\n", "bridge.b.ports", "",
			"[bridge a]\nmtu = 1\n[bridge b]\nports =\n"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(conf_key_dispose) struct conf_key key = {.kind = NULL};
		CLEANUP(strlist_dispose) struct strlist values = STRLIST_INIT;
		CLEANUP(str_dispose) struct str out = STR_INIT;
		assert_int_equal(conf_key_parse(cases[i].key, &key, NULL), 0);
		for (const char *p = cases[i].values; p;
			p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
			strlist_addf(&values, "%.*s", (int)strcspn(p, "|"), p);
		conftext_set(cases[i].before, &key, &values, &out);
		assert_string_equal(str_text(&out), cases[i].after);
	}
}

static void sections(void **state)
{
	static const char text[] =
		"[host]\nname = x\n\n# b's\n[bridge b]\n# in it\nmtu = 1500\n# of c\n[bridge c]\n";
	CLEANUP(str_dispose) struct str out = STR_INIT;
	CLEANUP(str_dispose) struct str last = STR_INIT;
	CLEANUP(str_dispose) struct str same = STR_INIT;
	(void)state;
	conftext_remove_section(text, "bridge", "b", &out);
	assert_string_equal(str_text(&out), "[host]\nname = x\n\n# b's\n# of c\n[bridge c]\n");
	conftext_remove_section(str_text(&out), "bridge", "c", &last);
	assert_string_equal(str_text(&last), "[host]\nname = x\n\n# b's\n# of c\n");
	conftext_remove_section(text, "bridge", "d", &same);
	assert_string_equal(str_text(&same), text);
}

static void compare(const char *before, const char *after, const char *expected)
{
	CLEANUP(hostconf_dispose) struct host_config a;
	CLEANUP(hostconf_dispose) struct host_config b;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(changes_dispose) struct changes changes = CHANGES_INIT;
	CLEANUP(str_dispose) struct str all = STR_INIT;
	const struct hostconf_context context = {.zoneinfo_root = NULL};
	hostconf_init(&a);
	hostconf_init(&b);
	hostconf_parse(before, strlen(before), &context, SCHEMA_LENIENT, &a, &problems);
	hostconf_parse(after, strlen(after), &context, SCHEMA_LENIENT, &b, &problems);
	assert_int_equal(problems.errors, 0);
	changes_build(&a, &b, &changes);
	for (size_t i = 0; i < changes.count; i++) {
		CLEANUP(mem_free_string) char *text = change_text(&changes.items[i]);
		str_add(&all, "%s\n", text);
	}
	assert_string_equal(str_text(&all), expected);
}

static void differences(void **state)
{
	(void)state;
	compare("[host]\nname = a\n", "[host]\nname = a\n", "");
	compare("", "[boot]\ntimeout = 9\n", "[boot] timeout: 3 -> 9 (at the next start)\n");
	compare("[disk]\nerase = yes\n", "", "[disk] erase: yes -> no (only at installation)\n");
	compare("", "[root]\npassword = " SAMPLE_HASH "\n",
		"[root] password: * -> (set) (at once)\n");
	compare("[bridge b]\nports =\nmtu = 1400\n", "[bridge c]\nports =\n",
		"[bridge b] mtu: 1400 -> nothing (at once)\n[bridge c]: nothing -> there (at once)\n");
	compare("[bridge b]\nports = eth0\n", "[bridge b]\nports = eth1 eth0\n",
		"[bridge b] ports: eth0 -> eth1 eth0 (at once)\n");
	compare("[vm a]\nx = 1\n[vm b]\nx = 1\n", "[vm a]\nx = 1\n[vm b]\nx = 2\n",
		"[vm b]: there -> there (at the next start)\n");
	compare("[vm a]\nx = 1\n", "", "");
}

static void grub_words(void **state)
{
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	CLEANUP(str_dispose) struct str block = STR_INIT;
	CLEANUP(str_dispose) struct str next = STR_INIT;
	CLEANUP(str_dispose) struct str last = STR_INIT;
	CLEANUP(str_dispose) struct str chooser = STR_INIT;
	(void)state;
	strlist_add(&words, "installed=yes");
	strlist_add(&words, "slot=a");
	assert_int_equal(bootcfg_env(&words, &block, NULL), 0);
	assert_int_equal(bootcfg_env_set(str_text(&block), "args", "try", &next, NULL), 0);
	assert_int_equal(bootcfg_env_set(str_text(&next), "args", "ok", &last, NULL), 0);
	assert_int_equal(last.len, BOOTCFG_ENV_BYTES);
	static const char expected[] =
		"# GRUB Environment Block\ninstalled=yes\nslot=a\nargs=ok\n####";
	assert_memory_equal(str_text(&last), expected, sizeof(expected) - 1);
	/* GRUB must have read its words before it asks for one. */
	const struct bootcfg_ids ids = {"e", "a", "b", "c"};
	bootcfg_chooser(&ids, &chooser);
	const char *text = str_text(&chooser);
	assert_true(strstr(text, "load_env") < strstr(text, "\"$args\" = try"));
	assert_true(strstr(text, "save_env --file $prefix/grubenv args") <
		    strstr(text, "source $prefix/args-try.cfg"));
}

static void thin_pools(void **state)
{
	CLEANUP(storage_dispose) struct pools pools = POOLS_INIT;
	CLEANUP(storage_dispose) struct pools wrong = POOLS_INIT;
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(storage_parse("  domus|pool|1024|512|33.30|1.5|4096\n  x|y|1|0|||8\n",
				 &pools, NULL),
		0);
	assert_int_equal(pools.count, 2);
	assert_string_equal(pools.items[0].group, "domus");
	assert_int_equal(pools.items[0].free_bytes, 512);
	assert_int_equal(pools.items[0].meta_bytes, 4096);
	assert_true(pools.items[0].is_there && !pools.items[1].is_there);
	assert_ptr_equal(storage_find(&pools, "domus"), &pools.items[0]);
	assert_ptr_equal(storage_find(&pools, "x/y"), &pools.items[1]);
	assert_ptr_equal(storage_find(&pools, "y"), &pools.items[1]);
	assert_null(storage_find(&pools, "z"));
	assert_true(pools.items[0].data_percent > 33 && pools.items[0].data_percent < 34);
	assert_int_equal(storage_parse("  something else\n", &wrong, &err), -1);
	assert_string_equal(err.text, "lvs said \"  something else\"");
}

static void expect_plan(struct pool_plan *plan, const char *expected)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	poolplan_show(plan, &text);
	assert_string_equal(str_text(&text), expected);
	poolplan_dispose(plan);
}

static void pools_made_and_grown(void **state)
{
	struct pool pool = {.group = (char[]){"domus"},
		.name = (char[]){"pool"},
		.free_bytes = 4096 * NUM_MIB,
		.meta_bytes = 64 * NUM_MIB,
		.meta_percent = 10};
	struct pool_plan plan = POOL_PLAN_INIT;
	char *source = NULL;
	(void)state;
	poolplan_make("fast", HOST_POOL_THIN, "/dev/sdb", "", 100 * NUM_GIB, &plan, &source);
	assert_string_equal(source, "domus-fast/fast");
	mem_free_string(&source);
	expect_plan(&plan, "lvm pvcreate -q --yes /dev/sdb\n"
			   "lvm vgcreate -q --yes domus-fast /dev/sdb\n"
			   "lvm lvcreate -q --yes --type thin-pool --name fast --extents 90%FREE "
			   "--poolmetadatasize 128m --poolmetadataspare y domus-fast\n");
	poolplan_make("slow", HOST_POOL_DIRECTORY, "/dev/sdc", "ab-12", 0, &plan, &source);
	assert_string_equal(source, "UUID=ab-12");
	mem_free_string(&source);
	assert_string_equal(plan.steps[0].undo.items[0], "wipefs");
	expect_plan(&plan, "mkfs.ext4 -q -F -m 0 -U ab-12 /dev/sdc\n");
	poolplan_grow(&pool, "/dev/sdb", 100 * NUM_GIB, &plan);
	assert_string_equal(plan.steps[1].undo.items[1], "vgreduce");
	expect_plan(&plan, "lvm pvcreate -q --yes /dev/sdb\nlvm vgextend -q domus /dev/sdb\n"
			   "lvm lvextend -q --poolmetadatasize +128m domus/pool\n"
			   "lvm lvextend -q -l +95%FREE domus/pool\n");
	/* into what the group keeps back; the metadata is what is scarce */
	pool.meta_percent = 90;
	poolplan_grow(&pool, NULL, 0, &plan);
	expect_plan(&plan, "lvm lvextend -q --poolmetadatasize +72m domus/pool\n"
			   "lvm lvextend -q -l +100%FREE domus/pool\n");
	pool.meta_bytes = 15 * NUM_GIB;
	poolplan_grow(&pool, NULL, 0, &plan);
	expect_plan(&plan, "lvm lvextend -q -l +100%FREE domus/pool\n");
}

static void pools_start_and_stop(void **state)
{
	static const char before_text[] =
		"[pool a]\ntype = thin\nsource = domus-a/a\n[pool b]\ntype = nfs\nsource = nas:/v\n"
		"[pool c]\ntype = directory\nsource = UUID=12-ab\n";
	static const char after_text[] =
		"[pool b]\ntype = nfs\nsource = nas:/v\noptions = vers=4.2\n"
		"[pool c]\ntype = directory\nsource = UUID=12-ab\n"
		"[pool d]\ntype = directory\nsource = /home/d\n";
	const struct hostconf_context context = {.zoneinfo_root = NULL};
	CLEANUP(hostconf_dispose) struct host_config before;
	CLEANUP(hostconf_dispose) struct host_config after;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	(void)state;
	hostconf_init(&before);
	hostconf_init(&after);
	hostconf_parse(
		before_text, strlen(before_text), &context, SCHEMA_LENIENT, &before, &problems);
	hostconf_parse(after_text, strlen(after_text), &context, SCHEMA_LENIENT, &after, &problems);
	assert_int_equal(problems.errors, 0);
	pools_describe_switch(&before, &after, &text);
	assert_string_equal(str_text(&text), "  umount /srv/pools/b\n"
					     "  lvm vgchange -q -an domus-a\n"
					     "  mount.nfs nas:/v /srv/pools/b -o vers=4.2\n"
					     "  mount -o bind /home/d /srv/pools/d\n");
	str_dispose(&text);
	pools_describe_switch(&after, &before, &text);
	assert_non_null(strstr(str_text(&text), "  lvm vgchange -q -ay domus-a\n"));
	assert_non_null(strstr(str_text(&text),
		"  mount.nfs nas:/v /srv/pools/b -o hard,retry=0,nosuid,nodev,noatime\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(texts),
		cmocka_unit_test(sections),
		cmocka_unit_test(differences),
		cmocka_unit_test(grub_words),
		cmocka_unit_test(thin_pools),
		cmocka_unit_test(pools_made_and_grown),
		cmocka_unit_test(pools_start_and_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
