/* Permessage-deflate in the stream of frames (RFC 7692, 6 and 7.2). */
#include "ws/ws.h"

#include <string.h>

#include "guard.h"
#include "unit.h"
#include "ws_stream.h"

#define LIMIT 300

#define HELLO "\xf2\x48\xcd\xc9\xc9\x07\x00"
#define AGAIN "\xf2\x00\x11\x00\x00" /* "Hello", once more, of the window */

static const struct deflate_params usual = {false, false, 15, 15};
static const struct deflate_params no_context = {true, true, 15, 15};

static int
agree(void **state)
{
	(void)state;
	stream_agree(&usual);
	return 0;
}

static void
check(const struct part parts[STREAM_PARTS], const char *line)
{
	static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};

	for (int role = WS_SERVER; role <= WS_CLIENT; role++) {
		struct buf bytes = {0};

		for (size_t i = 0; i < STREAM_PARTS && parts[i].data; i++)
			stream_frame(&bytes, role, &parts[i], mask);
		stream_check(role, LIMIT, buf_at(&bytes), buf_len(&bytes), line, 1);
		buf_free(&bytes);
	}
}

struct vector {
	struct part parts[STREAM_PARTS];
	const char *line;
};

static void
check_each(const struct vector *vectors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unit_row("%s, vector %zu", vectors[i].line, i);
		check(vectors[i].parts, vectors[i].line);
	}
	unit_rows_done();
}

static void
compressed_messages_and_others_are_heard(void **state)
{
	static const struct vector vectors[] = {
		{{FRAME(0xc1, HELLO)}, "TEXT Hello"},
		{{FRAME(0xc2, HELLO)}, "BINARY Hello"},
		{{FRAME(0xc1, HELLO), FRAME(0xc1, AGAIN), FRAME(0xc1, AGAIN)}, "TEXT Hello; TEXT Hello; TEXT Hello"},
		{{FRAME(0xc1, HELLO), FRAME(0x81, "plain"), FRAME(0xc1, AGAIN)}, "TEXT Hello; TEXT plain; TEXT Hello"},
		{{FRAME(0x41, "\xf2\x48\xcd"), FRAME(0x80, "\xc9\xc9\x07\x00")}, "TEXT Hello"},
		{{FRAME(0x41, ""), FRAME(0x00, "\xf2"), FRAME(0x00, ""), FRAME(0x00, "\x48\xcd\xc9\xc9\x07\x00"), FRAME(0x80, "")}, "TEXT Hello"},
		{{FRAME(0x41, "\xf2\x48\xcd"), FRAME(0x89, "p"), FRAME(0x00, "\xc9\xc9"), FRAME(0x8a, ""), FRAME(0x80, "\x07\x00")},
		 "PING p; PONG ; TEXT Hello"},
		{{FRAME(0xc1, "\x00"), FRAME(0xc2, "\x00"), FRAME(0xc1, HELLO)}, "TEXT ; BINARY ; TEXT Hello"},
		{{FRAME(0xc1, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), FRAME(0xc1, AGAIN)}, "TEXT Hello; TEXT Hello"},
		{{FRAME(0x81, ""), FRAME(0x01, "a"), FRAME(0x80, "b"), FRAME(0x88, "\x03\xe8")}, "TEXT ; TEXT ab; CLOSE 1000 "},
		{{FRAME(0x41, "\xf2\x48"), FRAME(0x88, "\x03\xe8")}, "CLOSE 1000 "},
	};

	(void)state;
	check_each(vectors, COUNT(vectors));
}

static void
what_breaks_the_rules_ends_with_the_code_that_they_name(void **state)
{
	static const struct vector vectors[] = {
		/* RSV1 marks the first frame of a message and no other (RFC 7692, 6.1); RSV2 and RSV3 nothing */
		{{FRAME(0x41, "\xf2"), FRAME(0xc0, "\x48\xcd\xc9\xc9\x07\x00")}, "FAIL 1002"},
		{{FRAME(0x01, "a"), FRAME(0xc0, "b")}, "FAIL 1002"},
		{{FRAME(0xc9, "")}, "FAIL 1002"},
		{{FRAME(0xca, "")}, "FAIL 1002"},
		{{FRAME(0xc8, "")}, "FAIL 1002"},
		{{FRAME(0xc1, HELLO), FRAME(0xa1, "")}, "TEXT Hello; FAIL 1002"},
		{{FRAME(0x91, "")}, "FAIL 1002"},
		{{FRAME(0xe1, HELLO)}, "FAIL 1002"},
		{{FRAME(0xc3, HELLO)}, "FAIL 1002"},
		/* data that can't be inflated */
		{{FRAME(0xc1, "")}, "FAIL 1007"},
		{{FRAME(0xc1, "\x06")}, "FAIL 1007"},
		{{FRAME(0xc2, "\xff\xff\xff\xff")}, "FAIL 1007"},
		{{FRAME(0xc1, AGAIN)}, "FAIL 1007"},
		{{FRAME(0xc1, "\xf3\x48\xcd\xc9\xc9\x07\x00"), FRAME(0xc1, "")}, "TEXT Hello; FAIL 1007"}, /* the end of one is not another's */
		{{FRAME(0xc1, HELLO), FRAME(0xc1, "\xf2\x48\xcd\xc9")}, "TEXT Hello; FAIL 1007"},
		/* text that is not UTF-8 */
		{{FRAME(0xc1, "\x00\x01\x00\xfe\xff\xff\x00")}, "FAIL 1007"},
		{{FRAME(0xc1, "\x00\x01\x00\xfe\xff\xc3\x00")}, "FAIL 1007"},
		{{FRAME(0xc2, "\x00\x01\x00\xfe\xff\xff\x00")}, "BINARY \\xff"},
		{{FRAME(0xc1, "\x00\x04\x00\xfb\xff")}, "FAIL 1007"}, /* a block of the very bytes that are put back */
		{{FRAME(0xc2, "\x00\x04\x00\xfb\xff")}, "BINARY \\x00\\x00\\xff\\xff"},
	};

	(void)state;
	check_each(vectors, COUNT(vectors));
}

static void
without_the_agreement_the_bit_is_a_fault(void **state)
{
	(void)state;
	stream_agree(NULL);
	check((struct part[STREAM_PARTS]){FRAME(0xc1, HELLO)}, "FAIL 1002");
	check((struct part[STREAM_PARTS]){FRAME(0x41, HELLO)}, "FAIL 1002");
}

static void
without_context_no_message_may_refer_to_another(void **state)
{
	(void)state;
	stream_agree(&no_context);
	check((struct part[STREAM_PARTS]){FRAME(0xc1, HELLO), FRAME(0xc1, HELLO)}, "TEXT Hello; TEXT Hello");
	check((struct part[STREAM_PARTS]){FRAME(0xc1, HELLO), FRAME(0xc1, AGAIN)}, "TEXT Hello; FAIL 1007");
}

/* The rest of the message is not waited for. */
static void
bad_text_fails_as_soon_as_it_is_inflated(void **state)
{
	struct stream s;

	(void)state;
	stream_init(&s, WS_CLIENT, LIMIT);
	stream_feed(&s, BYTES("\x41\x20\x00\x04\x00\xfb\xff" "ab"));
	assert_string_equal(stream_line(&s), "");
	stream_feed(&s, "\xff", 1);
	assert_string_equal(stream_line(&s), "FAIL 1007");
	stream_finish(&s);
}

/* Stored blocks of one byte: an honest, though clumsy, way to write a message. */
static void
put_blocks(struct buf *payload, size_t count, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		buf_add(payload, (const uint8_t[]){0x00, (uint8_t)size, 0x00, (uint8_t)~size, 0xff}, 5);
		buf_add(payload, "xxxxxxxx", size);
	}
	buf_add(payload, "\x00", 1);
}

static void
the_limit_holds_for_what_is_inflated_and_for_what_comes(void **state)
{
	static const struct {
		size_t count, size;
		const char *line;
	} vectors[] = {
		{LIMIT, 1, "FAIL 1009"},     /* 1801 bytes on the wire */
		{LIMIT / 2, 2, "TEXT [300 bytes 970138f5]"},
		{LIMIT / 2 + 1, 2, "FAIL 1009"},
		{LIMIT, 0, "TEXT "},         /* blocks of nothing, */
		{2 * LIMIT, 0, "FAIL 1009"}, /* for ever */
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct buf payload = {0}, bytes = {0};

		unit_row("%zu blocks of %zu", v->count, v->size);
		put_blocks(&payload, v->count, v->size);
		stream_frame(&bytes, WS_CLIENT, &(struct part){0xc1, (const char *)buf_at(&payload), buf_len(&payload)}, NULL);
		stream_check(WS_CLIENT, LIMIT, buf_at(&bytes), buf_len(&bytes), v->line, 17);
		buf_free(&payload);
		buf_free(&bytes);
	}
}

/* What one end writes the other hears; a client's frames are masked, and nothing long goes as it is. */
static void
both_ends_understand_each_other(void **state)
{
	static const size_t lengths[] = {0, 1, 125, 126, WS_DEFLATE_LEAST - 1, WS_DEFLATE_LEAST, 5000, 65535, 65536, 70000}, *len;
	static unsigned char data[70000];
	uint32_t seed = 3;

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (unsigned char)(0x61 + unit_random(&seed) % 8);
	for (int context = 0; context < 2; context++) {
		for (int role = WS_SERVER; role <= WS_CLIENT; role++) {
			struct stream hears, speaks;

			stream_agree(context ? &usual : &no_context);
			stream_init(&hears, role, sizeof data);
			stream_init(&speaks, role == WS_SERVER ? WS_CLIENT : WS_SERVER, sizeof data);
			EACH(len, lengths) {
				struct buf line = {0};
				uint8_t mask[4], *out = guard_put(1, NULL, WS_FRAME_SIZE(*len));
				bool ping = *len <= FRAME_CONTROL_MAX;
				size_t n;

				unit_random_bytes(&seed, mask, sizeof mask);
				unit_row("%zu bytes to role %d", *len, role);
				n = ws_frame(&speaks.ws, out, ping ? FRAME_PING : FRAME_TEXT, data, *len, role == WS_SERVER ? mask : NULL);
				assert_int_equal(out[0] >> 6 & 1, *len >= WS_DEFLATE_LEAST);
				assert_true(n <= *len + FRAME_HEAD_MAX && (*len < 5000 || n < *len / 2));
				buf_clear(&hears.line);
				stream_feed(&hears, out, n);
				buf_add(&line, ping ? "PING" : "TEXT", 4);
				stream_payload(&line, data, *len);
				buf_add(&line, "", 1);
				assert_string_equal(stream_line(&hears), (char *)buf_at(&line));
				buf_free(&line);
			}
			stream_finish(&hears);
			stream_finish(&speaks);
		}
	}
}

static void
what_does_not_get_shorter_is_sent_as_it_is(void **state)
{
	static unsigned char noise[4096], out[WS_FRAME_SIZE(sizeof noise)];
	struct stream s;
	uint32_t seed = 9;

	(void)state;
	unit_random_bytes(&seed, noise, sizeof noise);
	stream_init(&s, WS_SERVER, LIMIT);
	assert_int_equal(ws_frame(&s.ws, out, FRAME_BINARY, noise, sizeof noise, NULL), sizeof noise + 4);
	assert_int_equal(out[0], 0x82);
	assert_memory_equal(out + 4, noise, sizeof noise);
	stream_finish(&s);
}

#define DEFLATE_TEST(function) cmocka_unit_test_setup_teardown(function, agree, unit_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DEFLATE_TEST(compressed_messages_and_others_are_heard),
		DEFLATE_TEST(what_breaks_the_rules_ends_with_the_code_that_they_name),
		DEFLATE_TEST(without_the_agreement_the_bit_is_a_fault),
		DEFLATE_TEST(without_context_no_message_may_refer_to_another),
		DEFLATE_TEST(bad_text_fails_as_soon_as_it_is_inflated),
		DEFLATE_TEST(the_limit_holds_for_what_is_inflated_and_for_what_comes),
		DEFLATE_TEST(both_ends_understand_each_other),
		DEFLATE_TEST(what_does_not_get_shorter_is_sent_as_it_is),
	};

	return cmocka_run_group_tests_name("ws deflate", tests, NULL, NULL);
}
