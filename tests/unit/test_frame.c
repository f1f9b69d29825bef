#include "ws/frame.h"

#include <string.h>

#include "guard.h"
#include "unit.h"

static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};

static void
heads_of_every_length_come_back_as_they_were(void **state)
{
	static const struct {
		uint64_t len;
		size_t head;
	} lengths[] = {
		{0, 2}, {1, 2}, {124, 2}, {125, 2}, {126, 4}, {127, 4}, {255, 4}, {256, 4}, {65534, 4}, {65535, 4}, {65536, 10},
		{65537, 10}, {0xffffff, 10}, {0x100000000, 10}, {0x0102030405060708, 10}, {INT64_MAX - 1, 10}, {INT64_MAX, 10},
	}, *v;
	static const unsigned firsts[] = {0x81, 0x82, 0x01, 0x00, 0x80, 0x88, 0x89, 0x8a, 0xf1, 0x7f};

	(void)state;
	EACH(v, lengths) {
		for (size_t i = 0; i < 2 * COUNT(firsts); i++) {
			unsigned first = firsts[i / 2];
			const uint8_t *mask = i & 1 ? key : NULL;
			uint8_t head[FRAME_HEAD_MAX];
			size_t n = frame_encode(head, first, v->len, mask);
			struct frame f;

			unit_row("%llu bytes, %02x", (unsigned long long)v->len, first);
			assert_int_equal(n, v->head + (mask ? 4 : 0));
			assert_int_equal(frame_decode(&f, guard_put(0, head, n), n), n);
			assert_int_equal(f.bits, first & 0xf0);
			assert_int_equal(f.opcode, first & 0x0f);
			assert_int_equal(f.masked, mask != NULL);
			assert_true(f.len == v->len);
			if (mask)
				assert_memory_equal(f.mask, mask, 4);
		}
	}
}

static void
the_bytes_of_a_head_are_those_of_rfc_6455(void **state)
{
	static const struct {
		unsigned first;
		uint64_t len;
		int masked;
		const char *bytes;
		size_t size;
	} vectors[] = {
		{0x81, 5, 0, BYTES("\x81\x05")},
		{0x81, 5, 1, BYTES("\x81\x85\x37\xfa\x21\x3d")},
		{0x01, 3, 0, BYTES("\x01\x03")},
		{0x80, 2, 0, BYTES("\x80\x02")},
		{0x89, 5, 0, BYTES("\x89\x05")},
		{0x8a, 5, 1, BYTES("\x8a\x85\x37\xfa\x21\x3d")},
		{0x82, 125, 0, BYTES("\x82\x7d")},
		{0x82, 126, 0, BYTES("\x82\x7e\x00\x7e")},
		{0x82, 256, 0, BYTES("\x82\x7e\x01\x00")},
		{0x82, 65535, 1, BYTES("\x82\xfe\xff\xff\x37\xfa\x21\x3d")},
		{0x82, 65536, 0, BYTES("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00")},
		{0x82, INT64_MAX, 1, BYTES("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x37\xfa\x21\x3d")},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		uint8_t head[FRAME_HEAD_MAX];
		struct frame f;

		unit_row("%02x, %llu bytes", v->first, (unsigned long long)v->len);
		assert_int_equal(frame_encode(head, v->first, v->len, v->masked ? key : NULL), v->size);
		assert_memory_equal(head, v->bytes, v->size);
		assert_int_equal(frame_decode(&f, (const uint8_t *)v->bytes, v->size), v->size);
		assert_true(f.len == v->len);
	}
}

static void
a_head_that_is_cut_says_more_and_its_first_two_bytes_count(void **state)
{
	static const uint64_t lengths[] = {0, 125, 126, 65535, 65536, INT64_MAX}, *len;

	(void)state;
	EACH(len, lengths) {
		for (int masked = 0; masked < 2; masked++) {
			uint8_t head[FRAME_HEAD_MAX];
			size_t n = frame_encode(head, FRAME_FIN | FRAME_RSV2 | FRAME_PING, *len, masked ? key : NULL);

			unit_row("%llu bytes", (unsigned long long)*len);
			for (size_t cut = 0; cut < n; cut++) {
				struct frame f = {0};

				assert_int_equal(frame_decode(&f, guard_put(0, head, cut), cut), 0);
				assert_int_equal(f.bits, cut < 2 ? 0 : FRAME_FIN | FRAME_RSV2);
				assert_int_equal(f.opcode, cut < 2 ? 0 : FRAME_PING);
				assert_int_equal(f.masked, cut < 2 ? 0 : masked);
			}
		}
	}
}

static void
bytes_after_a_head_do_not_count(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(frame_decode(&f, (const uint8_t *)"\x81\x05Hello\xff\xff", 9), 2);
	assert_int_equal(frame_decode(&f, (const uint8_t *)"\x82\x7e\x01\x00\x7f\xff\xff\xff\xff\xff\xff\xff", 12), 4);
}

static void
lengths_that_are_not_shortest_or_over_2_to_the_63_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		int result;
	} vectors[] = {
		{BYTES("\x82\x7e\x00\x00"), -1},
		{BYTES("\x82\x7e\x00\x7d"), -1},
		{BYTES("\x82\x7e\x00\x7e"), 4},
		{BYTES("\x82\xfe\x00\x7d\x00\x00\x00\x00"), -1},
		{BYTES("\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x00"), -1},
		{BYTES("\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x7d"), -1},
		{BYTES("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff"), -1},
		{BYTES("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"), 10},
		{BYTES("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"), 10},
		{BYTES("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00"), -1},
		{BYTES("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), -1},
		{BYTES("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), -1},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct frame f;
		size_t bare = v->bytes[1] & 0x80 ? v->size - 4 : v->size;

		unit_row("%td", v - vectors);
		assert_int_equal(frame_decode(&f, guard_put(0, v->bytes, v->size), v->size), v->result);
		for (size_t cut = 0; cut < bare; cut++)
			assert_int_equal(frame_decode(&f, guard_put(0, v->bytes, cut), cut), 0);
		for (size_t cut = bare; cut < v->size; cut++)
			assert_int_equal(frame_decode(&f, guard_put(0, v->bytes, cut), cut), v->result < 0 ? -1 : 0);
	}
}

static void
mask_naively(uint8_t *p, size_t len, const uint8_t mask[4], uint64_t offset)
{
	for (size_t i = 0; i < len; i++)
		p[i] ^= mask[(offset + i) % 4];
}

static void
the_example_of_rfc_6455_is_masked_as_it_says(void **state)
{
	uint8_t text[5];

	(void)state;
	frame_mask(text, (const uint8_t *)"Hello", 5, key, 0);
	assert_memory_equal(text, "\x7f\x9f\x4d\x51\x58", 5);
	frame_mask(text, text, 5, key, 0);
	assert_memory_equal(text, "Hello", 5);
}

static void
every_length_and_offset_is_masked_as_the_reference_does(void **state)
{
	uint32_t seed = 14;
	uint8_t data[300], expected[sizeof data], mask[4];

	(void)state;
	for (size_t len = 0; len <= sizeof data; len++) {
		for (uint64_t offset = 0; offset < 9; offset++) {
			const uint8_t *src;
			uint8_t *dst;

			unit_row("%zu bytes from %llu", len, (unsigned long long)offset);
			unit_random_bytes(&seed, data, len);
			unit_random_bytes(&seed, mask, 4);
			memcpy(expected, data, len);
			mask_naively(expected, len, mask, offset);
			src = guard_put(0, data, len);
			dst = guard_put(1, NULL, len);
			frame_mask(dst, src, len, mask, offset);
			assert_memory_equal(dst, expected, len);
			assert_memory_equal(src, data, len);
		}
	}
	unit_rows_done();
}

static void
an_offset_beyond_32_bits_counts(void **state)
{
	uint8_t data[40] = {0}, expected[40] = {0};

	(void)state;
	frame_mask(data, data, sizeof data, key, 0x100000000u + 3);
	mask_naively(expected, sizeof expected, key, 3);
	assert_memory_equal(data, expected, sizeof data);
	frame_mask(data, data, sizeof data, key, UINT64_MAX);
	mask_naively(expected, sizeof expected, key, 3);
	assert_memory_equal(data, expected, sizeof data);
}

static void
a_target_at_or_below_the_source_gets_it_whole(void **state)
{
	uint32_t seed = 63;
	uint8_t data[400], work[400], expected[400];

	(void)state;
	for (size_t down = 0; down <= 140; down += down < 70 ? 1 : 13) {
		for (size_t len = 0; len + down <= 330; len += len < 140 ? 1 : 17) {
			uint8_t *p;
			size_t align = len % 16;

			unit_row("%zu bytes, %zu down", len, down);
			unit_random_bytes(&seed, data, sizeof data);
			memcpy(work, data, sizeof data);
			memcpy(expected, data, sizeof data);
			memmove(expected + align, data + align + down, len);
			mask_naively(expected + align, len, key, len);
			p = guard_put(0, work, align + down + len);
			frame_mask(p + align, p + align + down, len, key, len);
			assert_memory_equal(p, expected, align + down + len);
		}
	}
	unit_rows_done();
}

static void
a_payload_masked_in_pieces_is_the_same_as_masked_whole(void **state)
{
	uint32_t seed = 21;
	uint8_t data[200], expected[200];

	(void)state;
	unit_random_bytes(&seed, data, sizeof data);
	memcpy(expected, data, sizeof data);
	mask_naively(expected, sizeof expected, key, 0);
	for (size_t cut = 0; cut <= sizeof data; cut++) {
		uint8_t *p = guard_put(0, data, sizeof data);

		frame_mask(p, p, cut, key, 0);
		frame_mask(p + cut, p + cut, sizeof data - cut, key, cut);
		assert_memory_equal(p, expected, sizeof data);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(heads_of_every_length_come_back_as_they_were),
		TEST(the_bytes_of_a_head_are_those_of_rfc_6455),
		TEST(a_head_that_is_cut_says_more_and_its_first_two_bytes_count),
		TEST(bytes_after_a_head_do_not_count),
		TEST(lengths_that_are_not_shortest_or_over_2_to_the_63_are_refused),
		TEST(the_example_of_rfc_6455_is_masked_as_it_says),
		TEST(every_length_and_offset_is_masked_as_the_reference_does),
		TEST(an_offset_beyond_32_bits_counts),
		TEST(a_target_at_or_below_the_source_gets_it_whole),
		TEST(a_payload_masked_in_pieces_is_the_same_as_masked_whole),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
