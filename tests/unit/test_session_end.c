/* How a connection ends. */
#include "session/session.h"

#include <string.h>

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
the_last_bytes_may_take_as_long_as_the_client_takes_some(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	w.stalled = true;
	world_frame(&w, 0x88, "\x03\xe8", 2);
	for (int i = 0; i < 5; i++) {
		world_pass(&w, SESSION_PROGRESS_MS - 1);
		assert_int_equal(w.s.phase, SESSION_ENDING);
		session_progress(&w.s);
	}
	world_read(&w);
	world_client(&w, "close 1000; end");
	world_pass(&w, SESSION_DRAIN_MS - 1);
	assert_int_equal(w.s.phase, SESSION_ENDING);
	world_pass(&w, 1);
	assert_int_equal(w.s.phase, SESSION_OVER);
	world_finish(&w);
}

static void
the_last_bytes_are_given_up_when_the_client_takes_none(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.stalled = true;
	world_write(&w, BYTES("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	world_pass(&w, SESSION_PROGRESS_MS - 1);
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
	const char *reason;

	(void)state;
	world_login(&w);
	session_kick(&w.s);
	world_settle(&w);
	world_client(&w, "close 4002");
	assert_int_equal(w.s.phase, SESSION_CLOSING);
	reason = w.s.reason;
	assert_non_null(reason);
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
	assert_ptr_equal(w.s.reason, reason);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_clients_close_is_answered_with_its_code),
		TEST(a_client_that_closes_and_does_not_end_is_left_after_a_second),
		TEST(the_last_bytes_may_take_as_long_as_the_client_takes_some),
		TEST(the_last_bytes_are_given_up_when_the_client_takes_none),
		TEST(a_close_before_the_login_is_answered_too),
		TEST(our_close_is_over_when_the_clients_comes),
		TEST(our_close_that_is_not_answered_ends_by_itself),
		TEST(the_end_of_the_stream_ends_a_session_in_any_phase),
		TEST(what_was_said_before_the_end_of_the_stream_is_done),
		TEST(when_the_service_stops_each_phase_has_its_answer),
		TEST(when_the_service_stops_nobody_is_waited_for_longer_than_the_limit),
		TEST(a_stop_while_ending_still_has_its_limit),
		TEST(an_operator_ends_a_connection_logged_in_or_not),
		TEST(a_service_that_takes_nobody_answers_503),
	};

	return cmocka_run_group_tests_name("session end", tests, NULL, NULL);
}
