#ifndef SESSION_ASK_H
#define SESSION_ASK_H

#include <stddef.h>
#include <stdint.h>

#include "chat/id.h"
#include "chat/msg.h"
#include "chat/record.h"

struct session;

#define ASK_MAX 8 /* questions of a client that wait for the store's answer */

/* A client's questions to the store: history, search, block, unblock. Each has one answer, if only an error. */
struct ask {
	struct question {
		struct id id;
		char ref[MSG_REF_MAX + 1];
	} waiting[ASK_MAX];
	size_t count;
	uint64_t asked; /* so far */
};

/* The client's last message is a question. */
void ask_store(struct session *s);

/* It could not be sent; an answer came, if only to a question of another connection of the user; no answer will come to any. */
void ask_not_sent(struct session *s);
void ask_answered(struct session *s, const struct record *r);
void ask_lost(struct session *s);

#endif
