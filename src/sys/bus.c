/* The only file that knows nng. Its version 1.5.2 crashes in PUSH when peers die; PAIR1, a poly one to listen and a
 * plain one for each peer, does not, and says when a queue is full. Its threads take messages in and finish sends; all
 * else happens in the caller's thread. */
#include "sys/bus.h"

#include <errno.h>
#include <nng/nng.h>
#include <nng/protocol/pair1/pair.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define RING 64               /* nng messages that were taken in and not looked at */
#define RING_BYTES (1 << 20)  /* and about how many bytes: past that the senders wait */
#define MESSAGE_MAX ((16 << 20) + (1 << 20)) /* of nng: the largest record and a full queue */
#define PEERS_USUAL 64        /* connections to others that are kept open */
#define PEERS_MAX 1024
#define QUIET_MS 2000         /* a peer that was sent nothing for so long has what it was sent */
#define DIAL_MS 300           /* a connection that takes longer is looked into */
#define DIAL_MAX_MS 2000      /* and given up */
#define PROVED 256
#define OPERATOR ".ctl"
#define GRACE_MS 10           /* between nng's taking of a message and its write to the socket */

/* A way to one connection of somebody. Its memory is never freed, for nng's threads may look at it late. */
struct peer {
	bool used;
	struct name user;
	pid_t pid;
	nng_socket socket;
	nng_aio *aio;
	struct buf queue;
	long long dialed_at, sent_at;
	unsigned owed;        /* messages that it has not answered */
	atomic_bool sending;  /* nng has a message that the socket has not taken */
	atomic_bool up, gone; /* the connection stands; has fallen */
};

/* Which connection an incoming pipe was found to belong to. */
struct proof {
	uint32_t pipe;
	pid_t pid;
	struct name user;
};

struct bus {
	struct name me;
	pid_t pid;
	bool hidden;
	int event;
	atomic_bool signalled;
	nng_socket inbox;
	nng_aio *take;

	pthread_mutex_t lock; /* of the ring */
	nng_msg *ring[RING];
	size_t first, count, bytes;
	bool taking;

	nng_msg *open; /* the one that records are being taken out of */
	size_t at;
	struct peer *peers[PEERS_MAX];
	size_t peer_count;
	struct proof proofs[PROVED];
	unsigned long forged;
};

static struct bus *the_bus; /* one in a process: nng gives a callback one pointer, and the peers' is the peer */

static long long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* Wakes the caller's poll, once until it has looked. */
static void
signal_caller(struct bus *bus)
{
	uint64_t one = 1;

	if (!atomic_exchange(&bus->signalled, true) && write(bus->event, &one, sizeof one) < 0)
		log_line(LOG_ERR, "the bus can't wake its session: %m");
}

/* nng's errors as errno. */
static int
to_errno(int error)
{
	switch (error) {
	case 0:
		return 0;
	case NNG_ENOMEM:
		return ENOMEM;
	case NNG_ENOFILES:
		return EMFILE;
	case NNG_EPERM:
		return EACCES;
	default:
		return error & NNG_ESYSERR ? error & ~NNG_ESYSERR : EIO;
	}
}

/* In a thread of nng's: a message has come. The next is asked for while there is room. */
static void
taken(void *argument)
{
	struct bus *bus = argument;
	nng_msg *message;
	bool more;

	if (nng_aio_result(bus->take) != 0)
		return; /* the inbox has been closed */
	message = nng_aio_get_msg(bus->take);
	pthread_mutex_lock(&bus->lock);
	bus->ring[(bus->first + bus->count++) % RING] = message;
	bus->bytes += nng_msg_len(message);
	more = bus->taking = bus->count < RING && bus->bytes < RING_BYTES;
	pthread_mutex_unlock(&bus->lock);
	signal_caller(bus);
	if (more)
		nng_recv_aio(bus->inbox, bus->take);
}

static nng_msg *
next_message(struct bus *bus)
{
	nng_msg *message = NULL;
	bool again = false;

	pthread_mutex_lock(&bus->lock);
	if (bus->count > 0) {
		message = bus->ring[bus->first];
		bus->first = (bus->first + 1) % RING;
		bus->count--;
		bus->bytes -= nng_msg_len(message);
		again = !bus->taking;
		bus->taking = true;
	}
	pthread_mutex_unlock(&bus->lock);
	if (again)
		nng_recv_aio(bus->inbox, bus->take);
	return message;
}

static int
listen_at(struct bus *bus)
{
	char path[ROSTER_PATH_SIZE], url[ROSTER_PATH_SIZE + 8];
	nng_listener listener;
	int error;

	roster_path(path, &bus->me, bus->pid);
	snprintf(url, sizeof url, "ipc://%s", path);
	error = nng_listener_create(&listener, bus->inbox, url);
	if (error == 0)
		error = nng_listener_set_int(listener, NNG_OPT_IPC_PERMISSIONS, 0600);
	if (error == 0)
		error = nng_listener_start(listener, 0);
	return error;
}

/* The folder may be swept away, empty as it is, between its making and the listening: then it is made again. */
static int
open_inbox(struct bus *bus)
{
	int error = nng_pair1_open_poly(&bus->inbox);

	if (error == 0)
		error = nng_socket_set_size(bus->inbox, NNG_OPT_RECVMAXSZ, MESSAGE_MAX);
	if (error == 0)
		error = nng_aio_alloc(&bus->take, taken, bus);
	for (int tries = 0; error == 0; tries++) {
		if (roster_prepare(&bus->me) < 0)
			return -1;
		error = listen_at(bus);
		if (error == 0 || access(bus->me.text, F_OK) == 0 || tries == 10)
			break;
		error = 0;
	}
	if (error) {
		errno = to_errno(error);
		return -1;
	}
	bus->taking = true;
	nng_recv_aio(bus->inbox, bus->take);
	return 0;
}

int
bus_join(struct bus **out, const struct name *me)
{
	struct bus *bus = calloc(1, sizeof *bus);

	if (!bus)
		return -1;
	the_bus = bus;
	bus->me = *me;
	bus->pid = getpid();
	pthread_mutex_init(&bus->lock, NULL);
	bus->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bus->event < 0 || open_inbox(bus) < 0) {
		int kept = errno;

		rmdir(me->text);
		errno = kept;
		return -1; /* what nng has of it stays: the caller ends */
	}
	roster_announce();
	*out = bus;
	return 0;
}

int
bus_fd(const struct bus *bus)
{
	return bus->event;
}

/* In a thread of nng's: the socket has taken what it was sent, or never will. */
static void
sent(void *argument)
{
	struct peer *peer = argument;

	if (nng_aio_result(peer->aio) != 0) {
		nng_msg_free(nng_aio_get_msg(peer->aio));
		nng_aio_set_msg(peer->aio, NULL);
		atomic_store(&peer->gone, true);
	}
	atomic_store(&peer->sending, false);
	signal_caller(the_bus);
}

static void
came_up(nng_pipe pipe, nng_pipe_ev event, void *argument)
{
	struct peer *peer = argument;

	(void)event;
	if (nng_pipe_socket(pipe).id == peer->socket.id)
		atomic_store(&peer->up, true);
}

static void
went_down(nng_pipe pipe, nng_pipe_ev event, void *argument)
{
	struct peer *peer = argument;

	(void)event;
	if (nng_pipe_socket(pipe).id != peer->socket.id)
		return; /* late news of the one that had this place before */
	atomic_store(&peer->gone, true);
	signal_caller(the_bus);
}

static struct peer *
find_peer(const struct bus *bus, const struct name *user, pid_t pid)
{
	for (size_t i = 0; i < bus->peer_count; i++) {
		struct peer *p = bus->peers[i];

		if (p->used && p->pid == pid && name_equal(&p->user, user))
			return p;
	}
	return NULL;
}

static void
close_peer(struct peer *p)
{
	nng_close(p->socket);
	nng_aio_wait(p->aio);
	buf_free(&p->queue);
	p->used = false;
}

/* A place for a new peer: a free one, else that of the peer that has been quiet longest, if the usual number is open. */
static struct peer *
find_place(struct bus *bus)
{
	struct peer *oldest = NULL, *free_place = NULL;
	long long now = now_ms();
	size_t used = 0;

	for (size_t i = 0; i < bus->peer_count; i++) {
		struct peer *p = bus->peers[i];

		used += p->used;
		if (!p->used)
			free_place = p;
		else if (p->owed == 0 && buf_len(&p->queue) == 0 && !atomic_load(&p->sending) && now - p->sent_at >= QUIET_MS &&
		         (!oldest || p->sent_at < oldest->sent_at))
			oldest = p;
	}
	if (used >= PEERS_USUAL && oldest) {
		close_peer(oldest);
		return oldest;
	}
	if (free_place || bus->peer_count == PEERS_MAX)
		return free_place;
	free_place = calloc(1, sizeof *free_place);
	if (free_place && nng_aio_alloc(&free_place->aio, sent, free_place) != 0) {
		free(free_place);
		return NULL;
	}
	if (free_place)
		bus->peers[bus->peer_count++] = free_place;
	return free_place;
}

static int
dial(struct peer *p)
{
	char path[ROSTER_PATH_SIZE], url[ROSTER_PATH_SIZE + 8];
	nng_dialer dialer;
	int error = nng_pair1_open(&p->socket);

	if (error)
		return error;
	roster_path(path, &p->user, p->pid);
	snprintf(url, sizeof url, "ipc://%s", path);
	error = nng_pipe_notify(p->socket, NNG_PIPE_EV_ADD_POST, came_up, p);
	if (error == 0)
		error = nng_pipe_notify(p->socket, NNG_PIPE_EV_REM_POST, went_down, p);
	if (error == 0)
		error = nng_dialer_create(&dialer, p->socket, url);
	if (error == 0)
		error = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
	if (error)
		nng_close(p->socket);
	return error;
}

static struct peer *
open_peer(struct bus *bus, const struct name *user, pid_t pid)
{
	struct peer *p = find_place(bus);

	if (!p)
		return NULL;
	p->user = *user;
	p->pid = pid;
	p->owed = 0;
	p->dialed_at = p->sent_at = now_ms();
	atomic_store(&p->sending, false);
	atomic_store(&p->up, false);
	atomic_store(&p->gone, false);
	if (dial(p) != 0)
		return NULL;
	p->used = true;
	return p;
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
	if (atomic_load(&p->gone))
		return -1;
	if (buf_len(&p->queue) > 0 && record_size(record) > BUS_QUEUE_MAX - buf_len(&p->queue))
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
	size_t count = pid ? 1 : roster_pids(user, pids);

	*reach = (struct bus_reach){0};
	for (size_t i = 0; i < count; i++) {
		int r = pids[i] == bus->pid ? -1 : queue(bus, user, pids[i], record);

		if (r > 0)
			reach->pids[reach->count++] = pids[i];
		reach->full += r == 0;
	}
}

/* Hands a peer's whole queue to nng as one message, unless it still has the last one. */
static void
flush(struct peer *p)
{
	nng_msg *message;

	if (buf_len(&p->queue) == 0 || atomic_load(&p->sending) || atomic_load(&p->gone))
		return;
	if (nng_msg_alloc(&message, 0) != 0)
		return;
	if (nng_msg_append(message, buf_at(&p->queue), buf_len(&p->queue)) != 0) {
		nng_msg_free(message);
		return;
	}
	buf_clear(&p->queue);
	buf_trim(&p->queue);
	p->sent_at = now_ms();
	atomic_store(&p->sending, true);
	nng_aio_set_msg(p->aio, message);
	nng_send_aio(p->socket, p->aio);
}

void
bus_flush(struct bus *bus)
{
	for (size_t i = 0; i < bus->peer_count; i++)
		if (bus->peers[i]->used)
			flush(bus->peers[i]);
}

/* The process that a pipe comes from, and whose connection it is: the sender's, or an operator's. */
static bool
find_proof(struct proof *proof, nng_pipe pipe, const struct name *sender)
{
	uint64_t pid;

	if (nng_pipe_get_uint64(pipe, NNG_OPT_IPC_PEER_PID, &pid) != 0)
		return false;
	*proof = (struct proof){.pipe = pipe.id, .pid = (pid_t)pid, .user = *sender};
	if (roster_proves(sender, proof->pid))
		return true;
	name_service(&proof->user, OPERATOR, strlen(OPERATOR));
	if (roster_proves(&proof->user, proof->pid))
		return true;
	log_line(LOG_WARNING, "dropped a record that says it is from %s: process %ld is not a connection of that user",
	         sender->text, (long)proof->pid);
	*proof = (struct proof){0};
	return false;
}

/* Whether the kernel bears out that a record comes from a connection of its sender: the process at the other end of the
 * pipe (NNG_OPT_IPC_PEER_PID) listens itself at an endpoint in that user's folder, where nobody else could put one.
 * Found out once for a pipe. */
static bool
prove(struct bus *bus, nng_pipe pipe, struct bus_news *news)
{
	struct proof *proof = &bus->proofs[pipe.id % PROVED];
	const struct name *sender = &news->record.sender;

	if (proof->pipe != pipe.id || !(name_equal(&proof->user, sender) || proof->user.text[0] == '.'))
		if (!find_proof(proof, pipe, sender))
			return false;
	news->from = proof->user;
	news->pid = proof->pid;
	return true;
}

static void
settle(struct bus *bus, const struct bus_news *news)
{
	const struct record *r = &news->record;
	struct peer *p;

	if (r->kind != RECORD_REFUSED && !(r->kind == RECORD_RECEIPT && r->status == RECORD_DELIVERED))
		return;
	p = find_peer(bus, &news->from, news->pid);
	if (p && p->owed > 0)
		p->owed--;
}

/* The next record that is what it says, out of the messages that have come. */
static bool
next_record(struct bus *bus, struct bus_news *news)
{
	for (;;) {
		int len;

		if (bus->open && bus->at == nng_msg_len(bus->open)) {
			nng_msg_free(bus->open);
			bus->open = NULL;
		}
		if (!bus->open) {
			bus->open = next_message(bus);
			bus->at = 0;
			if (!bus->open)
				return false;
			continue;
		}
		len = record_decode(&news->record, (char *)nng_msg_body(bus->open) + bus->at, nng_msg_len(bus->open) - bus->at);
		if (len < 0) {
			bus->at = nng_msg_len(bus->open);
			bus->forged++;
			continue;
		}
		bus->at += (size_t)len;
		if (news->record.kind == RECORD_UNKNOWN)
			continue;
		if (!prove(bus, nng_msg_get_pipe(bus->open), news)) {
			bus->forged++;
			continue;
		}
		settle(bus, news);
		return true;
	}
}

enum bus_event
bus_next(struct bus *bus, struct bus_news *news)
{
	uint64_t count;

	if (atomic_load(&bus->signalled)) {
		if (read(bus->event, &count, sizeof count) < 0 && errno != EAGAIN)
			log_line(LOG_ERR, "the bus can't be read: %m");
		atomic_store(&bus->signalled, false);
	}
	if (next_record(bus, news))
		return BUS_RECORD;
	for (size_t i = 0; i < bus->peer_count; i++) {
		struct peer *p = bus->peers[i];

		if (p->used && atomic_load(&p->gone)) {
			news->pid = p->pid;
			close_peer(p);
			return BUS_GONE;
		}
	}
	return BUS_NOTHING;
}

bool
bus_busy(const struct bus *bus)
{
	for (size_t i = 0; i < bus->peer_count; i++)
		if (bus->peers[i]->used && !atomic_load(&bus->peers[i]->up))
			return true;
	return false;
}

/* A connection that does not come to stand: the endpoint may be that of an earlier process of this number. */
void
bus_look(struct bus *bus)
{
	long long now = now_ms();

	for (size_t i = 0; i < bus->peer_count; i++) {
		struct peer *p = bus->peers[i];
		long long age = now - p->dialed_at;

		if (p->used && !atomic_load(&p->up) && age >= DIAL_MS && (age >= DIAL_MAX_MS || !roster_proves(&p->user, p->pid))) {
			atomic_store(&p->gone, true);
			signal_caller(bus);
		}
	}
}

void
bus_hide(struct bus *bus)
{
	if (!bus->hidden)
		roster_remove(&bus->me, bus->pid);
	bus->hidden = true;
}

/* Whether all that was sent has been taken by the sockets, or can't be. */
static bool
is_quiet(const struct bus *bus)
{
	for (size_t i = 0; i < bus->peer_count; i++) {
		const struct peer *p = bus->peers[i];

		if (p->used && !atomic_load(&p->gone) &&
		    (buf_len(&p->queue) > 0 || atomic_load(&p->sending) || now_ms() - p->sent_at < GRACE_MS))
			return false;
	}
	return true;
}

void
bus_leave(struct bus *bus, int ms)
{
	long long end = now_ms() + ms;
	struct timespec nap = {.tv_nsec = 1000000};

	bus_hide(bus);
	while (!is_quiet(bus) && now_ms() < end) {
		bus_flush(bus);
		nanosleep(&nap, NULL);
	}
}

unsigned long
bus_forged(const struct bus *bus)
{
	return bus->forged;
}

/*
 * What nng 1.5.2 needs mended, by the linker's --wrap. Its names start with nni_.
 */

int __real_nni_plat_errno(int number);
int __wrap_nni_plat_errno(int number);
int __wrap_nni_plat_ncpu(void);
int __wrap_nni_posix_resolv_sysinit(void);
void __wrap_nni_posix_resolv_sysfini(void);

/* A peer that ends before the first bytes that nng writes to it is EPIPE, which nng takes for the closing of its own
 * listener: it would never accept again. As a connection that was reset it is what it is, and the next is accepted. */
int
__wrap_nni_plat_errno(int number)
{
	return number == EPIPE ? NNG_ECONNRESET : __real_nni_plat_errno(number);
}

/* nng starts threads for each processor: for one connection those for one are enough. */
int
__wrap_nni_plat_ncpu(void)
{
	return 1;
}

/* And four to look up host names, of which there are none in ipc. */
int
__wrap_nni_posix_resolv_sysinit(void)
{
	return 0;
}

void
__wrap_nni_posix_resolv_sysfini(void)
{
}
