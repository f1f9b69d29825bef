#ifndef SESSION_KEEPER_H
#define SESSION_KEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "chat/greeting.h"
#include "chat/id.h"
#include "chat/msg.h"
#include "chat/name.h"
#include "chat/record.h"
#include "session/chain.h"
#include "session/confirms.h"

struct session;

#define KEEPER_ANSWER_MS 3000   /* for the store's answer, before it is asked again */
#define KEEPER_FAILED_MS 200    /* before a store that could not do something is tried again */
#define KEEPER_GREETING_MS 1000 /* for the store's greeting; then a client is welcomed without */
#define KEEPER_OUTAGE_MS 5000   /* that the store is waited for, lest anybody speaks out of turn */
#define KEEPER_BYTES_MAX (1 << 20) /* of messages that the store has not confirmed */

/* What passes between this session and the store.
 *
 * Messages go to the receiver's process and to the store at the same time. Each says which message its sender sent to that
 * receiver, and to the store, before it: so a receiver's session sees what it has missed. From then on, and when it begins, it
 * shows nothing that comes directly, and asks the store for what it has not got, until it has all. */
struct keeper {
	bool expected;        /* it is to be used, and there is one, or was */
	pid_t pid;            /* its process; 0: it is away */
	enum keeper_link {
		KEEPER_UNTOLD,
		KEEPER_TOLD,  /* it has been sent word of this connection, */
		KEEPER_GREETED, /* and has answered */
	} link;
	bool met;             /* this process of it has greeted the connection before */
	bool welcoming;       /* the client waits for its welcome */
	enum record_kind telling; /* what it is being sent, */
	int64_t full_until;   /* and could not be: not before then */
	uint32_t number;      /* of the link, as its greeting said */
	int64_t told_at;
	int64_t troubled_at;  /* since then it has taken nothing; 0: it does */

	enum keeper_course {
		KEEPER_CURRENT, /* all that is known of has been shown */
		KEEPER_BEHIND,  /* something was missed, */
		KEEPER_ASKED,   /* and has been asked for; */
		KEEPER_OVERFLOWED, /* of the answer something could not be shown */
	} course;
	int64_t asked_at, retry_at;
	unsigned tries;
	struct next next;     /* what is to be asked for */
	enum keeper_mail {
		KEEPER_UNCOUNTED, /* the store has not said what waits, */
		KEEPER_WAITING,   /* it has, and that is shown first; */
		KEEPER_CAUGHT_UP, /* that has been */
	} mail;
	int64_t base;         /* the last message that was in the store when this connection came: all behind it are to be shown, too */

	struct chain chain;
	struct confirms confirms;
	int64_t confirmed_at; /* the store last confirmed one, or was sent the first */

	struct buf blocks;    /* names of whom the user blocks */
	const char *said;     /* the client's last message, as it came */
	size_t said_len;
};

void keeper_free(struct keeper *k);

/* Whether a message may go to the store. */
bool keeper_is_there(const struct session *s);

/* The connection has logged in: it is welcomed once the store has greeted it, or at once if there is none. */
void keeper_begin(struct session *s);

/* Queues a record for it, to be filled in. */
struct record *keeper_tell(struct session *s, enum record_kind kind);

/* Queues the next thing that the store is to be told, if there is one. */
void keeper_step(struct session *s);

/* Whether the client may be listened to. */
bool keeper_lets_read(struct session *s);

/* It has kept something. */
void keeper_took(struct session *s);

/* Whether it has been away for so long that nobody waits for it any more. */
bool keeper_is_long_away(const struct session *s);

/* The enum record_flag of a message to a receiver. */
uint8_t keeper_flags(struct session *s, const struct name *receiver);

/* Whether a message with these flags goes to the store alone, when that is back. */
bool keeper_holds(const struct session *s, uint8_t flags);

/* Whether the user blocks somebody. */
bool keeper_blocks(const struct session *s, const struct name *sender);

/* A record came from the store. */
void keeper_record(struct session *s, const struct record *r);

int64_t keeper_deadline(struct session *s);
void keeper_tick(struct session *s);

#endif
