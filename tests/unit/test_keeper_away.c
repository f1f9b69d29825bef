/* A session and a store that goes and comes. */
#include "session/keeper.h"

#include "unit.h"
#include "world_store.h"

#define STORED(n, ref, to) "receipt id=#" n " ref=" ref " receiver=" to " status=stored"
#define DELIVERED(n, ref, to) "receipt id=#" n " ref=" ref " receiver=" to " status=delivered"
#define FAILED(code, ref) "error code=" code " ref=" ref

/* One that alice is welcomed to, while the store is away. */
static void
login_without(struct world *w)
{
	world_init_kept(w);
	w->store = 0;
	world_say(w, "{'type':'login','user':'alice'}");
	world_client(w, WORLD_WELCOME);
	world_bus(w, "JOIN alice");
}

/* It is back, and greets. */
static void
back(struct world *w, uint32_t link)
{
	world_store(w, WORLD_STORE + 1);
	world_bus(w, "store/100 LOGIN");
	world_greets(w, 0, 0, link);
}

static void
what_could_not_be_kept_is_told_again_in_order_on_a_new_link(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_sends(&w, "bob", "a");
	world_stored(&w, 1, 1);
	world_sends(&w, "bob", "b");
	world_sends(&w, "bob", "c");
	buf_clear(&w.client);
	buf_clear(&w.bus);
	world_store_refuses(&w, 2, MSG_UNAVAILABLE);
	world_store_refuses(&w, 3, MSG_UNAVAILABLE);
	world_nothing(&w);
	world_pass(&w, 199);
	world_nothing(&w);
	world_pass(&w, 1);
	world_bus(&w, "store/99 LOGIN");
	world_greets(&w, 0, 1, 6);
	world_bus(&w, "store/99 MESSAGE #2 bob keeping prev=#1 link=6 'x'; store/99 MESSAGE #3 bob keeping prev=#2 link=6 'x'");
	world_stored(&w, 2, 2);
	world_stored(&w, 3, 3);
	world_client(&w, STORED("2", "b", "bob") "; " STORED("3", "c", "bob"));
	world_finish(&w);
}

static void
a_store_that_can_keep_nothing_is_as_one_that_is_away(void **state)
{
	struct world w;
	int tries = 0;

	(void)state;
	world_login_kept(&w);
	world_sends(&w, "bob", "a");
	world_pass(&w, 3000); /* it may take its time, and then say so */
	for (; tries < 100 && buf_len(&w.client) == 0; tries++) {
		world_store_refuses(&w, 1, MSG_UNAVAILABLE);
		world_pass(&w, 200);
		world_greets(&w, 0, 0, WORLD_LINK + 1 + (uint32_t)tries);
	}
	world_client(&w, FAILED("unavailable", "a"));
	assert_int_equal(tries, KEEPER_OUTAGE_MS / 200);
	world_finish(&w);
}

static void
without_the_store_those_who_know_each_other_talk_on(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_sends(&w, "bob", "a");
	world_stored(&w, 1, 1);
	world_store_receipt(&w, RECORD_DELIVERED, 1, "bob", "a");
	world_sends(&w, "bob", "b");
	world_stored(&w, 2, 2);
	buf_clear(&w.client);
	buf_clear(&w.bus);
	world_store(&w, 0);
	world_nothing(&w);
	world_sends(&w, "bob", "c"); /* behind one that is not known to have arrived */
	world_bus(&w, "bob/0 MESSAGE #3 alice>bob ref=c keeping away prev=#2 'x'");
	world_sends(&w, "carla", "d"); /* who may not have seen what waits for her */
	world_bus(&w, "FIND carla");
	world_delivered(&w, 3);
	world_client(&w, DELIVERED("3", "c", "bob"));
	world_sends(&w, "bob", "e");
	world_bus(&w, "bob/0 MESSAGE #4 alice>bob ref=e keeping away 'x'");
	world_reaches(&w, 0, 0);
	world_sends(&w, "bob", "f");
	world_client(&w, FAILED("unavailable", "f"));
	world_finish(&w);
}

static void
what_was_sent_without_the_store_is_given_to_the_next_in_order(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_sends(&w, "bob", "a");
	buf_clear(&w.bus);
	world_gone(&w, ".store", WORLD_STORE);
	world_sends(&w, "bob", "b");
	world_sends(&w, "bob", "c");
	world_bus(&w, "bob/0 MESSAGE #2 alice>bob ref=b keeping away prev=#1 'x'; bob/0 MESSAGE #3 alice>bob ref=c keeping away prev=#2 'x'");
	world_delivered(&w, 1); /* the store that died may have said so */
	world_client(&w, "");
	world_delivered(&w, 2);
	world_client(&w, DELIVERED("2", "b", "bob"));
	world_delivered(&w, 2);
	world_client(&w, "");
	buf_clear(&w.bus);
	back(&w, 9);
	world_bus(&w, "store/100 MESSAGE #1 bob keeping link=9 'x'; store/100 MESSAGE #2 bob keeping had away prev=#1 link=9 'x'; "
	              "store/100 MESSAGE #3 bob keeping away prev=#2 link=9 'x'; store/100 NEXT after=0");
	world_delivered(&w, 3); /* it has been given to this one */
	world_client(&w, "");
	world_stored(&w, 1, 1);
	world_stored(&w, 2, 2); /* delivered is more */
	world_stored(&w, 3, 3);
	world_client(&w, STORED("1", "a", "bob") "; " STORED("3", "c", "bob"));
	assert_int_equal(w.s.outbox.count, 0);
	world_finish(&w);
}

static void
what_waits_for_a_store_that_stays_away_is_given_up(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_sends(&w, "bob", "z");
	world_stored(&w, 1, 1);
	world_store_receipt(&w, RECORD_DELIVERED, 1, "bob", "z");
	buf_clear(&w.client);
	world_store(&w, 0);
	world_sends(&w, "bob", "a");
	world_pass(&w, 1000);
	world_sends(&w, "bob", "b");
	world_delivered(&w, 3);
	world_client(&w, DELIVERED("3", "b", "bob"));
	world_pass(&w, KEEPER_OUTAGE_MS - 1001);
	world_client(&w, "");
	world_pass(&w, 1);
	world_client(&w, FAILED("unavailable", "a"));
	world_pass(&w, 1000);
	world_client(&w, ""); /* it was delivered */
	assert_int_equal(w.s.outbox.count, 0);
	world_finish(&w);
}

static void
after_a_long_outage_all_speak_directly(void **state)
{
	struct world w;

	(void)state;
	login_without(&w);
	world_sends(&w, "bob", "a");
	world_bus(&w, "FIND bob");
	world_pass(&w, KEEPER_OUTAGE_MS);
	world_client(&w, FAILED("unavailable", "a"));
	world_sends(&w, "bob", "b");
	world_bus(&w, "bob/0 MESSAGE #1 alice>bob ref=b keeping away 'x'");
	world_sends(&w, "carla", "c");
	world_bus(&w, "carla/0 MESSAGE #2 alice>carla ref=c keeping away 'x'");
	world_delivered(&w, 1);
	world_client(&w, DELIVERED("1", "b", "bob"));
	world_pass(&w, 1000);
	back(&w, 9);
	world_bus(&w, "store/100 MESSAGE #2 carla keeping away link=9 'x'; store/100 NEXT after=0");
	world_stored(&w, 2, 2);
	world_sends(&w, "dora", "d");
	world_bus(&w, "dora/0 MESSAGE #3 alice>dora ref=d keeping 'x'; store/100 MESSAGE #3 dora keeping link=9 'x'");
	world_finish(&w);
}

static void
an_outage_is_as_long_as_nothing_was_kept(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_store(&w, 0);
	world_store(&w, WORLD_STORE);
	world_greets(&w, 0, 0, 6); /* nothing waits for it: all is well */
	world_pass(&w, KEEPER_OUTAGE_MS);
	world_store(&w, 0);
	world_store(&w, WORLD_STORE);
	world_greets(&w, 0, 0, 6);
	buf_clear(&w.bus);
	world_sends(&w, "bob", "a");
	world_store_refuses(&w, 1, MSG_UNAVAILABLE);
	world_pass(&w, 200);
	assert_false(keeper_is_long_away(&w.s));
	world_greets(&w, 0, 0, 6);
	world_stored(&w, 1, 1);
	world_pass(&w, KEEPER_OUTAGE_MS);
	world_store(&w, 0);
	buf_clear(&w.bus);
	world_sends(&w, "carla", "b");
	world_bus(&w, "FIND carla");
	world_pass(&w, KEEPER_OUTAGE_MS - 1);
	world_sends(&w, "dora", "c");
	world_bus(&w, "FIND dora");
	world_pass(&w, 1);
	world_sends(&w, "eve", "d");
	world_bus(&w, "eve/0 MESSAGE #2 alice>eve ref=d keeping away 'x'");
	world_store(&w, WORLD_STORE);
	world_greets(&w, 0, 0, 7);
	world_store(&w, 0); /* before it has kept anything */
	buf_clear(&w.bus);
	world_sends(&w, "fred", "e");
	world_bus(&w, "fred/0 MESSAGE #4 alice>fred ref=e keeping away 'x'");
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_could_not_be_kept_is_told_again_in_order_on_a_new_link),
		TEST(a_store_that_can_keep_nothing_is_as_one_that_is_away),
		TEST(without_the_store_those_who_know_each_other_talk_on),
		TEST(what_was_sent_without_the_store_is_given_to_the_next_in_order),
		TEST(what_waits_for_a_store_that_stays_away_is_given_up),
		TEST(after_a_long_outage_all_speak_directly),
		TEST(an_outage_is_as_long_as_nothing_was_kept),
	};

	return cmocka_run_group_tests_name("keeper away", tests, NULL, NULL);
}
