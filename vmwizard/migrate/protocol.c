/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two state machines of a migration, as two tables. Pure; tests/unit/vm_migrate_test.c tries every order of failures. */
#include "vmwizard/migrate/protocol.h"

#include <stddef.h>

#include "attrs.h"

const char *const mig_record_words[MIG_RECORDS] = {
	[MIG_NONE] = "none",
	[MIG_OPEN] = "open",
	[MIG_PERMITTED] = "undecided",
	[MIG_HERE] = "here",
	[MIG_THERE] = "there",
	[MIG_GRANTED] = "granted",
	[MIG_RUNNING] = "running",
};

const char *const mig_message_words[MIG_MESSAGES] = {
	[MIG_OFFER] = "offer",
	[MIG_GO] = "go",
	[MIG_CLOSE] = "close",
	[MIG_ASK] = "ask",
	[MIG_ACCEPT] = "accept",
	[MIG_REFUSE] = "refuse",
	[MIG_READY] = "ready",
	[MIG_STARTED] = "started",
	[MIG_REFUSED] = "refused",
};

enum state {
	/* source */
	S_OPEN,
	S_OFFER,
	S_ANSWER,
	S_STREAM,
	S_READY,
	S_PERMIT,
	S_TAKE_AWAY,
	S_GO,
	S_RESULT,
	S_QUESTION,
	S_HERE,
	S_HERE_BY_HAND,
	S_RESUME,
	S_PUT_BACK,
	S_FORGET_HERE,
	S_THERE,
	S_DESTROY,
	S_BURY,
	S_CLOSE,
	S_FORGET_THERE,
	/* target */
	T_CHECK,
	T_REFUSE,
	T_OPEN,
	T_ACCEPT,
	T_RESTORE,
	T_READY,
	T_GO,
	T_GRANT,
	T_START,
	T_PLACE,
	T_RUNNING,
	T_SAY_STARTED,
	T_WAIT_CLOSE,
	T_FORGET_RUNNING,
	T_DESTROY,
	T_FORGET,
	T_SAY_REFUSED,
	/* the ends */
	END_NOTHING,
	END_HERE,
	END_THERE,
	END_STARTED,
	END_REFUSED,
	END_UNDECIDED,
	END_STUCK,
	STATES
};

#define WRITE(r) {.what = MIG_DO_WRITE, .record = MIG_##r}
#define SEND(m) {.what = MIG_DO_SEND, .message = MIG_##m}
#define DO(w) {.what = MIG_DO_##w}
#define END(e) {.what = MIG_DO_END, .end = MIG_END_##e}

/* Of a step: where to when it is done, and when not. A wait is told apart by the two messages below. */
static const struct row {
	struct mig_step step;
	enum state done, failed;
} rows[STATES] = {
	[S_OPEN] = {WRITE(OPEN), S_OFFER, END_NOTHING},
	[S_OFFER] = {SEND(OFFER), S_ANSWER, S_HERE},
	[S_ANSWER] = {DO(WAIT), S_STREAM, S_HERE},
	[S_STREAM] = {DO(STREAM), S_READY, S_HERE},
	[S_READY] = {DO(WAIT), S_PERMIT, S_HERE},
	[S_PERMIT] = {WRITE(PERMITTED), S_TAKE_AWAY, S_HERE},
	/* "go" was not sent: it cannot have been granted. */
	[S_TAKE_AWAY] = {DO(TAKE_AWAY), S_GO, S_HERE},
	/* What could not be sent whole may have been sent in part. */
	[S_GO] = {SEND(GO), S_RESULT, S_QUESTION},
	[S_RESULT] = {DO(WAIT), S_THERE, S_QUESTION},
	[S_QUESTION] = {DO(QUESTION), S_THERE, END_UNDECIDED},

	/* Unwritten it is OPEN, or PERMITTED and refused for good: both end here again. */
	[S_HERE] = {WRITE(HERE), S_RESUME, S_RESUME},
	/* Unwritten, the target's answer would still decide, against a guest that runs here. */
	[S_HERE_BY_HAND] = {WRITE(HERE), S_RESUME, END_UNDECIDED},
	[S_RESUME] = {DO(RESUME), S_PUT_BACK, END_STUCK},
	[S_PUT_BACK] = {DO(PUT_BACK), S_FORGET_HERE, END_STUCK},
	[S_FORGET_HERE] = {DO(FORGET), END_HERE, END_STUCK},

	[S_THERE] = {WRITE(THERE), S_DESTROY, END_UNDECIDED},
	[S_DESTROY] = {DO(DESTROY), S_BURY, END_STUCK},
	[S_BURY] = {DO(BURY), S_CLOSE, END_STUCK},
	/* Unsent, the target keeps a record that nobody asks for. */
	[S_CLOSE] = {SEND(CLOSE), S_FORGET_THERE, S_FORGET_THERE},
	[S_FORGET_THERE] = {DO(FORGET), END_THERE, END_STUCK},

	[T_CHECK] = {DO(CHECK), T_OPEN, T_REFUSE},
	[T_REFUSE] = {SEND(REFUSE), END_REFUSED, END_REFUSED},
	[T_OPEN] = {WRITE(OPEN), T_ACCEPT, T_REFUSE},
	[T_ACCEPT] = {SEND(ACCEPT), T_RESTORE, T_DESTROY},
	[T_RESTORE] = {DO(RESTORE), T_READY, T_DESTROY},
	[T_READY] = {SEND(READY), T_GO, T_DESTROY},
	[T_GO] = {DO(WAIT), T_GRANT, T_DESTROY},
	[T_GRANT] = {DO(GRANT), T_START, T_DESTROY},
	[T_START] = {DO(START), T_PLACE, END_STUCK},
	[T_PLACE] = {DO(PLACE), T_RUNNING, END_STUCK},
	[T_RUNNING] = {WRITE(RUNNING), T_SAY_STARTED, END_STUCK},
	[T_SAY_STARTED] = {SEND(STARTED), T_WAIT_CLOSE, END_STARTED},
	[T_WAIT_CLOSE] = {DO(WAIT), T_FORGET_RUNNING, END_STARTED},
	[T_FORGET_RUNNING] = {DO(FORGET), END_STARTED, END_STARTED},
	/* The copy before the record: without a record nobody would look for it. */
	[T_DESTROY] = {DO(DESTROY), T_FORGET, END_STUCK},
	[T_FORGET] = {DO(FORGET), T_SAY_REFUSED, END_STUCK},
	[T_SAY_REFUSED] = {SEND(REFUSED), END_REFUSED, END_REFUSED},

	[END_NOTHING] = {END(NOTHING), END_NOTHING, END_NOTHING},
	[END_HERE] = {END(HERE), END_HERE, END_HERE},
	[END_THERE] = {END(THERE), END_THERE, END_THERE},
	[END_STARTED] = {END(STARTED), END_STARTED, END_STARTED},
	[END_REFUSED] = {END(REFUSED), END_REFUSED, END_REFUSED},
	[END_UNDECIDED] = {END(UNDECIDED), END_UNDECIDED, END_UNDECIDED},
	[END_STUCK] = {END(STUCK), END_STUCK, END_STUCK},
};

/* What a wait waits for; any other message is as good as none. */
static const struct {
	enum state state;
	enum mig_message message;
	enum state next;
} answers[] = {
	{S_ANSWER, MIG_ACCEPT, S_STREAM},
	{S_READY, MIG_READY, S_PERMIT},
	{S_RESULT, MIG_STARTED, S_THERE},
	{S_RESULT, MIG_REFUSED, S_HERE},
	{S_QUESTION, MIG_STARTED, S_THERE},
	{S_QUESTION, MIG_REFUSED, S_HERE},
	{T_GO, MIG_GO, T_GRANT},
	{T_WAIT_CLOSE, MIG_CLOSE, T_FORGET_RUNNING},
};

static enum state source_begin(enum mig_record record, enum mig_by_hand by_hand)
{
	switch (record) {
	case MIG_NONE:
		return S_OPEN;
	case MIG_OPEN:
		return S_HERE;
	case MIG_PERMITTED:
		return by_hand == MIG_BY_HAND_HERE    ? S_HERE_BY_HAND
		       : by_hand == MIG_BY_HAND_THERE ? S_THERE
						      : S_QUESTION;
	case MIG_HERE:
		return S_RESUME;
	case MIG_THERE:
		return S_DESTROY;
	case MIG_GRANTED:
	case MIG_RUNNING:
	case MIG_RECORDS:
		break;
	}
	return END_STUCK;
}

void mig_source_begin(struct mig_machine *machine, enum mig_record record, enum mig_by_hand by_hand)
{
	*machine = (struct mig_machine){.state = (unsigned char)source_begin(record, by_hand)};
}

static enum state target_begin(enum mig_record record, enum mig_message first)
{
	if (first == MIG_OFFER)
		return record == MIG_NONE ? T_CHECK : T_REFUSE;
	if (first == MIG_CLOSE)
		return record == MIG_RUNNING ? T_FORGET_RUNNING : END_REFUSED;
	switch (record) {
	case MIG_NONE:
		return T_SAY_REFUSED;
	case MIG_OPEN:
		return T_DESTROY;
	case MIG_GRANTED:
		return T_START;
	case MIG_RUNNING:
		return T_SAY_STARTED;
	case MIG_PERMITTED:
	case MIG_HERE:
	case MIG_THERE:
	case MIG_RECORDS:
		break;
	}
	return END_STUCK;
}

void mig_target_begin(struct mig_machine *machine, enum mig_record record, enum mig_message first)
{
	*machine = (struct mig_machine){
		.state = (unsigned char)target_begin(record, first), .is_target = true};
}

struct mig_step mig_step(const struct mig_machine *machine)
{
	return rows[machine->state].step;
}

void mig_tell(struct mig_machine *machine, struct mig_event event)
{
	enum state state = machine->state;
	enum state next = event.happened == MIG_DONE ? rows[state].done : rows[state].failed;
	for (size_t i = 0; event.happened == MIG_GOT && i < ARRAY_SIZE(answers); i++)
		if (answers[i].state == state && answers[i].message == event.message)
			next = answers[i].next;
	machine->state = (unsigned char)next;
}
