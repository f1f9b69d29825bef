/* What a session shows that comes directly, and what it asks the store for. */
#include "session/keeper.h"

#include "unit.h"
#include "world_store.h"

#define KEEPING RECORD_KEEPING
#define AWAY (RECORD_KEEPING | RECORD_AWAY)
#define SHOWN(n, words) "private_message id=#" n " sender=bob receiver=alice message=" words

/* Message #1 of bob's has come, by way of the store, and been read. */
static void
begin(struct world *w)
{
	world_login_kept(w);
	world_direct(w, world_new(w), "bob", 7, KEEPING, 0, "a");
	world_client(w, "");
	world_bus(w, "store/99 NEXT after=0 from=#1 want=#1");
	world_kept(w, 1, "bob", "a");
	world_client(w, SHOWN("1", "a") "; ping 00000001");
	world_batch(w, 1, false, false);
	world_nothing(w);
}

static void
the_first_message_of_a_conversation_comes_by_the_store_and_the_next_directly(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 1, "b");
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 2, "c");
	world_client(&w, SHOWN("2", "b") "; ping 00000002; " SHOWN("3", "c") "; ping 00000003");
	world_bus(&w, "");
	world_finish(&w);
}

static void
behind_a_gap_nothing_is_shown_that_comes_directly_until_all_has_come(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_new(&w);
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 2, "c"); /* #2 did not come */
	world_bus(&w, "store/99 NEXT after=0 from=#2 want=#3");
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 3, "d");
	world_direct(&w, world_new(&w), "bob", 8, KEEPING, 1, "e"); /* nor one that has no gap before it */
	world_nothing(&w);
	world_kept(&w, 2, "bob", "b");
	world_kept(&w, 3, "bob", "c");
	world_client(&w, SHOWN("2", "b") "; ping 00000002; " SHOWN("3", "c") "; ping 00000003");
	world_batch(&w, 3, false, false);
	world_bus(&w, "store/99 NEXT after=3 from=#2 want=#5"); /* another was missed meanwhile */
	world_kept(&w, 4, "bob", "d");
	world_kept(&w, 5, "bob", "e");
	world_client(&w, SHOWN("4", "d") "; ping 00000004; " SHOWN("5", "e") "; ping 00000005");
	world_batch(&w, 5, false, false);
	world_nothing(&w);
	world_direct(&w, world_new(&w), "bob", 8, KEEPING, 5, "f");
	world_client(&w, SHOWN("6", "f") "; ping 00000006");
	world_bus(&w, "");
	world_finish(&w);
}

static void
one_of_an_outage_that_has_a_gap_before_it_is_left_to_the_store_and_holds_up_no_other(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_store(&w, 0);
	world_new(&w);
	world_direct(&w, world_new(&w), "bob", 7, AWAY, 2, "c"); /* #2 did not come */
	world_nothing(&w);
	world_direct(&w, world_new(&w), "bob", 8, AWAY, 1, "d");
	world_client(&w, SHOWN("4", "d") "; ping 00000002");
	world_bus(&w, "");
	world_finish(&w);
}

static void
what_waits_is_shown_first_and_then_what_came_meanwhile(void **state)
{
	struct world w;

	(void)state;
	world_init_kept(&w);
	world_say(&w, "{'type':'login','user':'alice'}");
	world_greets(&w, 2, 7, WORLD_LINK);
	buf_clear(&w.client);
	world_bus(&w, "JOIN alice; store/99 LOGIN; store/99 NEXT after=0");
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 0, "new");
	world_nothing(&w);
	world_kept(&w, world_new(&w), "bob", "a");
	world_batch(&w, 4, true, false);
	world_bus(&w, "store/99 NEXT after=4");
	world_kept(&w, world_new(&w), "bob", "b");
	world_batch(&w, 8, false, false);
	world_bus(&w, "store/99 NEXT after=7 from=#1 want=#1"); /* from the last that was there when it came */
	world_kept(&w, 1, "bob", "new");
	world_batch(&w, 8, false, false);
	world_client(&w, SHOWN("2", "a") "; ping 00000001; " SHOWN("3", "b") "; ping 00000002; " SHOWN("1", "new") "; ping 00000003");
	world_bus(&w, "");
	world_finish(&w);
}

static void
what_could_not_be_read_is_asked_for_again_and_not_taken_as_all_that_waits(void **state)
{
	struct world w;

	(void)state;
	world_init_kept(&w);
	world_say(&w, "{'type':'login','user':'alice'}");
	world_greets(&w, 1, 7, WORLD_LINK);
	buf_clear(&w.client);
	buf_clear(&w.bus);
	world_batch(&w, 7, true, true);
	world_pass(&w, 199);
	world_nothing(&w);
	world_pass(&w, 1);
	world_bus(&w, "store/99 NEXT after=0");
	world_kept(&w, world_new(&w), "bob", "a");
	world_batch(&w, 7, false, false);
	world_client(&w, SHOWN("1", "a") "; ping 00000001");
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 1, "b");
	world_client(&w, SHOWN("2", "b") "; ping 00000002");
	world_bus(&w, "");
	world_finish(&w);
}

static void
what_has_not_come_in_is_asked_for_again_a_hundred_times(void **state)
{
	struct world w;
	int tries = 0;

	(void)state;
	world_login_kept(&w);
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 0, "a");
	world_bus(&w, "store/99 NEXT after=0 from=#1 want=#1");
	world_batch(&w, 3, false, true);
	world_pass(&w, 49);
	world_nothing(&w);
	world_pass(&w, 1);
	world_bus(&w, "store/99 NEXT after=3 from=#1 want=#1");
	do {
		buf_clear(&w.bus);
		world_batch(&w, 3, false, true);
		if (tries == 60)
			world_behind(&w, world_new(&w), "bob"); /* and another as often */
		world_pass(&w, 50);
	} while (tries++ < 400 && buf_len(&w.bus) > 0);
	assert_int_equal(tries, 61 + 100);
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 1, "b"); /* it does not hold up what comes */
	world_client(&w, "");
	world_bus(&w, "store/99 NEXT after=0 from=#1 want=#3");
	world_finish(&w);
}

static void
an_answer_that_does_not_come_is_asked_for_again(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 0, "a");
	buf_clear(&w.bus);
	world_pass(&w, 2999);
	world_nothing(&w);
	world_pass(&w, 1);
	world_bus(&w, "store/99 NEXT after=0 from=#1 want=#1");
	w.store_full = true; /* nor is what it cannot take */
	world_pass(&w, 3000);
	world_bus(&w, "store/99 NEXT after=0 from=#1 want=#1");
	w.store_full = false;
	world_pass(&w, 49);
	world_nothing(&w);
	world_pass(&w, 1);
	world_bus(&w, "store/99 NEXT after=0 from=#1 want=#1");
	world_finish(&w);
}

static void
an_answer_that_was_not_asked_for_is_passed_over(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_batch(&w, 100, true, false);
	world_batch(&w, 100, false, true);
	world_kept(&w, world_new(&w), "bob", "b");
	world_nothing(&w);
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 2, "c");
	world_bus(&w, "store/99 NEXT after=0 from=#2 want=#3");
	world_finish(&w);
}

static void
a_store_that_comes_back_is_asked_for_all_since_this_connection_came(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 1, "b");
	buf_clear(&w.client);
	world_store(&w, 0);
	world_store(&w, WORLD_STORE);
	world_greets(&w, 0, 50, 9);
	world_bus(&w, "store/99 LOGIN; store/99 NEXT after=0");
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 2, "c");
	world_client(&w, "");
	world_kept(&w, 1, "bob", "a");
	world_kept(&w, 2, "bob", "b");
	world_client(&w, "");
	world_kept(&w, 3, "bob", "c");
	world_client(&w, SHOWN("3", "c") "; ping 00000003");
	world_batch(&w, 50, false, false);
	world_bus(&w, "store/99 NEXT after=50 from=#2 want=#3");
	world_batch(&w, 50, false, false);
	world_nothing(&w);
	world_finish(&w);
}

static void
asked_when_the_link_broke_it_is_asked_again(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 0, "a");
	world_bus(&w, "store/99 NEXT after=0 from=#1 want=#1");
	world_gone(&w, ".store", WORLD_STORE);
	world_store(&w, WORLD_STORE + 1);
	world_greets(&w, 1, 1, 9);
	world_bus(&w, "store/100 LOGIN; store/100 NEXT after=0 from=#1 want=#1");
	world_kept(&w, 1, "bob", "a");
	world_batch(&w, 1, false, false);
	world_client(&w, SHOWN("1", "a") "; ping 00000001");
	world_bus(&w, "");
	world_finish(&w);
}

static void
no_message_is_shown_twice_whichever_way_it_comes(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_kept(&w, 1, "bob", "a");
	world_direct(&w, 1, "bob", 7, KEEPING, 0, "a");
	world_direct(&w, 1, "bob", 7, AWAY, 0, "a");
	world_direct(&w, 1, "bob", 7, KEEPING, world_new(&w), "a");
	world_behind(&w, 1, "bob");
	world_nothing(&w);
	world_finish(&w);
}

static void
the_store_says_that_there_is_one_which_was_not_sent(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_behind(&w, world_new(&w), "bob");
	world_bus(&w, "store/99 NEXT after=0 from=#2 want=#2");
	world_behind(&w, world_new(&w), "carla");
	world_bus(&w, "");
	world_kept(&w, 2, "bob", "b");
	world_batch(&w, 2, false, false);
	world_client(&w, SHOWN("2", "b") "; ping 00000002");
	world_bus(&w, "store/99 NEXT after=2 from=#2 want=#3");
	world_finish(&w);
}

static void
what_the_store_is_not_sent_is_shown(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_direct(&w, world_new(&w), "bob", 7, 0, 0, "b");
	world_client(&w, SHOWN("2", "b") "; ping 00000002");
	world_bus(&w, "");
	world_finish(&w);
}

static void
without_the_store_what_is_known_to_be_in_order_is_shown(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_store(&w, 0);
	world_direct(&w, world_new(&w), "bob", 7, AWAY, 1, "b");
	world_client(&w, SHOWN("2", "b") "; ping 00000002");
	world_direct(&w, world_new(&w), "bob", 7, AWAY, 0, "c"); /* all before it has been delivered */
	world_client(&w, SHOWN("3", "c") "; ping 00000003");
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 0, "d"); /* there may be one that waits */
	world_direct(&w, world_new(&w), "bob", 7, AWAY, 3, "e");
	world_client(&w, "");
	world_pass(&w, KEEPER_OUTAGE_MS); /* nobody waits for it any more */
	world_direct(&w, world_new(&w), "bob", 7, AWAY, 0, "f");
	world_client(&w, SHOWN("6", "f") "; ping 00000004");
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 6, "g");
	world_client(&w, "");
	world_bus(&w, "");
	world_store(&w, WORLD_STORE);
	world_greets(&w, 3, 9, 9);
	world_bus(&w, "store/99 LOGIN; store/99 NEXT after=0 from=#4 want=#7");
	world_finish(&w);
}

static void
who_is_blocked_is_refused_directly(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_blocks(&w, "bob eve");
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 1, "b");
	world_client(&w, "");
	world_bus(&w, "bob/7 REFUSED blocked #2 alice>bob");
	world_blocks(&w, "eve");
	world_direct(&w, world_new(&w), "bob", 7, KEEPING, 1, "c");
	world_client(&w, SHOWN("3", "c") "; ping 00000002");
	world_bus(&w, "");
	world_finish(&w);
}

static void
a_message_to_oneself_comes_by_the_store_and_then_directly(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_reaches(&w, 0, 0);
	world_say(&w, "{'type':'private_message','receiver':'alice','message':'x','id':'r'}");
	world_client(&w, "");
	world_bus(&w, "alice/0 MESSAGE #1 alice>alice ref=r keeping 'x'; store/99 MESSAGE #1 alice keeping link=5 'x'; "
	              "store/99 NEXT after=0 from=#1 want=#1");
	world_stored(&w, 1, 1);
	world_kept(&w, 1, "alice", "x");
	world_batch(&w, 1, false, false);
	world_say(&w, "{'type':'private_message','receiver':'alice','message':'y','id':'s'}");
	world_client(&w, "receipt id=#1 ref=r receiver=alice status=stored; private_message id=#1 sender=alice receiver=alice message=x; "
	                 "ping 00000001; private_message id=#2 sender=alice receiver=alice message=y; ping 00000002");
	world_finish(&w);
}

static void
who_comes_while_the_store_is_away_may_have_mail_that_waits(void **state)
{
	struct world w;

	(void)state;
	world_init_kept(&w);
	w.store = 0;
	world_say(&w, "{'type':'login','user':'alice'}");
	world_client(&w, WORLD_WELCOME);
	world_direct(&w, world_new(&w), "bob", 7, RECORD_KEEPING, 0, "a");
	world_client(&w, "");
	world_store(&w, WORLD_STORE);
	world_greets(&w, 2, 7, WORLD_LINK);
	world_store(&w, 0); /* before it has sent what waits */
	world_store(&w, WORLD_STORE);
	world_greets(&w, 2, 9, WORLD_LINK);
	world_bus(&w, "JOIN alice; store/99 LOGIN; store/99 NEXT after=0; store/99 LOGIN; store/99 NEXT after=0");
	world_batch(&w, 9, false, false);
	world_bus(&w, "store/99 NEXT after=7 from=#1 want=#1"); /* since it first greeted this connection */
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_message_of_a_conversation_comes_by_the_store_and_the_next_directly),
		TEST(behind_a_gap_nothing_is_shown_that_comes_directly_until_all_has_come),
		TEST(one_of_an_outage_that_has_a_gap_before_it_is_left_to_the_store_and_holds_up_no_other),
		TEST(what_waits_is_shown_first_and_then_what_came_meanwhile),
		TEST(what_could_not_be_read_is_asked_for_again_and_not_taken_as_all_that_waits),
		TEST(what_has_not_come_in_is_asked_for_again_a_hundred_times),
		TEST(an_answer_that_does_not_come_is_asked_for_again),
		TEST(an_answer_that_was_not_asked_for_is_passed_over),
		TEST(a_store_that_comes_back_is_asked_for_all_since_this_connection_came),
		TEST(asked_when_the_link_broke_it_is_asked_again),
		TEST(no_message_is_shown_twice_whichever_way_it_comes),
		TEST(the_store_says_that_there_is_one_which_was_not_sent),
		TEST(what_the_store_is_not_sent_is_shown),
		TEST(without_the_store_what_is_known_to_be_in_order_is_shown),
		TEST(who_is_blocked_is_refused_directly),
		TEST(a_message_to_oneself_comes_by_the_store_and_then_directly),
		TEST(who_comes_while_the_store_is_away_may_have_mail_that_waits),
	};

	return cmocka_run_group_tests_name("keeper next", tests, NULL, NULL);
}
