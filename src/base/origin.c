#include "base/origin.h"

#include <string.h>
#include <strings.h>

#include "base/address.h"

#define BETWEEN ", \t\n" /* the origins of a list */
#define LOCALHOST "localhost"
#define PORT_MAX 65535

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && strncasecmp(a, b, a_len) == 0;
}

/* How many characters the host has at the start of `at`; 0 if it is none. */
static size_t
host_len(const char *at, size_t len)
{
	char address[ADDRESS_SIZE];
	const char *close;
	size_t n = 0;

	if (len > 0 && *at == '[') {
		close = memchr(at, ']', len);
		return close && memchr(at, ':', (size_t)(close - at)) && address_set(address, at + 1, (size_t)(close - at - 1)) == 0
		               ? (size_t)(close + 1 - at) : 0;
	}
	while (n < len && (is_alnum(at[n]) || at[n] == '-' || at[n] == '.' || at[n] == '_'))
		n++;
	return n;
}

int
authority_parse(struct authority *a, const char *at, size_t len)
{
	size_t n = host_len(at, len);

	*a = (struct authority){at, n, -1};
	if (n == 0)
		return -1;
	if (n == len)
		return 0;
	if (at[n] != ':' || len - n < 2 || len - n > 6)
		return -1;
	a->port = 0;
	for (n++; n < len; n++) {
		if (at[n] < '0' || at[n] > '9')
			return -1;
		a->port = a->port * 10 + (at[n] - '0');
	}
	return a->port >= 1 && a->port <= PORT_MAX ? 0 : -1;
}

bool
authority_is_local(const struct authority *a)
{
	static const char below[] = "." LOCALHOST;
	const size_t below_len = sizeof below - 1;
	char address[ADDRESS_SIZE];
	bool bracketed = *a->host == '[';

	if (address_set(address, a->host + bracketed, a->host_len - 2 * (size_t)bracketed) == 0)
		return address_is_loopback(address);
	if (a->host_len > below_len)
		return strncasecmp(a->host + a->host_len - below_len, below, below_len) == 0;
	return same(a->host, a->host_len, LOCALHOST, sizeof LOCALHOST - 1);
}

static bool
is_scheme(const struct origin *o, const char *scheme)
{
	return same(o->scheme, o->scheme_len, scheme, strlen(scheme));
}

static long
implied_port(const struct origin *o)
{
	return is_scheme(o, "http") ? 80 : is_scheme(o, "https") ? 443 : -1;
}

int
origin_parse(struct origin *o, const char *at, size_t len)
{
	size_t n = 0;

	while (n < len && (is_alnum(at[n]) || (n > 0 && (at[n] == '+' || at[n] == '-' || at[n] == '.'))))
		n++;
	if (n == 0 || (*at >= '0' && *at <= '9') || len - n < 3 || memcmp(at + n, "://", 3) != 0)
		return -1;
	o->scheme = at;
	o->scheme_len = n;
	if (authority_parse(&o->authority, at + n + 3, len - n - 3) < 0)
		return -1;
	if (o->authority.port < 0)
		o->authority.port = implied_port(o);
	return 0;
}

static bool
same_authority(const struct authority *a, const struct authority *b)
{
	return same(a->host, a->host_len, b->host, b->host_len) && a->port == b->port;
}

bool
origin_is_of(const struct origin *o, const char *host, size_t len, bool https)
{
	struct authority a;

	if (implied_port(o) < 0 || (https && !is_scheme(o, "https")) || authority_parse(&a, host, len) < 0)
		return false;
	if (a.port < 0)
		a.port = implied_port(o);
	return same_authority(&o->authority, &a);
}

/* Takes the next word off a list; false at its end. */
static bool
next_word(const char **list, const char **word, size_t *len)
{
	*word = *list + strspn(*list, BETWEEN);
	*len = strcspn(*word, BETWEEN);
	*list = *word + *len;
	return *len > 0;
}

bool
origin_list_valid(const char *list)
{
	struct origin o;
	const char *word;
	size_t len;

	while (next_word(&list, &word, &len))
		if (origin_parse(&o, word, len) < 0)
			return false;
	return true;
}

bool
origin_listed(const struct origin *o, const char *list)
{
	struct origin other;
	const char *word;
	size_t len;

	while (next_word(&list, &word, &len))
		if (origin_parse(&other, word, len) == 0 && same(o->scheme, o->scheme_len, other.scheme, other.scheme_len) &&
		    same_authority(&o->authority, &other.authority))
			return true;
	return false;
}
