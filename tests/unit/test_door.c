/* Who may come in at all: by the function, and by what a session makes of it. */
#include "session/door.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "world.h"

#define UPGRADE "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
#define LOCAL "Host: localhost:8080\r\n"

static const struct peer here = {.address = "127.0.0.1", .local = true}, there = {.address = "192.0.2.1"};

static int
check(const struct conf *conf, struct peer *peer, const char *fields, const char **why)
{
	char request[1024];
	struct http_head head;
	int n = snprintf(request, sizeof request, UPGRADE "%s\r\n", fields);

	*why = "";
	assert_int_equal(http_request(&head, request, (size_t)n), n);
	return door_check(conf, peer, &head, &(bool){false}, why);
}

static void
open_mode_is_for_this_machine(void **state)
{
	static const struct {
		const struct peer *peer;
		const char *fields, *why; /* NULL: may come in */
	} vectors[] = {
		{&here, LOCAL, NULL},
		{&here, "Host: 127.0.0.1:8080\r\n", NULL},
		{&here, "Host: [::1]\r\n", NULL},
		{&here, "Host: chat.localhost\r\n", NULL},
		{&here, LOCAL "Origin: http://localhost:8080\r\n", NULL},
		{&there, LOCAL, "clients on this machine"},
		{&here, "Host: rebound.example:8080\r\n", "http://localhost"},
		{&here, "Host: rebound.example:8080\r\nOrigin: http://rebound.example:8080\r\n", "http://localhost"},
		{&here, "Host: 192.0.2.1:8080\r\n", "http://localhost"},
		{&here, "Host: local(host\r\n", "http://localhost"},
		{&here, LOCAL "Forwarded: for=127.0.0.1\r\n", "proxy"},
		{&here, LOCAL "X-Forwarded-For: 127.0.0.1\r\n", "proxy"},
		{&here, LOCAL "X-Forwarded-Host: localhost\r\n", "proxy"},
		{&here, LOCAL "X-Forwarded-Proto: http\r\n", "proxy"},
		{&here, LOCAL "X-Real-IP: 127.0.0.1\r\n", "proxy"},
		{&here, LOCAL "Via: 1.1 somebody\r\n", "proxy"},
		{&here, LOCAL "Origin: http://evil.example\r\n", "Origin"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		for (int trust = 0; trust < 2; trust++) {
			struct conf conf = {.auth = CONF_OPEN, .trust_proxy = trust};
			struct peer peer = *v->peer;
			const char *why;

			unit_row("%s from %s", v->fields, v->peer->address);
			assert_int_equal(check(&conf, &peer, v->fields, &why), v->why ? 403 : 101);
			assert_non_null(strstr(why, v->why ? v->why : ""));
			conf.open_to_all = true;
			peer = *v->peer;
			assert_int_equal(check(&conf, &peer, v->fields, &why), v->why && strcmp(v->why, "Origin") == 0 ? 403 : 101);
		}
	}
}

static void
who_has_to_say_who_they_are_may_come_from_anywhere(void **state)
{
	static const enum conf_auth auths[] = {CONF_TOKEN, CONF_PASSWORD};

	(void)state;
	for (size_t i = 0; i < COUNT(auths); i++) {
		struct conf conf = {.auth = auths[i]};
		struct peer peer = there;
		const char *why;

		assert_int_equal(check(&conf, &peer, "Host: chat.example\r\nX-Forwarded-For: 192.0.2.7\r\n", &why), 101);
		assert_int_equal(check(&conf, &peer, "Host: chat.example\r\nOrigin: https://evil.example\r\n", &why), 403);
	}
}

static void
pages_of_this_host_and_of_those_listed_may_connect(void **state)
{
	static const struct {
		const char *fields;
		int status;
	} vectors[] = {
		{"Host: a\r\n", 101},
		{"Host: a\r\nOrigin: http://a\r\n", 101},
		{"Host: a\r\nOrigin: https://a\r\n", 101},
		{"Host: a\r\nOrigin: https://listed.example\r\n", 101},
		{"Host: a\r\nOrigin: http://listed.example\r\n", 403},
		{"Host: a\r\nOrigin: https://listed.example:8443\r\n", 403},
		{"Host: a\r\nOrigin: https://b\r\n", 403},
		{"Host: a\r\nOrigin: null\r\n", 403},
		{"Host: a\r\nOrigin:\r\n", 403},
		{"Host: a\r\nOrigin: http://a http://b\r\n", 403},
		{"Host: a\r\nOrigin: http://a\r\nOrigin: http://a\r\n", 403},
		{"Host: a\r\nOrigin: https://listed.example\r\nOrigin: https://listed.example\r\n", 403},
		/* The proxy, which is trusted, says that it speaks TLS: a page that came without may be anybody's. */
		{"Host: a\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\nOrigin: https://a\r\n", 101},
		{"Host: a\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\nOrigin: http://a\r\n", 403},
		{"Host: a\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: http\r\nOrigin: https://a\r\n", 101},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct conf conf = {.auth = CONF_OPEN, .open_to_all = true, .trust_proxy = true, .origins = "https://listed.example"};
		struct peer peer = here;
		const char *why;

		unit_row("%s", v->fields);
		assert_int_equal(check(&conf, &peer, v->fields, &why), v->status);
		if (v->status == 403)
			assert_non_null(strstr(why, "CHAT_ORIGINS"));
	}
}

static void
the_address_is_the_proxys_client_if_the_proxy_is_trusted(void **state)
{
	static const struct {
		const struct peer *peer;
		bool trust;
		const char *fields, *address;
		int status;
	} vectors[] = {
		{&here, false, "X-Forwarded-For: 192.0.2.7\r\n", "127.0.0.1", 101},
		{&here, false, "X-Forwarded-For: rubbish\r\n", "127.0.0.1", 101},
		{&here, true, "", "127.0.0.1", 101},
		{&here, true, "X-Forwarded-For: 192.0.2.7\r\n", "192.0.2.7", 101},
		{&here, true, "X-Forwarded-For: 1.2.3.4, 192.0.2.7\r\n", "192.0.2.7", 101},
		{&here, true, "Forwarded: for=\"[2001:db8::7]\"\r\n", "2001:db8::7", 101},
		{&here, true, "Forwarded: for=unknown\r\n", "", 101},
		{&here, true, "X-Forwarded-For: rubbish\r\n", "127.0.0.1", 400},
		{&here, true, "Forwarded: for=1.2.3.4\r\nX-Forwarded-For: 192.0.2.7\r\n", "127.0.0.1", 400},
		{&there, true, "X-Forwarded-For: 192.0.2.7\r\n", "192.0.2.1", 101},
		{&there, true, "X-Forwarded-For: rubbish\r\n", "192.0.2.1", 101},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct conf conf = {.auth = CONF_OPEN, .open_to_all = true, .trust_proxy = v->trust};
		struct peer peer = *v->peer;
		char fields[256];
		const char *why;

		unit_row("%s from %s", v->fields, v->peer->address);
		snprintf(fields, sizeof fields, "Host: chat.example\r\n%s", v->fields);
		assert_int_equal(check(&conf, &peer, fields, &why), v->status);
		assert_string_equal(peer.address, v->address);
	}
}

static void
a_session_lets_in_or_refuses_and_shows_the_rest(void **state)
{
	static const struct {
		const char *request;
		bool local;
		const char *client, *body;
	} vectors[] = {
		{UPGRADE LOCAL "\r\n", true, "http 101", ""},
		{UPGRADE LOCAL "\r\n", false, "http 403; end", "CHAT_OPEN_TO_ALL=yes"},
		{"GET /ws HTTP/1.1\r\n" LOCAL "\r\n", false, "http 403; end", "CHAT_OPEN_TO_ALL=yes"},
		{"GET /ws HTTP/1.1\r\n" LOCAL "\r\n", true, "http 426; end", ""},
		{UPGRADE "\r\n", false, "http 400; end", "Host"},
		{"GET / HTTP/1.1\r\n" LOCAL "\r\n", false, "http 200; end", "<!doctype html>"},
		{"GET /healthz HTTP/1.1\r\nHost: a\r\nVia: x\r\n\r\n", false, "http 200; end", "ok"},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct world w;

		unit_row("%s", v->request);
		world_init(&w);
		w.conf.open_to_all = false;
		w.s.peer.local = v->local;
		world_write(&w, v->request, strlen(v->request));
		world_client(&w, v->client);
		world_bus(&w, "READY");
		assert_non_null(strstr(w.response, v->body));
		world_finish(&w);
	}
}

static void
operators_are_told_the_proxys_client(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.conf.trust_proxy = true;
	w.s.peer = here;
	world_write(&w, BYTES(UPGRADE "Host: a\r\nX-Forwarded-For: 1.2.3.4, 192.0.2.7\r\n\r\n"));
	assert_string_equal(w.s.peer.address, "192.0.2.7");
	world_finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(open_mode_is_for_this_machine),
		TEST(who_has_to_say_who_they_are_may_come_from_anywhere),
		TEST(pages_of_this_host_and_of_those_listed_may_connect),
		TEST(the_address_is_the_proxys_client_if_the_proxy_is_trusted),
		TEST(a_session_lets_in_or_refuses_and_shows_the_rest),
		TEST(operators_are_told_the_proxys_client),
	};

	return cmocka_run_group_tests_name("door", tests, NULL, NULL);
}
