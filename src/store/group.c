#include "store/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/desk.h"
#include "sys/roster.h"

#define GROUP_RECORDS 4096 /* in one group, */
#define GROUP_BYTES (4 << 20)
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
static struct buf unclaimed; /* receipts whose users were not there */

static bool
is_online(const struct name *user)
{
	pid_t pids[ROSTER_CONNECTIONS_MAX];

	return roster_listed(user, pids) > 0;
}

static int
take(const struct bus_news *news)
{
	if (count == cap) {
		size_t more = cap ? 2 * cap : 64;
		struct asked *grown = reallocarray(asked, more, sizeof *grown);

		if (!grown)
			return -1;
		asked = grown;
		cap = more;
	}
	asked[count] = (struct asked){.from = news->from, .pid = news->pid, .at = buf_len(&taken)};
	if (record_encode(&news->record, &taken) < 0)
		return -1;
	count++;
	return 0;
}

static bool
take_all(struct bus *bus)
{
	enum bus_event event;
	struct bus_news news;

	while (count < GROUP_RECORDS && buf_len(&taken) < GROUP_BYTES) {
		event = bus_next(bus, &news);
		if (event == BUS_NOTHING)
			return false;
		if (event == BUS_RECORD && take(&news) < 0)
			return true;
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
		if (reply->owed && reach.count == 0)
			record_encode(&r, &unclaimed);
	}
	desk_clear(&desk);
}

bool
group_run(struct bus *bus, struct db *db)
{
	bool more = take_all(bus);

	if (count == 0 && buf_len(&unclaimed) == 0)
		return false;
	desk.db = db;
	desk.now = clock_wall_ms();
	desk.online = is_online;
	if (!do_all(db)) {
		say(db);
		db_abandon(db);
		desk_clear(&desk);
		desk.failed = false;
		each(desk_refuse, false);
	}
	answer_all(bus);
	buf_clear(&taken);
	buf_trim(&taken);
	count = 0;
	return more || buf_len(&unclaimed) > 0;
}

void
group_tidy(struct db *db)
{
	if (db_begin(db) < 0)
		return;
	if (db_prune(db, clock_wall_ms(), PRUNE) < 0 || db_commit(db) < 0) {
		say(db);
		db_abandon(db);
	}
}
