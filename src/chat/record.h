#ifndef CHAT_RECORD_H
#define CHAT_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "chat/id.h"
#include "chat/name.h"

/*
 * What passes on the bus, all numbers little-endian:
 *
 *	0	version (1)
 *	1	kind
 *	2	status
 *	3	length of ref
 *	4	length of sender
 *	5	length of receiver
 *	6	length of the head, which is all before the payload (2 bytes)
 *	8	length of the payload (4 bytes)
 *	12	link (4 bytes)
 *	16	time, milliseconds since 1970 (8 bytes)
 *	24	id (16 bytes)
 *	40	ref, sender, receiver; 16 bytes `prev`, if it is not zero; then what a later version may add to the head; then the
 *		payload
 *
 * The lengths stay where they are in all versions: what is not understood can be stepped over.
 */
#define RECORD_VERSION 1
#define RECORD_HEAD 40
#define RECORD_REF_MAX 64
#define RECORD_HEAD_MAX (RECORD_HEAD + RECORD_REF_MAX + 2 * NAME_LEN_MAX + ID_SIZE)

enum record_kind {
	RECORD_UNKNOWN = 0, /* of another version, or a kind that came later: step over it */
	RECORD_MESSAGE,     /* from sender to receiver: payload is the text for the receiver's client */
	RECORD_COPY,        /* sender's own text, to show to its other connections; receiver is whom a message is for */
	RECORD_RECEIPT,     /* sender tells receiver what became of message `id`: enum record_status */
	RECORD_REFUSED,     /* sender can't take message `id`: status is an enum msg_error */
	RECORD_TYPING,      /* status is whether */
	RECORD_ASK,         /* what connection is this? */
	RECORD_FACTS,       /* the answer: payload is JSON */
	RECORD_LOGIN,       /* a connection comes to the store; */
	RECORD_GREETING,    /* which answers: payload as in chat/greeting.h */
	RECORD_NEXT,        /* a connection wants what it has not got: chat/greeting.h has the payload */
	RECORD_KEPT,        /* a message out of the store: payload is the text for the client */
	RECORD_BATCH,       /* the end of what NEXT is answered with */
	RECORD_BEHIND,      /* the store has a message that the receiver's connection was not sent */
	RECORD_QUERY,       /* a client's request to the store: payload is its JSON, ref its own */
	RECORD_ANSWER,      /* and the text for the client */
	RECORD_BLOCKS,      /* whom the user blocks: payload is their names, with spaces */
	RECORD_KINDS,
};

enum record_status {
	RECORD_DELIVERED = 1,
	RECORD_READ,
	RECORD_STORED,    /* from the store: it is on disk */
	RECORD_CONFIRMED, /* from the store: so is that it was delivered */
};

/* The status of a message. */
enum record_flag {
	RECORD_KEEPING = 1,   /* the store was sent it, too */
	RECORD_UNREACHED = 2, /* some connection of the receiver was not sent it */
	RECORD_HAD = 4,       /* it has been delivered already */
	RECORD_AWAY = 8,      /* the store was away: all that this connection sent to this receiver before has been delivered, if `prev`
	                         does not name one */
};

/* One record. ref and payload lie in the bytes that it was decoded from, or where its maker has them. */
struct record {
	enum record_kind kind;
	uint8_t status;
	uint32_t link; /* to the store: the number that its greeting gave; 0: of no connection */
	struct id id;
	uint64_t time;
	struct name sender, receiver;
	struct id prev; /* the message that the sender sent to this receiver, and the store, before; zero: none */
	const char *ref;
	size_t ref_len;
	const char *payload;
	size_t payload_len;
};

/* Its length in bytes on the bus. */
size_t record_size(const struct record *r);

/* Adds a record to the end of `out`. 0, or -1 with errno and nothing added. */
int record_encode(const struct record *r, struct buf *out);

/* Takes the record at the front of the `len` bytes at `data`. Its length in bytes, or -1 if they are not a record. */
int record_decode(struct record *r, const void *data, size_t len);

#endif
