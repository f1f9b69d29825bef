#ifndef UNIT_WORLD_H
#define UNIT_WORLD_H

#include "base/buf.h"
#include "session/session.h"

/*
 * All that a session sees of the world: a client, a bus and a clock, and the loop between them. What the client gets
 * and what goes on the bus is written down, each as a line that a test compares. In both, a message's id is #1, #2 and
 * so on, in the order in which ids are first seen; times are left out, and so are details and reasons for people.
 *
 * The client's line:  http 101; welcome user=alice session=42 limits={..} pending=0; ping 00000001; close 1000; end
 * The bus's line:     READY; JOIN alice; bob/0 MESSAGE #1 alice>bob ref=1 'hello'; alice/0 COPY alice>alice (receipt ..)
 *                     store/99 LOGIN; store/99 MESSAGE #1 bob keeping link=5 'hello'; store/99 NEXT after=0; store/99 DELIVERED #2 bob link=5
 */
#define WORLD_IDS 64
#define WORLD_REFS 16
#define WORLD_TIME 1700000000000 /* 2023-11-14T22:13:20.000Z */
#define WORLD_WELCOME "welcome user=alice session=42 limits={'message':65536,'rate':1000,'burst':2000} pending=0"

struct world {
	struct conf conf;
	struct session s;
	int64_t now;

	struct buf pending;     /* what the client has written and the session has not read */
	size_t chunk;           /* bytes of it in one read */
	bool held;              /* the session is not to go on yet */
	bool ends, stalled;     /* the client has ended its stream; it reads nothing */
	struct buf wire;        /* what the client has read and this has not taken apart */
	bool upgraded, shut;
	char *response;         /* the answer to the request, with a NUL */
	struct buf client, bus; /* the lines */

	int join_error;
	struct bus_reach reach; /* of a message that is sent */
	struct name online[4];
	size_t online_count;
	bool quiet;             /* count what goes on the bus, and write none of it down */
	bool brief;             /* of messages write the words alone, and leave out the copies for one's other connections */
	size_t sends;

	pid_t store;            /* the store's process, 0: it is away; see world_store.h */
	bool expected, store_full;
	struct next asked;      /* what it was last asked for, */
	struct id question;     /* and the client's last question to it */

	struct id ids[WORLD_IDS];
	size_t id_count;
	unsigned made;          /* ids of others' messages */
};

void world_init(struct world *w);
void world_finish(struct world *w);

/* The client becomes one of WebSocket's. */
void world_upgrade(struct world *w);

/* A world in which alice is logged in; what was said till then is not in the lines. */
void world_login(struct world *w);

/* The client writes bytes, a frame, or a message in which ' stands for "; or ends its stream. */
void world_write(struct world *w, const void *data, size_t len);
void world_frame(struct world *w, unsigned first, const void *payload, size_t len);
void world_say(struct world *w, const char *text);
void world_end(struct world *w);

/* The client answers the ping of that number. */
void world_pong(struct world *w, unsigned number);

/* Goes on until all is quiet; lets time pass before, and gives memory back after; lets the client read again. */
void world_settle(struct world *w);
void world_pass(struct world *w, int64_t ms);
void world_read(struct world *w);

/* The next messages reach that many connections, of the process ids 7, 8, ..., and `full` more take no more. */
void world_reaches(struct world *w, size_t count, size_t full);

/* A message comes from connection `pid` of `sender`. Its id. */
struct id world_message(struct world *w, const char *sender, pid_t pid, const char *ref, const char *text);

/* A record without a payload comes from connection `pid` of `sender`. */
void world_record(struct world *w, enum record_kind kind, unsigned status, const struct id *id, const char *sender, pid_t pid);

/* Any record comes, as the kernel says from `from`. */
void world_hears(struct world *w, const struct record *r, const char *from, pid_t pid);
void world_gone(struct world *w, const char *user, pid_t pid);

/* The id that stands as #n in the lines. */
struct id world_id(const struct world *w, size_t n);

/* Checks what came to pass since the last check. */
void world_client(struct world *w, const char *line);
void world_bus(struct world *w, const char *line);
void world_nothing(struct world *w);

#endif
