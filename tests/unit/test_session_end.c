/* How a connection ends. */
#include "session/session.h"

#include <stdio.h>
#include <string.h>

#include "made.h"
#include "session/request.h"
#include "unit.h"
#include "world.h"

#define OPEN "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

static void
the_clients_close_is_answered_with_its_code(void **state)
{
	static const struct {
		const char *payload;
		size_t len;
		const char *line;
	} vectors[] = {
		{BYTES(""), "close; end"},
		{BYTES("\x03\xe8"), "close 1000; end"},
		{BYTES("\x03\xe9going away"), "close 1001; end"},
		{BYTES("\x0f\xff"), "close 4095; end"},
		{BYTES("\x13\x87"), "close 4999; end"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct world w;

		unit_row("%s", v->line);
		world_login(&w);
		world_frame(&w, 0x88, v->payload, v->len);
		world_client(&w, v->line);
		assert_int_equal(w.s.phase, SESSION_ENDING);
		world_say(&w, "{'type':'ping'}");
		world_nothing(&w);
		world_end(&w);
		assert_int_equal(w.s.phase, SESSION_OVER);
		world_finish(&w);
	}
}

static void
a_client_that_closes_and_does_not_end_is_left_after_a_second(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	world_frame(&w, 0x88, "\x03\xe8", 2);
	world_pass(&w, 999);
	assert_int_equal(w.s.phase, SESSION_ENDING);
	world_pass(&w, 1);
	assert_int_equal(w.s.phase, SESSION_OVER);
	world_finish(&w);
}

static void
a_close_before_the_login_is_answered_too(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_write(&w, BYTES(OPEN));
	world_frame(&w, 0x88, "\x03\xe8", 2);
	world_client(&w, "http 101; close 1000; end");
	world_finish(&w);
}

static void
our_close_is_over_when_the_clients_comes(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	session_kick(&w.s);
	world_settle(&w);
	world_client(&w, "close 4002");
	assert_int_equal(w.s.phase, SESSION_CLOSING);
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x'}");
	world_frame(&w, 0x89, "p", 1);
	world_nothing(&w);
	session_kick(&w.s);
	session_term(&w.s);
	world_settle(&w);
	world_nothing(&w);
	world_frame(&w, 0x88, "\x0f\xa2", 2);
	world_client(&w, "end");
	world_end(&w);
	assert_int_equal(w.s.phase, SESSION_OVER);
	assert_non_null(w.s.reason);
	world_finish(&w);
}

static void
our_close_that_is_not_answered_ends_by_itself(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	session_kick(&w.s);
	world_settle(&w);
	world_client(&w, "close 4002");
	assert_int_equal(session_deadline(&w.s), w.now + SESSION_CLOSE_MS);
	world_pass(&w, SESSION_CLOSE_MS - 1);
	world_nothing(&w);
	world_pass(&w, 1);
	world_client(&w, "end");
	world_pass(&w, SESSION_DRAIN_MS);
	assert_int_equal(w.s.phase, SESSION_OVER);
	world_finish(&w);
}

static void
what_breaks_the_protocol_is_closed_with_its_code_and_not_listened_to(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
		const char *line;
	} vectors[] = {
		{"a frame without a mask", BYTES("\x81\x05hello"), "close 1002; end"},
		{"a reserved bit", BYTES("\xc1\x80\0\0\0\0"), "close 1002; end"},
		{"a reserved opcode", BYTES("\x83\x80\0\0\0\0"), "close 1002; end"},
		{"a reserved control opcode", BYTES("\x8b\x80\0\0\0\0"), "close 1002; end"},
		{"a continuation of nothing", BYTES("\x80\x80\0\0\0\0"), "close 1002; end"},
		{"a new message inside another", BYTES("\x01\x80\0\0\0\0\x81\x80\0\0\0\0"), "close 1002; end"},
		{"a fragmented ping", BYTES("\x09\x80\0\0\0\0"), "close 1002; end"},
		{"a ping over 125 bytes", BYTES("\x89\xfe\x00\x7e"), "close 1002; end"},
		{"a length that is not shortest", BYTES("\x81\xfe\x00\x01\0\0\0\0x"), "close 1002; end"},
		{"a length of 2^63", BYTES("\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0"), "close 1002; end"},
		{"half a close code", BYTES("\x88\x81\0\0\0\0\x03"), "close 1002; end"},
		{"a close code that may not be", BYTES("\x88\x82\0\0\0\0\x03\xed"), "close 1002; end"},
		{"a close reason that is not UTF-8", BYTES("\x88\x83\0\0\0\0\x03\xe8\xff"), "close 1007; end"},
		{"text that is not UTF-8", BYTES("\x81\x81\0\0\0\0\xff"), "close 1007; end"},
		{"text that ends inside a character", BYTES("\x81\x81\0\0\0\0\xc3"), "close 1007; end"},
		{"text that is not UTF-8 and not whole", BYTES("\x81\x85\0\0\0\0a\xff"), "close 1007; end"},
		{"too large a message", BYTES("\x81\xff\0\0\0\0\0\x01\0\x01\0\0\0\0"), "close 1009; end"},
		{"too large a message in fragments", BYTES("\x01\x81\0\0\0\0x\x80\xff\0\0\0\0\0\x01\0\0\0\0\0\0"), "close 1009; end"},
		{"HTTP once more", BYTES("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "close 1002; end"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		for (size_t chunk = 1; chunk < 20000; chunk += 16383) {
			struct world w;

			unit_row("%s", v->name);
			world_login(&w);
			w.chunk = chunk;
			world_write(&w, v->bytes, v->len);
			world_client(&w, v->line);
			assert_non_null(w.s.reason);
			world_say(&w, "{'type':'private_message','receiver':'bob','message':'x'}");
			world_nothing(&w);
			world_end(&w);
			assert_int_equal(w.s.phase, SESSION_OVER);
			world_finish(&w);
		}
	}
}

static void
endless_empty_fragments_are_closed_with_1008(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	world_frame(&w, 0x01, "", 0);
	for (int i = 1; i < WS_EMPTY_FRAGMENTS_MAX; i++)
		world_frame(&w, 0x00, "", 0);
	world_nothing(&w);
	world_frame(&w, 0x00, "", 0);
	world_client(&w, "close 1008; end");
	world_finish(&w);
}

static void
a_message_of_the_largest_size_is_taken(void **state)
{
	static char text[65536];
	struct world w;

	(void)state;
	memset(text, ' ', sizeof text);
	memcpy(text, BYTES("{\"type\":\"ping\"}"));
	world_login(&w);
	world_frame(&w, 0x81, text, sizeof text);
	world_client(&w, "pong");
	world_finish(&w);
}

static void
rubbish_while_closing_ends_it_at_once(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	session_kick(&w.s);
	world_settle(&w);
	world_write(&w, "\xff\xff", 2);
	world_client(&w, "close 4002; end");
	world_finish(&w);
}

static void
the_end_of_the_stream_ends_a_session_in_any_phase(void **state)
{
	static const char *const phases[] = {"before the login", "logged in", "inside a message", "closing", "ending"};

	(void)state;
	for (size_t i = 0; i < COUNT(phases); i++) {
		struct world w;

		unit_row("%s", phases[i]);
		if (i == 0) {
			world_init(&w);
			world_write(&w, BYTES(OPEN));
		} else {
			world_login(&w);
		}
		if (i == 2)
			world_write(&w, "\x81\x8f\0\0\0\0{\"type", 12);
		if (i == 3)
			session_kick(&w.s);
		if (i == 4)
			world_frame(&w, 0x88, "", 0);
		world_settle(&w);
		buf_clear(&w.client);
		buf_clear(&w.bus);
		world_end(&w);
		world_nothing(&w);
		assert_int_equal(w.s.phase, SESSION_OVER);
		assert_non_null(w.s.reason);
		world_finish(&w);
	}
	unit_rows_done();
}

static void
what_was_said_before_the_end_of_the_stream_is_done(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	w.held = true;
	world_say(&w, "{'type':'who'}");
	world_say(&w, "{'type':'typing','receiver':'bob','active':true}");
	w.held = false;
	world_end(&w);
	world_bus(&w, "LIST; bob/0 TYPING 1 alice>bob");
	world_client(&w, "users users=[]");
	assert_int_equal(w.s.phase, SESSION_OVER);
	world_finish(&w);
}

static void
when_the_service_stops_each_phase_has_its_answer(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_write(&w, BYTES("GET /ws"));
	session_term(&w.s);
	world_settle(&w);
	world_client(&w, "http 503; end");
	world_bus(&w, "READY");
	world_finish(&w);

	world_init(&w);
	world_write(&w, BYTES(OPEN));
	session_term(&w.s);
	world_settle(&w);
	world_client(&w, "http 101; close 1001");
	world_finish(&w);

	world_login(&w);
	session_term(&w.s);
	world_settle(&w);
	world_client(&w, "close 1001");
	world_frame(&w, 0x88, "\x03\xe9", 2);
	world_client(&w, "end");
	world_end(&w);
	assert_int_equal(w.s.phase, SESSION_OVER);
	world_finish(&w);
}

static void
when_the_service_stops_nobody_is_waited_for_longer_than_the_limit(void **state)
{
	for (int stalled = 0; stalled < 2; stalled++) {
		struct world w;

		(void)state;
		world_login(&w);
		w.stalled = stalled;
		session_term(&w.s);
		world_settle(&w);
		assert_true(session_deadline(&w.s) <= w.now + SESSION_CLOSE_MS);
		world_pass(&w, SESSION_CLOSE_MS - 1);
		assert_int_not_equal(w.s.phase, SESSION_OVER);
		world_pass(&w, 1);
		assert_int_equal(w.s.phase, SESSION_OVER);
		world_finish(&w);
	}
}

static void
a_stop_while_ending_still_has_its_limit(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	w.stalled = true;
	world_frame(&w, 0x88, "", 0);
	assert_int_equal(w.s.phase, SESSION_ENDING);
	session_term(&w.s);
	world_pass(&w, SESSION_CLOSE_MS);
	assert_int_equal(w.s.phase, SESSION_OVER);
	world_finish(&w);
}

static void
an_operator_ends_a_connection_logged_in_or_not(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_write(&w, BYTES("GET"));
	session_kick(&w.s);
	world_settle(&w);
	world_nothing(&w);
	world_write(&w, OPEN + 3, sizeof OPEN - 1 - 3);
	world_client(&w, "http 101");
	world_finish(&w);

	world_init(&w);
	world_write(&w, BYTES(OPEN));
	session_kick(&w.s);
	world_settle(&w);
	world_client(&w, "http 101; close 4002");
	world_finish(&w);
}

static void
a_service_that_takes_nobody_answers_503(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	request_refuse(&w.s, 503, "not now");
	world_settle(&w);
	world_client(&w, "http 503; end");
	world_bus(&w, "READY");
	assert_non_null(strstr(w.response, "\r\n\r\nnot now\n"));
	world_finish(&w);
}

/* RFC 6455, 5.5.1: nothing follows a close frame, whatever news comes meanwhile. */
static void
nothing_follows_the_close_frame(void **state)
{
	struct name bob = made_name("bob");
	struct world w;
	struct id id;

	(void)state;
	for (int ended = 0; ended < 2; ended++) {
		world_login(&w);
		world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'1'}");
		world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'2'}");
		world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','id':'3'}");
		id = world_id(&w, 1);
		if (ended)
			world_frame(&w, 0x88, "\x03\xe8", 2);
		else
			session_kick(&w.s);
		world_settle(&w);
		world_client(&w, ended ? "close 1000; end" : "close 4002");
		world_record(&w, RECORD_RECEIPT, RECORD_DELIVERED, &id, "bob", 7);
		id = world_id(&w, 2);
		world_record(&w, RECORD_REFUSED, MSG_UNAVAILABLE, &id, "bob", 7);
		world_gone(&w, 7);
		session_presence(&w.s, &bob, true);
		session_listed(&w.s, &bob, 1);
		world_pass(&w, 100);
		world_client(&w, "");
		world_finish(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_clients_close_is_answered_with_its_code),
		TEST(a_client_that_closes_and_does_not_end_is_left_after_a_second),
		TEST(a_close_before_the_login_is_answered_too),
		TEST(our_close_is_over_when_the_clients_comes),
		TEST(our_close_that_is_not_answered_ends_by_itself),
		TEST(what_breaks_the_protocol_is_closed_with_its_code_and_not_listened_to),
		TEST(endless_empty_fragments_are_closed_with_1008),
		TEST(a_message_of_the_largest_size_is_taken),
		TEST(rubbish_while_closing_ends_it_at_once),
		TEST(the_end_of_the_stream_ends_a_session_in_any_phase),
		TEST(what_was_said_before_the_end_of_the_stream_is_done),
		TEST(when_the_service_stops_each_phase_has_its_answer),
		TEST(when_the_service_stops_nobody_is_waited_for_longer_than_the_limit),
		TEST(a_stop_while_ending_still_has_its_limit),
		TEST(an_operator_ends_a_connection_logged_in_or_not),
		TEST(a_service_that_takes_nobody_answers_503),
		TEST(nothing_follows_the_close_frame),
	};

	return cmocka_run_group_tests_name("session end", tests, NULL, NULL);
}
