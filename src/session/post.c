/* Logging in and out over HTTP, for browsers: the token becomes a cookie that no script can read. */
#include "session/post.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/scan.h"
#include "session/bearer.h"
#include "session/door.h"
#include "session/password.h"
#include "session/request.h"
#include "sys/token.h"
#include "ws/utf8.h"

#define TEXT "text/plain; charset=utf-8"
#define COOKIE "Set-Cookie: " BEARER_COOKIE
#define COOKIE_POLICY "; Path=/; HttpOnly; SameSite=Strict"
#define FIELDS_SIZE (JWT_MAX + 256)
#define LENGTH_DIGITS 18

static const char *const modes[] = {[CONF_OPEN] = "open", [CONF_TOKEN] = "token", [CONF_PASSWORD] = "password"};

bool
post_is(struct http_slice path)
{
	return http_equal(path, "/login") || http_equal(path, "/logout");
}

static void
refuse(struct session *s, int status, const char *why)
{
	request_answer(s, status, TEXT, "", why);
}

/* How long the body is, from Content-Length alone: chunks are for what has no end in sight. A status, if it can't be taken. */
static int
body_length(const struct http_head *head, size_t *len, const char **why)
{
	struct http_slice value;
	char text[LENGTH_DIGITS + 1];
	size_t count = http_find(head, "Content-Length", &value);
	long long n;

	*why = "the body must have a length (Content-Length)";
	if (http_find(head, "Transfer-Encoding", &(struct http_slice){0}) > 0 || count == 0)
		return 411;
	*why = "Content-Length is not a length";
	if (count > 1 || value.len > LENGTH_DIGITS)
		return 400;
	memcpy(text, value.at, value.len);
	text[value.len] = 0;
	if (scan_number(text, 0, INT64_MAX, &n) < 0)
		return 400;
	*why = "the body is over 4096 bytes";
	*len = (size_t)n;
	return n > POST_BODY_MAX ? 413 : 200;
}

/* Whether a media type is that one, whatever its parameters. */
static bool
is_type(const struct http_head *head, const char *type)
{
	struct http_slice value;
	const char *end;

	if (http_find(head, "Content-Type", &value) != 1)
		return false;
	end = memchr(value.at, ';', value.len);
	if (end)
		value.len = (size_t)(end - value.at);
	while (value.len > 0 && value.at[value.len - 1] == ' ')
		value.len--;
	return http_is(value, type);
}

/* application/x-www-form-urlencoded: as a query, but that a + is a space. */
static const char *
read_form(struct login *l, char *body, size_t len)
{
	struct http_slice form = {body, len};
	char user[NAME_LEN_MAX + 1];
	int n;

	*l = (struct login){0};
	for (size_t i = 0; i < len; i++)
		if (body[i] == '+')
			body[i] = ' ';
	n = http_query(form, "user", user, sizeof user);
	if (n < 0 || name_make(&l->user, user, (size_t)n) < 0)
		return "user: must be a name";
	n = http_query(form, "password", l->password, sizeof l->password);
	return n < 0 ? "password: is missing, or over 1024 bytes" : login_password_fault(l->password);
}

static void
login(struct session *s, const struct http_head *head, char *body, size_t len)
{
	struct login l = {0};
	const char *fault;

	if (!utf8_is(body, len))
		fault = "not UTF-8";
	else if (is_type(head, "application/json"))
		fault = login_parse(&l, body, len);
	else
		fault = read_form(&l, body, len);
	sodium_memzero(body, len);
	if (fault) {
		refuse(s, 400, fault);
		login_forget(&l);
		return;
	}
	buf_clear(&s->in);
	password_ask(s, &l, PASSWORD_POST);
}

static void
logout(struct session *s)
{
	request_answer(s, 200, TEXT, COOKIE COOKIE_POLICY "; Max-Age=0\r\n", "logged out");
}

/* What is wrong with the request, but for its body. */
static int
look(struct session *s, const struct http_head *head, bool in, size_t *len, const char **why)
{
	int door;

	*why = "there are no passwords here";
	if (in && s->conf->auth != CONF_PASSWORD)
		return 404;
	door = door_check(s->conf, &s->peer, head, &s->secure, why);
	if (door != 101)
		return door;
	if (!in && http_find(head, "Content-Length", &(struct http_slice){0}) == 0 &&
	    http_find(head, "Transfer-Encoding", &(struct http_slice){0}) == 0)
		return 200; /* nothing to say but that */
	return body_length(head, len, why);
}

/* How one logs in here; and as whom, if the request brings a token. */
static void
tell(struct session *s, const struct http_head *head, bool head_only)
{
	const struct conf *conf = s->conf;
	char text[NAME_LEN_MAX + 16];
	struct bearer b;
	struct name user = {0};
	int64_t until;

	bearer_find(&b, head, (struct http_slice){0});
	if (b.text && token_check(&conf->keys, b.text, b.len, conf->audience, (int64_t)(s->time / 1000), &user, &until))
		user = (struct name){0};
	snprintf(text, sizeof text, "%s%s%s", modes[conf->auth], user.len ? " " : "", user.text);
	request_answer_head(s, 200, TEXT, "", text, head_only);
}

void
post_read(struct session *s, const struct http_head *head, struct http_slice path, size_t len)
{
	bool in = http_equal(path, "/login"), get = http_equal(head->method, "GET"), head_only = http_equal(head->method, "HEAD");
	size_t body = 0;
	const char *why;
	int status = 405;

	if (in && (get || head_only)) {
		tell(s, head, head_only);
		return;
	}
	if (http_equal(head->method, "POST"))
		status = look(s, head, in, &body, &why);
	if (status == 405) {
		request_answer_head(s, 405, TEXT, in ? "Allow: GET, HEAD, POST\r\n" : "Allow: POST\r\n", "only POST", head_only);
	} else if (status != 200) {
		refuse(s, status, why);
	} else if (buf_len(&s->in) - len > body) {
		refuse(s, 400, "bytes after the body");
	} else if (buf_len(&s->in) - len < body) {
		if (s->eof)
			request_left(s);
	} else if (in && !is_type(head, "application/json") && !is_type(head, "application/x-www-form-urlencoded")) {
		refuse(s, 415, "the body must be application/json or application/x-www-form-urlencoded");
	} else if (in) {
		login(s, head, (char *)buf_at(&s->in) + len, body);
	} else {
		logout(s);
	}
}

/* The token is believed as any other is: by its signature. */
static void
let_in(struct session *s, const char *token)
{
	char fields[FIELDS_SIZE];
	int64_t now = (int64_t)(s->time / 1000), until;
	struct buf text = {0};
	struct name user;

	if (token_check(&s->conf->keys, token, strlen(token), s->conf->audience, now, &user, &until) ||
	    login_done_put(&text, &user, until - JWT_SKEW) < 0 || buf_add(&text, "", 1) < 0) {
		refuse(s, 503, "the token that chat-auth gave is not good here");
	} else {
		snprintf(fields, sizeof fields, COOKIE "%s" COOKIE_POLICY "; Max-Age=%" PRId64 "%s\r\n", token, until - JWT_SKEW - now,
		         s->secure ? "; Secure" : "");
		request_answer(s, 200, "application/json", fields, (const char *)buf_at(&text));
		sodium_memzero(fields, sizeof fields);
	}
	buf_free(&text);
}

void
post_answered(struct session *s, const struct login_answer *a)
{
	char why[PASSWORD_WHY_SIZE], fields[64] = "";

	password_why(why, a);
	if (a->error == MSG_SLOW_DOWN)
		snprintf(fields, sizeof fields, "Retry-After: %" PRId64 "\r\n", a->wait);
	if (a->error == MSG_OK)
		let_in(s, a->token);
	else
		request_answer(s, a->error == MSG_LOGIN_FAILED ? 401 : a->error == MSG_SLOW_DOWN ? 429 : 503, TEXT, fields, why);
}
