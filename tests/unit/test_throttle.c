/* How often logins may fail. */
#include "auth/throttle.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "unit.h"

#define NOW 1000000000
#define HERE "192.0.2.1"

static struct throttle *
made(void)
{
	struct throttle *t = calloc(1, sizeof *t);

	assert_non_null(t);
	assert_true(sodium_init() >= 0);
	memset(t->key, 7, sizeof t->key);
	return t;
}

static int64_t
wait_of(const struct throttle *t, const char *user, const char *address, int64_t now)
{
	struct name name = made_name(user);

	return throttle_wait(t, &name, address, now);
}

static void
fail_at(struct throttle *t, const char *user, const char *address, int64_t now)
{
	struct name name = made_name(user);

	throttle_count(t, &name, address, now);
}

static void
good(struct throttle *t, const char *user, const char *address, int64_t now)
{
	struct name name = made_name(user);

	throttle_good(t, &name, address, now);
}

static void
a_user_has_five_failures_free_and_then_waits_twice_as_long_each_time(void **state)
{
	static const int64_t waits[] = {0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60};
	struct throttle *t = made();
	const int64_t *w;

	(void)state;
	EACH(w, waits) {
		unit_row("%d", (int)(w - waits + 1));
		fail_at(t, "alice", "", NOW);
		assert_int_equal(wait_of(t, "alice", "", NOW), *w);
	}
	assert_int_equal(wait_of(t, "bob", "", NOW), 0);
	assert_int_equal(wait_of(t, "alice2", "", NOW), 0);
	free(t);
}

static void
an_address_has_twenty(void **state)
{
	struct throttle *t = made();
	int64_t expected = 1;
	char user[16];

	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(user, sizeof user, "u%d", i);
		fail_at(t, user, HERE, NOW);
		if (i < 20)
			assert_int_equal(wait_of(t, "carol", HERE, NOW), 0);
		else
			assert_int_equal(wait_of(t, "carol", HERE, NOW), expected);
		expected = i < 20 ? 1 : expected < 256 ? expected * 2 : 300;
	}
	assert_int_equal(wait_of(t, "carol", "192.0.2.2", NOW), 0);
	free(t);
}

static void
many_more_failures_wait_no_longer(void **state)
{
	struct throttle *t = made();

	(void)state;
	for (int i = 0; i < 1000; i++)
		fail_at(t, "alice", HERE, NOW);
	assert_int_equal(wait_of(t, "alice", "", NOW), 60);
	assert_int_equal(wait_of(t, "bob", HERE, NOW), 300);
	free(t);
}

static void
time_goes_by_and_every_begun_second_counts(void **state)
{
	struct throttle *t = made();

	(void)state;
	for (int i = 0; i < 7; i++)
		fail_at(t, "alice", "", NOW);
	assert_int_equal(wait_of(t, "alice", "", NOW + 1), 2);
	assert_int_equal(wait_of(t, "alice", "", NOW + 1000), 1);
	assert_int_equal(wait_of(t, "alice", "", NOW + 1999), 1);
	assert_int_equal(wait_of(t, "alice", "", NOW + 2000), 0);
	fail_at(t, "alice", "", NOW + 2000);
	assert_int_equal(wait_of(t, "alice", "", NOW + 2000), 4);
	free(t);
}

static void
an_hour_without_failures_is_a_new_start(void **state)
{
	struct throttle *t = made();

	(void)state;
	for (int i = 0; i < 7; i++)
		fail_at(t, "alice", "", NOW);
	fail_at(t, "alice", "", NOW + THROTTLE_FORGET_MS - 1);
	assert_int_equal(wait_of(t, "alice", "", NOW + THROTTLE_FORGET_MS - 1), 4);
	fail_at(t, "alice", "", NOW + 2 * THROTTLE_FORGET_MS);
	assert_int_equal(wait_of(t, "alice", "", NOW + 2 * THROTTLE_FORGET_MS), 0);
	free(t);
}

static void
a_time_to_come_is_of_before_the_machine_was_started(void **state)
{
	struct throttle *t = made();

	(void)state;
	for (int i = 0; i < 12; i++)
		fail_at(t, "alice", "", NOW);
	assert_int_equal(wait_of(t, "alice", "", 1000), 0);
	free(t);
}

static void
a_good_login_clears_the_user_and_takes_its_own_off_the_address(void **state)
{
	struct throttle *t = made();

	(void)state;
	for (int i = 0; i < 22; i++)
		fail_at(t, "alice", HERE, NOW);
	assert_int_equal(wait_of(t, "bob", HERE, NOW), 2);
	good(t, "alice", HERE, NOW);
	assert_int_equal(wait_of(t, "alice", "", NOW), 0);
	assert_int_equal(wait_of(t, "bob", HERE, NOW), 1);
	good(t, "alice", HERE, NOW);
	good(t, "nobody", "198.51.100.1", NOW);
	assert_int_equal(wait_of(t, "bob", HERE, NOW), 0);
	free(t);
}

static void
who_has_a_prefix_of_ipv6_has_one_count(void **state)
{
	struct throttle *t = made();
	char address[64];

	(void)state;
	for (int i = 0; i < 21; i++) {
		snprintf(address, sizeof address, "2001:db8:0:1:%x::%x", i, i);
		fail_at(t, "alice", address, NOW);
	}
	assert_int_equal(wait_of(t, "bob", "2001:db8:0:1::77", NOW), 1);
	assert_int_equal(wait_of(t, "bob", "2001:db8:0:2::77", NOW), 0);
	free(t);
}

static void
an_address_that_nobody_can_tell_is_not_counted(void **state)
{
	static const char *const addresses[] = {"", "unix", "nonsense", "1.2.3.4.5"};
	struct throttle *t = made();
	const char *const *address;

	(void)state;
	EACH(address, addresses) {
		char user[16];

		for (int i = 0; i < 50; i++) {
			snprintf(user, sizeof user, "u%d", i);
			fail_at(t, user, *address, NOW + (address - addresses) * 2 * THROTTLE_FORGET_MS);
		}
		assert_int_equal(wait_of(t, "bob", *address, NOW + (address - addresses) * 2 * THROTTLE_FORGET_MS), 0);
	}
	free(t);
}

static void
where_no_place_is_free_the_oldest_is_forgotten(void **state)
{
	struct throttle *t = made();
	char user[16];

	(void)state;
	for (int i = 0; i < 6; i++)
		fail_at(t, "first", "", NOW);
	for (int i = 0; i < 6; i++)
		fail_at(t, "second", "", NOW + 1);
	for (int i = 0; i < THROTTLE_SLOTS - 2; i++) {
		snprintf(user, sizeof user, "u%d", i);
		fail_at(t, user, "", NOW + 2);
	}
	assert_int_equal(wait_of(t, "first", "", NOW + 2), 1);
	fail_at(t, "one.more", "", NOW + 3);
	assert_int_equal(wait_of(t, "first", "", NOW + 3), 0);
	assert_int_equal(wait_of(t, "second", "", NOW + 3), 1);
	free(t);
}

static void
the_table_has_no_names_and_another_key_makes_another_one(void **state)
{
	struct throttle *t = made(), *other = made();

	(void)state;
	other->key[0] ^= 1;
	fail_at(t, "alice.the.first", HERE, NOW);
	fail_at(other, "alice.the.first", HERE, NOW);
	assert_null(memmem(t, sizeof *t, "alice", 5));
	assert_null(memmem(t, sizeof *t, "\xc0\x00\x02\x01", 4));
	assert_memory_not_equal(t->users[0].who, other->users[0].who, sizeof t->users[0].who);
	free(t);
	free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_user_has_five_failures_free_and_then_waits_twice_as_long_each_time),
		TEST(an_address_has_twenty),
		TEST(many_more_failures_wait_no_longer),
		TEST(time_goes_by_and_every_begun_second_counts),
		TEST(an_hour_without_failures_is_a_new_start),
		TEST(a_time_to_come_is_of_before_the_machine_was_started),
		TEST(a_good_login_clears_the_user_and_takes_its_own_off_the_address),
		TEST(who_has_a_prefix_of_ipv6_has_one_count),
		TEST(an_address_that_nobody_can_tell_is_not_counted),
		TEST(where_no_place_is_free_the_oldest_is_forgotten),
		TEST(the_table_has_no_names_and_another_key_makes_another_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
