/* Limits and times: who says too much, reads too little, or is silent for too long. */
#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "unit.h"
#include "world.h"

#define BLOCK 8000

static void
login_with_limits(struct world *w, int64_t rate, int64_t burst)
{
	world_login(w);
	w->conf.rate = rate;
	w->conf.burst = burst;
	w->s.tokens = burst * 1000;
}

static void
pongs(struct world *w, int count, const char *rest)
{
	char expected[1024] = "";

	for (int i = 0; i < count; i++)
		strcat(expected, i ? "; pong" : "pong");
	if (*rest && count > 0)
		strcat(expected, "; ");
	strcat(expected, rest);
	world_client(w, expected);
}

static void
a_burst_is_taken_and_what_is_over_it_is_told_to_slow_down(void **state)
{
	struct world w;

	(void)state;
	login_with_limits(&w, 2, 5);
	for (int i = 0; i < 7; i++)
		world_say(&w, "{'type':'ping','id':'p'}");
	pongs(&w, 5, "error code=slow_down ref=p; error code=slow_down ref=p");
	world_finish(&w);
}

static void
what_is_over_the_limit_is_not_taken(void **state)
{
	struct world w;

	(void)state;
	login_with_limits(&w, 1, 1);
	world_say(&w, "{'type':'ping'}");
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'m'}");
	world_frame(&w, 0x89, "p", 1);
	world_say(&w, "nonsense");
	world_client(&w, "pong; error code=slow_down ref=m; error code=slow_down; error code=slow_down");
	world_bus(&w, "");
	world_finish(&w);
}

static void
time_gives_messages_back_up_to_the_burst(void **state)
{
	struct world w;

	(void)state;
	login_with_limits(&w, 2, 5);
	for (int i = 0; i < 5; i++)
		world_say(&w, "{'type':'ping'}");
	world_pass(&w, 499);
	world_say(&w, "{'type':'ping'}");
	pongs(&w, 5, "error code=slow_down");
	world_pass(&w, 1);
	world_say(&w, "{'type':'ping'}");
	pongs(&w, 1, "");
	world_pass(&w, 10000);
	for (int i = 0; i < 6; i++)
		world_say(&w, "{'type':'ping'}");
	pongs(&w, 5, "error code=slow_down");
	world_finish(&w);
}

static void
who_does_not_slow_down_is_closed(void **state)
{
	struct world w;

	(void)state;
	login_with_limits(&w, 1, 3);
	for (int i = 0; i < 3; i++)
		world_say(&w, "{'type':'ping'}");
	pongs(&w, 3, "");
	for (int i = 0; i < 13; i++) {
		world_say(&w, "{'type':'ping'}");
		world_client(&w, "error code=slow_down");
	}
	world_say(&w, "{'type':'ping'}");
	world_client(&w, "close 1008");
	world_say(&w, "{'type':'ping'}");
	world_nothing(&w);
	world_finish(&w);
}

static void
who_keeps_the_limit_again_starts_anew(void **state)
{
	struct world w;

	(void)state;
	login_with_limits(&w, 1, 2);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 2 + 12; i++)
			world_say(&w, "{'type':'ping'}");
		assert_int_equal(w.s.phase, SESSION_IN);
		world_pass(&w, 3000);
	}
	world_finish(&w);
}

static void
before_the_login_the_limit_counts_too(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.conf.rate = w.conf.burst = 1;
	w.s.tokens = 1000;
	world_write(&w, BYTES("GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"));
	for (int i = 0; i < 13; i++)
		world_say(&w, "{}");
	world_frame(&w, 0x89, "", 0);
	assert_int_equal(w.s.phase, SESSION_CLOSING);
	world_finish(&w);
}

static void
a_pong_costs_nothing(void **state)
{
	struct world w;

	(void)state;
	login_with_limits(&w, 1, 1);
	for (int i = 0; i < 100; i++)
		world_pong(&w, 0);
	world_say(&w, "{'type':'ping'}");
	world_client(&w, "pong");
	world_finish(&w);
}

static void
a_silent_client_is_pinged_twice_and_then_closed(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	assert_int_equal(session_deadline(&w.s), w.now + 30000);
	world_pass(&w, 29999);
	world_nothing(&w);
	world_pass(&w, 1);
	world_client(&w, "ping 00000001");
	assert_int_equal(session_deadline(&w.s), w.now + 30000);
	world_pass(&w, 29999);
	world_nothing(&w);
	world_pass(&w, 1);
	world_client(&w, "ping 00000002");
	world_pass(&w, 29999);
	world_nothing(&w);
	world_pass(&w, 1);
	world_client(&w, "close 4003");
	world_finish(&w);
}

static void
any_sign_of_life_starts_the_time_anew(void **state)
{
	static const char *const signs[] = {"\x8a\x80\0\0\0\0", "\x89\x80\0\0\0\0", "\x81\x8f\0\0\0\0{\"type\":\"ping\"}", "\x81"};
	static const size_t lengths[] = {6, 6, 21, 1};

	(void)state;
	for (size_t i = 0; i < COUNT(signs); i++) {
		struct world w;

		unit_row("%zu", i);
		world_login(&w);
		for (int round = 0; round < (i == 3 ? 1 : 3); round++) {
			world_pass(&w, 30000);
			world_pass(&w, 30000);
			world_pass(&w, 29999);
			world_write(&w, signs[i], lengths[i]);
			assert_int_equal(w.s.phase, SESSION_IN);
			assert_int_equal(session_deadline(&w.s), w.now + 30000);
		}
		buf_clear(&w.client);
		world_pass(&w, 29999);
		world_nothing(&w);
		world_finish(&w);
	}
	unit_rows_done();
}

static void
fill(struct world *w, size_t least)
{
	char text[BLOCK + 1];

	memset(text, 'b', BLOCK);
	text[BLOCK] = 0;
	w->quiet = true;
	w->stalled = true;
	for (int i = 0; buf_len(&w->s.out) < least && i < 100; i++)
		world_message(w, "bob", 9, "", text);
	assert_true(buf_len(&w->s.out) >= least);
	assert_true(buf_len(&w->s.out) <= SESSION_OUT_MAX + 100);
	w->quiet = false;
	w->sends = 0;
}

static void
for_a_client_that_reads_nothing_messages_are_refused_and_the_rest_is_dropped(void **state)
{
	struct id id = made_id("01ARZ3NDEKTSV4RRFFQ69G5FAV");
	char text[BLOCK + 1];
	size_t before;
	struct world w;

	(void)state;
	memset(text, 'b', BLOCK);
	text[BLOCK] = 0;
	world_login(&w);
	fill(&w, SESSION_OUT_MAX - BLOCK);
	before = buf_len(&w.s.out);
	world_message(&w, "bob", 9, "", text);
	world_bus(&w, "bob/9 REFUSED unavailable #1 alice>bob");
	assert_int_equal(buf_len(&w.s.out), before);
	while (buf_len(&w.s.out) < SESSION_OUT_MAX)
		world_record(&w, RECORD_TYPING, 1, NULL, "bob", 9);
	before = buf_len(&w.s.out);
	world_record(&w, RECORD_TYPING, 1, NULL, "bob", 9);
	world_record(&w, RECORD_RECEIPT, RECORD_READ, &id, "bob", 9);
	world_message(&w, "bob", 9, "", "x");
	world_bus(&w, "bob/9 REFUSED unavailable #2 alice>bob");
	assert_int_equal(buf_len(&w.s.out), before);
	assert_false(session_has_room(&w.s, 0));
	assert_false(session_wants_input(&w.s));
	world_finish(&w);
}

static void
a_client_that_reads_nothing_is_not_listened_to_until_it_does(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	fill(&w, SESSION_OUT_MAX - BLOCK);
	while (buf_len(&w.s.out) < SESSION_OUT_MAX)
		world_record(&w, RECORD_TYPING, 1, NULL, "bob", 9);
	world_say(&w, "{'type':'who'}");
	world_bus(&w, "");
	world_read(&w);
	world_bus(&w, "LIST");
	assert_true(session_has_room(&w.s, 0));
	assert_true(session_wants_input(&w.s));
	world_finish(&w);
}

static void
a_client_that_reads_nothing_for_a_minute_is_closed_with_1013(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	w.conf.ping_interval = 3600000;
	w.stalled = true;
	world_message(&w, "bob", 9, "", "x");
	assert_int_equal(session_deadline(&w.s), w.now + 60000);
	world_pass(&w, 59999);
	assert_int_equal(w.s.phase, SESSION_IN);
	world_pass(&w, 1);
	assert_int_equal(w.s.phase, SESSION_ENDING);
	world_read(&w);
	world_client(&w, "private_message id=#1 sender=bob receiver=alice message=x; ping 00000001; close 1013; end");
	world_pass(&w, 1000);
	assert_int_equal(w.s.phase, SESSION_OVER);
	world_finish(&w);
}

static void
a_client_that_reads_nothing_at_the_end_either_is_left(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	w.stalled = true;
	world_message(&w, "bob", 9, "", "x");
	for (int i = 0; i < 6; i++) {
		world_pass(&w, 10000);
		world_pong(&w, 0);
	}
	assert_int_equal(w.s.phase, SESSION_ENDING);
	world_pass(&w, 999);
	assert_int_equal(w.s.phase, SESSION_ENDING);
	world_pass(&w, 1);
	assert_int_equal(w.s.phase, SESSION_OVER);
	world_finish(&w);
}

static void
a_client_that_reads_slowly_is_not_closed(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	w.conf.ping_interval = 3600000;
	w.stalled = true;
	world_message(&w, "bob", 9, "", "x");
	for (int i = 0; i < 10; i++) {
		world_pass(&w, 59999);
		session_progress(&w.s);
	}
	assert_int_equal(w.s.phase, SESSION_IN);
	world_finish(&w);
}

static void
an_inbox_that_is_full_refuses_until_a_pong_comes(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	w.quiet = true;
	for (int i = 0; i < INBOX_MAX; i++) {
		world_message(&w, "bob", 9, "", "x");
		buf_clear(&w.client);
		w.id_count = 0;
	}
	assert_int_equal(w.sends, 0);
	w.quiet = false;
	world_message(&w, "bob", 9, "", "x");
	world_bus(&w, "bob/9 REFUSED unavailable #1 alice>bob");
	world_client(&w, "");
	w.quiet = true;
	world_pong(&w, INBOX_MAX);
	assert_int_equal(w.sends, 1 + INBOX_MAX);
	w.quiet = false;
	world_message(&w, "bob", 9, "", "x");
	world_bus(&w, "");
	world_finish(&w);
}

static void
memory_is_given_back_in_between_and_nothing_is_lost(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	world_message(&w, "bob", 9, "r", "x");
	world_client(&w, "private_message id=#1 sender=bob receiver=alice message=x; ping 00000001");
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'m'}");
	buf_clear(&w.bus);
	world_write(&w, "\x81\x8f\0\0\0\0{\"ty", 10);
	session_trim(&w.s);
	world_write(&w, "pe\":\"ping\"}", 11);
	world_client(&w, "pong");
	session_trim(&w.s);
	world_pong(&w, 1);
	world_bus(&w, "bob/9 RECEIPT delivered #1 alice>bob");
	session_trim(&w.s);
	world_gone(&w, 7);
	world_client(&w, "error code=receiver_offline ref=m");
	session_trim(&w.s);
	assert_null(w.s.in.data);
	assert_null(w.s.out.data);
	assert_null(w.s.text.data);
	assert_null(w.s.inbox.entries);
	assert_null(w.s.outbox.entries);
	world_message(&w, "bob", 9, "r", "x");
	world_client(&w, "ping 00000002");
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_burst_is_taken_and_what_is_over_it_is_told_to_slow_down),
		TEST(what_is_over_the_limit_is_not_taken),
		TEST(time_gives_messages_back_up_to_the_burst),
		TEST(who_does_not_slow_down_is_closed),
		TEST(who_keeps_the_limit_again_starts_anew),
		TEST(before_the_login_the_limit_counts_too),
		TEST(a_pong_costs_nothing),
		TEST(a_silent_client_is_pinged_twice_and_then_closed),
		TEST(any_sign_of_life_starts_the_time_anew),
		TEST(for_a_client_that_reads_nothing_messages_are_refused_and_the_rest_is_dropped),
		TEST(a_client_that_reads_nothing_is_not_listened_to_until_it_does),
		TEST(a_client_that_reads_nothing_for_a_minute_is_closed_with_1013),
		TEST(a_client_that_reads_nothing_at_the_end_either_is_left),
		TEST(a_client_that_reads_slowly_is_not_closed),
		TEST(an_inbox_that_is_full_refuses_until_a_pong_comes),
		TEST(memory_is_given_back_in_between_and_nothing_is_lost),
	};

	return cmocka_run_group_tests_name("session life", tests, NULL, NULL);
}
