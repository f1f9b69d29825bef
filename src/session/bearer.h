#ifndef SESSION_BEARER_H
#define SESSION_BEARER_H

#include <stdbool.h>
#include <stddef.h>

#include "chat/jwt.h"
#include "ws/http.h"

#define BEARER_COOKIE "chat_token="
#define BEARER_PROTOCOL "chat.v1" /* the subprotocol: a browser, which can't set fields, brings its token beside it */

/* A token as a request brought it. */
struct bearer {
	const char *text; /* NULL: it brought none */
	size_t len;
	bool by_cookie;   /* which a browser sends whoever asks it to */
	char decoded[JWT_MAX + 1];
};

/* Looks for a token where a request to upgrade may have it: Authorization: Bearer TOKEN (RFC 6750), Sec-WebSocket-Protocol:
 * chat.v1, bearer.TOKEN, the query's token=TOKEN, the cookie chat_token=TOKEN (RFC 6265); the first of these counts, be it good or not. */
void bearer_find(struct bearer *b, const struct http_head *head, struct http_slice query);

/* Whether the request offers the subprotocol. */
bool bearer_offers_protocol(const struct http_head *head);

#endif
