#include "ws/ws.h"

#include <string.h>

#include "unit.h"
#include "ws_stream.h"

#define LIMIT 300

#define X10 "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define X125 X100 X10 X10 "xxxxx"
#define X126 X125 "x"

struct vector {
	const char *name;
	struct part parts[STREAM_PARTS];
	const char *line;
};

/* Each vector with a mask that changes nothing, and with one that does. */
static void
check(enum ws_role role, const struct vector *v)
{
	static const uint8_t masks[][4] = {{0}, {0x37, 0xfa, 0x21, 0x3d}};

	unit_row("%s", v->name);
	for (size_t m = 0; m < COUNT(masks); m++) {
		struct buf bytes = {0};

		for (size_t i = 0; i < STREAM_PARTS && v->parts[i].data; i++)
			stream_frame(&bytes, role, &v->parts[i], masks[m]);
		stream_check(role, LIMIT, buf_at(&bytes), buf_len(&bytes), v->line, 1);
		buf_free(&bytes);
	}
}

static void
the_examples_of_rfc_6455_section_5_7(void **state)
{
	static const struct {
		enum ws_role role;
		const char *bytes;
		size_t len;
		const char *line;
	} vectors[] = {
		{WS_CLIENT, BYTES("\x81\x05\x48\x65\x6c\x6c\x6f"), "TEXT Hello"},
		{WS_SERVER, BYTES("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "TEXT Hello"},
		{WS_CLIENT, BYTES("\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f"), "TEXT Hello"},
		{WS_CLIENT, BYTES("\x89\x05\x48\x65\x6c\x6c\x6f"), "PING Hello"},
		{WS_SERVER, BYTES("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "PONG Hello"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		unit_row("%td", v - vectors);
		stream_check(v->role, LIMIT, v->bytes, v->len, v->line, 1);
	}
}

static void
messages_and_control_frames_are_heard(void **state)
{
	static const struct vector vectors[] = {
		{"nothing", {{0}}, ""},
		{"a text", {FRAME(0x81, "Hello")}, "TEXT Hello"},
		{"a binary", {FRAME(0x82, "\x00\xff\x80")}, "BINARY \\x00\\xff\\x80"},
		{"an empty text", {FRAME(0x81, "")}, "TEXT "},
		{"an empty binary", {FRAME(0x82, "")}, "BINARY "},
		{"text with NUL", {FRAME(0x81, "a\0b")}, "TEXT a\\x00b"},
		{"text of more than ASCII", {FRAME(0x81, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")},
		 "TEXT \\xc3\\xa9\\xe2\\x82\\xac\\xf0\\x9f\\x98\\x80"},
		{"three in a row", {FRAME(0x81, "a"), FRAME(0x82, "b"), FRAME(0x81, "c")}, "TEXT a; BINARY b; TEXT c"},
		{"in two fragments", {FRAME(0x01, "Hel"), FRAME(0x80, "lo")}, "TEXT Hello"},
		{"in four fragments", {FRAME(0x02, "a"), FRAME(0x00, "bc"), FRAME(0x00, "def"), FRAME(0x80, "g")}, "BINARY abcdefg"},
		{"with empty fragments", {FRAME(0x01, ""), FRAME(0x00, "a"), FRAME(0x00, ""), FRAME(0x80, "")}, "TEXT a"},
		{"of nothing but empty fragments", {FRAME(0x02, ""), FRAME(0x00, ""), FRAME(0x80, "")}, "BINARY "},
		{"one after one in fragments", {FRAME(0x01, "a"), FRAME(0x80, "b"), FRAME(0x01, "c"), FRAME(0x80, "d")},
		 "TEXT ab; TEXT cd"},
		{"characters cut by fragments", {FRAME(0x01, "\xe2"), FRAME(0x00, "\x82"), FRAME(0x00, ""), FRAME(0x80, "\xac\xc3\xa9")},
		 "TEXT \\xe2\\x82\\xac\\xc3\\xa9"},
		{"a ping between fragments", {FRAME(0x01, "Hel"), FRAME(0x89, "ping"), FRAME(0x80, "lo")}, "PING ping; TEXT Hello"},
		{"controls between fragments and inside a character",
		 {FRAME(0x01, "a\xe2"), FRAME(0x89, "1"), FRAME(0x8a, "\xff"), FRAME(0x00, "\x82"), FRAME(0x89, ""), FRAME(0x80, "\xac")},
		 "PING 1; PONG \\xff; PING ; TEXT a\\xe2\\x82\\xac"},
		{"a close between fragments", {FRAME(0x01, "Hel"), FRAME(0x88, "\x03\xe8"), FRAME(0x80, "lo")}, "CLOSE 1000 "},
		{"an empty ping", {FRAME(0x89, "")}, "PING "},
		{"a ping that is not text", {FRAME(0x89, "\xff\xfe")}, "PING \\xff\\xfe"},
		{"a pong that nobody asked for", {FRAME(0x8a, "what")}, "PONG what"},
		{"a ping after and before texts", {FRAME(0x81, "a"), FRAME(0x89, "p"), FRAME(0x81, "b")}, "TEXT a; PING p; TEXT b"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		check(WS_SERVER, v);
		check(WS_CLIENT, v);
	}
}

static void
close_frames_are_heard_and_end_it(void **state)
{
	static const struct vector vectors[] = {
		{"without a code", {FRAME(0x88, "")}, "CLOSE 1005 "},
		{"with a code", {FRAME(0x88, "\x03\xe9")}, "CLOSE 1001 "},
		{"with a reason", {FRAME(0x88, "\x03\xe8good bye")}, "CLOSE 1000 good bye"},
		{"with a reason of more than ASCII", {FRAME(0x88, "\x0f\xa0\xc3\xa9")}, "CLOSE 4000 \\xc3\\xa9"},
		{"with half a code", {FRAME(0x88, "\x03")}, "FAIL 1002"},
		{"with code 0", {FRAME(0x88, "\x00\x00")}, "FAIL 1002"},
		{"with code 1005", {FRAME(0x88, "\x03\xed")}, "FAIL 1002"},
		{"with code 1006 and a reason", {FRAME(0x88, "\x03\xee" "abc")}, "FAIL 1002"},
		{"with code 65535", {FRAME(0x88, "\xff\xff")}, "FAIL 1002"},
		{"with a reason that is not UTF-8", {FRAME(0x88, "\x03\xe8\xff")}, "FAIL 1007"},
		{"with a reason that ends inside a character", {FRAME(0x88, "\x03\xe8" "a\xe2\x82")}, "FAIL 1007"},
		{"nothing is heard after it", {FRAME(0x88, "\x03\xe8"), FRAME(0x81, "more"), FRAME(0x89, "")}, "CLOSE 1000 "},
		{"nor is rubbish", {FRAME(0x88, ""), RAW("\xff\xff\xff\xff\xff\xff")}, "CLOSE 1005 "},
		{"nothing is heard after a failure", {FRAME(0x83, ""), FRAME(0x81, "more"), FRAME(0x88, "")}, "FAIL 1002"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		check(WS_SERVER, v);
		check(WS_CLIENT, v);
	}
}

static void
frames_against_the_rules_fail(void **state)
{
	static const struct vector vectors[] = {
		{"RSV1", {FRAME(0xc1, "a")}, "FAIL 1002"},
		{"RSV2", {FRAME(0xa1, "a")}, "FAIL 1002"},
		{"RSV3", {FRAME(0x91, "a")}, "FAIL 1002"},
		{"all RSV", {FRAME(0xf2, "")}, "FAIL 1002"},
		{"RSV in a ping", {FRAME(0xc9, "")}, "FAIL 1002"},
		{"RSV in a close", {FRAME(0x98, "")}, "FAIL 1002"},
		{"RSV in a continuation", {FRAME(0x01, "a"), FRAME(0xc0, "b")}, "FAIL 1002"},
		{"the wrong mask", {FRAME(0x81 | PART_WRONG_MASK, "a")}, "FAIL 1002"},
		{"the wrong mask on nothing", {FRAME(0x81 | PART_WRONG_MASK, "")}, "FAIL 1002"},
		{"the wrong mask on a ping", {FRAME(0x89 | PART_WRONG_MASK, "")}, "FAIL 1002"},
		{"the wrong mask on a continuation", {FRAME(0x01, "a"), FRAME(0x80 | PART_WRONG_MASK, "b")}, "FAIL 1002"},
		{"a last continuation of nothing", {FRAME(0x80, "a")}, "FAIL 1002"},
		{"a continuation of nothing", {FRAME(0x00, "a")}, "FAIL 1002"},
		{"a continuation of what is over", {FRAME(0x81, "a"), FRAME(0x80, "b")}, "TEXT a; FAIL 1002"},
		{"a continuation of what is over in fragments", {FRAME(0x01, "a"), FRAME(0x80, "b"), FRAME(0x80, "c")}, "TEXT ab; FAIL 1002"},
		{"a text in a fragmented text", {FRAME(0x01, "a"), FRAME(0x81, "b")}, "FAIL 1002"},
		{"a binary in a fragmented text", {FRAME(0x01, "a"), FRAME(0x02, "b")}, "FAIL 1002"},
		{"a text in a fragmented binary", {FRAME(0x02, "a"), FRAME(0x00, "b"), FRAME(0x81, "c")}, "FAIL 1002"},
		{"a text in a fragmented text that is empty so far", {FRAME(0x01, ""), FRAME(0x81, "b")}, "FAIL 1002"},
		{"a fragmented ping", {FRAME(0x09, "a")}, "FAIL 1002"},
		{"a fragmented pong", {FRAME(0x0a, "a")}, "FAIL 1002"},
		{"a fragmented close", {FRAME(0x08, "")}, "FAIL 1002"},
		{"a fragmented ping in a fragmented text", {FRAME(0x01, "a"), FRAME(0x09, "b")}, "FAIL 1002"},
		{"a ping of 126 bytes", {FRAME(0x89, X126)}, "FAIL 1002"},
		{"a pong of 126 bytes", {FRAME(0x8a, X126)}, "FAIL 1002"},
		{"a close of 126 bytes", {FRAME(0x88, "\x03\xe8" X125)}, "FAIL 1002"},
		{"the head of a ping of 126 bytes", {RAW("\x89\xfe")}, "FAIL 1002"},
		{"after a good message", {FRAME(0x81, "a"), FRAME(0x89, "p"), FRAME(0x8b, "")}, "TEXT a; PING p; FAIL 1002"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		if (v->parts[0].first & PART_RAW) {
			stream_check(WS_SERVER, LIMIT, v->parts[0].data, v->parts[0].len, v->line, 1);
			continue;
		}
		check(WS_SERVER, v);
		check(WS_CLIENT, v);
	}
}

static void
reserved_opcodes_fail(void **state)
{
	(void)state;
	for (unsigned opcode = 0; opcode < 16; opcode++) {
		bool known = opcode <= 2 || (opcode >= 8 && opcode <= 10);

		for (unsigned fin = 0; fin <= 0x80 && !known; fin += 0x80) {
			check(WS_SERVER, &(struct vector){"reserved", {{fin | opcode, "a", 1}}, "FAIL 1002"});
			check(WS_CLIENT, &(struct vector){"reserved", {{fin | opcode, "", 0}}, "FAIL 1002"});
			check(WS_SERVER, &(struct vector){"reserved, inside", {FRAME(0x01, "b"), {fin | opcode, "", 0}}, "FAIL 1002"});
		}
	}
	unit_rows_done();
}

static void
lengths_that_are_not_shortest_fail(void **state)
{
	static const struct vector vectors[] = {
		{"5 in two bytes", {RAW("\x81\xfe\x00\x05\0\0\0\0Hello")}, "FAIL 1002"},
		{"125 in two bytes", {RAW("\x82\xfe\x00\x7d\0\0\0\0" X125)}, "FAIL 1002"},
		{"126 in two bytes", {RAW("\x82\xfe\x00\x7e\0\0\0\0" X126)}, "BINARY [126 bytes 4b8cca5d]"},
		{"5 in eight bytes", {RAW("\x81\xff\x00\x00\x00\x00\x00\x00\x00\x05\0\0\0\0Hello")}, "FAIL 1002"},
		{"126 in eight bytes", {RAW("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x7e\0\0\0\0" X126)}, "FAIL 1002"},
		{"65535 in eight bytes", {RAW("\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff\0\0\0\0")}, "FAIL 1002"},
		{"2^63", {RAW("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00\0\0\0\0")}, "FAIL 1002"},
		{"2^64 - 1", {RAW("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0")}, "FAIL 1002"},
		{"2^63 - 1", {RAW("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0")}, "FAIL 1009"},
		{"a ping's 5 in two bytes", {RAW("\x89\xfe\x00\x05\0\0\0\0Hello")}, "FAIL 1002"},
		{"a close's 2 in eight bytes", {RAW("\x88\xff\x00\x00\x00\x00\x00\x00\x00\x02\0\0\0\0\x03\xe8")}, "FAIL 1002"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		unit_row("%s", v->name);
		stream_check(WS_SERVER, LIMIT, v->parts[0].data, v->parts[0].len, v->line, 1);
	}
}

static void
text_that_is_not_utf_8_fails_and_binary_does_not(void **state)
{
	static const struct vector vectors[] = {
		{"a bad byte", {FRAME(0x81, "a\xff")}, "FAIL 1007"},
		{"a surrogate", {FRAME(0x81, "\xed\xa0\x80")}, "FAIL 1007"},
		{"overlong", {FRAME(0x81, "\xc0\x80")}, "FAIL 1007"},
		{"beyond U+10FFFF", {FRAME(0x81, "\xf4\x90\x80\x80")}, "FAIL 1007"},
		{"an end inside a character", {FRAME(0x81, "abc\xe2\x82")}, "FAIL 1007"},
		{"an end inside a character, in fragments", {FRAME(0x01, "abc\xe2"), FRAME(0x00, "\x82"), FRAME(0x80, "")}, "FAIL 1007"},
		{"a bad byte in the second fragment", {FRAME(0x01, "abc"), FRAME(0x80, "\xff")}, "FAIL 1007"},
		{"a character broken by the next fragment", {FRAME(0x01, "\xe2\x82"), FRAME(0x80, "a")}, "FAIL 1007"},
		{"in the first fragment, though there is more to come", {FRAME(0x01, "\xff")}, "FAIL 1007"},
		{"in a frame of which more is to come", {RAW("\x81\x85\0\0\0\0a\xff")}, "FAIL 1007"},
		{"after a good text", {FRAME(0x81, "\xc3\xa9"), FRAME(0x81, "\xa9")}, "TEXT \\xc3\\xa9; FAIL 1007"},
		{"a half of one text is no start of the next", {FRAME(0x82, "\xc3"), FRAME(0x81, "\xa9")}, "BINARY \\xc3; FAIL 1007"},
		{"binary", {FRAME(0x02, "\xed\xa0"), FRAME(0x80, "\xff")}, "BINARY \\xed\\xa0\\xff"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		if (v->parts[0].first & PART_RAW) {
			stream_check(WS_SERVER, LIMIT, v->parts[0].data, v->parts[0].len, v->line, 1);
			continue;
		}
		check(WS_SERVER, v);
		check(WS_CLIENT, v);
	}
}

static void
nothing_is_kept_of_what_comes_after_the_end(void **state)
{
	static const char *const ends[] = {"\x88\x80\0\0\0\0", "\x83\x80\0\0\0\0", "\x81\x82\0\0\0\0"}, *const *end;

	(void)state;
	EACH(end, ends) {
		struct stream s;

		unit_row("%td", end - ends);
		stream_init(&s, WS_SERVER, LIMIT);
		stream_feed(&s, *end, 6);
		if (end == ends + 2)
			stream_feed(&s, "\xff", 1);
		for (int i = 0; i < 3; i++) {
			stream_feed(&s, X100, 100);
			assert_int_equal(buf_len(&s.kept), 0);
			assert_int_equal(ws_want(&s.ws), 0);
		}
		stream_finish(&s);
	}
}

static void
a_failure_says_why(void **state)
{
	struct stream s;

	(void)state;
	stream_init(&s, WS_SERVER, LIMIT);
	stream_feed(&s, "\xff\xff", 2);
	assert_string_equal(stream_line(&s), "FAIL 1002");
	assert_true(s.why && strlen(s.why) > 0 && strlen(s.why) <= WS_REASON_MAX);
	stream_finish(&s);
}

static void
a_bad_frame_fails_at_its_second_byte(void **state)
{
	static const char *const heads[] = {"\xc1\x81", "\x83\x81", "\x81\x01", "\x80\x81", "\x09\x80", "\x89\xfe", "\x88\xff"}, *const *h;

	(void)state;
	EACH(h, heads) {
		struct stream s;

		unit_row("%02x %02x", (unsigned char)(*h)[0], (unsigned char)(*h)[1]);
		stream_init(&s, WS_SERVER, LIMIT);
		stream_feed(&s, *h, 1);
		assert_string_equal(stream_line(&s), "");
		stream_feed(&s, *h + 1, 1);
		assert_string_equal(stream_line(&s), "FAIL 1002");
		stream_finish(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_examples_of_rfc_6455_section_5_7),
		TEST(messages_and_control_frames_are_heard),
		TEST(close_frames_are_heard_and_end_it),
		TEST(frames_against_the_rules_fail),
		TEST(reserved_opcodes_fail),
		TEST(lengths_that_are_not_shortest_fail),
		TEST(text_that_is_not_utf_8_fails_and_binary_does_not),
		TEST(nothing_is_kept_of_what_comes_after_the_end),
		TEST(a_failure_says_why),
		TEST(a_bad_frame_fails_at_its_second_byte),
	};

	return cmocka_run_group_tests_name("ws", tests, NULL, NULL);
}
