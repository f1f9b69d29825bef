#include "session/session.h"

#include <string.h>

#include "base/clock.h"
#include "session/hear.h"
#include "session/request.h"
#include "session/sent.h"
#include "session/talk.h"

#define PING_SIZE 8 /* a number in hexadecimal */

void
session_init(struct session *s, const struct conf *conf, const struct peer *peer, long number, int64_t now, uint64_t time)
{
	*s = (struct session){.conf = conf, .peer = *peer, .number = number, .now = now, .time = time};
	s->phase_at = s->heard_at = s->progress_at = s->tokens_at = now;
	s->since = time;
	s->tokens = conf->burst * 1000;
}

void
session_finish(struct session *s)
{
	msg_free(&s->msg);
	deflate_finish(&s->deflate);
	buf_free(&s->in);
	buf_free(&s->out);
	buf_free(&s->held);
	buf_free(&s->text);
	inbox_free(&s->inbox);
	outbox_free(&s->outbox);
	seen_free(&s->seen);
	buf_free(&s->unsaved.records);
	keeper_free(&s->keeper);
	buf_free(&s->password.request);
}

static void
enter(struct session *s, enum session_phase phase)
{
	s->phase = phase;
	s->phase_at = s->now;
}

void
session_clock(struct session *s, int64_t now, uint64_t time)
{
	s->now = now;
	s->time = time;
}

void
session_heard(struct session *s)
{
	s->heard_at = s->now;
	s->pings = 0;
}

void
session_eof(struct session *s)
{
	s->eof = true;
}

void
session_progress(struct session *s)
{
	s->progress_at = s->now;
}

void
session_frame(struct session *s, enum frame_opcode opcode, const void *data, size_t len)
{
	struct buf *out = s->keeper.welcoming && opcode != FRAME_CLOSE ? &s->held : &s->out;
	uint8_t *room = buf_room(out, WS_FRAME_SIZE(len));

	if (buf_len(&s->out) == 0)
		s->progress_at = s->now;
	if (!room) {
		s->reason = "no memory";
		enter(s, SESSION_OVER);
		return;
	}
	buf_added(out, ws_frame(&s->ws, room, opcode, data, len, NULL));
}

void
session_welcomed(struct session *s)
{
	if (s->phase == SESSION_IN && buf_len(&s->held) > 0 && buf_add(&s->out, buf_at(&s->held), buf_len(&s->held)) < 0) {
		s->reason = "no memory";
		enter(s, SESSION_OVER);
	}
	buf_free(&s->held);
}

struct buf *
session_text(struct session *s)
{
	buf_clear(&s->text);
	return &s->text;
}

void
session_say(struct session *s)
{
	if (buf_len(&s->text) > 0 && (s->phase == SESSION_OPEN || s->phase == SESSION_IN))
		session_frame(s, FRAME_TEXT, buf_at(&s->text), buf_len(&s->text));
}

void
session_error(struct session *s, enum msg_error error, const char *detail, const char *ref)
{
	msg_fault(session_text(s), error, detail, ref, strlen(ref));
	session_say(s);
}

struct session_action *
session_do(struct session *s, enum session_do what)
{
	struct session_action *action = &s->todo[(s->todo_first + s->todo_count++) % SESSION_TODO_MAX];

	*action = (struct session_action){.what = what};
	return action;
}

void
session_close(struct session *s, uint16_t code, const char *reason)
{
	uint8_t payload[FRAME_CONTROL_MAX];

	session_frame(s, FRAME_CLOSE, payload, ws_close_payload(payload, code, reason));
	s->reason = reason;
	enter(s, SESSION_CLOSING);
}

void
session_end(struct session *s, const char *reason)
{
	if (!s->reason)
		s->reason = reason;
	enter(s, SESSION_ENDING);
}

bool
session_has_room(const struct session *s, size_t len)
{
	size_t waiting = buf_len(&s->out) + buf_len(&s->held);

	return waiting == 0 || (waiting < SESSION_OUT_MAX && len <= SESSION_OUT_MAX - waiting);
}

void
session_term(struct session *s)
{
	s->term_at = s->now;
	if (s->phase == SESSION_OPEN || s->phase == SESSION_IN)
		session_close(s, WS_GOING_AWAY, "the service is stopping");
	else if (s->phase == SESSION_HEAD)
		request_refuse(s, 503, "the service is stopping");
}

void
session_kick(struct session *s)
{
	if (s->phase == SESSION_OPEN || s->phase == SESSION_IN)
		session_close(s, SESSION_KICKED, "an operator ended the connection");
}

/* The peer's close frame: answered with its own code, as RFC 6455, 5.5.1 advises. */
static void
peer_closed(struct session *s, const struct ws_slice *close)
{
	uint8_t payload[FRAME_CONTROL_MAX];

	if (s->phase != SESSION_CLOSING)
		session_frame(s, FRAME_CLOSE, payload, close->code == WS_NO_STATUS ? 0 : ws_close_payload(payload, close->code, ""));
	session_end(s, "closed by the client");
}

static void
pong(struct session *s, const struct ws_slice *payload)
{
	uint32_t number = 0;

	if (payload->len != PING_SIZE)
		return;
	for (size_t i = 0; i < PING_SIZE; i++) {
		unsigned char c = payload->data[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return;
		number = number << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	if (number - s->pong_seen <= s->ping_sent - s->pong_seen)
		s->pong_seen = number;
}

static void
ping(struct session *s)
{
	static const char digits[] = "0123456789abcdef";
	char payload[PING_SIZE];

	s->ping_sent++;
	for (size_t i = 0; i < PING_SIZE; i++)
		payload[i] = digits[s->ping_sent >> (4 * (PING_SIZE - 1 - i)) & 15];
	session_frame(s, FRAME_PING, payload, sizeof payload);
	s->ping_due = false;
	s->pinged_at = s->now;
}

static void
event(struct session *s, enum ws_event what, const struct ws_slice *slice)
{
	if (what == WS_CLOSE) {
		peer_closed(s, slice);
	} else if (what == WS_FAIL) {
		if (s->phase != SESSION_CLOSING)
			session_close(s, slice->code, slice->why);
		session_end(s, slice->why); /* RFC 6455, 7.1.7: nothing more is to be expected of such a peer */
	} else if (s->phase == SESSION_CLOSING) {
		; /* what came before it saw the close frame */
	} else if (what == WS_PONG) {
		pong(s, slice);
	} else if (what == WS_PING) {
		if (talk_allowed(s, 0, ""))
			session_frame(s, FRAME_PONG, slice->data, slice->len);
	} else {
		talk_message(s, what, slice);
	}
}

/* Whether what the client says next may be looked at: it has to take the answers first. */
static bool
may_go_on(struct session *s)
{
	if (s->phase == SESSION_CLOSING)
		return true;
	return !password_is_asked(s) && (s->phase == SESSION_OPEN || s->phase == SESSION_IN) && buf_len(&s->out) < SESSION_OUT_MAX &&
	       sent_has_room(s) && keeper_lets_read(s);
}

/* Looks at the client's bytes until there is something to do. */
static void
read_client(struct session *s)
{
	struct ws_slice slice;
	enum ws_event what;

	if (s->phase == SESSION_HEAD && !password_is_asked(s))
		request_read(s);
	while (s->todo_count == 0 && may_go_on(s)) {
		what = ws_next(&s->ws, buf_at(&s->in), buf_len(&s->in), &slice);
		if (what == WS_MORE) {
			s->in.end = s->in.start + ws_settle(&s->ws, buf_at(&s->in), buf_len(&s->in));
			if (s->eof)
				session_end(s, "the connection was lost");
			break;
		}
		event(s, what, &slice);
	}
	if (s->phase == SESSION_ENDING)
		buf_clear(&s->in);
}

enum session_do
session_step(struct session *s, struct session_action *action)
{
	if (s->todo_count == 0)
		read_client(s);
	if (s->todo_count == 0)
		hear_pongs(s);
	if (s->todo_count == 0)
		keeper_step(s);
	if (s->todo_count == 0)
		return SESSION_WAIT;
	*action = s->todo[s->todo_first];
	s->todo_first = (s->todo_first + 1) % SESSION_TODO_MAX;
	s->todo_count--;
	return action->what;
}

void
session_turn(struct session *s)
{
	if (s->ping_due && s->phase == SESSION_IN)
		ping(s);
	if (s->phase == SESSION_ENDING && buf_len(&s->out) == 0 && s->eof)
		enter(s, SESSION_OVER);
}

bool
session_wants_input(struct session *s)
{
	if (s->eof || s->phase == SESSION_OVER || password_is_asked(s))
		return false;
	if (s->phase == SESSION_OPEN || s->phase == SESSION_IN)
		return buf_len(&s->out) < SESSION_OUT_MAX && s->outbox.count < OUTBOX_MAX && keeper_lets_read(s);
	return true;
}

int64_t
session_deadline(struct session *s)
{
	int64_t at = s->term_at ? s->term_at + SESSION_CLOSE_MS : -1;
	bool waiting = buf_len(&s->out) > 0;

	if (password_is_asked(s))
		at = clock_sooner(at, s->password.asked_at + PASSWORD_ANSWER_MS);
	switch (s->phase) {
	case SESSION_HEAD:
		return password_is_asked(s) ? at : clock_sooner(at, s->phase_at + s->conf->head_timeout);
	case SESSION_OPEN:
		at = clock_sooner(at, s->phase_at + s->conf->login_timeout);
		/* fall through */
	case SESSION_IN:
		if (waiting)
			at = clock_sooner(at, s->progress_at + s->conf->stall_timeout);
		if (s->ends_at)
			at = clock_sooner(at, s->ends_at);
		at = clock_sooner(at, sent_deadline(s));
		at = clock_sooner(at, keeper_deadline(s));
		if (s->outbox.count == OUTBOX_MAX)
			at = clock_sooner(at, s->now + 100);
		return clock_sooner(at, (s->pings ? s->pinged_at : s->heard_at) + s->conf->ping_interval);
	case SESSION_CLOSING:
		return clock_sooner(at, s->phase_at + SESSION_CLOSE_MS);
	case SESSION_ENDING:
		if (s->end_by)
			return clock_sooner(at, s->end_by);
		if (waiting)
			return clock_sooner(at, s->progress_at + SESSION_PROGRESS_MS);
		return clock_sooner(at, (s->progress_at > s->phase_at ? s->progress_at : s->phase_at) + SESSION_DRAIN_MS);
	default:
		return s->now;
	}
}

/* The client is alive if it says anything at all; it is asked when it has been silent. */
static void
look_for_life(struct session *s)
{
	if (s->now < (s->pings ? s->pinged_at : s->heard_at) + s->conf->ping_interval)
		return;
	if (s->pings == SESSION_PINGS_MAX) {
		session_close(s, SESSION_PING_TIMED_OUT, "two pings were not answered");
		return;
	}
	s->pings++;
	ping(s);
}

void
session_tick(struct session *s)
{
	if (s->now < session_deadline(s))
		return;
	if (password_is_asked(s) && s->now >= s->password.asked_at + PASSWORD_ANSWER_MS) {
		session_answered(s, NULL, 0);
		return;
	}
	switch (s->phase) {
	case SESSION_HEAD:
		request_refuse(s, 408, "the head of the request did not come in time");
		break;
	case SESSION_OPEN:
		if (s->now >= s->phase_at + s->conf->login_timeout) {
			session_close(s, SESSION_LOGIN_TIMED_OUT, "nobody logged in in time");
			break;
		}
		/* fall through */
	case SESSION_IN:
		if (buf_len(&s->out) > 0 && s->now >= s->progress_at + s->conf->stall_timeout) {
			session_close(s, WS_TRY_LATER, "the client took nothing for too long");
			session_end(s, s->reason);
			s->end_by = s->now + SESSION_DRAIN_MS;
			break;
		}
		if (s->ends_at && s->now >= s->ends_at) {
			session_close(s, SESSION_TOKEN_ENDED, "the token has ended");
			break;
		}
		sent_tick(s);
		keeper_tick(s);
		look_for_life(s);
		break;
	case SESSION_CLOSING:
		session_end(s, s->reason);
		break;
	default:
		if (!s->reason)
			s->reason = "the client did not end";
		enter(s, SESSION_OVER);
	}
	if (s->term_at && s->now >= s->term_at + SESSION_CLOSE_MS)
		enter(s, SESSION_OVER);
}

void
session_trim(struct session *s)
{
	buf_trim(&s->in);
	buf_trim(&s->out);
	buf_clear(&s->text);
	buf_trim(&s->text);
	if (!password_is_asked(s))
		msg_free(&s->msg); /* else the answer is to this one */
	deflate_rest(&s->deflate);
	if (s->inbox.count == 0)
		inbox_free(&s->inbox);
	if (s->outbox.count == 0)
		outbox_free(&s->outbox);
}
