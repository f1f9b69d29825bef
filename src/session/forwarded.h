#ifndef SESSION_FORWARDED_H
#define SESSION_FORWARDED_H

#include "base/address.h"
#include "ws/http.h"

/* What a proxy says of its client. */
struct forwarded {
	bool any;                   /* it says from which address it came, or that it won't say: then that is "" */
	char address[ADDRESS_SIZE]; /* "unix": over a local socket */
	int https;                  /* whether it came over TLS; -1: nothing is said of that */
};

/* Whether any proxy has had its hand on the request, as far as one can tell. */
bool forwarded_any(const struct http_head *head);

/* Reads Forwarded (RFC 7239), X-Forwarded-For and X-Forwarded-Proto. Of a list the last element is the one that the
 * proxy next to us wrote; all before it may be the client's own invention. Where both kinds are there, one of them may be
 * that as a whole: so they must say the same. 0, or -1 with *why, for the answer. */
int forwarded_read(struct forwarded *f, const struct http_head *head, const char **why);

#endif
