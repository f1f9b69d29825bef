/* The bytes as a client's opening handshake, and as a server's answer to one. */
#include "ws/handshake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "ws/extension.h"

/* RFC 6455, 1.3. */
#define SAMPLE_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define SAMPLE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static struct http_slice
only(const struct http_head *head, const char *name)
{
	struct http_slice value = {"", 0};

	CHECK(http_find(head, name, &value) == 1);
	return value;
}

/* The response is made where it just fits, and is not where a byte is lacking. */
static char *
respond(const struct http_head *request, const char *fields, size_t *len)
{
	char room[HANDSHAKE_RESPONSE_MAX], *out;

	*len = handshake_response(request, fields, room, sizeof room);
	CHECK(*len > 0 && *len < sizeof room);
	out = malloc(*len + 1);
	CHECK(handshake_response(request, fields, out, *len) == 0);
	CHECK(handshake_response(request, fields, out, *len + 1) == *len);
	CHECK(memcmp(out, room, *len) == 0);
	return out;
}

/* The client that sent the request takes the answer, and none that sent another key does. */
static void
check_answer(const struct http_head *request)
{
	char line[EXTENSION_LINE_MAX], key[HANDSHAKE_KEY_SIZE];
	struct http_slice value = only(request, "Sec-WebSocket-Key");
	struct deflate_params agreed;
	struct http_head response;
	const char *why;
	size_t len;
	char *out;

	extension_accept(request, &DEFLATE_PARAMS_USUAL, &agreed, line);
	out = respond(request, line, &len);
	CHECK(http_response(&response, out, len) == (int)len);
	CHECK(value.len == sizeof key);
	memcpy(key, value.at, sizeof key);
	CHECK(handshake_verify(&response, key, &why) == 0 && !why);
	key[7] = key[7] == 'A' ? 'B' : 'A';
	CHECK(handshake_verify(&response, key, &why) < 0 && why);
	CHECK(extension_well_formed(&response));
	free(out);
}

/* What a client makes for that host and target is a good handshake. */
static void
check_request(const struct http_head *head)
{
	char host[300] = {0}, target[300], out[1024], key[HANDSHAKE_KEY_SIZE + 1];
	struct http_slice value = only(head, "Host");
	struct http_head again;
	const char *why;
	size_t len;

	if (value.len >= sizeof host || head->target.len >= sizeof target)
		return;
	snprintf(host, sizeof host, "%.*s", (int)value.len, value.at);
	snprintf(target, sizeof target, "%.*s", (int)head->target.len, head->target.at);
	handshake_key((const uint8_t *)host, key);
	len = handshake_request(host, target, key, "", out, sizeof out);
	CHECK(len > 0 && http_request(&again, out, len) == (int)len);
	CHECK(handshake_check(&again, &why) == 101);
	CHECK(http_equal(again.target, target) && http_equal(only(&again, "Host"), host));
	check_answer(&again);
}

static void
check_good(const struct http_head *head)
{
	struct http_slice value;

	CHECK(http_equal(head->method, "GET") && head->minor >= 1);
	CHECK(http_is_host(only(head, "Host")));
	CHECK(http_equal(only(head, "Sec-WebSocket-Version"), "13"));
	CHECK(http_lists(head, "Upgrade", "websocket") && http_lists(head, "Connection", "upgrade"));
	CHECK(http_find(head, "Transfer-Encoding", &value) == 0);
	CHECK(http_find(head, "Content-Length", &value) == 0 || http_equal(value, "0"));
	CHECK(extension_well_formed(head));
	check_answer(head);
	check_request(head);
}

static void
server(const char *data, size_t len)
{
	struct http_head head;
	const char *why = NULL;
	int status;

	if (http_request(&head, data, len) <= 0)
		return;
	status = handshake_check(&head, &why);
	CHECK(status == 101 || status == 400 || status == 405 || status == 426 || status == 505);
	CHECK(status == 101 || (why && *why));
	if (status == 101)
		check_good(&head);
}

static void
client(const char *data, size_t len)
{
	struct http_head head;
	const char *why = NULL;

	if (http_response(&head, data, len) <= 0)
		return;
	if (handshake_verify(&head, SAMPLE_KEY, &why) < 0) {
		CHECK(why && *why);
		return;
	}
	CHECK(!why && head.status == 101);
	CHECK(http_equal(only(&head, "Sec-WebSocket-Accept"), SAMPLE_ACCEPT));
	CHECK(http_lists(&head, "Upgrade", "websocket") && http_lists(&head, "Connection", "upgrade"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *block = fuzz_block(data, len);

	server(block, len);
	client(block, len);
	free(block);
	return 0;
}
