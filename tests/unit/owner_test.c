/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two hosts and a directory that both have: "/there/pool" of the first is the second's own, too. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "mem.h"
#include "owner.h"
#include "tests/unit/scratch.h"

#define POOL "/there/pool"
#define DISK POOL "/web.img"
#define MOUNTS                                                              \
	"/dev/sda5 / ext4 rw 0 0\nfiles:/x " POOL " nfs4 rw,vers=4.2 0 0\n" \
	"files:/x /pool nfs4 rw 0 0\n/dev/sdb1 " POOL "/local ext4 rw 0 0\n"
#define UUID "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

struct hosts {
	char *here, *there; /* roots; there lies in here */
	struct owner self, other;
};

static void put(const char *root, const char *path, const char *text)
{
	CLEANUP(mem_free_string) char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	assert_int_equal(file_make_dirs(root, dir[0] ? dir : "/", 0755, NULL), 0);
	assert_int_equal(file_write(root, path, text, strlen(text), 0600, NULL), 0);
}

static void make_hosts(char *dir, struct hosts *hosts)
{
	CLEANUP(mem_free_string) char *self = xasprintf("%s/there/there", dir);
	struct err err = ERR_INIT;
	*hosts = (struct hosts){.here = xstrdup(dir), .there = xasprintf("%s/there", dir)};
	put(dir, DISK, "data");
	put(dir, POOL "/local/web.img", "data");
	assert_int_equal(symlink(".", self), 0);
	const char *const roots[] = {hosts->here, hosts->there};
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		put(roots[i], "/proc/mounts", MOUNTS);
		put(roots[i], "/etc/hostname", i ? "xen2\n" : "xen1\n");
	}
	assert_int_equal(owner_self(hosts->here, UUID, "web", &hosts->self, &err), 0);
	assert_int_equal(owner_self(hosts->there, UUID, "web", &hosts->other, &err), 0);
	assert_string_not_equal(hosts->self.host, hosts->other.host);
}

static void hosts_dispose(struct hosts *hosts)
{
	owner_dispose(&hosts->self);
	owner_dispose(&hosts->other);
	free(hosts->here);
	free(hosts->there);
}

static void expect_owner(const struct hosts *hosts, const char *path, const char *host)
{
	struct owner owner;
	assert_int_equal(owner_read(hosts->there, path, &owner, NULL), 0);
	assert_string_equal(owner.host, host);
	owner_dispose(&owner);
}

static void one_host_has_it(void **state)
{
	CLEANUP(hosts_dispose) struct hosts h;
	struct err err = ERR_INIT;
	make_hosts(*state, &h);
	assert_true(owner_concerns(h.here, DISK));
	assert_int_equal(owner_check(h.there, DISK, &h.other, &err), 0);
	expect_owner(&h, DISK, "");
	assert_int_equal(owner_claim(h.here, DISK, &h.self, &err), 0);
	assert_int_equal(owner_claim(h.here, DISK, &h.self, &err), 0);
	expect_owner(&h, DISK, h.self.host);
	assert_int_equal(owner_claim(h.there, DISK, &h.other, &err), -1);
	assert_non_null(strstr(err.text, "belongs to the guest web of host xen1 ("));
	assert_non_null(strstr(err.text, "domus-vm start web --force"));
	assert_null(strchr(err.text, '\n'));
	/* What is another's is not released either. */
	assert_int_equal(owner_release(h.there, DISK, &h.other, &err), 0);
	expect_owner(&h, DISK, h.self.host);
	assert_int_equal(owner_release(h.here, DISK, &h.self, &err), 0);
	assert_int_equal(owner_claim(h.there, DISK, &h.other, &err), 0);
	expect_owner(&h, DISK, h.other.host);
}

static void taken_over(void **state)
{
	CLEANUP(hosts_dispose) struct hosts h;
	struct err err = ERR_INIT;
	make_hosts(*state, &h);
	assert_int_equal(owner_claim(h.here, DISK, &h.self, &err), 0);
	assert_int_equal(owner_take(h.there, DISK, &h.other, &err), 0);
	expect_owner(&h, DISK, h.other.host);
	assert_int_equal(owner_claim(h.here, DISK, &h.self, &err), -1);
	assert_non_null(strstr(err.text, "of host xen2"));
}

/* A decision against a migration is kept, also by the one who has the image already; the next owner drops it. */
static void decided(void **state)
{
	CLEANUP(hosts_dispose) struct hosts h;
	struct owner owner;
	struct err err = ERR_INIT;
	make_hosts(*state, &h);
	assert_int_equal(owner_claim(h.here, DISK, &h.self, &err), 0);
	free(h.self.refused);
	h.self.refused = xstrdup("0123456789abcdef0123456789abcdef");
	assert_int_equal(owner_take(h.here, DISK, &h.self, &err), 0);
	assert_int_equal(owner_read(h.there, DISK, &owner, &err), 0);
	assert_string_equal(owner.host, h.self.host);
	assert_string_equal(owner.refused, h.self.refused);
	owner_dispose(&owner);
	assert_int_equal(owner_take(h.there, DISK, &h.other, &err), 0);
	assert_int_equal(owner_read(h.here, DISK, &owner, &err), 0);
	assert_string_equal(owner.refused, "");
	owner_dispose(&owner);
}

/* Another number under the same name: its state was lost, and the way out is said. */
static void installed_anew(void **state)
{
	CLEANUP(hosts_dispose) struct hosts h;
	struct owner anew;
	struct err err = ERR_INIT;
	make_hosts(*state, &h);
	assert_int_equal(owner_claim(h.here, DISK, &h.self, &err), 0);
	assert_int_equal(file_remove(h.here, OWNER_ID_PATH, &err), 0);
	assert_int_equal(owner_self(h.here, UUID, "web", &anew, &err), 0);
	assert_string_not_equal(anew.host, h.self.host);
	assert_int_equal(owner_claim(h.here, DISK, &anew, &err), -1);
	assert_non_null(strstr(err.text, "or of this one before it was installed anew"));
	assert_int_equal(owner_take(h.here, DISK, &anew, &err), 0);
	assert_int_equal(owner_claim(h.here, DISK, &anew, &err), 0);
	owner_dispose(&anew);
}

static void only_where_others_are(void **state)
{
	CLEANUP(hosts_dispose) struct hosts h;
	struct err err = ERR_INIT;
	make_hosts(*state, &h);
	put(h.here, "/images/web.img", "data");
	assert_false(owner_concerns(h.here, "/images/web.img"));
	assert_false(owner_concerns(h.here, POOL "/local/web.img"));
	assert_int_equal(owner_claim(h.here, POOL "/local/web.img", &h.self, &err), 0);
	expect_owner(&h, POOL "/local/web.img", "");
	/* A link to an image is the image. */
	assert_int_equal(file_symlink(h.here, "/images/far.img", ".." DISK, &err), 0);
	assert_true(owner_concerns(h.here, "/images/far.img"));
	assert_int_equal(owner_claim(h.here, "/images/far.img", &h.self, &err), 0);
	expect_owner(&h, DISK, h.self.host);
	/* An owner counts, whatever this host thinks of the file system. */
	put(h.there, "/proc/mounts", "");
	assert_int_equal(owner_claim(h.there, DISK, &h.other, &err), -1);
}

static void what_cannot_be_understood(void **state)
{
	CLEANUP(hosts_dispose) struct hosts h;
	struct err err = ERR_INIT;
	make_hosts(*state, &h);
	put(h.here, POOL "/.web.img.owner", "");
	assert_int_equal(owner_claim(h.here, DISK, &h.self, &err), -1);
	assert_non_null(strstr(err.text, "cannot be understood"));
	assert_int_equal(owner_take(h.here, DISK, &h.self, &err), 0);
	expect_owner(&h, DISK, h.self.host);
	/* A broken number of one's own is drawn anew. */
	put(h.here, OWNER_ID_PATH, "xyz\n");
	struct owner anew;
	assert_int_equal(owner_self(h.here, UUID, "web", &anew, &err), 0);
	assert_int_equal(strlen(anew.host), 32);
	owner_dispose(&anew);
}

/* Both at once, many times: one has it, the other is refused, and nothing is left lying about. */
static void both_at_once(void **state)
{
	CLEANUP(hosts_dispose) struct hosts h;
	struct err err = ERR_INIT;
	make_hosts(*state, &h);
	for (int i = 0; i < 50; i++) {
		int status, wins = 0;
		pid_t pids[2];
		for (int j = 0; j < 2; j++) {
			pids[j] = fork();
			if (pids[j] == 0)
				_exit(owner_claim(j ? h.there : h.here, DISK,
					      j ? &h.other : &h.self, NULL) == 0);
		}
		for (int j = 0; j < 2; j++) {
			assert_int_equal(waitpid(pids[j], &status, 0), pids[j]);
			assert_true(WIFEXITED(status));
			wins += WEXITSTATUS(status);
		}
		assert_int_equal(wins, 1);
		assert_int_equal(owner_release(h.here, DISK, &h.self, &err), 0);
		assert_int_equal(owner_release(h.there, DISK, &h.other, &err), 0);
	}
	CLEANUP(mem_free_string) char *dir = xasprintf("%s" POOL "/.web.img.owner", h.here);
	assert_int_equal(access(dir, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(one_host_has_it),
		SCRATCH_TEST(taken_over),
		SCRATCH_TEST(decided),
		SCRATCH_TEST(installed_anew),
		SCRATCH_TEST(only_where_others_are),
		SCRATCH_TEST(what_cannot_be_understood),
		SCRATCH_TEST(both_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
