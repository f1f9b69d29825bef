/* Clients that read too little, or are silent for too long. */
#include "session/session.h"

#include <string.h>

#include "made.h"
#include "unit.h"
#include "world.h"

#define BLOCK 8000

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
a_client_is_not_pinged_sooner_for_other_things_that_fall_due(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	w.conf.ping_interval = 12000;
	w.conf.stall_timeout = 5000;
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'m'}");
	world_pass(&w, 12000);
	world_client(&w, "ping 00000001");
	world_pass(&w, session_deadline(&w.s) - w.now);
	world_client(&w, "error code=unavailable ref=m");
	world_pass(&w, session_deadline(&w.s) - w.now);
	world_client(&w, "ping 00000002");
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
a_message_to_oneself_that_finds_no_room_is_unavailable(void **state)
{
	static char text[BLOCK + 200];
	struct world w;

	(void)state;
	world_login(&w);
	fill(&w, SESSION_OUT_MAX - BLOCK);
	w.quiet = true;
	world_reaches(&w, 0, 0);
	memset(text, 'b', sizeof text - 1);
	memcpy(text, BYTES("{'type':'private_message','receiver':'alice','id':'s','message':'"));
	memcpy(text + sizeof text - 3, "'}", 2);
	world_say(&w, text);
	assert_int_equal(w.s.outbox.count, 0);
	assert_non_null(memmem(buf_at(&w.s.out), buf_len(&w.s.out), BYTES("\"code\":\"unavailable\"")));
	world_reaches(&w, 1, 0);
	world_say(&w, text);
	assert_int_equal(w.s.outbox.count, 1);
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
what_was_read_already_waits_too_while_the_client_reads_nothing(void **state)
{
	static const char frame[] = "\x81\x8f\0\0\0\0{\"type\":\"ping\"}";
	struct world w;

	(void)state;
	world_login(&w);
	fill(&w, SESSION_OUT_MAX - BLOCK);
	while (buf_len(&w.s.out) < SESSION_OUT_MAX - 500)
		world_record(&w, RECORD_TYPING, 1, NULL, "bob", 9);
	w.held = true;
	for (int i = 0; i < 600; i++)
		world_write(&w, frame, sizeof frame - 1);
	w.held = false;
	world_settle(&w);
	assert_true(buf_len(&w.s.out) < SESSION_OUT_MAX + 50);
	assert_int_equal(buf_len(&w.pending), 0);
	buf_clear(&w.client);
	world_read(&w);
	assert_int_equal(buf_len(&w.s.in), 0);
	assert_int_equal(w.s.tokens, w.conf.burst * 1000 - 601 * 1000);
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
a_client_that_was_too_slow_has_one_more_second_for_the_end(void **state)
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
	session_progress(&w.s);
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
	world_gone(&w, "bob", 7);
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
		TEST(a_silent_client_is_pinged_twice_and_then_closed),
		TEST(a_client_is_not_pinged_sooner_for_other_things_that_fall_due),
		TEST(any_sign_of_life_starts_the_time_anew),
		TEST(for_a_client_that_reads_nothing_messages_are_refused_and_the_rest_is_dropped),
		TEST(a_message_to_oneself_that_finds_no_room_is_unavailable),
		TEST(a_client_that_reads_nothing_is_not_listened_to_until_it_does),
		TEST(what_was_read_already_waits_too_while_the_client_reads_nothing),
		TEST(a_client_that_reads_nothing_for_a_minute_is_closed_with_1013),
		TEST(a_client_that_was_too_slow_has_one_more_second_for_the_end),
		TEST(a_client_that_reads_slowly_is_not_closed),
		TEST(an_inbox_that_is_full_refuses_until_a_pong_comes),
		TEST(memory_is_given_back_in_between_and_nothing_is_lost),
	};

	return cmocka_run_group_tests_name("session life", tests, NULL, NULL);
}
