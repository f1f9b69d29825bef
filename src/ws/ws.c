#include "ws.h"

#include <string.h>

#define COMPRESSED_SLACK 1024 /* bytes */
#define NOT_UTF8 "a text that is not UTF-8"

void
ws_init(struct ws *ws, enum ws_role role, size_t limit, struct deflate *deflate)
{
	*ws = (struct ws){.role = role, .limit = limit, .deflate = deflate};
}

static enum ws_event
fail(struct ws *ws, struct ws_slice *out, uint16_t code, const char *why)
{
	ws->state = WS_OVER;
	ws->kind = 0;
	*out = (struct ws_slice){.code = code, .why = why};
	return WS_FAIL;
}

static bool
is_control(const struct frame *f)
{
	return f->opcode & 0x8;
}

/* The reserved bits that the first frame of a message, but no other, may have (RFC 7692, 6.1). */
static unsigned
allowed_bits(const struct ws *ws, const struct frame *f)
{
	return ws->deflate && (f->opcode == FRAME_TEXT || f->opcode == FRAME_BINARY) ? FRAME_RSV1 : 0;
}

/* What is wrong with a frame by its first two bytes, or NULL; `len7` is the length that stands in them. */
static const char *
head_fault(const struct ws *ws, const struct frame *f, unsigned len7)
{
	if (f->bits & FRAME_RSV & ~allowed_bits(ws, f))
		return "a reserved bit is set"; /* 5.2: no extension gave it a meaning */
	if (f->masked != (ws->role == WS_SERVER))
		return f->masked ? "a server's frame is masked" : "a client's frame is not masked"; /* 5.1 */
	switch (f->opcode) {
	case FRAME_CONTINUATION:
		return ws->kind ? NULL : "a continuation of nothing"; /* 5.4 */
	case FRAME_TEXT:
	case FRAME_BINARY:
		return ws->kind ? "a new message inside a fragmented one" : NULL; /* 5.4 */
	case FRAME_CLOSE:
	case FRAME_PING:
	case FRAME_PONG:
		if (!(f->bits & FRAME_FIN))
			return "a fragmented control frame"; /* 5.5 */
		return len7 > FRAME_CONTROL_MAX ? "a control frame over 125 bytes" : NULL; /* 5.5 */
	default:
		return "a reserved opcode"; /* 5.2 */
	}
}

bool
ws_code_valid(unsigned code)
{
	if (code >= 3000 && code <= 4999)
		return true;
	return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

/* 5.5.1, 7.4. */
static enum ws_event
close_frame(struct ws *ws, struct ws_slice *out)
{
	if (out->len == 1)
		return fail(ws, out, WS_PROTOCOL_ERROR, "a close frame with half a code");
	out->code = WS_NO_STATUS;
	if (out->len >= 2) {
		out->code = (uint16_t)(out->data[0] << 8 | out->data[1]);
		out->data += 2;
		out->len -= 2;
		if (!ws_code_valid(out->code))
			return fail(ws, out, WS_PROTOCOL_ERROR, "a close code that may not be sent");
		if (!utf8_is(out->data, out->len))
			return fail(ws, out, WS_BAD_PAYLOAD, "a close reason that is not UTF-8");
	}
	ws->state = WS_OVER;
	ws->kind = 0;
	return WS_CLOSE;
}

static enum ws_event
control_frame(struct ws *ws, unsigned char *payload, struct ws_slice *out)
{
	*out = (struct ws_slice){.data = payload, .len = (size_t)ws->frame.len};
	if (ws->frame.masked)
		frame_mask(payload, payload, out->len, ws->frame.mask, 0);
	switch (ws->frame.opcode) {
	case FRAME_PING:
		return WS_PING;
	case FRAME_PONG:
		return WS_PONG;
	default:
		return close_frame(ws, out);
	}
}

/* The most that a message may have on the wire. One that is compressed is held to the limit while it is inflated, but could
 * go on for ever with blocks of nothing: an honest one is hardly ever longer than what it stands for. */
static uint64_t
wire_limit(const struct ws *ws)
{
	uint64_t limit = ws->limit;

	if (!ws->compressed)
		return limit;
	return limit > (UINT64_MAX - COMPRESSED_SLACK) / 2 ? UINT64_MAX : 2 * limit + COMPRESSED_SLACK;
}

/* The head of a data frame has been taken: its message goes on, or starts here. */
static enum ws_event
data_frame(struct ws *ws, struct ws_slice *out)
{
	if (ws->frame.opcode != FRAME_CONTINUATION) {
		ws->kind = ws->frame.opcode;
		ws->start = ws->at;
		ws->size = 0;
		ws->compressed = ws->frame.bits & FRAME_RSV1;
		if (ws->compressed)
			deflate_begin(ws->deflate);
		ws->wire = 0;
		ws->empty = 0;
		ws->utf8 = (struct utf8){0};
	}
	if (ws->frame.len > wire_limit(ws) - ws->wire)
		return fail(ws, out, WS_TOO_BIG, "a message over the limit");
	ws->wire += ws->frame.len;
	if (ws->frame.len == 0 && ++ws->empty > WS_EMPTY_FRAGMENTS_MAX)
		return fail(ws, out, WS_POLICY, "too many empty fragments");
	ws->left = ws->frame.len;
	ws->state = WS_IN_PAYLOAD;
	return WS_MORE;
}

static enum ws_event
inflate_fault(struct ws *ws, struct ws_slice *out, enum deflate_result r)
{
	switch (r) {
	case DEFLATE_TOO_BIG:
		return fail(ws, out, WS_TOO_BIG, "a message over the limit when inflated");
	case DEFLATE_NO_MEMORY:
		return fail(ws, out, WS_INTERNAL, "no memory to inflate a message");
	default:
		return fail(ws, out, WS_BAD_PAYLOAD, "compressed data that can't be inflated");
	}
}

/* Inflates what has come of a message, or its end, and checks what that made. */
static enum ws_event
inflate_payload(struct ws *ws, const unsigned char *data, size_t len, bool end, struct ws_slice *out)
{
	struct deflate *d = ws->deflate;
	size_t before = d->len;
	enum deflate_result r = end ? deflate_inflate_end(d, ws->limit) : deflate_inflate(d, data, len, ws->limit);

	if (ws->kind == FRAME_TEXT && d->len > before && utf8_feed(&ws->utf8, d->data + before, d->len - before) < 0)
		return fail(ws, out, WS_BAD_PAYLOAD, NOT_UTF8);
	return r == DEFLATE_OK ? WS_MORE : inflate_fault(ws, out, r);
}

/* Takes what there is of the payload: unmasked, behind what the message has or through the inflater, and checked. */
static enum ws_event
payload(struct ws *ws, unsigned char *data, size_t len, struct ws_slice *out)
{
	size_t n = ws->left < len - ws->at ? (size_t)ws->left : len - ws->at;
	unsigned char *from = data + ws->at, *to = ws->compressed ? from : data + ws->start + ws->size;

	if (ws->frame.masked)
		frame_mask(to, from, n, ws->frame.mask, ws->frame.len - ws->left);
	else if (to != from)
		memmove(to, from, n);
	ws->at += n;
	ws->left -= n;
	if (ws->compressed)
		return inflate_payload(ws, to, n, false, out);
	ws->size += n;
	if (ws->kind == FRAME_TEXT && utf8_feed(&ws->utf8, to, n) < 0)
		return fail(ws, out, WS_BAD_PAYLOAD, NOT_UTF8);
	return WS_MORE;
}

static enum ws_event
message(struct ws *ws, unsigned char *data, struct ws_slice *out)
{
	enum ws_event event = ws->kind == FRAME_TEXT ? WS_TEXT : WS_BINARY;

	*out = (struct ws_slice){.data = data + ws->start, .len = ws->size, .wire = ws->wire};
	if (ws->compressed) {
		if (inflate_payload(ws, NULL, 0, true, out) == WS_FAIL)
			return WS_FAIL;
		*out = (struct ws_slice){.data = ws->deflate->data, .len = ws->deflate->len, .wire = ws->wire};
	}
	if (event == WS_TEXT && !utf8_done(&ws->utf8))
		return fail(ws, out, WS_BAD_PAYLOAD, "a text that ends inside a character");
	ws->kind = 0;
	return event;
}

/* Takes the next frame's head, and the whole frame if it is a control frame. WS_MORE with the state unchanged when it
 * has not come whole. */
static enum ws_event
head(struct ws *ws, unsigned char *data, size_t len, struct ws_slice *out)
{
	struct frame *f = &ws->frame;
	int n = frame_decode(f, data + ws->at, len - ws->at);
	const char *fault = len - ws->at >= 2 ? head_fault(ws, f, data[ws->at + 1] & 0x7f) : NULL;

	if (fault)
		return fail(ws, out, WS_PROTOCOL_ERROR, fault);
	if (n < 0)
		return fail(ws, out, WS_PROTOCOL_ERROR, "a length that is not in its shortest form");
	if (n == 0)
		return WS_MORE;
	if (!is_control(f)) {
		ws->at += (size_t)n;
		return data_frame(ws, out);
	}
	if (f->len > len - ws->at - (size_t)n)
		return WS_MORE;
	ws->at += (size_t)n + (size_t)f->len;
	return control_frame(ws, data + ws->at - f->len, out);
}

enum ws_event
ws_next(struct ws *ws, unsigned char *data, size_t len, struct ws_slice *out)
{
	while (ws->at < len || (ws->state == WS_IN_PAYLOAD && ws->left == 0)) {
		enum ws_event event;

		switch (ws->state) {
		case WS_AT_HEAD:
			event = head(ws, data, len, out);
			if (event != WS_MORE || ws->state != WS_IN_PAYLOAD)
				return event;
			break;
		case WS_IN_PAYLOAD:
			event = payload(ws, data, len, out);
			if (event != WS_MORE || ws->left)
				return event;
			ws->state = WS_AT_HEAD;
			if (ws->frame.bits & FRAME_FIN)
				return message(ws, data, out);
			break;
		default:
			ws->at = len;
		}
	}
	return WS_MORE;
}

size_t
ws_settle(struct ws *ws, unsigned char *data, size_t len)
{
	size_t rest = len - ws->at;

	if (!ws->kind)
		ws->start = ws->size = 0;
	if (ws->start > 0)
		memmove(data, data + ws->start, ws->size);
	if (ws->at > ws->size && rest > 0)
		memmove(data + ws->size, data + ws->at, rest);
	ws->start = 0;
	ws->at = ws->size;
	return ws->size + rest;
}

size_t
ws_want(const struct ws *ws)
{
	return ws->state == WS_IN_PAYLOAD ? (size_t)ws->left : 0;
}

size_t
ws_frame(struct ws *ws, uint8_t *out, enum frame_opcode opcode, const void *data, size_t len, const uint8_t mask[4])
{
	bool is_message = opcode == FRAME_TEXT || opcode == FRAME_BINARY;
	uint8_t *room = out + FRAME_HEAD_MAX, *payload;
	unsigned first = FRAME_FIN | opcode;
	size_t compressed = 0, head;

	if (ws->deflate && is_message && len >= WS_DEFLATE_LEAST)
		compressed = deflate_message(ws->deflate, data, len, room, len);
	if (compressed > 0) {
		first |= FRAME_RSV1;
		data = room;
		len = compressed;
	}
	head = frame_encode(out, first, len, mask);
	payload = out + head;
	if (mask)
		frame_mask(payload, data, len, mask, 0);
	else if (len > 0)
		memmove(payload, data, len);
	return head + len;
}

size_t
ws_close_payload(uint8_t out[FRAME_CONTROL_MAX], uint16_t code, const char *reason)
{
	size_t len = strlen(reason);

	if (len > WS_REASON_MAX)
		len = WS_REASON_MAX;
	while (len > 0 && !utf8_is(reason, len))
		len--; /* never cut inside a character */
	out[0] = (uint8_t)(code >> 8);
	out[1] = (uint8_t)code;
	memcpy(out + 2, reason, len);
	return len + 2;
}
