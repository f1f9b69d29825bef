#include "ws/handshake.h"

#include <string.h>

#include "guard.h"
#include "unit.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define GET "GET /ws HTTP/1.1\r\n"
#define HOST "Host: example.com\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define WITH_KEY "Sec-WebSocket-Key: " KEY "\r\n"
#define VERSION_13 "Sec-WebSocket-Version: 13\r\n"
#define END "\r\n"

static void
parse(struct http_head *head, const char *request)
{
	size_t len = strlen(request);

	assert_int_equal(http_request(head, guard_put(0, request, len), len), len);
}

static void
the_accept_is_that_of_rfc_6455(void **state)
{
	static const struct {
		const char *key, *accept;
	} vectors[] = {
		{KEY, ACCEPT},
		{"x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="},
		{"AQIDBAUGBwgJCgsMDQ4PEC==", "OfS0wDaT5NoxF2gqm7Zj2YtetzM="},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		char accept[HANDSHAKE_ACCEPT_SIZE + 1];

		unit_row("%s", v->key);
		handshake_accept(guard_put(0, v->key, HANDSHAKE_KEY_SIZE), accept);
		assert_string_equal(accept, v->accept);
	}
}

static void
a_good_opening_handshake_may_be_written_in_many_ways(void **state)
{
	static const char *const vectors[] = {
		GET HOST UPGRADE CONNECTION WITH_KEY VERSION_13 END,
		"\r\n" GET HOST UPGRADE CONNECTION WITH_KEY VERSION_13 END,
		GET VERSION_13 WITH_KEY CONNECTION UPGRADE HOST END,
		GET "HOST: a\r\nUPGRADE: WEBSOCKET\r\nCONNECTION: UPGRADE\r\nSEC-WEBSOCKET-KEY: " KEY "\r\nSEC-WEBSOCKET-VERSION: 13\r\n" END,
		GET "host:a\r\nupgrade:websocket\r\nconnection:upgrade\r\nsec-websocket-key:" KEY "\r\nsec-websocket-version:13\r\n" END,
		GET HOST "Upgrade: WebSocket\r\n" CONNECTION WITH_KEY VERSION_13 END,
		GET HOST "Upgrade: h2c, websocket\r\n" CONNECTION WITH_KEY VERSION_13 END,
		GET HOST UPGRADE "Connection: keep-alive, Upgrade\r\n" WITH_KEY VERSION_13 END,
		GET HOST UPGRADE "Connection: ,upgrade\t,keep-alive\r\n" WITH_KEY VERSION_13 END,
		GET HOST UPGRADE CONNECTION "Sec-WebSocket-Key: \t" KEY " \r\n" VERSION_13 END,
		GET HOST UPGRADE CONNECTION WITH_KEY VERSION_13 "Content-Length: 0\r\n" END,
		GET HOST UPGRADE CONNECTION WITH_KEY VERSION_13 "Sec-WebSocket-Protocol: chat, superchat\r\n"
		    "Sec-WebSocket-Extensions: permessage-deflate\r\nOrigin: http://example.com\r\n" END,
		"GET /ws?user=a HTTP/1.2\r\n" HOST UPGRADE CONNECTION WITH_KEY VERSION_13 END,
	}, *const *v;

	(void)state;
	EACH(v, vectors) {
		struct http_head head;
		const char *why = NULL;

		unit_row("%s", *v);
		parse(&head, *v);
		assert_int_equal(handshake_check(&head, &why), 101);
	}
}

static void
what_is_missing_doubled_or_wrong_is_refused_with_its_status(void **state)
{
	static const struct {
		int status;
		const char *request;
	} vectors[] = {
		{405, "POST /ws HTTP/1.1\r\n" HOST UPGRADE CONNECTION WITH_KEY VERSION_13 END},
		{405, "HEAD /ws HTTP/1.1\r\n" HOST UPGRADE CONNECTION WITH_KEY VERSION_13 END},
		{405, "get /ws HTTP/1.1\r\n" HOST UPGRADE CONNECTION WITH_KEY VERSION_13 END},
		{405, "CONNECT /ws HTTP/1.0\r\n" END},
		{505, "GET /ws HTTP/1.0\r\n" HOST UPGRADE CONNECTION WITH_KEY VERSION_13 END},
		{400, GET UPGRADE CONNECTION WITH_KEY VERSION_13 END},
		{400, GET "Host:\r\n" UPGRADE CONNECTION WITH_KEY VERSION_13 END},
		{400, GET "Host: a b\r\n" UPGRADE CONNECTION WITH_KEY VERSION_13 END},
		{400, GET "Host: a/b\r\n" UPGRADE CONNECTION WITH_KEY VERSION_13 END},
		{400, GET "Host: user@a\r\n" UPGRADE CONNECTION WITH_KEY VERSION_13 END},
		{400, GET HOST HOST UPGRADE CONNECTION WITH_KEY VERSION_13 END},
		{400, GET HOST CONNECTION WITH_KEY VERSION_13 END},
		{400, GET HOST UPGRADE UPGRADE CONNECTION WITH_KEY VERSION_13 END},
		{400, GET HOST "Upgrade: h2c\r\n" CONNECTION WITH_KEY VERSION_13 END},
		{400, GET HOST "Upgrade: websocket/13\r\n" CONNECTION WITH_KEY VERSION_13 END},
		{400, GET HOST "Upgrade: web socket\r\n" CONNECTION WITH_KEY VERSION_13 END},
		{400, GET HOST "Upgrade:\r\n" CONNECTION WITH_KEY VERSION_13 END},
		{400, GET HOST UPGRADE WITH_KEY VERSION_13 END},
		{400, GET HOST UPGRADE CONNECTION CONNECTION WITH_KEY VERSION_13 END},
		{400, GET HOST UPGRADE "Connection: keep-alive\r\n" CONNECTION WITH_KEY VERSION_13 END},
		{400, GET HOST UPGRADE "Connection: keep-alive\r\n" WITH_KEY VERSION_13 END},
		{400, GET HOST UPGRADE "Connection: Upgraded\r\n" WITH_KEY VERSION_13 END},
		{400, GET HOST UPGRADE CONNECTION VERSION_13 END},
		{400, GET HOST UPGRADE CONNECTION WITH_KEY WITH_KEY VERSION_13 END},
		{400, GET HOST UPGRADE CONNECTION "Sec-WebSocket-Key:\r\n" VERSION_13 END},
		{400, GET HOST UPGRADE CONNECTION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n" VERSION_13 END},
		{400, GET HOST UPGRADE CONNECTION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n" VERSION_13 END},
		{400, GET HOST UPGRADE CONNECTION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWU=\r\n" VERSION_13 END},
		{400, GET HOST UPGRADE CONNECTION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n" VERSION_13 END},
		{400, GET HOST UPGRADE CONNECTION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==AAAA\r\n" VERSION_13 END},
		{400, GET HOST UPGRADE CONNECTION "Sec-WebSocket-Key: dGhlIHNhbXBs-SBub25jZQ==\r\n" VERSION_13 END},
		{400, GET HOST UPGRADE CONNECTION "Sec-WebSocket-Key: " KEY ", " KEY "\r\n" VERSION_13 END},
		{426, GET HOST UPGRADE CONNECTION WITH_KEY END},
		{426, GET HOST UPGRADE CONNECTION WITH_KEY "Sec-WebSocket-Version:\r\n" END},
		{426, GET HOST UPGRADE CONNECTION WITH_KEY "Sec-WebSocket-Version: 8\r\n" END},
		{426, GET HOST UPGRADE CONNECTION WITH_KEY "Sec-WebSocket-Version: 14\r\n" END},
		{426, GET HOST UPGRADE CONNECTION WITH_KEY "Sec-WebSocket-Version: 013\r\n" END},
		{426, GET HOST UPGRADE CONNECTION WITH_KEY "Sec-WebSocket-Version: 131\r\n" END},
		{426, GET HOST UPGRADE CONNECTION WITH_KEY "Sec-WebSocket-Version: 13, 8\r\n" END},
		{426, GET HOST UPGRADE CONNECTION WITH_KEY "Sec-WebSocket-Version: 8, 13\r\n" END},
		{400, GET HOST UPGRADE CONNECTION WITH_KEY VERSION_13 VERSION_13 END},
		{400, GET HOST UPGRADE CONNECTION WITH_KEY "Sec-WebSocket-Version: 8\r\n" VERSION_13 END},
		{426, GET HOST END},
		{426, GET HOST "Connection: keep-alive\r\n" END},
		{426, GET HOST WITH_KEY VERSION_13 END},
		{400, GET HOST UPGRADE CONNECTION WITH_KEY VERSION_13 "Content-Length: 5\r\n" END},
		{400, GET HOST UPGRADE CONNECTION WITH_KEY VERSION_13 "Content-Length: \r\n" END},
		{400, GET HOST UPGRADE CONNECTION WITH_KEY VERSION_13 "Transfer-Encoding: chunked\r\n" END},
		{400, GET HOST UPGRADE CONNECTION WITH_KEY VERSION_13 "Transfer-Encoding: identity\r\nContent-Length: 0\r\n" END},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct http_head head;
		const char *why = NULL;

		unit_row("%s", v->request);
		parse(&head, v->request);
		assert_int_equal(handshake_check(&head, &why), v->status);
		assert_non_null(why);
		assert_true(strlen(why) > 0);
	}
}

/* RFC 9110, 8.6: lengths that contradict each other are an error; the one that is not zero is a body. */
static void
a_second_content_length_does_not_hide_behind_a_zero(void **state)
{
	struct http_head head;
	const char *why;

	(void)state;
	parse(&head, GET HOST UPGRADE CONNECTION WITH_KEY VERSION_13 "Content-Length: 0\r\nContent-Length: 5\r\n" END);
	assert_int_equal(handshake_check(&head, &why), 400);
}

static void
the_response_is_that_of_rfc_6455_and_fits_or_is_not_written(void **state)
{
	static const char expected[] = "HTTP/1.1 101 Switching Protocols\r\n" UPGRADE CONNECTION "Sec-WebSocket-Accept: " ACCEPT "\r\n"
	                               "Sec-WebSocket-Protocol: chat\r\n\r\n";
	struct http_head head;
	size_t len = sizeof expected - 1;

	(void)state;
	parse(&head, GET HOST UPGRADE CONNECTION WITH_KEY VERSION_13 END);
	for (size_t size = 0; size <= len + 1; size++) {
		char *out = guard_put(1, NULL, size);

		assert_int_equal(handshake_response(&head, "Sec-WebSocket-Protocol: chat\r\n", out, size), size > len ? len : 0);
		if (size > len)
			assert_memory_equal(out, expected, len);
	}
}

static void
the_longest_response_without_more_fields_fits(void **state)
{
	char out[HANDSHAKE_RESPONSE_MAX];
	struct http_head head;

	(void)state;
	parse(&head, GET HOST UPGRADE CONNECTION WITH_KEY VERSION_13 END);
	assert_true(handshake_response(&head, "", out, sizeof out) > 0);
}

static void
what_a_client_asks_passes_the_check_and_what_it_gets_passes_its_own(void **state)
{
	char key[HANDSHAKE_KEY_SIZE + 1], request[512], response[512];
	uint32_t seed = 13;
	uint8_t nonce[16];
	const char *why;

	(void)state;
	for (int i = 0; i < 50; i++) {
		struct http_head head;
		size_t n;

		unit_random_bytes(&seed, nonce, sizeof nonce);
		handshake_key(nonce, key);
		n = handshake_request("a:8080", "/ws?user=b", key, "Origin: http://a\r\n", request, sizeof request);
		assert_true(n > 0);
		assert_int_equal(http_request(&head, request, n), n);
		assert_true(http_equal(head.target, "/ws?user=b"));
		assert_true(http_lists(&head, "Host", "a:8080"));
		assert_true(http_lists(&head, "Origin", "http://a"));
		assert_int_equal(handshake_check(&head, &why), 101);
		n = handshake_response(&head, "", response, sizeof response);
		assert_int_equal(http_response(&head, response, n), n);
		assert_int_equal(handshake_verify(&head, key, &why), 0);
		key[3] = key[3] == 'A' ? 'B' : 'A';
		assert_int_equal(handshake_verify(&head, key, &why), -1);
		assert_non_null(why);
	}
}

static void
a_request_fits_or_is_not_written(void **state)
{
	char whole[512];
	size_t len = handshake_request("h", "/", KEY, "", whole, sizeof whole);

	(void)state;
	assert_string_equal(whole, "GET / HTTP/1.1\r\nHost: h\r\n" UPGRADE CONNECTION WITH_KEY VERSION_13 END);
	assert_int_equal(len, strlen(whole));
	for (size_t size = 0; size <= len + 1; size++)
		assert_int_equal(handshake_request("h", "/", KEY, "", guard_put(0, NULL, size), size), size > len ? len : 0);
}

static void
a_key_is_the_base64_of_the_nonce(void **state)
{
	char key[HANDSHAKE_KEY_SIZE + 1];

	(void)state;
	handshake_key((const uint8_t *)"the sample nonce", key);
	assert_string_equal(key, KEY);
}

static void
a_client_believes_only_the_right_response(void **state)
{
	static const struct {
		int good;
		const char *response;
	} vectors[] = {
		{1, "HTTP/1.1 101 Switching Protocols\r\n" UPGRADE CONNECTION "Sec-WebSocket-Accept: " ACCEPT "\r\n" END},
		{1, "HTTP/1.1 101 \r\nupgrade:WebSocket\r\nCONNECTION: upgrade\r\nsec-websocket-accept:  " ACCEPT " \r\n" END},
		{0, "HTTP/1.1 200 OK\r\n" UPGRADE CONNECTION "Sec-WebSocket-Accept: " ACCEPT "\r\n" END},
		{0, "HTTP/1.1 100 Continue\r\n" UPGRADE CONNECTION "Sec-WebSocket-Accept: " ACCEPT "\r\n" END},
		{0, "HTTP/1.1 401 Unauthorized\r\n" UPGRADE CONNECTION "Sec-WebSocket-Accept: " ACCEPT "\r\n" END},
		{0, "HTTP/1.1 101 X\r\n" CONNECTION "Sec-WebSocket-Accept: " ACCEPT "\r\n" END},
		{0, "HTTP/1.1 101 X\r\nUpgrade: h2c\r\n" CONNECTION "Sec-WebSocket-Accept: " ACCEPT "\r\n" END},
		{0, "HTTP/1.1 101 X\r\n" UPGRADE "Sec-WebSocket-Accept: " ACCEPT "\r\n" END},
		{0, "HTTP/1.1 101 X\r\n" UPGRADE "Connection: close\r\nSec-WebSocket-Accept: " ACCEPT "\r\n" END},
		{0, "HTTP/1.1 101 X\r\n" UPGRADE CONNECTION END},
		{0, "HTTP/1.1 101 X\r\n" UPGRADE CONNECTION "Sec-WebSocket-Accept:\r\n" END},
		{0, "HTTP/1.1 101 X\r\n" UPGRADE CONNECTION "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" END},
		{0, "HTTP/1.1 101 X\r\n" UPGRADE CONNECTION "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo\r\n" END},
		{0, "HTTP/1.1 101 X\r\n" UPGRADE CONNECTION "Sec-WebSocket-Accept: " ACCEPT "=\r\n" END},
		{0, "HTTP/1.1 101 X\r\n" UPGRADE CONNECTION "Sec-WebSocket-Accept: " KEY "\r\n" END},
		{0, "HTTP/1.1 101 X\r\n" UPGRADE CONNECTION "Sec-WebSocket-Accept: " ACCEPT "\r\nSec-WebSocket-Accept: " ACCEPT "\r\n" END},
	}, *v;

	(void)state;
	EACH(v, vectors) {
		struct http_head head;
		const char *why = NULL;
		size_t len = strlen(v->response);

		unit_row("%s", v->response);
		assert_int_equal(http_response(&head, guard_put(0, v->response, len), len), len);
		assert_int_equal(handshake_verify(&head, KEY, &why), v->good ? 0 : -1);
		assert_int_equal(why == NULL, v->good);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_accept_is_that_of_rfc_6455),
		TEST(a_good_opening_handshake_may_be_written_in_many_ways),
		TEST(what_is_missing_doubled_or_wrong_is_refused_with_its_status),
		TEST(a_second_content_length_does_not_hide_behind_a_zero),
		TEST(the_response_is_that_of_rfc_6455_and_fits_or_is_not_written),
		TEST(the_longest_response_without_more_fields_fits),
		TEST(what_a_client_asks_passes_the_check_and_what_it_gets_passes_its_own),
		TEST(a_request_fits_or_is_not_written),
		TEST(a_key_is_the_base64_of_the_nonce),
		TEST(a_client_believes_only_the_right_response),
	};

	return cmocka_run_group_tests_name("handshake", tests, NULL, NULL);
}
