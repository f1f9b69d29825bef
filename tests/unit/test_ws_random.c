#include "ws/ws.h"

#include <string.h>

#include "unit.h"
#include "ws_stream.h"

#define LIMIT 5000
#define MESSAGES 12

/* A stream of good frames, and the line of what is to be heard of it. */
struct script {
	struct buf bytes, line;
	enum ws_role role;
	uint32_t seed;
};

static size_t
below(struct script *s, size_t n)
{
	return unit_random(&s->seed) % n;
}

static void
put_frame(struct script *s, unsigned first, const char *data, size_t len)
{
	uint8_t mask[4];

	unit_random_bytes(&s->seed, mask, sizeof mask);
	stream_frame(&s->bytes, s->role, &(struct part){first, data, len}, mask);
}

static void
expect(struct script *s, const char *event, const void *data, size_t len)
{
	if (buf_len(&s->line))
		buf_add(&s->line, "; ", 2);
	buf_add(&s->line, event, strlen(event));
	stream_payload(&s->line, data, len);
}

static void
put_control(struct script *s)
{
	char data[FRAME_CONTROL_MAX];
	size_t len = below(s, sizeof data + 1);
	bool ping = below(s, 2);

	unit_random_bytes(&s->seed, data, len);
	put_frame(s, ping ? 0x89 : 0x8a, data, len);
	expect(s, ping ? "PING" : "PONG", data, len);
}

static size_t
make_text(struct script *s, char *text, size_t most)
{
	static const char *const characters[] = {"a", "Z", " ", "\n", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
	size_t len = 0;

	for (;;) {
		const char *c = characters[below(s, COUNT(characters))];

		if (strlen(c) > most - len)
			return len;
		memcpy(text + len, c, strlen(c));
		len += strlen(c);
	}
}

static void
put_message(struct script *s)
{
	static char data[LIMIT];
	bool text = below(s, 2);
	size_t len = below(s, below(s, 3) ? 200 : LIMIT + 1), at = 0, fragments = 1 + below(s, 5);

	if (text)
		len = make_text(s, data, len);
	else
		unit_random_bytes(&s->seed, data, len);
	for (size_t i = 0; i < fragments; i++) {
		size_t n = i + 1 == fragments ? len - at : below(s, len - at + 1);

		put_frame(s, (i + 1 == fragments ? 0x80 : 0) | (i ? 0 : text ? 1 : 2), data + at, n);
		at += n;
		if (i + 1 < fragments && below(s, 3) == 0)
			put_control(s);
	}
	expect(s, text ? "TEXT" : "BINARY", data, len);
}

static void
make_script(struct script *s, enum ws_role role, uint32_t seed)
{
	*s = (struct script){.role = role, .seed = seed};
	for (int i = 0; i < MESSAGES; i++) {
		put_message(s);
		if (below(s, 2))
			put_control(s);
	}
	buf_add(&s->line, "", 1);
}

static void
feed_in_pieces(struct script *s, size_t most)
{
	struct stream stream;
	const unsigned char *p = buf_at(&s->bytes);
	size_t len = buf_len(&s->bytes), n;

	stream_init(&stream, s->role, LIMIT);
	for (size_t at = 0; at < len; at += n) {
		n = below(s, most + 1);
		n = n > len - at ? len - at : n;
		stream_feed(&stream, p + at, n);
	}
	assert_string_equal(stream_line(&stream), (char *)buf_at(&s->line));
	assert_int_equal(buf_len(&stream.kept), 0);
	stream_finish(&stream);
}

static void
random_streams_in_random_pieces_are_heard_as_they_were_made(void **state)
{
	static const size_t pieces[] = {1 << 20, 3000, 100, 7, 1};

	(void)state;
	for (uint32_t seed = 1; seed <= 60; seed++) {
		struct script s;

		unit_row("seed %u", seed);
		make_script(&s, seed & 1 ? WS_SERVER : WS_CLIENT, seed * 7919);
		for (size_t i = 0; i < (seed <= 6 ? 5 : 3); i++)
			feed_in_pieces(&s, pieces[i]);
		buf_free(&s.bytes);
		buf_free(&s.line);
	}
	unit_rows_done();
}

static void
random_bytes_never_do_harm(void **state)
{
	uint32_t seed = 6455;
	unsigned char bytes[200];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t len = unit_random(&seed) % sizeof bytes, cut = len ? unit_random(&seed) % len : 0;
		struct stream s;

		unit_random_bytes(&seed, bytes, len);
		for (size_t i = 0; i + 1 < len && i < 40; i += 1 + unit_random(&seed) % 20) {
			static const unsigned char firsts[] = {0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a, 0x88};

			bytes[i] = firsts[bytes[i] % sizeof firsts];
			bytes[i + 1] = 0x80 | (bytes[i + 1] & 0x1f);
		}
		stream_init(&s, WS_SERVER, 100);
		stream_feed(&s, bytes, cut);
		stream_feed(&s, bytes + cut, len - cut);
		stream_finish(&s);
	}
}

static void
it_wants_what_the_frame_lacks_and_no_more(void **state)
{
	struct stream s;

	(void)state;
	stream_init(&s, WS_CLIENT, 1000);
	assert_int_equal(ws_want(&s.ws), 0);
	stream_feed(&s, "\x02\x7e", 2);
	assert_int_equal(ws_want(&s.ws), 0);
	stream_feed(&s, "\x01\x00", 2);
	assert_int_equal(ws_want(&s.ws), 256);
	for (size_t left = 255; left > 0; left--) {
		stream_feed(&s, "x", 1);
		assert_int_equal(ws_want(&s.ws), left);
	}
	stream_feed(&s, "x", 1);
	assert_int_equal(ws_want(&s.ws), 0);
	assert_int_equal(buf_len(&s.kept), 256);
	stream_feed(&s, "\x80\x02y", 3);
	assert_int_equal(ws_want(&s.ws), 1);
	stream_feed(&s, "z\x89", 2);
	assert_int_equal(ws_want(&s.ws), 0);
	assert_int_equal(buf_len(&s.kept), 1);
	stream_finish(&s);
}

static void
what_is_not_done_with_is_at_the_front_after_settling(void **state)
{
	static const char bytes[] = "\x81\x01" "a" "\x01\x03" "bcd" "\x89\x02" "pp" "\x80\x04" "efgh" "\x81";
	unsigned char data[64];
	struct ws ws;
	struct ws_slice slice;
	size_t len;

	(void)state;
	ws_init(&ws, WS_CLIENT, 100, NULL);
	memcpy(data, bytes, 13);
	assert_int_equal(ws_next(&ws, data, 13, &slice), WS_TEXT);
	assert_int_equal(ws_next(&ws, data, 13, &slice), WS_PING);
	assert_int_equal(ws_next(&ws, data, 13, &slice), WS_MORE);
	len = ws_settle(&ws, data, 13);
	assert_int_equal(len, 4);
	assert_memory_equal(data, "bcd\x80", 4);
	memcpy(data + len, bytes + 13, sizeof bytes - 1 - 13);
	len += sizeof bytes - 1 - 13;
	assert_int_equal(ws_next(&ws, data, len, &slice), WS_TEXT);
	assert_int_equal(slice.len, 7);
	assert_memory_equal(slice.data, "bcdefgh", 7);
	assert_int_equal(ws_next(&ws, data, len, &slice), WS_MORE);
	assert_int_equal(ws_settle(&ws, data, len), 1);
	assert_int_equal(data[0], 0x81);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(random_streams_in_random_pieces_are_heard_as_they_were_made),
		TEST(random_bytes_never_do_harm),
		TEST(it_wants_what_the_frame_lacks_and_no_more),
		TEST(what_is_not_done_with_is_at_the_front_after_settling),
	};

	return cmocka_run_group_tests_name("ws random", tests, NULL, NULL);
}
