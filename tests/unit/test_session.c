/* From the first byte to the login. */
#include "session/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session/page.h"
#include "unit.h"
#include "world.h"

#define UPGRADE(target) "GET " target " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
#define PLAIN(start) start "\r\nHost: a\r\n\r\n"
#define OPEN UPGRADE("/ws")
#define LOGIN "{'type':'login','user':'alice'}"
#define MESSAGE "bob/0 MESSAGE #1 alice>bob (private_message id=#1 sender=alice receiver=bob message=x)"

static void
start(struct world *w)
{
	world_init(w);
	world_write(w, OPEN, sizeof OPEN - 1);
	world_client(w, "http 101");
	world_bus(w, "READY");
}

static void
an_upgrade_is_answered_as_rfc_6455_says(void **state)
{
	struct world w;

	(void)state;
	start(&w);
	assert_string_equal(w.response, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	                                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
	assert_int_equal(w.s.phase, SESSION_OPEN);
	world_finish(&w);
}

static void
requests_get_their_status_whole_and_byte_by_byte(void **state)
{
	static const struct {
		const char *request, *status, *field, *body; /* field and body: a part of them */
	} vectors[] = {
		{PLAIN("GET / HTTP/1.1"), "200", "Content-Type: text/html; charset=utf-8\r\n", "<!doctype html>"},
		{PLAIN("GET /?x=1 HTTP/1.1"), "200", "Content-Security-Policy: default-src 'none'\r\n", "<!doctype html>"},
		{PLAIN("HEAD / HTTP/1.1"), "200", "Content-Length: 35\r\n", NULL},
		{"GET / HTTP/1.0\r\n\r\n", "200", "Connection: close\r\n", "<!doctype html>"},
		{PLAIN("GET http://a/ HTTP/1.1"), "200", "text/html", "<!doctype html>"},
		{PLAIN("GET /healthz HTTP/1.1"), "200", "Content-Length: 3\r\n", "ok\n"},
		{PLAIN("HEAD /healthz HTTP/1.1"), "200", "Content-Length: 3\r\n", NULL},
		{PLAIN("GET /nothing HTTP/1.1"), "404", "text/plain", "/ws"},
		{PLAIN("HEAD /nothing HTTP/1.1"), "404", "text/plain", NULL},
		{PLAIN("GET /WS HTTP/1.1"), "404", "text/plain", "\n"},
		{PLAIN("GET /ws/ HTTP/1.1"), "404", "text/plain", "\n"},
		{PLAIN("POST /nothing HTTP/1.1"), "404", "text/plain", "\n"},
		{PLAIN("POST / HTTP/1.1"), "405", "\r\nAllow: GET, HEAD\r\n", "\n"},
		{PLAIN("DELETE /healthz HTTP/1.1"), "405", "\r\nAllow: GET, HEAD\r\n", "\n"},
		{PLAIN("POST /ws HTTP/1.1"), "405", "\r\nAllow: GET\r\n", "\n"},
		{"GET / HTTP/1.1\r\n\r\n", "400", "Connection: close\r\n", "Host"},
		{"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400", "Connection: close\r\n", "Host"},
		{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400", "Connection: close\r\n", "Host"},
		{"GET / HTTP/1.0\r\nHost: <a>\r\n\r\n", "400", "Connection: close\r\n", "Host"},
		{"GET /ws HTTP/1.1\r\n\r\n", "400", "Connection: close\r\n", "Host"},
		{PLAIN("GET /ws HTTP/1.1"), "426", "Sec-WebSocket-Version: 13\r\n", "WebSocket"},
		{PLAIN("GET /ws HTTP/1.1"), "426", "Upgrade: websocket\r\n", "WebSocket"},
		{PLAIN("GET /ws HTTP/1.1"), "426", "Connection: Upgrade, close\r\n", "WebSocket"},
		{PLAIN("GET /ws HTTP/1.0"), "505", "Connection: close\r\n", "HTTP/1.1"},
		{PLAIN("GET / HTTP/2.0"), "505", "Connection: close\r\n", "HTTP/1.1"},
		{"nonsense\r\n", "400", "Connection: close\r\n", "HTTP"},
		{"\x16\x03\x01", "400", "Connection: close\r\n", "HTTP"},
		{UPGRADE("/ws?user="), "400", "text/plain", "user"},
		{UPGRADE("/ws?user=a/b"), "400", "text/plain", "user"},
		{UPGRADE("/ws?user=%2e%2e"), "400", "text/plain", "user"},
		{UPGRADE("/ws?user=.ctl"), "400", "text/plain", "user"},
		{UPGRADE("/ws?user=a%00"), "400", "text/plain", "user"},
		{UPGRADE("/ws?user=a%"), "400", "text/plain", "user"},
		{UPGRADE("/ws?user=nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"), "400", "text/plain", "user"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		for (size_t chunk = 1; chunk < 20000; chunk += 16383) {
			struct world w;
			char line[32];

			unit_row("%s", v->request);
			world_init(&w);
			w.chunk = chunk;
			world_write(&w, v->request, strlen(v->request));
			snprintf(line, sizeof line, "http %s; end", v->status);
			world_client(&w, line);
			world_bus(&w, "READY");
			assert_non_null(strstr(w.response, v->field));
			assert_non_null(strstr(w.response, "\r\nConnection: "));
			if (v->body)
				assert_non_null(strstr(strstr(w.response, "\r\n\r\n") + 4, v->body));
			else
				assert_string_equal(strstr(w.response, "\r\n\r\n") + 4, "");
			assert_int_equal(w.s.phase, SESSION_ENDING);
			world_end(&w);
			assert_int_equal(w.s.phase, SESSION_OVER);
			world_finish(&w);
		}
	}
}

static void
the_page_comes_whole(void **state)
{
	struct world w;
	const char *body;

	(void)state;
	world_init(&w);
	world_write(&w, BYTES(PLAIN("GET / HTTP/1.1")));
	body = strstr(w.response, "\r\n\r\n") + 4;
	assert_int_equal(strlen(body), page_size);
	assert_memory_equal(body, page_data, page_size);
	world_finish(&w);
}

static void
a_head_that_is_too_large_is_431(void **state)
{
	static char head[9000];
	struct world w;

	(void)state;
	memset(head, 'x', sizeof head);
	memcpy(head, BYTES("GET / HTTP/1.1\r\nA: "));
	world_init(&w);
	world_write(&w, head, 8191);
	world_nothing(&w);
	world_write(&w, head + 8191, sizeof head - 8191);
	world_client(&w, "http 431; end");
	world_bus(&w, "READY");
	world_finish(&w);
}

static void
bytes_behind_the_head_of_an_upgrade_are_refused(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_write(&w, BYTES(OPEN "x"));
	world_client(&w, "http 400; end");
	world_bus(&w, "READY");
	world_finish(&w);
}

static void
a_head_that_does_not_come_in_time_is_408(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	assert_int_equal(session_deadline(&w.s), w.now + 10000);
	world_write(&w, BYTES("GET / HT"));
	world_pass(&w, 9999);
	world_nothing(&w);
	world_write(&w, BYTES("TP/1.1\r\n"));
	assert_int_equal(session_deadline(&w.s), w.now + 1);
	world_pass(&w, 1);
	world_client(&w, "http 408; end");
	world_bus(&w, "READY");
	world_finish(&w);
}

static void
the_end_of_the_stream_in_the_head_ends_it_without_an_answer(void **state)
{
	static const char *const parts[] = {"", "GET", "GET / HTTP/1.1\r\nHost: a\r\n"}, *const *part;

	(void)state;
	EACH(part, parts) {
		struct world w;

		unit_row("%s", *part);
		world_init(&w);
		world_write(&w, *part, strlen(*part));
		world_end(&w);
		world_client(&w, "");
		world_bus(&w, "READY");
		assert_int_equal(w.s.phase, SESSION_OVER);
		assert_non_null(w.s.reason);
		world_finish(&w);
	}
}

static void
a_request_can_name_the_user(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_write(&w, BYTES(UPGRADE("/ws?user=%61lice")));
	world_client(&w, "http 101; " WORLD_WELCOME);
	world_bus(&w, "READY; JOIN alice");
	assert_int_equal(w.s.phase, SESSION_IN);
	world_finish(&w);
}

static void
a_login_is_welcomed(void **state)
{
	struct world w;

	(void)state;
	start(&w);
	world_say(&w, LOGIN);
	world_client(&w, WORLD_WELCOME);
	world_bus(&w, "JOIN alice");
	assert_int_equal(w.s.phase, SESSION_IN);
	assert_string_equal(w.s.user.text, "alice");
	world_say(&w, LOGIN);
	world_client(&w, WORLD_WELCOME);
	world_bus(&w, "");
	world_finish(&w);
}

static void
a_connection_stays_its_first_users(void **state)
{
	struct world w;

	(void)state;
	start(&w);
	world_say(&w, LOGIN);
	world_client(&w, WORLD_WELCOME);
	world_say(&w, "{'type':'login','user':'bob','id':'l'}");
	world_client(&w, "error code=login_failed ref=l");
	assert_string_equal(w.s.user.text, "alice");
	world_bus(&w, "JOIN alice");
	world_finish(&w);
}

static void
a_bad_name_is_a_login_that_failed_and_another_may_follow(void **state)
{
	struct world w;

	(void)state;
	start(&w);
	world_say(&w, "{'type':'login','user':'a/b','id':'1'}");
	world_say(&w, "{'type':'login','id':'2'}");
	world_client(&w, "error code=login_failed ref=1; error code=bad_field ref=2");
	world_bus(&w, "");
	world_say(&w, LOGIN);
	world_client(&w, WORLD_WELCOME);
	world_finish(&w);
}

static void
the_first_message_with_a_sender_logs_in_and_is_sent(void **state)
{
	struct world w;

	(void)state;
	start(&w);
	world_say(&w, "{'type':'private_message','sender':'alice','receiver':'bob','message':'x'}");
	world_client(&w, WORLD_WELCOME);
	world_bus(&w, "JOIN alice; " MESSAGE "; alice/0 COPY alice>alice (private_message id=#1 sender=alice receiver=bob message=x)");
	world_finish(&w);
}

static void
a_message_with_a_sender_logs_nobody_in_unless_names_are_free(void **state)
{
	struct world w;

	(void)state;
	start(&w);
	w.conf.auth = CONF_TOKEN;
	world_say(&w, "{'type':'private_message','sender':'alice','receiver':'bob','message':'x','id':'1'}");
	world_client(&w, "error code=not_logged_in ref=1");
	world_bus(&w, "");
	world_finish(&w);
}

static void
before_the_login_only_a_few_types_are_allowed(void **state)
{
	static const struct {
		const char *text, *answer;
	} vectors[] = {
		{"{'type':'private_message','receiver':'bob','message':'x','id':'1'}", "error code=not_logged_in ref=1"},
		{"{'type':'read','sender':'bob','id':'01ARZ3NDEKTSV4RRFFQ69G5FAV'}", "error code=not_logged_in ref=01ARZ3NDEKTSV4RRFFQ69G5FAV"},
		{"{'type':'typing','receiver':'bob','active':true}", "error code=not_logged_in"},
		{"{'type':'who'}", "error code=not_logged_in"},
		{"{'type':'watch','users':'*'}", "error code=not_logged_in"},
		{"{'type':'unwatch','users':'*'}", "error code=not_logged_in"},
		{"{'type':'nothing'}", "error code=unknown_type"},
		{"{'type':'who'", "error code=bad_json"},
		{"{'type':'ping'}", "pong"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct world w;

		unit_row("%s", v->text);
		start(&w);
		world_say(&w, v->text);
		world_client(&w, v->answer);
		world_bus(&w, "");
		assert_int_equal(w.s.phase, SESSION_OPEN);
		world_finish(&w);
	}
}

static void
a_login_that_the_bus_refuses_ends_the_connection(void **state)
{
	static const struct {
		int error;
		const char *text, *answer;
	} vectors[] = {
		{EUSERS, LOGIN, "error code=login_failed; close 4004"},
		{EUSERS, "{'type':'login','user':'alice','id':'l'}", "error code=login_failed ref=l; close 4004"},
		{EUSERS, "{'type':'private_message','sender':'alice','receiver':'bob','message':'x','id':'m'}",
		 "error code=login_failed ref=m; close 4004"},
		{EMFILE, LOGIN, "error code=unavailable; close 1013"},
		{EACCES, "{'type':'login','user':'alice','id':'l'}", "error code=unavailable ref=l; close 1013"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct world w;

		unit_row("%s", v->text);
		start(&w);
		w.join_error = v->error;
		world_say(&w, v->text);
		world_client(&w, v->answer);
		world_bus(&w, "JOIN alice");
		world_say(&w, LOGIN);
		world_nothing(&w);
		world_finish(&w);
	}
}

static void
a_login_in_the_request_that_the_bus_refuses_ends_the_connection(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.join_error = EUSERS;
	world_write(&w, BYTES(UPGRADE("/ws?user=alice")));
	world_client(&w, "http 101; error code=login_failed; close 4004");
	world_bus(&w, "READY; JOIN alice");
	world_finish(&w);
}

static void
a_login_that_does_not_come_in_time_is_4001(void **state)
{
	struct world w;

	(void)state;
	start(&w);
	world_pass(&w, 19999);
	world_say(&w, "{'type':'ping'}");
	world_client(&w, "pong");
	world_pass(&w, 1);
	world_client(&w, "close 4001");
	world_finish(&w);
}

static void
once_logged_in_there_is_no_more_login_timeout(void **state)
{
	struct world w;

	(void)state;
	world_login(&w);
	world_pass(&w, 29999);
	world_nothing(&w);
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_upgrade_is_answered_as_rfc_6455_says),
		TEST(requests_get_their_status_whole_and_byte_by_byte),
		TEST(the_page_comes_whole),
		TEST(a_head_that_is_too_large_is_431),
		TEST(bytes_behind_the_head_of_an_upgrade_are_refused),
		TEST(a_head_that_does_not_come_in_time_is_408),
		TEST(the_end_of_the_stream_in_the_head_ends_it_without_an_answer),
		TEST(a_request_can_name_the_user),
		TEST(a_login_is_welcomed),
		TEST(a_connection_stays_its_first_users),
		TEST(a_bad_name_is_a_login_that_failed_and_another_may_follow),
		TEST(the_first_message_with_a_sender_logs_in_and_is_sent),
		TEST(a_message_with_a_sender_logs_nobody_in_unless_names_are_free),
		TEST(before_the_login_only_a_few_types_are_allowed),
		TEST(a_login_that_the_bus_refuses_ends_the_connection),
		TEST(a_login_in_the_request_that_the_bus_refuses_ends_the_connection),
		TEST(a_login_that_does_not_come_in_time_is_4001),
		TEST(once_logged_in_there_is_no_more_login_timeout),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
