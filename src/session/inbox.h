#ifndef SESSION_INBOX_H
#define SESSION_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "chat/id.h"
#include "chat/name.h"
#include "chat/record.h"

#define INBOX_MAX 2048 /* messages */

/* A message that was written to the client, which has not shown yet that it read it. */
struct inbox_entry {
	struct id id;       /* as its sender knows it */
	struct id shown;    /* as the client knows it: another, if it was sent before */
	struct name from;   /* who sent it: its connection */
	pid_t pid;          /* `pid`; 0: this one; -1: the store sent it */
	bool kept;          /* the store has it, or will have: it is to know */
	uint32_t ping;      /* the pong to this ping shows it */
};

/* The messages that wait for a pong, oldest first: a ring that grows. */
struct inbox {
	struct inbox_entry *entries;
	size_t first, count, cap;
};

/* A new entry at the end, or NULL: it is full, or there is no memory. */
struct inbox_entry *inbox_add(struct inbox *in);

/* Takes the oldest entry off if the pong to `ping` shows it. */
bool inbox_take(struct inbox *in, uint32_t ping, struct inbox_entry *entry);

void inbox_free(struct inbox *in);

#endif
