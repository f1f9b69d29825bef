#include "chat/id.h"

#include <string.h>

#include "guard.h"
#include "unit.h"

#define DIGITS "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

static int
parse(struct id *id, const char *text)
{
	return id_parse(id, guard_put(0, text, strlen(text)), strlen(text));
}

static void
known_ids_are_written_as_the_ulid_specification_says(void **state)
{
	static const struct {
		struct id id;
		const char *text;
	} vectors[] = {
		{{{0}}, "00000000000000000000000000"},
		{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}, "00000000000000000000000001"},
		{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff}}, "0000000000000000000000007Z"},
		{{{0, 0, 0, 0, 0, 1}}, "00000000010000000000000000"},
		{{{0x80}}, "40000000000000000000000000"},
		{{{0x01, 0x56, 0x3e, 0x3a, 0xb5, 0xd3, 0xd6, 0x76, 0x4c, 0x61, 0xef, 0xb9, 0x93, 0x02, 0xbd, 0x5b}},
		 "01ARZ3NDEKTSV4RRFFQ69G5FAV"},
		{{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
		 "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		char text[ID_TEXT_LEN + 1];
		struct id id;

		unit_row("%s", v->text);
		id_text(&v->id, text);
		assert_string_equal(text, v->text);
		assert_int_equal(parse(&id, text), 0);
		assert_memory_equal(id.bytes, v->id.bytes, ID_SIZE);
	}
}

static void
ids_come_back_as_they_were_and_sort_as_their_texts(void **state)
{
	uint32_t seed = 26;
	struct id last = {{0}};
	char last_text[ID_TEXT_LEN + 1];

	(void)state;
	id_text(&last, last_text);
	for (int i = 0; i < 20000; i++) {
		char text[ID_TEXT_LEN + 1];
		struct id id = last, back;
		int by_bytes, by_text;
		size_t keep = unit_random(&seed) % ID_SIZE;

		unit_random_bytes(&seed, id.bytes + keep, ID_SIZE - keep);
		id_text(&id, text);
		assert_int_equal(parse(&back, text), 0);
		assert_memory_equal(&back, &id, sizeof id);
		by_bytes = id_order(&last, &id);
		by_text = strcmp(last_text, text);
		assert_int_equal((by_bytes > 0) - (by_bytes < 0), (by_text > 0) - (by_text < 0));
		last = id;
		memcpy(last_text, text, sizeof text);
	}
}

static void
lower_case_is_read_as_upper_case(void **state)
{
	struct id upper, lower;

	(void)state;
	assert_int_equal(parse(&upper, "01ARZ3NDEKTSV4RRFFQ69G5FAV"), 0);
	assert_int_equal(parse(&lower, "01arz3ndektsv4rrffq69g5fav"), 0);
	assert_memory_equal(&upper, &lower, sizeof upper);
}

static void
every_other_character_at_any_place_is_refused(void **state)
{
	char text[] = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
	struct id id;

	(void)state;
	for (size_t at = 0; at < ID_TEXT_LEN; at++) {
		char was = text[at];

		for (int c = 0; c < 256; c++) {
			int upper = c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
			const char *digit = upper ? strchr(DIGITS, upper) : NULL;
			int good = digit && (at > 0 || digit - DIGITS < 8);

			text[at] = (char)c;
			if (id_parse(&id, guard_put(0, text, ID_TEXT_LEN), ID_TEXT_LEN) != (good ? 0 : -1))
				fail_msg("character %02x at %zu", (unsigned)c, at);
		}
		text[at] = was;
	}
}

static void
another_length_is_refused(void **state)
{
	static const char text[] = "01ARZ3NDEKTSV4RRFFQ69G5FAV01ARZ3";
	struct id id;

	(void)state;
	for (size_t len = 0; len < sizeof text; len++)
		assert_int_equal(id_parse(&id, guard_put(0, text, len), len), len == ID_TEXT_LEN ? 0 : -1);
}

static void
the_first_of_a_millisecond_has_the_time_and_what_is_random(void **state)
{
	static const uint8_t random[ID_RANDOM_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
	struct id last = {{0}};

	(void)state;
	id_next(&last, 0x0123456789ab, random);
	assert_memory_equal(last.bytes, "\x01\x23\x45\x67\x89\xab\1\2\3\4\5\6\7\10\11\12", ID_SIZE);
	id_next(&last, 0x0123456789ac, (const uint8_t[ID_RANDOM_SIZE]){0});
	assert_memory_equal(last.bytes, "\x01\x23\x45\x67\x89\xac\0\0\0\0\0\0\0\0\0\0", ID_SIZE);
}

static void
the_next_of_a_millisecond_is_one_more(void **state)
{
	static const uint8_t low[ID_RANDOM_SIZE] = {0}, high[ID_RANDOM_SIZE] = {9, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe};
	struct id last = {{0}};

	(void)state;
	id_next(&last, 5, high);
	id_next(&last, 5, low);
	assert_memory_equal(last.bytes, "\0\0\0\0\0\5\11\0\0\0\0\0\0\0\0\xff", ID_SIZE);
	id_next(&last, 5, high);
	assert_memory_equal(last.bytes, "\0\0\0\0\0\5\11\0\0\0\0\0\0\0\1\0", ID_SIZE);
}

static void
a_clock_that_goes_back_does_not_make_ids_go_back(void **state)
{
	static const uint8_t random[ID_RANDOM_SIZE] = {0xff};
	struct id last = {{0}};

	(void)state;
	id_next(&last, 1000, (const uint8_t[ID_RANDOM_SIZE]){0});
	id_next(&last, 999, random);
	assert_memory_equal(last.bytes, "\0\0\0\0\3\xe8\0\0\0\0\0\0\0\0\0\1", ID_SIZE);
	id_next(&last, 0, random);
	assert_memory_equal(last.bytes, "\0\0\0\0\3\xe8\0\0\0\0\0\0\0\0\0\2", ID_SIZE);
	id_next(&last, 1001, random);
	assert_memory_equal(last.bytes, "\0\0\0\0\3\xe9\xff\0\0\0\0\0\0\0\0\0", ID_SIZE);
}

static void
an_overflow_carries_into_the_time_and_grows_on(void **state)
{
	uint8_t most[ID_RANDOM_SIZE];
	struct id last = {{0}}, before;

	(void)state;
	memset(most, 0xff, sizeof most);
	id_next(&last, 0xff, most);
	before = last;
	id_next(&last, 0xff, most);
	assert_memory_equal(last.bytes, "\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0", ID_SIZE);
	assert_true(id_order(&last, &before) > 0);
	id_next(&last, 0x100, most);
	assert_memory_equal(last.bytes, "\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\1", ID_SIZE);
}

static void
ids_of_one_maker_ever_grow(void **state)
{
	uint32_t seed = 80;
	struct id last = {{0}};
	uint64_t ms = 1700000000000;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		struct id before = last;
		uint8_t random[ID_RANDOM_SIZE];

		unit_random_bytes(&seed, random, sizeof random);
		if (i % 3 == 0)
			memset(random, 0xff, sizeof random);
		ms += unit_random(&seed) % 4;
		ms -= unit_random(&seed) % 4;
		id_next(&last, ms, random);
		assert_true(id_order(&before, &last) < 0);
	}
}

static void
the_first_id_at_time_zero_is_not_zero(void **state)
{
	struct id last = {{0}}, zero = {{0}};

	(void)state;
	id_next(&last, 0, (const uint8_t[ID_RANDOM_SIZE]){0});
	assert_true(id_order(&last, &zero) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(known_ids_are_written_as_the_ulid_specification_says),
		TEST(ids_come_back_as_they_were_and_sort_as_their_texts),
		TEST(lower_case_is_read_as_upper_case),
		TEST(every_other_character_at_any_place_is_refused),
		TEST(another_length_is_refused),
		TEST(the_first_of_a_millisecond_has_the_time_and_what_is_random),
		TEST(the_next_of_a_millisecond_is_one_more),
		TEST(a_clock_that_goes_back_does_not_make_ids_go_back),
		TEST(an_overflow_carries_into_the_time_and_grows_on),
		TEST(ids_of_one_maker_ever_grow),
		TEST(the_first_id_at_time_zero_is_not_zero),
	};

	return cmocka_run_group_tests_name("id", tests, NULL, NULL);
}
