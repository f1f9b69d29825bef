/* What comes in at the store's desk: messages, receipts, logins. */
#include "store/desk.h"

#include <string.h>

#include "made.h"
#include "office.h"
#include "unit.h"

/* One in which alice, bob and carla have been. */
static void
begin(struct office *o, const struct db_limits *limits)
{
	office_begin(o, limits);
	office_login(o, "alice", 7);
	office_login(o, "bob", 9);
	office_login(o, "carla", 11);
	buf_clear(&o->line);
}

static void
a_message_is_stored_and_waits(void **state)
{
	struct office o;

	(void)state;
	begin(&o, &place_plenty);
	office_message(&o, "alice", "bob", "r", "hello");
	office_says(&o, "alice/7 STORED #1 bob ref=r");
	office_message(&o, "alice", "bob", "", "you");
	office_says(&o, "alice/7 STORED #2 bob");
	place_pending(&o.place, "bob", "hello you");
	office_end(&o);
}

static void
one_that_comes_again_is_the_first(void **state)
{
	struct record r;
	struct office o;

	(void)state;
	begin(&o, &place_plenty);
	r = office_made(&o, "alice", "bob", "r", "hello");
	office_hears(&o, &r, 7);
	office_hears(&o, &r, 7);
	office_says(&o, "alice/7 STORED #1 bob ref=r; alice/7 STORED #1 bob ref=r");
	office_message(&o, "alice", "bob", "r", "hello");
	office_says(&o, "alice/7 STORED #2 bob ref=r first=#1");
	office_message(&o, "alice", "bob", "r", "other words");
	office_says(&o, "alice/7 STORED #3 bob ref=r");
	place_pending(&o.place, "bob", "hello other words");
	office_end(&o);
}

static void
one_that_cannot_be_kept_is_refused_with_its_reason(void **state)
{
	static const struct db_limits two = {2, 1 << 20, 0, 0};
	struct office o;

	(void)state;
	begin(&o, &two);
	office_message(&o, "alice", "dora", "", "nobody is");
	office_says(&o, "alice/7 REFUSED #1 no_such_user");
	office_query(&o, "carla", "{'type':'block','user':'alice'}");
	buf_clear(&o.line);
	office_message(&o, "alice", "carla", "", "words");
	office_says(&o, "alice/7 REFUSED #2 blocked");
	office_message(&o, "alice", "bob", "", "a");
	office_message(&o, "alice", "bob", "", "b");
	office_says(&o, "alice/7 STORED #3 bob; alice/7 STORED #4 bob");
	office_message(&o, "alice", "bob", "", "c");
	office_says(&o, "alice/7 REFUSED #5 mailbox_full");
	place_pending(&o.place, "bob", "a b");
	place_pending(&o.place, "carla", "");
	office_end(&o);
}

static void
who_is_here_and_was_not_greeted_yet_is_somebody(void **state)
{
	struct office o;

	(void)state;
	begin(&o, &place_plenty);
	office_online("dora");
	office_message(&o, "alice", "dora", "", "hello");
	office_says(&o, "alice/7 STORED #1 dora");
	office_online("");
	office_message(&o, "alice", "dora", "", "again");
	office_says(&o, "alice/7 STORED #2 dora");
	office_end(&o);
}

/* The process that sent it is not trusted. */
static void
a_text_that_is_none_for_this_message_is_refused(void **state)
{
	struct record good, r;
	struct office o;
	char text[256];

	(void)state;
	begin(&o, &place_plenty);
	good = office_made(&o, "alice", "bob", "", "hello");
	assert_in_range(good.payload_len, 10, sizeof text);
	memcpy(text, good.payload, good.payload_len);
	good.payload = text;
	for (int i = 0; i < 6; i++) {
		unit_row("%d", i);
		r = good;
		if (i == 0)
			r.payload_len = 0;
		else if (i == 1)
			r.payload_len--;
		else if (i == 2)
			r.id = place_id(77);
		else if (i == 3)
			r.sender = made_name("carla");
		else if (i == 4)
			r.time++;
		else
			*(char *)memmem(text, good.payload_len, "hello", 5) = (char)0xff;
		office_hears(&o, &r, 7);
		office_says(&o, i == 2 ? "alice/7 REFUSED #77 bad_field" : i == 3 ? "carla/7 REFUSED #1 bad_field" : "alice/7 REFUSED #1 bad_field");
	}
	unit_rows_done();
	place_pending(&o.place, "bob", "");
	office_end(&o);
}

/* Sends the next message with flags. */
static void
send(struct office *o, unsigned flags, const char *words)
{
	struct record r = office_made(o, "alice", "bob", "r", words);

	r.status = (uint8_t)(RECORD_KEEPING | flags);
	office_hears(o, &r, 7);
}

static void
what_its_receiver_has_had_does_not_wait_and_its_sender_is_not_told_again(void **state)
{
	struct record r;
	struct office o;

	(void)state;
	begin(&o, &place_plenty);
	send(&o, RECORD_HAD, "a");
	office_says(&o, "alice/7 STORED #1 bob ref=r");
	send(&o, RECORD_HAD | RECORD_UNREACHED, "b");
	office_says(&o, "alice/7 STORED #2 bob ref=r");
	r = office_made(&o, "alice", "bob", "", "c");
	office_hears(&o, &r, 7);
	place_pending(&o.place, "bob", "c");
	r.status = RECORD_HAD;
	office_hears(&o, &r, 7); /* again, and had meanwhile */
	office_says(&o, "alice/7 STORED #3 bob; alice/7 STORED #3 bob");
	place_pending(&o.place, "bob", "");
	place_pending_count(&o.place, "bob", 0, 0);
	send(&o, 0, "d");
	send(&o, RECORD_HAD, "d"); /* sent again on another connection, while the store was away */
	office_says(&o, "alice/7 STORED #4 bob ref=r; alice/7 STORED #5 bob ref=r first=#4");
	place_pending(&o.place, "bob", "");
	office_end(&o);
}

static void
the_receiver_hears_of_what_it_was_not_sent(void **state)
{
	struct office o;

	(void)state;
	begin(&o, &place_plenty);
	send(&o, RECORD_UNREACHED, "a");
	office_says(&o, "alice/7 STORED #1 bob ref=r; bob/0 BEHIND #1 alice");
	send(&o, RECORD_UNREACHED, "a"); /* the same again, under the id that it has */
	office_says(&o, "alice/7 STORED #2 bob ref=r first=#1; bob/0 BEHIND #1 alice");
	office_receipt(&o, RECORD_DELIVERED, 1, "bob", "alice", 9);
	buf_clear(&o.line);
	send(&o, RECORD_UNREACHED, "a");
	office_says(&o, "alice/7 STORED #3 bob ref=r first=#1");
	office_end(&o);
}

static void
that_the_store_was_away_is_for_the_receiver_alone(void **state)
{
	struct office o;

	(void)state;
	begin(&o, &place_plenty);
	send(&o, RECORD_AWAY, "a");
	office_says(&o, "alice/7 STORED #1 bob ref=r");
	place_pending(&o.place, "bob", "a");
	office_end(&o);
}

static void
delivered_is_told_to_all_of_the_sender_once_and_confirmed_each_time(void **state)
{
	struct office o;

	(void)state;
	begin(&o, &place_plenty);
	office_message(&o, "alice", "bob", "r", "a");
	buf_clear(&o.line);
	office_receipt(&o, RECORD_DELIVERED, 1, "carla", "alice", 11); /* not hers to say */
	office_says(&o, "carla/11 CONFIRMED #1");
	place_pending(&o.place, "bob", "a");
	office_receipt(&o, RECORD_DELIVERED, 1, "bob", "alice", 9);
	office_says(&o, "alice/0 DELIVERED #1 bob ref=r owed; bob/9 CONFIRMED #1");
	place_pending(&o.place, "bob", "");
	office_receipt(&o, RECORD_DELIVERED, 1, "bob", "alice", 10);
	office_says(&o, "bob/10 CONFIRMED #1");
	office_end(&o);
}

static void
delivered_may_come_before_the_message(void **state)
{
	struct office o;

	(void)state;
	begin(&o, &place_plenty);
	office_receipt(&o, RECORD_DELIVERED, 1, "bob", "alice", 9);
	office_says(&o, "bob/9 CONFIRMED #1");
	office_message(&o, "alice", "bob", "r", "a");
	office_says(&o, "alice/7 STORED #1 bob ref=r; alice/0 DELIVERED #1 bob ref=r owed");
	place_pending(&o.place, "bob", "");
	office_end(&o);
}

static void
read_is_told_to_all_of_the_sender_once(void **state)
{
	struct office o;

	(void)state;
	begin(&o, &place_plenty);
	office_message(&o, "alice", "bob", "r", "a");
	office_message(&o, "alice", "bob", "s", "b");
	buf_clear(&o.line);
	office_receipt(&o, RECORD_READ, 1, "carla", "alice", 11);
	office_receipt(&o, RECORD_READ, 1, "bob", "carla", 9);
	office_says(&o, "");
	office_receipt(&o, RECORD_READ, 2, "bob", "alice", 9);
	office_says(&o, "alice/0 READ #2 bob owed");
	office_receipt(&o, RECORD_READ, 2, "bob", "alice", 9);
	office_receipt(&o, RECORD_READ, 1, "bob", "alice", 9);
	office_says(&o, "");
	office_end(&o);
}

static void
read_may_come_before_the_message(void **state)
{
	struct office o;

	(void)state;
	begin(&o, &place_plenty);
	office_receipt(&o, RECORD_READ, 1, "bob", "alice", 9);
	office_receipt(&o, RECORD_READ, 2, "carla", "alice", 9);
	office_says(&o, "");
	office_message(&o, "alice", "bob", "r", "a");
	office_says(&o, "alice/7 STORED #1 bob ref=r; alice/0 READ #1 bob owed");
	office_message(&o, "alice", "bob", "", "b"); /* it was carla who said so of that one */
	office_says(&o, "alice/7 STORED #2 bob");
	for (unsigned n = 0; n < DESK_EARLY; n++)
		office_receipt(&o, RECORD_READ, 3 + n, "bob", "alice", 9);
	office_receipt(&o, RECORD_READ, 999, "bob", "alice", 9);
	office_message(&o, "alice", "bob", "", "c"); /* the last 64 are remembered */
	office_message(&o, "alice", "bob", "", "d");
	office_says(&o, "alice/7 STORED #3 bob; alice/7 STORED #4 bob; alice/0 READ #4 bob owed");
	office_end(&o);
}

static void
a_login_is_greeted_with_what_waits_and_who_is_blocked(void **state)
{
	struct office o;

	(void)state;
	office_begin(&o, &place_plenty);
	office_login(&o, "bob", 9);
	office_says(&o, "bob/9 BLOCKS (); bob/9 GREETING pending=0 last=0 link=5");
	office_message(&o, "alice", "bob", "", "a");
	office_message(&o, "alice", "bob", "", "b");
	office_query(&o, "bob", "{'type':'block','user':'eve'}");
	office_query(&o, "bob", "{'type':'block','user':'dora'}");
	office_receipt(&o, RECORD_DELIVERED, 1, "bob", "alice", 9);
	buf_clear(&o.line);
	office_login(&o, "bob", 10);
	office_says(&o, "bob/10 BLOCKS (dora eve); bob/10 GREETING pending=1 last=2 link=5");
	office_end(&o);
}

static void
receipts_that_are_owed_are_claimed_once(void **state)
{
	struct record r = {.kind = RECORD_RECEIPT, .status = RECORD_DELIVERED, .id = place_id(3), .time = PLACE_START, .ref = "r", .ref_len = 1};
	struct office o;

	(void)state;
	begin(&o, &place_plenty);
	r.sender = made_name("bob");
	r.receiver = made_name("alice");
	office_group(&o);
	desk_owe(&o.desk, &r);
	r.status = RECORD_READ;
	r.ref_len = 0;
	desk_owe(&o.desk, &r);
	office_commit(&o);
	office_says(&o, "");
	office_login(&o, "bob", 9);
	office_says(&o, "bob/9 BLOCKS (); bob/9 GREETING pending=0 last=0 link=5");
	office_login(&o, "alice", 8);
	office_says(&o, "alice/8 BLOCKS (); alice/8 GREETING pending=0 last=0 link=5; alice/8 DELIVERED #3 bob ref=r; alice/8 READ #3 bob");
	office_login(&o, "alice", 8);
	office_says(&o, "alice/8 BLOCKS (); alice/8 GREETING pending=0 last=0 link=5");
	office_end(&o);
}

/* What a session left that is gone. */
static void
nobody_gets_no_answer_and_all_others_do(void **state)
{
	struct record r;
	struct office o;

	(void)state;
	begin(&o, &place_plenty);
	r = office_made(&o, "alice", "bob", "r", "a");
	office_hears(&o, &r, DESK_NOBODY);
	office_says(&o, "");
	r = office_made(&o, "alice", "bob", "", "b");
	r.status = RECORD_UNREACHED;
	office_hears(&o, &r, DESK_NOBODY);
	office_says(&o, "bob/0 BEHIND #2 alice");
	r = office_made(&o, "alice", "dora", "", "c");
	office_hears(&o, &r, DESK_NOBODY);
	office_says(&o, "");
	place_pending(&o.place, "bob", "a b");
	office_receipt(&o, RECORD_DELIVERED, 1, "bob", "alice", DESK_NOBODY);
	office_says(&o, "alice/0 DELIVERED #1 bob ref=r owed");
	office_end(&o);
}

/* The sender's process may have been killed before it sent it. */
static void
who_is_here_is_reminded_of_what_was_not_delivered_for_a_while(void **state)
{
	struct office o;

	(void)state;
	begin(&o, &place_plenty);
	office_message(&o, "alice", "bob", "", "he is away");
	office_online("alice bob");
	office_message(&o, "alice", "bob", "r", "a");
	office_message(&o, "alice", "bob", "r", "a");
	o.desk.ticks += 100;
	office_message(&o, "alice", "bob", "", "b");
	office_message(&o, "alice", "bob", "", "c");
	office_receipt(&o, RECORD_DELIVERED, 4, "bob", "alice", 9);
	office_receipt(&o, RECORD_DELIVERED, 6, "bob", "alice", 9);
	office_message(&o, "alice", "bob", "", "d");
	buf_clear(&o.line);
	o.desk.ticks += REMIND_MS - 101;
	desk_remind(&o.desk);
	office_note(&o);
	office_says(&o, "");
	o.desk.ticks += 1;
	desk_remind(&o.desk);
	office_note(&o);
	office_says(&o, "bob/0 BEHIND #2 alice");
	o.desk.ticks += 1000;
	desk_remind(&o.desk);
	desk_remind(&o.desk);
	office_note(&o);
	office_says(&o, "bob/0 BEHIND #5 alice");
	office_end(&o);
}

static void
what_is_not_for_the_store_is_passed_over(void **state)
{
	static const enum record_kind kinds[] = {RECORD_UNKNOWN, RECORD_COPY, RECORD_REFUSED, RECORD_TYPING, RECORD_ASK, RECORD_FACTS,
	                                         RECORD_GREETING, RECORD_KEPT, RECORD_BATCH, RECORD_BEHIND, RECORD_ANSWER, RECORD_BLOCKS}, *kind;
	struct office o;

	(void)state;
	begin(&o, &place_plenty);
	EACH(kind, kinds) {
		struct record r = office_made(&o, "alice", "bob", "", "a");

		unit_row("%d", *kind);
		r.kind = *kind;
		office_hears(&o, &r, 7);
		office_says(&o, "");
	}
	unit_rows_done();
	office_message(&o, "alice", "bob", "", "a");
	buf_clear(&o.line);
	office_receipt(&o, RECORD_STORED, o.place.made, "bob", "alice", 9);
	office_receipt(&o, RECORD_CONFIRMED, o.place.made, "bob", "alice", 9);
	office_says(&o, "");
	place_pending(&o.place, "bob", "a");
	office_end(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_is_stored_and_waits),
		TEST(one_that_comes_again_is_the_first),
		TEST(one_that_cannot_be_kept_is_refused_with_its_reason),
		TEST(who_is_here_and_was_not_greeted_yet_is_somebody),
		TEST(a_text_that_is_none_for_this_message_is_refused),
		TEST(what_its_receiver_has_had_does_not_wait_and_its_sender_is_not_told_again),
		TEST(the_receiver_hears_of_what_it_was_not_sent),
		TEST(that_the_store_was_away_is_for_the_receiver_alone),
		TEST(delivered_is_told_to_all_of_the_sender_once_and_confirmed_each_time),
		TEST(delivered_may_come_before_the_message),
		TEST(read_is_told_to_all_of_the_sender_once),
		TEST(read_may_come_before_the_message),
		TEST(a_login_is_greeted_with_what_waits_and_who_is_blocked),
		TEST(receipts_that_are_owed_are_claimed_once),
		TEST(nobody_gets_no_answer_and_all_others_do),
		TEST(who_is_here_is_reminded_of_what_was_not_delivered_for_a_while),
		TEST(what_is_not_for_the_store_is_passed_over),
	};

	return cmocka_run_group_tests_name("desk", tests, NULL, NULL);
}
