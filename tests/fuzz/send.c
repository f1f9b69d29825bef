/*
 * Messages from one side of a connection to the other: what ws_frame writes, ws_next reads. The input:
 *
 *	0	flags, below
 *	1	the windows' bits less 8: of the server (low half), of the client (high half)
 *	then	messages: see send_one
 *
 * It ends with a close frame, whose reason is the input itself.
 */
#include "ws/ws.h"

#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "fuzz.h"

enum {
	FROM_CLIENT = 1,
	DEFLATE = 2,
	SERVER_NO_CONTEXT = 4,
	CLIENT_NO_CONTEXT = 8,
};

enum {
	BINARY = 1,
	CONTROL = 2,    /* a ping, or with BINARY a pong */
	SENDER_REST = 4,
	RECEIVER_REST = 8,
	NOISE = 16,     /* which can't be compressed */
};

#define LIMIT 65536
#define MESSAGES_MAX 16

struct side {
	struct ws ws;
	struct deflate deflate;
	z_stream strict; /* reads what it sends with the window that was agreed on, and not a byte more */
};

static void
start(struct side *s, enum ws_role role, unsigned flags, const struct deflate_params *agreed)
{
	deflate_init(&s->deflate, agreed, role == WS_SERVER);
	ws_init(&s->ws, role, LIMIT, flags & DEFLATE ? &s->deflate : NULL);
	s->strict = (z_stream){0};
	CHECK(inflateInit2(&s->strict, -s->deflate.out_bits) == Z_OK);
}

static void
finish(struct side *s)
{
	deflate_finish(&s->deflate);
	inflateEnd(&s->strict);
}

/* A few bytes that come again and again, with noise laid over them. */
static uint8_t *
make_payload(unsigned flags, const uint8_t *pattern, size_t len, size_t times)
{
	uint8_t *payload = malloc(len * times);
	uint32_t seed = (uint32_t)(len * 31 + times);

	CHECK(payload);
	for (size_t i = 0; i < len * times; i++) {
		seed = seed * 1664525 + 1013904223;
		payload[i] = pattern[i % len] ^ (flags & NOISE ? (uint8_t)(seed >> 24) : 0);
	}
	return payload;
}

/* zlib lets a sender reach back beyond the window as far as the output of the same call goes: so it gets room for one byte. */
static void
check_window(struct side *from, const uint8_t *frame, size_t size, const uint8_t *data, size_t len)
{
	z_stream *z = &from->strict;
	struct frame f;
	int head = frame_decode(&f, frame, size);
	uint8_t *payload = malloc(size + 4);

	CHECK(head > 0 && f.len == size - (size_t)head);
	memcpy(payload, frame + head, f.len);
	if (f.masked)
		frame_mask(payload, payload, f.len, f.mask, 0);
	memcpy(payload + f.len, "\0\0\xff\xff", 4); /* RFC 7692, 7.2.2 */
	z->next_in = payload;
	z->avail_in = (unsigned)f.len + 4;
	for (size_t i = 0; i < len; i++) {
		uint8_t byte;

		z->next_out = &byte;
		z->avail_out = 1;
		CHECK(inflate(z, Z_SYNC_FLUSH) == Z_OK && z->avail_out == 0 && byte == data[i]);
	}
	inflate(z, Z_SYNC_FLUSH);
	CHECK(z->avail_in == 0);
	if (from->deflate.out_no_context)
		inflateReset(z);
	free(payload);
}

static void
check_received(struct side *to, const uint8_t *frame, size_t size, enum ws_event event, const uint8_t *data, size_t len)
{
	unsigned char *block = fuzz_block(frame, size);
	struct ws_slice slice;

	CHECK(ws_next(&to->ws, block, size, &slice) == event);
	CHECK(slice.len == len && (len == 0 || memcmp(slice.data, data, len) == 0));
	CHECK(ws_next(&to->ws, block, size, &slice) == WS_MORE);
	CHECK(ws_settle(&to->ws, block, size) == 0);
	free(block);
}

static void
send_payload(struct side *from, struct side *to, unsigned flags, const uint8_t *data, size_t len, const uint8_t mask[4])
{
	static const enum frame_opcode opcodes[] = {FRAME_TEXT, FRAME_BINARY, FRAME_PING, FRAME_PONG};
	static const enum ws_event events[] = {WS_TEXT, WS_BINARY, WS_PING, WS_PONG};
	uint8_t *out = fuzz_block(NULL, WS_FRAME_SIZE(len));
	size_t kind = flags & (BINARY | CONTROL), size;

	if (kind == 0 && !fuzz_is_utf8(data, len))
		kind = BINARY;
	size = ws_frame(&from->ws, out, opcodes[kind], data, len, from->ws.role == WS_CLIENT ? mask : NULL);
	CHECK(size >= 2 && size <= WS_FRAME_SIZE(len));
	if (!from->ws.deflate || len < WS_DEFLATE_LEAST)
		CHECK((out[0] & FRAME_RSV) == 0);
	if (out[0] & FRAME_RSV1)
		check_window(from, out, size, data, len);
	check_received(to, out, size, events[kind], data, len);
	free(out);
}

/* A message is its flags, how many times the pattern comes, the pattern's length, a mask for all, and the pattern. */
static void
send_one(struct side *from, struct side *to, struct fuzz_input *in)
{
	unsigned flags = fuzz_byte(in);
	size_t times = fuzz_byte(in), len = fuzz_byte(in);
	uint8_t mask[4] = {fuzz_byte(in), (uint8_t)flags, (uint8_t)times, (uint8_t)len}, *payload;
	const uint8_t *pattern = fuzz_take(in, &len);

	if (flags & CONTROL) {
		times = 1;
		len = len < FRAME_CONTROL_MAX ? len : FRAME_CONTROL_MAX;
	}
	payload = make_payload(flags, pattern, len, times);
	send_payload(from, to, flags, payload, len * times, mask);
	free(payload);
	if (flags & SENDER_REST)
		deflate_rest(&from->deflate);
	if (flags & RECEIVER_REST)
		deflate_rest(&to->deflate);
}

/* Of a reason as much comes as fits, and no part of a character. */
static void
send_close(struct side *from, struct side *to, const uint8_t *data, size_t len)
{
	char *reason = malloc(len + 1);
	uint8_t payload[FRAME_CONTROL_MAX], frame[WS_FRAME_SIZE(FRAME_CONTROL_MAX)];
	size_t size, said;
	struct ws_slice slice;

	memcpy(reason, data, len);
	reason[len] = 0;
	len = strlen(reason);
	size = ws_close_payload(payload, WS_GOING_AWAY, reason);
	CHECK(size >= 2 && size <= sizeof payload);
	said = size - 2;
	size = ws_frame(&from->ws, frame, FRAME_CLOSE, payload, size, from->ws.role == WS_CLIENT ? payload : NULL);
	CHECK(ws_next(&to->ws, frame, size, &slice) == WS_CLOSE && slice.code == WS_GOING_AWAY);
	CHECK(slice.len == said && memcmp(slice.data, reason, said) == 0 && fuzz_is_utf8(reason, said));
	if (fuzz_is_utf8(reason, len))
		CHECK(said == len || said > WS_REASON_MAX - 4);
	CHECK(ws_next(&to->ws, frame, size, &slice) == WS_MORE && ws_settle(&to->ws, frame, size) == 0);
	free(reason);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	unsigned flags = fuzz_byte(&in), bits = fuzz_byte(&in);
	struct deflate_params agreed = {
		flags & SERVER_NO_CONTEXT,
		flags & CLIENT_NO_CONTEXT,
		(uint8_t)(DEFLATE_WINDOW_BITS_MIN + (bits & 7)),
		(uint8_t)(DEFLATE_WINDOW_BITS_MIN + (bits >> 4 & 7)),
	};
	struct side from, to;

	start(&from, flags & FROM_CLIENT ? WS_CLIENT : WS_SERVER, flags, &agreed);
	start(&to, flags & FROM_CLIENT ? WS_SERVER : WS_CLIENT, flags, &agreed);
	for (int i = 0; i < MESSAGES_MAX && in.len > 0; i++)
		send_one(&from, &to, &in);
	send_close(&from, &to, data, len);
	finish(&from);
	finish(&to);
	return 0;
}
