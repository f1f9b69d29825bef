/* What the session says is to be done. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "session/loop_inside.h"
#include "sys/roster.h"
#include "sys/sandbox.h"
#include "sys/status.h"


void
loop_tell_status(struct loop *l)
{
	const struct session *s = &l->session;
	char since[MSG_TIME_SIZE];

	msg_time(since, s->since);
	status_say("%s from %s since %s, %llu in, %llu out", s->user.text, *s->peer.address ? s->peer.address : "nowhere", since,
	           (unsigned long long)s->messages_in, (unsigned long long)s->messages_out);
	l->told_in = s->messages_in;
	l->told_out = s->messages_out;
	l->told_at = s->now;
}

void
loop_look_for_store(struct loop *l)
{
	bool expected;
	pid_t pid;

	l->store_at = l->session.now;
	if (!l->session.conf->store)
		return;
	pid = roster_store(&expected);
	session_store(&l->session, expected, pid);
}

/* All that needs the rest of the bus, then the sandbox, then nng, whose threads are born in it. An errno, or 0. */
static int
enter_bus(struct loop *l, const struct name *user)
{
	roster_sweep_if_due();
	if (roster_prepare(user) < 0)
		return errno;
	if (sandbox_confine(user->text) < 0) {
		roster_abandon(user);
		return errno;
	}
	return bus_join(&l->bus, user) < 0 || watch_init(&l->watch) < 0 ? errno : 0;
}

static void
join(struct loop *l, const struct name *user)
{
	struct session *s = &l->session;
	int error = enter_bus(l, user);

	if (error == 0) {
		status_title(user->text);
		status_journal(user->text, s->peer.address, NULL, 0, 0);
		loop_tell_status(l);
		l->swept_at = s->now;
		loop_look_for_store(l);
	} else if (error != EUSERS) {
		log_line(LOG_ERR, "%s can't join the bus: %s", user->text, strerror(error));
		l->status = EX_TEMPFAIL;
	}
	session_joined(s, error);
}

static void
list(struct loop *l)
{
	struct name *users = NULL;
	size_t count = 0;

	if (roster_users(&users, &count) < 0)
		session_error(&l->session, MSG_UNAVAILABLE, "the list can't be read", l->session.msg.ref);
	else
		session_listed(&l->session, users, count);
	free(users);
}

static void
watch(struct loop *l, bool on)
{
	const struct msg *m = &l->session.msg;
	const struct cJSON *at = NULL;
	struct name user;

	if (!m->users && on)
		watch_add(l->watch, NULL);
	else if (!m->users)
		watch_remove(l->watch, NULL);
	while (m->users && msg_next_user(m, &at, &user)) {
		if (!on)
			watch_remove(l->watch, &user);
		else if (watch_add(l->watch, &user) < 0) {
			session_error(&l->session, errno == E2BIG ? MSG_TOO_LARGE : MSG_UNAVAILABLE,
			              errno == E2BIG ? "users: over 4096 are watched by name" : "no memory", m->ref);
			break;
		}
	}
}

/* Without chat-auth there is nobody to ask; past its limit of connections systemd hangs up. */
static void
ask_auth(struct loop *l)
{
	ask_auth_end(&l->auth); /* a question that was given up */
	if (ask_auth_begin(&l->auth, &l->session.password.request) == 0)
		return;
	log_line(LOG_WARNING, "chat-auth can't be asked: %m");
	session_answered(&l->session, NULL, 0);
}

void
loop_hear_auth(struct loop *l)
{
	struct ask_auth *a = &l->auth;
	int r = password_is_asked(&l->session) ? ask_auth_go_on(a) : -1;

	if (r == 0)
		return;
	session_answered(&l->session, r > 0 ? (char *)buf_at(&a->in) : NULL, buf_len(&a->in));
	ask_auth_end(a);
}

static void
find(struct bus_reach *reach, const struct name *user)
{
	pid_t pids[ROSTER_CONNECTIONS_MAX];

	*reach = (struct bus_reach){.full = roster_pids(user, pids)};
}

void
loop_perform(struct loop *l)
{
	struct session_action action;
	struct bus_reach reach;

	for (int i = 0; i < LOOP_TURN_MAX || l->session.todo_count > 0; i++) {
		switch (session_step(&l->session, &action)) {
		case SESSION_WAIT:
			return;
		case SESSION_READY:
			status_ready();
			break;
		case SESSION_JOIN:
			join(l, &action.user);
			break;
		case SESSION_SEND:
			bus_send(l->bus, &action.user, action.pid, &action.record, &reach);
			if (action.record.kind == RECORD_MESSAGE)
				session_sent(&l->session, &reach);
			break;
		case SESSION_FIND:
			find(&reach, &action.user);
			session_sent(&l->session, &reach);
			break;
		case SESSION_KEEP:
			bus_send(l->bus, &action.user, action.pid, &action.record, &reach);
			session_kept(&l->session, &reach);
			break;
		case SESSION_LIST:
			list(l);
			break;
		case SESSION_WATCH:
			watch(l, true);
			break;
		case SESSION_UNWATCH:
			watch(l, false);
			break;
		case SESSION_ASK_AUTH:
			ask_auth(l);
			break;
		}
	}
	l->more = true;
}

