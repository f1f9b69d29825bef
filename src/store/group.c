#include "store/group.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/adopt.h"
#include "store/desk.h"
#include "store/question.h"
#include "sys/roster.h"
#include "sys/spool.h"

#define GROUP_RECORDS 4096 /* in one group, */
#define GROUP_BYTES (4 << 20)
#define SMALL 8            /* records */
#define PRUNE 64
#define SAY_MS 10000       /* between two lines about the same trouble */

/* A record of the group, as it came: what it is answered with, should the group fail. */
struct asked {
	struct name from;
	pid_t pid;
	size_t at;
};

static struct desk desk;
static struct buf taken;     /* the records of the group, */
static struct asked *asked;  /* and whose they are */
static size_t count, cap;
static bool small = true;    /* so was the last group */
static struct buf unclaimed; /* receipts whose users were not there */
static int *spools;          /* that records of the group were adopted from */
static size_t spool_count, spool_cap;

static bool
is_online(const struct name *user)
{
	pid_t pids[ROSTER_CONNECTIONS_MAX];

	return roster_listed(user, pids) > 0;
}

static int
take(const struct record *r, const struct name *from, pid_t pid)
{
	struct asked *grown = array_room(asked, count, &cap, sizeof *grown);

	if (!grown)
		return -1;
	asked = grown;
	asked[count] = (struct asked){.from = *from, .pid = pid, .at = buf_len(&taken)};
	if (record_encode(r, &taken) < 0)
		return -1;
	count++;
	return 0;
}

static void
take_left(void *user, const struct record *r)
{
	take(r, user, DESK_NOBODY);
}

static void
take_spool(void *user, const struct buf *records, int fd)
{
	int *grown = array_room(spools, spool_count, &spool_cap, sizeof *grown);

	if (!grown) {
		close(fd);
		return;
	}
	spools = grown;
	spools[spool_count++] = fd;
	adopt(user, records, take_left, user);
}

/* What connections of a user that are gone have left: before anything that a later one says. */
static void
take_spools(void *context, const struct name *user)
{
	struct name name = *user;

	(void)context;
	spool_find(user, take_spool, &name);
}

static bool
take_all(struct bus *bus)
{
	struct bus_news news;

	while (count < GROUP_RECORDS && buf_len(&taken) < GROUP_BYTES) {
		switch (bus_next(bus, &news)) {
		case BUS_NOTHING:
			return false;
		case BUS_GONE:
			take_spools(NULL, &news.from);
			break;
		case BUS_RECORD:
			if (news.record.kind == RECORD_LOGIN)
				take_spools(NULL, &news.record.sender);
			if (take(&news.record, &news.from, news.pid) < 0)
				return true;
		}
	}
	return true;
}

static void
each(void (*what)(struct desk *, const struct record *, const struct name *, pid_t), bool until_failed)
{
	struct record r;

	for (size_t i = 0; i < count && !(until_failed && desk.failed); i++)
		if (record_decode(&r, buf_at(&taken) + asked[i].at, buf_len(&taken) - asked[i].at) > 0)
			what(&desk, &r, &asked[i].from, asked[i].pid);
}

static void
owe_all(void)
{
	struct record r;

	for (size_t at = 0; at < buf_len(&unclaimed) && !desk.failed;) {
		int n = record_decode(&r, buf_at(&unclaimed) + at, buf_len(&unclaimed) - at);

		if (n < 0)
			break;
		desk_owe(&desk, &r);
		at += (size_t)n;
	}
}

/* All of the group, or nothing. */
static bool
do_all(struct db *db)
{
	desk_begin(&desk);
	desk.failed = db_begin(db) < 0;
	owe_all();
	each(desk_record, true);
	if (!desk.failed && db_commit(db) == 0) {
		buf_clear(&unclaimed);
		return true;
	}
	return false;
}

static void
say(const struct db *db)
{
	static int64_t said;

	if (said && clock_ms() - said < SAY_MS)
		return;
	said = clock_ms();
	log_line(LOG_ERR, "nothing can be kept at present: %s", db_why(db));
}

static void
answer_all(struct bus *bus)
{
	struct bus_reach reach;
	struct record r;

	for (size_t i = 0; i < desk.count; i++) {
		const struct desk_reply *reply = &desk.replies[i];

		if (record_decode(&r, buf_at(&desk.records) + reply->at, buf_len(&desk.records) - reply->at) < 0)
			continue;
		bus_send(bus, &reply->to, reply->pid, &r, &reach);
		if (r.kind == RECORD_ANSWER && reply->pid && reach.full > 0) {
			question_full(&r, &desk.text);
			bus_send(bus, &reply->to, reply->pid, &r, &reach);
		}
		if (reply->owed && reach.count == 0)
			record_encode(&r, &unclaimed);
	}
	desk_clear(&desk);
}

static void
leave_spools(void (*how)(int fd))
{
	for (size_t i = 0; i < spool_count; i++)
		how(spools[i]);
	spool_count = 0;
}

static void
leave(int fd)
{
	close(fd);
}

void
group_begin(void)
{
	desk.link = (uint32_t)clock_wall_ms() | 1;
	desk.online = is_online;
	roster_each(take_spools, NULL);
}

bool
group_run(struct bus *bus, struct db *db)
{
	bool more = take_all(bus);

	if (count > 0)
		small = count <= SMALL;
	desk.ticks = clock_ms();
	desk_remind(&desk);
	answer_all(bus);
	if (count == 0 && buf_len(&unclaimed) == 0)
		return false;
	desk.db = db;
	desk.now = clock_wall_ms();
	if (do_all(db)) {
		leave_spools(spool_taken);
	} else {
		say(db);
		db_abandon(db);
		desk_fail(&desk);
		each(desk_refuse, false);
		leave_spools(leave);
	}
	answer_all(bus);
	buf_clear(&taken);
	buf_trim(&taken);
	count = 0;
	return more || buf_len(&unclaimed) > 0;
}

void
group_end(struct bus *bus, struct db *db)
{
	roster_each(take_spools, NULL);
	group_run(bus, db);
	bus_flush(bus);
}

bool
group_was_small(void)
{
	return small;
}

bool
group_waits(void)
{
	return desk.remind.count > 0;
}

bool
group_tidy(struct db *db)
{
	int pruned;

	if (db_begin(db) < 0)
		return false;
	pruned = db_prune(db, clock_wall_ms(), PRUNE);
	if (pruned >= 0 && db_commit(db) == 0)
		return pruned == PRUNE;
	say(db);
	db_abandon(db);
	return false;
}
