#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "chat/id.h"
#include "chat/msg.h"
#include "chat/name.h"
#include "chat/record.h"
#include "session/ask.h"
#include "session/inbox.h"
#include "session/keeper.h"
#include "session/outbox.h"
#include "session/password.h"
#include "session/seen.h"
#include "session/unsaved.h"
#include "sys/bus.h"
#include "sys/conf.h"
#include "sys/peer.h"
#include "ws/ws.h"

#define SESSION_OUT_MAX (256 << 10) /* bytes that wait for the client before it counts as one that takes no more */
#define SESSION_CLOSE_MS 1500       /* for the peer's close frame, and for all of the end after SIGTERM */
#define SESSION_DRAIN_MS 1000       /* for the end of the stream after all is said */
#define SESSION_PROGRESS_MS 10000   /* for the last bytes to go out, each time some did */
#define SESSION_PINGS_MAX 2         /* unanswered */
#define SESSION_TODO_MAX 4

/* Close codes of this application; docs/protocol.md has the table. */
enum session_code {
	SESSION_LOGIN_FAILED = 4000,
	SESSION_LOGIN_TIMED_OUT = 4001,
	SESSION_KICKED = 4002,
	SESSION_PING_TIMED_OUT = 4003,
	SESSION_TOO_MANY = 4004,
	SESSION_TOKEN_ENDED = 4005,
};

enum session_phase {
	SESSION_HEAD,    /* the head of the request is coming in */
	SESSION_OPEN,    /* upgraded; nobody is logged in */
	SESSION_IN,      /* logged in */
	SESSION_CLOSING, /* a close frame has been put out: the peer's is waited for */
	SESSION_ENDING,  /* all is said: it goes out, then the peer's end is waited for */
	SESSION_OVER,
};

/* What is to be done next: session_step says, the loop does it. */
enum session_do {
	SESSION_WAIT,    /* nothing: the machine waits for the world */
	SESSION_READY,   /* tell the service manager that the start is over */
	SESSION_JOIN,    /* join the bus as `user`; then session_joined */
	SESSION_SEND,    /* send `record` to connection `pid` of `user`, or with 0 to all but this one; then session_sent */
	SESSION_FIND,    /* find out whether `user` is there; then session_sent, with connections that were not sent it */
	SESSION_LIST,    /* find out who is online; then session_listed */
	SESSION_WATCH,   /* watch the users of `msg`, */
	SESSION_UNWATCH, /* or no more */
	SESSION_KEEP,    /* send `record` to the store; then session_kept */
	SESSION_ASK_AUTH, /* give password.request to chat-auth; then session_answered */
};

struct session_action {
	enum session_do what;
	struct name user;
	pid_t pid;
	struct record record;
};

/* The whole of one connection's logic. It has no descriptor and no clock: bytes and records come in by calls, actions
 * come out of session_step, and `out` is what the client is to get. */
struct session {
	const struct conf *conf;
	struct peer peer;    /* the client, behind a proxy that is trusted */
	long number;         /* of the connection: its process id */
	enum session_phase phase;
	int64_t now;         /* milliseconds, monotonic */
	uint64_t time;       /* milliseconds since 1970 */

	struct buf in, out;
	struct buf held;     /* what is to come behind the welcome */
	bool eof;            /* the client will say no more */
	struct ws ws;        /* from the upgrade on */
	struct deflate deflate;
	struct name user;
	const char *reason;  /* why it ended, for the journal */
	uint64_t since, messages_in, messages_out;

	struct session_action todo[SESSION_TODO_MAX];
	size_t todo_first, todo_count;
	struct msg msg;      /* the client's last message */
	struct buf text;     /* the text that is being made */
	struct record sending; /* the message that is being routed; its payload is in `text` */
	struct id last_id;
	struct id shown;     /* of the receipt that is being sent */
	bool resume;         /* the message that logs in is to be handled after that */

	struct inbox inbox;
	struct outbox outbox;
	struct seen seen;
	struct keeper keeper;
	struct unsaved unsaved;
	struct ask ask;
	struct password password;
	bool secure;         /* it is known that the client speaks TLS to whoever stands in front of us */
	uint32_t ping_sent, pong_seen;
	bool ping_due;       /* something was written that a pong is to prove */

	int64_t tokens, tokens_at; /* thousandths of a message */
	int64_t strikes;           /* messages over the limit since it was last kept */
	int64_t phase_at;    /* the phase began */
	int64_t ends_at;     /* the last of the tokens that it logged in with ends; 0: there is none */
	int64_t heard_at;    /* the client last said anything */
	int64_t progress_at; /* the client last took anything */
	unsigned pings;      /* sent since heard_at to find out whether it lives */
	int64_t pinged_at;
	int64_t term_at;     /* asked to end; 0: not */
	int64_t end_by;      /* the last bytes must have gone by then; 0: as long as the client takes some */
};

void session_init(struct session *s, const struct conf *conf, const struct peer *peer, long number, int64_t now, uint64_t time);
void session_finish(struct session *s);

/* The world: the time; bytes were added to `in`; the client's end of stream; bytes were taken from `out`. */
void session_clock(struct session *s, int64_t now, uint64_t time);
void session_heard(struct session *s);
void session_eof(struct session *s);
void session_progress(struct session *s);

/* A record came from connection `pid` of `from`, who may speak for its sender, as the kernel says; a connection of `user` fell. */
void session_record(struct session *s, const struct record *r, const struct name *from, pid_t pid);
void session_gone(struct session *s, const struct name *user, pid_t pid);
/* Where the store is: its process (0: away), and whether there is one at all. */
void session_store(struct session *s, bool expected, pid_t pid);
void session_presence(struct session *s, const struct name *user, bool online);

/* The service stops; an operator ends this connection. */
void session_term(struct session *s);
void session_kick(struct session *s);

/* The answers to actions. `error` is an errno or 0. */
void session_joined(struct session *s, int error);
void session_sent(struct session *s, const struct bus_reach *reach);
void session_kept(struct session *s, const struct bus_reach *reach);
/* chat-auth's answer; NULL: there is none. */
void session_answered(struct session *s, const char *answer, size_t len);
void session_listed(struct session *s, const struct name *users, size_t count);

/* Goes on with what is at hand, until something is to be done, or nothing is left. */
enum session_do session_step(struct session *s, struct session_action *action);

/* All that was at hand has been done: asks the client for a sign that it reads, if there is cause. */
void session_turn(struct session *s);

/* Whether more bytes are wanted from the client. */
bool session_wants_input(struct session *s);

/* The time at which session_tick is due, -1 for never. */
int64_t session_deadline(struct session *s);
void session_tick(struct session *s);

/* Gives back memory that is not in use. */
void session_trim(struct session *s);

/* For the parts of the machine. */

/* Puts a frame out. */
void session_frame(struct session *s, enum frame_opcode opcode, const void *data, size_t len);

/* The welcome is out: lets what was held come behind it. */
void session_welcomed(struct session *s);

/* Empties `text` for a msg_... function to fill; session_say puts it out as a message, unless a close frame has been:
 * nothing follows that (RFC 6455, 5.5.1). */
struct buf *session_text(struct session *s);
void session_say(struct session *s);

/* Answers with an error that refers to `ref`. */
void session_error(struct session *s, enum msg_error error, const char *detail, const char *ref);

/* Queues an action. */
struct session_action *session_do(struct session *s, enum session_do what);

/* Sends a close frame and goes over to waiting for the peer's. */
void session_close(struct session *s, uint16_t code, const char *reason);

/* All is said: lets it go out, and ends. */
void session_end(struct session *s, const char *reason);

/* Whether the client takes another `len` bytes at present. */
bool session_has_room(const struct session *s, size_t len);

#endif
