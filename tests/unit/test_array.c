#include "base/array.h"

#include <stdlib.h>

#include "unit.h"

static void
an_array_grows_and_keeps_what_is_in_it(void **state)
{
	size_t count = 0, cap = 0;
	int *array = NULL;

	(void)state;
	for (; count < 1000; count++) {
		array = array_room(array, count, &cap, sizeof *array);
		assert_non_null(array);
		assert_in_range(cap, count + 1, 2048);
		array[count] = (int)count;
	}
	for (size_t i = 0; i < count; i++)
		assert_int_equal(array[i], i);
	free(array);
}

/* Wherever in it the oldest is. */
static void
a_ring_grows_and_its_oldest_comes_to_the_front(void **state)
{
	(void)state;
	for (size_t start = 0; start < 8; start++) {
		size_t first = start, cap = 0;
		int *ring = array_ring(NULL, &(size_t){0}, 0, &cap, 16, sizeof *ring), *same;

		assert_int_equal(cap, 8);
		for (int i = 0; i < 8; i++) {
			same = array_ring(ring, &first, (size_t)i, &cap, 16, sizeof *ring);
			assert_ptr_equal(same, ring); /* while there is room */
			ring[(first + (size_t)i) % cap] = i;
		}
		assert_int_equal(first, start);
		ring = array_ring(ring, &first, 8, &cap, 16, sizeof *ring);
		assert_non_null(ring);
		assert_int_equal(cap, 16);
		assert_int_equal(first, 0);
		for (int i = 0; i < 8; i++)
			assert_int_equal(ring[i], i);
		assert_null(array_ring(ring, &first, 16, &cap, 16, sizeof *ring)); /* it takes no more */
		assert_int_equal(cap, 16);
		free(ring);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_array_grows_and_keeps_what_is_in_it),
		TEST(a_ring_grows_and_its_oldest_comes_to_the_front),
	};

	return cmocka_run_group_tests_name("array", tests, NULL, NULL);
}
