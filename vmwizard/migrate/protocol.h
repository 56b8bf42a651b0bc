/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moving a guest to another host so that there are never two of it: who does what when, as two
 * state machines without I/O. An engine carries out one step at a time and says what came of it.
 *
 * Why never two. The target starts the guest only after its record says "granted", which it writes
 * only while its record says "open" and after it has read "go". The source sends "go" only after
 * its own record says "permitted" and the guest's definition is out of /etc/xen, and from then on
 * resumes the guest only when the target has said "refused", or when a person decides. The target
 * says "refused" only after its record is gone, and without a record "go" grants nothing. So for
 * each migration one of "granted" and "refused" can happen, never both, however messages are lost
 * and whoever dies. A target whose connection is lost before "go" refuses by itself: only the
 * source can be left without an answer, and it asks until it gets one.
 */
#ifndef MIGRATE_PROTOCOL_H
#define MIGRATE_PROTOCOL_H

#include <stdbool.h>

/* What a host has on disk about one migration; it outlives processes and reboots. */
enum mig_record {
	MIG_NONE,
	MIG_OPEN, /* begun; nothing is permitted or granted */
	/* of a source */
	MIG_PERMITTED, /* the target may have started the guest: undecided without its answer */
	MIG_HERE,      /* decided: it stays, and is being put back */
	MIG_THERE,     /* decided: it has moved, and is being removed here */
	/* of a target */
	MIG_GRANTED, /* it starts here, or has; nobody was told */
	MIG_RUNNING, /* it is here for good; kept until the source says "close" */
	MIG_RECORDS
};
extern const char *const mig_record_words[MIG_RECORDS];

enum mig_message {
	MIG_OFFER, /* source: may it come? with all that the target checks */
	MIG_GO,    /* source: the target may start it */
	MIG_CLOSE, /* source: has removed its own; the target may forget */
	MIG_ASK,   /* source, on a new connection: what became of it? */
	MIG_ACCEPT,
	MIG_REFUSE,  /* target: no, with all its reasons */
	MIG_READY,   /* target: has it whole, paused */
	MIG_STARTED, /* target: it runs here */
	MIG_REFUSED, /* target: it does not run here, and never will out of this migration */
	MIG_MESSAGES
};
extern const char *const mig_message_words[MIG_MESSAGES];

/*
 * One step. Each may be repeated after a crash: what is done already is no failure. STREAM,
 * RESTORE and START are nothing for a guest that is off.
 */
enum mig_do {
	MIG_DO_WRITE,  /* the record, durably */
	MIG_DO_FORGET, /* the record, durably */
	MIG_DO_SEND,
	MIG_DO_WAIT, /* for a message, or the end of the connection */
	/* source */
	MIG_DO_QUESTION,  /* a new connection, ASK on it, then as WAIT */
	MIG_DO_STREAM,    /* the memory; in the end the guest is suspended */
	MIG_DO_TAKE_AWAY, /* definition and autostart, out of /etc/xen into the record's custody */
	MIG_DO_PUT_BACK,  /* the same, back */
	MIG_DO_RESUME,    /* the suspended guest */
	MIG_DO_DESTROY,   /* source: the suspended guest; target: the paused copy */
	MIG_DO_BURY,      /* the definition becomes a tombstone */
	/* target */
	MIG_DO_CHECK,   /* the offer */
	MIG_DO_RESTORE, /* the memory, into a paused copy */
	MIG_DO_GRANT,   /* under the lock: only if the record is OPEN and the copy there; GRANTED */
	MIG_DO_START,   /* gives the copy its name and lets it run; gone by a reboot: nothing */
	MIG_DO_PLACE,   /* definition and autostart into /etc/xen */
	MIG_DO_END
};

enum mig_end {
	MIG_END_NOTHING, /* nothing was begun */
	MIG_END_HERE,    /* source: the guest is here, as before */
	MIG_END_THERE,   /* source: it has moved */
	MIG_END_STARTED, /* target: it is here */
	MIG_END_REFUSED, /* target: it is not */
	/* A record is left; mig_*_begin() with it goes on. */
	MIG_END_UNDECIDED, /* source: nobody can know; suspended (or off) until the target answers */
	MIG_END_STUCK      /* decided, but a step of carrying it out failed */
};

struct mig_step {
	enum mig_do what;
	enum mig_record record;   /* of WRITE */
	enum mig_message message; /* of SEND */
	enum mig_end end;         /* of END */
};

enum mig_happened { MIG_DONE, MIG_FAILED, MIG_GOT };

struct mig_event {
	enum mig_happened happened; /* FAILED of WAIT and QUESTION: the connection is lost */
	enum mig_message message;   /* of GOT */
};

/* A machine; its values are the files' own business. */
struct mig_machine {
	unsigned char state;
	bool is_target;
};

/* What a person may decide in place of a target that does not answer. */
enum mig_by_hand { MIG_ASK_PEER, MIG_BY_HAND_HERE, MIG_BY_HAND_THERE };

/* record NONE: a new migration; else one is taken up that was cut short. by_hand counts only if PERMITTED. */
void mig_source_begin(
	struct mig_machine *machine, enum mig_record record, enum mig_by_hand by_hand);

/*
 * first: what the connection begins with, OFFER, ASK or CLOSE; the caller has read it, and for ASK
 * holds the lock. Taking up after a crash is an ASK without a connection.
 */
void mig_target_begin(struct mig_machine *machine, enum mig_record record, enum mig_message first);

/* What is to be done now; the same until mig_tell(). */
struct mig_step mig_step(const struct mig_machine *machine);
void mig_tell(struct mig_machine *machine, struct mig_event event);

#endif
