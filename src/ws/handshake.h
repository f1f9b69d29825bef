#ifndef WS_HANDSHAKE_H
#define WS_HANDSHAKE_H

#include <stddef.h>
#include <stdint.h>

#include "http.h"

#define HANDSHAKE_KEY_SIZE 24     /* base64 of 16 bytes */
#define HANDSHAKE_ACCEPT_SIZE 28  /* base64 of a SHA-1 */
#define HANDSHAKE_VERSION "13"
#define HANDSHAKE_RESPONSE_MAX 512

/* The Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455, 4.2.2), with a NUL. */
void handshake_accept(const char key[HANDSHAKE_KEY_SIZE], char accept[HANDSHAKE_ACCEPT_SIZE + 1]);

/* Server: checks the head of a request against RFC 6455, 4.2.1. The status to answer with: 101 when it is a good
 * opening handshake, else 400, 405, 426 or 505, and then *why is a sentence that says what is wrong. */
int handshake_check(const struct http_head *request, const char **why);

/* Server: writes the 101 response to a request that passed the check. `fields` are further lines, each with its CRLF
 * (Sec-WebSocket-Protocol, Sec-WebSocket-Extensions), or "". Its length, or 0 if it does not fit in `size`. */
size_t handshake_response(const struct http_head *request, const char *fields, char *out, size_t size);

/* Client: makes a key out of 16 random bytes, with a NUL. */
void handshake_key(const uint8_t nonce[16], char key[HANDSHAKE_KEY_SIZE + 1]);

/* Client: writes the request (RFC 6455, 4.1). `host` is the value of Host, `target` path and query, `fields` further
 * lines as above. Its length, or 0 if it does not fit. */
size_t handshake_request(const char *host, const char *target, const char *key, const char *fields, char *out, size_t size);

/* Client: checks the response against the key that was sent (RFC 6455, 4.1, the list at the end), but for extensions
 * and subprotocol, which the caller offered and must look at. 0, or -1 with *why. */
int handshake_verify(const struct http_head *response, const char key[HANDSHAKE_KEY_SIZE], const char **why);

#endif
