#ifndef BASE_ORIGIN_H
#define BASE_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

/* HOST[:PORT], as it stands in a URL and in Host (RFC 3986, 3.2). The host is a slice of what was parsed, an IPv6 address
 * in its brackets. */
struct authority {
	const char *host;
	size_t host_len;
	long port; /* -1: not given */
};

/* 0, or -1 if it is none. */
int authority_parse(struct authority *a, const char *at, size_t len);

/* Whether that host is this machine, whatever a resolver says: localhost and what ends in .localhost (RFC 6761, 6.3), an
 * address of 127.0.0.0/8, [::1]. */
bool authority_is_local(const struct authority *a);

/* SCHEME://HOST[:PORT], as browsers say where a page comes from (RFC 6454, 6.2): slices of what was parsed. */
struct origin {
	const char *scheme;
	size_t scheme_len;
	struct authority authority; /* with the port that the scheme implies, where it is one of http's */
};

/* 0, or -1 if it is none: `null`, say, or a URL that goes on with a path. */
int origin_parse(struct origin *o, const char *at, size_t len);

/* Whether a page of that origin was served from that Host, over http or https; over https alone if `https`. */
bool origin_is_of(const struct origin *o, const char *host, size_t len, bool https);

/* A list of origins, with blanks or commas between: whether all of it are some; whether this one is in it, with the same
 * scheme, host and port. */
bool origin_list_valid(const char *list);
bool origin_listed(const struct origin *o, const char *list);

#endif
