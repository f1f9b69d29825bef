#include "session/talk.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "session/ask.h"
#include "session/hear.h"
#include "sys/token.h"
#include "ws/utf8.h"

#define STRIKES_LEAST 10 /* refused messages before a client counts as one that does not listen */
#define GROWN (4 << 10)  /* bytes */

bool
talk_allowed(struct session *s, size_t grown, const char *ref)
{
	int64_t full = s->conf->burst * 1000, cost = 1000 * (1 + (int64_t)(grown / GROWN));

	if (cost > full)
		cost = full; /* or it could never be let in */

	s->tokens += (s->now - s->tokens_at) * s->conf->rate;
	s->tokens_at = s->now;
	if (s->tokens >= full) {
		s->tokens = full;
		s->strikes = 0;
	}
	if (s->tokens >= cost) {
		s->tokens -= cost;
		return true;
	}
	s->strikes += cost / 1000;
	if (s->strikes > s->conf->burst + STRIKES_LEAST)
		session_close(s, WS_POLICY, "slow_down was not heeded");
	else
		session_error(s, MSG_SLOW_DOWN, "over the limit of messages a second", ref);
	return false;
}

void
talk_login(struct session *s, const struct name *user)
{
	if (s->phase == SESSION_OPEN) {
		s->user = *user;
		session_do(s, SESSION_JOIN)->user = *user;
	} else if (name_equal(&s->user, user)) {
		hear_welcome(s, 0);
	} else {
		session_error(s, MSG_LOGIN_FAILED, "this connection is another user's", s->msg.ref);
	}
}

/* A login that is not good: who is logged in already goes on with the token that it has. */
static void
login_failed(struct session *s, const char *why)
{
	session_error(s, MSG_LOGIN_FAILED, why, s->msg.ref);
	if (s->phase == SESSION_OPEN)
		session_close(s, SESSION_LOGIN_FAILED, "the login was refused");
}

void
talk_trust(struct session *s, int64_t until)
{
	int64_t ends_at = s->now + until * 1000 - (int64_t)s->time;

	if (ends_at > s->ends_at)
		s->ends_at = ends_at;
}

static void
login_by_token(struct session *s, const char *token)
{
	const struct conf *conf = s->conf;
	struct name user;
	int64_t until;
	const char *why = token_check(&conf->keys, token, strlen(token), conf->audience, (int64_t)(s->time / 1000), &user, &until);

	if (!why && s->msg.has_user && !name_equal(&user, &s->msg.user))
		why = "the token is another user's";
	if (!why && s->phase == SESSION_IN && !name_equal(&user, &s->user))
		why = "this connection is another user's";
	if (why) {
		login_failed(s, why);
		return;
	}
	talk_trust(s, until);
	talk_login(s, &user);
}

/* Of the password nothing stays: not in what the client sent, nor in what was made of it. */
static void
forget_password(struct session *s)
{
	sodium_memzero((char *)s->msg.password, strlen(s->msg.password));
	sodium_memzero((char *)s->keeper.said, s->keeper.said_len);
	s->keeper.said_len = 0;
	deflate_forget(&s->deflate);
}

static void
login_by_password(struct session *s)
{
	const char *fault = s->msg.has_user ? login_password_fault(s->msg.password) : "user: must be a name";
	struct login l = {.user = s->msg.user};

	if (fault) {
		session_error(s, MSG_BAD_FIELD, fault, s->msg.ref);
	} else if (s->phase == SESSION_IN && !name_equal(&l.user, &s->user)) {
		login_failed(s, "this connection is another user's");
	} else {
		memcpy(l.password, s->msg.password, strlen(s->msg.password));
		password_ask(s, &l, PASSWORD_LOGIN);
	}
	forget_password(s);
}

/* Somebody may have mistyped it: they may try again, for as long as they may take to log in. */
void
talk_answered(struct session *s, const struct login_answer *a)
{
	char why[PASSWORD_WHY_SIZE];

	if (a->error == MSG_OK) {
		login_by_token(s, a->token);
		return;
	}
	password_why(why, a);
	session_error(s, a->error, why, s->msg.ref);
}

static void
login(struct session *s)
{
	if (s->conf->auth != CONF_OPEN && s->msg.token)
		login_by_token(s, s->msg.token);
	else if (s->conf->auth == CONF_PASSWORD && s->msg.password)
		login_by_password(s);
	else if (s->conf->auth != CONF_OPEN)
		login_failed(s, s->conf->auth == CONF_TOKEN ? "token: a token is asked for here" : "password: is asked for here");
	else if (s->msg.has_user)
		talk_login(s, &s->msg.user);
	else
		session_error(s, MSG_BAD_FIELD, "user: must be a name", s->msg.ref);
}

/* The message gets its id and its text; who it reaches, session_sent is told. */
static void
private_message(struct session *s)
{
	const struct msg *m = &s->msg;
	uint8_t random[ID_RANDOM_SIZE];
	struct session_action *action;

	if (m->has_sender && !name_equal(&m->sender, &s->user)) {
		session_error(s, MSG_FORGED_SENDER, "sender: is not who is logged in", m->ref);
		return;
	}
	randombytes_buf(random, sizeof random);
	id_next(&s->last_id, s->time, random);
	if (msg_private(session_text(s), &s->last_id, &s->user, &m->receiver, m->text, s->time) < 0) {
		session_error(s, MSG_UNAVAILABLE, "no memory", m->ref);
		return;
	}
	s->sending = (struct record){
		.kind = RECORD_MESSAGE,
		.status = keeper_flags(s, &m->receiver),
		.prev = chain_last(&s->keeper.chain, &m->receiver, keeper_is_there(s)),
		.id = s->last_id,
		.time = s->time,
		.sender = s->user,
		.receiver = m->receiver,
		.ref = m->ref,
		.ref_len = strlen(m->ref),
		.payload = (const char *)buf_at(&s->text),
		.payload_len = buf_len(&s->text),
	};
	action = session_do(s, keeper_holds(s, s->sending.status) ? SESSION_FIND : SESSION_SEND);
	action->user = m->receiver;
	action->record = s->sending;
}

static void
signal_user(struct session *s, const struct name *to, enum record_kind kind, uint8_t status)
{
	struct session_action *action = session_do(s, SESSION_SEND);

	action->user = *to;
	action->record = (struct record){
		.kind = kind,
		.status = status,
		.id = s->msg.id,
		.time = s->time,
		.sender = s->user,
		.receiver = *to,
	};
}

/* The store, if it is there, tells the sender. */
static void
read_up_to(struct session *s)
{
	signal_user(s, &s->msg.sender, RECORD_RECEIPT, RECORD_READ);
	if (keeper_is_there(s))
		s->todo[(s->todo_first + s->todo_count - 1) % SESSION_TODO_MAX].user = name_store();
}

static void
typing(struct session *s)
{
	signal_user(s, &s->msg.receiver, RECORD_TYPING, s->msg.active);
}

static void
who(struct session *s)
{
	session_do(s, SESSION_LIST);
}

static void
watch(struct session *s)
{
	session_do(s, SESSION_WATCH);
}

static void
unwatch(struct session *s)
{
	session_do(s, SESSION_UNWATCH);
}

static void
pong(struct session *s)
{
	msg_pong(session_text(s));
	session_say(s);
}

static const struct {
	bool logged_in; /* only then */
	void (*handle)(struct session *s);
} handlers[MSG_TYPES] = {
	[MSG_LOGIN] = {false, login},
	[MSG_PRIVATE_MESSAGE] = {true, private_message},
	[MSG_READ] = {true, read_up_to},
	[MSG_TYPING] = {true, typing},
	[MSG_WHO] = {true, who},
	[MSG_WATCH] = {true, watch},
	[MSG_UNWATCH] = {true, unwatch},
	[MSG_PING] = {false, pong},
	[MSG_HISTORY] = {true, ask_store},
	[MSG_SEARCH] = {true, ask_store},
	[MSG_BLOCK] = {true, ask_store},
	[MSG_UNBLOCK] = {true, ask_store},
};

void
talk_welcome(struct session *s, int64_t pending)
{
	hear_welcome(s, pending);
	session_welcomed(s);
	if (s->resume)
		handlers[s->msg.type].handle(s);
	s->resume = false;
}

void
session_joined(struct session *s, int error)
{
	if (error == 0) {
		s->phase = SESSION_IN;
		s->phase_at = s->now;
		keeper_begin(s);
		return;
	}
	if (error == EUSERS) {
		session_error(s, MSG_LOGIN_FAILED, "this user has too many connections", s->msg.json ? s->msg.ref : "");
		session_close(s, SESSION_TOO_MANY, "this user has too many connections");
	} else {
		session_error(s, MSG_UNAVAILABLE, "the service can't take anybody at present", s->msg.json ? s->msg.ref : "");
		session_close(s, WS_TRY_LATER, "the service can't take anybody at present");
	}
}

/* In open mode a message that says who it is from logs the connection in; the message itself comes after that. */
static bool
logs_in(const struct session *s)
{
	return s->conf->auth == CONF_OPEN && s->msg.type == MSG_PRIVATE_MESSAGE && s->msg.has_sender;
}

static enum msg_error
parse(struct session *s, enum ws_event kind, const char *data, size_t len)
{
	msg_free(&s->msg);
	if (kind == WS_BINARY && !utf8_is(data, len)) {
		s->msg = (struct msg){.ref = "", .detail = "not UTF-8"};
		return MSG_BAD_JSON;
	}
	return msg_parse(&s->msg, data, len);
}

void
talk_message(struct session *s, enum ws_event kind, const struct ws_slice *message)
{
	enum msg_error error = parse(s, kind, (const char *)message->data, message->len);
	size_t grown = message->len > message->wire ? message->len - (size_t)message->wire : 0;

	s->keeper.said = (const char *)message->data;
	s->keeper.said_len = message->len;
	if (!talk_allowed(s, grown, s->msg.ref))
		return;
	if (error != MSG_OK) {
		session_error(s, error, s->msg.detail, s->msg.ref);
		return;
	}
	if (s->phase == SESSION_OPEN && logs_in(s)) {
		s->resume = true;
		talk_login(s, &s->msg.sender);
		return;
	}
	if (handlers[s->msg.type].logged_in && s->phase != SESSION_IN) {
		session_error(s, MSG_NOT_LOGGED_IN, "log in first", s->msg.ref);
		return;
	}
	handlers[s->msg.type].handle(s);
}
