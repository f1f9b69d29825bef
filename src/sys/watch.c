#include "sys/watch.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "sys/roster.h"

#define EVENTS 64

enum state {
	UNKNOWN,
	OFFLINE,
	ONLINE,
};

/* One user that is watched by name or, when all are, is online. */
struct watched {
	struct name name; /* first: the tree compares entries as names */
	bool wanted;      /* by name */
	bool news;        /* is in the queue of news */
	enum state state, told;
	int pidfd;     /* of one of its processes while it is online; -1 */
	unsigned seen; /* the last reading of the directory that had it */
	LIST_ENTRY(watched) all;
	STAILQ_ENTRY(watched) queue;
};

struct watch {
	void *tree;
	LIST_HEAD(, watched) entries;
	STAILQ_HEAD(, watched) news;
	size_t wanted;
	bool all;
	bool blind; /* somebody is online of whom no pidfd could be had: look at each interval */
	int epoll;
	struct timespec changed; /* the directory's time when it was last read */
	bool settled;            /* it was read long enough after that */
	unsigned reading;
};

int
watch_init(struct watch **watch)
{
	struct watch *w = calloc(1, sizeof *w);

	if (!w)
		return -1;
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll < 0) {
		free(w);
		return -1;
	}
	LIST_INIT(&w->entries);
	STAILQ_INIT(&w->news);
	*watch = w;
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return name_order(a, b);
}

static struct watched *
find(const struct watch *w, const struct name *name)
{
	void *node = tfind(name, &w->tree, by_name);

	return node ? *(struct watched **)node : NULL;
}

static struct watched *
find_or_add(struct watch *w, const struct name *name)
{
	struct watched *e = find(w, name);

	if (e)
		return e;
	e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	e->name = *name;
	e->pidfd = -1;
	if (!tsearch(e, &w->tree, by_name)) {
		free(e);
		return NULL;
	}
	LIST_INSERT_HEAD(&w->entries, e, all);
	return e;
}

static void
let_go(struct watched *e)
{
	if (e->pidfd >= 0)
		close(e->pidfd); /* which takes it out of the epoll set, too */
	e->pidfd = -1;
}

/* Forgets an entry that is of no more use: those who only passed by must not stay. */
static void
drop_if_idle(struct watch *w, struct watched *e)
{
	if (e->news || e->wanted || (w->all && e->state == ONLINE))
		return;
	let_go(e);
	tdelete(e, &w->tree, by_name);
	LIST_REMOVE(e, all);
	free(e);
}

/* Takes hold of one live process of the user. */
static void
hold(struct watch *w, struct watched *e)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = e};
	pid_t pids[ROSTER_CONNECTIONS_MAX];
	size_t count = roster_pids(&e->name, pids);

	for (size_t i = 0; i < count && e->pidfd < 0; i++) {
		e->pidfd = pidfd_open(pids[i], 0);
		if (e->pidfd >= 0 && epoll_ctl(w->epoll, EPOLL_CTL_ADD, e->pidfd, &event) < 0)
			let_go(e);
	}
	e->state = count > 0 ? ONLINE : OFFLINE;
	if (count > 0 && e->pidfd < 0)
		w->blind = true;
}

static void
add_news(struct watch *w, struct watched *e)
{
	if (!e->news)
		STAILQ_INSERT_TAIL(&w->news, e, queue);
	e->news = true;
}

/* Finds out whether the user is online, and queues what is new. */
static void
look_at(struct watch *w, struct watched *e)
{
	let_go(e);
	hold(w, e);
	if (e->state != e->told)
		add_news(w, e);
}

static void
see(void *context, const struct name *name)
{
	struct watch *w = context;
	struct watched *e = w->all ? find_or_add(w, name) : find(w, name);

	if (!e)
		return;
	e->seen = w->reading;
	if (e->state != ONLINE)
		look_at(w, e);
	drop_if_idle(w, e);
}

/* Those who came are names in the directory that were not online; those who went are online and not in it. */
static void
look_at_directory(struct watch *w)
{
	struct watched *e, *next;

	if (!roster_changed(".", &w->changed, &w->settled))
		return;
	w->reading++;
	roster_each(see, w);
	for (e = LIST_FIRST(&w->entries); e; e = next) {
		next = LIST_NEXT(e, all);
		if (e->state == ONLINE && e->seen != w->reading)
			look_at(w, e);
	}
}

/* The processes that have ended: the user is offline unless there is another. */
static void
look_at_pidfds(struct watch *w)
{
	struct epoll_event events[EVENTS];
	int n;

	do {
		n = epoll_wait(w->epoll, events, EVENTS, 0);
		for (int i = 0; i < n; i++)
			look_at(w, events[i].data.ptr);
	} while (n == EVENTS);
}

static void
look_at_the_rest(struct watch *w)
{
	struct watched *e;

	w->blind = false;
	LIST_FOREACH(e, &w->entries, all)
		if (e->state == ONLINE && e->pidfd < 0)
			look_at(w, e);
}

void
watch_look(struct watch *w)
{
	if (!watch_busy(w))
		return;
	look_at_pidfds(w);
	if (w->blind)
		look_at_the_rest(w);
	look_at_directory(w);
}

int
watch_add(struct watch *w, const struct name *user)
{
	struct watched *e;

	if (user) {
		e = find(w, user);
		if (w->wanted >= WATCH_NAMES_MAX && !(e && e->wanted)) {
			errno = E2BIG;
			return -1;
		}
		e = find_or_add(w, user);
		if (!e)
			return -1;
		w->wanted += !e->wanted;
		e->wanted = true;
		e->told = UNKNOWN;
		look_at(w, e);
		return 0;
	}
	LIST_FOREACH(e, &w->entries, all) { /* whose states are kept: there is no need to look */
		e->told = UNKNOWN;
		add_news(w, e);
	}
	w->settled = w->settled && w->all;
	w->all = true;
	look_at_directory(w);
	return 0;
}

void
watch_remove(struct watch *w, const struct name *user)
{
	struct watched *e, *next;

	if (user) {
		e = find(w, user);
		if (!e || !e->wanted)
			return;
		e->wanted = false;
		w->wanted--;
		drop_if_idle(w, e);
		return;
	}
	w->all = false;
	for (e = LIST_FIRST(&w->entries); e; e = next) {
		next = LIST_NEXT(e, all);
		drop_if_idle(w, e);
	}
}

bool
watch_busy(const struct watch *w)
{
	return w->all || w->wanted > 0;
}

int
watch_fd(const struct watch *w)
{
	return w->epoll;
}

bool
watch_next(struct watch *w, struct name *user, bool *online)
{
	struct watched *e;

	while ((e = STAILQ_FIRST(&w->news))) {
		bool tell = (w->all || e->wanted) && e->state != e->told && !(e->told == UNKNOWN && e->state == OFFLINE && !e->wanted);

		STAILQ_REMOVE_HEAD(&w->news, queue);
		e->news = false;
		e->told = e->state;
		*user = e->name;
		*online = e->state == ONLINE;
		drop_if_idle(w, e);
		if (tell)
			return true;
	}
	return false;
}

void
watch_finish(struct watch *w)
{
	struct watched *e;

	while ((e = STAILQ_FIRST(&w->news))) {
		STAILQ_REMOVE_HEAD(&w->news, queue);
		e->news = false;
	}
	while ((e = LIST_FIRST(&w->entries))) {
		e->wanted = false;
		e->state = OFFLINE;
		drop_if_idle(w, e);
	}
	close(w->epoll);
	free(w);
}
