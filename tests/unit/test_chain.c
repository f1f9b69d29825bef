#include "session/chain.h"

#include <stdio.h>

#include "made.h"
#include "unit.h"

static struct id
nth(unsigned char n)
{
	return (struct id){.bytes = {[ID_SIZE - 1] = n}};
}

static void
expect(struct chain *c, const char *user, bool stored, unsigned char n)
{
	struct name name = made_name(user);
	struct id id = chain_last(c, &name, stored);

	assert_int_equal(id.bytes[ID_SIZE - 1], n);
	assert_int_equal(id_is_set(&id), n != 0);
}

static void
each_user_has_a_last_message(void **state)
{
	struct name bob = made_name("bob"), carol = made_name("carol");
	struct chain c = {0};
	struct id id = nth(1), other = nth(2);

	(void)state;
	expect(&c, "bob", true, 0);
	chain_sent(&c, &bob, &id);
	chain_sent(&c, &carol, &other);
	expect(&c, "bob", true, 1);
	expect(&c, "carol", true, 2);
	expect(&c, "dave", true, 0);
	chain_free(&c);
}

static void
one_that_arrived_counts_with_the_store_alone(void **state)
{
	struct name bob = made_name("bob");
	struct id first = nth(1), second = nth(2);
	struct chain c = {0};

	(void)state;
	chain_sent(&c, &bob, &first);
	chain_sent(&c, &bob, &second);
	chain_delivered(&c, &bob, &first); /* not the last */
	expect(&c, "bob", false, 2);
	chain_delivered(&c, &bob, &second);
	expect(&c, "bob", false, 0);
	expect(&c, "bob", true, 2);
	chain_free(&c);
}

static void
one_that_was_refused_is_out_of_it(void **state)
{
	struct name bob = made_name("bob");
	struct id first = nth(1), second = nth(2), third = nth(3);
	struct chain c = {0};

	(void)state;
	chain_sent(&c, &bob, &first);
	chain_sent(&c, &bob, &second);
	chain_refused(&c, &bob, &second, &first);
	expect(&c, "bob", true, 1);
	chain_sent(&c, &bob, &third);
	chain_refused(&c, &bob, &second, &first); /* it is not the last */
	expect(&c, "bob", true, 3);
	chain_free(&c);
}

static void
of_several_that_were_refused_in_a_row_the_one_before_all_counts(void **state)
{
	struct name bob = made_name("bob");
	struct id first = nth(1), second = nth(2), third = nth(3), fourth = nth(4);
	struct chain c = {0};

	(void)state;
	assert_false(chain_knows(&c, &bob));
	chain_sent(&c, &bob, &first);
	assert_true(chain_knows(&c, &bob));
	chain_sent(&c, &bob, &second);
	chain_sent(&c, &bob, &third);
	chain_sent(&c, &bob, &fourth);
	chain_refused(&c, &bob, &second, &first);
	chain_refused(&c, &bob, &third, &second);
	expect(&c, "bob", true, 4);
	chain_refused(&c, &bob, &fourth, &third);
	expect(&c, "bob", true, 1);
	expect(&c, "bob", false, 1);
	chain_free(&c);
}

static void
the_one_that_was_not_used_for_longest_makes_room(void **state)
{
	struct name bob = made_name("bob");
	struct chain c = {0};
	struct id id = nth(1);

	(void)state;
	chain_sent(&c, &bob, &id);
	for (int i = 0; i < CHAIN_PEERS; i++) {
		char text[16];
		struct name name;

		snprintf(text, sizeof text, "user%d", i);
		name = made_name(text);
		expect(&c, "bob", true, 1); /* which uses it */
		chain_sent(&c, &name, &id);
	}
	expect(&c, "bob", true, 1);
	expect(&c, "user0", true, 0);
	chain_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_user_has_a_last_message),
		TEST(one_that_arrived_counts_with_the_store_alone),
		TEST(one_that_was_refused_is_out_of_it),
		TEST(of_several_that_were_refused_in_a_row_the_one_before_all_counts),
		TEST(the_one_that_was_not_used_for_longest_makes_room),
	};

	return cmocka_run_group_tests_name("chain", tests, NULL, NULL);
}
