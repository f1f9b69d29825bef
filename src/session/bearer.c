#include "session/bearer.h"

#include <string.h>
#include <strings.h>

#define PROTOCOL "bearer."
#define SCHEME "Bearer"

/* What stands behind a prefix, in any case if `fold`. */
static bool
take_prefix(struct http_slice *s, const char *prefix, bool fold)
{
	size_t len = strlen(prefix);

	if (s->len < len || (fold ? strncasecmp(s->at, prefix, len) : memcmp(s->at, prefix, len)) != 0)
		return false;
	s->at += len;
	s->len -= len;
	return true;
}

static bool
set(struct bearer *b, struct http_slice s)
{
	b->text = s.at;
	b->len = s.len;
	return true;
}

static bool
in_authorization(struct bearer *b, const struct http_head *head)
{
	struct http_slice value;
	size_t fields = http_find(head, "Authorization", &value);

	if (fields > 1)
		return set(b, (struct http_slice){value.at, 0}); /* nobody could say which of them counts */
	if (fields == 0 || !take_prefix(&value, SCHEME, true) || (value.len > 0 && *value.at != ' '))
		return false;
	while (value.len > 0 && *value.at == ' ') {
		value.at++;
		value.len--;
	}
	return set(b, value);
}

/* The next subprotocol that is offered, of all fields; `i` and `list` are the walk's own, zero at first. */
static bool
next_protocol(const struct http_head *head, size_t *i, struct http_slice *list, struct http_slice *element)
{
	for (; !http_list(list, element); (*i)++) {
		if (*i == head->count)
			return false;
		if (http_is(head->fields[*i].name, "Sec-WebSocket-Protocol"))
			*list = head->fields[*i].value;
	}
	return true;
}

static bool
in_protocols(struct bearer *b, const struct http_head *head)
{
	struct http_slice list = {0}, element;
	size_t i = 0;

	while (next_protocol(head, &i, &list, &element))
		if (take_prefix(&element, PROTOCOL, false))
			return set(b, element);
	return false;
}

static bool
in_query(struct bearer *b, struct http_slice query)
{
	int n = http_query(query, "token", b->decoded, sizeof b->decoded);

	if (n == -1)
		return false;
	return set(b, (struct http_slice){b->decoded, n < 0 ? 0 : (size_t)n});
}

/* The next cookie of a field, which are parted by semicolons. */
static bool
next_cookie(struct http_slice *rest, struct http_slice *cookie)
{
	const char *end;

	while (rest->len > 0 && (*rest->at == ' ' || *rest->at == ';')) {
		rest->at++;
		rest->len--;
	}
	if (rest->len == 0)
		return false;
	end = memchr(rest->at, ';', rest->len);
	*cookie = (struct http_slice){rest->at, end ? (size_t)(end - rest->at) : rest->len};
	rest->at += cookie->len;
	rest->len -= cookie->len;
	while (cookie->len > 0 && cookie->at[cookie->len - 1] == ' ')
		cookie->len--;
	return true;
}

static bool
in_cookies(struct bearer *b, const struct http_head *head)
{
	for (size_t i = 0; i < head->count; i++) {
		struct http_slice rest = head->fields[i].value, cookie;

		while (http_is(head->fields[i].name, "Cookie") && next_cookie(&rest, &cookie)) {
			if (take_prefix(&cookie, BEARER_COOKIE, false)) {
				b->by_cookie = true;
				return set(b, cookie);
			}
		}
	}
	return false;
}

void
bearer_find(struct bearer *b, const struct http_head *head, struct http_slice query)
{
	b->text = NULL;
	b->len = 0;
	b->by_cookie = false;
	if (!in_authorization(b, head) && !in_protocols(b, head) && !in_query(b, query))
		in_cookies(b, head);
}

bool
bearer_offers_protocol(const struct http_head *head)
{
	struct http_slice list = {0}, element;
	size_t i = 0;

	while (next_protocol(head, &i, &list, &element))
		if (http_equal(element, BEARER_PROTOCOL))
			return true;
	return false;
}
