#ifndef BENCH_CODEC_H
#define BENCH_CODEC_H

/* The same work done by libws and by libwslay: a server's receiving and sending. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ws/ws.h"

#define ENDLESS SIZE_MAX

/* Where the bytes come from, in place of a socket: a read copies `most` bytes at the most. */
struct source {
	const uint8_t *data;
	size_t len, at, most;
};

/* What was delivered. `sum` is of all bytes, where `whole` says so. */
struct tally {
	uint64_t messages, bytes, sum;
	bool whole;
};

struct wire {
	const uint8_t *data; /* frames */
	size_t len, messages, most;
	const struct deflate_params *params; /* libws alone: permessage-deflate */
	struct tally tally;
};

/* Messages to send, each of `size` bytes; the bytes that would be written are what is counted. */
struct outgoing {
	const uint8_t *data;
	size_t size, messages;
	const struct deflate_params *params;
	struct tally tally;
};

size_t source_read(struct source *s, void *to, size_t room);
void tally_message(struct tally *t, const void *data, size_t len);
void tally_bytes(struct tally *t, const void *data, size_t len);

/* Each is a run of a side (struct side): `arg` is a struct wire or a struct outgoing. */
void receive_with_libws(void *arg);
void receive_with_wslay(void *arg);
void receive_with_wslay_unbuffered(void *arg);
void send_with_libws(void *arg);
void send_with_wslay(void *arg);

/* Writes a client's frames, one a message, each with its mask; compressed where `params` is not NULL. Their length. */
size_t wire_fill(uint8_t *out, enum frame_opcode opcode, const uint8_t *data, size_t size, size_t messages,
                 const struct deflate_params *params);

#endif
