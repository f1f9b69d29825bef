/* What others send to the client, and the receipts for it. */
#include "session/session.h"

#include <stdio.h>

#include "made.h"
#include "unit.h"
#include "world.h"

#define FROM_BOB(n) "private_message id=#" n " sender=bob receiver=alice message=x"

static struct id
from_bob(struct world *w, const char *ref)
{
	return world_message(w, "bob", 9, ref, "x");
}

static void
a_message_is_shown_and_its_receipt_sent_once_a_pong_shows_that_it_was_read(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	from_bob(&w, "r");
	world_client(&w, FROM_BOB("1") "; ping 00000001");
	world_bus(&w, "");
	world_pass(&w, 1000);
	world_nothing(&w);
	world_pong(&w, 1);
	world_bus(&w, "bob/9 RECEIPT delivered #1 alice>bob");
	world_client(&w, "");
	world_pong(&w, 1);
	world_nothing(&w);
	assert_int_equal(w.s.messages_out, 1);
	world_finish(&w);
}

static void
no_other_pong_will_do(void **state)
{
	static const struct {
		const char *payload;
		size_t len;
	} vectors[] = {
		{BYTES("")}, {BYTES("1")}, {BYTES("0000001")}, {BYTES("000000001")}, {BYTES("00000001 ")}, {BYTES("00000000")},
		{BYTES("00000002")}, {BYTES("ffffffff")}, {BYTES("80000000")}, {BYTES("80000001")}, {BYTES("0000000g")}, {BYTES("0000000/")},
		{BYTES("0000000:")}, {BYTES("0000000`")}, {BYTES("\0\0\0\0\0\0\0\1")}, {BYTES("       1")}, {BYTES("0x000001")}, {BYTES("+0000001")},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct world w;

		unit_row("%s", v->payload);
		world_login(&w);
		from_bob(&w, "");
		world_client(&w, FROM_BOB("1") "; ping 00000001");
		world_frame(&w, 0x8a, v->payload, v->len);
		world_nothing(&w);
		world_pong(&w, 1);
		world_bus(&w, "bob/9 RECEIPT delivered #1 alice>bob");
		world_finish(&w);
	}
}

static void
a_pong_that_was_sent_before_its_ping_does_not_count(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	world_pong(&w, 1);
	from_bob(&w, "");
	world_client(&w, FROM_BOB("1") "; ping 00000001");
	world_nothing(&w);
	world_finish(&w);
}

static void
an_older_pong_shows_only_what_came_before_it_and_a_newer_one_all(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	from_bob(&w, "");
	from_bob(&w, "");
	from_bob(&w, "");
	world_client(&w, FROM_BOB("1") "; ping 00000001; " FROM_BOB("2") "; ping 00000002; " FROM_BOB("3") "; ping 00000003");
	world_pong(&w, 1);
	world_bus(&w, "bob/9 RECEIPT delivered #1 alice>bob");
	world_pong(&w, 3);
	world_bus(&w, "bob/9 RECEIPT delivered #2 alice>bob; bob/9 RECEIPT delivered #3 alice>bob");
	world_pong(&w, 2);
	world_pong(&w, 1);
	world_nothing(&w);
	from_bob(&w, "");
	world_client(&w, FROM_BOB("4") "; ping 00000004");
	world_pong(&w, 3);
	world_nothing(&w);
	world_pong(&w, 4);
	world_bus(&w, "bob/9 RECEIPT delivered #4 alice>bob");
	world_finish(&w);
}

static void
each_ping_has_the_next_number_in_hexadecimal(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	for (unsigned n = 1; n <= 40; n++) {
		char line[128];

		from_bob(&w, "");
		snprintf(line, sizeof line, "private_message id=#%u sender=bob receiver=alice message=x; ping %08x", n, n);
		world_client(&w, line);
		world_pong(&w, n);
		snprintf(line, sizeof line, "bob/9 RECEIPT delivered #%u alice>bob", n);
		world_bus(&w, line);
	}
	world_finish(&w);
}

static void
messages_that_come_together_have_one_ping(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	w.held = true;
	from_bob(&w, "");
	world_message(&w, "carol", 11, "", "y");
	w.held = false;
	world_settle(&w);
	world_client(&w, FROM_BOB("1") "; private_message id=#2 sender=carol receiver=alice message=y; ping 00000001");
	world_pong(&w, 1);
	world_bus(&w, "bob/9 RECEIPT delivered #1 alice>bob; carol/11 RECEIPT delivered #2 alice>carol");
	world_finish(&w);
}

static void
a_ping_for_life_shows_messages_too(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	w.held = true;
	from_bob(&w, "");
	w.held = false;
	world_pass(&w, 30000);
	world_client(&w, FROM_BOB("1") "; ping 00000001");
	world_pong(&w, 1);
	world_bus(&w, "bob/9 RECEIPT delivered #1 alice>bob");
	world_finish(&w);
}

static void
a_ref_that_was_seen_is_not_shown_again_and_the_receipt_has_the_first_id(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	from_bob(&w, "r");
	world_client(&w, FROM_BOB("1") "; ping 00000001");
	world_message(&w, "bob", 10, "r", "x");
	world_client(&w, "ping 00000002");
	world_pong(&w, 2);
	world_bus(&w, "bob/9 RECEIPT delivered #1 alice>bob; bob/10 RECEIPT delivered #2 alice>bob shown=#1");
	from_bob(&w, "r");
	world_client(&w, "ping 00000003");
	world_pong(&w, 3);
	world_bus(&w, "bob/9 RECEIPT delivered #3 alice>bob shown=#1");
	assert_int_equal(w.s.messages_out, 1);
	world_finish(&w);
}

static void
another_ref_or_sender_or_none_is_shown(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	from_bob(&w, "r");
	from_bob(&w, "q");
	world_message(&w, "carol", 9, "r", "x");
	from_bob(&w, "");
	from_bob(&w, "");
	world_client(&w, FROM_BOB("1") "; ping 00000001; " FROM_BOB("2") "; ping 00000002; "
	                 "private_message id=#3 sender=carol receiver=alice message=x; ping 00000003; " FROM_BOB("4") "; ping 00000004; "
	                 FROM_BOB("5") "; ping 00000005");
	world_finish(&w);
}

static void
receipts_and_copies_and_typing_and_presence_need_no_pong(void **state)
{
	static const char receipt[] = "{\"type\":\"receipt\",\"id\":\"01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"status\":\"delivered\"}";
	struct name bob = made_name("bob");
	struct id id = made_id("01ARZ3NDEKTSV4RRFFQ69G5FAV");
	struct record r = {.kind = RECORD_COPY, .sender = made_name("alice"), .receiver = made_name("alice"), .payload = receipt,
	                   .payload_len = sizeof receipt - 1};
	struct world w;

	(void)state;
	world_login(&w);
	world_record(&w, RECORD_TYPING, 1, NULL, "bob", 9);
	world_record(&w, RECORD_TYPING, 0, NULL, "bob", 9);
	world_client(&w, "typing sender=bob receiver=alice active=true; typing sender=bob receiver=alice active=false");
	world_record(&w, RECORD_RECEIPT, RECORD_READ, &id, "bob", 9);
	world_client(&w, "receipt id=#1 receiver=bob status=read");
	world_hears(&w, &r, "alice", 7);
	world_client(&w, "receipt id=#1 status=delivered");
	session_presence(&w.s, &bob, true);
	session_presence(&w.s, &bob, false);
	world_settle(&w);
	world_client(&w, "presence user=bob online=true; presence user=bob online=false");
	world_bus(&w, "");
	world_finish(&w);
}

static void
records_that_are_not_for_this_client_are_let_lie(void **state)
{
	static const char pong[] = "{\"type\":\"pong\"}";
	struct id id = made_id("01ARZ3NDEKTSV4RRFFQ69G5FAV");
	struct record r = {.kind = RECORD_TYPING, .status = 1, .sender = made_name("bob"), .receiver = made_name("carol"), .payload = pong,
	                   .payload_len = sizeof pong - 1};
	struct world w;

	(void)state;
	world_login(&w);
	for (int kind = RECORD_UNKNOWN; kind < RECORD_KINDS; kind++) {
		r.kind = (enum record_kind)kind;
		world_hears(&w, &r, "bob", 9);
	}
	world_nothing(&w);
	r.receiver = made_name("alice");
	r.kind = RECORD_COPY;
	world_hears(&w, &r, "bob", 9);
	r.sender = made_name("alice");
	r.payload = "{\"\xff\"}";
	r.payload_len = 5;
	world_hears(&w, &r, "alice", 9);
	r.payload_len = 0;
	r.kind = RECORD_FACTS;
	world_hears(&w, &r, "bob", 9);
	r.kind = RECORD_UNKNOWN;
	world_hears(&w, &r, "bob", 9);
	world_record(&w, RECORD_RECEIPT, RECORD_DELIVERED, &id, "bob", 9);
	world_record(&w, RECORD_RECEIPT, 0, &id, "bob", 9);
	world_record(&w, RECORD_RECEIPT, 3, &id, "bob", 9);
	world_record(&w, RECORD_REFUSED, MSG_UNAVAILABLE, &id, "bob", 9);
	world_nothing(&w);
	world_finish(&w);
}

static void
a_message_whose_text_says_other_than_its_record_is_refused_and_not_shown(void **state)
{
	static const struct {
		const char *name, *id, *sender, *receiver;
		uint64_t time;
		const char *text;
	} vectors[] = {
		{"of another sender", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "carol", "alice", WORLD_TIME, "x"},
		{"to another receiver", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "bob", "carol", WORLD_TIME, "x"},
		{"of another id", "01ARZ3NDEKTSV4RRFFQ69G5FAW", "bob", "alice", WORLD_TIME, "x"},
		{"of another time", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "bob", "alice", WORLD_TIME + 1, "x"},
		{"not UTF-8", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "bob", "alice", WORLD_TIME, "\xc3"},
		{"a surrogate", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "bob", "alice", WORLD_TIME, "\xed\xa0\x80"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct record r = {.kind = RECORD_MESSAGE, .time = WORLD_TIME, .sender = made_name("bob"), .receiver = made_name("alice"), .ref = ""};
		struct name sender = made_name(v->sender), receiver = made_name(v->receiver);
		struct id id = made_id(v->id);
		struct buf payload = {0};
		struct world w;

		unit_row("%s", v->name);
		world_login(&w);
		r.id = made_id("01ARZ3NDEKTSV4RRFFQ69G5FAV");
		msg_private(&payload, &id, &sender, &receiver, v->text, v->time);
		r.payload = (const char *)buf_at(&payload);
		r.payload_len = buf_len(&payload);
		world_hears(&w, &r, "bob", 9);
		world_client(&w, "");
		world_bus(&w, "bob/9 REFUSED bad_field #1 alice>bob");
		world_pong(&w, 1);
		world_nothing(&w);
		buf_free(&payload);
		world_finish(&w);
	}
}

static void
a_message_without_or_with_half_a_text_is_refused(void **state)
{
	struct record r = {.kind = RECORD_MESSAGE, .time = WORLD_TIME, .sender = made_name("bob"), .receiver = made_name("alice"), .ref = ""};
	struct buf payload = {0};
	struct world w;

	(void)state;
	world_login(&w);
	w.quiet = true;
	msg_private(&payload, &r.id, &r.sender, &r.receiver, "x\ny", r.time);
	r.payload = (const char *)buf_at(&payload);
	for (r.payload_len = 0; r.payload_len < buf_len(&payload); r.payload_len++)
		world_hears(&w, &r, "bob", 9);
	assert_int_equal(w.sends, buf_len(&payload));
	world_client(&w, "");
	world_hears(&w, &r, "bob", 9);
	world_client(&w, "private_message id=#1 sender=bob receiver=alice message=x\ny; ping 00000001");
	buf_free(&payload);
	world_finish(&w);
}

static void
an_operator_may_speak_for_anyone_and_gets_the_receipt(void **state)
{
	struct record r = {.kind = RECORD_MESSAGE, .time = WORLD_TIME, .sender = made_name("bob"), .receiver = made_name("alice"), .ref = ""};
	struct buf payload = {0};
	struct world w;

	(void)state;
	world_login(&w);
	msg_private(&payload, &r.id, &r.sender, &r.receiver, "x", r.time);
	r.payload = (const char *)buf_at(&payload);
	r.payload_len = buf_len(&payload);
	world_hears(&w, &r, ".ctl", 33);
	world_client(&w, FROM_BOB("1") "; ping 00000001");
	world_pong(&w, 1);
	world_bus(&w, ".ctl/33 RECEIPT delivered #1 alice>.ctl");
	buf_free(&payload);
	world_finish(&w);
}

static void
only_an_operator_is_told_the_facts(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	from_bob(&w, "");
	world_client(&w, FROM_BOB("1") "; ping 00000001");
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x'}");
	world_bus(&w, "bob/0 MESSAGE #2 alice>bob (private_message id=#2 sender=alice receiver=bob message=x); "
	              "alice/0 COPY alice>alice (private_message id=#2 sender=alice receiver=bob message=x)");
	world_record(&w, RECORD_ASK, 0, NULL, "bob", 9);
	world_nothing(&w);
	world_record(&w, RECORD_ASK, 0, NULL, ".ctl", 33);
	world_bus(&w, ".ctl/33 FACTS alice>.ctl {\"address\":\"192.0.2.1:5\",\"since\":1700000000000,\"in\":1,\"out\":1}");
	world_client(&w, "");
	world_finish(&w);
}

static void
after_the_close_frame_nothing_is_shown_and_messages_are_refused(void **state)
{
	struct name bob = made_name("bob");
	struct id id = made_id("01ARZ3NDEKTSV4RRFFQ69G5FAV");
	struct world w;

	(void)state;
	world_login(&w);
	session_kick(&w.s);
	world_settle(&w);
	world_client(&w, "close 4002");
	from_bob(&w, "");
	world_bus(&w, "bob/9 REFUSED receiver_offline #1 alice>bob");
	world_record(&w, RECORD_TYPING, 1, NULL, "bob", 9);
	world_record(&w, RECORD_RECEIPT, RECORD_READ, &id, "bob", 9);
	session_presence(&w.s, &bob, true);
	world_settle(&w);
	world_nothing(&w);
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_is_shown_and_its_receipt_sent_once_a_pong_shows_that_it_was_read),
		TEST(no_other_pong_will_do),
		TEST(a_pong_that_was_sent_before_its_ping_does_not_count),
		TEST(an_older_pong_shows_only_what_came_before_it_and_a_newer_one_all),
		TEST(each_ping_has_the_next_number_in_hexadecimal),
		TEST(messages_that_come_together_have_one_ping),
		TEST(a_ping_for_life_shows_messages_too),
		TEST(a_ref_that_was_seen_is_not_shown_again_and_the_receipt_has_the_first_id),
		TEST(another_ref_or_sender_or_none_is_shown),
		TEST(receipts_and_copies_and_typing_and_presence_need_no_pong),
		TEST(records_that_are_not_for_this_client_are_let_lie),
		TEST(a_message_whose_text_says_other_than_its_record_is_refused_and_not_shown),
		TEST(a_message_without_or_with_half_a_text_is_refused),
		TEST(an_operator_may_speak_for_anyone_and_gets_the_receipt),
		TEST(only_an_operator_is_told_the_facts),
		TEST(after_the_close_frame_nothing_is_shown_and_messages_are_refused),
	};

	return cmocka_run_group_tests_name("session receipts", tests, NULL, NULL);
}
