#include "session/recall.h"

#include <stdlib.h>

#include "unit.h"

#define MAX 64

/* Whether just those from `first` to `last` of a row of numbers are there, each at its place. */
static void
expect(const struct recall *r, uint64_t (*number)(uint64_t), uint64_t first, uint64_t last)
{
	for (uint64_t n = 1; n <= last + MAX; n++)
		assert_int_equal(recall_find(r, number(n)), n >= first && n <= last ? (long)(n % MAX) : -1);
}

static uint64_t
as_it_is(uint64_t n)
{
	return n;
}

static uint64_t
in_its_top_byte(uint64_t n)
{
	return n << 56 | n >> 8;
}

/* All of one bucket: the factor's inverse takes it out again. */
static uint64_t
of_one_bucket(uint64_t n)
{
	return n * 0xf1de83e19937733du;
}

static void
the_last_ones_are_there_and_no_others(void **state)
{
	uint64_t (*const rows[])(uint64_t) = {as_it_is, in_its_top_byte, of_one_bucket};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct recall *r = recall_new(MAX);

		unit_row("%zu", i);
		assert_non_null(r);
		expect(r, rows[i], 1, 0);
		for (uint64_t n = 1; n <= 3 * MAX + 5; n++) {
			assert_int_equal(recall_add(r, rows[i](n)), n % MAX);
			expect(r, rows[i], n > MAX ? n - MAX + 1 : 1, n);
		}
		free(r);
	}
	unit_rows_done();
}

static void
zero_is_a_number_like_others(void **state)
{
	struct recall *r = recall_new(2);

	(void)state;
	assert_int_equal(recall_find(r, 0), -1);
	recall_add(r, 0);
	assert_true(recall_find(r, 0) >= 0);
	recall_add(r, 1);
	recall_add(r, 2);
	assert_int_equal(recall_find(r, 0), -1);
	free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_last_ones_are_there_and_no_others),
		TEST(zero_is_a_number_like_others),
	};

	return cmocka_run_group_tests_name("recall", tests, NULL, NULL);
}
