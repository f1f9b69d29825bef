#include "http.h"

#include <string.h>
#include <strings.h>

enum {
	MORE = 0,
	BAD = -400,
	TOO_LARGE = -431,
	BAD_VERSION = -505,
};

/* What is left to parse. */
struct cursor {
	const char *at, *end;
};

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool
http_is_tchar(char c)
{
	return is_alnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* RFC 9110, 5.5, with SP and HTAB. */
static bool
is_value(char c)
{
	return (unsigned char)c >= 0x20 ? c != 0x7f : c == '\t';
}

static bool
is_target(char c)
{
	return (unsigned char)c > 0x20 && c != 0x7f;
}

/* Takes the characters of a kind up to the delimiter, and the delimiter. */
static int
take(struct cursor *c, bool (*kind)(char), char delimiter, struct http_slice *s)
{
	const char *p = c->at;

	while (p < c->end && kind(*p) && *p != delimiter)
		p++;
	if (p == c->end)
		return MORE;
	if (*p != delimiter || p == c->at)
		return BAD;
	*s = (struct http_slice){c->at, (size_t)(p - c->at)};
	c->at = p + 1;
	return 1;
}

/* Takes the literal `text`. */
static int
expect(struct cursor *c, const char *text, int otherwise)
{
	for (; *text; text++, c->at++) {
		if (c->at == c->end)
			return MORE;
		if (*c->at != *text)
			return otherwise;
	}
	return 1;
}

static int
version(struct cursor *c, int *minor)
{
	int r = expect(c, "HTTP/", BAD);

	if (r <= 0)
		return r;
	r = expect(c, "1.", BAD_VERSION);
	if (r <= 0)
		return r;
	if (c->at == c->end)
		return MORE;
	if (*c->at < '0' || *c->at > '9')
		return BAD_VERSION;
	*minor = *c->at++ - '0';
	return 1;
}

static int
request_line(struct cursor *c, struct http_head *head)
{
	int r = 1;

	if (c->at < c->end && *c->at == '\r') /* one empty line before is let pass: RFC 9112, 2.2 */
		r = expect(c, "\r\n", BAD);
	if (r > 0)
		r = take(c, http_is_tchar, ' ', &head->method);
	if (r > 0)
		r = take(c, is_target, ' ', &head->target);
	if (r > 0)
		r = version(c, &head->minor);
	if (r > 0)
		r = expect(c, "\r\n", BAD);
	return r;
}

static int
status_line(struct cursor *c, struct http_head *head)
{
	struct http_slice code, reason;
	int r = version(c, &head->minor);

	if (r > 0)
		r = expect(c, " ", BAD);
	if (r > 0)
		r = take(c, http_is_tchar, ' ', &code);
	if (r <= 0)
		return r;
	if (code.len != 3)
		return BAD;
	for (size_t i = 0; i < 3; i++) {
		if (code.at[i] < '0' || code.at[i] > '9')
			return BAD;
		head->status = head->status * 10 + (code.at[i] - '0');
	}
	if (c->at < c->end && *c->at == '\r')
		return expect(c, "\r\n", BAD);
	r = take(c, is_value, '\r', &reason);
	return r > 0 ? expect(c, "\n", BAD) : r;
}

static struct http_slice
trim(struct http_slice s)
{
	while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t')) {
		s.at++;
		s.len--;
	}
	while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static int
field(struct cursor *c, struct http_head *head)
{
	struct http_field *f = &head->fields[head->count];
	int r = take(c, http_is_tchar, ':', &f->name);

	if (r <= 0)
		return r;
	if (c->at < c->end && *c->at == '\r')
		f->value = (struct http_slice){c->at++, 0};
	else
		r = take(c, is_value, '\r', &f->value);
	if (r > 0)
		r = expect(c, "\n", BAD);
	if (r > 0) {
		f->value = trim(f->value);
		head->count++;
	}
	return r;
}

static int
parse(struct cursor *c, struct http_head *head, int (*start_line)(struct cursor *, struct http_head *))
{
	int r = start_line(c, head);

	while (r > 0) {
		if (c->at == c->end)
			return MORE;
		if (*c->at == '\r')
			return expect(c, "\r\n", BAD);
		if (head->count == HTTP_FIELDS_MAX)
			return TOO_LARGE;
		r = field(c, head);
	}
	return r;
}

static int
head_parse(struct http_head *head, const char *data, size_t len, int (*start_line)(struct cursor *, struct http_head *))
{
	size_t most = len < HTTP_HEAD_MAX ? len : HTTP_HEAD_MAX;
	struct cursor c = {data, data + most};
	int r;

	head->status = 0;
	head->count = 0;
	r = parse(&c, head, start_line);
	if (r == MORE && most == HTTP_HEAD_MAX)
		return TOO_LARGE;
	return r > 0 ? (int)(c.at - data) : r;
}

int
http_request(struct http_head *head, const char *data, size_t len)
{
	return head_parse(head, data, len, request_line);
}

int
http_response(struct http_head *head, const char *data, size_t len)
{
	return head_parse(head, data, len, status_line);
}

bool
http_is(struct http_slice s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.at, text, s.len) == 0;
}

bool
http_equal(struct http_slice s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

size_t
http_find(const struct http_head *head, const char *name, struct http_slice *value)
{
	size_t found = 0;

	for (size_t i = 0; i < head->count; i++)
		if (http_is(head->fields[i].name, name) && found++ == 0)
			*value = head->fields[i].value;
	return found;
}

bool
http_is_host(struct http_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (!(http_is_tchar(c) || (c && strchr("():;=,[]", c))) || c == '^' || c == '`' || c == '|' || c == '#')
			return false;
	}
	return s.len > 0;
}

bool
http_list(struct http_slice *list, struct http_slice *element)
{
	do {
		const char *comma;

		if (list->len == 0)
			return false;
		comma = memchr(list->at, ',', list->len);
		element->at = list->at;
		element->len = comma ? (size_t)(comma - list->at) : list->len;
		list->at += element->len;
		list->len -= element->len;
		if (comma) {
			list->at++;
			list->len--;
		}
		*element = trim(*element);
	} while (element->len == 0);
	return true;
}

bool
http_lists(const struct http_head *head, const char *name, const char *token)
{
	for (size_t i = 0; i < head->count; i++) {
		struct http_slice list = head->fields[i].value, element;

		if (!http_is(head->fields[i].name, name))
			continue;
		while (http_list(&list, &element))
			if (http_is(element, token))
				return true;
	}
	return false;
}

void
http_target(struct http_slice target, struct http_slice *path, struct http_slice *query)
{
	const char *end = target.at + target.len, *p = target.at, *mark;

	if (p < end && *p != '/') { /* absolute form: RFC 9112, 3.2.2; RFC 3986, 3 */
		const char *scheme = p;

		while (scheme < end && (is_alnum(*scheme) || strchr("+-.", *scheme)))
			scheme++;
		if (end - scheme >= 3 && memcmp(scheme, "://", 3) == 0) /* the authority ends at the path, or at the query */
			for (p = scheme + 3; p < end && *p != '/' && *p != '?'; p++)
				;
	}
	mark = memchr(p, '?', (size_t)(end - p));
	*path = (struct http_slice){p, (size_t)((mark ? mark : end) - p)};
	if (path->len == 0)
		*path = (struct http_slice){"/", 1};
	*query = mark ? (struct http_slice){mark + 1, (size_t)(end - mark - 1)} : (struct http_slice){end, 0};
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986, 2.1. A `+` stays what it is: names may have one. */
static int
percent_decode(struct http_slice s, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		int c = (unsigned char)s.at[i];

		if (c == '%') {
			int high = s.len - i > 2 ? hex(s.at[i + 1]) : -1;
			int low = s.len - i > 2 ? hex(s.at[i + 2]) : -1;

			if (high < 0 || low < 0)
				return -2;
			c = high << 4 | low;
			i += 2;
		}
		if (c == 0 || n + 1 >= size)
			return -2;
		out[n++] = (char)c;
	}
	out[n] = 0;
	return (int)n;
}

int
http_query(struct http_slice query, const char *name, char *out, size_t size)
{
	size_t want = strlen(name);

	while (query.len > 0) {
		const char *amp = memchr(query.at, '&', query.len);
		size_t len = amp ? (size_t)(amp - query.at) : query.len;

		if (len > want && query.at[want] == '=' && memcmp(query.at, name, want) == 0)
			return percent_decode((struct http_slice){query.at + want + 1, len - want - 1}, out, size);
		query.at += amp ? len + 1 : len;
		query.len -= amp ? len + 1 : len;
	}
	return -1;
}
