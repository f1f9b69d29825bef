#include "base/buf.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

static void
an_empty_one_holds_no_memory(void **state)
{
	struct buf b = {0};

	(void)state;
	assert_int_equal(buf_len(&b), 0);
	assert_int_equal(buf_add(&b, NULL, 0), 0);
	assert_null(b.data);
	buf_clear(&b);
	buf_trim(&b);
	buf_free(&b);
	assert_null(b.data);
}

static void
bytes_come_out_in_the_order_they_went_in(void **state)
{
	struct buf b = {0};

	(void)state;
	assert_int_equal(buf_add(&b, "abc", 3), 0);
	assert_int_equal(buf_add(&b, "", 0), 0);
	assert_int_equal(buf_add(&b, "defg", 4), 0);
	assert_int_equal(buf_len(&b), 7);
	assert_memory_equal(buf_at(&b), "abcdefg", 7);
	buf_take(&b, 2);
	assert_int_equal(buf_len(&b), 5);
	assert_memory_equal(buf_at(&b), "cdefg", 5);
	buf_take(&b, 0);
	buf_take(&b, 5);
	assert_int_equal(buf_len(&b), 0);
	assert_int_equal(b.start, 0);
	buf_free(&b);
}

static void
room_is_what_was_asked_for_and_counts_when_added(void **state)
{
	struct buf b = {0};
	char *room;

	(void)state;
	for (size_t len = 0; len < 5000; len += 271) {
		size_t before = buf_len(&b);

		room = buf_room(&b, len);
		assert_true(len == 0 || room != NULL);
		if (len > 0)
			memset(room, (int)(len % 251), len);
		assert_int_equal(buf_len(&b), before);
		buf_added(&b, len / 2);
		assert_int_equal(buf_len(&b), before + len / 2);
		if (len > 2)
			assert_int_equal(buf_at(&b)[before], len % 251);
	}
	buf_free(&b);
}

static void
space_that_was_taken_is_used_again(void **state)
{
	struct buf b = {0};
	unsigned char block[100];
	size_t cap;

	(void)state;
	memset(block, 'b', sizeof block);
	assert_int_equal(buf_add(&b, block, sizeof block), 0);
	assert_int_equal(buf_add(&b, block, sizeof block), 0);
	cap = b.cap;
	for (int i = 0; i < 1000; i++) {
		buf_take(&b, sizeof block);
		assert_int_equal(buf_add(&b, block, sizeof block), 0);
	}
	assert_int_equal(b.cap, cap);
	assert_int_equal(buf_len(&b), 2 * sizeof block);
	buf_free(&b);
}

static void
random_use_gives_what_a_plain_array_gives(void **state)
{
	static unsigned char model[200000];
	size_t start = 0, end = 0;
	uint32_t seed = 77;
	struct buf b = {0};

	(void)state;
	while (end < sizeof model - 600) {
		size_t n = unit_random(&seed) % 600;

		if (unit_random(&seed) & 1) {
			unit_random_bytes(&seed, model + end, n);
			assert_int_equal(buf_add(&b, model + end, n), 0);
			end += n;
		} else {
			n = n > end - start ? end - start : n;
			buf_take(&b, n);
			start += n;
		}
		assert_int_equal(buf_len(&b), end - start);
		if (end > start)
			assert_memory_equal(buf_at(&b), model + start, end - start);
	}
	buf_free(&b);
}

static void
clearing_keeps_the_memory_and_trimming_gives_it_back(void **state)
{
	struct buf b = {0};

	(void)state;
	assert_int_equal(buf_add(&b, "abc", 3), 0);
	buf_trim(&b);
	assert_int_equal(buf_len(&b), 3);
	assert_memory_equal(buf_at(&b), "abc", 3);
	buf_clear(&b);
	assert_int_equal(buf_len(&b), 0);
	assert_non_null(b.data);
	buf_trim(&b);
	assert_null(b.data);
	assert_int_equal(b.cap, 0);
	assert_int_equal(buf_add(&b, "d", 1), 0);
	buf_free(&b);
	assert_null(b.data);
	assert_int_equal(buf_len(&b), 0);
}

static void
more_than_there_can_be_is_refused_and_nothing_is_lost(void **state)
{
	struct buf b = {0};

	(void)state;
	assert_int_equal(buf_add(&b, "abcd", 4), 0);
	buf_take(&b, 1);
	errno = 0;
	assert_null(buf_room(&b, SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_null(buf_room(&b, SIZE_MAX - 3));
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_int_equal(buf_add(&b, "x", SIZE_MAX - 1), -1);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(buf_len(&b), 3);
	assert_memory_equal(buf_at(&b), "bcd", 3);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_one_holds_no_memory),
		TEST(bytes_come_out_in_the_order_they_went_in),
		TEST(room_is_what_was_asked_for_and_counts_when_added),
		TEST(space_that_was_taken_is_used_again),
		TEST(random_use_gives_what_a_plain_array_gives),
		TEST(clearing_keeps_the_memory_and_trimming_gives_it_back),
		TEST(more_than_there_can_be_is_refused_and_nothing_is_lost),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
