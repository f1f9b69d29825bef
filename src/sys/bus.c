#include "sys/bus.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "sys/wire.h"

#define PEERS_USUAL 64   /* lines to others that are kept open */
#define PEERS_MAX 1024
#define QUIET_MS 2000    /* a peer that was sent nothing for so long has what it was sent */
#define DIAL_MS 50       /* a line that takes longer is looked into */
#define DIAL_MAX_MS 2000 /* and given up */
#define GRACE_MS 100     /* after the last letter: it is written, read, and its sender looked up by then */
#define PROVED 256
#define SHORT 512

/* A line to one connection of somebody, and what waits for it. */
struct peer {
	struct name user;
	pid_t pid;
	struct wire_line *line;
	struct buf queue;
	int64_t dialed_at, sent_at;
	unsigned owed; /* messages that it has not answered */
	bool lost;     /* it turned out that nobody is there */
};

/* Which connection an incoming pipe was found to be of. */
struct proof {
	uint32_t pipe;
	pid_t pid;
	struct name user;
};

struct bus {
	struct name me;
	pid_t pid;
	bool hidden;
	struct wire_letter letter; /* that records are being taken out of */
	size_t at;
	struct peer *peers[PEERS_MAX];
	size_t count;
	struct proof proofs[PROVED];
	bool waiting; /* for a proof */
};

static int
open_inbox(const struct bus *bus)
{
	char path[ROSTER_PATH_SIZE];

	roster_path(path, &bus->me, bus->pid);
	return wire_open(path) < 0 ? -1 : roster_settle(&bus->me, bus->pid);
}

int
bus_join(struct bus **out, const struct name *me)
{
	struct bus *bus = calloc(1, sizeof *bus);

	if (!bus) {
		roster_abandon(me);
		return -1;
	}
	bus->me = *me;
	bus->pid = getpid();
	if (open_inbox(bus) < 0) {
		roster_abandon(me);
		free(bus);
		return -1;
	}
	roster_announce();
	*out = bus;
	return 0;
}

int
bus_fd(const struct bus *bus)
{
	(void)bus;
	return wire_fd();
}

static struct peer *
find_peer(const struct bus *bus, const struct name *user, pid_t pid)
{
	for (size_t i = 0; i < bus->count; i++)
		if (bus->peers[i]->pid == pid && name_equal(&bus->peers[i]->user, user))
			return bus->peers[i];
	return NULL;
}

static void
close_peer(struct bus *bus, size_t i)
{
	struct peer *p = bus->peers[i];

	bus->peers[i] = bus->peers[--bus->count];
	wire_hang_up(p->line);
	buf_free(&p->queue);
	free(p);
}

static bool
is_gone(const struct peer *p)
{
	return p->lost || wire_state(p->line) == WIRE_DOWN;
}

/* Closes the line that has been quiet longest, and for `ms`, of those that are owed and owe nothing. */
static void
close_quietest(struct bus *bus, int64_t ms)
{
	int64_t now = clock_ms();
	size_t oldest = bus->count;

	for (size_t i = 0; i < bus->count; i++) {
		const struct peer *p = bus->peers[i];

		if (p->owed == 0 && buf_len(&p->queue) == 0 && wire_ready(p->line) && now - p->sent_at >= ms &&
		    (oldest == bus->count || p->sent_at < bus->peers[oldest]->sent_at))
			oldest = i;
	}
	if (oldest < bus->count)
		close_peer(bus, oldest);
}

static struct peer *
open_peer(struct bus *bus, const struct name *user, pid_t pid)
{
	char path[ROSTER_PATH_SIZE];
	struct peer *p;

	if (bus->count >= PEERS_USUAL)
		close_quietest(bus, bus->count < PEERS_MAX ? QUIET_MS : GRACE_MS);
	p = bus->count < PEERS_MAX ? calloc(1, sizeof *p) : NULL;
	if (!p)
		return NULL;
	p->user = *user;
	p->pid = pid;
	p->dialed_at = p->sent_at = clock_ms();
	roster_path(path, user, pid);
	p->line = wire_dial(path);
	if (!p->line) {
		free(p);
		return NULL;
	}
	bus->peers[bus->count++] = p;
	return p;
}

/* One record may be larger than the whole queue: it is taken when that is empty. */
static bool
has_room(const struct buf *queue, size_t len)
{
	size_t waiting = buf_len(queue), most = BUS_QUEUE_MAX + (len <= SHORT ? BUS_QUEUE_SHORT : 0);

	return waiting == 0 || (waiting < most && len <= most - waiting);
}

/* Puts a record into one peer's queue. 1; 0 if it takes no more; -1 if it is not there. */
static int
queue(struct bus *bus, const struct name *user, pid_t pid, const struct record *record)
{
	struct peer *p = find_peer(bus, user, pid);

	if (!p && !roster_alive(pid))
		return -1;
	if (!p)
		p = open_peer(bus, user, pid);
	if (!p)
		return 0;
	if (is_gone(p))
		return -1;
	if (!has_room(&p->queue, record_size(record)))
		return 0;
	if (record_encode(record, &p->queue) < 0)
		return 0;
	if (record->kind == RECORD_MESSAGE)
		p->owed++;
	return 1;
}

void
bus_send(struct bus *bus, const struct name *user, pid_t pid, const struct record *record, struct bus_reach *reach)
{
	pid_t pids[ROSTER_CONNECTIONS_MAX] = {pid};
	int count = pid ? 1 : roster_listed(user, pids);

	*reach = (struct bus_reach){.full = count < 0};
	for (int i = 0; i < count; i++) {
		int r = pids[i] == bus->pid ? -1 : queue(bus, user, pids[i], record);

		if (r > 0)
			reach->pids[reach->count++] = pids[i];
		reach->full += r == 0;
	}
}

static void
flush_peer(struct peer *p)
{
	if (buf_len(&p->queue) == 0 || is_gone(p) || !wire_ready(p->line) || wire_write(p->line, &p->queue) < 0)
		return;
	buf_trim(&p->queue);
	p->sent_at = clock_ms();
}

static void
flush_peers(struct bus *bus, bool store)
{
	for (size_t i = 0; i < bus->count; i++)
		if (name_is_store(&bus->peers[i]->user) == store)
			flush_peer(bus->peers[i]);
}

/* The store last: it is soon busy with what it gets, and the receiver, for whom somebody waits, would come to the processor
 * behind it. */
void
bus_flush(struct bus *bus)
{
	flush_peers(bus, false);
	flush_peers(bus, true);
}

/* The connection that a letter comes from: the sender's, an operator's or the store's. */
static enum roster_proof
find_proof(struct proof *proof, const struct wire_letter *letter, const struct name *sender)
{
	const struct name may[] = {*sender, name_operator(), name_store()};
	enum roster_proof found = ROSTER_NO;

	*proof = (struct proof){.pipe = letter->pipe, .pid = letter->pid};
	for (size_t i = 0; i < sizeof may / sizeof *may && letter->pid > 0 && found == ROSTER_NO; i++) {
		proof->user = may[i];
		found = roster_proves(&proof->user, proof->pid);
	}
	return found;
}

/* Whether the kernel bears out that a record comes from a connection of its sender: the process at the other end of the
 * pipe listens itself at an endpoint in that user's folder, where nobody else could put one. Found out once a pipe; a
 * pipe that once said what is not so is not listened to again. */
static enum roster_proof
prove(struct bus *bus, struct bus_news *news)
{
	struct proof *proof = &bus->proofs[bus->letter.pipe % PROVED];
	const struct name *sender = &news->record.sender;
	enum roster_proof found = ROSTER_YES;

	if (proof->pipe == bus->letter.pipe && proof->user.len == 0)
		return ROSTER_NO;
	if (proof->pipe != bus->letter.pipe || !(name_equal(&proof->user, sender) || name_is_service(&proof->user)))
		found = find_proof(proof, &bus->letter, sender);
	if (found == ROSTER_NO) {
		log_line(LOG_WARNING, "dropped a record that says it is from %s: process %ld is not a connection of that user",
		         sender->text, (long)bus->letter.pid);
		proof->user = (struct name){0};
	} else if (found == ROSTER_LATER) {
		*proof = (struct proof){0};
	}
	news->from = proof->user;
	news->pid = proof->pid;
	return found;
}

/* An answer to a message has come: it is owed no more. */
static void
settle(struct bus *bus, const struct bus_news *news)
{
	const struct record *r = &news->record;
	struct peer *p;

	if (r->kind != RECORD_REFUSED && !(r->kind == RECORD_RECEIPT && (r->status == RECORD_DELIVERED || r->status == RECORD_STORED)))
		return;
	p = find_peer(bus, &news->from, news->pid);
	if (p && p->owed > 0)
		p->owed--;
}

/* The next record that is what it says, out of the letters that have come. */
static bool
next_record(struct bus *bus, struct bus_news *news)
{
	for (;;) {
		enum roster_proof found;
		int len;

		if (bus->at == bus->letter.len) {
			bus->at = 0;
			bus->letter = (struct wire_letter){0};
			if (!wire_take(&bus->letter))
				return false;
		}
		len = record_decode(&news->record, bus->letter.data + bus->at, bus->letter.len - bus->at);
		found = len < 0 ? ROSTER_NO : news->record.kind == RECORD_UNKNOWN ? ROSTER_YES : prove(bus, news);
		bus->waiting = found == ROSTER_LATER;
		if (found == ROSTER_LATER)
			return false; /* bus_busy: it is looked at again before long */
		if (found == ROSTER_NO) {
			bus->at = bus->letter.len; /* and so is the rest of the letter */
			continue;
		}
		bus->at += (size_t)len;
		if (news->record.kind != RECORD_UNKNOWN) {
			settle(bus, news);
			return true;
		}
	}
}

enum bus_event
bus_next(struct bus *bus, struct bus_news *news)
{
	wire_look();
	if (next_record(bus, news))
		return BUS_RECORD;
	for (size_t i = 0; i < bus->count; i++) {
		if (is_gone(bus->peers[i])) {
			news->from = bus->peers[i]->user;
			news->pid = bus->peers[i]->pid;
			close_peer(bus, i);
			return BUS_GONE;
		}
	}
	return BUS_NOTHING;
}

bool
bus_busy(const struct bus *bus)
{
	for (size_t i = 0; i < bus->count; i++)
		if (wire_state(bus->peers[i]->line) == WIRE_DIALING)
			return true;
	return bus->waiting;
}

/* A line that does not come to stand: the endpoint may be that of an earlier process of this number. */
void
bus_look(struct bus *bus)
{
	int64_t now = clock_ms();

	for (size_t i = 0; i < bus->count; i++) {
		struct peer *p = bus->peers[i];
		int64_t age = now - p->dialed_at;

		if (wire_state(p->line) == WIRE_DIALING && age >= DIAL_MS && (age >= DIAL_MAX_MS || roster_proves(&p->user, p->pid) == ROSTER_NO))
			p->lost = true;
	}
}

void
bus_hide(struct bus *bus)
{
	if (!bus->hidden)
		roster_remove(&bus->me, bus->pid);
	bus->hidden = true;
}

bool
bus_settled(const struct bus *bus)
{
	for (size_t i = 0; i < bus->count; i++) {
		const struct peer *p = bus->peers[i];

		if (!is_gone(p) && (p->owed > 0 || buf_len(&p->queue) > 0 || !wire_ready(p->line) || clock_ms() - p->sent_at < GRACE_MS))
			return false;
	}
	return true;
}
