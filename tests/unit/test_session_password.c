/* Logging in with a password, by message and over HTTP, and what chat-auth may say to it. */
#include "session/session.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "sys/token.h"
#include "unit.h"
#include "world.h"

#define UPGRADE "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
#define POST(length, type, body) "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: " length "\r\nContent-Type: " type "\r\n\r\n" body
#define JSON_BODY "{\"user\":\"alice\",\"password\":\"correct\"}"
#define JSON_POST POST("37", "application/json", JSON_BODY)
#define FORM_BODY "user=alice&password=a+b%2Bc"
#define LOGIN "{'type':'login','user':'alice','password':'correct','id':'r'}"
#define NOW 1700000000
#define FAILED "{\"error\":\"login_failed\",\"wait\":0}\n"
#define SLOW "{\"error\":\"slow_down\",\"wait\":7}\n"

static struct token_secret secret;

static void
begin(struct world *w)
{
	uint8_t public[TOKEN_PUBLIC_SIZE];

	world_init(w);
	w->conf.auth = CONF_PASSWORD;
	crypto_sign_keypair(public, secret.secret);
	strcpy(secret.kid, "k");
	w->conf.keys.count = 1;
	strcpy(w->conf.keys.keys[0].kid, "k");
	memcpy(w->conf.keys.keys[0].public, public, sizeof public);
}

static void
open_it(struct world *w)
{
	begin(w);
	world_write(w, UPGRADE, sizeof UPGRADE - 1);
	world_client(w, "http 101");
	world_bus(w, "READY");
}

static void
answer(struct world *w, const char *text)
{
	session_answered(&w->s, text, text ? strlen(text) : 0);
	world_settle(w);
}

static void
answer_token(struct world *w, const char *user, int64_t ttl)
{
	struct name name = made_name(user);
	struct buf token = {0};
	char text[2048];

	assert_int_equal(token_sign(&token, &secret, &name, NOW, ttl, ""), 0);
	snprintf(text, sizeof text, "{\"token\":\"%.*s\"}\n", (int)buf_len(&token), (char *)buf_at(&token));
	buf_free(&token);
	answer(w, text);
}

/* What chat-auth is asked; then it is on its way. */
static void
asked(struct world *w, const char *text)
{
	struct buf *request = &w->s.password.request;

	world_bus(w, "ASK_AUTH");
	assert_int_equal(buf_len(request), strlen(text));
	assert_memory_equal(buf_at(request), text, strlen(text));
	buf_free(request);
	assert_true(password_is_asked(&w->s));
}

#define ASKED "{\"user\":\"alice\",\"address\":\"192.0.2.1:5\",\"password\":\"correct\"}\n"

static void
a_login_is_asked_about_and_then_welcome(void **state)
{
	struct world w;

	(void)state;
	open_it(&w);
	world_say(&w, LOGIN);
	asked(&w, ASKED);
	world_client(&w, "");
	answer_token(&w, "alice", 3600);
	world_bus(&w, "JOIN alice");
	world_client(&w, WORLD_WELCOME);
	assert_int_equal(w.s.ends_at, w.now + (3600 + JWT_SKEW) * 1000);
	world_finish(&w);
}

static void
what_chat_auth_says_the_client_hears(void **state)
{
	static const struct {
		const char *answer, *code;
	} vectors[] = {
		{FAILED, "login_failed"}, {SLOW, "slow_down"}, {"{\"error\":\"unavailable\",\"wait\":0}\n", "unavailable"},
		{NULL, "unavailable"}, {"", "unavailable"}, {"{}\n", "unavailable"}, {"{\"error\":\"bored\"}\n", "unavailable"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		char line[64];
		struct world w;

		unit_row("%s", v->answer ? v->answer : "nothing");
		open_it(&w);
		world_say(&w, LOGIN);
		asked(&w, ASKED);
		answer(&w, v->answer);
		snprintf(line, sizeof line, "error code=%s ref=r", v->code);
		world_client(&w, line);
		world_bus(&w, "");
		world_say(&w, LOGIN); /* and may try again */
		asked(&w, ASKED);
		answer_token(&w, "alice", 3600);
		world_client(&w, WORLD_WELCOME);
		world_finish(&w);
	}
}

static void
a_token_that_is_not_good_here_is_a_failed_login(void **state)
{
	struct world w;

	(void)state;
	open_it(&w);
	world_say(&w, LOGIN);
	asked(&w, ASKED);
	answer_token(&w, "bob", 3600);
	world_client(&w, "error code=login_failed ref=r; close 4000");
	world_finish(&w);
	open_it(&w);
	world_say(&w, LOGIN);
	asked(&w, ASKED);
	answer_token(&w, "alice", -3600);
	world_client(&w, "error code=login_failed ref=r; close 4000");
	world_finish(&w);
}

static void
the_client_is_not_listened_to_until_the_answer(void **state)
{
	struct world w;

	(void)state;
	open_it(&w);
	world_say(&w, LOGIN);
	asked(&w, ASKED);
	world_say(&w, "{'type':'ping'}");
	world_say(&w, LOGIN);
	world_nothing(&w);
	assert_false(session_wants_input(&w.s));
	answer(&w, FAILED);
	world_client(&w, "error code=login_failed ref=r; pong");
	asked(&w, ASKED);
	answer(&w, FAILED);
	world_client(&w, "error code=login_failed ref=r");
	w.held = true; /* all of it is there in one read */
	world_say(&w, LOGIN);
	world_say(&w, "{'type':'ping'}");
	world_say(&w, LOGIN);
	w.held = false;
	world_settle(&w);
	asked(&w, ASKED);
	world_client(&w, "");
	answer(&w, FAILED);
	world_client(&w, "error code=login_failed ref=r; pong");
	asked(&w, ASKED);
	world_finish(&w);
}

static void
an_answer_to_nothing_is_nothing(void **state)
{
	struct world w;

	(void)state;
	open_it(&w);
	answer(&w, FAILED);
	answer_token(&w, "alice", 3600);
	world_nothing(&w);
	world_finish(&w);
}

static void
without_an_answer_for_ten_seconds_it_is_unavailable(void **state)
{
	struct world w;

	(void)state;
	open_it(&w);
	world_say(&w, LOGIN);
	asked(&w, ASKED);
	world_pass(&w, PASSWORD_ANSWER_MS - 1);
	world_nothing(&w);
	world_pass(&w, 1);
	world_client(&w, "error code=unavailable ref=r");
	assert_false(password_is_asked(&w.s));
	answer_token(&w, "alice", 3600); /* too late */
	world_nothing(&w);
	world_finish(&w);
}

static void
an_answer_after_the_end_changes_nothing(void **state)
{
	struct world w;

	(void)state;
	open_it(&w);
	world_say(&w, LOGIN);
	asked(&w, ASKED);
	session_term(&w.s);
	world_settle(&w);
	world_client(&w, "close 1001");
	answer_token(&w, "alice", 3600);
	world_nothing(&w);
	world_finish(&w);
}

static void
who_is_in_may_get_a_fresh_token_and_no_other_user(void **state)
{
	struct world w;

	(void)state;
	open_it(&w);
	world_say(&w, LOGIN);
	asked(&w, ASKED);
	answer_token(&w, "alice", 100);
	world_client(&w, WORLD_WELCOME);
	world_bus(&w, "JOIN alice");
	world_say(&w, LOGIN);
	asked(&w, ASKED);
	answer_token(&w, "alice", 3600);
	world_client(&w, WORLD_WELCOME);
	assert_int_equal(w.s.ends_at, w.now + (3600 + JWT_SKEW) * 1000);
	world_say(&w, "{'type':'login','user':'bob','password':'x'}");
	world_client(&w, "error code=login_failed");
	world_bus(&w, "");
	world_say(&w, LOGIN);
	asked(&w, ASKED);
	answer(&w, FAILED);
	world_client(&w, "error code=login_failed ref=r");
	world_finish(&w);
}

static void
in_other_modes_a_password_is_not_asked_about(void **state)
{
	struct world w;

	(void)state;
	open_it(&w);
	w.conf.auth = CONF_OPEN;
	world_say(&w, LOGIN);
	world_client(&w, WORLD_WELCOME);
	world_bus(&w, "JOIN alice");
	world_finish(&w);
	open_it(&w);
	w.conf.auth = CONF_TOKEN;
	world_say(&w, LOGIN);
	world_client(&w, "error code=login_failed ref=r; close 4000");
	world_bus(&w, "");
	world_finish(&w);
}

/* Over HTTP. */

static void
a_post_gets_its_cookie(void **state)
{
	static const struct {
		bool secure;
		const char *end;
	} vectors[] = {{false, "; Path=/; HttpOnly; SameSite=Strict; Max-Age=3600\r\n"},
	               {true, "; Path=/; HttpOnly; SameSite=Strict; Max-Age=3600; Secure\r\n"}}, *v;

	(void)state;
	EACH(v, vectors) {
		char post[1024];
		struct world w;
		int n;

		begin(&w);
		w.s.peer.local = w.conf.trust_proxy = true;
		n = snprintf(post, sizeof post, "POST /login HTTP/1.1\r\n%s%s", v->secure ? "X-Forwarded-Proto: https\r\n" : "", strchr(JSON_POST, '\n') + 1);
		world_write(&w, post, (size_t)n);
		asked(&w, ASKED);
		world_client(&w, "");
		answer_token(&w, "alice", 3600);
		world_client(&w, "http 200; end");
		world_bus(&w, "READY");
		assert_non_null(strstr(w.response, "\r\nSet-Cookie: chat_token=ey"));
		assert_non_null(strstr(w.response, v->end));
		assert_non_null(strstr(w.response, "{\"user\":\"alice\",\"until\":\"2023-11-14T23:13:20.000Z\"}"));
		world_finish(&w);
	}
}

static void
a_post_is_read_whole_byte_by_byte_and_cut_everywhere(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < sizeof JSON_POST; cut++) {
		struct world w;

		unit_row("cut at %zu", cut);
		begin(&w);
		if (cut == 0)
			w.chunk = 1;
		world_write(&w, JSON_POST, cut);
		world_nothing(&w);
		world_write(&w, JSON_POST + cut, sizeof JSON_POST - 1 - cut);
		asked(&w, ASKED);
		answer(&w, FAILED);
		world_client(&w, "http 401; end");
		world_finish(&w);
		if (cut + 2 == sizeof JSON_POST)
			break; /* whole is no cut */
	}
	unit_rows_done();
}

static void
a_form_is_a_login_too(void **state)
{
	static const char post[] = POST("27", "application/x-www-form-urlencoded; charset=utf-8", FORM_BODY);
	struct world w;

	(void)state;
	begin(&w);
	world_write(&w, post, sizeof post - 1);
	asked(&w, "{\"user\":\"alice\",\"address\":\"192.0.2.1:5\",\"password\":\"a b+c\"}\n");
	world_finish(&w);
}

static void
what_chat_auth_says_becomes_a_status(void **state)
{
	static const struct {
		const char *answer, *line, *field;
	} vectors[] = {
		{FAILED, "http 401; end", "\r\nWWW-Authenticate: Bearer"}, {SLOW, "http 429; end", "\r\nRetry-After: 7\r\n"},
		{NULL, "http 503; end", ""}, {"{}", "http 503; end", ""}, {"{\"token\":\"a.b.c\"}", "http 503; end", ""},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct world w;

		unit_row("%s", v->line);
		begin(&w);
		world_write(&w, JSON_POST, sizeof JSON_POST - 1);
		asked(&w, ASKED);
		answer(&w, v->answer);
		world_client(&w, v->line);
		world_bus(&w, "READY");
		assert_non_null(strstr(w.response, v->field));
		assert_null(strstr(w.response, "Set-Cookie"));
		world_finish(&w);
	}
}

static void
while_a_post_is_asked_about_the_heads_time_is_over_and_the_answers_counts(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.conf.head_timeout = 1000;
	world_write(&w, JSON_POST, sizeof JSON_POST - 1);
	asked(&w, ASKED);
	world_pass(&w, PASSWORD_ANSWER_MS - 1);
	world_client(&w, "");
	assert_false(session_wants_input(&w.s));
	world_pass(&w, 1);
	world_client(&w, "http 503; end");
	world_finish(&w);
}

static void
get_login_says_how_and_as_whom(void **state)
{
	static const struct {
		const char *user; /* NULL: no cookie */
		int64_t ttl;
		enum conf_auth auth;
		const char *end;
	} vectors[] = {
		{NULL, 0, CONF_OPEN, "\r\n\r\nopen\n"}, {NULL, 0, CONF_TOKEN, "\r\n\r\ntoken\n"}, {NULL, 0, CONF_PASSWORD, "\r\n\r\npassword\n"},
		{"alice", 3600, CONF_PASSWORD, "\r\n\r\npassword alice\n"}, {"alice", 3600, CONF_TOKEN, "\r\n\r\ntoken alice\n"},
		{"alice", -3600, CONF_PASSWORD, "\r\n\r\npassword\n"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct buf token = {0};
		char request[2048] = "GET /login HTTP/1.1\r\nHost: a\r\n";
		struct world w;
		size_t len;

		unit_row("%s", v->end);
		begin(&w);
		w.conf.auth = v->auth;
		if (v->user) {
			struct name name = made_name(v->user);

			assert_int_equal(token_sign(&token, &secret, &name, NOW, v->ttl, ""), 0);
			len = strlen(request);
			snprintf(request + len, sizeof request - len, "Cookie: chat_token=%.*s\r\n", (int)buf_len(&token), (char *)buf_at(&token));
			buf_free(&token);
		}
		strcat(request, "\r\n");
		world_write(&w, request, strlen(request));
		world_client(&w, "http 200; end");
		len = strlen(w.response);
		assert_true(len > strlen(v->end));
		assert_string_equal(w.response + len - strlen(v->end), v->end);
		world_finish(&w);
	}
}

static void
the_service_may_stop_meanwhile(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	world_write(&w, JSON_POST, sizeof JSON_POST - 1);
	asked(&w, ASKED);
	session_term(&w.s);
	world_settle(&w);
	world_client(&w, "http 503; end");
	answer_token(&w, "alice", 3600);
	world_client(&w, "");
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_login_is_asked_about_and_then_welcome),
		TEST(what_chat_auth_says_the_client_hears),
		TEST(a_token_that_is_not_good_here_is_a_failed_login),
		TEST(the_client_is_not_listened_to_until_the_answer),
		TEST(an_answer_to_nothing_is_nothing),
		TEST(without_an_answer_for_ten_seconds_it_is_unavailable),
		TEST(an_answer_after_the_end_changes_nothing),
		TEST(who_is_in_may_get_a_fresh_token_and_no_other_user),
		TEST(in_other_modes_a_password_is_not_asked_about),
		TEST(a_post_gets_its_cookie),
		TEST(a_post_is_read_whole_byte_by_byte_and_cut_everywhere),
		TEST(a_form_is_a_login_too),
		TEST(what_chat_auth_says_becomes_a_status),
		TEST(while_a_post_is_asked_about_the_heads_time_is_over_and_the_answers_counts),
		TEST(get_login_says_how_and_as_whom),
		TEST(the_service_may_stop_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
