#include "store/remind.h"

#include "made.h"
#include "unit.h"

/* Message `seq`, stored at `at`. */
static void
add(struct remind *r, int64_t seq, int64_t at)
{
	struct reminder reminder = {.seq = seq, .at = at, .sender = made_name("alice"), .receiver = made_name("bob")};

	for (size_t i = 0; i < 4; i++)
		reminder.id.bytes[ID_SIZE - 1 - i] = (uint8_t)(seq >> (8 * i));
	remind_add(r, &reminder);
}

static void
add_some(struct remind *r, int64_t from, int64_t to, int64_t at)
{
	for (int64_t seq = from; seq <= to; seq++)
		add(r, seq, at);
}

static void
is_next(struct remind *r, int64_t now, int64_t seq)
{
	struct reminder got;
	struct id id = {{0}};

	assert_true(remind_next(r, now, &got));
	assert_int_equal(got.seq, seq);
	for (size_t i = 0; i < 4; i++)
		id.bytes[ID_SIZE - 1 - i] = (uint8_t)(seq >> (8 * i));
	assert_int_equal(id_order(&got.id, &id), 0);
	assert_string_equal(got.sender.text, "alice");
	assert_string_equal(got.receiver.text, "bob");
}

static void
none(struct remind *r, int64_t now)
{
	struct reminder got;

	assert_false(remind_next(r, now, &got));
}

static void
an_empty_one_has_nothing_and_holds_no_memory(void **state)
{
	struct remind r = {0};

	(void)state;
	none(&r, INT64_MAX);
	remind_delivered(&r, 1);
	remind_cut(&r, 0);
	assert_int_equal(remind_newest(&r), 0);
	assert_null(r.ring);
	remind_free(&r);
}

static void
each_is_due_half_a_second_after_it_was_stored_once_and_in_order(void **state)
{
	struct remind r = {0};

	(void)state;
	add(&r, 3, 1000);
	add(&r, 5, 1000);
	add(&r, 6, 1200);
	assert_int_equal(remind_newest(&r), 6);
	none(&r, 1000);
	none(&r, 1000 + REMIND_MS - 1);
	is_next(&r, 1000 + REMIND_MS, 3);
	is_next(&r, 1000 + REMIND_MS, 5);
	none(&r, 1000 + REMIND_MS);
	none(&r, 1200 + REMIND_MS - 1);
	is_next(&r, 5000, 6);
	none(&r, 5000);
	assert_int_equal(r.count, 0);
	assert_int_equal(remind_newest(&r), 0);
	remind_free(&r);
}

static void
what_was_delivered_is_not_due(void **state)
{
	struct remind r = {0};

	(void)state;
	add_some(&r, 1, 6, 1000);
	remind_delivered(&r, 3);
	remind_delivered(&r, 9); /* none of these */
	remind_delivered(&r, 0);
	remind_delivered(&r, 1);
	assert_int_equal(r.count, 5);
	is_next(&r, 2000, 2);
	assert_int_equal(r.count, 3); /* the third went with it */
	is_next(&r, 2000, 4);
	remind_delivered(&r, 4);
	remind_delivered(&r, 6);
	is_next(&r, 2000, 5);
	none(&r, 2000);
	assert_int_equal(r.count, 0);
	remind_free(&r);
}

static void
what_was_not_stored_after_all_is_forgotten(void **state)
{
	struct remind r = {0};

	(void)state;
	add_some(&r, 1, 4, 1000);
	remind_cut(&r, 5);
	assert_int_equal(remind_newest(&r), 4);
	remind_cut(&r, 3);
	assert_int_equal(remind_newest(&r), 2);
	add_some(&r, 3, 3, 1100); /* the next group has the number again */
	is_next(&r, 2000, 1);
	is_next(&r, 2000, 2);
	is_next(&r, 2000, 3);
	none(&r, 2000);
	add_some(&r, 4, 5, 1100);
	remind_cut(&r, 1);
	assert_int_equal(remind_newest(&r), 0);
	none(&r, 2000);
	remind_free(&r);
}

static void
those_that_wait_are_found_wherever_the_ring_starts_when_it_grows(void **state)
{
	(void)state;
	for (int64_t shift = 0; shift < 130; shift++) {
		struct remind r = {0};

		unit_row("%d", (int)shift);
		add_some(&r, 1, shift, 0);
		for (int64_t seq = 1; seq <= shift; seq++)
			is_next(&r, 1000, seq);
		add_some(&r, shift + 1, shift + 300, 1000);
		for (int64_t seq = shift + 1; seq <= shift + 300; seq += 3)
			remind_delivered(&r, seq);
		assert_int_equal(remind_newest(&r), shift + 300);
		for (int64_t seq = shift + 1; seq <= shift + 300; seq++)
			if ((seq - shift) % 3 != 1)
				is_next(&r, 2000, seq);
		none(&r, 2000);
		remind_free(&r);
	}
	unit_rows_done();
}

static void
what_does_not_fit_is_not_remembered(void **state)
{
	struct remind r = {0};

	(void)state;
	add_some(&r, 1, REMIND_MAX, 1000);
	assert_int_equal(r.count, REMIND_MAX);
	add(&r, REMIND_MAX + 1, 1000);
	assert_int_equal(r.count, REMIND_MAX);
	assert_int_equal(remind_newest(&r), REMIND_MAX);
	remind_delivered(&r, 2);
	add(&r, REMIND_MAX + 2, 1000); /* a gap within makes no room, */
	assert_int_equal(remind_newest(&r), REMIND_MAX);
	remind_delivered(&r, 1); /* one at the front does */
	assert_int_equal(r.count, REMIND_MAX - 2);
	add(&r, REMIND_MAX + 3, 1000);
	for (int64_t seq = 3; seq <= REMIND_MAX; seq++)
		is_next(&r, 2000, seq);
	is_next(&r, 2000, REMIND_MAX + 3);
	none(&r, 2000);
	remind_free(&r);
	assert_null(r.ring);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_one_has_nothing_and_holds_no_memory),
		TEST(each_is_due_half_a_second_after_it_was_stored_once_and_in_order),
		TEST(what_was_delivered_is_not_due),
		TEST(what_was_not_stored_after_all_is_forgotten),
		TEST(those_that_wait_are_found_wherever_the_ring_starts_when_it_grows),
		TEST(what_does_not_fit_is_not_remembered),
	};

	return cmocka_run_group_tests_name("remind", tests, NULL, NULL);
}
