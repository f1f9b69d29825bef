#include "ws/ws.h"

#include <stdio.h>
#include <string.h>

#include "guard.h"
#include "unit.h"
#include "ws_stream.h"

static const uint8_t mask[4] = {0x9c, 0x01, 0xf0, 0x5e};

static void
add_frame(struct buf *bytes, enum ws_role role, unsigned first, const void *data, size_t len)
{
	stream_frame(bytes, role, &(struct part){first, data, len}, mask);
}

static void
the_limit_is_let_in_and_one_byte_more_is_not(void **state)
{
	static const size_t limits[] = {0, 1, 125, 126, 127, 65535, 65536, 70000}, *limit;
	static char data[70001];

	(void)state;
	memset(data, 'm', sizeof data);
	EACH(limit, limits) {
		for (size_t over = 0; over < 2; over++) {
			struct buf bytes = {0}, line = {0};
			size_t len = *limit + over;

			unit_row("%zu of %zu", len, *limit);
			add_frame(&bytes, WS_SERVER, 0x82, data, len);
			if (over) {
				buf_add(&line, "FAIL 1009", 10);
			} else {
				buf_add(&line, "BINARY", 6);
				stream_payload(&line, data, len);
				buf_add(&line, "", 1);
			}
			stream_check(WS_SERVER, *limit, buf_at(&bytes), buf_len(&bytes), (char *)buf_at(&line), len > 200 ? 9973 : 1);
			buf_free(&bytes);
			buf_free(&line);
		}
	}
}

static void
too_large_a_frame_fails_by_its_head_alone(void **state)
{
	(void)state;
	stream_check(WS_SERVER, 10, BYTES("\x82\x8b\0\0\0\0"), "FAIL 1009", 1);
	stream_check(WS_CLIENT, 10, BYTES("\x82\x0b"), "FAIL 1009", 1);
	stream_check(WS_CLIENT, 100000, BYTES("\x81\x7f\x00\x00\x00\x00\x00\x01\x86\xa1"), "FAIL 1009", 1);
	stream_check(WS_CLIENT, 100000, BYTES("\x81\x7f\x00\x00\x00\x00\x00\x01\x86\xa0"), "", 1);
}

static void
fragments_count_together_and_control_frames_do_not_count(void **state)
{
	static const struct {
		const char *name;
		size_t sizes[4]; /* of fragments */
		const char *line;
	} vectors[] = {
		{"ten", {4, 6}, "PING ppppppppppppppppppp; BINARY xxxxxxxxxx"},
		{"ten in four", {1, 2, 3, 4}, "PING ppppppppppppppppppp; PING ppppppppppppppppppp; PING ppppppppppppppppppp; BINARY xxxxxxxxxx"},
		{"eleven", {4, 7}, "PING ppppppppppppppppppp; FAIL 1009"},
		{"eleven, the last with one", {5, 5, 1}, "PING ppppppppppppppppppp; PING ppppppppppppppppppp; FAIL 1009"},
		{"ten and a half of one more", {9, 2, 1}, "PING ppppppppppppppppppp; FAIL 1009"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct buf bytes = {0};

		unit_row("%s", v->name);
		for (size_t i = 0; i < 4 && v->sizes[i]; i++) {
			bool last = i == 3 || !v->sizes[i + 1];

			if (i > 0)
				add_frame(&bytes, WS_CLIENT, 0x89, "ppppppppppppppppppp", 19);
			add_frame(&bytes, WS_CLIENT, (last ? 0x80 : 0) | (i == 0 ? 2 : 0), "xxxxxxxxxx", v->sizes[i]);
		}
		stream_check(WS_CLIENT, 10, buf_at(&bytes), buf_len(&bytes), v->line, 1);
		buf_free(&bytes);
	}
}

static void
the_limit_counts_for_each_message_anew(void **state)
{
	struct buf bytes = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		add_frame(&bytes, WS_SERVER, 0x01, "abc", 3);
		add_frame(&bytes, WS_SERVER, 0x80, "de", 2);
	}
	stream_check(WS_SERVER, 5, buf_at(&bytes), buf_len(&bytes), "TEXT abcde; TEXT abcde; TEXT abcde", 1);
	buf_free(&bytes);
}

static void
a_message_of_1024_empty_fragments_is_taken_and_one_of_1025_fails(void **state)
{
	(void)state;
	for (unsigned count = WS_EMPTY_FRAGMENTS_MAX; count <= WS_EMPTY_FRAGMENTS_MAX + 1; count++) {
		struct buf bytes = {0};

		add_frame(&bytes, WS_SERVER, 0x01, "", 0);
		for (unsigned i = 2; i < count; i++)
			add_frame(&bytes, WS_SERVER, 0x00, "", 0);
		add_frame(&bytes, WS_SERVER, 0x80, "", 0);
		stream_check(WS_SERVER, 100, buf_at(&bytes), buf_len(&bytes), count > WS_EMPTY_FRAGMENTS_MAX ? "FAIL 1008" : "TEXT ", 97);
		buf_free(&bytes);
	}
}

static void
empty_fragments_count_for_each_message_anew_and_among_others(void **state)
{
	struct buf bytes = {0};

	(void)state;
	for (int message = 0; message < 3; message++) {
		add_frame(&bytes, WS_SERVER, 0x01, "a", 1);
		for (int i = 0; i < 600; i++) {
			add_frame(&bytes, WS_SERVER, 0x00, "", 0);
			if (i % 100 == 0)
				add_frame(&bytes, WS_SERVER, 0x00, "b", 1);
		}
		add_frame(&bytes, WS_SERVER, 0x80, "c", 1);
	}
	stream_check(WS_SERVER, 100, buf_at(&bytes), buf_len(&bytes), "TEXT abbbbbbc; TEXT abbbbbbc; TEXT abbbbbbc", 997);
	buf_free(&bytes);
}

/* RFC 6455, 7.4, and the registry of IANA that it opens: 1012 to 1014 came later. */
static bool
may_be_sent(unsigned code)
{
	static const unsigned codes[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014};

	for (size_t i = 0; i < COUNT(codes); i++)
		if (codes[i] == code)
			return true;
	return code >= 3000 && code < 5000;
}

static void
close_codes_are_those_of_rfc_6455_section_7_4(void **state)
{
	(void)state;
	for (unsigned code = 0; code <= 70000; code++)
		if (ws_code_valid(code) != may_be_sent(code))
			fail_msg("close code %u", code);
}

static void
close_codes_on_the_wire_are_heard_or_fail(void **state)
{
	(void)state;
	for (unsigned code = 0; code <= 5000; code++) {
		const char payload[] = {(char)(code >> 8), (char)code};
		struct buf bytes = {0};
		struct stream s;
		char line[32];

		snprintf(line, sizeof line, may_be_sent(code) ? "CLOSE %u " : "FAIL 1002", code);
		add_frame(&bytes, WS_SERVER, 0x88, payload, sizeof payload);
		stream_init(&s, WS_SERVER, 1);
		stream_feed(&s, buf_at(&bytes), buf_len(&bytes));
		assert_string_equal(stream_line(&s), line);
		stream_finish(&s);
		buf_free(&bytes);
	}
}

static void
control_frames_are_taken_up_to_125_bytes(void **state)
{
	char data[FRAME_CONTROL_MAX];

	(void)state;
	memset(data, 'r', sizeof data);
	for (size_t len = 0; len <= sizeof data; len += len < 120 ? 15 : 1) {
		struct buf bytes = {0}, line = {0};

		data[0] = 0x03;
		data[1] = (char)0xe8;
		add_frame(&bytes, WS_SERVER, 0x89, data + 2, len > 123 ? 123 : len);
		add_frame(&bytes, WS_SERVER, 0x8a, data, len);
		buf_add(&line, "PING", 4);
		stream_payload(&line, data + 2, len > 123 ? 123 : len);
		buf_add(&line, "; PONG", 6);
		stream_payload(&line, data, len);
		if (len != 1) {
			add_frame(&bytes, WS_SERVER, 0x88, data, len);
			buf_add(&line, len ? "; CLOSE 1000" : "; CLOSE 1005", 12);
			stream_payload(&line, data + 2, len ? len - 2 : 0);
		}
		buf_add(&line, "", 1);
		stream_check(WS_SERVER, 1, buf_at(&bytes), buf_len(&bytes), (char *)buf_at(&line), 1);
		buf_free(&bytes);
		buf_free(&line);
	}
}

static void
a_close_payload_is_code_and_reason(void **state)
{
	uint8_t out[FRAME_CONTROL_MAX];

	(void)state;
	assert_int_equal(ws_close_payload(out, 1000, ""), 2);
	assert_memory_equal(out, "\x03\xe8", 2);
	assert_int_equal(ws_close_payload(out, 4003, "two pings were not answered"), 29);
	assert_memory_equal(out, "\x0f\xa3two pings were not answered", 29);
}

static void
a_close_reason_is_cut_between_characters_where_it_is_too_long(void **state)
{
	static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}, *const *c;

	(void)state;
	EACH(c, characters) {
		for (size_t before = 0; before < 8; before++) {
			for (size_t n = 25; n < 130; n++) {
				char reason[600];
				uint8_t *out = guard_put(1, NULL, FRAME_CONTROL_MAX);
				size_t size = strlen(*c), fits, len;

				unit_row("%zu letters, %zu of %zu bytes", before, n, size);
				memset(reason, 'a', before);
				for (size_t i = 0; i < n; i++)
					memcpy(reason + before + i * size, *c, size);
				reason[before + n * size] = 0;
				fits = (WS_REASON_MAX - before) / size;
				len = before + (n < fits ? n : fits) * size;
				assert_int_equal(ws_close_payload(out, 1000, reason), len + 2);
				assert_memory_equal(out + 2, reason, len);
			}
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_limit_is_let_in_and_one_byte_more_is_not),
		TEST(too_large_a_frame_fails_by_its_head_alone),
		TEST(fragments_count_together_and_control_frames_do_not_count),
		TEST(the_limit_counts_for_each_message_anew),
		TEST(a_message_of_1024_empty_fragments_is_taken_and_one_of_1025_fails),
		TEST(empty_fragments_count_for_each_message_anew_and_among_others),
		TEST(close_codes_are_those_of_rfc_6455_section_7_4),
		TEST(close_codes_on_the_wire_are_heard_or_fail),
		TEST(control_frames_are_taken_up_to_125_bytes),
		TEST(a_close_payload_is_code_and_reason),
		TEST(a_close_reason_is_cut_between_characters_where_it_is_too_long),
	};

	return cmocka_run_group_tests_name("ws limits", tests, NULL, NULL);
}
