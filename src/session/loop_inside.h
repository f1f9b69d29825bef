#ifndef SESSION_LOOP_INSIDE_H
#define SESSION_LOOP_INSIDE_H

#include "session/session.h"
#include "sys/ask_auth.h"
#include "sys/bus.h"
#include "sys/io.h"
#include "sys/spool.h"
#include "sys/watch.h"

#define LOOP_TURN_MAX 1000 /* things that are done between two looks at the world */

/* What the parts of the loop share: loop.c waits for the world and hands in what comes, loop_act.c does what the session says. */
struct loop {
	struct session session;
	struct io *io;
	struct bus *bus;
	struct watch *watch;
	struct spool spool;
	struct ask_auth auth;
	bool released, unspooled; /* nothing goes into it any more; something could not */
	int status; /* to exit with */
	uint64_t told_in, told_out;
	int64_t told_at, swept_at, store_at;
	int64_t left_at; /* the client's part was over; 0: not yet */
	bool hidden;
	bool more;       /* this turn was long enough: go on in the next, after a look at the signals */
	int64_t busy_at; /* something last happened */
	bool trimmed;
};

/* Does what the session has to do, until it has nothing more, or the turn was long enough. */
void loop_perform(struct loop *l);

/* What chat-auth says, as far as it has come, is the answer to what it was asked. */
void loop_hear_auth(struct loop *l);

/* Tells the service manager how things are. */
void loop_tell_status(struct loop *l);

/* Looks whether the store is there. */
void loop_look_for_store(struct loop *l);

#endif
