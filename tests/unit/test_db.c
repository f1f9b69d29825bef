/* What comes in, waits, and is delivered. */
#include "store/db.h"

#include <string.h>

#include "db_place.h"
#include "made.h"
#include "unit.h"

static void
what_waits_is_found_in_the_order_in_which_it_came_until_it_is_delivered(void **state)
{
	struct place p;

	(void)state;
	place_begin(&p, &place_plenty);
	place_put(&p, "alice", "bob", "", "a");
	place_put(&p, "carla", "bob", "", "b");
	place_put(&p, "bob", "alice", "", "c");
	place_put(&p, "alice", "bob", "", "dd");
	place_pending(&p, "bob", "a b dd");
	place_pending(&p, "alice", "c");
	place_pending(&p, "nobody", "");
	place_pending_count(&p, "bob", 3, 4);
	assert_int_equal(place_deliver(&p, 2, "bob"), DB_OK);
	assert_int_equal(place_deliver(&p, 2, "bob"), DB_AGAIN);
	place_pending(&p, "bob", "a dd");
	place_pending_count(&p, "bob", 2, 3);
	assert_int_equal(place_deliver(&p, 4, "alice"), DB_NONE); /* not hers to say */
	place_pending(&p, "bob", "a dd");
	place_end(&p);
}

static void
a_message_that_is_sent_again_is_the_first(void **state)
{
	struct db_message m;
	struct place p;

	(void)state;
	place_begin(&p, &place_plenty);
	assert_int_equal(place_put(&p, "alice", "bob", "r1", "hello"), DB_OK);
	assert_int_equal(place_put(&p, "alice", "bob", "r1", "hello"), DB_AGAIN);
	assert_int_equal(place_put(&p, "alice", "bob", "r1", "other words"), DB_OK);
	assert_int_equal(place_put(&p, "alice", "carla", "r1", "hello"), DB_OK);
	assert_int_equal(place_put(&p, "carla", "bob", "r1", "hello"), DB_OK);
	assert_int_equal(place_put(&p, "alice", "bob", "", "hello"), DB_OK);
	assert_int_equal(place_put(&p, "alice", "bob", "", "hello"), DB_OK);
	place_pending(&p, "bob", "hello other words hello hello hello");
	place_deliver(&p, 1, "bob");
	m = place_message(&p, "alice", "bob", "r1", "hello");
	db_begin(p.db);
	assert_int_equal(db_put(p.db, &m), DB_AGAIN);
	assert_int_equal(m.seq, 1);
	assert_memory_equal(&m.id, &(struct id[]){place_id(1)}, sizeof m.id);
	assert_int_equal(m.delivered, PLACE_DELIVERED);
	m = place_message(&p, "alice", "bob", "", "hello"); /* the same record, to a store that was started anew */
	m.id = place_id(6);
	assert_int_equal(db_put(p.db, &m), DB_AGAIN);
	assert_int_equal(m.seq, 5);
	db_commit(p.db);
	place_end(&p);
}

static void
what_was_read_before_it_came_in_does_not_wait(void **state)
{
	struct place p;

	(void)state;
	place_begin(&p, &place_plenty);
	assert_int_equal(place_deliver(&p, 1, "carla"), DB_NONE); /* of a message that is for somebody else, as will be seen */
	assert_int_equal(place_deliver(&p, 2, "bob"), DB_NONE);
	place_put(&p, "alice", "bob", "", "a");
	place_put(&p, "alice", "bob", "", "b");
	place_pending(&p, "bob", "a");
	place_pending_count(&p, "bob", 1, 1);
	assert_int_equal(place_deliver(&p, 2, "bob"), DB_AGAIN);
	place_end(&p);
}

static void
a_mailbox_has_room_for_so_many_and_so_much(void **state)
{
	static const struct db_limits few = {3, 10, 0, 0};
	struct place p;

	(void)state;
	place_begin(&p, &few);
	assert_int_equal(place_put(&p, "alice", "bob", "", "1234567"), DB_OK);
	assert_int_equal(place_put(&p, "alice", "bob", "", "1234"), DB_MAILBOX_FULL);
	assert_int_equal(place_put(&p, "alice", "bob", "", "123"), DB_OK);
	assert_int_equal(place_put(&p, "alice", "carla", "", "1"), DB_OK);
	assert_int_equal(place_put(&p, "alice", "carla", "", "2"), DB_OK);
	assert_int_equal(place_put(&p, "alice", "carla", "", "3"), DB_OK);
	assert_int_equal(place_put(&p, "alice", "carla", "", "4"), DB_MAILBOX_FULL);
	place_deliver(&p, 5, "carla");
	assert_int_equal(place_put(&p, "alice", "carla", "", "5"), DB_OK);
	place_pending(&p, "carla", "1 3 5");
	place_end(&p);
}

static void
who_is_blocked_gets_nothing_in(void **state)
{
	struct name alice = made_name("alice"), bob = made_name("bob");
	struct place p;

	(void)state;
	place_begin(&p, &place_plenty);
	assert_int_equal(db_block(p.db, &bob, &alice, true), DB_OK);
	assert_int_equal(db_block(p.db, &bob, &alice, true), DB_AGAIN);
	assert_int_equal(place_put(&p, "alice", "bob", "", "a"), DB_BLOCKED);
	assert_int_equal(place_put(&p, "carla", "bob", "", "c"), DB_OK);
	assert_int_equal(place_put(&p, "bob", "alice", "", "b"), DB_OK);
	assert_int_equal(db_block(p.db, &bob, &alice, false), DB_OK);
	assert_int_equal(db_block(p.db, &bob, &alice, false), DB_AGAIN);
	assert_int_equal(place_put(&p, "alice", "bob", "", "d"), DB_OK);
	place_pending(&p, "bob", "c d");
	place_end(&p);
}

static void
a_receipt_waits_for_its_user_and_is_taken_once(void **state)
{
	struct name alice = made_name("alice"), bob = made_name("bob");
	struct db_receipt r = {.id = place_id(7), .receiver = bob, .status = 1, .time = PLACE_START, .ref = "r1", .ref_len = 2}, got;
	struct place p;

	(void)state;
	place_begin(&p, &place_plenty);
	assert_int_equal(db_owe(p.db, &alice, &r), DB_OK);
	r.status = 2;
	r.ref_len = 0;
	assert_int_equal(db_owe(p.db, &alice, &r), DB_OK);
	assert_int_equal(db_claim(p.db, &bob, &got), DB_NONE);
	assert_int_equal(db_claim(p.db, &alice, &got), DB_OK);
	assert_true(got.status == 1 && got.time == PLACE_START && got.ref_len == 2 && memcmp(got.ref, "r1", 2) == 0);
	assert_true(name_equal(&got.receiver, &bob) && memcmp(&got.id, &r.id, sizeof r.id) == 0);
	assert_int_equal(db_claim(p.db, &alice, &got), DB_OK);
	assert_true(got.status == 2 && got.ref_len == 0);
	assert_int_equal(db_claim(p.db, &alice, &got), DB_NONE);
	place_end(&p);
}

static void
reading_up_to_a_message_counts_once_and_for_what_was_sent_to_the_reader(void **state)
{
	struct name alice = made_name("alice"), bob = made_name("bob");
	struct id second = place_id(2), third = place_id(3), none = place_id(99);
	struct place p;

	(void)state;
	place_begin(&p, &place_plenty);
	place_put(&p, "alice", "bob", "", "a");
	place_put(&p, "alice", "bob", "", "b");
	place_put(&p, "alice", "bob", "", "c");
	assert_int_equal(db_read(p.db, &bob, &alice, &second, PLACE_START), DB_OK);
	assert_int_equal(db_read(p.db, &bob, &alice, &second, PLACE_START), DB_AGAIN);
	assert_int_equal(db_read(p.db, &bob, &alice, &third, PLACE_START), DB_OK);
	assert_int_equal(db_read(p.db, &alice, &bob, &third, PLACE_START), DB_NONE);
	assert_int_equal(db_read(p.db, &bob, &alice, &none, PLACE_START), DB_NONE);
	place_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_waits_is_found_in_the_order_in_which_it_came_until_it_is_delivered),
		TEST(a_message_that_is_sent_again_is_the_first),
		TEST(what_was_read_before_it_came_in_does_not_wait),
		TEST(a_mailbox_has_room_for_so_many_and_so_much),
		TEST(who_is_blocked_gets_nothing_in),
		TEST(a_receipt_waits_for_its_user_and_is_taken_once),
		TEST(reading_up_to_a_message_counts_once_and_for_what_was_sent_to_the_reader),
	};

	return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
