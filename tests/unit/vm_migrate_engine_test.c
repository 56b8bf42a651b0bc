/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources: vmwizard/migrate/source.c vmwizard/migrate/target.c vmwizard/migrate/offer.c vmwizard/migrate/record.c vmwizard/migrate/probe.c vmwizard/migrate/copy.c vmwizard/migrate/disks.c vmwizard/migrate/gather.c vmwizard/migrate/protocol.c vmwizard/migrate/channel.c vmwizard/list_data.c vmwizard/ownership.c vmwizard/paths.c vmwizard/spec.c vmwizard/device.c vmwizard/hostdata.c vmwizard/guestread.c vmwizard/guestcfg.c vmwizard/planbuild.c vmwizard/profile.c vmwizard/defaults.c vmwizard/snapshot.c vmwizard/snapread.c */
/* libs: -lxlutil -lnettle */
/*
 * Both engines against each other, each in a process and a root of its own, with their real files
 * and messages. There is no hypervisor: a domain is a file in its host's /xen that holds its state,
 * and any call of libxl's may fail, or kill the process that makes it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <poll.h>

#include "file.h"
#include "hostconf.h"
#include "mem.h"
#include "tests/unit/hostconf_samples.h"
#include "tests/unit/scratch.h"
#include "vmwizard/migrate/disks.h"
#include "vmwizard/migrate/migrate.h"
#include "vmwizard/migrate/xenmove.h"
#include "vmwizard/ownership.h"

#define UUID "11111111-2222-3333-4444-555555555555"
#define MEMORY "MEMORY"
#define LOG "/var/log/xen/console/guest-web"
#define DISK "/there/pool/web.img"
#define LOCAL "/images/web.img"
#define MOUNTS "files:/x /there/pool nfs rw 0 0\nfiles:/x /pool nfs rw 0 0\n"

struct vm_xen {
	const char *root;
};

/* ---- the hypervisor */

/* A file in root says which call meets it: "WORD" fails; "WORD die"; "WORD die down": unreachable, too. */
static bool meets_fault(const struct vm_xen *xen, const char *word)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	size_t len = strlen(word);
	if (file_read(xen->root, "/fault", 99, &text, NULL) < 0 ||
		strncmp(str_text(&text), word, len) != 0 ||
		(text.len > len && text.data[len] != ' '))
		return false;
	(void)file_remove(xen->root, "/fault", NULL);
	if (strstr(str_text(&text), "down"))
		(void)file_write(xen->root, "/down", "", 0, 0600, NULL);
	if (strstr(str_text(&text), "die"))
		_exit(9);
	return true;
}

static void set_domain(const char *root, const char *name, const char *domain_state)
{
	CLEANUP(mem_free_string) char *path = xasprintf("/xen/%s", name);
	if (domain_state)
		(void)file_write(root, path, domain_state, strlen(domain_state), 0600, NULL);
	else
		(void)file_remove(root, path, NULL);
}

static bool is_domain(const char *root, const char *name, const char *domain_state)
{
	CLEANUP(mem_free_string) char *path = xasprintf("/xen/%s", name);
	CLEANUP(str_dispose) struct str text = STR_INIT;
	return file_read(root, path, 99, &text, NULL) == 0 &&
	       (!domain_state || strcmp(str_text(&text), domain_state) == 0);
}

static void put(const char *root, const char *path, const char *text)
{
	CLEANUP(mem_free_string)
	char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	assert_int_equal(file_make_dirs(root, dir[0] ? dir : "/", 0755, NULL), 0);
	assert_int_equal(file_write(root, path, text, strlen(text), 0600, NULL), 0);
}

static int fault(const struct vm_xen *xen, const char *word, struct err *err)
{
	return meets_fault(xen, word) ? err_set(err, ERR_PROC, 0, "no %s today", word) : 0;
}

int xenmove_find(struct vm_xen *xen, const char *uuid, const char *name,
	struct xenmove_domain *ret_domain, struct err *err)
{
	assert_string_equal(uuid, UUID);
	if (fault(xen, "find", err) < 0)
		return -1;
	/* The source looks for it, whatever it is called, when its definition is gone. */
	if (!name && file_exists(xen->root, "/late"))
		put(xen->root, LOCAL, "written by another guest");
	name = name ? name : "web";
	*ret_domain =
		(struct xenmove_domain){.domid = is_domain(xen->root, name, NULL) ? 7 : VM_NO_DOMID,
			.is_suspended = is_domain(xen->root, name, "suspended"),
			.is_paused = is_domain(xen->root, name, "paused")};
	return 0;
}

int xenmove_config(struct vm_xen *xen, uint32_t domid, char **ret_json, uint64_t *ret_kib,
	unsigned *ret_cpus, struct err *err)
{
	(void)domid;
	*ret_cpus = 0;
	*ret_json = xstrdup("{}");
	*ret_kib = 1000;
	return fault(xen, "config", err);
}

int xenmove_stream(struct vm_xen *xen, uint32_t domid, int fd, bool is_live, struct err *err)
{
	assert_int_equal(domid, 7);
	assert_true(is_live);
	set_domain(xen->root, "web", "suspended");
	if (fault(xen, "stream", err) < 0)
		return -1;
	if (file_write_all(fd, MEMORY, strlen(MEMORY)) < 0)
		return err_set(err, ERR_IO, 0, "the line is cut");
	return fault(xen, "streamed", err);
}

int xenmove_restore(struct vm_xen *xen, const char *json, const char *name, int fd, struct err *err)
{
	char memory[sizeof(MEMORY)] = "";
	assert_string_equal(json, "{}");
	if (fault(xen, "restore", err) < 0)
		return -1;
	if (file_exists(xen->root, "/taken"))
		put(xen->root, "/etc/xen/web.cfg", "name = \"web\"\n");
	for (size_t got = 0; got < strlen(MEMORY);) {
		ssize_t n = read(fd, memory + got, strlen(MEMORY) - got);
		if (n <= 0)
			return err_set(err, ERR_IO, 0, "the memory ends early");
		got += (size_t)n;
	}
	assert_string_equal(memory, MEMORY);
	set_domain(xen->root, name, "paused");
	put(xen->root, LOG XENMOVE_INCOMING ".log", "");
	return fault(xen, "restored", err);
}

int xenmove_start(
	struct vm_xen *xen, uint32_t domid, const char *old, const char *name, struct err *err)
{
	(void)domid;
	if (fault(xen, "start", err) < 0)
		return -1;
	if (old)
		set_domain(xen->root, old, NULL);
	set_domain(xen->root, "web", "running");
	assert_true(!name || strcmp(name, "web") == 0);
	return fault(xen, "started", err);
}

int xenmove_resume(struct vm_xen *xen, uint32_t domid, struct err *err)
{
	(void)domid;
	if (fault(xen, "resume", err) < 0)
		return -1;
	set_domain(xen->root, "web", "running");
	return fault(xen, "resumed", err);
}

int xenmove_destroy(struct vm_xen *xen, uint32_t domid, struct err *err)
{
	(void)domid;
	if (fault(xen, "destroy", err) < 0)
		return -1;
	set_domain(xen->root, is_domain(xen->root, "web", NULL) ? "web" : "web" XENMOVE_INCOMING,
		NULL);
	return fault(xen, "destroyed", err);
}

uint64_t xenmove_copied(const struct vm_xen *xen)
{
	(void)xen;
	return 4096;
}

int64_t xenmove_downtime(const struct vm_xen *xen)
{
	(void)xen;
	return 1;
}

int vm_host_read(
	const char *root, enum vm_host_what what, struct vm_host *ret_host, struct err *err)
{
	(void)what;
	(void)err;
	vm_host_init(ret_host);
	ret_host->is_xen = true;
	ret_host->free_kib = 2000;
	ret_host->dom0_available_kib = 99999;
	if (!file_exists(root, "/no-bridge"))
		strlist_add(&ret_host->bridges, "xenbr0");
	if (file_exists(root, "/etc/xen/web.cfg"))
		strlist_add(&ret_host->names, "web");
	if (file_exists(root, "/rescue"))
		strlist_add(&ret_host->used, LOCAL "\trescue");
	return 0;
}

/* ---- two hosts */

struct hosts {
	char *here, *there;
};

static void reboot(const char *root, const char *id)
{
	put(root, "/proc/sys/kernel/random/boot_id", id);
	set_domain(root, "web", NULL);
	set_domain(root, "web" XENMOVE_INCOMING, NULL);
}

static int own(const char *root, enum ownership_act act)
{
	static const char cfg[] = "name = \"web\"\nuuid = \"" UUID "\"\n"
				  "disk = [ \"format=raw,vdev=xvda,access=rw,target=" DISK "\" ]\n";
	return ownership_do_text(root, "web", cfg, act, NULL);
}

static void make_hosts(const char *dir, struct hosts *hosts)
{
	CLEANUP(mem_free_string) char *self = realpath("/proc/self/exe", NULL);
	CLEANUP(mem_free_string) char *path = xasprintf("%s/bin:%s", dir, getenv("PATH"));
	CLEANUP(mem_free_string) char *client = xasprintf("%s/bin/dbclient", dir);
	*hosts = (struct hosts){
		.here = xasprintf("%s/here", dir), .there = xasprintf("%s/here/there", dir)};
	CLEANUP(mem_free_string) char *loop = xasprintf("%s/there", hosts->there);
	CLEANUP(mem_free_string)
	char *script = xasprintf("#!/bin/sh\n[ ! -e %s/down ] || { echo no route >&2; exit 1; }\n"
				 "[ ! -e %s/meanwhile ] || printf running >%s/xen/web\n"
				 "[ ! -e %s/changed ] || echo \"# changed\" >>%s/etc/xen/web.cfg\n"
				 "[ ! -e %s/full ] || { trap '' XFSZ; ulimit -f 100; }\n"
				 "[ ! -e %s/die ] || ulimit -f 100\n"
				 "exec %s receive %s\n",
		hosts->there, hosts->there, hosts->here, hosts->there, hosts->here, hosts->there,
		hosts->there, self, hosts->there);
	put(dir, "/here/xen/web", "running");
	put(dir, "/here/there/xen/.keep", "");
	/* Under one path the same directory in both, as if it came from a server. */
	assert_int_equal(symlink(".", loop), 0);
	put(hosts->here, DISK, "its data");
	put(hosts->here, "/proc/mounts", MOUNTS);
	put(hosts->there, "/proc/mounts", MOUNTS);
	put(dir, "/bin/dbclient", script);
	assert_int_equal(chmod(client, 0755), 0);
	put(hosts->here, "/etc/xen/web.cfg",
		"name = \"web\"\ntype = \"pvh\"\nuuid = \"" UUID "\"\nmemory = 1\n"
		"disk = [ \"format=raw,vdev=xvda,access=rw,target=" DISK "\" ]\n"
		"kernel = \"/boot/k\"\nvif = [ \"bridge=xenbr0,mac=00:16:3e:00:00:01\" ]\n");
	put(hosts->here, "/boot/k", "kernel");
	put(hosts->there, "/boot/k", "kernel");
	put(hosts->here, HOSTCONF_PATH,
		"[bridge xenbr0]\nports = auto\n[peer xen2]\nssh-key = " SAMPLE_KEY "\n");
	assert_int_equal(file_make_dirs(hosts->here, "/etc/xen/auto", 0755, NULL), 0);
	assert_int_equal(file_symlink(hosts->here, "/etc/xen/auto/web.cfg", "../web.cfg", NULL), 0);
	put(hosts->here, "/proc/sys/kernel/random/boot_id", "boot-1\n");
	put(hosts->there, "/proc/sys/kernel/random/boot_id", "boot-2\n");
	(void)setenv("PATH", path, 1);
	assert_int_equal(own(hosts->here, OWNERSHIP_CLAIM), 0);
}

static void hosts_dispose(struct hosts *hosts)
{
	free(hosts->here);
	free(hosts->there);
}

/* In a process of its own, which a fault may kill: its end, or -1. */
static int send_as(const struct hosts *hosts, bool is_offline, bool removes)
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		struct vm_xen xen = {.root = hosts->here};
		const struct migrate_request request = {.root = hosts->here,
			.xen = &xen,
			.name = "web",
			.peer = "xen2",
			.is_offline = is_offline,
			.removes = removes};
		CLEANUP(migrate_result_dispose) struct migrate_result result;
		struct err err = ERR_INIT;
		migrate_result_init(&result);
		if (migrate_send(&request, &result, &err) < 0)
			print_message("%s\n", err.text);
		if (result.why[0])
			print_message("why: %s\n", result.why);
		for (size_t i = 0; i < result.findings.count; i++)
			print_message("finding: %s\n", result.findings.items[i]);
		_exit(100 + (int)result.end);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) >= 100 ? WEXITSTATUS(status) - 100 : -1;
}

static int send_it(const struct hosts *hosts)
{
	return send_as(hosts, false, false);
}

/* What cron does on both sides, until nothing changes. */
static void settle(const struct hosts *hosts)
{
	for (int i = 0; i < 3; i++) {
		const char *const roots[] = {hosts->there, hosts->here};
		for (size_t j = 0; j < 2; j++) {
			struct vm_xen xen = {.root = roots[j]};
			CLEANUP(strlist_dispose) struct strlist left = STRLIST_INIT;
			migrate_settle(roots[j], &xen, &left);
		}
	}
}

static bool has_definition(const char *root)
{
	CLEANUP(mem_free_string) char *link = NULL;
	bool has_cfg = file_exists(root, "/etc/xen/web.cfg");
	assert_int_equal(file_readlink(root, "/etc/xen/auto/web.cfg", &link, NULL) == 0, has_cfg);
	return has_cfg;
}

static void never_two(const struct hosts *hosts)
{
	assert_false(is_domain(hosts->here, "web", "running") &&
		     is_domain(hosts->there, "web", "running"));
	assert_false(has_definition(hosts->here) && has_definition(hosts->there));
}

static void expect_place(const struct hosts *hosts, bool is_there, bool runs)
{
	CLEANUP(mem_free_string) char *peer = record_moved_to(hosts->here, "web");
	CLEANUP(strlist_dispose) struct strlist out = STRLIST_INIT;
	record_list(hosts->here, RECORD_OUT, &out);
	assert_int_equal(out.count, 0);
	assert_int_equal(has_definition(hosts->here), !is_there);
	assert_int_equal(has_definition(hosts->there), is_there);
	assert_int_equal(is_domain(hosts->here, "web", "running"), !is_there && runs);
	assert_int_equal(is_domain(hosts->there, "web", "running"), is_there && runs);
	assert_int_equal(is_domain(hosts->here, "web", NULL), !is_there && runs);
	/* The receiver of a source that was killed sees the end a moment later. */
	for (int i = 0; i < 200 && is_domain(hosts->there, "web" XENMOVE_INCOMING, NULL); i++)
		(void)poll(NULL, 0, 100);
	assert_false(is_domain(hosts->there, "web" XENMOVE_INCOMING, NULL));
	assert_false(file_exists(hosts->there, LOG XENMOVE_INCOMING ".log"));
	assert_true(!is_there || !runs || file_exists(hosts->there, LOG ".log"));
	assert_int_equal(peer != NULL, is_there);
	assert_int_equal(own(hosts->here, OWNERSHIP_CHECK), is_there ? -1 : 0);
	assert_int_equal(own(hosts->there, OWNERSHIP_CHECK), is_there ? 0 : -1);
}

/* ---- the cases */

static void every_fault(void **state)
{
	static const struct {
		bool is_there; /* whose fault */
		const char *fault;
		int first; /* how the command ends; -1: killed */
		bool moves;
	} cases[] = {
		{false, "none", MIG_END_THERE, true},
		{false, "stream", MIG_END_HERE, false},
		{false, "stream die", -1, false},
		{false, "streamed", MIG_END_HERE, false},
		{false, "streamed die", -1, false},
		{false, "destroy", MIG_END_STUCK, true},
		{false, "destroy die", -1, true},
		{false, "destroyed die", -1, true},
		{true, "restore", MIG_END_HERE, false},
		{true, "restore die", MIG_END_HERE, false},
		{true, "restored", MIG_END_HERE, false},
		{true, "restored die", MIG_END_HERE, false},
		{true, "restored die down", MIG_END_HERE, false},
		/* Granted, and not told: the window. */
		{true, "start", MIG_END_THERE, true},
		{true, "start die", MIG_END_THERE, true},
		{true, "start die down", MIG_END_UNDECIDED, true},
		{true, "started die", MIG_END_THERE, true},
		{true, "started die down", MIG_END_UNDECIDED, true},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(mem_free_string) char *dir = xasprintf("%s/%zu", (char *)*state, i);
		CLEANUP(hosts_dispose) struct hosts hosts;
		print_message("case %zu: %s: %s\n", i, cases[i].is_there ? "there" : "here",
			cases[i].fault);
		assert_int_equal(mkdir(dir, 0700), 0);
		make_hosts(dir, &hosts);
		put(cases[i].is_there ? hosts.there : hosts.here, "/fault", cases[i].fault);
		int first = send_it(&hosts);
		assert_int_equal(first, cases[i].first);
		never_two(&hosts);
		if (first == MIG_END_UNDECIDED) {
			settle(&hosts);
			assert_true(is_domain(hosts.here, "web", "suspended"));
			assert_false(has_definition(hosts.here));
			assert_true(file_exists(hosts.here, RECORD_OUT "/web.json"));
		}
		(void)file_remove(hosts.there, "/down", NULL);
		settle(&hosts);
		expect_place(&hosts, cases[i].moves, true);
	}
}

/* Undecided, and then the power goes: nothing is started twice, wherever the answer lies. */
static void the_power_goes_while_undecided(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	make_hosts(*state, &hosts);
	put(hosts.there, "/fault", "start die down");
	assert_int_equal(send_it(&hosts), MIG_END_UNDECIDED);
	reboot(hosts.here, "boot-3\n");
	reboot(hosts.there, "boot-4\n");
	assert_false(has_definition(hosts.here));
	(void)file_remove(hosts.there, "/down", NULL);
	settle(&hosts);
	/* It may have run there, for all that anybody knows: it is there, and off. */
	expect_place(&hosts, true, false);
}

/* The source asks while the target boots, before its pool is mounted: the guest waits for its disk, and has it then. */
static void asked_before_the_pool_is_there(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	make_hosts(*state, &hosts);
	CLEANUP(mem_free_string) char *loop = xasprintf("%s/there", hosts.there);
	put(hosts.there, "/fault", "start die down");
	assert_int_equal(send_it(&hosts), MIG_END_UNDECIDED);
	reboot(hosts.there, "boot-4\n");
	assert_int_equal(unlink(loop), 0);
	(void)file_remove(hosts.there, "/down", NULL);
	settle(&hosts);
	assert_false(has_definition(hosts.here));
	assert_false(has_definition(hosts.there));
	assert_true(is_domain(hosts.here, "web", "suspended"));
	assert_int_equal(symlink(".", loop), 0);
	settle(&hosts);
	expect_place(&hosts, true, false);
}

static void decide_by_hand(const char *dir, bool loses_power)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	CLEANUP(migrate_result_dispose) struct migrate_result result;
	CLEANUP(migrate_result_dispose) struct migrate_result again;
	struct err err = ERR_INIT;
	assert_int_equal(mkdir(dir, 0700), 0);
	make_hosts(dir, &hosts);
	struct vm_xen xen = {.root = hosts.here};
	const struct migrate_request request = {.root = hosts.here, .xen = &xen, .name = "web"};
	put(hosts.there, "/fault", "start die down");
	assert_int_equal(send_it(&hosts), MIG_END_UNDECIDED);
	/* A second migration is refused meanwhile. */
	assert_int_equal(send_it(&hosts), MIG_END_NOTHING);
	migrate_result_init(&result);
	assert_int_equal(migrate_resolve(&request, MIG_BY_HAND_HERE, &result, &err), 0);
	assert_int_equal(result.end, MIG_END_HERE);
	assert_true(is_domain(hosts.here, "web", "running"));
	assert_true(has_definition(hosts.here));
	/* The other host had taken it; now it cannot start it again, also when it comes back with its leave. */
	assert_int_equal(own(hosts.here, OWNERSHIP_CHECK), 0);
	assert_int_equal(own(hosts.there, OWNERSHIP_CHECK), -1);
	if (loses_power)
		reboot(hosts.there, "boot-4\n");
	(void)file_remove(hosts.there, "/down", NULL);
	settle(&hosts);
	expect_place(&hosts, false, true);
	assert_false(file_exists(hosts.there, RECORD_DIR));
	migrate_result_init(&again);
	assert_int_equal(migrate_resolve(&request, MIG_BY_HAND_HERE, &again, &err), -1);
	assert_string_equal(err.text, "no migration of web is unfinished");
}

static void a_person_decides(void **state)
{
	CLEANUP(mem_free_string) char *killed = xasprintf("%s/killed", (char *)*state);
	CLEANUP(mem_free_string) char *off = xasprintf("%s/off", (char *)*state);
	decide_by_hand(killed, false);
	decide_by_hand(off, true);
}

/* Off when it was offered, started before its definition was taken away: it stays. */
static void started_meanwhile(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	make_hosts(*state, &hosts);
	set_domain(hosts.here, "web", NULL);
	put(hosts.there, "/meanwhile", "");
	assert_int_equal(send_it(&hosts), MIG_END_HERE);
	settle(&hosts);
	expect_place(&hosts, false, true);
}

/* What was offered is not what there is by now: it stays, as it is now. */
static void changed_meanwhile(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	make_hosts(*state, &hosts);
	put(hosts.there, "/changed", "");
	assert_int_equal(send_it(&hosts), MIG_END_HERE);
	settle(&hosts);
	expect_place(&hosts, false, true);
	assert_int_equal(file_read(hosts.here, "/etc/xen/web.cfg", 9999, &text, NULL), 0);
	assert_non_null(strstr(str_text(&text), "# changed\n"));
}

/* The peer's word counts more than a person's. */
static void an_answer_comes_before_a_person(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	CLEANUP(migrate_result_dispose) struct migrate_result result;
	struct err err = ERR_INIT;
	make_hosts(*state, &hosts);
	struct vm_xen xen = {.root = hosts.here};
	const struct migrate_request request = {.root = hosts.here, .xen = &xen, .name = "web"};
	put(hosts.there, "/fault", "started die down");
	assert_int_equal(send_it(&hosts), MIG_END_UNDECIDED);
	(void)file_remove(hosts.there, "/down", NULL);
	migrate_result_init(&result);
	assert_int_equal(migrate_resolve(&request, MIG_BY_HAND_HERE, &result, &err), 0);
	assert_int_equal(result.end, MIG_END_THERE);
	expect_place(&hosts, true, true);
}

/* Whose disk is another host's can be sent by nobody; it is named before anything begins. */
static void anothers_disk_stays(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	make_hosts(*state, &hosts);
	assert_int_equal(own(hosts.there, OWNERSHIP_TAKE), 0);
	assert_int_equal(send_it(&hosts), MIG_END_NOTHING);
	assert_true(is_domain(hosts.here, "web", "running"));
	assert_int_equal(own(hosts.there, OWNERSHIP_CHECK), 0);
}

static void findings_touch_nothing(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	make_hosts(*state, &hosts);
	put(hosts.there, "/no-bridge", "");
	assert_int_equal(send_it(&hosts), MIG_END_NOTHING);
	expect_place(&hosts, false, true);
	put(hosts.there, "/down", "");
	assert_int_equal(send_it(&hosts), MIG_END_NOTHING);
	expect_place(&hosts, false, true);
}

/* A guest that is off moves by its definition. */
static void off_moves_by_its_definition(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	make_hosts(*state, &hosts);
	set_domain(hosts.here, "web", NULL);
	assert_int_equal(send_it(&hosts), MIG_END_THERE);
	expect_place(&hosts, true, false);
}

/* ---- off, with a disk that is not shared */

enum { LOCAL_BYTES = 3000001, LOCAL_DATA = 300000 };

/* Data, and a hole that ends in the middle of a frame. */
static void make_local(const struct hosts *hosts)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s" LOCAL, hosts->here);
	CLEANUP(mem_free_string) char *data = xcalloc(1, LOCAL_DATA + 1);
	for (size_t i = 0; i < LOCAL_DATA; i++)
		data[i] = (char)('a' + i % 26);
	set_domain(hosts->here, "web", NULL);
	put(hosts->here, LOCAL, data);
	assert_int_equal(truncate(path, LOCAL_BYTES), 0);
	assert_int_equal(file_make_dirs(hosts->there, "/images", 0755, NULL), 0);
	put(hosts->here, "/etc/xen/web.cfg",
		"name = \"web\"\ntype = \"pvh\"\nuuid = \"" UUID "\"\nmemory = 1\n"
		"disk = [ \"format=raw,vdev=xvda,access=rw,target=" DISK "\",\n"
		"  \"format=raw,vdev=xvdb,access=rw,target=" LOCAL "\" ]\n"
		"kernel = \"/boot/k\"\nvif = [ \"bridge=xenbr0,mac=00:16:3e:00:00:01\" ]\n");
}

static bool is_copy(const struct hosts *hosts)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	struct stat st;
	CLEANUP(mem_free_string) char *path = xasprintf("%s" LOCAL, hosts->there);
	if (file_read(hosts->there, LOCAL, LOCAL_BYTES, &text, NULL) < 0)
		return false;
	assert_int_equal(text.len, LOCAL_BYTES);
	for (size_t i = 0; i < LOCAL_BYTES; i++)
		if (text.data[i] != (i < LOCAL_DATA ? (char)('a' + i % 26) : '\0'))
			return false;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* The hole is one there, too. */
	assert_true(st.st_blocks * 512 < LOCAL_BYTES / 2);
	return true;
}

/* Also nothing under a name of the migration's own. */
static void expect_images(const struct hosts *hosts, int count)
{
	CLEANUP(mem_free_string) char *dir = xasprintf("%s/images", hosts->there);
	int found = -2;
	DIR *stream = opendir(dir);
	assert_non_null(stream);
	while (readdir(stream))
		found++;
	(void)closedir(stream);
	assert_int_equal(found, count);
}

static void a_disk_that_is_not_shared(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	make_hosts(*state, &hosts);
	make_local(&hosts);
	assert_int_equal(send_it(&hosts), MIG_END_NOTHING);
	assert_int_equal(send_as(&hosts, true, false), MIG_END_THERE);
	expect_place(&hosts, true, false);
	assert_true(is_copy(&hosts));
	assert_true(file_exists(hosts.here, LOCAL));
	expect_images(&hosts, 1);
	settle(&hosts);
	expect_images(&hosts, 1);
}

static void removed_when_it_is_there(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	make_hosts(*state, &hosts);
	make_local(&hosts);
	assert_int_equal(send_as(&hosts, true, true), MIG_END_THERE);
	expect_place(&hosts, true, false);
	assert_true(is_copy(&hosts));
	assert_false(file_exists(hosts.here, LOCAL));
	/* What both have stays. */
	assert_true(file_exists(hosts.here, DISK));
}

/* The whole time until its definition is gone counts, also with the copy compared long ago. */
static void written_after_it_was_copied(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	make_hosts(*state, &hosts);
	make_local(&hosts);
	put(hosts.here, "/late", "");
	assert_int_equal(send_as(&hosts, true, true), MIG_END_HERE);
	settle(&hosts);
	expect_place(&hosts, false, false);
	expect_images(&hosts, 0);
	assert_true(file_exists(hosts.here, LOCAL));
}

/* Moved with its disk copied, and then the source's record as it was at an earlier step. */
static void step_back(const struct hosts *hosts, const char *record, const char *words)
{
	CLEANUP(str_dispose) struct str text = STR_INIT;
	if (!file_exists(hosts->here, RECORD_GONE "/web.json"))
		assert_int_equal(send_as(hosts, true, false), MIG_END_THERE);
	assert_int_equal(file_read(hosts->here, RECORD_GONE "/web.json", 99999, &text, NULL), 0);
	const char *rest = strstr(str_text(&text), "\"guest\"");
	assert_non_null(rest);
	CLEANUP(mem_free_string)
	char *all =
		xasprintf("{\"record\": \"%s\", \"peer\": \"xen2\", %s, %s", record, words, rest);
	put(hosts->here, RECORD_OUT "/web.json", all);
}

/* A removal that was cut short is carried out by whoever takes the migration up, if the target has said that it has it. */
static void removed_when_it_is_taken_up(void **state)
{
	static const struct {
		const char *words;
		bool is_left;
	} cases[] = {{"\"removes\": true, \"by_hand\": true", true},
		{"\"removes\": true, \"by_hand\": false", false}};
	CLEANUP(hosts_dispose) struct hosts hosts;
	make_hosts(*state, &hosts);
	make_local(&hosts);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		step_back(&hosts, "there", cases[i].words);
		settle(&hosts);
		expect_place(&hosts, true, false);
		assert_int_equal(file_exists(hosts.here, LOCAL), cases[i].is_left);
		assert_true(is_copy(&hosts));
	}
}

/* Another guest here has got the disk since: it stays, and settle says why. */
static void not_removed_from_another(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	CLEANUP(strlist_dispose) struct strlist left = STRLIST_INIT;
	make_hosts(*state, &hosts);
	make_local(&hosts);
	step_back(&hosts, "there", "\"removes\": true, \"by_hand\": false");
	put(hosts.here, "/rescue", "");
	struct vm_xen xen = {.root = hosts.here};
	migrate_settle(hosts.here, &xen, &left);
	assert_int_equal(left.count, 1);
	assert_string_equal(left.items[0],
		"web: disk /images/web.img is the guest rescue's, too: without --remove it stays");
	expect_place(&hosts, true, false);
	assert_true(is_copy(&hosts));
	assert_true(file_exists(hosts.here, LOCAL));
}

/* A person says that it is there: nobody knows whether its copied disk is, so the one here is not called needless. */
static void moved_by_hand_keeps_its_disks(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	CLEANUP(migrate_result_dispose) struct migrate_result result;
	struct err err = ERR_INIT;
	make_hosts(*state, &hosts);
	make_local(&hosts);
	struct vm_xen xen = {.root = hosts.here};
	const struct migrate_request request = {.root = hosts.here, .xen = &xen, .name = "web"};
	step_back(&hosts, "undecided", "\"removes\": true, \"by_hand\": false");
	put(hosts.there, "/down", "");
	migrate_result_init(&result);
	assert_int_equal(migrate_resolve(&request, MIG_BY_HAND_THERE, &result, &err), 0);
	assert_int_equal(result.end, MIG_END_THERE);
	assert_int_equal(result.left.count, 0);
	assert_string_equal(result.note, "whether xen2 has /images/web.img is not known: keep it "
					 "here until the guest runs there");
	assert_true(file_exists(hosts.here, LOCAL));
}

/* Somebody wakes the suspended one that waits for an answer: it ends when the other host says that it has it. */
static void woken_while_undecided(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	make_hosts(*state, &hosts);
	put(hosts.there, "/fault", "started die down");
	assert_int_equal(send_it(&hosts), MIG_END_UNDECIDED);
	set_domain(hosts.here, "web", "running");
	(void)file_remove(hosts.there, "/down", NULL);
	settle(&hosts);
	expect_place(&hosts, true, true);
}

/* Its name has become another guest's: nobody's definition is lost, and it goes on when the name is free. */
static void its_name_is_another_guests(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	CLEANUP(strlist_dispose) struct strlist ids = STRLIST_INIT;
	make_hosts(*state, &hosts);
	put(hosts.there, "/fault", "start die down");
	assert_int_equal(send_it(&hosts), MIG_END_UNDECIDED);
	/* As if it had not been granted. */
	record_list(hosts.there, RECORD_IN, &ids);
	assert_int_equal(ids.count, 1);
	assert_int_equal(record_forget(hosts.there, RECORD_IN, ids.items[0], NULL), 0);
	set_domain(hosts.there, "web" XENMOVE_INCOMING, NULL);
	put(hosts.here, "/etc/xen/web.cfg", "name = \"web\"\nuuid = \"another\"\n");
	(void)file_remove(hosts.there, "/down", NULL);
	settle(&hosts);
	assert_true(is_domain(hosts.here, "web", "running"));
	assert_true(file_exists(hosts.here, RECORD_OUT "/web.json"));
	assert_int_equal(file_remove(hosts.here, "/etc/xen/web.cfg", NULL), 0);
	settle(&hosts);
	assert_true(has_definition(hosts.here));
	assert_true(is_domain(hosts.here, "web", "running"));
	assert_false(file_exists(hosts.here, RECORD_DIR));
}

/* What an earlier try left there is cleared up before the next: copies are told apart by their guest. */
static void an_earlier_one_is_cleared_up_first(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	make_hosts(*state, &hosts);
	put(hosts.there, "/fault", "restored die");
	assert_int_equal(send_it(&hosts), MIG_END_HERE);
	assert_int_equal(send_it(&hosts), MIG_END_NOTHING);
	settle(&hosts);
	assert_int_equal(send_it(&hosts), MIG_END_THERE);
	settle(&hosts);
	expect_place(&hosts, true, true);
}

/* What has its name by then is another's. */
static void its_name_is_taken_meanwhile(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	make_hosts(*state, &hosts);
	put(hosts.there, "/taken", "");
	assert_int_equal(send_it(&hosts), MIG_END_HERE);
	assert_int_equal(file_remove(hosts.there, "/etc/xen/web.cfg", NULL), 0);
	settle(&hosts);
	expect_place(&hosts, false, true);
}

static void what_is_not_removed(void **state)
{
	CLEANUP(mig_offer_dispose) struct mig_offer o;
	CLEANUP(strlist_dispose) struct strlist findings = STRLIST_INIT;
	static const char *const paths[] = {"/dev/domus/web-xvda", LOCAL, "/images/alone.img"};
	struct snap_volumes volumes = SNAP_VOLUMES_INIT;
	struct vm_host host = {.cpus = 1};
	mig_offer_init(&o);
	vm_spec_set(&o.name, "web");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct mig_part *part = mig_offer_add_part(&o, paths[i]);
		part->is_copied = true;
		part->is_block = i == 0;
	}
	strlist_add(&host.used, LOCAL "\tweb");
	strlist_add(&host.used, LOCAL "\tweb2");
	strlist_add(&host.used, LOCAL ".old\tweb3");
	strlist_add(&host.used, "/images/also.img\tweb4");
	put(*state, LOCAL, "data");
	assert_int_equal(file_symlink(*state, "/images/also.img", "web.img", NULL), 0);
	snap_parse("domus|web-xvda|guests|1|0||domus|2026-11-23 10:00:00 +0000\n"
		   "domus|web-xvda.before|guests|1|0||domus-snapshot|2026-11-23 10:00:00 +0000\n",
		&volumes);
	disks_check_removal(*state, &o, &host, &volumes, &findings);
	CLEANUP(mem_free_string) char *text = strlist_join_with(&findings, "\n");
	assert_string_equal(text,
		"disk /dev/domus/web-xvda has 1 snapshots, which do not move: remove them, or "
		"leave out --remove\n"
		"disk /images/web.img is the guest web2's, too: without --remove it stays\n"
		"disk /images/web.img is the guest web4's, too: without --remove it stays");
	strlist_dispose(&host.used);
	snap_volumes_dispose(&volumes);
}

static void no_place_for_a_disk(void **state)
{
	CLEANUP(hosts_dispose) struct hosts hosts;
	make_hosts(*state, &hosts);
	make_local(&hosts);
	put(hosts.there, LOCAL, "another one");
	assert_int_equal(send_as(&hosts, true, true), MIG_END_NOTHING);
	assert_int_equal(file_remove(hosts.there, LOCAL, NULL), 0);
	CLEANUP(mem_free_string) char *dir = xasprintf("%s/images", hosts.there);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(send_as(&hosts, true, true), MIG_END_NOTHING);
	expect_place(&hosts, false, false);
	assert_true(file_exists(hosts.here, LOCAL));
}

/* What is written there finds no room, or dies of it: nothing of it stays, and the next try does it. */
static void cut_short_while_a_disk_comes(void **state)
{
	static const char *const faults[] = {"/full", "/die"};
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		CLEANUP(mem_free_string) char *dir = xasprintf("%s/%zu", (char *)*state, i);
		CLEANUP(hosts_dispose) struct hosts hosts;
		assert_int_equal(mkdir(dir, 0700), 0);
		make_hosts(dir, &hosts);
		make_local(&hosts);
		put(hosts.there, faults[i], "");
		assert_int_equal(send_as(&hosts, true, true), MIG_END_HERE);
		settle(&hosts);
		expect_place(&hosts, false, false);
		expect_images(&hosts, 0);
		assert_true(file_exists(hosts.here, LOCAL));
		(void)file_remove(hosts.there, faults[i], NULL);
		assert_int_equal(send_as(&hosts, true, true), MIG_END_THERE);
		assert_true(is_copy(&hosts));
		expect_images(&hosts, 1);
	}
}

/* Two disks in a pool that has room for one, and one that no pool takes. */
static void room_is_judged_before(void **state)
{
	CLEANUP(mig_offer_dispose) struct mig_offer o;
	CLEANUP(strlist_dispose) struct strlist findings = STRLIST_INIT;
	static const struct {
		const char *path;
		uint64_t size_mib, data_mib;
	} parts[] = {{"/dev/domus/web-xvda", 9000, 900}, {"/dev/domus/web-xvdb", 9000, 200},
		{"/dev/domus/web-xvdc", 9000, 200}, {"/dev/other/data", 1, 1}};
	struct vm_pool pool = {.name = (char *)"guests",
		.kind = VM_POOL_THIN,
		.path = (char *)"domus/guests",
		.free_bytes = 1000 << 20};
	const struct vm_host host = {.pools = &pool, .n_pools = 1};
	mig_offer_init(&o);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct mig_part *part = mig_offer_add_part(&o, parts[i].path);
		part->is_block = part->is_copied = true;
		part->size_bytes = parts[i].size_mib << 20;
		part->data_bytes = parts[i].data_mib << 20;
	}
	disks_check_target(*state, &o, &host, &findings);
	CLEANUP(mem_free_string) char *text = strlist_join_with(&findings, "\n");
	assert_string_equal(text,
		"no room there for disk /dev/domus/web-xvdb: 1100 MiB are wanted up to it, 1000 MiB "
		"are free\nthere is no pool there for disk /dev/other/data");
}

int main(int argc, char **argv)
{
	/* As domus-vm does; what the receiver inherits over exec may be another setting. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && strcmp(argv[1], "receive") == 0) {
		struct vm_xen xen = {.root = argv[2]};
		struct err err = ERR_INIT;
		return migrate_receive(argv[2], &xen, "xen1", 0, 1, &err) < 0;
	}
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(every_fault),
		SCRATCH_TEST(the_power_goes_while_undecided),
		SCRATCH_TEST(started_meanwhile),
		SCRATCH_TEST(changed_meanwhile),
		SCRATCH_TEST(written_after_it_was_copied),
		SCRATCH_TEST(removed_when_it_is_taken_up),
		SCRATCH_TEST(not_removed_from_another),
		SCRATCH_TEST(moved_by_hand_keeps_its_disks),
		SCRATCH_TEST(woken_while_undecided),
		SCRATCH_TEST(its_name_is_another_guests),
		SCRATCH_TEST(an_earlier_one_is_cleared_up_first),
		SCRATCH_TEST(its_name_is_taken_meanwhile),
		SCRATCH_TEST(what_is_not_removed),
		SCRATCH_TEST(a_person_decides),
		SCRATCH_TEST(asked_before_the_pool_is_there),
		SCRATCH_TEST(an_answer_comes_before_a_person),
		SCRATCH_TEST(anothers_disk_stays),
		SCRATCH_TEST(findings_touch_nothing),
		SCRATCH_TEST(off_moves_by_its_definition),
		SCRATCH_TEST(a_disk_that_is_not_shared),
		SCRATCH_TEST(removed_when_it_is_there),
		SCRATCH_TEST(no_place_for_a_disk),
		SCRATCH_TEST(room_is_judged_before),
		SCRATCH_TEST(cut_short_while_a_disk_comes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
