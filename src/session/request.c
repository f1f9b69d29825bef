#include "session/request.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "session/bearer.h"
#include "session/door.h"
#include "session/page.h"
#include "session/post.h"
#include "session/talk.h"
#include "ws/extension.h"
#include "ws/handshake.h"
#include "ws/http.h"

#define RESPONSE_HEAD_MAX (1024 + JWT_MAX) /* a cookie may have a token */
#define DATE_SIZE 32
#define LINES_MAX (EXTENSION_LINE_MAX + sizeof "Sec-WebSocket-Protocol: " BEARER_PROTOCOL "\r\n")

static const struct {
	int status;
	const char *phrase, *fields;
} statuses[] = {
	{200, "OK", ""},
	{400, "Bad Request", ""},
	{401, "Unauthorized", "WWW-Authenticate: Bearer realm=\"chat\"\r\n"},
	{403, "Forbidden", ""},
	{404, "Not Found", ""},
	{405, "Method Not Allowed", ""},
	{408, "Request Timeout", ""},
	{411, "Length Required", ""},
	{413, "Content Too Large", ""},
	{415, "Unsupported Media Type", ""},
	{426, "Upgrade Required", "Upgrade: websocket\r\nSec-WebSocket-Version: " HANDSHAKE_VERSION "\r\n"},
	{429, "Too Many Requests", ""},
	{431, "Request Header Fields Too Large", ""},
	{500, "Internal Server Error", ""},
	{503, "Service Unavailable", ""},
	{505, "HTTP Version Not Supported", ""},
};

#define STATUSES (sizeof statuses / sizeof *statuses)

/* `fields` are further lines. A 426 has an Upgrade among its lines, which Connection must name (RFC 9110, 7.8). */
struct response {
	int status;
	const char *type, *fields;
	const void *body;
	size_t len;
	bool head_only;
};

/* RFC 9110, 5.6.7; in the C locale, which the program keeps. */
static void
http_date(char text[DATE_SIZE], uint64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, DATE_SIZE, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

static void
respond(struct session *s, const struct response *r, const char *why)
{
	char head[RESPONSE_HEAD_MAX], date[DATE_SIZE];
	size_t i = 0;
	int n;

	while (i < STATUSES - 1 && statuses[i].status != r->status)
		i++;
	http_date(date, s->time);
	n = snprintf(head, sizeof head,
	             "HTTP/1.1 %d %s\r\n"
	             "Date: %s\r\n"
	             "Connection: %sclose\r\n"
	             "Content-Type: %s\r\n"
	             "Content-Length: %zu\r\n"
	             "X-Content-Type-Options: nosniff\r\n"
	             "Cache-Control: no-cache\r\n"
	             "%s%s\r\n",
	             r->status, statuses[i].phrase, date, r->status == 426 ? "Upgrade, " : "", r->type, r->len, statuses[i].fields,
	             r->fields);
	s->progress_at = s->now;
	if (n > 0 && (size_t)n < sizeof head && buf_add(&s->out, head, (size_t)n) == 0 && !r->head_only)
		buf_add(&s->out, r->body, r->len);
	buf_clear(&s->in);
	session_do(s, SESSION_READY); /* a start that ends before READY=1 would count as failed */
	session_end(s, why);
}

void
request_answer_head(struct session *s, int status, const char *type, const char *fields, const char *text, bool head_only)
{
	char line[256];
	int n = snprintf(line, sizeof line, "%s\n", text);
	struct response r = {status, type, fields, line, (size_t)n, head_only};

	respond(s, &r, "answered");
}

void
request_answer(struct session *s, int status, const char *type, const char *fields, const char *text)
{
	request_answer_head(s, status, type, fields, text, false);
}

static void
respond_text(struct session *s, int status, const char *text, const char *fields, bool head_only)
{
	request_answer_head(s, status, "text/plain; charset=utf-8", fields, text, head_only);
	s->reason = text;
}

void
request_refuse(struct session *s, int status, const char *why)
{
	respond_text(s, status, why, "", false);
}

/* Permessage-deflate, if the client offers it, without context in either direction: so that nothing of it has to be kept
 * between two messages. The line for the response. */
static void
begin_websocket(struct session *s, const struct http_head *head, char line[EXTENSION_LINE_MAX])
{
	static const struct deflate_params policy = {true, true, DEFLATE_WINDOW_BITS_MAX, DEFLATE_WINDOW_BITS_MAX};
	struct deflate_params agreed;
	struct deflate *deflate = NULL;

	*line = 0;
	if (s->conf->deflate && extension_accept(head, &policy, &agreed, line) > 0) {
		deflate = &s->deflate;
		deflate_init(deflate, &agreed, true);
	}
	ws_init(&s->ws, WS_SERVER, (size_t)s->conf->max_message, deflate);
}

/* Who asks, as the request says. */
struct who {
	bool known;
	struct name name;
	int64_t until; /* seconds since 1970; 0: no token says it */
};

/* Whether the query names the user, and rightly. */
static int
read_user(struct who *who, struct http_slice query, const char **why)
{
	char user[NAME_LEN_MAX + 1];
	int n = http_query(query, "user", user, sizeof user);

	who->known = n >= 0;
	if (n == -1 || (n >= 0 && name_make(&who->name, user, (size_t)n) == 0))
		return 101;
	*why = "user: not a name";
	return 400;
}

/* A token that came with the request; without one the client has to log in, and may not be named yet. */
static int
read_token(const struct session *s, struct who *who, const struct http_head *head, struct http_slice query, const char **why)
{
	const struct conf *conf = s->conf;
	struct http_slice origin;
	struct bearer b;
	struct name name;

	bearer_find(&b, head, query);
	if (!b.text && !who->known)
		return 101;
	*why = b.text ? NULL : "a token is asked for: a name alone will not do";
	if (b.by_cookie && http_find(head, "Origin", &origin) != 1)
		*why = "a cookie counts only where a browser says from which page it comes (Origin)";
	if (!*why)
		*why = token_check(&conf->keys, b.text, b.len, conf->audience, (int64_t)(s->time / 1000), &name, &who->until);
	if (!*why && who->known && !name_equal(&who->name, &name))
		*why = "user: the token is another user's";
	if (*why)
		return 401;
	who->name = name;
	who->known = true;
	return 101;
}

static void
upgrade(struct session *s, const struct http_head *head, struct http_slice query, size_t len)
{
	char response[HANDSHAKE_RESPONSE_MAX], lines[LINES_MAX] = "";
	struct who who = {0};
	const char *why, *no;
	int status = handshake_check(head, &why);
	size_t n;

	if (status == 101)
		status = read_user(&who, query, &why);
	if (status == 101 || status == 426) { /* so that who looks with a browser is told why its WebSocket is refused */
		int door = door_check(s->conf, &s->peer, head, &s->secure, &no);

		if (door != 101) {
			status = door;
			why = no;
		}
	}
	if (status == 101 && buf_len(&s->in) > len) {
		status = 400;
		why = "bytes after the head: a client waits for the answer";
	}
	if (status == 101 && s->conf->auth != CONF_OPEN)
		status = read_token(s, &who, head, query, &why);
	if (status != 101) {
		respond_text(s, status, why, status == 405 ? "Allow: GET\r\n" : "", http_equal(head->method, "HEAD"));
		return;
	}
	begin_websocket(s, head, lines);
	if (bearer_offers_protocol(head))
		strcat(lines, "Sec-WebSocket-Protocol: " BEARER_PROTOCOL "\r\n");
	n = handshake_response(head, lines, response, sizeof response);
	buf_add(&s->out, response, n);
	buf_clear(&s->in);
	s->phase = SESSION_OPEN;
	s->phase_at = s->progress_at = s->now;
	session_do(s, SESSION_READY);
	if (who.until)
		talk_trust(s, who.until);
	if (who.known)
		talk_login(s, &who.name);
}

static void
plain(struct session *s, const struct http_head *head, struct http_slice path, size_t len)
{
	bool head_only = http_equal(head->method, "HEAD");
	struct http_slice host;
	size_t hosts = http_find(head, "Host", &host);

	if (hosts > 1 || (hosts == 0 && head->minor >= 1))
		respond_text(s, 400, hosts ? "Host given twice" : "no Host", "", head_only);
	else if (hosts == 1 && !http_is_host(host))
		respond_text(s, 400, "Host is not a host", "", head_only);
	else if (post_is(path))
		post_read(s, head, path, len);
	else if (!http_equal(path, "/") && !http_equal(path, "/healthz"))
		respond_text(s, 404, "no such page; the WebSocket is at /ws", "", head_only);
	else if (!head_only && !http_equal(head->method, "GET"))
		respond_text(s, 405, "only GET and HEAD", "Allow: GET, HEAD\r\n", false);
	else if (http_equal(path, "/healthz"))
		respond_text(s, 200, "ok", "", head_only);
	else
		respond(s, &(struct response){200, "text/html; charset=utf-8", page_fields, page_data, page_size, head_only}, "page");
}

void
request_left(struct session *s)
{
	session_end(s, "the client left before its request was complete");
	session_do(s, SESSION_READY);
}

void
request_read(struct session *s)
{
	struct http_head head;
	struct http_slice path, query;
	int n = http_request(&head, (char *)buf_at(&s->in), buf_len(&s->in));

	if (n == 0) {
		if (s->eof)
			request_left(s);
		return;
	}
	if (n < 0) {
		request_refuse(s, -n, n == -431 ? "the head is over 8 KiB or has over 64 fields"
		                      : n == -505 ? "HTTP/1.1 is spoken here" : "not an HTTP request");
		return;
	}
	http_target(head.target, &path, &query);
	if (http_equal(path, "/ws"))
		upgrade(s, &head, query, (size_t)n);
	else
		plain(s, &head, path, (size_t)n);
}
