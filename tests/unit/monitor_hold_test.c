/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources: dom0-rootfs/monitor/hold.c dom0-rootfs/monitor/fill.c dom0-rootfs/monitor/state.c dom0-rootfs/monitor/monlog.c */
/*
 * Guests paused and let go on, with a dmsetup that says what the test wants. There is no hypervisor:
 * one guest, whose disk is in the one pool, is what the calls of libxl's below say.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>

#include "dom0-rootfs/monitor/below.h"
#include "dom0-rootfs/monitor/hold.h"
#include "dom0-rootfs/monitor/state.h"
#include "lib/file.h"
#include "tests/unit/scratch.h"

#define UUID "11111111-2222-3333-4444-555555555555"

/* ---- the hypervisor: its one guest, handed over as libxl's context */

struct guest {
	bool is_paused;
	bool is_refused; /* what is asked of it fails */
};

static struct guest *guest_of(libxl_ctx *ctx)
{
	return (struct guest *)(void *)ctx;
}

int libxl_domain_pause(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *how)
{
	(void)how;
	assert_int_equal(domid, 3);
	if (guest_of(ctx)->is_refused)
		return ERROR_FAIL;
	guest_of(ctx)->is_paused = true;
	return 0;
}

int libxl_domain_unpause(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *how)
{
	(void)how;
	assert_int_equal(domid, 3);
	guest_of(ctx)->is_paused = false;
	return 0;
}

libxl_device_disk *libxl_device_disk_list(libxl_ctx *ctx, uint32_t domid, int *ret_count)
{
	libxl_device_disk *disk = xcalloc(1, sizeof(*disk));

	(void)ctx;
	(void)domid;
	disk->pdev_path = xstrdup("/dev/domus/web");
	disk->readwrite = 1;
	*ret_count = 1;
	return disk;
}

void libxl_device_disk_list_free(libxl_device_disk *disks, int count)
{
	assert_int_equal(count, 1);
	free(disks->pdev_path);
	free(disks);
}

int xen_list(struct xen *xen, struct xen_domains *ret_domains, struct err *err)
{
	(void)err;
	ret_domains->item = xcalloc(1, sizeof(*ret_domains->item));
	ret_domains->count = 1;
	*ret_domains->item = (struct xen_domain){.domid = 3,
		.uuid = UUID,
		.is_paused = guest_of(xen->ctx)->is_paused,
		.has_run = true};
	return 0;
}

void xen_domains_dispose(struct xen_domains *domains)
{
	free(domains->item);
}

char *xen_name(struct xen *xen, uint32_t domid)
{
	(void)xen;
	(void)domid;
	return xstrdup("web");
}

void below_list(const char *root, const char *path, struct strlist *ret_names)
{
	(void)root;
	assert_string_equal(path, "/dev/domus/web");
	strlist_add(ret_names, "domus-pool-tpool");
}

/* ---- the pool */

static void put(const char *dir, const char *path, const char *text)
{
	assert_int_equal(file_write(dir, path, text, strlen(text), 0755, NULL), 0);
}

/* Of 163840 chunks; used < 0: the program fails. */
static void set_pool(const char *dir, int used)
{
	CLEANUP(mem_free_string)
	char *script =
		used < 0 ? xstrdup("#!/bin/sh\nexit 1\n")
			 : xasprintf("#!/bin/sh\necho 'domus-pool-tpool: 0 20971520 thin-pool 3 "
				     "870/8192 %d/163840 - rw no_discard_passdown'\n",
				   used);

	put(dir, "/bin/dmsetup", script);
}

static void make_run(const char *dir)
{
	CLEANUP(mem_free_string) char *path = xasprintf("%s/bin:%s", dir, getenv("PATH"));

	assert_int_equal(file_make_dirs(dir, "/bin", 0755, NULL), 0);
	assert_int_equal(file_make_dirs(dir, "/monitor", 0755, NULL), 0);
	assert_int_equal(file_make_dirs(dir, "/failed", 0755, NULL), 0);
	(void)setenv("PATH", path, 1);
}

static void look(struct hold *hold, struct guest *guest)
{
	struct xen xen = {.ctx = (libxl_ctx *)(void *)guest};

	hold->next_ms = 0;
	assert_true(hold_look(hold, &xen) >= 500);
}

/* ---- the cases */

static void paused_until_there_is_room(void **state)
{
	struct guest guest = {.is_paused = false};
	struct hold hold;

	make_run(*state);
	hold_init(&hold, *state);
	set_pool(*state, 100000);
	look(&hold, &guest);
	assert_false(guest.is_paused);
	set_pool(*state, 163000);
	look(&hold, &guest);
	assert_true(guest.is_paused);
	assert_true(file_exists(*state, "/failed/storage-paused"));
	/* Nobody knows how full it is: nobody is let go on for that. */
	set_pool(*state, -1);
	look(&hold, &guest);
	assert_true(guest.is_paused);
	assert_true(file_exists(*state, "/failed/storage-paused"));
	set_pool(*state, 100000);
	look(&hold, &guest);
	assert_false(guest.is_paused);
	assert_false(file_exists(*state, "/failed/storage-paused"));
	assert_int_equal(state_read_held(*state, UUID, 3), 0);
	hold_dispose(&hold);
}

/* What Xen refuses once is asked for again. */
static void pausing_fails_once(void **state)
{
	struct guest guest = {.is_refused = true};
	struct hold hold;

	make_run(*state);
	hold_init(&hold, *state);
	set_pool(*state, 160000);
	look(&hold, &guest);
	assert_false(guest.is_paused);
	guest.is_refused = false;
	look(&hold, &guest);
	assert_true(guest.is_paused);
	/* Unpaused by hand it may use what is kept back, until that is nearly used up. */
	guest.is_paused = false;
	look(&hold, &guest);
	assert_false(guest.is_paused);
	set_pool(*state, 163500);
	look(&hold, &guest);
	assert_true(guest.is_paused);
	hold_dispose(&hold);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(paused_until_there_is_room),
		SCRATCH_TEST(pausing_fails_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
