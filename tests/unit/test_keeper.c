/* A session and the store: the greeting, and what the client sends. */
#include "session/keeper.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "world_line.h"
#include "world_store.h"

#define STORED(n, ref, to) "receipt id=#" n " ref=" ref " receiver=" to " status=stored"
#define DELIVERED(n, ref, to) "receipt id=#" n " ref=" ref " receiver=" to " status=delivered"
#define FAILED(code, ref) "error code=" code " ref=" ref

static void
the_welcome_comes_with_the_greeting_and_says_what_waits(void **state)
{
	struct world w;

	(void)state;
	world_init_kept(&w);
	world_say(&w, "{'type':'login','user':'alice'}");
	world_say(&w, "{'type':'ping'}"); /* not looked at yet */
	world_client(&w, "");
	world_bus(&w, "JOIN alice; store/99 LOGIN");
	world_greets(&w, 3, 7, WORLD_LINK);
	world_client(&w, "welcome user=alice session=42 limits={'message':65536,'rate':1000,'burst':2000} pending=3; pong");
	world_bus(&w, "store/99 NEXT after=0");
	world_finish(&w);
}

static void
a_store_that_does_not_greet_is_told_again_and_the_client_welcomed_without(void **state)
{
	struct world w;

	(void)state;
	world_init_kept(&w);
	world_say(&w, "{'type':'login','user':'alice'}");
	world_bus(&w, "JOIN alice; store/99 LOGIN");
	world_pass(&w, KEEPER_GREETING_MS - 1);
	world_nothing(&w);
	world_pass(&w, 1);
	world_client(&w, WORLD_WELCOME);
	world_bus(&w, "store/99 LOGIN");
	world_pass(&w, KEEPER_GREETING_MS);
	world_client(&w, "");
	world_bus(&w, "store/99 LOGIN");
	world_greets(&w, 3, 7, WORLD_LINK);
	world_client(&w, "");
	world_bus(&w, "store/99 NEXT after=0");
	world_finish(&w);
}

static void
a_login_that_the_store_cannot_take_just_now_is_told_later(void **state)
{
	struct world w;

	(void)state;
	world_init_kept(&w);
	w.store_full = true;
	world_say(&w, "{'type':'login','user':'alice'}");
	world_bus(&w, "JOIN alice; store/99 LOGIN");
	w.store_full = false;
	world_pass(&w, 49);
	world_nothing(&w);
	world_pass(&w, 1);
	world_bus(&w, "store/99 LOGIN");
	world_finish(&w);
}

static void
a_message_that_logs_in_is_sent_after_the_greeting(void **state)
{
	struct world w;

	(void)state;
	world_init_kept(&w);
	world_say(&w, "{'type':'private_message','sender':'alice','receiver':'bob','message':'x','id':'r'}");
	world_bus(&w, "JOIN alice; store/99 LOGIN");
	world_greets(&w, 0, 0, WORLD_LINK);
	world_client(&w, WORLD_WELCOME);
	world_bus(&w, "bob/0 MESSAGE #1 alice>bob ref=r keeping 'x'; store/99 MESSAGE #1 bob keeping link=5 'x'; store/99 NEXT after=0");
	world_finish(&w);
}

static void
a_message_goes_to_its_receiver_and_to_the_store_and_names_the_one_before_it(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_sends(&w, "bob", "a");
	world_bus(&w, "bob/0 MESSAGE #1 alice>bob ref=a keeping 'x'; store/99 MESSAGE #1 bob keeping link=5 'x'");
	world_sends(&w, "carla", "b");
	world_bus(&w, "carla/0 MESSAGE #2 alice>carla ref=b keeping 'x'; store/99 MESSAGE #2 carla keeping link=5 'x'");
	world_reaches(&w, 0, 0); /* bob is away */
	world_sends(&w, "bob", "c");
	world_bus(&w, "bob/0 MESSAGE #3 alice>bob ref=c keeping prev=#1 'x'; store/99 MESSAGE #3 bob keeping prev=#1 link=5 'x'");
	world_reaches(&w, 1, 1); /* one of his connections takes no more */
	world_sends(&w, "bob", "d");
	world_bus(&w, "bob/0 MESSAGE #4 alice>bob ref=d keeping prev=#3 'x'; store/99 MESSAGE #4 bob keeping unreached prev=#3 link=5 'x'");
	world_client(&w, "");
	world_finish(&w);
}

static void
the_store_says_stored_and_delivered_and_read(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_sends(&w, "bob", "a");
	buf_clear(&w.bus);
	world_delivered(&w, 1); /* the store says it to all: once */
	world_nothing(&w);
	world_stored(&w, 1, 1);
	world_client(&w, STORED("1", "a", "bob"));
	world_stored(&w, 1, 1);
	world_delivered(&w, 1);
	world_nothing(&w);
	world_store_receipt(&w, RECORD_DELIVERED, 1, "bob", "a");
	world_client(&w, DELIVERED("1", "a", "bob"));
	world_store_receipt(&w, RECORD_READ, 1, "bob", "");
	world_client(&w, "receipt id=#1 receiver=bob status=read");
	assert_int_equal(w.s.outbox.count, 0);
	world_bus(&w, "");
	world_finish(&w);
}

static void
what_becomes_of_it_elsewhere_is_not_said_of_what_the_store_has(void **state)
{
	struct id id;
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_sends(&w, "bob", "a");
	world_sends(&w, "bob", "b");
	buf_clear(&w.bus);
	id = world_id(&w, 1);
	world_record(&w, RECORD_REFUSED, MSG_UNAVAILABLE, &id, "bob", 7);
	world_gone(&w, "bob", 7);
	world_nothing(&w);
	assert_int_equal(w.s.outbox.kept, 2);
	world_finish(&w);
}

static void
stored_says_the_id_that_a_message_had_the_first_time(void **state)
{
	struct world w;
	size_t first;

	(void)state;
	world_login_kept(&w);
	first = world_new(&w);
	world_sends(&w, "bob", "a");
	world_stored(&w, 2, first);
	world_client(&w, STORED("1", "a", "bob"));
	world_finish(&w);
}

static void
what_is_refused_for_good_is_an_error_and_nobody_waits_for_it(void **state)
{
	static const struct {
		enum msg_error error;
		const char *code;
	} vectors[] = {
		{MSG_MAILBOX_FULL, "mailbox_full"}, {MSG_BLOCKED, "blocked"}, {MSG_NO_SUCH_USER, "no_such_user"}, {MSG_BAD_FIELD, "unavailable"}, {255, "unavailable"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		char line[64];
		struct world w;

		unit_row("%s", v->code);
		world_login_kept(&w);
		world_sends(&w, "bob", "a");
		world_sends(&w, "bob", "b");
		world_sends(&w, "bob", "c");
		world_store_refuses(&w, 2, v->error);
		snprintf(line, sizeof line, "error code=%s ref=b", v->code);
		world_client(&w, line);
		world_store_refuses(&w, 3, v->error);
		snprintf(line, sizeof line, "error code=%s ref=c", v->code);
		world_client(&w, line);
		world_store_refuses(&w, 3, v->error);
		buf_clear(&w.bus);
		world_client(&w, "");
		world_sends(&w, "bob", "d");
		world_bus(&w, "bob/0 MESSAGE #4 alice>bob ref=d keeping prev=#1 'x'; store/99 MESSAGE #4 bob keeping prev=#1 link=5 'x'");
		assert_int_equal(w.s.outbox.kept, 2);
		world_finish(&w);
	}
}

static void
where_no_store_is_expected_none_is_told(void **state)
{
	struct world w;

	(void)state;
	world_init_kept(&w);
	w.expected = false;
	w.store = 0;
	world_say(&w, "{'type':'login','user':'alice'}");
	world_client(&w, WORLD_WELCOME);
	world_sends(&w, "bob", "a");
	world_bus(&w, "JOIN alice; bob/0 MESSAGE #1 alice>bob ref=a 'x'");
	world_delivered(&w, 1);
	world_client(&w, DELIVERED("1", "a", "bob"));
	world_say(&w, "{'type':'history','with':'bob','id':'h'}");
	world_client(&w, FAILED("unavailable", "h"));
	world_finish(&w);
}

static void
what_the_store_cannot_take_just_now_it_is_told_later(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	w.store_full = true;
	world_sends(&w, "bob", "a");
	world_say(&w, "{'type':'ping'}"); /* not looked at before it has been told */
	world_bus(&w, "bob/0 MESSAGE #1 alice>bob ref=a keeping 'x'; store/99 MESSAGE #1 bob keeping link=5 'x'");
	world_client(&w, "");
	world_pass(&w, 49);
	world_nothing(&w);
	w.store_full = false;
	world_pass(&w, 1);
	world_bus(&w, "store/99 MESSAGE #1 bob keeping link=5 'x'");
	world_client(&w, "pong");
	w.store_full = true;
	world_say(&w, "{'type':'history','with':'bob','id':'h'}");
	world_client(&w, FAILED("unavailable", "h"));
	world_finish(&w);
}

static void
what_it_says_nothing_of_is_told_again(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_sends(&w, "bob", "a");
	world_sends(&w, "bob", "b");
	world_stored(&w, 1, 1);
	world_pass(&w, 4999);
	buf_clear(&w.bus);
	world_pass(&w, 1);
	world_bus(&w, "store/99 MESSAGE #2 bob keeping prev=#1 link=5 'x'");
	world_finish(&w);
}

static void
a_client_is_not_listened_to_while_a_mebibyte_waits_for_the_store(void **state)
{
	char text[50100];
	struct world w;
	int n;

	(void)state;
	world_login_kept(&w);
	w.quiet = true;
	n = snprintf(text, sizeof text, "{'type':'private_message','receiver':'bob','message':'");
	memset(text + n, 'x', 50000);
	strcpy(text + n + 50000, "'}");
	for (int i = 0; i < 30; i++)
		world_say(&w, text);
	assert_int_equal(w.s.messages_in, 21); /* the one that passed the limit is the last */
	assert_in_range(w.s.outbox.bytes, KEEPER_BYTES_MAX, KEEPER_BYTES_MAX + 51000);
	world_store_refuses(&w, world_number(&w, &outbox_oldest(&w.s.outbox)->id), MSG_BLOCKED);
	assert_int_equal(w.s.messages_in, 22);
	assert_int_equal(w.s.outbox.kept, 21);
	world_finish(&w);
}

static void
the_welcome_comes_before_all_else(void **state)
{
	struct world w;

	(void)state;
	world_init_kept(&w);
	world_say(&w, "{'type':'login','user':'alice'}");
	world_new(&w);
	world_store_receipt(&w, RECORD_DELIVERED, 1, "bob", "r"); /* told to all who are here */
	world_record(&w, RECORD_TYPING, 1, NULL, "bob", 7);
	world_direct(&w, world_new(&w), "bob", 7, 0, 0, "hi");
	world_client(&w, "");
	world_greets(&w, 0, 0, WORLD_LINK);
	world_client(&w, WORLD_WELCOME "; " DELIVERED("1", "r", "bob") "; typing sender=bob receiver=alice active=true; "
	                 "private_message id=#2 sender=bob receiver=alice message=hi; ping 00000001");
	world_finish(&w);
}

static void
nothing_but_the_close_comes_where_no_welcome_does(void **state)
{
	struct world w;

	(void)state;
	world_init_kept(&w);
	world_say(&w, "{'type':'login','user':'alice'}");
	world_record(&w, RECORD_TYPING, 1, NULL, "bob", 7);
	session_kick(&w.s);
	world_settle(&w);
	world_client(&w, "close 4002");
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_welcome_comes_with_the_greeting_and_says_what_waits),
		TEST(a_store_that_does_not_greet_is_told_again_and_the_client_welcomed_without),
		TEST(a_login_that_the_store_cannot_take_just_now_is_told_later),
		TEST(a_message_that_logs_in_is_sent_after_the_greeting),
		TEST(a_message_goes_to_its_receiver_and_to_the_store_and_names_the_one_before_it),
		TEST(the_store_says_stored_and_delivered_and_read),
		TEST(what_becomes_of_it_elsewhere_is_not_said_of_what_the_store_has),
		TEST(stored_says_the_id_that_a_message_had_the_first_time),
		TEST(what_is_refused_for_good_is_an_error_and_nobody_waits_for_it),
		TEST(where_no_store_is_expected_none_is_told),
		TEST(what_the_store_cannot_take_just_now_it_is_told_later),
		TEST(what_it_says_nothing_of_is_told_again),
		TEST(a_client_is_not_listened_to_while_a_mebibyte_waits_for_the_store),
		TEST(the_welcome_comes_before_all_else),
		TEST(nothing_but_the_close_comes_where_no_welcome_does),
	};

	return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}
