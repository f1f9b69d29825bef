/* What is found again, and what is forgotten. */
#include "store/db.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "db_place.h"
#include "made.h"
#include "unit.h"

/* Pages of three while more comes in: each message of the first look once, in order. */
static void
paging_neither_skips_nor_repeats_while_messages_come_in(void **state)
{
	struct name alice = made_name("alice"), bob = made_name("bob");
	struct buf line = {0};
	struct id before;
	struct place p;
	bool more = true;

	(void)state;
	place_begin(&p, &place_plenty);
	for (unsigned i = 0; i < 20; i++) {
		char body[2] = {(char)('a' + i), 0};

		place_put(&p, i & 1 ? "alice" : "bob", i & 1 ? "bob" : "alice", "", body);
		place_put(&p, "alice", "carla", "", "another conversation");
	}
	for (int page = 0; more; page++) {
		enum db_result result = page & 1 ? db_history(p.db, &alice, &bob, page ? &before : NULL, 3)
		                                 : db_history(p.db, &bob, &alice, page ? &before : NULL, 3);
		struct db_message m;

		for (more = false; result == DB_OK && (result = db_next(p.db, &m)) == DB_OK; more = true) {
			buf_add(&line, m.body, m.body_len);
			before = m.id;
		}
		place_put(&p, "alice", "bob", "", "late");
	}
	buf_add(&line, "", 1);
	assert_string_equal((char *)buf_at(&line), "tsrqponmlkjihgfedcba");
	before = place_id(9999);
	assert_int_equal(db_history(p.db, &alice, &bob, &before, 3), DB_NONE);
	buf_free(&line);
	place_end(&p);
}

static void
a_search_finds_words_in_what_the_asker_took_part_in(void **state)
{
	struct place p;

	(void)state;
	place_begin(&p, &place_plenty);
	place_put(&p, "alice", "bob", "", "disk full");
	place_put(&p, "bob", "alice", "", "which disk?");
	place_put(&p, "alice", "carla", "", "Disks");
	place_put(&p, "carla", "dave", "", "disk, too");
	place_put(&p, "alice", "bob", "", "Stra\xc3\x9f" "e, caf\xc3\xa9");
	place_search(&p, "alice", NULL, "disk", "Disks which disk? disk full");
	place_search(&p, "alice", "bob", "disk", "which disk? disk full");
	place_search(&p, "bob", NULL, "disk", "which disk? disk full");
	place_search(&p, "dave", NULL, "full", "");
	place_search(&p, "alice", NULL, "full disk", "disk full");
	place_search(&p, "alice", NULL, " CAFE ", "Stra\xc3\x9f" "e, caf\xc3\xa9");
	place_search(&p, "alice", NULL, "ful", "disk full");
	place_search(&p, "alice", NULL, "ful disk", ""); /* only the last word may go on */
	/* nothing in it is an operator */
	place_search(&p, "alice", NULL, "disk OR carla", "");
	place_search(&p, "alice", NULL, "\"disk", "Disks which disk? disk full");
	place_search(&p, "alice", NULL, "dis* NOT full", "");
	place_search(&p, "alice", NULL, "body:disk (", "");
	place_search(&p, "alice", NULL, "\" \" * ^ ) -", "");
	place_search(&p, "alice", NULL, " \t ", "");
	place_end(&p);
}

/* A name is one word of its own in the search, whatever it is made of. */
static void
a_search_is_of_one_s_own_whatever_the_names(void **state)
{
	char longest[NAME_LEN_MAX + 1] = {0}, words[257] = {0};
	struct place p;

	(void)state;
	memset(longest, 'z', NAME_LEN_MAX);
	place_begin(&p, &place_plenty);
	place_put(&p, "alice", "bob", "", "said to bob");
	place_put(&p, "Alice", "bob", "", "said by another");
	place_put(&p, "alice.x", "bob-alice", "", "said by a third");
	place_put(&p, "alice", "alice", "", "said to herself");
	place_put(&p, longest, "bob", "", "said at length");
	place_put(&p, "bob", longest, "", "said alice x616C696365 bob");
	place_search(&p, "alice", NULL, "said", "said to herself said to bob");
	place_search(&p, "Alice", NULL, "said", "said by another");
	place_search(&p, "alice.x", NULL, "said", "said by a third");
	place_search(&p, "alic", NULL, "said", "");
	place_search(&p, "x", NULL, "said", "");
	place_search(&p, "alice", "alice", "said", "said to herself");
	place_search(&p, "bob", "alice", "said", "said to bob");
	place_search(&p, longest, "bob", "said", "said alice x616C696365 bob said at length");
	place_search(&p, "alice", NULL, "x616C696365", "");
	place_search(&p, longest, NULL, "alice x616c696365", "said alice x616C696365 bob");
	for (size_t i = 0; i < sizeof words - 1; i++)
		words[i] = i % 2 ? ' ' : '"'; /* as many as a client may ask for, each of which takes most room */
	place_search(&p, longest, longest, words, "");
	place_end(&p);
}

static void
of_many_with_one_ref_the_newest_are_known_again(void **state)
{
	struct place p;
	char body[32];

	(void)state;
	place_begin(&p, &place_plenty);
	for (int i = 0; i < 65; i++) {
		snprintf(body, sizeof body, "words %d", i);
		assert_int_equal(place_put(&p, "alice", "bob", "1", body), DB_OK);
		assert_int_equal(place_put(&p, "alice", "carla", "1", body), DB_OK);
	}
	assert_int_equal(place_put(&p, "alice", "bob", "1", "words 1"), DB_AGAIN);
	assert_int_equal(place_put(&p, "alice", "bob", "1", "words 0"), DB_OK);
	place_end(&p);
}

static void
what_waits_does_not_keep_others_from_being_forgotten(void **state)
{
	static const struct db_limits limits = {1000, 1 << 20, 0, 2};
	struct name alice = made_name("alice"), carla = made_name("carla");
	struct place p;

	(void)state;
	place_begin(&p, &limits);
	for (int i = 0; i < 10; i++)
		place_put(&p, "alice", "away", "", "waits");
	for (char body[2] = "a"; *body < 'f'; ++*body) {
		place_put(&p, "alice", "carla", "", body);
		place_deliver(&p, p.made, "carla");
	}
	db_begin(p.db);
	assert_int_equal(db_prune(p.db, PLACE_START, 100), 3);
	assert_int_equal(db_prune(p.db, PLACE_START, 100), 0);
	db_commit(p.db);
	place_rows(&p, db_history(p.db, &alice, &carla, NULL, 99), "e d");
	place_pending_count(&p, "away", 10, 50);
	place_end(&p);
}

static void
what_is_too_old_or_too_much_goes_a_bit_at_a_time_and_what_waits_stays(void **state)
{
	static const struct db_limits limits = {1000, 1 << 20, 1000, 4};
	struct place p;

	(void)state;
	place_begin(&p, &limits);
	for (unsigned i = 1; i <= 10; i++) {
		char body[2] = {(char)('a' + i - 1), 0};

		place_put(&p, "alice", "bob", "", body);
		if (i != 2)
			place_deliver(&p, i, "bob");
	}
	db_begin(p.db);
	assert_int_equal(db_prune(p.db, PLACE_START, 2), 2);
	db_commit(p.db);
	place_search(&p, "alice", NULL, "a", "");
	db_begin(p.db);
	assert_int_equal(db_prune(p.db, PLACE_START, 100), 4);
	assert_int_equal(db_prune(p.db, PLACE_START, 100), 0);
	db_commit(p.db);
	place_rows(&p, db_history(p.db, &(struct name[]){made_name("alice")}[0], &(struct name[]){made_name("bob")}[0], NULL, 99), "j i h b");
	db_begin(p.db);
	assert_int_equal(db_prune(p.db, PLACE_START + 1009, 100), 1);
	assert_int_equal(db_prune(p.db, PLACE_DELIVERED, 100), 2);
	db_commit(p.db);
	place_pending(&p, "bob", "b");
	place_pending_count(&p, "bob", 1, 1);
	place_end(&p);
}

static void
removing_a_user_takes_all_that_is_hers(void **state)
{
	struct name alice = made_name("alice"), bob = made_name("bob");
	struct db_receipt r = {.id = place_id(1), .receiver = bob, .status = 1};
	struct place p;

	(void)state;
	place_begin(&p, &place_plenty);
	assert_int_equal(db_user_known(p.db, &alice), DB_NONE);
	assert_int_equal(db_user_add(p.db, &alice, PLACE_START), DB_OK);
	assert_int_equal(db_user_known(p.db, &alice), DB_OK);
	assert_int_equal(db_user_add(p.db, &alice, PLACE_START + 1), DB_OK);
	place_put(&p, "alice", "bob", "", "one");
	place_put(&p, "bob", "alice", "", "two");
	place_put(&p, "carla", "bob", "", "three");
	assert_int_equal(db_user_known(p.db, &bob), DB_NONE); /* a message makes nobody known */
	db_owe(p.db, &alice, &r);
	db_block(p.db, &bob, &alice, true);
	assert_int_equal(db_user_remove(p.db, &alice, 1), 1);
	assert_int_equal(db_user_remove(p.db, &alice, 2), 1);
	assert_int_equal(db_user_remove(p.db, &alice, 2), 0);
	assert_int_equal(db_user_known(p.db, &alice), DB_NONE);
	assert_int_equal(db_claim(p.db, &alice, &r), DB_NONE);
	place_pending(&p, "bob", "three");
	place_pending_count(&p, "bob", 1, 5);
	place_search(&p, "bob", NULL, "two", "");
	assert_int_equal(place_put(&p, "alice", "bob", "", "back again"), DB_OK);
	place_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(paging_neither_skips_nor_repeats_while_messages_come_in),
		TEST(a_search_finds_words_in_what_the_asker_took_part_in),
		TEST(a_search_is_of_one_s_own_whatever_the_names),
		TEST(of_many_with_one_ref_the_newest_are_known_again),
		TEST(what_waits_does_not_keep_others_from_being_forgotten),
		TEST(what_is_too_old_or_too_much_goes_a_bit_at_a_time_and_what_waits_stays),
		TEST(removing_a_user_takes_all_that_is_hers),
	};

	return cmocka_run_group_tests_name("db find", tests, NULL, NULL);
}
