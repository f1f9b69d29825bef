#ifndef WS_DEFLATE_H
#define WS_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEFLATE_WINDOW_BITS_MIN 8
#define DEFLATE_WINDOW_BITS_MAX 15

/* The parameters of permessage-deflate (RFC 7692, 7.1). */
struct deflate_params {
	bool server_no_context_takeover, client_no_context_takeover;
	uint8_t server_max_window_bits, client_max_window_bits; /* 8 to 15 */
};

/* What both sides may do at the most: keep the context, and a window of 32 KiB. */
#define DEFLATE_PARAMS_USUAL ((const struct deflate_params){false, false, DEFLATE_WINDOW_BITS_MAX, DEFLATE_WINDOW_BITS_MAX})

enum deflate_result {
	DEFLATE_OK,
	DEFLATE_BAD,       /* not DEFLATE (RFC 1951), or not whole */
	DEFLATE_TOO_BIG,   /* over the limit, which nothing was written past */
	DEFLATE_NO_MEMORY,
};

/* Permessage-deflate for one connection, in both directions. It allocates with the first message that needs it. */
struct deflate {
	uint8_t in_bits, out_bits;
	bool in_no_context, out_no_context;
	bool under_way;      /* a message is being inflated */
	bool ended;          /* its last block so far was a final one (BFINAL) */
	uint8_t deflater_bits;
	struct z_stream_s *inflater, *deflater;
	unsigned char *data; /* the message that is being inflated, */
	size_t len, cap;     /* its bytes so far, and the memory's */
};

/* `server`: this end is the server. No memory is taken. */
void deflate_init(struct deflate *d, const struct deflate_params *agreed, bool server);

/* Gives all memory back. */
void deflate_finish(struct deflate *d);

/* Gives back what no later message needs; the inflater with its window stays where the peer may refer to it. */
void deflate_rest(struct deflate *d);

/* Overwrites the last message, which was a secret, and what the inflater keeps of it; but not where the peer may refer to it. */
void deflate_forget(struct deflate *d);

/* A message begins; its next `len` bytes are inflated, to `d->data` from `d->len` on; it ends. The whole of it, `limit` bytes
 * at most, is at `d->data` until the next call. After a result other than DEFLATE_OK there is no going on. */
void deflate_begin(struct deflate *d);
enum deflate_result deflate_inflate(struct deflate *d, const void *data, size_t len, size_t limit);
enum deflate_result deflate_inflate_end(struct deflate *d, size_t limit);

/* Compresses a message (RFC 7692, 7.2.1) to the `size` bytes at `out`. Its length; 0 when it does not fit or there is no
 * memory: then it has to be sent as it is. */
size_t deflate_message(struct deflate *d, const void *data, size_t len, void *out, size_t size);

#endif
