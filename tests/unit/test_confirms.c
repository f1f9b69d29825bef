#include "session/confirms.h"

#include "made.h"
#include "unit.h"

static struct id
nth(unsigned n)
{
	return (struct id){.bytes = {[ID_SIZE - 2] = (uint8_t)(n >> 8), [ID_SIZE - 1] = (uint8_t)n}};
}

static void
add(struct confirms *c, unsigned from, unsigned to)
{
	struct name bob = made_name("bob");

	for (unsigned n = from; n <= to; n++) {
		struct id id = nth(n);

		confirms_add(c, &id, &bob);
	}
}

static void
tell(struct confirms *c, unsigned from, unsigned to)
{
	for (unsigned n = from; n <= to; n++) {
		const struct confirm *next = confirms_tell(c);
		struct id id = nth(n);

		assert_non_null(next);
		assert_int_equal(id_order(&next->id, &id), 0);
		assert_string_equal(next->from.text, "bob");
	}
}

static bool
done(struct confirms *c, unsigned n)
{
	struct id id = nth(n);

	return confirms_done(c, &id);
}

static void
they_are_told_in_order_and_done_with_those_before(void **state)
{
	struct confirms c = {0};

	(void)state;
	assert_null(confirms_tell(&c));
	add(&c, 1, 5);
	tell(&c, 1, 3);
	assert_false(done(&c, 4)); /* not told yet */
	assert_true(done(&c, 2));
	assert_false(done(&c, 1));
	tell(&c, 4, 5);
	assert_null(confirms_tell(&c));
	assert_true(done(&c, 5));
	assert_int_equal(c.count, 0);
	confirms_free(&c);
}

static void
what_was_not_heard_is_told_again(void **state)
{
	struct confirms c = {0};

	(void)state;
	add(&c, 1, 4);
	tell(&c, 1, 3);
	confirms_untell(&c);
	tell(&c, 3, 4);
	assert_true(done(&c, 1));
	confirms_untell_all(&c);
	assert_false(done(&c, 2));
	tell(&c, 2, 4);
	confirms_untell_all(&c);
	confirms_untell(&c);
	tell(&c, 2, 4);
	confirms_free(&c);
}

static void
the_oldest_makes_room(void **state)
{
	struct confirms c = {0};

	(void)state;
	add(&c, 1, CONFIRMS_MAX);
	tell(&c, 1, 2);
	add(&c, CONFIRMS_MAX + 1, CONFIRMS_MAX + 3);
	assert_int_equal(c.count, CONFIRMS_MAX);
	assert_int_equal(c.told, 0);
	tell(&c, 4, CONFIRMS_MAX + 3);
	assert_true(done(&c, CONFIRMS_MAX + 3));
	confirms_free(&c);
}

static void
are(struct confirms *c, unsigned from, unsigned to)
{
	assert_int_equal(c->count, to - from + 1);
	for (unsigned n = from; n <= to; n++) {
		struct id id = nth(n);

		assert_int_equal(id_order(&confirms_at(c, n - from)->id, &id), 0);
		assert_string_equal(confirms_at(c, n - from)->from.text, "bob");
	}
}

static void
each_is_at_its_place_from_the_oldest_on_told_or_not(void **state)
{
	struct confirms c = {0};

	(void)state;
	add(&c, 1, 5);
	are(&c, 1, 5);
	tell(&c, 1, 3);
	are(&c, 1, 5);
	assert_true(done(&c, 2));
	are(&c, 3, 5);
	add(&c, 6, CONFIRMS_MAX + 2); /* round the ring */
	are(&c, 3, CONFIRMS_MAX + 2);
	add(&c, CONFIRMS_MAX + 3, CONFIRMS_MAX + 9);
	are(&c, 10, CONFIRMS_MAX + 9);
	confirms_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(they_are_told_in_order_and_done_with_those_before),
		TEST(what_was_not_heard_is_told_again),
		TEST(the_oldest_makes_room),
		TEST(each_is_at_its_place_from_the_oldest_on_told_or_not),
	};

	return cmocka_run_group_tests_name("confirms", tests, NULL, NULL);
}
