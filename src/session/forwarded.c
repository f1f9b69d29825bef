#include "session/forwarded.h"

#include <string.h>
#include <strings.h>

#define VALUE_MAX 128 /* of a parameter of Forwarded */
#define X_FORWARDED "X-Forwarded-"

bool
forwarded_any(const struct http_head *head)
{
	static const char *const names[] = {"Forwarded", "X-Real-IP", "Via"};

	for (size_t i = 0; i < head->count; i++) {
		struct http_slice name = head->fields[i].name;

		if (name.len >= sizeof X_FORWARDED - 1 && strncasecmp(name.at, X_FORWARDED, sizeof X_FORWARDED - 1) == 0)
			return true;
		for (size_t j = 0; j < sizeof names / sizeof *names; j++)
			if (http_is(name, names[j]))
				return true;
	}
	return false;
}

/* The value of the last field of that name: proxies that don't put theirs at the end of a line add a line at the end. */
static bool
find_last(const struct http_head *head, const char *name, struct http_slice *value)
{
	for (size_t i = head->count; i > 0; i--) {
		if (http_is(head->fields[i - 1].name, name)) {
			*value = head->fields[i - 1].value;
			return true;
		}
	}
	return false;
}

static bool
is_token(const char *at, const char *end)
{
	if (at == end)
		return false;
	while (at < end && http_is_tchar(*at))
		at++;
	return at == end;
}

/* Splits a node (RFC 7239, 6) into host and port, the host without brackets. */
static int
split_node(struct http_slice node, struct http_slice *host)
{
	bool bracketed = node.len > 0 && *node.at == '[';
	const char *at = node.at + bracketed, *end = node.at + node.len, *stop;

	stop = memchr(at, bracketed ? ']' : ':', (size_t)(end - at));
	if (!stop && bracketed)
		return -1;
	stop = stop ? stop : end;
	*host = (struct http_slice){at, (size_t)(stop - at)};
	stop += bracketed;
	return stop == end || (*stop == ':' && is_token(stop + 1, end)) ? 0 : -1;
}

/* The address in a node, or in an element of X-Forwarded-For, which may be an IPv6 address without brackets. A proxy may
 * say that it doesn't know, or a name that it alone understands: then it is "". */
static int
read_node(char address[ADDRESS_SIZE], struct http_slice node)
{
	struct http_slice host;

	*address = 0;
	if (address_set(address, node.at, node.len) == 0)
		return 0;
	if (http_is(node, "unix:")) { /* nginx */
		strcpy(address, "unix");
		return 0;
	}
	if (split_node(node, &host) < 0)
		return -1;
	if (http_is(host, "unknown") || (host.len > 1 && *host.at == '_' && is_token(host.at, host.at + host.len)))
		return 0;
	return address_set(address, host.at, host.len);
}

/* Some proxies name the scheme of the WebSocket. */
static int
read_scheme(int *https, struct http_slice scheme)
{
	if (http_is(scheme, "https") || http_is(scheme, "wss"))
		*https = 1;
	else if (http_is(scheme, "http") || http_is(scheme, "ws"))
		*https = 0;
	else
		return -1;
	return 0;
}

/* The last element of a list without quotes, which may be empty. */
static struct http_slice
last_of(struct http_slice list)
{
	const char *comma = memrchr(list.at, ',', list.len), *at = comma ? comma + 1 : list.at, *end = list.at + list.len;

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return (struct http_slice){at, (size_t)(end - at)};
}

/* A token, or a quoted string without its quotes and backslashes (RFC 9110, 5.6.4), from *at on, which moves behind it. -1
 * if it is neither; one that is too long can't be what is looked for, and is cut. */
static int
read_value(const char **at, const char *end, char text[VALUE_MAX], size_t *len)
{
	const char *p = *at;
	bool quoted = p < end && *p == '"';

	*len = 0;
	for (p += quoted; p < end && (quoted ? *p != '"' : http_is_tchar(*p)); p++) {
		if (quoted && *p == '\\' && ++p == end)
			return -1;
		if (*len < VALUE_MAX)
			text[(*len)++] = *p;
	}
	if (quoted ? p == end : p == *at)
		return -1;
	*at = p + quoted;
	return 0;
}

/* One `name=value` of Forwarded. */
static int
read_pair(struct forwarded *f, const char **at, const char *end)
{
	struct http_slice name = {*at, 0};
	char text[VALUE_MAX];
	size_t len;

	while (*at < end && http_is_tchar(**at))
		++*at;
	name.len = (size_t)(*at - name.at);
	if (name.len == 0 || *at == end || **at != '=')
		return -1;
	++*at;
	if (read_value(at, end, text, &len) < 0)
		return -1;
	if (http_is(name, "for")) {
		if (f->any || read_node(f->address, (struct http_slice){text, len}) < 0)
			return -1;
		f->any = true;
	}
	if (http_is(name, "proto") && (f->https >= 0 || read_scheme(&f->https, (struct http_slice){text, len}) < 0))
		return -1;
	return 0;
}

static void
skip_blanks(const char **at, const char *end)
{
	while (*at < end && (**at == ' ' || **at == '\t'))
		++*at;
}

/* The last element of Forwarded. All that is before it has to be well-formed, too: else a client's open quote could make
 * the proxy's element a part of its own. */
static int
read_forwarded(struct forwarded *f, struct http_slice list)
{
	const char *at = list.at, *end = at + list.len;

	*f = (struct forwarded){.https = -1};
	while (at < end) {
		if (read_pair(f, &at, end) < 0)
			return -1;
		skip_blanks(&at, end);
		if (at == end)
			return 0;
		if (*at != ',' && *at != ';')
			return -1;
		if (*at == ',')
			*f = (struct forwarded){.https = -1};
		at++;
		skip_blanks(&at, end);
	}
	return -1;
}

int
forwarded_read(struct forwarded *f, const struct http_head *head, const char **why)
{
	struct http_slice list, x_list, x_scheme;
	bool standard = find_last(head, "Forwarded", &list), x = find_last(head, X_FORWARDED "For", &x_list);
	char address[ADDRESS_SIZE];
	int https = -1;

	*f = (struct forwarded){.https = -1};
	if (standard && read_forwarded(f, list) < 0) {
		*why = "Forwarded: not as RFC 7239 says, or an element is empty";
		return -1;
	}
	if (x && read_node(address, last_of(x_list)) < 0) {
		*why = "X-Forwarded-For: its last element is no address";
		return -1;
	}
	if (find_last(head, X_FORWARDED "Proto", &x_scheme) && read_scheme(&https, last_of(x_scheme)) < 0) {
		*why = "X-Forwarded-Proto: neither http nor https";
		return -1;
	}
	if (standard && ((x && strcmp(address, f->address) != 0) || (https >= 0 && f->https >= 0 && https != f->https))) {
		*why = "Forwarded and X-Forwarded-... say different things";
		return -1;
	}
	if (x)
		memcpy(f->address, address, sizeof address);
	f->any = standard || x;
	f->https = https >= 0 ? https : f->https;
	return 0;
}
