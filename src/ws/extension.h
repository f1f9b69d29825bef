#ifndef WS_EXTENSION_H
#define WS_EXTENSION_H

#include <stdbool.h>
#include <stddef.h>

#include "deflate.h"
#include "http.h"

#define EXTENSION_VALUE_MAX 8   /* characters of a parameter's value that are kept: no known one has more */
#define EXTENSION_LINE_MAX 192  /* of the line that is made, with its CRLF and a NUL */

/* One element of a Sec-WebSocket-Extensions list (RFC 6455, 9.1): `params` is for extension_param. */
struct extension {
	struct http_slice name, params;
};

/* A parameter: a value that was quoted is without its quotes, one longer than is kept has len > EXTENSION_VALUE_MAX. */
struct extension_param {
	struct http_slice name;
	bool has_value;
	char value[EXTENSION_VALUE_MAX];
	size_t len;
};

/* Takes the next extension off a list. 1; 0 at its end; -1 when the list is not of the form that RFC 6455, 9.1 gives. */
int extension_next(struct http_slice *list, struct extension *e);

/* Takes the next parameter off those of an extension, which extension_next has found well formed. False at the end. */
bool extension_param(struct http_slice *params, struct extension_param *p);

/* Whether each Sec-WebSocket-Extensions of the head is well formed: one that is not fails the handshake (9.1). */
bool extension_well_formed(const struct http_head *head);

/* Server: takes the first of the client's offers of permessage-deflate that it can (RFC 7692, 5.1, 7.1) and narrows it to
 * `policy`: no_context_takeover where that says so, windows no larger than it has. *agreed is what holds then; `line` gets
 * the field with its CRLF. The line's length, 0 when there is no offer to take: then "" is in `line`. */
size_t extension_accept(const struct http_head *request, const struct deflate_params *policy, struct deflate_params *agreed,
                        char line[EXTENSION_LINE_MAX]);

/* Client: writes the field that offers permessage-deflate. no_context_takeover is asked for where `wanted` says so; a
 * server_max_window_bits under 15 is asked for, and one under 15 of the client is told. The line's length. */
size_t extension_offer(const struct deflate_params *wanted, char line[EXTENSION_LINE_MAX]);

/* Client: reads the answer to that offer. 1 with what was agreed; 0: no extension; -1 with *why when the response has one
 * that was not offered, or parameters that the offer does not allow: the client must fail the connection (RFC 7692, 5.1). */
int extension_verify(const struct http_head *response, const struct deflate_params *wanted, struct deflate_params *agreed,
                     const char **why);

#endif
