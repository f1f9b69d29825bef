/* What is to be in the spool before anything of it goes out. */
#include "session/unsaved.h"

#include "unit.h"
#include "world_store.h"

static void
a_message_is_spooled_and_with_the_last_that_is_stored_all_is_done(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	assert_false(unsaved_any(&w.s));
	world_sends(&w, "bob", "a");
	world_unsaved(&w, "#1 bob keeping");
	world_reaches(&w, 1, 1);
	world_sends(&w, "bob", "b");
	world_sends(&w, "bob", "c");
	world_unsaved(&w, "#2 bob keeping unreached; #3 bob keeping unreached");
	world_stored(&w, 2, 2);
	world_stored(&w, 1, 1);
	world_unsaved(&w, "");
	assert_true(unsaved_any(&w.s));
	world_stored(&w, 3, 3);
	assert_false(unsaved_any(&w.s));
	world_unsaved(&w, "fresh");
	world_sends(&w, "bob", "d");
	world_unsaved(&w, "fresh; #4 bob keeping unreached");
	world_sends(&w, "bob", "e");
	world_unsaved(&w, "#5 bob keeping unreached");
	world_finish(&w);
}

/* What was added and not written yet is not needed any more either. */
static void
what_is_stored_before_it_was_spooled_is_not_spooled(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_sends(&w, "bob", "a");
	world_stored(&w, 1, 1);
	world_unsaved(&w, "fresh");
	world_sends(&w, "bob", "b");
	world_stored(&w, 2, 2);
	world_sends(&w, "bob", "c");
	world_unsaved(&w, "fresh; #3 bob keeping");
	world_finish(&w);
}

static void
without_a_store_nothing_is_spooled(void **state)
{
	struct world w;

	(void)state;
	world_init_kept(&w);
	w.expected = false;
	w.store = 0;
	world_say(&w, "{'type':'login','user':'alice'}");
	world_sends(&w, "bob", "a");
	world_delivered(&w, 1);
	world_unsaved(&w, "");
	world_finish(&w);
}

/* A session whose client has spoken to bob, who has read all of it. */
static void
known(struct world *w)
{
	world_login_kept(w);
	world_sends(w, "bob", "z");
	world_stored(w, 1, 1);
	world_store_receipt(w, RECORD_DELIVERED, 1, "bob", "z");
	buf_clear(&w->client);
	w->s.unsaved.fresh = false;
}

static void
what_reaches_nobody_is_not_spooled(void **state)
{
	struct world w;

	(void)state;
	known(&w);
	world_store(&w, 0);
	world_reaches(&w, 0, 0);
	world_sends(&w, "bob", "a");
	buf_clear(&w.client);
	world_unsaved(&w, "");
	world_finish(&w);
}

static void
what_was_delivered_without_the_store_is_marked(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_sends(&w, "bob", "a");
	world_store(&w, 0);
	world_sends(&w, "bob", "b");
	world_unsaved(&w, "#1 bob keeping; #2 bob keeping away");
	world_delivered(&w, 1); /* a store was given it: its client is told nothing */
	world_unsaved(&w, "");
	world_delivered(&w, 2);
	world_unsaved(&w, "#2 had");
	world_finish(&w);
}

static void
what_the_client_was_told_an_error_for_is_marked(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_sends(&w, "bob", "a");
	world_sends(&w, "bob", "b");
	world_unsaved(&w, "#1 bob keeping; #2 bob keeping");
	world_store_refuses(&w, 1, MSG_MAILBOX_FULL);
	world_unsaved(&w, "#1 refused");
	world_store_refuses(&w, 2, MSG_MAILBOX_FULL);
	world_unsaved(&w, "fresh");
	world_finish(&w);
}

static void
what_is_given_up_is_marked(void **state)
{
	struct world w;

	(void)state;
	known(&w);
	world_store(&w, 0);
	world_sends(&w, "bob", "a");
	world_pass(&w, 100);
	world_sends(&w, "bob", "b");
	world_pass(&w, 100);
	world_sends(&w, "bob", "c");
	world_delivered(&w, 3);
	world_unsaved(&w, "#2 bob keeping away; #3 bob keeping away; #4 bob keeping away; #3 had");
	world_pass(&w, KEEPER_OUTAGE_MS - 200);
	world_unsaved(&w, "#2 refused");
	world_pass(&w, 100); /* and the one that was had is let go of */
	world_unsaved(&w, "");
	world_pass(&w, 100);
	world_unsaved(&w, "fresh");
	world_finish(&w);
}

static void
what_a_store_could_not_keep_stays(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_sends(&w, "bob", "a");
	world_unsaved(&w, "#1 bob keeping");
	world_store_refuses(&w, 1, MSG_UNAVAILABLE);
	world_pass(&w, 200);
	world_greets(&w, 0, 0, 6);
	world_unsaved(&w, "");
	assert_true(unsaved_any(&w.s));
	world_finish(&w);
}

static void
written_anew_it_has_what_still_waits(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_sends(&w, "bob", "a");
	world_sends(&w, "bob", "b");
	world_stored(&w, 1, 1);
	world_store(&w, 0);
	world_sends(&w, "bob", "c");
	world_sends(&w, "bob", "d");
	world_delivered(&w, 3);
	world_unsaved(&w, "#1 bob keeping; #2 bob keeping; #3 bob keeping away; #4 bob keeping away; #3 had");
	unsaved_again(&w.s);
	world_unsaved(&w, "fresh; #2 bob keeping; #3 bob keeping had away; #4 bob keeping away");
	world_sends(&w, "bob", "e");
	unsaved_again(&w.s); /* with what was added and is not written yet: once */
	world_unsaved(&w, "fresh; #2 bob keeping; #3 bob keeping had away; #4 bob keeping away; #5 bob keeping away");
	world_finish(&w);
}

static void
at_the_end_it_has_what_the_client_has_read_and_the_store_does_not_know(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	for (size_t n = 1; n <= 4; n++) {
		if (n == 1)
			world_behind(&w, world_new(&w), "bob");
		else
			world_new(&w);
		world_kept(&w, n, n == 2 ? "carla" : "bob", "x");
	}
	world_pong(&w, 3);
	unsaved_last(&w.s);
	world_unsaved(&w, "#1 bob read; #2 carla read; #3 bob read");
	world_confirms(&w, 1);
	unsaved_last(&w.s);
	world_unsaved(&w, "#2 carla read; #3 bob read");
	assert_true(unsaved_any(&w.s));
	world_confirms(&w, 3);
	assert_false(unsaved_any(&w.s));
	unsaved_last(&w.s);
	world_unsaved(&w, "");
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_is_spooled_and_with_the_last_that_is_stored_all_is_done),
		TEST(what_is_stored_before_it_was_spooled_is_not_spooled),
		TEST(without_a_store_nothing_is_spooled),
		TEST(what_reaches_nobody_is_not_spooled),
		TEST(what_was_delivered_without_the_store_is_marked),
		TEST(what_the_client_was_told_an_error_for_is_marked),
		TEST(what_is_given_up_is_marked),
		TEST(what_a_store_could_not_keep_stays),
		TEST(written_anew_it_has_what_still_waits),
		TEST(at_the_end_it_has_what_the_client_has_read_and_the_store_does_not_know),
	};

	return cmocka_run_group_tests_name("unsaved", tests, NULL, NULL);
}
