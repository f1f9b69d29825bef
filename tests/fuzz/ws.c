/*
 * A stream of bytes to one side of a connection, whole and in pieces. The input:
 *
 *	0	flags, below
 *	1	the window's bits less 8 (low half), how many sizes of pieces follow (high half)
 *	2	the limit in bytes (2 bytes)
 *	4	the sizes of pieces, which are gone through again and again
 *	then	the stream as it comes, or (FRAMES) what frames are made of: see make_frame
 */
#include "ws/ws.h"

#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/buf.h"
#include "fuzz.h"

enum {
	CLIENT = 1,
	DEFLATE = 2,
	FRAMES = 4,      /* so that the stream gets past the masks, and is compressed where it says so */
	NO_CONTEXT = 8,
	REST = 16,       /* deflate_rest between pieces */
	LIMIT_SMALL = 32, /* a limit of 255 bytes at the most */
};

#define LIMIT_MOST 0x3fff
#define SIZES_MAX 15
#define SQUEEZE FRAME_RSV3 /* in the input: compress this payload; no extension gives the bit a meaning */
#define SPLIT FRAME_RSV2   /* in the input: and send it in two frames */

struct set_up {
	unsigned flags;
	uint8_t bits;
	size_t limit;
	const uint8_t *sizes;
	size_t sizes_count;
};

static void
set_up(struct set_up *s, struct fuzz_input *in)
{
	s->flags = fuzz_byte(in);
	s->bits = fuzz_byte(in);
	s->limit = fuzz_number(in, 2) & (s->flags & LIMIT_SMALL ? 0xff : LIMIT_MOST);
	s->sizes_count = s->bits >> 4 & SIZES_MAX;
	s->sizes = fuzz_take(in, &s->sizes_count);
	s->bits = (uint8_t)(DEFLATE_WINDOW_BITS_MIN + (s->bits & 7));
}

static size_t
piece(const struct set_up *s, size_t i)
{
	size_t n = s->sizes_count ? s->sizes[i % s->sizes_count] : 1;

	return n ? n : i % 3; /* none at all, too, but not for ever */
}

static void
put_frame(struct buf *out, const struct set_up *s, unsigned first, const void *data, size_t len)
{
	uint8_t mask[4] = {(uint8_t)(first * 37 + len), (uint8_t)buf_len(out), 0x5a, (uint8_t)(len >> 3)}, *p;
	size_t head;

	p = buf_room(out, FRAME_HEAD_MAX + len);
	CHECK(p);
	head = frame_encode(p, first, len, s->flags & CLIENT ? NULL : mask);
	for (size_t i = 0; i < len; i++)
		p[head + i] = ((const uint8_t *)data)[i] ^ (s->flags & CLIENT ? 0 : mask[i % 4]);
	buf_added(out, head + len);
}

static void
put_squeezed(struct buf *out, const struct set_up *s, z_stream *z, unsigned first, const void *data, size_t len)
{
	size_t size = len + len / 8 + 64, half;
	uint8_t *p = malloc(size);

	z->next_in = data;
	z->avail_in = (unsigned)len;
	z->next_out = p;
	z->avail_out = (unsigned)size;
	deflate(z, Z_SYNC_FLUSH);
	CHECK(z->avail_out > 0);
	size -= z->avail_out;
	size -= size >= 4 ? 4 : 0;
	half = first & SPLIT ? size / 2 : size;
	first = (first & FRAME_FIN) | FRAME_RSV1 | (first & 0x0f);
	put_frame(out, s, half < size ? first & 0x7f : first, p, half);
	if (half < size)
		put_frame(out, s, first & FRAME_FIN, p + half, size - half);
	if (s->flags & NO_CONTEXT)
		deflateReset(z);
	free(p);
}

/* A frame is its first byte, a length (one byte; two when that is over 127), and the payload. */
static void
make_frame(struct buf *out, const struct set_up *s, z_stream *z, struct fuzz_input *in)
{
	unsigned first = fuzz_byte(in);
	size_t len = fuzz_byte(in);
	const uint8_t *data;

	if (len > 127)
		len = (len & 127) << 8 | fuzz_byte(in);
	data = fuzz_take(in, &len);
	if (first & SQUEEZE)
		put_squeezed(out, s, z, first, data, len);
	else
		put_frame(out, s, first, data, len);
}

static void
make_stream(struct buf *out, const struct set_up *s, struct fuzz_input in)
{
	z_stream z = {0};

	CHECK(buf_room(out, 1)); /* so that it has an address, though it may stay empty */
	if (!(s->flags & FRAMES)) {
		CHECK(buf_add(out, in.at, in.len) == 0);
		return;
	}
	CHECK(deflateInit2(&z, 1, Z_DEFLATED, s->bits < 9 ? -9 : -s->bits, 1, Z_DEFAULT_STRATEGY) == Z_OK);
	while (in.len > 0)
		make_frame(out, s, &z, &in);
	deflateEnd(&z);
}

/* What is heard of a stream: each event with its code, its length and its bytes, in a row. */
struct hearer {
	const struct set_up *set_up;
	struct ws ws;
	struct deflate deflate;
	bool over;
	size_t want;
	struct buf log;
};

struct entry {
	uint8_t event;
	uint16_t code;
	size_t len;
};

static void
start(struct hearer *h, const struct set_up *s)
{
	struct deflate_params agreed = {s->flags & NO_CONTEXT, s->flags & NO_CONTEXT, s->bits, s->bits};

	*h = (struct hearer){.set_up = s};
	CHECK(buf_room(&h->log, 1)); /* so that it has an address, though it may stay empty */
	deflate_init(&h->deflate, &agreed, !(s->flags & CLIENT));
	ws_init(&h->ws, s->flags & CLIENT ? WS_CLIENT : WS_SERVER, s->limit, s->flags & DEFLATE ? &h->deflate : NULL);
}

/* RFC 6455, 7.4; the codes that IANA has for the wire, and those for libraries and applications. */
static bool
is_code(uint16_t code)
{
	static const uint16_t codes[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (code == codes[i])
			return true;
	return code >= 3000 && code <= 4999;
}

static void
check_event(const struct hearer *h, enum ws_event event, const struct ws_slice *slice)
{
	switch (event) {
	case WS_TEXT:
		CHECK(fuzz_is_utf8(slice->data, slice->len));
		/* fall through */
	case WS_BINARY:
		CHECK(slice->len <= h->set_up->limit);
		break;
	case WS_PING:
	case WS_PONG:
		CHECK(slice->len <= FRAME_CONTROL_MAX);
		break;
	case WS_CLOSE:
		CHECK(slice->len <= WS_REASON_MAX && fuzz_is_utf8(slice->data, slice->len));
		CHECK(slice->code == WS_NO_STATUS ? slice->len == 0 : is_code(slice->code));
		break;
	case WS_FAIL:
		CHECK(slice->code == WS_PROTOCOL_ERROR || slice->code == WS_BAD_PAYLOAD || slice->code == WS_POLICY ||
		      slice->code == WS_TOO_BIG);
		CHECK(slice->why && *slice->why && slice->len == 0);
		break;
	default:
		CHECK(false);
	}
}

static void
note(struct hearer *h, enum ws_event event, const struct ws_slice *slice)
{
	struct entry e;

	memset(&e, 0, sizeof e);
	e.event = event;
	e.code = event == WS_CLOSE || event == WS_FAIL ? slice->code : 0;
	e.len = slice->len;
	CHECK(buf_add(&h->log, &e, sizeof e) == 0);
	CHECK(e.len == 0 || buf_add(&h->log, slice->data, e.len) == 0);
}

/* Hears `fresh` bytes that are the last of the `len` in the buffer. How many are left. */
static size_t
hear(struct hearer *h, unsigned char *data, size_t len, size_t fresh)
{
	struct ws_slice slice;
	enum ws_event event;
	size_t rest;

	while ((event = ws_next(&h->ws, data, len, &slice)) != WS_MORE) {
		CHECK(!h->over);
		CHECK(event == WS_FAIL || fresh >= h->want);
		check_event(h, event, &slice);
		note(h, event, &slice);
		h->over = event == WS_CLOSE || event == WS_FAIL;
	}
	CHECK(h->deflate.cap <= h->set_up->limit + 1 && h->deflate.len <= h->deflate.cap);
	rest = ws_settle(&h->ws, data, len);
	CHECK(rest <= len && (!h->over || rest == 0));
	h->want = ws_want(&h->ws);
	return rest;
}

static void
hear_whole(struct hearer *h, const struct buf *stream)
{
	unsigned char *data = fuzz_block(buf_at(stream), buf_len(stream));

	hear(h, data, buf_len(stream), buf_len(stream));
	free(data);
}

/* In a buffer that is no larger than what the header asks for: there must be room for a next byte at all times. */
static void
hear_pieces(struct hearer *h, const struct buf *stream)
{
	size_t size = WS_BUFFER_SIZE(h->set_up->limit), len = 0, n;
	unsigned char *data = fuzz_block(NULL, size);

	for (size_t at = 0, i = 0; at < buf_len(stream); at += n, i++) {
		n = piece(h->set_up, i);
		CHECK(len < size);
		n = n < size - len ? n : size - len;
		n = n < buf_len(stream) - at ? n : buf_len(stream) - at;
		memcpy(data + len, buf_at(stream) + at, n);
		len = hear(h, data, len + n, n);
		if (h->set_up->flags & REST)
			deflate_rest(&h->deflate);
	}
	free(data);
}

/* Whether the log ends with data that can't be inflated or is not UTF-8. */
static bool
ends_bad(const struct hearer *h)
{
	struct entry e;

	if (buf_len(&h->log) < sizeof e)
		return false;
	memcpy(&e, buf_at(&h->log) + buf_len(&h->log) - sizeof e, sizeof e);
	return h->over && e.event == WS_FAIL && e.code == WS_BAD_PAYLOAD;
}

/* zlib sees that a peer reaches back beyond a small window only where that is no more in the output's memory, which depends
 * on the pieces. All else does not. */
static void
check_same(const struct hearer *whole, const struct hearer *pieces)
{
	size_t a = buf_len(&whole->log), b = buf_len(&pieces->log);

	if (whole->set_up->bits < DEFLATE_WINDOW_BITS_MAX && ends_bad(pieces)) {
		CHECK(b - sizeof(struct entry) <= a);
		a = b -= sizeof(struct entry);
	}
	CHECK(a == b && memcmp(buf_at(&whole->log), buf_at(&pieces->log), a) == 0);
}

static void
finish(struct hearer *h)
{
	deflate_finish(&h->deflate);
	buf_free(&h->log);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	struct hearer whole, pieces;
	struct buf stream = {0};
	struct set_up s;

	set_up(&s, &in);
	make_stream(&stream, &s, in);
	start(&whole, &s);
	start(&pieces, &s);
	hear_whole(&whole, &stream);
	hear_pieces(&pieces, &stream);
	check_same(&whole, &pieces);
	finish(&whole);
	finish(&pieces);
	buf_free(&stream);
	return 0;
}
