/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources: vmwizard/migrate/protocol.c */
/*
 * Never two: the two machines of a migration in a small world (two hosts, their disks, two
 * connections), in which every step may fail, every message be lost, every process be killed and
 * each host lose its power, at every moment and in every order. All states that can be reached
 * with FAULTS_MAX such events are visited; what must hold is asked in each of them, and from each
 * the world is left in peace, and must then come to rest with one guest in one place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "attrs.h"
#include "mem.h"
#include "vmwizard/migrate/protocol.h"

enum { FAULTS_MAX = 4, QUEUE = 4 };
/* The memory, on its way between two messages. */
enum { DATA = MIG_MESSAGES };

enum dom { DOM_NONE, DOM_RUNNING, DOM_SUSPENDED, DOM_PAUSED };
enum who { NOBODY, SOURCE, RECEIVER, ASKED };

struct queue {
	uint8_t items[QUEUE];
	uint8_t count;
};

struct process {
	bool lives;
	bool is_online; /* has a connection, as far as it knows */
	struct mig_machine machine;
};

/* Compared byte by byte: made from zeros, never copied member by member. */
struct world {
	uint8_t faults;
	/* the source */
	uint8_t s_record, s_dom;
	bool s_def, s_tomb, s_lost_power, has_begun;
	struct process source;
	/* the target */
	uint8_t t_record, t_dom, t_lock;
	bool t_def, t_has_run, t_lost_power, was_copied;
	struct process receiver;
	struct process asked; /* what answers a question, or takes up after a crash */
	uint8_t answer;       /* of asked, on its way; MIG_MESSAGES: none */
	bool has_asked;
	bool is_cut; /* the connection of the migration: what is under way may still arrive */
	struct queue to_target, to_source;
};

static const struct mig_event done = {.happened = MIG_DONE};
static const struct mig_event failed = {.happened = MIG_FAILED};

static struct mig_event got(uint8_t message)
{
	return (struct mig_event){.happened = MIG_GOT, .message = (enum mig_message)message};
}

static void push(struct queue *q, uint8_t item)
{
	assert_true(q->count < QUEUE);
	q->items[q->count++] = item;
}

static uint8_t pull(struct queue *q)
{
	uint8_t item = q->items[0];
	memmove(q->items, q->items + 1, QUEUE - 1);
	q->items[QUEUE - 1] = 0;
	q->count--;
	return item;
}

static void drop_last(struct queue *q)
{
	q->items[--q->count] = 0;
}

static bool end_process(struct process *p)
{
	memset(p, 0, sizeof(*p));
	return true;
}

static void unlock(struct world *w, uint8_t who)
{
	if (w->t_lock == who)
		w->t_lock = NOBODY;
}

/* ---- the source's steps; false: it can only wait */

/* CLOSE on a connection of its own, or on none. */
static void close_elsewhere(struct world *w)
{
	if (w->t_lock == NOBODY && w->t_record == MIG_RUNNING)
		w->t_record = MIG_NONE;
}

static bool source_send(struct world *w, enum mig_message message)
{
	struct process *p = &w->source;
	bool goes = p->is_online && !w->is_cut;
	if (goes)
		push(&w->to_target, (uint8_t)message);
	else if (message == MIG_CLOSE)
		close_elsewhere(w);
	mig_tell(&p->machine, goes || message == MIG_CLOSE ? done : failed);
	return true;
}

static bool source_wait(struct world *w)
{
	if (!w->source.is_online || w->to_source.count == 0)
		return false;
	mig_tell(&w->source.machine, got(pull(&w->to_source)));
	return true;
}

/* Asks; or takes the answer. */
static bool source_question(struct world *w)
{
	if (!w->has_asked) {
		if (w->asked.lives)
			return false;
		w->has_asked = true;
		w->answer = MIG_MESSAGES;
		w->asked.lives = w->asked.is_online = true;
		w->asked.machine.state = UINT8_MAX; /* has no lock yet */
		return true;
	}
	if (w->answer == MIG_MESSAGES)
		return false;
	w->has_asked = false;
	mig_tell(&w->source.machine, got(w->answer));
	w->answer = MIG_MESSAGES;
	return true;
}

static bool source_stream(struct world *w)
{
	bool goes = w->source.is_online && !w->is_cut;
	if (w->s_dom == DOM_RUNNING && goes) {
		w->s_dom = DOM_SUSPENDED;
		push(&w->to_target, DATA);
		mig_tell(&w->source.machine, done);
	} else {
		mig_tell(&w->source.machine, failed);
	}
	return true;
}

static bool source_end(struct world *w, enum mig_end end)
{
	switch (end) {
	case MIG_END_HERE:
		assert_true(w->s_def && !w->s_tomb && w->s_record == MIG_NONE);
		break;
	case MIG_END_THERE:
		assert_true(!w->s_def && w->s_tomb && w->s_dom == DOM_NONE);
		break;
	case MIG_END_UNDECIDED:
		/* THERE: it was written, and said not to be. */
		assert_true(w->s_record == MIG_PERMITTED || w->s_record == MIG_THERE);
		break;
	case MIG_END_NOTHING:
	case MIG_END_STUCK:
		break;
	case MIG_END_STARTED:
	case MIG_END_REFUSED:
		fail();
	}
	w->has_asked = false;
	w->asked.is_online = false;
	return end_process(&w->source);
}

static bool source_step(struct world *w)
{
	struct process *p = &w->source;
	struct mig_step step = mig_step(&p->machine);
	switch (step.what) {
	case MIG_DO_WRITE:
		w->s_record = (uint8_t)step.record;
		break;
	case MIG_DO_FORGET:
		w->s_record = MIG_NONE;
		break;
	case MIG_DO_SEND:
		return source_send(w, step.message);
	case MIG_DO_WAIT:
		return source_wait(w);
	case MIG_DO_QUESTION:
		return source_question(w);
	case MIG_DO_STREAM:
		return source_stream(w);
	case MIG_DO_TAKE_AWAY:
		w->s_def = false;
		break;
	case MIG_DO_PUT_BACK:
		w->s_def = true;
		break;
	case MIG_DO_RESUME:
		if (w->s_dom == DOM_SUSPENDED)
			w->s_dom = DOM_RUNNING;
		break;
	case MIG_DO_DESTROY:
		assert_int_not_equal(w->s_dom, DOM_RUNNING);
		w->s_dom = DOM_NONE;
		break;
	case MIG_DO_BURY:
		assert_false(w->s_def);
		w->s_tomb = true;
		break;
	case MIG_DO_END:
		return source_end(w, step.end);
	case MIG_DO_CHECK:
	case MIG_DO_RESTORE:
	case MIG_DO_GRANT:
	case MIG_DO_START:
	case MIG_DO_PLACE:
		fail();
	}
	mig_tell(&p->machine, done);
	return true;
}

/* ---- the target's */

static bool target_send(struct world *w, struct process *p, uint8_t who, enum mig_message message)
{
	bool goes = p->is_online && !(who == RECEIVER && w->is_cut);
	/* Nothing that is said is taken back: no lock is needed any more. */
	unlock(w, who);
	if (goes && who == RECEIVER)
		push(&w->to_source, (uint8_t)message);
	else if (goes)
		w->answer = (uint8_t)message;
	mig_tell(&p->machine, goes ? done : failed);
	return true;
}

static bool target_wait(struct world *w, struct process *p, uint8_t who)
{
	if (who == ASKED) {
		mig_tell(&p->machine, failed);
		return true;
	}
	if (!p->is_online || w->to_target.count == 0)
		return false;
	uint8_t item = pull(&w->to_target);
	mig_tell(&p->machine, item == DATA ? failed : got(item));
	return true;
}

static bool target_restore(struct world *w, struct process *p)
{
	if (!p->is_online || w->to_target.count == 0)
		return false;
	bool is_whole = pull(&w->to_target) == DATA;
	if (is_whole) {
		w->t_dom = DOM_PAUSED;
		w->was_copied = true;
	}
	mig_tell(&p->machine, is_whole ? done : failed);
	return true;
}

static bool target_grant(struct world *w, struct process *p)
{
	if (w->t_lock != NOBODY)
		return false;
	bool may = w->t_record == MIG_OPEN && w->t_dom == DOM_PAUSED;
	if (may) {
		w->t_lock = RECEIVER;
		w->t_record = MIG_GRANTED;
	}
	mig_tell(&p->machine, may ? done : failed);
	return true;
}

static bool target_end(struct world *w, struct process *p, uint8_t who, enum mig_end end)
{
	if (end == MIG_END_STARTED)
		assert_true(w->t_def);
	if (end == MIG_END_REFUSED && who == RECEIVER)
		assert_false(w->t_def);
	unlock(w, who);
	return end_process(p);
}

static bool target_step(struct world *w, struct process *p, uint8_t who)
{
	/* A question begins with the lock, and what the record says then. */
	if (p->machine.state == UINT8_MAX) {
		if (w->t_lock != NOBODY)
			return false;
		w->t_lock = who;
		mig_target_begin(&p->machine, w->t_record, MIG_ASK);
		return true;
	}
	struct mig_step step = mig_step(&p->machine);
	switch (step.what) {
	case MIG_DO_WRITE:
		w->t_record = (uint8_t)step.record;
		break;
	case MIG_DO_FORGET:
		w->t_record = MIG_NONE;
		break;
	case MIG_DO_SEND:
		return target_send(w, p, who, step.message);
	case MIG_DO_WAIT:
		return target_wait(w, p, who);
	case MIG_DO_CHECK:
		break;
	case MIG_DO_RESTORE:
		return target_restore(w, p);
	case MIG_DO_GRANT:
		return target_grant(w, p);
	case MIG_DO_START:
		if (w->t_dom == DOM_PAUSED)
			w->t_dom = DOM_RUNNING;
		w->t_has_run = true; /* or may have, before the power went */
		break;
	case MIG_DO_PLACE:
		w->t_def = true;
		break;
	case MIG_DO_DESTROY:
		assert_int_not_equal(w->t_dom, DOM_RUNNING);
		w->t_dom = DOM_NONE;
		break;
	case MIG_DO_END:
		return target_end(w, p, who, step.end);
	case MIG_DO_QUESTION:
	case MIG_DO_STREAM:
	case MIG_DO_TAKE_AWAY:
	case MIG_DO_PUT_BACK:
	case MIG_DO_RESUME:
	case MIG_DO_BURY:
		fail();
	}
	mig_tell(&p->machine, done);
	return true;
}

/* ---- what may happen in the world */

static bool is_waiting(const struct process *p)
{
	enum mig_do what;
	if (!p->lives || p->machine.state == UINT8_MAX)
		return false;
	what = mig_step(&p->machine).what;
	return what == MIG_DO_WAIT || what == MIG_DO_RESTORE || what == MIG_DO_QUESTION;
}

/* The end of a connection is seen once nothing more can come. */
static bool source_sees_end(struct world *w)
{
	struct process *p = &w->source;
	if (!is_waiting(p))
		return false;
	if (mig_step(&p->machine).what == MIG_DO_QUESTION) {
		/* Nobody answers, at any moment. */
		w->has_asked = false;
		w->asked.is_online = false;
		w->answer = MIG_MESSAGES;
	} else if (!w->is_cut && (w->receiver.lives || w->to_source.count > 0)) {
		return false;
	}
	p->is_online = false;
	mig_tell(&p->machine, failed);
	return true;
}

static bool receiver_sees_end(struct world *w)
{
	struct process *p = &w->receiver;
	bool is_over = w->is_cut || !w->source.lives || !w->source.is_online;
	/* Even a cut connection gives out what had arrived before. */
	if (!is_waiting(p) || !is_over || w->to_target.count > 0)
		return false;
	p->is_online = false;
	mig_tell(&p->machine, failed);
	return true;
}

static bool begin_source(struct world *w)
{
	bool is_new = !w->has_begun;
	if (w->source.lives || (!is_new && w->s_record == MIG_NONE))
		return false;
	w->source.lives = true;
	w->source.is_online = is_new;
	w->has_begun = true;
	mig_source_begin(&w->source.machine, (enum mig_record)w->s_record, MIG_ASK_PEER);
	return true;
}

static bool begin_receiver(struct world *w)
{
	if (w->receiver.lives || w->to_target.count == 0 || w->to_target.items[0] != MIG_OFFER)
		return false;
	(void)pull(&w->to_target);
	w->receiver.lives = w->receiver.is_online = true;
	mig_target_begin(&w->receiver.machine, (enum mig_record)w->t_record, MIG_OFFER);
	return true;
}

/* The target takes up by itself what a killed receiver left. */
static bool begin_settling(struct world *w)
{
	bool is_left = w->t_record == MIG_OPEN || w->t_record == MIG_GRANTED;
	if (w->receiver.lives || w->asked.lives || !is_left)
		return false;
	w->asked.lives = true;
	w->asked.machine.state = UINT8_MAX;
	return true;
}

static bool kill_source(struct world *w)
{
	if (!w->source.lives)
		return false;
	w->has_asked = false;
	w->asked.is_online = false;
	w->answer = MIG_MESSAGES;
	return end_process(&w->source);
}

static bool kill_target(struct world *w, struct process *p, uint8_t who)
{
	if (!p->lives)
		return false;
	unlock(w, who);
	return end_process(p);
}

static bool fail_step(struct process *p)
{
	if (!p->lives || p->machine.state == UINT8_MAX)
		return false;
	switch (mig_step(&p->machine).what) {
	case MIG_DO_SEND:
	case MIG_DO_WAIT:
	case MIG_DO_QUESTION:
	case MIG_DO_GRANT:
	case MIG_DO_END:
		return false;
	case MIG_DO_WRITE:
	case MIG_DO_FORGET:
	case MIG_DO_STREAM:
	case MIG_DO_TAKE_AWAY:
	case MIG_DO_PUT_BACK:
	case MIG_DO_RESUME:
	case MIG_DO_DESTROY:
	case MIG_DO_BURY:
	case MIG_DO_CHECK:
	case MIG_DO_RESTORE:
	case MIG_DO_START:
	case MIG_DO_PLACE:
		break;
	}
	mig_tell(&p->machine, failed);
	return true;
}

/* A step that did its work, and yet reports failure: a rename that was not synced, for one. */
static bool fail_after(struct world *w)
{
	struct mig_machine before = w->source.machine;
	enum mig_do what;
	if (!w->source.lives)
		return false;
	what = mig_step(&before).what;
	bool can_send = what == MIG_DO_SEND && w->source.is_online && !w->is_cut;
	if (what != MIG_DO_WRITE && what != MIG_DO_STREAM && what != MIG_DO_TAKE_AWAY && !can_send)
		return false;
	(void)source_step(w);
	w->source.machine = before;
	mig_tell(&w->source.machine, failed);
	return true;
}

static bool cut(struct world *w)
{
	bool was = w->is_cut;
	w->is_cut = true;
	return !was && w->has_begun;
}

static bool power_of_source(struct world *w)
{
	(void)kill_source(w);
	w->s_dom = DOM_NONE;
	w->s_lost_power = true;
	w->is_cut = true;
	return true;
}

static bool power_of_target(struct world *w)
{
	(void)kill_target(w, &w->receiver, RECEIVER);
	(void)kill_target(w, &w->asked, ASKED);
	w->answer = MIG_MESSAGES;
	w->t_dom = DOM_NONE;
	w->t_lost_power = true;
	w->is_cut = true;
	memset(&w->to_target, 0, sizeof(w->to_target));
	return true;
}

enum event {
	/* what comes without anybody's fault, the likelier first */
	SOURCE_STEP,
	RECEIVER_STEP,
	ASKED_STEP,
	BEGIN_RECEIVER,
	SOURCE_SEES_END,
	RECEIVER_SEES_END,
	BEGIN_SOURCE,
	BEGIN_SETTLING,
	/* on a cut connection, what was under way is lost from its end */
	DROP_TO_TARGET,
	DROP_TO_SOURCE,
	/* faults */
	FAIL_SOURCE,
	FAIL_SOURCE_AFTER,
	FAIL_RECEIVER,
	FAIL_ASKED,
	KILL_SOURCE,
	KILL_RECEIVER,
	KILL_ASKED,
	CUT,
	POWER_OF_SOURCE,
	POWER_OF_TARGET,
	EVENTS,
	FIRST_UNFAIR = DROP_TO_TARGET,
	FIRST_FAULT = FAIL_SOURCE
};

/* False when it cannot happen now. */
static bool happen(struct world *w, enum event event)
{
	switch (event) {
	case SOURCE_STEP:
		return w->source.lives && source_step(w);
	case RECEIVER_STEP:
		return w->receiver.lives && target_step(w, &w->receiver, RECEIVER);
	case ASKED_STEP:
		return w->asked.lives && target_step(w, &w->asked, ASKED);
	case BEGIN_RECEIVER:
		return begin_receiver(w);
	case SOURCE_SEES_END:
		return source_sees_end(w);
	case RECEIVER_SEES_END:
		return receiver_sees_end(w);
	case BEGIN_SOURCE:
		return begin_source(w);
	case BEGIN_SETTLING:
		return begin_settling(w);
	case DROP_TO_TARGET:
		if (!w->is_cut || w->to_target.count == 0)
			return false;
		drop_last(&w->to_target);
		return true;
	case DROP_TO_SOURCE:
		if (!w->is_cut || w->to_source.count == 0)
			return false;
		drop_last(&w->to_source);
		return true;
	case FAIL_SOURCE:
		return fail_step(&w->source);
	case FAIL_SOURCE_AFTER:
		return fail_after(w);
	case FAIL_RECEIVER:
		return fail_step(&w->receiver);
	case FAIL_ASKED:
		return fail_step(&w->asked);
	case KILL_SOURCE:
		return kill_source(w);
	case KILL_RECEIVER:
		return kill_target(w, &w->receiver, RECEIVER);
	case KILL_ASKED:
		return kill_target(w, &w->asked, ASKED);
	case CUT:
		return cut(w);
	case POWER_OF_SOURCE:
		return power_of_source(w);
	case POWER_OF_TARGET:
		return power_of_target(w);
	case EVENTS:
		break;
	}
	return false;
}

/* ---- what must hold */

static void check(const struct world *w)
{
	/* Never two; and never the older memory on disks that the other has written. */
	assert_false(w->s_dom == DOM_RUNNING && w->t_dom == DOM_RUNNING);
	assert_false(w->s_dom == DOM_RUNNING && w->t_has_run);
	/* Nor two that a boot, or a person with xl create, could start. */
	assert_false(w->s_def && w->t_def);
	assert_false(w->s_def && (w->t_record == MIG_GRANTED || w->t_record == MIG_RUNNING));
	/* Before the permission it is here, running or to be resumed, unless the power went. */
	if ((w->s_record == MIG_NONE || w->s_record == MIG_OPEN) && !w->s_tomb) {
		assert_int_equal(w->t_has_run, 0);
		assert_true(w->s_lost_power || w->s_dom != DOM_NONE);
	}
	/*
	 * Undecided it is suspended (or runs, when it is known to stay and just that could not be
	 * written); it is removed only when it is known to be there.
	 */
	if (w->s_record == MIG_PERMITTED)
		assert_int_equal(w->s_dom == DOM_NONE, w->s_lost_power);
	if (w->s_record == MIG_PERMITTED && w->faults < 2)
		assert_int_not_equal(w->s_dom, DOM_RUNNING);
	if (w->s_tomb || w->s_record == MIG_THERE)
		assert_true(w->t_has_run);
}

/* Left in peace, everything comes to an end, and the guest is in one place, whole if it can be. */
static void check_rest(const struct world *from)
{
	struct world w = *from;
	unsigned steps = 0;
	for (enum event event = 0; event < FIRST_UNFAIR; steps++) {
		assert_true(steps < 1000);
		/* Nobody gives up asking while the other still answers. */
		bool is_asked = event == SOURCE_SEES_END && w.has_asked && w.asked.lives;
		event = !is_asked && happen(&w, event) ? 0 : event + 1;
		check(&w);
	}
	assert_int_equal(w.s_record, MIG_NONE);
	assert_true(w.t_record == MIG_NONE || w.t_record == MIG_RUNNING);
	if (w.s_tomb) {
		assert_true(w.t_def && !w.s_def && w.s_dom == DOM_NONE);
		assert_true(w.t_lost_power || w.t_dom == DOM_RUNNING);
	} else {
		assert_true(w.s_def && !w.t_def && w.t_dom == DOM_NONE);
		assert_true(w.s_lost_power ? w.s_dom != DOM_SUSPENDED : w.s_dom == DOM_RUNNING);
	}
}

/* ---- all of it */

/* The states seen, open addressing. */
struct seen {
	struct world *items;
	size_t count, room;
};

static size_t slot_of(const struct seen *seen, const struct world *w)
{
	const unsigned char *bytes = (const unsigned char *)w;
	uint64_t hash = 14695981039346656037U;
	for (size_t i = 0; i < sizeof(*w); i++)
		hash = (hash ^ bytes[i]) * 1099511628211U;
	size_t at = (size_t)(hash ^ hash >> 29) & (seen->room - 1);
	/* The number of faults is 255 in an empty slot. */
	while (seen->items[at].faults != UINT8_MAX && memcmp(&seen->items[at], w, sizeof(*w)) != 0)
		at = (at + 1) & (seen->room - 1);
	return at;
}

static void make_room(struct seen *seen)
{
	struct seen old = *seen;
	seen->room = old.room ? old.room * 4 : 1 << 14;
	seen->items = xmalloc(seen->room * sizeof(*seen->items));
	memset(seen->items, 0xff, seen->room * sizeof(*seen->items));
	for (size_t i = 0; i < old.room; i++)
		if (old.items[i].faults != UINT8_MAX)
			memcpy(&seen->items[slot_of(seen, &old.items[i])], &old.items[i],
				sizeof(*old.items));
	free(old.items);
}

static bool add(struct seen *seen, const struct world *w)
{
	if (seen->count * 2 >= seen->room)
		make_room(seen);
	size_t at = slot_of(seen, w);
	if (seen->items[at].faults != UINT8_MAX)
		return false;
	memcpy(&seen->items[at], w, sizeof(*w));
	seen->count++;
	return true;
}

struct stack {
	struct world *items;
	size_t count, room;
};

static void put(struct stack *stack, const struct world *w)
{
	if (stack->count == stack->room) {
		stack->room = stack->room ? stack->room * 2 : 1024;
		stack->items = xreallocarray(stack->items, stack->room, sizeof(*stack->items));
	}
	memcpy(&stack->items[stack->count++], w, sizeof(*w));
}

static struct world beginning(void)
{
	struct world w;
	memset(&w, 0, sizeof(w));
	w.s_dom = DOM_RUNNING;
	w.s_def = true;
	w.answer = MIG_MESSAGES;
	return w;
}

/* How many of the states seen answer to this. */
static bool was_undecided(const struct world *w)
{
	return w->s_record == MIG_PERMITTED && !w->source.lives;
}

static bool has_moved(const struct world *w)
{
	return w->s_tomb && w->t_dom == DOM_RUNNING && w->faults == 0;
}

static size_t count_seen(const struct seen *seen, bool (*is_one)(const struct world *w))
{
	size_t n = 0;
	for (size_t i = 0; i < seen->room; i++)
		if (seen->items[i].faults != UINT8_MAX)
			n += is_one(&seen->items[i]);
	return n;
}

static void never_two(void **state)
{
	(void)state;
	struct seen seen = {.items = NULL};
	struct stack stack = {.items = NULL};
	struct world w = beginning();
	(void)add(&seen, &w);
	put(&stack, &w);
	while (stack.count > 0) {
		memcpy(&w, &stack.items[--stack.count], sizeof(w));
		for (enum event event = 0; event < EVENTS; event++) {
			struct world next;
			memcpy(&next, &w, sizeof(w));
			if (event >= FIRST_FAULT && next.faults++ >= FAULTS_MAX)
				break;
			if (!happen(&next, event) || !add(&seen, &next))
				continue;
			check(&next);
			check_rest(&next);
			put(&stack, &next);
		}
	}
	(void)printf("%zu states, %zu of them undecided\n", seen.count,
		count_seen(&seen, was_undecided));
	assert_true(count_seen(&seen, was_undecided) > 0);
	assert_true(count_seen(&seen, has_moved) > 0);
	free(seen.items);
	free(stack.items);
}

/* ---- one by one: what a person may decide, and words */

static void by_hand(void **state)
{
	(void)state;
	struct mig_machine m;
	mig_source_begin(&m, MIG_PERMITTED, MIG_BY_HAND_HERE);
	assert_int_equal(mig_step(&m).what, MIG_DO_WRITE);
	assert_int_equal(mig_step(&m).record, MIG_HERE);
	/* What is not on disk is not decided: it must not run against a later answer. */
	mig_tell(&m, failed);
	assert_int_equal(mig_step(&m).end, MIG_END_UNDECIDED);
	mig_source_begin(&m, MIG_PERMITTED, MIG_BY_HAND_THERE);
	assert_int_equal(mig_step(&m).record, MIG_THERE);
	/* Nothing else can be decided by hand. */
	mig_source_begin(&m, MIG_OPEN, MIG_BY_HAND_THERE);
	assert_int_equal(mig_step(&m).record, MIG_HERE);
	mig_source_begin(&m, MIG_THERE, MIG_BY_HAND_HERE);
	assert_int_equal(mig_step(&m).what, MIG_DO_DESTROY);
}

/* A message that does not belong there is as good as a lost connection. */
static void wrong_messages(void **state)
{
	(void)state;
	for (int message = 0; message < MIG_MESSAGES; message++) {
		struct mig_machine m;
		mig_source_begin(&m, MIG_NONE, MIG_ASK_PEER);
		mig_tell(&m, done);
		mig_tell(&m, done);
		assert_int_equal(mig_step(&m).what, MIG_DO_WAIT);
		mig_tell(&m, got((uint8_t)message));
		assert_int_equal(
			mig_step(&m).what, message == MIG_ACCEPT ? MIG_DO_STREAM : MIG_DO_WRITE);
	}
}

static void words(void **state)
{
	(void)state;
	for (int i = 0; i < MIG_RECORDS; i++)
		assert_non_null(mig_record_words[i]);
	for (int i = 0; i < MIG_MESSAGES; i++)
		assert_non_null(mig_message_words[i]);
	assert_string_equal(mig_record_words[MIG_PERMITTED], "undecided");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_two),
		cmocka_unit_test(by_hand),
		cmocka_unit_test(wrong_messages),
		cmocka_unit_test(words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
