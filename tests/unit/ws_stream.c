#include "ws_stream.h"

#include <stdio.h>
#include <string.h>

#include "guard.h"
#include "made.h"
#include "unit.h"

#define LONG_PAYLOAD 64
#define RANDOM_ROUNDS 10

void
stream_payload(struct buf *line, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint32_t sum = 2166136261;

	if (len > LONG_PAYLOAD) {
		for (size_t i = 0; i < len; i++)
			sum = (sum ^ p[i]) * 16777619;
		made_add(line, " [%zu bytes %08x]", len, sum);
		return;
	}
	made_add(line, " ");
	for (size_t i = 0; i < len; i++) {
		if (p[i] >= 0x20 && p[i] < 0x7f && p[i] != '\\')
			made_add(line, "%c", p[i]);
		else
			made_add(line, "\\x%02x", p[i]);
	}
}

void
stream_frame(struct buf *out, enum ws_role role, const struct part *part, const uint8_t mask[4])
{
	bool masked = (role == WS_SERVER) != !!(part->first & PART_WRONG_MASK);
	unsigned char head[14] = {(unsigned char)part->first};
	size_t n = 2, wide = part->len < 126 ? 0 : part->len < 65536 ? 2 : 8;
	unsigned char *payload;

	if (part->first & PART_RAW) {
		assert_int_equal(buf_add(out, part->data, part->len), 0);
		return;
	}
	head[1] = (unsigned char)(wide == 0 ? part->len : wide == 2 ? 126 : 127);
	for (size_t i = 0; i < wide; i++)
		head[n++] = (unsigned char)(part->len >> (8 * (wide - 1 - i)));
	if (masked) {
		head[1] |= 0x80;
		memcpy(head + n, mask, 4);
		n += 4;
	}
	assert_int_equal(buf_add(out, head, n), 0);
	payload = buf_room(out, part->len + 1);
	assert_non_null(payload);
	for (size_t i = 0; i < part->len; i++)
		payload[i] = (unsigned char)((unsigned char)part->data[i] ^ (masked ? mask[i % 4] : 0));
	buf_added(out, part->len);
}

static const struct deflate_params *agreed;

void
stream_agree(const struct deflate_params *params)
{
	agreed = params;
}

void
stream_init(struct stream *s, enum ws_role role, size_t limit)
{
	*s = (struct stream){0};
	if (agreed)
		deflate_init(&s->deflate, agreed, role == WS_SERVER);
	ws_init(&s->ws, role, limit, agreed ? &s->deflate : NULL);
}

void
stream_finish(struct stream *s)
{
	deflate_finish(&s->deflate);
	buf_free(&s->kept);
	buf_free(&s->line);
}

const char *
stream_line(struct stream *s)
{
	char *end = buf_room(&s->line, 1);

	assert_non_null(end);
	*end = 0;
	return (const char *)buf_at(&s->line);
}

static void
note(struct stream *s, enum ws_event event, const struct ws_slice *slice)
{
	static const char *const names[] = {"MORE", "TEXT", "BINARY", "PING", "PONG", "CLOSE", "FAIL"};

	made_add(&s->line, "%s%s", buf_len(&s->line) ? "; " : "", names[event]);
	if (event == WS_CLOSE || event == WS_FAIL)
		made_add(&s->line, " %u", slice->code);
	if (event != WS_FAIL)
		stream_payload(&s->line, slice->data, slice->len);
	else
		s->why = slice->why;
}

void
stream_feed(struct stream *s, const void *data, size_t len)
{
	struct ws_slice slice;
	enum ws_event event;
	unsigned char *all;
	size_t whole, rest;

	assert_int_equal(buf_add(&s->kept, data, len), 0);
	whole = buf_len(&s->kept);
	all = guard_put(0, NULL, whole);
	if (whole > 0)
		memcpy(all, buf_at(&s->kept), whole);
	while ((event = ws_next(&s->ws, all, whole, &slice)) != WS_MORE) {
		if (event != WS_FAIL) {
			assert_true(len >= s->sure);
			assert_true(slice.len == 0 || slice.data == s->deflate.data || (slice.data >= all && slice.data + slice.len <= all + whole));
		}
		note(s, event, &slice);
	}
	assert_true(s->deflate.cap <= s->ws.limit + 1);
	rest = ws_settle(&s->ws, all, whole);
	assert_true(rest <= whole);
	assert_true(rest <= WS_BUFFER_SIZE(s->ws.limit));
	buf_clear(&s->kept);
	assert_int_equal(buf_add(&s->kept, all, rest), 0);
	s->sure = ws_want(&s->ws);
}

static void
finish_check(struct stream *s, const char *line)
{
	assert_string_equal(stream_line(s), line);
	stream_finish(s);
}

void
stream_check(enum ws_role role, size_t limit, const void *data, size_t len, const char *line, size_t step)
{
	const unsigned char *p = data;
	uint32_t seed = (uint32_t)len * 2 + 1;
	struct stream s;

	stream_init(&s, role, limit);
	stream_feed(&s, p, len);
	finish_check(&s, line);
	for (size_t cut = 0; cut <= len; cut += step) {
		stream_init(&s, role, limit);
		stream_feed(&s, p, cut);
		stream_feed(&s, p + cut, len - cut);
		finish_check(&s, line);
	}
	if (step == 1) {
		stream_init(&s, role, limit);
		for (size_t i = 0; i < len; i++)
			stream_feed(&s, p + i, 1);
		finish_check(&s, line);
	}
	for (int i = 0; i < RANDOM_ROUNDS; i++) {
		size_t most = i & 1 ? 20 : len + 1, n;

		stream_init(&s, role, limit);
		for (size_t at = 0; at < len; at += n) {
			n = unit_random(&seed) % most;
			n = n > len - at ? len - at : n;
			stream_feed(&s, p + at, n);
		}
		finish_check(&s, line);
	}
}
