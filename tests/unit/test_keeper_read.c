/* What the client has read: who is told, and how often. */
#include "session/keeper.h"

#include "made.h"
#include "unit.h"
#include "world_store.h"

#define KEEPING RECORD_KEEPING

/* Messages #1 and #2 of bob's have been shown, the second directly. */
static void
begin(struct world *w)
{
	world_login_kept(w);
	world_behind(w, world_new(w), "bob");
	world_kept(w, 1, "bob", "a");
	world_batch(w, 1, false, false);
	world_direct(w, world_new(w), "bob", 7, KEEPING, 1, "b");
	buf_clear(&w->client);
	buf_clear(&w->bus);
}

static void
the_store_is_told_alone_and_until_it_has_confirmed_it(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_pong(&w, 1);
	world_bus(&w, "store/99 DELIVERED #1 bob link=5");
	world_pass(&w, 2000);
	world_pong(&w, 2);
	world_bus(&w, "store/99 DELIVERED #2 bob link=5");
	world_pass(&w, 999);
	world_nothing(&w);
	world_pass(&w, 1); /* three seconds without a word */
	world_bus(&w, "store/99 DELIVERED #1 bob link=5; store/99 DELIVERED #2 bob link=5");
	world_pass(&w, 1000);
	world_confirms(&w, 1);
	world_pass(&w, 2999);
	world_nothing(&w);
	world_pass(&w, 1);
	world_bus(&w, "store/99 DELIVERED #2 bob link=5");
	world_confirms(&w, 2);
	world_confirms(&w, 2);
	world_pass(&w, 10000);
	world_nothing(&w);
	world_finish(&w);
}

static void
one_that_is_confirmed_confirms_those_before_it(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_pong(&w, 2);
	world_bus(&w, "store/99 DELIVERED #1 bob link=5; store/99 DELIVERED #2 bob link=5");
	world_confirms(&w, 2);
	world_pass(&w, 10000);
	world_nothing(&w);
	world_finish(&w);
}

static void
what_could_not_be_kept_is_told_again_on_a_new_link_before_anything_else(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'r'}");
	world_pong(&w, 2);
	buf_clear(&w.bus);
	world_confirms(&w, 1);
	world_store_refuses(&w, 2, MSG_UNAVAILABLE);
	world_pass(&w, 200);
	world_bus(&w, "store/99 LOGIN");
	world_confirms(&w, 2); /* of the link that is broken */
	world_greets(&w, 0, 2, 6);
	world_bus(&w, "store/99 DELIVERED #2 bob link=6; store/99 MESSAGE #3 bob keeping link=6 'x'");
	world_confirms(&w, 2);
	world_pass(&w, 4000);
	world_bus(&w, "");
	world_client(&w, "");
	world_finish(&w);
}

static void
what_the_store_cannot_take_just_now_it_is_told_later(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.store_full = true;
	world_pong(&w, 2);
	world_bus(&w, "store/99 DELIVERED #1 bob link=5");
	w.store_full = false;
	world_pass(&w, 50);
	world_bus(&w, "store/99 DELIVERED #1 bob link=5; store/99 DELIVERED #2 bob link=5");
	world_finish(&w);
}

/* Which no store may have been given: its sender is waiting. */
static void
without_the_store_the_sender_is_told_and_the_next_store_too(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_store(&w, 0);
	world_pong(&w, 2);
	world_bus(&w, "bob/7 RECEIPT delivered #2 alice>bob"); /* the first came out of the store */
	world_store(&w, WORLD_STORE);
	world_greets(&w, 0, 2, 9);
	world_bus(&w, "store/99 LOGIN; store/99 DELIVERED #1 bob link=9; store/99 DELIVERED #2 bob link=9; store/99 NEXT after=0");
	world_finish(&w);
}

static void
of_a_message_that_the_store_does_not_have_the_sender_is_told(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_pong(&w, 2);
	world_confirms(&w, 2);
	buf_clear(&w.bus);
	world_direct(&w, world_new(&w), "bob", 7, 0, 0, "c");
	world_pong(&w, 3);
	world_bus(&w, "bob/7 RECEIPT delivered #3 alice>bob");
	world_pass(&w, 10000);
	world_bus(&w, "");
	world_finish(&w);
}

static void
what_is_left_when_the_client_ends_is_told_still(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.store_full = true;
	world_pong(&w, 2);
	world_unsaved(&w, "");
	world_frame(&w, 0x88, "\3\350", 2);
	buf_clear(&w.bus);
	w.store_full = false;
	world_pass(&w, 50);
	world_bus(&w, "store/99 DELIVERED #1 bob link=5; store/99 DELIVERED #2 bob link=5");
	world_store(&w, WORLD_STORE + 1); /* no other hears of it: it is in the spool */
	world_bus(&w, "");
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_store_is_told_alone_and_until_it_has_confirmed_it),
		TEST(one_that_is_confirmed_confirms_those_before_it),
		TEST(what_could_not_be_kept_is_told_again_on_a_new_link_before_anything_else),
		TEST(what_the_store_cannot_take_just_now_it_is_told_later),
		TEST(without_the_store_the_sender_is_told_and_the_next_store_too),
		TEST(of_a_message_that_the_store_does_not_have_the_sender_is_told),
		TEST(what_is_left_when_the_client_ends_is_told_still),
	};

	return cmocka_run_group_tests_name("keeper read", tests, NULL, NULL);
}
