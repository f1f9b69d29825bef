#include "extension.h"

#include <stdio.h>
#include <string.h>

#define FIELD "Sec-WebSocket-Extensions"
#define NAME "permessage-deflate"

/* The characters that are left of a field's value. */
struct scanner {
	const char *at, *end;
};

static void
skip_space(struct scanner *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
		s->at++;
}

/* Takes that delimiter, and the white space around it. */
static bool
skip(struct scanner *s, char delimiter)
{
	skip_space(s);
	if (s->at == s->end || *s->at != delimiter)
		return false;
	s->at++;
	skip_space(s);
	return true;
}

static bool
token(struct scanner *s, struct http_slice *t)
{
	const char *start = s->at;

	while (s->at < s->end && http_is_tchar(*s->at))
		s->at++;
	*t = (struct http_slice){start, (size_t)(s->at - start)};
	return t->len > 0;
}

static void
add(struct extension_param *p, char c)
{
	if (p->len < EXTENSION_VALUE_MAX)
		p->value[p->len] = c;
	if (p->len <= EXTENSION_VALUE_MAX)
		p->len++;
}

/* RFC 6455, 9.1: what is quoted must be a token, too, after the quoting is taken off. */
static bool
quoted(struct scanner *s, struct extension_param *p)
{
	for (s->at++; s->at < s->end && *s->at != '"'; s->at++) {
		if (*s->at == '\\' && ++s->at == s->end)
			return false;
		if (!http_is_tchar(*s->at))
			return false;
		add(p, *s->at);
	}
	if (s->at == s->end || p->len == 0)
		return false;
	s->at++;
	return true;
}

static bool
value(struct scanner *s, struct extension_param *p)
{
	struct http_slice t;

	if (s->at < s->end && *s->at == '"')
		return quoted(s, p);
	if (!token(s, &t))
		return false;
	for (size_t i = 0; i < t.len; i++)
		add(p, t.at[i]);
	return true;
}

static bool
param(struct scanner *s, struct extension_param *p)
{
	*p = (struct extension_param){0};
	if (!token(s, &p->name))
		return false;
	p->has_value = skip(s, '=');
	return !p->has_value || value(s, p);
}

int
extension_next(struct http_slice *list, struct extension *e)
{
	struct scanner s = {list->at, list->at + list->len};
	struct extension_param p;
	const char *params;

	while (skip(&s, ','))
		;
	if (s.at == s.end)
		return 0;
	if (!token(&s, &e->name))
		return -1;
	params = s.at;
	while (skip(&s, ';'))
		if (!param(&s, &p))
			return -1;
	e->params = (struct http_slice){params, (size_t)(s.at - params)};
	skip_space(&s);
	if (s.at < s.end && *s.at != ',')
		return -1;
	*list = (struct http_slice){s.at, (size_t)(s.end - s.at)};
	return 1;
}

bool
extension_param(struct http_slice *params, struct extension_param *p)
{
	struct scanner s = {params->at, params->at + params->len};

	if (!skip(&s, ';') || !param(&s, p))
		return false;
	*params = (struct http_slice){s.at, (size_t)(s.end - s.at)};
	return true;
}

bool
extension_well_formed(const struct http_head *head)
{
	for (size_t i = 0; i < head->count; i++) {
		struct http_slice list = head->fields[i].value;
		struct extension e;
		int r = 1;

		while (r > 0 && http_is(head->fields[i].name, FIELD))
			r = extension_next(&list, &e);
		if (r < 0)
			return false;
	}
	return true;
}

enum {
	SERVER_NO_CONTEXT,
	CLIENT_NO_CONTEXT,
	SERVER_BITS,
	CLIENT_BITS,
	PARAMS,
};

static const char *const names[PARAMS] = {
	[SERVER_NO_CONTEXT] = "server_no_context_takeover",
	[CLIENT_NO_CONTEXT] = "client_no_context_takeover",
	[SERVER_BITS] = "server_max_window_bits",
	[CLIENT_BITS] = "client_max_window_bits",
};

/* One offer of permessage-deflate, or the answer: which parameters it has, and the number of bits where it says one. */
struct offer {
	bool has[PARAMS];
	uint8_t bits[PARAMS]; /* 0: none is said */
};

/* RFC 7692, 7.1.2: a decimal integer without leading zeros, from 8 to 15. 0 if it is none. */
static uint8_t
window_bits(const struct extension_param *p)
{
	if (p->len == 1 && (p->value[0] == '8' || p->value[0] == '9'))
		return (uint8_t)(p->value[0] - '0');
	if (p->len == 2 && p->value[0] == '1' && p->value[1] >= '0' && p->value[1] <= '5')
		return (uint8_t)(10 + p->value[1] - '0');
	return 0;
}

/* Reads the parameters; false when one is unknown, doubled, or has a value that it may not have (RFC 7692, 7.1). */
static bool
read_offer(struct http_slice params, bool is_response, struct offer *o)
{
	struct extension_param p;

	*o = (struct offer){0};
	while (extension_param(&params, &p)) {
		size_t i = 0;

		while (i < PARAMS && !http_equal(p.name, names[i]))
			i++;
		if (i == PARAMS || o->has[i])
			return false;
		o->has[i] = true;
		if (p.has_value)
			o->bits[i] = window_bits(&p);
		if (i == SERVER_NO_CONTEXT || i == CLIENT_NO_CONTEXT ? p.has_value : p.has_value && !o->bits[i])
			return false;
		if (!p.has_value && (i == SERVER_BITS || (i == CLIENT_BITS && is_response)))
			return false; /* only the offer of client_max_window_bits may go without (7.1.2.2) */
	}
	return true;
}

static uint8_t
fewer(uint8_t offered, uint8_t mine)
{
	return offered && offered < mine ? offered : mine;
}

static size_t
write_line(char line[EXTENSION_LINE_MAX], const struct offer *o)
{
	size_t n = (size_t)snprintf(line, EXTENSION_LINE_MAX, FIELD ": " NAME);

	for (size_t i = 0; i < PARAMS; i++) {
		if (o->bits[i])
			n += (size_t)snprintf(line + n, EXTENSION_LINE_MAX - n, "; %s=%u", names[i], o->bits[i]);
		else if (o->has[i])
			n += (size_t)snprintf(line + n, EXTENSION_LINE_MAX - n, "; %s", names[i]);
	}
	return n + (size_t)snprintf(line + n, EXTENSION_LINE_MAX - n, "\r\n");
}

/* The answer to an offer that can be taken. */
static size_t
answer(const struct offer *o, const struct deflate_params *policy, struct deflate_params *agreed, char line[EXTENSION_LINE_MAX])
{
	struct offer said = {0};

	agreed->server_no_context_takeover = policy->server_no_context_takeover || o->has[SERVER_NO_CONTEXT];
	agreed->client_no_context_takeover = policy->client_no_context_takeover || o->has[CLIENT_NO_CONTEXT];
	agreed->server_max_window_bits = fewer(o->bits[SERVER_BITS], policy->server_max_window_bits);
	/* Without the client's leave its window can't be limited (7.1.2.2). */
	agreed->client_max_window_bits = DEFLATE_WINDOW_BITS_MAX;
	if (o->has[CLIENT_BITS])
		agreed->client_max_window_bits = fewer(o->bits[CLIENT_BITS], policy->client_max_window_bits);
	said.has[SERVER_NO_CONTEXT] = agreed->server_no_context_takeover;
	said.has[CLIENT_NO_CONTEXT] = agreed->client_no_context_takeover;
	if (o->has[SERVER_BITS] || agreed->server_max_window_bits < DEFLATE_WINDOW_BITS_MAX)
		said.bits[SERVER_BITS] = agreed->server_max_window_bits;
	if (agreed->client_max_window_bits < DEFLATE_WINDOW_BITS_MAX)
		said.bits[CLIENT_BITS] = agreed->client_max_window_bits;
	return write_line(line, &said);
}

size_t
extension_accept(const struct http_head *request, const struct deflate_params *policy, struct deflate_params *agreed,
                 char line[EXTENSION_LINE_MAX])
{
	for (size_t i = 0; i < request->count; i++) {
		struct http_slice list = request->fields[i].value;
		struct extension e;
		struct offer o;

		if (!http_is(request->fields[i].name, FIELD))
			continue;
		while (extension_next(&list, &e) > 0)
			if (http_equal(e.name, NAME) && read_offer(e.params, false, &o))
				return answer(&o, policy, agreed, line);
	}
	*line = 0;
	return 0;
}

size_t
extension_offer(const struct deflate_params *wanted, char line[EXTENSION_LINE_MAX])
{
	struct offer said = {
		.has = {
			[SERVER_NO_CONTEXT] = wanted->server_no_context_takeover,
			[CLIENT_NO_CONTEXT] = wanted->client_no_context_takeover,
			[CLIENT_BITS] = true, /* the server may narrow it */
		},
	};

	if (wanted->server_max_window_bits < DEFLATE_WINDOW_BITS_MAX)
		said.bits[SERVER_BITS] = wanted->server_max_window_bits;
	if (wanted->client_max_window_bits < DEFLATE_WINDOW_BITS_MAX)
		said.bits[CLIENT_BITS] = wanted->client_max_window_bits;
	return write_line(line, &said);
}

/* What is wrong with an answer to that offer, or NULL (RFC 7692, 7.1). */
static const char *
answer_fault(const struct offer *o, const struct deflate_params *wanted)
{
	if (wanted->server_no_context_takeover && !o->has[SERVER_NO_CONTEXT])
		return "server_no_context_takeover was asked for and is not in the answer";
	if (wanted->server_max_window_bits < DEFLATE_WINDOW_BITS_MAX && !o->has[SERVER_BITS])
		return "server_max_window_bits was asked for and is not in the answer";
	if (o->bits[SERVER_BITS] > wanted->server_max_window_bits)
		return "server_max_window_bits is more than was asked for";
	return NULL;
}

int
extension_verify(const struct http_head *response, const struct deflate_params *wanted, struct deflate_params *agreed,
                 const char **why)
{
	bool found = false;
	struct offer o;

	*why = NULL;
	for (size_t i = 0; i < response->count && !*why; i++) {
		struct http_slice list = response->fields[i].value;
		struct extension e;
		int r = 0;

		while (!*why && http_is(response->fields[i].name, FIELD) && (r = extension_next(&list, &e)) > 0) {
			if (!http_equal(e.name, NAME))
				*why = "an extension that was not offered";
			else if (found)
				*why = "permessage-deflate twice";
			else if (!read_offer(e.params, true, &o))
				*why = "permessage-deflate with parameters that it may not have";
			else
				*why = answer_fault(&o, wanted);
			found = true;
		}
		if (r < 0)
			*why = "Sec-WebSocket-Extensions is malformed";
	}
	if (*why)
		return -1;
	if (!found)
		return 0;
	*agreed = (struct deflate_params){
		.server_no_context_takeover = o.has[SERVER_NO_CONTEXT],
		.client_no_context_takeover = o.has[CLIENT_NO_CONTEXT] || wanted->client_no_context_takeover,
		.server_max_window_bits = fewer(o.bits[SERVER_BITS], DEFLATE_WINDOW_BITS_MAX),
		.client_max_window_bits = fewer(o.bits[CLIENT_BITS], wanted->client_max_window_bits),
	};
	return 1;
}
