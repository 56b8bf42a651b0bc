/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which guests start and go on with the host, in which order; what is saved, and whether it fits. */
/* sources: dom0-rootfs/guests/order.c dom0-rootfs/guests/progress.c */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "dom0-rootfs/guests/guests.h"
#include "lib/file.h"
#include "lib/num.h"
#include "lib/savedguest.h"
#include "tests/unit/scratch.h"

static void define(const char *root, const char *name, const char *notes, bool autostart)
{
	CLEANUP(mem_free_string) char *path = guests_config_path(name);
	CLEANUP(mem_free_string) char *link = xasprintf("/etc/xen/auto/%s.cfg", name);
	CLEANUP(mem_free_string) char *target = xasprintf("../%s.cfg", name);
	CLEANUP(mem_free_string) char *text = xasprintf("%sname = \"%s\"\n", notes, name);

	assert_int_equal(file_make_dirs(root, "/etc/xen/auto", 0755, NULL), 0);
	assert_int_equal(file_write(root, path, text, strlen(text), 0600, NULL), 0);
	if (autostart)
		assert_int_equal(file_symlink(root, link, target, NULL), 0);
}

static void save(const char *root, const char *name)
{
	CLEANUP(mem_free_string) char *path = xasprintf(SAVEDGUEST_STATE "/%s", name);

	assert_int_equal(file_make_dirs(root, SAVEDGUEST_STATE, 0700, NULL), 0);
	assert_int_equal(file_write(root, path, "memory", 6, 0600, NULL), 0);
}

static char *starts_of(const char *root)
{
	CLEANUP(strlist_dispose) struct strlist names = STRLIST_INIT;
	struct guests_starts starts;

	assert_int_equal(guests_list_starts(root, "/etc/xen/auto", &starts, NULL), 0);
	for (size_t i = 0; i < starts.count; i++)
		strlist_add(&names, starts.items[i].name);
	guests_starts_dispose(&starts);
	return strlist_join(&names);
}

static void the_order_of_starts(void **state)
{
	const char *root = *state;

	define(root, "alpha", "", true);
	define(root, "beta", "# domus.start-order = 10\n", true);
	define(root, "delta", "# domus.start-order = 2\n# domus.start-delay = 7\n", true);
	define(root, "gamma", "# domus.start-order = 2\n", true);
	/* What makes no sense is no number. */
	define(root, "omega", "# domus.start-order = first\n", true);
	define(root, "other", "# domus.start-order = 1\n", false);
	assert_int_equal(file_write(root, "/etc/xen/auto/alpha.cfg~", "", 0, 0600, NULL), 0);
	CLEANUP(mem_free_string) char *names = starts_of(root);
	assert_string_equal(names, "delta gamma beta alpha omega");
}

/* One that the host saved goes on, one that somebody saved by hand does not, nor one that is not saved any more. */
static void what_the_host_saved_goes_on(void **state)
{
	const char *root = *state;

	define(root, "auto", "", true);
	define(root, "gone", "", false);
	define(root, "hand", "", false);
	define(root, "mine", "# domus.start-order = 3\n", false);
	save(root, "auto");
	save(root, "hand");
	save(root, "mine");
	assert_int_equal(savedguest_note(root, "mine", NULL), 0);
	assert_int_equal(savedguest_note(root, "gone", NULL), 0);
	assert_int_equal(savedguest_note(root, "auto", NULL), 0);
	assert_int_equal(savedguest_note(root, "mine", NULL), 0);
	CLEANUP(mem_free_string) char *names = starts_of(root);
	assert_string_equal(names, "mine auto");
	assert_int_equal(savedguest_forget_notes(root, NULL), 0);
	CLEANUP(mem_free_string) char *later = starts_of(root);
	assert_string_equal(later, "auto");
}

/* What a cut-off save leaves is no saved guest. */
static void half_a_file_is_none(void **state)
{
	const char *root = *state;

	define(root, "web", "", false);
	save(root, "web.part");
	assert_int_equal(savedguest_note(root, "web", NULL), 0);
	assert_null(savedguest_path(root, "web"));
	CLEANUP(mem_free_string) char *names = starts_of(root);
	assert_string_equal(names, "");
}

static void turns(void **state)
{
	const struct guestturn none = {.order = 0}, one = {.order = 1, .delay_s = 20},
			       two = {.order = 2, .at_stop = GUESTTURN_SAVE},
			       shut = {.at_stop = GUESTTURN_SHUTDOWN};

	(void)state;
	assert_true(guests_rank(&none) > guests_rank(&two));
	assert_true(guests_rank(&two) > guests_rank(&one));
	assert_int_equal(guests_pause_s(&one, 5), 20);
	assert_int_equal(guests_pause_s(&one, 30), 30);
	assert_int_equal(guests_pause_s(&none, 0), 0);
	assert_true(guests_wants_save(&none, true));
	assert_false(guests_wants_save(&none, false));
	assert_true(guests_wants_save(&two, false));
	assert_false(guests_wants_save(&shut, true));
}

static void room_for_memory(void **state)
{
	static const struct {
		struct savedguest_place place;
		uint64_t memory_mib;
		const char *why; /* NULL: it fits */
	} cases[] = {
		/* 16 MiB besides, and a margin of 64 */
		{{.size_bytes = NUM_GIB, .free_bytes = 208 * NUM_MIB}, 128, NULL},
		{{.size_bytes = NUM_GIB, .free_bytes = 207 * NUM_MIB}, 128,
			"no room for its memory: the file system of saved guests has 207 MiB free, "
			"208 MiB would be enough"},
		/* a twentieth of a larger file system, a 64th of a larger guest */
		{{.size_bytes = 20 * NUM_GIB, .free_bytes = 3 * NUM_GIB + 32 * NUM_MIB}, 2048,
			NULL},
		{{.size_bytes = 20 * NUM_GIB, .free_bytes = 3 * NUM_GIB + 31 * NUM_MIB}, 2048,
			"no room for its memory: the file system of saved guests has 3103 MiB "
			"free, 3104 MiB would be enough"},
		{{.size_bytes = NUM_GIB,
			 .free_bytes = NUM_GIB,
			 .has_pool = true,
			 .pool_free_bytes = 100 * NUM_MIB},
			128,
			"no room for its memory: its pool has 100 MiB free, 208 MiB would be "
			"enough"},
		{{.size_bytes = NUM_GIB, .free_bytes = NUM_GIB, .is_in_memory = true}, 128,
			"no place for its memory: what is saved on this system is gone with it"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = ERR_INIT;
		int rc =
			savedguest_check_room(&cases[i].place, cases[i].memory_mib * NUM_MIB, &err);

		assert_int_equal(rc, cases[i].why ? -1 : 0);
		if (cases[i].why)
			assert_string_equal(err.text, cases[i].why);
	}
}

/* What statfs(2) says of the library, which comes before the state. */
static void the_place(void **state)
{
	const char *root = *state;
	struct savedguest_place place = {.size_bytes = 0};

	assert_string_equal(savedguest_dir(root), SAVEDGUEST_STATE);
	assert_int_equal(file_make_dirs(root, "/srv/domus/lost+found", 0700, NULL), 0);
	assert_string_equal(savedguest_dir(root), SAVEDGUEST_LIBRARY);
	assert_int_equal(savedguest_look(root, &place, NULL), 0);
	assert_true(file_exists(root, SAVEDGUEST_LIBRARY));
	assert_true(place.size_bytes >= place.free_bytes && place.free_bytes > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(the_order_of_starts),
		SCRATCH_TEST(what_the_host_saved_goes_on),
		SCRATCH_TEST(half_a_file_is_none),
		cmocka_unit_test(turns),
		SCRATCH_TEST(room_for_memory),
		SCRATCH_TEST(the_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
