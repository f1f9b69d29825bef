#include "deflate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#define LEAST 1024         /* bytes of the first memory for a message */
#define ZLIB_BITS_MIN 9    /* zlib has no window of 256 bytes for raw DEFLATE, */
#define ZLIB_SHORT 262     /* but reaches back no further than the window less so many bytes (its MIN_LOOKAHEAD) */
#define LEVEL Z_BEST_SPEED /* each receiver's process compresses for itself: see the table in README.md */
#define TAIL_SIZE 4

/* What a sender takes off the end of each message, and a receiver puts back (RFC 7692, 7.2.1, 7.2.2). */
static const uint8_t tail[TAIL_SIZE] = {0x00, 0x00, 0xff, 0xff};

void
deflate_init(struct deflate *d, const struct deflate_params *agreed, bool server)
{
	*d = (struct deflate){
		.in_bits = server ? agreed->client_max_window_bits : agreed->server_max_window_bits,
		.out_bits = server ? agreed->server_max_window_bits : agreed->client_max_window_bits,
		.in_no_context = server ? agreed->client_no_context_takeover : agreed->server_no_context_takeover,
		.out_no_context = server ? agreed->server_no_context_takeover : agreed->client_no_context_takeover,
	};
}

static void
drop(z_stream **z, int (*end)(z_stream *))
{
	if (*z)
		end(*z);
	free(*z);
	*z = NULL;
}

static void
drop_message(struct deflate *d)
{
	free(d->data);
	d->data = NULL;
	d->len = d->cap = 0;
	d->under_way = false;
}

void
deflate_finish(struct deflate *d)
{
	drop(&d->inflater, inflateEnd);
	drop(&d->deflater, deflateEnd);
	drop_message(d);
}

void
deflate_rest(struct deflate *d)
{
	drop(&d->deflater, deflateEnd); /* a sender may begin afresh with any message */
	if (d->under_way)
		return;
	drop_message(d);
	if (d->in_no_context)
		drop(&d->inflater, inflateEnd);
}

/* A dictionary as long as the window takes the place of all that was in it. */
void
deflate_forget(struct deflate *d)
{
	static const uint8_t nothing[1 << DEFLATE_WINDOW_BITS_MAX];

	if (d->data)
		memset(d->data, 0, d->cap);
	if (!d->inflater || !d->in_no_context || d->under_way)
		return;
	inflateReset(d->inflater);
	inflateSetDictionary(d->inflater, nothing, sizeof nothing);
	inflateReset(d->inflater);
}

/* What follows a final block goes on with the same window (RFC 7692, 7.2.3.4). zlib.h has inflateResetKeep among what it
 * does not document; without it the window would have to be copied out and in again. */
static void
go_on(struct deflate *d)
{
	if (d->ended)
		inflateResetKeep(d->inflater);
	d->ended = false;
}

void
deflate_begin(struct deflate *d)
{
	d->under_way = true;
	d->len = 0;
	go_on(d);
}

static enum deflate_result
make_inflater(struct deflate *d)
{
	d->ended = false;
	d->inflater = calloc(1, sizeof *d->inflater);
	if (d->inflater && inflateInit2(d->inflater, -d->in_bits) == Z_OK)
		return DEFLATE_OK;
	free(d->inflater);
	d->inflater = NULL;
	return DEFLATE_NO_MEMORY;
}

/* Makes room at the end of the message: one byte past the limit at the most, which shows that it is too long. */
static enum deflate_result
grow(struct deflate *d, size_t limit)
{
	size_t most = limit < SIZE_MAX ? limit + 1 : limit;
	size_t cap = d->cap < LEAST ? LEAST : d->cap > most / 2 ? most : 2 * d->cap;
	unsigned char *data;

	if (cap > most)
		cap = most;
	data = realloc(d->data, cap);
	if (!data)
		return DEFLATE_NO_MEMORY;
	d->data = data;
	d->cap = cap;
	return DEFLATE_OK;
}

static unsigned
clamp(size_t n)
{
	return n < UINT_MAX ? (unsigned)n : UINT_MAX;
}

/* One step: as far as the room goes. */
static enum deflate_result
step(struct deflate *d, size_t limit)
{
	z_stream *z = d->inflater;
	unsigned room;
	int r;

	if (d->len == d->cap && grow(d, limit) != DEFLATE_OK)
		return DEFLATE_NO_MEMORY;
	go_on(d);
	room = clamp(d->cap - d->len);
	z->next_out = d->data + d->len;
	z->avail_out = room;
	r = inflate(z, Z_SYNC_FLUSH);
	d->len += room - z->avail_out;
	if (d->len > limit)
		return DEFLATE_TOO_BIG;
	d->ended = r == Z_STREAM_END;
	if (r == Z_MEM_ERROR)
		return DEFLATE_NO_MEMORY;
	return r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR ? DEFLATE_OK : DEFLATE_BAD;
}

enum deflate_result
deflate_inflate(struct deflate *d, const void *data, size_t len, size_t limit)
{
	enum deflate_result r = d->inflater || len == 0 ? DEFLATE_OK : make_inflater(d);
	const uint8_t *p = data;

	while (r == DEFLATE_OK && len > 0) {
		unsigned n = clamp(len);

		d->inflater->next_in = p;
		d->inflater->avail_in = n;
		p += n;
		len -= n;
		do {
			r = step(d, limit);
		} while (r == DEFLATE_OK && (d->inflater->avail_in > 0 || d->inflater->avail_out == 0));
	}
	return r;
}

/* Whether the inflater stands between two blocks, with no bit of the last byte left over. */
static bool
is_between_blocks(const z_stream *z)
{
	return (z->data_type & 0xff) == 128; /* zlib.h, inflate(): 128 after a block, and below it the bits */
}

enum deflate_result
deflate_inflate_end(struct deflate *d, size_t limit)
{
	enum deflate_result r = DEFLATE_OK;

	if (!d->ended) {
		r = deflate_inflate(d, tail, TAIL_SIZE, limit);
		if (r == DEFLATE_OK && !d->ended && !is_between_blocks(d->inflater))
			r = DEFLATE_BAD;
	}
	if (r == DEFLATE_OK && d->in_no_context) {
		inflateReset(d->inflater);
		d->ended = false;
	}
	d->under_way = false;
	return r;
}

/* The window for a message of `len` bytes: no larger than it can make use of, where it stands alone. One of 8 bits is made
 * with 9, which reaches back 250 bytes. */
static uint8_t
out_bits_for(const struct deflate *d, size_t len)
{
	uint8_t bits = d->out_bits < ZLIB_BITS_MIN ? ZLIB_BITS_MIN : d->out_bits, b = ZLIB_BITS_MIN;

	if (!d->out_no_context)
		return bits;
	while (b < bits && ((size_t)1 << b) - ZLIB_SHORT < len)
		b++;
	return b;
}

/* A deflater with a window for `len` bytes, its hash table in proportion. */
static z_stream *
deflater_for(struct deflate *d, size_t len)
{
	uint8_t bits = out_bits_for(d, len);

	if (d->deflater && d->deflater_bits >= bits)
		return d->deflater;
	drop(&d->deflater, deflateEnd);
	d->deflater = calloc(1, sizeof *d->deflater);
	if (d->deflater && deflateInit2(d->deflater, LEVEL, Z_DEFLATED, -bits, bits - 7, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(d->deflater);
		d->deflater = NULL;
	}
	d->deflater_bits = bits;
	return d->deflater;
}

size_t
deflate_message(struct deflate *d, const void *data, size_t len, void *out, size_t size)
{
	z_stream *z = len > 0 && len <= UINT_MAX && size > 0 ? deflater_for(d, len) : NULL;
	bool whole;
	size_t n;

	if (!z)
		return 0;
	z->next_in = data;
	z->avail_in = (unsigned)len;
	z->next_out = out;
	z->avail_out = clamp(size);
	whole = deflate(z, Z_SYNC_FLUSH) == Z_OK && z->avail_in == 0 && z->avail_out > 0;
	n = clamp(size) - z->avail_out;
	if (!whole || d->out_no_context)
		deflateReset(z); /* what is not sent must not be referred to */
	return whole ? n - TAIL_SIZE : 0;
}
