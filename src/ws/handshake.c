#include "handshake.h"

#include <stdio.h>
#include <string.h>

#include "base64.h"
#include "extension.h"
#include "sha1.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* RFC 6455, 1.3 */

void
handshake_accept(const char key[HANDSHAKE_KEY_SIZE], char accept[HANDSHAKE_ACCEPT_SIZE + 1])
{
	char text[HANDSHAKE_KEY_SIZE + sizeof GUID - 1];
	uint8_t digest[SHA1_SIZE];

	memcpy(text, key, HANDSHAKE_KEY_SIZE);
	memcpy(text + HANDSHAKE_KEY_SIZE, GUID, sizeof GUID - 1);
	sha1(text, sizeof text, digest);
	base64_encode(accept, digest, sizeof digest);
}

/* What RFC 6455, 4.2.1 asks for, in one field of each name: a list may be split (RFC 9110, 5.3), but no client does. */
enum found {
	NONE,
	WRONG,
	TWICE,
	RIGHT,
};

static enum found
look(const struct http_head *head, const char *name, const char *token)
{
	struct http_slice value;
	size_t n = http_find(head, name, &value);

	if (n == 0)
		return NONE;
	if (n > 1)
		return TWICE;
	return http_lists(head, name, token) ? RIGHT : WRONG;
}

static bool
is_version(struct http_slice value)
{
	return http_equal(value, HANDSHAKE_VERSION);
}

static bool
is_key(struct http_slice value)
{
	return base64_is(value.at, value.len, 16);
}

static enum found
look_value(const struct http_head *head, const char *name, bool (*is_right)(struct http_slice value))
{
	struct http_slice value;
	size_t n = http_find(head, name, &value);

	if (n == 0)
		return NONE;
	if (n > 1)
		return TWICE;
	return is_right(value) ? RIGHT : WRONG;
}

static int
refuse(int status, const char **why, const char *text)
{
	*why = text;
	return status;
}

/* Every field counts: a second Content-Length must not hide behind a first that is zero. */
static int
has_body(const struct http_head *head)
{
	for (size_t i = 0; i < head->count; i++) {
		const struct http_field *f = &head->fields[i];

		if (http_is(f->name, "Transfer-Encoding") || (http_is(f->name, "Content-Length") && !http_equal(f->value, "0")))
			return 1;
	}
	return 0;
}

int
handshake_check(const struct http_head *request, const char **why)
{
	enum found upgrade = look(request, "Upgrade", "websocket");
	enum found connection = look(request, "Connection", "upgrade");
	enum found key = look_value(request, "Sec-WebSocket-Key", is_key);
	enum found version = look_value(request, "Sec-WebSocket-Version", is_version);
	struct http_slice host;
	size_t hosts = http_find(request, "Host", &host);

	if (!http_equal(request->method, "GET"))
		return refuse(405, why, "an opening handshake is a GET");
	if (request->minor < 1)
		return refuse(505, why, "an upgrade needs HTTP/1.1");
	if (hosts == 0)
		return refuse(400, why, "no Host");
	if (hosts > 1)
		return refuse(400, why, "Host given twice");
	if (!http_is_host(host))
		return refuse(400, why, "Host is not a host");
	if (upgrade == TWICE)
		return refuse(400, why, "Upgrade given twice");
	if (connection == TWICE)
		return refuse(400, why, "Connection given twice");
	if (upgrade == NONE && connection != RIGHT)
		return refuse(426, why, "this is a WebSocket: ask for an upgrade");
	if (upgrade != RIGHT)
		return refuse(400, why, "Upgrade does not say websocket");
	if (connection != RIGHT)
		return refuse(400, why, "Connection does not say Upgrade");
	if (version == TWICE)
		return refuse(400, why, "Sec-WebSocket-Version given twice");
	if (version != RIGHT)
		return refuse(426, why, "the WebSocket version spoken here is " HANDSHAKE_VERSION);
	if (key == NONE)
		return refuse(400, why, "no Sec-WebSocket-Key");
	if (key == TWICE)
		return refuse(400, why, "Sec-WebSocket-Key given twice");
	if (key == WRONG)
		return refuse(400, why, "Sec-WebSocket-Key is not the base64 of 16 bytes");
	if (!extension_well_formed(request))
		return refuse(400, why, "Sec-WebSocket-Extensions is malformed");
	if (has_body(request))
		return refuse(400, why, "an opening handshake has no body");
	return 101;
}

/* snprintf's result as the length that was written, or 0. */
static size_t
fits(int n, size_t size)
{
	return n < 0 || (size_t)n >= size ? 0 : (size_t)n;
}

size_t
handshake_response(const struct http_head *request, const char *fields, char *out, size_t size)
{
	char accept[HANDSHAKE_ACCEPT_SIZE + 1];
	struct http_slice key;

	http_find(request, "Sec-WebSocket-Key", &key);
	handshake_accept(key.at, accept);
	return fits(snprintf(out, size,
	                     "HTTP/1.1 101 Switching Protocols\r\n"
	                     "Upgrade: websocket\r\n"
	                     "Connection: Upgrade\r\n"
	                     "Sec-WebSocket-Accept: %s\r\n"
	                     "%s\r\n",
	                     accept, fields),
	            size);
}

void
handshake_key(const uint8_t nonce[16], char key[HANDSHAKE_KEY_SIZE + 1])
{
	base64_encode(key, nonce, 16);
}

size_t
handshake_request(const char *host, const char *target, const char *key, const char *fields, char *out, size_t size)
{
	return fits(snprintf(out, size,
	                     "GET %s HTTP/1.1\r\n"
	                     "Host: %s\r\n"
	                     "Upgrade: websocket\r\n"
	                     "Connection: Upgrade\r\n"
	                     "Sec-WebSocket-Key: %s\r\n"
	                     "Sec-WebSocket-Version: " HANDSHAKE_VERSION "\r\n"
	                     "%s\r\n",
	                     target, host, key, fields),
	            size);
}

int
handshake_verify(const struct http_head *response, const char key[HANDSHAKE_KEY_SIZE], const char **why)
{
	char accept[HANDSHAKE_ACCEPT_SIZE + 1];
	struct http_slice value;

	handshake_accept(key, accept);
	*why = NULL;
	if (response->minor < 1)
		*why = "the answer is not HTTP/1.1";
	else if (response->status != 101)
		*why = "the status is not 101";
	else if (look(response, "Upgrade", "websocket") != RIGHT)
		*why = "Upgrade does not say websocket";
	else if (look(response, "Connection", "upgrade") != RIGHT)
		*why = "Connection does not say Upgrade";
	else if (http_find(response, "Sec-WebSocket-Accept", &value) != 1 || !http_equal(value, accept))
		*why = "Sec-WebSocket-Accept is not the answer to the key";
	return *why ? -1 : 0;
}
