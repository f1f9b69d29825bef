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
a_question_goes_to_the_store_as_it_is_and_its_answer_to_the_client(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	world_say(&w, "{'type':'history','with':'bob','id':'h'}");
	world_bus(&w, "store/99 QUERY {\"type\":\"history\",\"with\":\"bob\",\"id\":\"h\"}");
	world_answers(&w, "{\"type\":\"block\",\"user\":\"eve\"}");
	world_client(&w, "block user=eve");
	world_say(&w, "{'type':'read','sender':'bob','id':'01HF7YAT00AAAAAAAAAAAAAAAA'}");
	world_bus(&w, "store/0 READ #1 bob");
	world_store(&w, 0);
	world_say(&w, "{'type':'history','with':'bob','id':'h'}");
	world_client(&w, FAILED("unavailable", "h"));
	world_say(&w, "{'type':'read','sender':'bob','id':'01HF7YAT00AAAAAAAAAAAAAAAA'}");
	world_bus(&w, "bob/0 RECEIPT read #1 alice>bob");
	world_finish(&w);
}

static void
ask(struct world *w, const char *ref)
{
	char text[64];

	snprintf(text, sizeof text, "{'type':'history','with':'bob','id':'%s'}", ref);
	world_say(w, text);
}

static void
each_question_has_one_answer_if_only_an_error(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	ask(&w, "a");
	ask(&w, "b");
	ask(&w, "c");
	world_answers(&w, "{\"type\":\"history\",\"ref\":\"c\"}");
	world_answers(&w, "{\"type\":\"block\"}"); /* for which another of her connections asked */
	world_client(&w, "history ref=c; block");
	world_store(&w, 0);
	world_client(&w, FAILED("unavailable", "a") "; " FAILED("unavailable", "b"));
	world_finish(&w);
}

static void
of_questions_eight_may_wait(void **state)
{
	struct world w;

	(void)state;
	world_login_kept(&w);
	for (int i = 0; i < ASK_MAX; i++)
		ask(&w, "a");
	world_client(&w, "");
	ask(&w, "b");
	world_client(&w, FAILED("slow_down", "b"));
	world_answers(&w, "{\"type\":\"history\"}");
	ask(&w, "c");
	world_client(&w, "history");
	world_finish(&w);
}

static void
an_answer_that_there_is_no_room_for_is_an_error(void **state)
{
	static char json[SESSION_OUT_MAX];
	struct world w;

	(void)state;
	world_login_kept(&w);
	w.stalled = true;
	world_say(&w, "{'type':'ping'}");
	ask(&w, "a");
	memset(json, ' ', sizeof json - 1);
	memcpy(json, "{\"type\":\"history\"}", 18);
	world_answers(&w, json);
	world_read(&w);
	world_client(&w, "pong; " FAILED("unavailable", "a"));
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
		TEST(a_question_goes_to_the_store_as_it_is_and_its_answer_to_the_client),
		TEST(each_question_has_one_answer_if_only_an_error),
		TEST(of_questions_eight_may_wait),
		TEST(an_answer_that_there_is_no_room_for_is_an_error),
		TEST(a_client_is_not_listened_to_while_a_mebibyte_waits_for_the_store),
	};

	return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}
