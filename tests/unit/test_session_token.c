/* Who logs in by a token, and how long that holds. */
#include "session/session.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "made.h"
#include "unit.h"
#include "world.h"

#define NOW (WORLD_TIME / 1000)
#define HEAD "Host: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
#define IN "http 101; " WORLD_WELCOME
#define MESSAGE "{'type':'private_message','receiver':'bob','message':'x'}"

static struct token_secret secret, stranger;

/* A token, good from now on for so many seconds: it stays until four more were made. */
static const char *
sign(const struct token_secret *by, const char *user, int64_t ttl)
{
	static char made[5][512];
	static unsigned next;
	char *text = made[next++ % COUNT(made)];
	struct name name = made_name(user);
	struct buf out = {0};

	assert_int_equal(token_sign(&out, by, &name, NOW, ttl, ""), 0);
	assert_true(buf_len(&out) < sizeof made[0]);
	memcpy(text, buf_at(&out), buf_len(&out));
	text[buf_len(&out)] = 0;
	buf_free(&out);
	return text;
}

static const char *
token(const char *user, int64_t ttl)
{
	return sign(&secret, user, ttl);
}

/* One that somebody else signed, who says it was with our key. */
static const char *
forged(const char *user)
{
	return sign(&stranger, user, 60);
}

/* A world in which tokens are asked for, and nothing else ends a connection. */
static void
begin(struct world *w)
{
	struct token_key key = {.kid = "k"}, other;

	world_init(w);
	secret = stranger = (struct token_secret){.kid = "k"};
	crypto_sign_seed_keypair(key.public, secret.secret, (const unsigned char[crypto_sign_SEEDBYTES]){1});
	crypto_sign_seed_keypair(other.public, stranger.secret, (const unsigned char[crypto_sign_SEEDBYTES]){2});
	w->conf.auth = CONF_TOKEN;
	w->conf.keys = (struct token_keys){1, {key}};
	w->conf.head_timeout = w->conf.ping_interval = w->conf.stall_timeout = 1000000000;
}

/* Adds a text, in which $ stands for the token. */
static void
add(struct buf *to, const char *text, const char *token_text)
{
	for (; *text; text++)
		assert_int_equal(*text == '$' ? buf_add(to, token_text, strlen(token_text)) : buf_add(to, text, 1), 0);
}

/* Asks for an upgrade with that target and these fields besides. */
static void
ask(struct world *w, const char *target, const char *fields, const char *token_text)
{
	struct buf text = {0};

	add(&text, "GET ", "");
	add(&text, target, token_text);
	add(&text, " HTTP/1.1\r\n" HEAD, "");
	add(&text, fields, token_text);
	add(&text, "\r\n", "");
	world_write(w, buf_at(&text), buf_len(&text));
	buf_free(&text);
}

static void
login(struct world *w, const char *fields, const char *token_text)
{
	struct buf text = {0};

	add(&text, "{'type':'login',", "");
	add(&text, fields, token_text);
	assert_int_equal(buf_add(&text, "}", 2), 0);
	world_say(w, (const char *)buf_at(&text));
	buf_free(&text);
}

/* A world in which alice has logged in with a token of that many seconds. */
static void
begin_in(struct world *w, int64_t ttl)
{
	begin(w);
	ask(w, "/ws?token=$", "", token("alice", ttl));
	world_client(w, IN);
	world_bus(w, "READY; JOIN alice");
}

static void
a_token_logs_in_in_each_way(void **state)
{
	static const struct {
		const char *target, *fields;
		bool protocol;
	} vectors[] = {
		{"/ws", "Authorization: Bearer $\r\n", false},
		{"/ws?user=alice", "Authorization: Bearer $\r\n", false},
		{"/ws?user=%61lice&token=x", "Authorization: Bearer $\r\n", false},
		{"/ws", "Sec-WebSocket-Protocol: chat.v1, bearer.$\r\n", true},
		{"/ws", "Sec-WebSocket-Protocol: bearer.$\r\nSec-WebSocket-Protocol: chat.v1\r\n", true},
		{"/ws", "Sec-WebSocket-Protocol: bearer.$\r\n", false},
		{"/ws", "Authorization: Bearer $\r\nSec-WebSocket-Protocol: chat.v1, bearer.x\r\nCookie: chat_token=x\r\n", true},
		{"/ws?token=$", "", false},
		{"/ws?user=alice&token=$&x=y", "Sec-WebSocket-Protocol: chat.v1\r\n", true},
		{"/ws", "Origin: http://a\r\nCookie: a=b; chat_token=$\r\n", false},
		{"/ws", "Origin: https://A\r\nCookie: chat_token=$\r\n", false},
		{"/ws?token=$", "Cookie: chat_token=x\r\n", false},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct world w;

		unit_row("%s %s", v->target, v->fields);
		begin(&w);
		ask(&w, v->target, v->fields, token("alice", 60));
		world_client(&w, IN);
		world_bus(&w, "READY; JOIN alice");
		assert_int_equal(strstr(w.response, "\r\nSec-WebSocket-Protocol: chat.v1\r\n") != NULL, v->protocol);
		assert_null(strstr(w.response, "bearer"));
		world_say(&w, MESSAGE);
		world_bus(&w, "bob/0 MESSAGE #1 alice>bob (private_message id=#1 sender=alice receiver=bob message=x); "
		              "alice/0 COPY alice>alice (private_message id=#1 sender=alice receiver=bob message=x)");
		world_finish(&w);
	}
}

static void
a_request_that_brings_no_good_one_is_401_and_no_upgrade(void **state)
{
	static const char bad[] = "the token's signature is not good", none[] = "not a token", bare[] = "a token is asked for: a name alone will not do";
	static const struct {
		const char *why, *target, *fields;
		bool forged;
	} vectors[] = {
		{bare, "/ws?user=alice", "", false},
		{bare, "/ws?user=alice", "Authorization: Basic $\r\n", false},
		{bare, "/ws?user=alice", "Sec-WebSocket-Protocol: chat.v1\r\n", false},
		{bad, "/ws", "Authorization: Bearer $\r\n", true},
		{bad, "/ws", "Sec-WebSocket-Protocol: chat.v1, bearer.$\r\n", true},
		{bad, "/ws?token=$", "", true},
		{bad, "/ws", "Origin: http://a\r\nCookie: chat_token=$\r\n", true},
		{none, "/ws", "Authorization: Bearer\r\n", false},
		{none, "/ws", "Authorization: Bearer $ $\r\n", false},
		{none, "/ws", "Authorization: Bearer $\r\nAuthorization: Bearer $\r\n", false},
		{none, "/ws?token=$", "Authorization: Bearer x\r\n", false},
		{none, "/ws?token=$", "Sec-WebSocket-Protocol: bearer.x\r\n", false},
		{none, "/ws?token=", "Origin: http://a\r\nCookie: chat_token=$\r\n", false},
		{none, "/ws?token=$&user=alice", "Sec-WebSocket-Protocol: bearer., bearer.$\r\n", false},
		{"a cookie counts only where a browser says from which page it comes (Origin)", "/ws", "Cookie: chat_token=$\r\n", false},
		{"user: the token is another user's", "/ws?user=bob", "Authorization: Bearer $\r\n", false},
		{"user: the token is another user's", "/ws?user=Alice&token=$", "", false},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		char body[128];
		struct world w;

		unit_row("%s %s", v->target, v->fields);
		begin(&w);
		ask(&w, v->target, v->fields, v->forged ? forged("alice") : token("alice", 60));
		world_client(&w, "http 401; end");
		world_bus(&w, "READY");
		snprintf(body, sizeof body, "\r\n\r\n%s\n", v->why);
		assert_non_null(strstr(w.response, body));
		assert_non_null(strstr(w.response, "\r\nWWW-Authenticate: Bearer"));
		assert_string_equal(w.s.reason, v->why);
		world_finish(&w);
	}
}

static void
other_faults_come_before_the_token(void **state)
{
	static const struct {
		const char *line, *target, *fields;
	} vectors[] = {
		{"http 403; end", "/ws", "Origin: http://b\r\nCookie: chat_token=$\r\n"},
		{"http 403; end", "/ws?token=$", "Origin: http://b\r\n"},
		{"http 403; end", "/ws", "Origin: null\r\nCookie: chat_token=$\r\n"},
		{"http 403; end", "/ws", "Origin: http://a\r\nOrigin: http://a\r\nCookie: chat_token=$\r\n"},
		{"http 400; end", "/ws?user=../a&token=$", ""},
		{"http 404; end", "/w?token=$", ""},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct world w;

		unit_row("%s %s", v->target, v->fields);
		begin(&w);
		ask(&w, v->target, v->fields, token("alice", 60));
		world_client(&w, v->line);
		world_finish(&w);
	}
}

static void
a_login_brings_a_token(void **state)
{
	static const struct {
		const char *fields, *line, *bus;
		bool forged;
	} vectors[] = {
		{"'token':'$'", WORLD_WELCOME, "JOIN alice", false},
		{"'token':'$','user':'alice'", WORLD_WELCOME, "JOIN alice", false},
		{"'token':'$','user':'bob','id':'1'", "error code=login_failed ref=1; close 4000", "", false},
		{"'token':'$','id':'1'", "error code=login_failed ref=1; close 4000", "", true},
		{"'token':''", "error code=login_failed; close 4000", "", false},
		{"'token':' $'", "error code=login_failed; close 4000", "", false},
		{"'user':'alice'", "error code=login_failed; close 4000", "", false},
		{"'token':7,'user':'alice'", "error code=bad_field", "", false},
		{"'token':null", "error code=bad_field", "", false},
		{"'token':['$']", "error code=bad_field", "", false},
		{"'token':'$','user':7", "error code=bad_field", "", false},
		{"'token':'$','user':'../a'", "error code=login_failed", "", false},
		{"'x':1", "error code=bad_field", "", false},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct world w;

		unit_row("%s", v->fields);
		begin(&w);
		ask(&w, "/ws", "", "");
		world_client(&w, "http 101");
		world_bus(&w, "READY");
		login(&w, v->fields, v->forged ? forged("alice") : token("alice", 60));
		world_client(&w, v->line);
		world_bus(&w, v->bus);
		world_finish(&w);
	}
}

static void
a_connection_ends_with_its_token(void **state)
{
	struct world w;

	(void)state;
	begin_in(&w, 60);
	assert_int_equal(session_deadline(&w.s), w.now + (60 + JWT_SKEW) * 1000);
	world_pass(&w, (60 + JWT_SKEW) * 1000 - 1);
	world_say(&w, "{'type':'ping'}");
	world_client(&w, "pong");
	world_pass(&w, 1);
	world_client(&w, "close 4005");
	world_say(&w, MESSAGE);
	login(&w, "'token':'$'", token("alice", 1000));
	world_nothing(&w);
	world_frame(&w, 0x88, "\x0f\xa5", 2);
	world_client(&w, "end");
	assert_string_equal(w.s.reason, "the token has ended");
	world_finish(&w);
}

/* The second in which it ends has begun when it logs in: it has what is left of that. */
static void
the_end_is_right_to_the_millisecond(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.now += 88500;
	ask(&w, "/ws?token=$", "", token("alice", 60));
	world_client(&w, IN);
	world_bus(&w, "READY; JOIN alice");
	assert_int_equal(session_deadline(&w.s), w.now + 1500);
	world_pass(&w, 1499);
	world_nothing(&w);
	world_pass(&w, 1);
	world_client(&w, "close 4005");
	world_finish(&w);

	begin(&w);
	w.now += 90000;
	ask(&w, "/ws?token=$", "", token("alice", 60));
	world_client(&w, "http 401; end");
	world_finish(&w);
}

static void
a_fresh_token_goes_on_without_a_gap(void **state)
{
	struct world w;

	(void)state;
	begin_in(&w, 60);
	for (int i = 1; i <= 3; i++) {
		world_pass(&w, 60000);
		login(&w, "'token':'$','user':'alice'", token("alice", 60 + 60 * i));
		world_client(&w, WORLD_WELCOME);
		world_bus(&w, "");
	}
	world_pass(&w, 89999);
	world_message(&w, "bob", 7, "", "x");
	world_client(&w, "private_message id=#1 sender=bob receiver=alice message=x; ping 00000001");
	world_pass(&w, 1);
	world_client(&w, "close 4005");
	world_finish(&w);
}

static void
of_several_tokens_the_last_end_counts(void **state)
{
	struct world w;

	(void)state;
	begin_in(&w, 600);
	login(&w, "'token':'$'", token("alice", 60));
	world_client(&w, WORLD_WELCOME);
	world_pass(&w, 629999);
	world_nothing(&w);
	world_pass(&w, 1);
	world_client(&w, "close 4005");
	world_finish(&w);
}

static void
who_is_in_stays_in_whatever_a_later_login_says(void **state)
{
	static const char *const logins[] = {"'token':'$'", "'token':'x'", "'user':'alice'", "'user':'bob'", "'token':'$','user':'alice'"}, *const *say;
	struct world w;

	(void)state;
	begin_in(&w, 60);
	EACH(say, logins) {
		unit_row("%s", *say);
		login(&w, *say, token("bob", 600));
		world_client(&w, "error code=login_failed");
		login(&w, *say, forged("alice"));
		world_client(&w, "error code=login_failed");
	}
	world_say(&w, "{'type':'private_message','receiver':'bob','message':'x','sender':'bob'}");
	world_client(&w, "error code=forged_sender");
	world_bus(&w, "");
	world_pass(&w, 90000);
	world_client(&w, "close 4005");
	world_finish(&w);
}

/* What was written comes before the close frame, and of nothing the sender is told that it was read. */
static void
messages_that_wait_when_the_token_ends_are_not_said_to_be_delivered(void **state)
{
	struct world w;

	(void)state;
	begin_in(&w, 60);
	w.stalled = true;
	world_message(&w, "bob", 7, "1", "one");
	world_message(&w, "bob", 7, "2", "two");
	world_pass(&w, 90000);
	assert_int_equal(w.s.phase, SESSION_CLOSING);
	world_message(&w, "bob", 7, "3", "three");
	world_bus(&w, "bob/7 REFUSED receiver_offline #1 alice>bob");
	world_read(&w);
	world_client(&w, "private_message id=#2 sender=bob receiver=alice message=one; ping 00000001; "
	                 "private_message id=#3 sender=bob receiver=alice message=two; ping 00000002; close 4005");
	world_bus(&w, "");
	world_finish(&w);
}

static void
in_open_mode_nobody_looks_at_tokens(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.conf.auth = CONF_OPEN;
	ask(&w, "/ws?token=x", "Authorization: Bearer x\r\nSec-WebSocket-Protocol: chat.v1, bearer.x\r\nCookie: chat_token=x\r\n", "");
	world_client(&w, "http 101");
	assert_non_null(strstr(w.response, "\r\nSec-WebSocket-Protocol: chat.v1\r\n"));
	login(&w, "'token':'$'", token("alice", 60));
	world_client(&w, "error code=bad_field");
	login(&w, "'token':'x','user':'alice'", "");
	world_client(&w, WORLD_WELCOME);
	world_bus(&w, "READY; JOIN alice");
	world_pass(&w, 1000000);
	world_nothing(&w);
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_token_logs_in_in_each_way),
		TEST(a_request_that_brings_no_good_one_is_401_and_no_upgrade),
		TEST(other_faults_come_before_the_token),
		TEST(a_login_brings_a_token),
		TEST(a_connection_ends_with_its_token),
		TEST(the_end_is_right_to_the_millisecond),
		TEST(a_fresh_token_goes_on_without_a_gap),
		TEST(of_several_tokens_the_last_end_counts),
		TEST(who_is_in_stays_in_whatever_a_later_login_says),
		TEST(messages_that_wait_when_the_token_ends_are_not_said_to_be_delivered),
		TEST(in_open_mode_nobody_looks_at_tokens),
	};

	return sodium_init() < 0 || cmocka_run_group_tests_name("session token", tests, NULL, NULL);
}
