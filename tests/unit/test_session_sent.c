/* What becomes of the messages that the client sent. */
#include "session/session.h"

#include <stdio.h>
#include <string.h>

#include "made.h"
#include "unit.h"
#include "world.h"

#define DELIVERED(n, ref) "receipt id=#" n " ref=" ref " receiver=bob status=delivered"
#define COPY_OF(text) "alice/0 COPY alice>alice (" text ")"
#define SELF(n) "private_message id=#" n " sender=alice receiver=alice message=x"

/* Sends a message to bob; what that puts on the bus is tested elsewhere. */
static struct id
send(struct world *w, const char *ref)
{
	char text[128];

	snprintf(text, sizeof text, "{'type':'private_message','receiver':'bob','message':'x','id':'%s'}", ref);
	world_say(w, text);
	buf_clear(&w->bus);
	return world_id(w, w->id_count);
}

static void
receipt(struct world *w, struct id id, pid_t pid)
{
	world_record(w, RECORD_RECEIPT, RECORD_DELIVERED, &id, "bob", pid);
}

static void
refuse(struct world *w, struct id id, pid_t pid, unsigned error)
{
	world_record(w, RECORD_REFUSED, error, &id, "bob", pid);
}

static void
a_receipt_goes_to_the_client_and_its_others_once(void **state)
{
	struct world w;
	struct id id;

	(void)state;
	world_login(&w);
	world_reaches(&w, 2, 0);
	id = send(&w, "r");
	world_nothing(&w);
	receipt(&w, id, 8);
	world_client(&w, DELIVERED("1", "r"));
	world_bus(&w, COPY_OF(DELIVERED("1", "r")));
	receipt(&w, id, 7);
	receipt(&w, id, 8);
	world_nothing(&w);
	assert_int_equal(w.s.outbox.count, 0);
	assert_int_equal(w.s.messages_in, 1);
	world_finish(&w);
}

static void
a_receipt_of_a_connection_that_the_message_did_not_go_to_does_not_count(void **state)
{
	struct world w;
	struct id id;

	(void)state;
	world_login(&w);
	world_reaches(&w, 2, 0);
	id = send(&w, "r");
	receipt(&w, id, 9);
	receipt(&w, id, 0);
	receipt(&w, id, 42);
	refuse(&w, id, 9, MSG_UNAVAILABLE);
	world_gone(&w, "bob", 9);
	world_nothing(&w);
	receipt(&w, id, 7);
	world_client(&w, DELIVERED("1", "r"));
	world_finish(&w);
}

static void
receipts_come_in_the_order_of_the_answers(void **state)
{
	struct world w;
	struct id ids[3];

	(void)state;
	world_login(&w);
	for (int i = 0; i < 3; i++)
		ids[i] = send(&w, (char[]){(char)('a' + i), 0});
	receipt(&w, ids[2], 7);
	receipt(&w, ids[0], 7);
	receipt(&w, ids[1], 7);
	world_client(&w, DELIVERED("3", "c") "; " DELIVERED("1", "a") "; " DELIVERED("2", "b"));
	assert_int_equal(w.s.outbox.count, 0);
	world_finish(&w);
}

static void
a_receipt_says_under_which_id_the_message_was_shown_before(void **state)
{
	struct record r = {.kind = RECORD_RECEIPT, .status = RECORD_DELIVERED, .time = WORLD_TIME};
	struct id shown;
	struct world w;

	(void)state;
	world_login(&w);
	shown = send(&w, "r");
	r.id = send(&w, "r");
	r.sender = made_name("bob");
	r.receiver = made_name("alice");
	r.payload = (const char *)shown.bytes;
	r.payload_len = ID_SIZE;
	world_hears(&w, &r, "bob", 7);
	world_client(&w, DELIVERED("1", "r"));
	world_bus(&w, COPY_OF(DELIVERED("1", "r")));
	world_finish(&w);
}

static void
a_message_that_all_refuse_is_an_error(void **state)
{
	static const struct {
		unsigned first, second;
		const char *answer;
	} vectors[] = {
		{MSG_UNAVAILABLE, MSG_UNAVAILABLE, "error code=unavailable ref=r"},
		{MSG_RECEIVER_OFFLINE, MSG_RECEIVER_OFFLINE, "error code=receiver_offline ref=r"},
		{MSG_RECEIVER_OFFLINE, MSG_UNAVAILABLE, "error code=unavailable ref=r"},
		{MSG_UNAVAILABLE, MSG_RECEIVER_OFFLINE, "error code=unavailable ref=r"},
		{MSG_BLOCKED, MSG_BLOCKED, "error code=blocked ref=r"},
		{MSG_BAD_FIELD, MSG_RECEIVER_OFFLINE, "error code=bad_field ref=r"},
		{MSG_OK, MSG_OK, "error code=unavailable ref=r"},
		{MSG_ERRORS, MSG_ERRORS, "error code=unavailable ref=r"},
		{255, 255, "error code=unavailable ref=r"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct world w;
		struct id id;

		unit_row("%u and %u", v->first, v->second);
		world_login(&w);
		world_reaches(&w, 2, 0);
		id = send(&w, "r");
		refuse(&w, id, 8, v->first);
		refuse(&w, id, 8, v->first);
		world_nothing(&w);
		refuse(&w, id, 7, v->second);
		world_client(&w, v->answer);
		receipt(&w, id, 7);
		receipt(&w, id, 8);
		world_nothing(&w);
		assert_int_equal(w.s.outbox.count, 0);
		world_finish(&w);
	}
}

static void
a_message_that_one_refuses_and_another_reads_is_delivered(void **state)
{
	struct world w;
	struct id id;

	(void)state;
	world_login(&w);
	world_reaches(&w, 2, 0);
	id = send(&w, "r");
	refuse(&w, id, 7, MSG_UNAVAILABLE);
	receipt(&w, id, 7);
	world_nothing(&w);
	receipt(&w, id, 8);
	world_client(&w, DELIVERED("1", "r"));
	world_finish(&w);
}

static void
a_connection_that_goes_answers_for_all_that_waited_for_it(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	for (int i = 0; i < 4; i++)
		send(&w, (char[]){(char)('a' + i), 0});
	world_gone(&w, "bob", 8);
	world_nothing(&w);
	world_gone(&w, "bob", 7);
	world_client(&w, "error code=receiver_offline ref=a; error code=receiver_offline ref=b; error code=receiver_offline ref=c; "
	                 "error code=receiver_offline ref=d");
	world_bus(&w, "");
	world_gone(&w, "bob", 7);
	world_nothing(&w);
	assert_int_equal(w.s.outbox.count, 0);
	world_finish(&w);
}

static void
a_message_to_several_connections_is_lost_with_the_last(void **state)
{
	struct world w;
	struct id id;

	(void)state;
	world_login(&w);
	world_reaches(&w, 3, 0);
	id = send(&w, "r");
	world_gone(&w, "bob", 8);
	refuse(&w, id, 9, MSG_UNAVAILABLE);
	world_nothing(&w);
	world_gone(&w, "bob", 7);
	world_client(&w, "error code=unavailable ref=r");
	world_finish(&w);
}

/* Entries that were done before, in between and behind must not hide one that waits. */
static void
a_connection_that_goes_answers_for_all_whatever_was_done_among_them(void **state)
{
	(void)state;
	for (unsigned done = 0; done < 32; done++) {
		struct world w;
		struct id ids[5];
		char expected[256] = "";

		unit_row("done before: %02x", done);
		world_login(&w);
		for (int i = 0; i < 5; i++) {
			world_reaches(&w, 1, 0);
			w.reach.pids[0] = done >> i & 1 ? 8 : 7;
			ids[i] = send(&w, (char[]){(char)('a' + i), 0});
		}
		for (int i = 4; i >= 0; i--)
			if (done >> i & 1)
				receipt(&w, ids[i], 8);
		buf_clear(&w.client);
		world_gone(&w, "bob", 7);
		for (int i = 0; i < 5; i++)
			if (!(done >> i & 1))
				snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%serror code=receiver_offline ref=%c",
				         *expected ? "; " : "", 'a' + i);
		world_client(&w, expected);
		assert_int_equal(w.s.outbox.count, 0);
		world_finish(&w);
	}
	unit_rows_done();
}

static void
a_message_to_oneself_is_shown_here_and_delivered_by_the_pong(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	world_reaches(&w, 0, 0);
	world_say(&w, "{'type':'private_message','receiver':'alice','message':'x','id':'r'}");
	world_client(&w, SELF("1") "; ping 00000001");
	world_bus(&w, "alice/0 MESSAGE #1 alice>alice ref=r (" SELF("1") ")");
	world_pong(&w, 1);
	world_client(&w, "receipt id=#1 ref=r receiver=alice status=delivered");
	world_bus(&w, COPY_OF("receipt id=#1 ref=r receiver=alice status=delivered"));
	world_pong(&w, 1);
	world_nothing(&w);
	assert_int_equal(w.s.outbox.count + w.s.inbox.count, 0);
	world_finish(&w);
}

static void
a_message_to_oneself_is_delivered_once_whoever_reads_first(void **state)
{
	struct world w;
	struct id id;

	(void)state;
	world_login(&w);
	world_reaches(&w, 1, 0);
	world_say(&w, "{'type':'private_message','receiver':'alice','message':'x','id':'r'}");
	world_client(&w, SELF("1") "; ping 00000001");
	id = world_id(&w, 1);
	world_record(&w, RECORD_RECEIPT, RECORD_DELIVERED, &id, "alice", 7);
	world_client(&w, "receipt id=#1 ref=r receiver=alice status=delivered");
	buf_clear(&w.bus);
	world_pong(&w, 1);
	world_nothing(&w);
	world_finish(&w);
}

static void
a_message_to_oneself_outlives_the_other_connection(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	world_reaches(&w, 1, 0);
	world_say(&w, "{'type':'private_message','receiver':'alice','message':'x','id':'r'}");
	world_client(&w, SELF("1") "; ping 00000001");
	world_gone(&w, "alice", 7);
	world_client(&w, "");
	world_pong(&w, 1);
	world_client(&w, "receipt id=#1 ref=r receiver=alice status=delivered");
	world_finish(&w);
}

static void
a_message_to_oneself_that_is_sent_again_is_not_shown_again(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	world_reaches(&w, 0, 0);
	world_say(&w, "{'type':'private_message','receiver':'alice','message':'x','id':'r'}");
	world_say(&w, "{'type':'private_message','receiver':'alice','message':'x','id':'r'}");
	world_client(&w, SELF("1") "; ping 00000001; ping 00000002");
	world_pong(&w, 2);
	world_client(&w, "receipt id=#1 ref=r receiver=alice status=delivered; receipt id=#1 ref=r receiver=alice status=delivered");
	assert_int_equal(w.s.outbox.count, 0);
	world_finish(&w);
}

static void
a_message_without_an_answer_is_given_up_when_no_process_can_have_it(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	w.conf.stall_timeout = 5000;
	w.conf.ping_interval = 3600000;
	send(&w, "r");
	world_pass(&w, 5000);
	world_nothing(&w);
	send(&w, "s");
	world_pass(&w, session_deadline(&w.s) - w.now - 1);
	world_nothing(&w);
	world_pass(&w, 1);
	world_client(&w, "error code=unavailable ref=r");
	world_pass(&w, session_deadline(&w.s) - w.now);
	world_client(&w, "error code=unavailable ref=s");
	assert_int_equal(w.s.outbox.count, 0);
	world_finish(&w);
}

static void
a_full_outbox_takes_no_more_until_an_answer_comes_or_the_oldest_is_given_up(void **state)
{
	struct world w;
	struct id first;
	int64_t sent_at;

	(void)state;
	world_login(&w);
	w.conf.burst = 100000;
	w.conf.rate = 100000;
	w.now += 1000;
	first = send(&w, "first");
	w.quiet = true;
	for (int i = 1; i < OUTBOX_MAX; i++)
		world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'more'}");
	sent_at = w.now;
	assert_int_equal(w.s.outbox.count, OUTBOX_MAX);
	assert_int_equal(w.sends, 2 * OUTBOX_MAX);
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'late'}");
	assert_int_equal(w.sends, 2 * OUTBOX_MAX);
	assert_false(session_wants_input(&w.s));
	world_client(&w, "");
	receipt(&w, first, 7);
	world_client(&w, DELIVERED("1", "first"));
	assert_int_equal(w.sends, 2 * OUTBOX_MAX + 3);
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'later'}");
	world_pass(&w, 1999);
	assert_int_equal(w.sends, 2 * OUTBOX_MAX + 3);
	world_client(&w, "");
	assert_true(session_deadline(&w.s) <= w.now + 100);
	world_pass(&w, 1);
	assert_int_equal(w.now, sent_at + 2000);
	world_client(&w, "error code=unavailable ref=more; error code=unavailable ref=more"); /* what was sent then fills it again */
	assert_int_equal(w.sends, 2 * OUTBOX_MAX + 5);
	assert_true(session_wants_input(&w.s));
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_receipt_goes_to_the_client_and_its_others_once),
		TEST(a_receipt_of_a_connection_that_the_message_did_not_go_to_does_not_count),
		TEST(receipts_come_in_the_order_of_the_answers),
		TEST(a_receipt_says_under_which_id_the_message_was_shown_before),
		TEST(a_message_that_all_refuse_is_an_error),
		TEST(a_message_that_one_refuses_and_another_reads_is_delivered),
		TEST(a_connection_that_goes_answers_for_all_that_waited_for_it),
		TEST(a_message_to_several_connections_is_lost_with_the_last),
		TEST(a_connection_that_goes_answers_for_all_whatever_was_done_among_them),
		TEST(a_message_to_oneself_is_shown_here_and_delivered_by_the_pong),
		TEST(a_message_to_oneself_is_delivered_once_whoever_reads_first),
		TEST(a_message_to_oneself_outlives_the_other_connection),
		TEST(a_message_to_oneself_that_is_sent_again_is_not_shown_again),
		TEST(a_message_without_an_answer_is_given_up_when_no_process_can_have_it),
		TEST(a_full_outbox_takes_no_more_until_an_answer_comes_or_the_oldest_is_given_up),
	};

	return cmocka_run_group_tests_name("session sent", tests, NULL, NULL);
}
