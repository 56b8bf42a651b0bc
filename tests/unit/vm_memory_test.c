/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources: vmwizard/memplan.c vmwizard/memmove.c vmwizard/tune.c vmwizard/act.c vmwizard/list_data.c vmwizard/paths.c vmwizard/spec.c vmwizard/device.c vmwizard/guestread.c vmwizard/planbuild.c vmwizard/guestcfg.c vmwizard/hostdata.c vmwizard/profile.c vmwizard/defaults.c vmwizard/migrate/offer.c vmwizard/migrate/protocol.c vmwizard/migrate/record.c */
/* libs: -lxlutil -lxenstore */
/*
 * Memory between guests: the plan, and the plan carried out. There is no hypervisor: guests give
 * and take a little with each look at them, never more than is free, and some are stubborn.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "file.h"
#include "mem.h"
#include "num.h"
#include "tests/unit/scratch.h"
#include "vmwizard/act.h"
#include "vmwizard/command.h"

#define MIB ((uint64_t)1024) /* in KiB */

/* ---- the hypervisor */

struct guest {
	const char *name;
	uint64_t now_kib, max_kib, target_kib;
	uint64_t keeps_kib; /* gives no more than down to this */
	uint64_t video_kib;
	bool is_old; /* its driver does not count the screen's memory once more */
	bool is_off;
	enum vm_state state;
	bool dies; /* when it is asked */
};

struct vm_xen {
	struct guest guests[4];
	size_t count;
	uint64_t total_kib;
	struct str log; /* commands, each with what was free then */
};

static struct vm_xen *the_xen;

static uint64_t free_of(const struct vm_xen *xen)
{
	uint64_t used = 400 * MIB;
	for (size_t i = 0; i < xen->count; i++)
		used += xen->guests[i].is_off ? 0 : xen->guests[i].now_kib;
	assert_true(used <= xen->total_kib);
	return xen->total_kib - used;
}

/* 100 MiB nearer, as far as it will and can. */
static void go_on(struct vm_xen *xen, struct guest *g)
{
	uint64_t most = 100 * MIB, room = free_of(xen);
	uint64_t goal = g->target_kib > g->keeps_kib ? g->target_kib : g->keeps_kib;
	if (g->is_off || g->state != VM_STATE_RUNNING)
		return;
	if (g->now_kib > goal)
		g->now_kib -= g->now_kib - goal < most ? g->now_kib - goal : most;
	else if (g->now_kib < g->target_kib) {
		uint64_t step = g->target_kib - g->now_kib;
		step = step < most ? step : most;
		g->now_kib += step < room ? step : room;
	}
}

static void add(struct vm_list *list, const char *name, uint32_t domid)
{
	list->items = xreallocarray(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = (struct vm_domain){.name = xstrdup(name),
		.uuid = xstrdup(""),
		.method = xstrdup("pv"),
		.os = xstrdup(""),
		.why_off = xstrdup(""),
		.domid = domid};
}

static void list_of(struct vm_xen *xen, struct vm_list *ret_list)
{
	*ret_list = (struct vm_list)VM_LIST_INIT;
	ret_list->total_kib = xen->total_kib;
	ret_list->free_kib = free_of(xen);
	add(ret_list, "Domain-0", 0);
	ret_list->items[0].memory_kib = ret_list->items[0].max_memory_kib = 360 * MIB;
	ret_list->items[0].state = VM_STATE_RUNNING;
	for (size_t i = 0; i < xen->count; i++) {
		const struct guest *g = &xen->guests[i];
		add(ret_list, g->name, g->is_off ? VM_NO_DOMID : (uint32_t)i + 1);
		struct vm_domain *d = &ret_list->items[ret_list->count - 1];
		d->state = g->is_off ? VM_STATE_OFF : g->state;
		d->memory_kib = g->now_kib;
		d->max_memory_kib = g->max_kib;
		d->video_kib = g->video_kib;
		d->vcpus = d->max_vcpus = 2;
	}
}

int vm_list_read(struct vm_xen *xen, const char *root, const struct vm_list *before,
	struct vm_list *ret_list, struct err *err)
{
	(void)root;
	(void)before;
	(void)err;
	list_of(xen, ret_list);
	return 0;
}

int vm_list_running(struct vm_xen *xen, struct vm_list *ret_list, struct err *err)
{
	(void)err;
	for (size_t i = 0; i < xen->count; i++)
		go_on(xen, &xen->guests[i]);
	list_of(xen, ret_list);
	for (size_t i = 0; i < ret_list->count; i++)
		if (ret_list->items[i].domid == VM_NO_DOMID) {
			free(ret_list->items[i].name);
			ret_list->items[i].name = xstrdup("(off)");
		}
	return 0;
}

int command_run(const struct strlist *argv, unsigned timeout_ms, struct err *err)
{
	CLEANUP(mem_free_string) char *line = strlist_join(argv);
	struct vm_xen *xen = the_xen;
	(void)timeout_ms;
	(void)err;
	str_add(&xen->log, "%s (%" PRIu64 " free)\n", line, free_of(xen) / 1024);
	for (size_t i = 0; i < xen->count && strcmp(argv->items[1], "mem-set") == 0; i++)
		if (strcmp(xen->guests[i].name, argv->items[2]) == 0) {
			xen->guests[i].target_kib =
				strtoull(argv->items[3], NULL, 10) * MIB -
				(xen->guests[i].is_old ? 0 : xen->guests[i].video_kib);
			xen->guests[i].is_off = xen->guests[i].dies;
		}
	return 0;
}

/* The deck's machine: 1 GB + 512 MB + 512 MB beside Xen and dom0. */
static struct vm_xen deck(void)
{
	struct vm_xen xen = {.count = 3,
		.total_kib = 2560 * MIB,
		.guests = {{.name = "alpha", .now_kib = 1024 * MIB, .max_kib = 1024 * MIB},
			{.name = "beta", .now_kib = 512 * MIB, .max_kib = 1024 * MIB},
			{.name = "gamma", .now_kib = 512 * MIB, .max_kib = 512 * MIB}}};
	for (size_t i = 0; i < xen.count; i++) {
		xen.guests[i].target_kib = xen.guests[i].now_kib;
		xen.guests[i].state = VM_STATE_RUNNING;
	}
	return xen;
}

/* ---- the plan */

static void plan_text(const struct memplan *plan, struct str *text)
{
	for (size_t i = 0; i < plan->count; i++)
		str_add(text, "%s%s %" PRIu64 ">%" PRIu64, i ? ", " : "", plan->steps[i].name,
			plan->steps[i].from_kib / 1024, plan->steps[i].to_kib / 1024);
	str_add(text, "; free %" PRIu64 ">%" PRIu64, plan->free_kib / 1024,
		plan->free_after_kib / 1024);
}

/* "alpha=512 beta=1024" */
static size_t wishes_of(char *text, struct memplan_wish wishes[8])
{
	size_t count = 0;
	char *rest = NULL;
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		char *equals = strchr(word, '=');
		*equals = '\0';
		wishes[count].name = word;
		wishes[count++].kib = strtoull(equals + 1, NULL, 10) * MIB;
	}
	return count;
}

static int build(
	struct vm_xen *xen, const char *words, struct memplan *ret_plan, struct problems *problems)
{
	CLEANUP(mem_free_string) char *text = xstrdup(words);
	struct memplan_wish wishes[8];
	struct vm_list list;
	size_t count = wishes_of(text, wishes);
	list_of(xen, &list);
	int rc = memplan_build(&list, wishes, count, ret_plan, problems);
	vm_list_dispose(&list);
	return rc;
}

static void plans(void **state)
{
	static const struct {
		const char *wishes, *plan;
	} cases[] = {
		{"beta=1024 alpha=512", "alpha 1024>512, beta 512>1024; free 112>112"},
		{"beta=600", "beta 512>600; free 112>24"},
		{"gamma=256", "gamma 512>256; free 112>368"},
		/* What it has already, as exactly as balloon drivers count. */
		{"gamma=512 beta=515", "; free 112>112"},
		{"beta=800 gamma=300 alpha=900",
			"gamma 512>300, alpha 1024>900, beta 512>800; free 112>160"},
	};
	struct vm_xen xen = deck();
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
		CLEANUP(str_dispose) struct str text = STR_INIT;
		struct memplan plan;
		assert_int_equal(build(&xen, cases[i].wishes, &plan, &problems), 0);
		plan_text(&plan, &text);
		assert_string_equal(str_text(&text), cases[i].plan);
		memplan_dispose(&plan);
	}
}

/* All that speaks against it at once, with the figures. */
static void refusals(void **state)
{
	static const struct {
		const char *wishes, *why;
	} cases[] = {
		{"beta=800",
			"288 MiB more are wanted and 0 MiB given: 112 MiB are free, of which 8 MiB "
			"stay for Xen itself; 184 MiB are missing"},
		{"beta=617",
			"105 MiB more are wanted and 0 MiB given: 112 MiB are free, of which 8 MiB "
			"stay for Xen itself; 1 MiB are missing"},
		{"beta=1000 alpha=900",
			"488 MiB more are wanted and 124 MiB given: 112 MiB are free, of "
			"which 8 MiB stay for Xen itself; 260 MiB are missing"},
		{"alpha=1025",
			"alpha may have at most 1024 MiB (its max-memory), not 1025 MiB; that "
			"is fixed until it is off"},
		{"alpha=31", "alpha must keep 32 MiB, not 31 MiB"},
		{"none=64", "there is no guest \"none\""},
		{"1=64", "there is no guest \"1\""},
		{"beta=600 beta=700", "beta is named twice"},
		{"Domain-0=300", "Domain-0: the host's own share counts from its next start: "
				 "domus-host boot memory SIZE"},
	};
	struct vm_xen xen = deck();
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
		struct memplan plan;
		assert_int_equal(build(&xen, cases[i].wishes, &plan, &problems), -1);
		assert_int_equal(problems.count, 1);
		assert_string_equal(problems.items[0].text, cases[i].why);
	}
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	struct memplan plan;
	xen.guests[1].state = VM_STATE_PAUSED;
	xen.guests[2].is_off = true;
	assert_int_equal(build(&xen, "alpha=2000 beta=64 gamma=64", &plan, &problems), -1);
	assert_int_equal(problems.count, 3);
	assert_string_equal(
		problems.items[1].text, "beta: it is paused: it could neither give nor take");
	assert_string_equal(problems.items[2].text, "gamma: it does not run");
}

/* ---- the plan carried out */

static int carry_out(struct vm_xen *xen, const char *wishes, struct memplan *ret_plan, bool is_dry,
	struct err *err)
{
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	const struct vm_action a = {
		.root = "/nonexistent", .xen = xen, .timeout_s = 1, .is_dry = is_dry};
	the_xen = xen;
	assert_int_equal(build(xen, wishes, ret_plan, &problems), 0);
	return vm_move_memory(&a, ret_plan, err);
}

static void the_decks_example(void **state)
{
	struct vm_xen xen = deck();
	struct memplan plan;
	struct err err = ERR_INIT;
	(void)state;
	const struct vm_action a = {.root = "/nonexistent", .xen = &xen, .timeout_s = 5};
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	the_xen = &xen;
	assert_int_equal(build(&xen, "alpha=512 beta=1024 gamma=512", &plan, &problems), 0);
	assert_int_equal(vm_move_memory(&a, &plan, &err), 0);
	/* When beta is asked, alpha has given all. */
	assert_string_equal(str_text(&xen.log),
		"xl mem-set alpha 512m (112 free)\nxl mem-set beta 1024m (624 free)\n");
	assert_int_equal(xen.guests[0].now_kib, 512 * MIB);
	assert_int_equal(xen.guests[1].now_kib, 1024 * MIB);
	assert_int_equal(xen.guests[2].now_kib, 512 * MIB);
	assert_int_equal(plan.steps[0].reached_kib, 512 * MIB);
	assert_int_equal(plan.steps[1].reached_kib, 1024 * MIB);
	memplan_dispose(&plan);
	str_dispose(&xen.log);
}

/* Nobody takes, what was given is given back, and the figure that was reached is said. */
static void giver_that_keeps(void **state)
{
	struct vm_xen xen = deck();
	struct memplan plan;
	struct err err = ERR_INIT;
	(void)state;
	xen.guests[0].keeps_kib = 800 * MIB;
	assert_int_equal(carry_out(&xen, "beta=1024 alpha=512", &plan, false, &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_string_equal(err.text,
		"guest alpha was asked for 512 MiB and has 800 MiB: it has no balloon driver, or no "
		"memory to give. Taken back: alpha has 1024 MiB again");
	assert_null(strstr(str_text(&xen.log), "beta"));
	assert_int_equal(xen.guests[0].target_kib, 1024 * MIB);
	assert_int_equal(xen.guests[0].now_kib, 1024 * MIB);
	memplan_dispose(&plan);
	str_dispose(&xen.log);
}

/* The second giver keeps: the first gets its own back. */
static void second_giver_that_keeps(void **state)
{
	struct vm_xen xen = deck();
	struct memplan plan;
	struct err err = ERR_INIT;
	(void)state;
	xen.guests[2].keeps_kib = 500 * MIB;
	assert_int_equal(carry_out(&xen, "alpha=900 gamma=300 beta=800", &plan, false, &err), -1);
	assert_non_null(strstr(
		err.text, ". Taken back: gamma has 512 MiB again, alpha has 1024 MiB again"));
	assert_int_equal(xen.guests[0].now_kib, 1024 * MIB);
	assert_int_equal(xen.guests[1].now_kib, 512 * MIB);
	memplan_dispose(&plan);
	str_dispose(&xen.log);
}

/* A taker without a balloon driver: everybody has again what was had before. */
static void taker_that_cannot(void **state)
{
	struct vm_xen xen = deck();
	struct memplan plan;
	struct err err = ERR_INIT;
	(void)state;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	const struct vm_action a = {.root = "/nonexistent", .xen = &xen, .timeout_s = 2};
	the_xen = &xen;
	assert_int_equal(build(&xen, "alpha=512 beta=1024", &plan, &problems), 0);
	xen.guests[1].state = VM_STATE_PAUSED;
	assert_int_equal(vm_move_memory(&a, &plan, &err), -1);
	assert_non_null(strstr(err.text, "guest beta was asked for 1024 MiB and has 512 MiB"));
	assert_non_null(strstr(err.text, "beta has 512 MiB again, alpha has 1024 MiB again"));
	assert_int_equal(xen.guests[1].target_kib, 512 * MIB);
	memplan_dispose(&plan);
	str_dispose(&xen.log);
}

/* It ended on the way, or before it was asked: nothing is written for its next start. */
static void guest_that_ends(void **state)
{
	struct vm_xen xen = deck();
	struct memplan plan;
	struct err err = ERR_INIT;
	const char *dir = *state;
	CLEANUP(problems_dispose) struct problems problems = PROBLEMS_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	const struct vm_action a = {.root = dir, .xen = &xen, .timeout_s = 1};
	the_xen = &xen;
	assert_int_equal(file_make_dirs(dir, "/etc/xen", 0755, &err), 0);
	assert_int_equal(file_write(dir, "/etc/xen/beta.cfg", "memory = 512\n", 13, 0600, &err), 0);
	assert_int_equal(build(&xen, "beta=600", &plan, &problems), 0);
	xen.guests[1].is_off = true;
	assert_int_equal(vm_move_memory(&a, &plan, &err), -1);
	assert_string_equal(err.text, "guest beta ended meanwhile");
	assert_int_equal(xen.log.len, 0);
	xen.guests[1].is_off = false;
	xen.guests[1].dies = true;
	assert_int_equal(vm_move_memory(&a, &plan, &err), -1);
	assert_string_equal(err.text, "guest beta ended meanwhile");
	assert_int_equal(file_read(dir, "/etc/xen/beta.cfg", 99, &text, &err), 0);
	assert_string_equal(str_text(&text), "memory = 512\n");
	memplan_dispose(&plan);
	str_dispose(&xen.log);
}

static void dry_run(void **state)
{
	struct vm_xen xen = deck();
	struct memplan plan;
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(carry_out(&xen, "alpha=512 beta=1024", &plan, true, &err), 0);
	assert_int_equal(xen.log.len, 0);
	assert_int_equal(plan.steps[0].reached_kib, 0);
	memplan_dispose(&plan);
}

/* One guest alone is held to the same figures. */
static void set_memory_knows_what_is_free(void **state)
{
	struct vm_xen xen = deck();
	struct err err = ERR_INIT;
	const struct vm_action a = {.root = *state, .xen = &xen, .name = "beta", .timeout_s = 1};
	int64_t now = 0;
	the_xen = &xen;
	assert_int_equal(vm_set_memory(&a, 900, &now, &err), -1);
	assert_int_equal(err.code, ERR_RANGE);
	assert_non_null(strstr(err.text, "guest beta: 388 MiB more are wanted"));
	assert_int_equal(xen.log.len, 0);
	assert_int_equal(vm_set_memory(&a, 8, &now, &err), -1);
	assert_non_null(strstr(err.text, "guest beta must keep 32 MiB"));
	xen.guests[1].state = VM_STATE_PAUSED;
	assert_int_equal(vm_set_memory(&a, 600, &now, &err), -1);
	assert_string_equal(err.text, "guest beta is paused: it could neither give nor take");
	assert_int_equal(xen.log.len, 0);
	xen.guests[1].state = VM_STATE_RUNNING;
	assert_int_equal(vm_set_memory(&a, 600, &now, &err), 0);
	assert_int_equal(now, 600);
	str_dispose(&xen.log);
}

/* An HVM guest has what was asked for, whatever its driver makes of its screen's memory. */
static void screen_of_hvm(void **state)
{
	static const struct {
		int64_t from, to;
		const char *log;
		bool is_old;
	} cases[] = {
		{1024, 512, "xl mem-set alpha 528m (112 free)\n", false},
		{512, 1000, "xl mem-set alpha 1016m (624 free)\n", false},
		{1024, 1024, "", false},
		{1024, 512, "xl mem-set alpha 528m (112 free)\nxl mem-set alpha 512m (608 free)\n",
			true},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vm_xen xen = deck();
		struct err err = ERR_INIT;
		const struct vm_action a = {
			.root = "/nonexistent", .xen = &xen, .name = "alpha", .timeout_s = 60};
		int64_t now = 0;
		the_xen = &xen;
		xen.guests[0].now_kib = (uint64_t)cases[i].from * MIB;
		xen.guests[0].video_kib = 16 * MIB;
		xen.guests[0].is_old = cases[i].is_old;
		assert_int_equal(vm_set_memory(&a, cases[i].to, &now, &err), 0);
		assert_int_equal(now, cases[i].to);
		assert_int_equal(xen.guests[0].now_kib / MIB, cases[i].to);
		assert_string_equal(str_text(&xen.log), cases[i].log);
		str_dispose(&xen.log);
	}
}

/* Its maximum it has again after its next start. */
static void screen_at_the_maximum(void **state)
{
	struct vm_xen xen = deck();
	struct err err = ERR_INIT;
	const struct vm_action a = {
		.root = "/nonexistent", .xen = &xen, .name = "alpha", .timeout_s = 2};
	int64_t now = 0;
	(void)state;
	the_xen = &xen;
	xen.guests[0].now_kib = 512 * MIB;
	xen.guests[0].video_kib = 16 * MIB;
	assert_int_equal(vm_set_memory(&a, 1024, &now, &err), -1);
	assert_string_equal(err.text,
		"guest alpha was asked for 1024 MiB and has 1008 MiB: the 16 MiB "
		"of its screen it has again after its next start");
	assert_string_equal(str_text(&xen.log), "xl mem-set alpha 1024m (624 free)\n");
	str_dispose(&xen.log);
}

/* Off: what it has next, and a maximum of its own that is not in its way. */
static void of_one_that_is_off(void **state)
{
	static const struct {
		const char *before, *after;
		int64_t mib;
	} cases[] = {
		{"memory = 512\n", "memory = 256\n", 256},
		{"memory = 512\n", "memory = 2048\n", 2048},
		{"memory = 512\nmaxmem = 1024\n", "memory = 256\nmaxmem = 1024\n", 256},
		{"memory = 512\nmaxmem = 1024\n", "memory = 2048\nmaxmem = 2048\n", 2048},
	};
	char *dir = *state;
	assert_int_equal(file_make_dirs(dir, "/etc/xen", 0755, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vm_xen xen = deck();
		struct err err = ERR_INIT;
		CLEANUP(str_dispose) struct str text = STR_INIT;
		const struct vm_action a = {.root = dir, .xen = &xen, .name = "beta"};
		int64_t now = 0;
		the_xen = &xen;
		xen.guests[1].is_off = true;
		assert_int_equal(file_write(dir, "/etc/xen/beta.cfg", cases[i].before,
					 strlen(cases[i].before), 0600, &err),
			0);
		assert_int_equal(vm_set_memory(&a, cases[i].mib, &now, &err), 0);
		assert_int_equal(file_read(dir, "/etc/xen/beta.cfg", 99, &text, &err), 0);
		assert_string_equal(str_text(&text), cases[i].after);
		assert_int_equal(xen.log.len, 0);
		str_dispose(&xen.log);
	}
}

/* The maximum does not shrink with what is kept; what is written by hand stays. */
static void kept_for_later(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{"# mine\nmemory = 1024\nvcpus = 4\n",
			"# mine\nmemory = 512\nvcpus = 2\nmaxmem = 1024\nmaxvcpus = 4\n"},
		{"memory = 256\nvcpus = 1\n", "memory = 512\nvcpus = 2\n"},
		{"memory = 768\nmaxmem = 2048\nvcpus = 3\nmaxvcpus = 8\n",
			"memory = 512\nmaxmem = 2048\nvcpus = 2\nmaxvcpus = 8\n"},
	};
	const char *dir = *state;
	const struct vm_action a = {.root = dir, .name = "web"};
	struct err err = ERR_INIT;
	assert_int_equal(file_make_dirs(dir, "/etc/xen", 0755, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		assert_int_equal(file_write(dir, "/etc/xen/web.cfg", cases[i].before,
					 strlen(cases[i].before), 0600, &err),
			0);
		assert_int_equal(vm_keep_memory(&a, 512, &err), 0);
		assert_int_equal(vm_keep_vcpus(&a, 2, &err), 0);
		assert_int_equal(file_read(dir, "/etc/xen/web.cfg", 999, &text, &err), 0);
		assert_string_equal(str_text(&text), cases[i].after);
	}
}

/* The demo system as PVH does not come up with less than its maximum: its file stays as it is. */
static void not_kept_without_balloon(void **state)
{
	static const struct {
		const char *cfg;
		int rc;
	} cases[] = {
		{"# domus.os = demo\ntype = \"pvh\"\nmemory = 1024\n", -1},
		{"# domus.os = demo\ntype = \"pvh\"\nmemory = 512\nmaxmem = 512\n", 0},
		{"# domus.os = demo\ntype = \"pv\"\nmemory = 1024\n", 0},
		{"# domus.os = other\ntype = \"pvh\"\nmemory = 1024\n", 0},
	};
	const char *dir = *state;
	const struct vm_action a = {.root = dir, .name = "web"};
	CLEANUP(str_dispose) struct str profile = STR_INIT;
	struct err err = ERR_INIT;
	assert_int_equal(file_read(".", "/configs/os/demo.conf", 65536, &profile, &err), 0);
	assert_int_equal(file_make_dirs(dir, "/usr/share/domus/os", 0755, &err), 0);
	assert_int_equal(file_write(dir, "/usr/share/domus/os/demo.conf", profile.data, profile.len,
				 0644, &err),
		0);
	assert_int_equal(file_make_dirs(dir, "/etc/xen", 0755, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_dispose) struct str text = STR_INIT;
		assert_int_equal(file_write(dir, "/etc/xen/web.cfg", cases[i].cfg,
					 strlen(cases[i].cfg), 0600, &err),
			0);
		assert_int_equal(vm_keep_memory(&a, 512, &err), cases[i].rc);
		assert_int_equal(file_read(dir, "/etc/xen/web.cfg", 999, &text, &err), 0);
		if (cases[i].rc < 0)
			assert_string_equal(str_text(&text), cases[i].cfg);
	}
	assert_non_null(strstr(err.text, "not kept for later starts"));
}

static void pinned_hard_and_soft(void **state)
{
	struct vm_xen xen = deck();
	struct err err = ERR_INIT;
	CLEANUP(str_dispose) struct str text = STR_INIT;
	const struct vm_action a = {.root = *state, .xen = &xen, .name = "beta"};
	the_xen = &xen;
	assert_int_equal(file_make_dirs(*state, "/etc/xen", 0755, &err), 0);
	assert_int_equal(
		file_write(*state, "/etc/xen/beta.cfg", "memory = 512\n", 13, 0600, &err), 0);
	assert_int_equal(vm_pin(&a, "0-1", "1", &err), 0);
	assert_int_equal(file_read(*state, "/etc/xen/beta.cfg", 99, &text, &err), 0);
	assert_string_equal(str_text(&text), "memory = 512\ncpus = \"0-1\"\ncpus_soft = \"1\"\n");
	assert_int_equal(vm_pin(&a, "all", NULL, &err), 0);
	assert_int_equal(vm_pin(&a, "", "all", &err), 0);
	assert_int_equal(vm_pin(&a, "0", "x", &err), -1);
	assert_string_equal(str_text(&xen.log),
		"xl vcpu-pin beta all 0-1 1 (112 free)\nxl vcpu-pin beta all all (112 free)\n"
		"xl vcpu-pin beta all all all (112 free)\n");
	str_dispose(&text);
	text = (struct str)STR_INIT;
	assert_int_equal(file_read(*state, "/etc/xen/beta.cfg", 99, &text, &err), 0);
	assert_string_equal(str_text(&text), "memory = 512\n");
	str_dispose(&xen.log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans),
		cmocka_unit_test(refusals),
		cmocka_unit_test(the_decks_example),
		cmocka_unit_test(giver_that_keeps),
		cmocka_unit_test(second_giver_that_keeps),
		cmocka_unit_test(taker_that_cannot),
		SCRATCH_TEST(guest_that_ends),
		cmocka_unit_test(dry_run),
		SCRATCH_TEST(set_memory_knows_what_is_free),
		cmocka_unit_test(screen_of_hvm),
		cmocka_unit_test(screen_at_the_maximum),
		SCRATCH_TEST(of_one_that_is_off),
		SCRATCH_TEST(kept_for_later),
		SCRATCH_TEST(not_kept_without_balloon),
		SCRATCH_TEST(pinned_hard_and_soft),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
