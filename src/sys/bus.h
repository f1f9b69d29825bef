#ifndef SYS_BUS_H
#define SYS_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "chat/name.h"
#include "chat/record.h"
#include "sys/roster.h"

#define BUS_QUEUE_MAX (256 << 10) /* bytes that wait for one connection before it counts as one that takes no more, */
#define BUS_QUEUE_SHORT (64 << 10) /* and beyond that, of records of up to 512 bytes: an answer gets through behind messages */

/*
 * The bus: records between the connections on this machine, each of which has an inbox at its endpoint (roster.h).
 * From one connection to another they arrive in the order they were sent, and none is lost while both live.
 */
struct bus;

enum bus_event {
	BUS_NOTHING,
	BUS_RECORD, /* a record has come from connection `pid` of `from`: the kernel says that it is one of its sender, or
	               an operator's, who may speak for anyone */
	BUS_GONE,   /* connection `pid`, which records were sent to, is there no more: what it did not answer is lost */
};

/* What an event is about. `record` is good until the next call. */
struct bus_news {
	struct record record;
	struct name from;
	pid_t pid;
};

/* Which connections a record went to, and how many could take no more, or could not be found out. */
struct bus_reach {
	pid_t pids[ROSTER_CONNECTIONS_MAX];
	size_t count, full;
};

/* Opens the inbox of this process as a connection of `me`, in the folder that roster_prepare has made. 0, or -1 with
 * errno: EUSERS when the user has too many. */
int bus_join(struct bus **bus, const struct name *me);

/* Polled for reading: bus_next may have something. */
int bus_fd(const struct bus *bus);

/* The next thing that happened. */
enum bus_event bus_next(struct bus *bus, struct bus_news *news);

/* Sends a record to connection `pid` of a user, or with 0 to all of them but this one. It goes out at bus_flush. */
void bus_send(struct bus *bus, const struct name *user, pid_t pid, const struct record *record, struct bus_reach *reach);
void bus_flush(struct bus *bus);

/* Whether some connection is still being made: then bus_look is due within BUS_LOOK_INTERVAL milliseconds. */
#define BUS_LOOK_INTERVAL 50
bool bus_busy(const struct bus *bus);
void bus_look(struct bus *bus);

/* Whether all that was sent has arrived, as far as can be known: nng drops what it holds when a process ends, and a
 * receiver believes only in a sender that is still there. */
bool bus_settled(const struct bus *bus);

/* Removes the endpoint: nobody new finds this connection. What comes on the lines that are open still comes. To be
 * done before the end, which should be by _exit: nng's threads go on to the last. */
void bus_hide(struct bus *bus);

#endif
