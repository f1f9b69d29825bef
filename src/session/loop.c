#include "session/loop.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "session/loop_inside.h"
#include "session/request.h"
#include "sys/roster.h"
#include "sys/signals.h"
#include "sys/status.h"

#define READ_LEAST (16 << 10)
#define READ_MOST (256 << 10)
#define TRIM_MS 1000      /* of silence, after which memory is given back */
#define STATUS_MS 30000   /* each status wakes the service manager */
#define LEAVE_MS 700      /* for what was sent to arrive: watchers are to know of the end within a second */
#define LEAVE_STEP_MS 10
#define STORE_LOOK_MS 200 /* between two looks whether the store is there, */
#define STORE_AWAY_MS 500 /* and how long one may be put off while it is away */

enum {
	IN,
	OUT,
	BUS,
	WATCH,
	AUTH,
	POLLED,
};

static void
set_clock(struct loop *l)
{
	session_clock(&l->session, clock_ms(), clock_wall_ms());
}

static void
lost(struct loop *l)
{
	if (!l->session.reason)
		l->session.reason = "the connection was lost";
	l->session.phase = SESSION_OVER;
}

static void
read_client(struct loop *l)
{
	struct session *s = &l->session;
	size_t want = ws_want(&s->ws) + FRAME_HEAD_MAX;
	ssize_t n = io_read(l->io, &s->in, want < READ_LEAST ? READ_LEAST : want > READ_MOST ? READ_MOST : want);

	if (n > 0)
		session_heard(s);
	else if (n == 0)
		session_eof(s);
	else if (errno != EAGAIN)
		lost(l);
}

static void
write_client(struct loop *l)
{
	struct session *s = &l->session;

	while (buf_len(&s->out) > 0 && s->phase != SESSION_OVER) {
		if (io_write(l->io, &s->out) > 0)
			session_progress(s);
		else if (errno == EAGAIN)
			return;
		else
			lost(l);
	}
	if (s->phase != SESSION_ENDING)
		return;
	io_shut(l->io);
	if (!l->io->in_socket)
		session_eof(s); /* only a socket, closed with bytes unread, would take back what was written */
}

static void
read_bus(struct loop *l)
{
	struct bus_news news;

	for (int i = 0; i < LOOP_TURN_MAX; i++) {
		switch (bus_next(l->bus, &news)) {
		case BUS_NOTHING:
			return;
		case BUS_RECORD:
			session_record(&l->session, &news.record, &news.from, news.pid);
			break;
		case BUS_GONE:
			session_gone(&l->session, &news.from, news.pid);
			break;
		}
		loop_perform(l);
	}
	l->more = true;
}

static void
read_watch(struct loop *l)
{
	struct name user;
	bool online;

	watch_look(l->watch);
	while (session_has_room(&l->session, NAME_LEN_MAX * 2) && watch_next(l->watch, &user, &online))
		session_presence(&l->session, &user, online);
}

/* What goes out is in the spool before. If that can't be, a kill in the next moment may lose what has no receipt, and that is all.
 * When the client has said its last, the store may take what it has not got: before the client, knowing that, comes anew. */
static void
save(struct loop *l)
{
	struct session *s = &l->session;
	struct unsaved *u = &s->unsaved;
	bool last = s->phase >= SESSION_ENDING;

	if (l->released)
		return;
	if (l->spool.size >= SPOOL_MOST && !u->fresh)
		unsaved_again(s);
	if (last)
		unsaved_last(s);
	if (buf_len(&u->records) > 0 && spool_add(&l->spool, &s->user, &u->records, u->fresh, s->now) == 0) {
		u->fresh = false;
	} else if (buf_len(&u->records) > 0 && !l->unspooled) {
		log_line(LOG_WARNING, "what the store has not confirmed can't be spooled: %m");
		l->unspooled = true;
	}
	buf_clear(&u->records);
	if (last && unsaved_any(s))
		spool_release(&l->spool);
	else if (last)
		spool_remove(&l->spool);
	l->released = last;
}

static void
send(struct loop *l)
{
	save(l);
	bus_flush(l->bus);
}

/* The endpoint goes as soon as what was sent has arrived. */
static void
leave(struct loop *l)
{
	const struct session *s = &l->session;
	/* Pongs may be on their way, or the store's answers. */
	bool waits = (s->phase == SESSION_CLOSING && s->inbox.count > 0) || (s->keeper.pid && unsaved_any(s));

	if (!l->left_at)
		l->left_at = s->now;
	if (!l->hidden && ((!waits && bus_settled(l->bus)) || s->now - l->left_at >= LEAVE_MS)) {
		if (!unsaved_any(s))
			spool_remove(&l->spool); /* before the folder goes with the endpoint */
		bus_hide(l->bus);
		l->hidden = true;
	}
}

/* What others need to know or have cleaned, now and then. */
static void
keep_house(struct loop *l)
{
	struct session *s = &l->session;

	if (s->phase != SESSION_IN) {
		leave(l);
		return;
	}
	if (s->now - l->store_at >= STORE_LOOK_MS)
		loop_look_for_store(l);
	if (s->now - l->told_at >= STATUS_MS && (s->messages_in != l->told_in || s->messages_out != l->told_out))
		loop_tell_status(l);
	if (s->now - l->swept_at >= ROSTER_SWEEP_SECONDS * 1000) {
		roster_clear(&s->user);
		l->swept_at = s->now;
	}
}

static int
timeout(struct loop *l)
{
	struct session *s = &l->session;
	int64_t at = session_deadline(s), until;

	if (l->watch && watch_busy(l->watch))
		at = clock_sooner(at, s->now + WATCH_INTERVAL);
	if (l->bus && bus_busy(l->bus))
		at = clock_sooner(at, s->now + BUS_LOOK_INTERVAL);
	if (s->phase == SESSION_IN && s->keeper.expected && !s->keeper.pid)
		at = clock_sooner(at, l->store_at + STORE_AWAY_MS);
	if (!l->trimmed)
		at = clock_sooner(at, l->busy_at + TRIM_MS);
	if (l->more)
		at = s->now;
	if (l->left_at && !l->hidden && (at < 0 || at > s->now + LEAVE_STEP_MS || s->phase == SESSION_OVER))
		at = s->now + LEAVE_STEP_MS;
	if (at < 0)
		return -1;
	until = at - s->now;
	return until < 0 ? 0 : until > 60000 ? 60000 : (int)until;
}

/* Waits for the world. */
static void
wait(struct loop *l, struct pollfd polled[POLLED], const sigset_t *during)
{
	struct session *s = &l->session;
	int ms = timeout(l), n;
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	polled[IN] = (struct pollfd){.fd = l->io->in, .events = session_wants_input(s) ? POLLIN : 0};
	if (!polled[IN].events && (!l->io->in_socket || s->eof || s->phase == SESSION_OVER))
		polled[IN].fd = -1; /* or the end that has been seen would wake us for ever */
	polled[OUT] = (struct pollfd){.fd = buf_len(&s->out) > 0 && s->phase != SESSION_OVER ? l->io->out : -1, .events = POLLOUT};
	polled[BUS] = (struct pollfd){.fd = l->bus ? bus_fd(l->bus) : -1, .events = POLLIN};
	polled[WATCH] = (struct pollfd){.fd = l->watch && watch_busy(l->watch) ? watch_fd(l->watch) : -1, .events = POLLIN};
	polled[AUTH] = (struct pollfd){.fd = l->auth.fd, .events = ask_auth_writes(&l->auth) ? POLLOUT : POLLIN};
	n = ppoll(polled, POLLED, ms < 0 ? NULL : &t, during);
	if (n > 0) {
		l->busy_at = s->now;
		l->trimmed = false;
	} else if (n == 0 && !l->more && !l->trimmed && s->now + ms >= l->busy_at + TRIM_MS) {
		session_trim(&l->session);
		if (!unsaved_any(&l->session))
			spool_remove(&l->spool);
		malloc_trim(0); /* else the C library keeps it */
		l->trimmed = true;
	}
	l->more = false;
	if (n < 0 && errno == EINVAL) { /* more descriptors than the limit that was lowered under us: ask each in turn */
		t = (struct timespec){.tv_nsec = LEAVE_STEP_MS * 1000000L};
		nanosleep(&t, NULL);
	}
	for (int i = 0; i < POLLED && n <= 0; i++)
		polled[i].revents = n < 0 && errno == EINVAL ? polled[i].events : 0;
}

static void
turn(struct loop *l, const struct pollfd polled[POLLED])
{
	struct session *s = &l->session;

	set_clock(l);
	if (signals_end() && !s->term_at)
		session_term(s);
	if (signals_kick())
		session_kick(s);
	if (polled[IN].revents && session_wants_input(s))
		read_client(l);
	else if (polled[IN].revents & (POLLERR | POLLHUP))
		lost(l);
	if (l->bus)
		read_bus(l);
	if (polled[AUTH].revents)
		loop_hear_auth(l);
	session_tick(s);
	loop_perform(l);
	if (l->watch)
		read_watch(l);
	session_turn(s);
	if (l->bus) {
		if (bus_busy(l->bus))
			bus_look(l->bus);
		send(l);
	}
	write_client(l);
	session_turn(s);
	loop_perform(l);
	if (l->bus) {
		send(l);
		keep_house(l);
	}
}

static int
to_status(int error)
{
	return error == EPERM || error == ENOENT || error == ENOTDIR || error == EACCES ? EX_CONFIG : EX_TEMPFAIL;
}

int
loop_run(const struct conf *conf, struct io *io, const struct peer *peer, int error)
{
	static struct loop l;
	struct pollfd polled[POLLED];
	struct session *s = &l.session;
	sigset_t during;

	signals_take(&during, true);
	l.io = io;
	spool_init(&l.spool);
	ask_auth_init(&l.auth);
	session_init(s, conf, peer, (long)getpid(), clock_ms(), clock_wall_ms());
	if (error) {
		l.status = to_status(error);
		request_refuse(s, 503, "the service can't take anyone: its runtime directory is not usable");
	}
	while (s->phase != SESSION_OVER || (l.bus && !l.hidden)) {
		wait(&l, polled, &during);
		turn(&l, polled);
	}
	status_leave();
	if (l.bus)
		status_journal(s->user.text, s->peer.address, s->reason, s->messages_in, s->messages_out);
	return l.status;
}
