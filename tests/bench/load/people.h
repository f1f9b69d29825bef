#ifndef LOAD_PEOPLE_H
#define LOAD_PEOPLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "house.h"
#include "ws/handshake.h"
#include "ws/ws.h"

#define PERSON_NAME_SIZE 24

/* Clients, each with one connection, all in one thread. One that is lost, closed, or told of an error ends the program. */
struct person {
	char name[PERSON_NAME_SIZE];
	enum person_state {
		PERSON_AWAY,
		PERSON_SHAKING, /* the answer to the request is waited for, */
		PERSON_COMING,  /* and the welcome */
		PERSON_HERE,
		PERSON_LEAVING, /* a close frame has been sent */
	} state;
	int fd;
	pid_t session;
	char key[HANDSHAKE_KEY_SIZE + 1];
	struct ws ws;
	struct buf in, out;
	bool ended;          /* so has the connection */
	bool waits_to_write; /* for the kernel */
	bool unsaid;         /* it is in the list of those with something to write */
	struct person *next_unsaid;
};

enum news_kind {
	NEWS_NONE, /* the time is over */
	NEWS_HERE, /* a person is welcomed */
	NEWS_LEFT,
	NEWS_MESSAGE,
	NEWS_RECEIPT,
};

/* What came for whom. `text` is JSON, good until the next people_next. */
struct news {
	enum news_kind kind;
	struct person *person;
	const char *text;
	size_t len;
};

/* A string of a message's, by its name: texts without escapes alone. Its length, or -1 if there is none. */
int news_get(const struct news *n, const char *field, const char **value);

void people_init(void);

/* Connects somebody: a session is started for her. NEWS_HERE comes when she is welcomed. */
void people_come(struct person *p, const struct house *h, const char *name);

/* Sends a message: it is written by people_next or by people_flush. */
void people_say(struct person *p, const char *text, size_t len);
void people_flush(void);

/* The next thing that came, waited for until then (clock_us). */
enum news_kind people_next(int64_t until, struct news *n);

/* Wait until all of these are welcomed; let them leave, and wait for the ends of their sessions, which must be good ones. */
void people_wait(struct person *people, size_t count);
void people_leave(struct person *people, size_t count);

#endif
