/* The only file that knows nng. Its version 1.5.2 crashes in PUSH when peers die; PAIR1, a poly one to listen and a
 * plain one for each line, does not, and says when it can't take more. Its threads take letters in and finish sends;
 * all else happens in the caller's thread. */
#include "sys/wire.h"

#include <errno.h>
#include <nng/nng.h>
#include <nng/protocol/pair1/pair.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define RING 64                              /* letters that have come and were not looked at */
#define RING_BYTES (1 << 20)                 /* and about how many bytes: past that those who write wait */
#define LETTER_MAX ((16 << 20) + (1 << 20))  /* the largest record, and a queue besides */
#define URL_SIZE 128

/* Its memory is never freed, for nng's threads may look at it late: it is used again. */
struct wire_line {
	nng_socket socket;
	nng_aio *aio;
	atomic_bool sending, up, down;
	struct wire_line *next_free;
};

static struct {
	int event;
	atomic_bool signalled;
	nng_socket socket;
	nng_aio *aio;
	pthread_mutex_t lock; /* of the ring */
	nng_msg *ring[RING];
	size_t first, count, bytes;
	bool taking;
	nng_msg *open; /* the one that the caller looks at */
} inbox = {.event = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

static struct wire_line *free_lines;

/* Wakes the caller's poll, once until it has looked. */
static void
wake(void)
{
	uint64_t one = 1;

	if (!atomic_exchange(&inbox.signalled, true) && write(inbox.event, &one, sizeof one) < 0)
		log_line(LOG_ERR, "the bus can't wake its session: %m");
}

/* In a thread of nng's: a letter has come. The next is asked for while there is room. */
static void
taken(void *argument)
{
	nng_msg *message;
	bool more;

	(void)argument;
	if (nng_aio_result(inbox.aio) != 0)
		return; /* the inbox has been closed */
	message = nng_aio_get_msg(inbox.aio);
	pthread_mutex_lock(&inbox.lock);
	inbox.ring[(inbox.first + inbox.count++) % RING] = message;
	inbox.bytes += nng_msg_len(message);
	more = inbox.taking = inbox.count < RING && inbox.bytes < RING_BYTES;
	pthread_mutex_unlock(&inbox.lock);
	wake();
	if (more)
		nng_recv_aio(inbox.socket, inbox.aio);
}

static int
to_errno(int error)
{
	switch (error) {
	case NNG_ENOMEM:
		return ENOMEM;
	case NNG_ENOFILES:
		return EMFILE;
	case NNG_EPERM:
		return EACCES;
	case NNG_ENOENT:
		return ENOENT;
	default:
		return error & NNG_ESYSERR ? error & ~NNG_ESYSERR : EIO;
	}
}

static int
listen_at(const char *path)
{
	mode_t mask = umask(0117); /* so nng need not change the mode, which the sandbox lets nobody do */
	nng_listener listener;
	char url[URL_SIZE];
	int error;

	snprintf(url, sizeof url, "ipc://%s", path);
	error = nng_listener_create(&listener, inbox.socket, url);
	if (error == 0)
		error = nng_listener_start(listener, 0);
	umask(mask);
	return error;
}

int
wire_open(const char *path)
{
	int error = 0;

	if (inbox.event < 0) {
		inbox.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (inbox.event < 0)
			return -1;
		error = nng_pair1_open_poly(&inbox.socket);
		if (error == 0)
			error = nng_socket_set_size(inbox.socket, NNG_OPT_RECVMAXSZ, LETTER_MAX);
		if (error == 0)
			error = nng_aio_alloc(&inbox.aio, taken, NULL);
	}
	if (error == 0)
		error = listen_at(path);
	if (error) {
		errno = to_errno(error);
		return -1;
	}
	inbox.taking = true;
	nng_recv_aio(inbox.socket, inbox.aio);
	return 0;
}

int
wire_fd(void)
{
	return inbox.event;
}

void
wire_look(void)
{
	uint64_t count;

	if (!atomic_load(&inbox.signalled))
		return;
	if (read(inbox.event, &count, sizeof count) < 0)
		return; /* who set the flag has yet to write */
	atomic_store(&inbox.signalled, false); /* before looking: what comes from here on wakes again */
}

static nng_msg *
next_message(void)
{
	nng_msg *message = NULL;
	bool again = false;

	pthread_mutex_lock(&inbox.lock);
	if (inbox.count > 0) {
		message = inbox.ring[inbox.first];
		inbox.first = (inbox.first + 1) % RING;
		inbox.count--;
		inbox.bytes -= nng_msg_len(message);
		again = !inbox.taking;
		inbox.taking = true;
	}
	pthread_mutex_unlock(&inbox.lock);
	if (again)
		nng_recv_aio(inbox.socket, inbox.aio);
	return message;
}

bool
wire_take(struct wire_letter *letter)
{
	uint64_t pid = 0;
	nng_pipe pipe;

	if (inbox.open)
		nng_msg_free(inbox.open);
	inbox.open = next_message();
	if (!inbox.open)
		return false;
	pipe = nng_msg_get_pipe(inbox.open);
	if (nng_pipe_get_uint64(pipe, NNG_OPT_IPC_PEER_PID, &pid) != 0)
		pid = 0; /* it has hung up since */
	*letter = (struct wire_letter){nng_msg_body(inbox.open), nng_msg_len(inbox.open), pipe.id, (pid_t)pid};
	return true;
}

/* In a thread of nng's: the socket has taken a letter, or never will. */
static void
sent(void *argument)
{
	struct wire_line *line = argument;

	if (nng_aio_result(line->aio) != 0) {
		nng_msg_free(nng_aio_get_msg(line->aio));
		nng_aio_set_msg(line->aio, NULL);
		atomic_store(&line->down, true);
	}
	atomic_store(&line->sending, false);
	wake();
}

static void
pipe_event(nng_pipe pipe, nng_pipe_ev event, void *argument)
{
	struct wire_line *line = argument;

	if (nng_pipe_socket(pipe).id != line->socket.id)
		return; /* late news of the line that had this memory before */
	if (event == NNG_PIPE_EV_ADD_POST) {
		atomic_store(&line->up, true);
		return;
	}
	atomic_store(&line->down, true);
	wake();
}

static int
dial(struct wire_line *line, const char *path)
{
	nng_dialer dialer;
	char url[URL_SIZE];
	int error = nng_pair1_open(&line->socket);

	if (error)
		return error;
	snprintf(url, sizeof url, "ipc://%s", path);
	error = nng_pipe_notify(line->socket, NNG_PIPE_EV_ADD_POST, pipe_event, line);
	if (error == 0)
		error = nng_pipe_notify(line->socket, NNG_PIPE_EV_REM_POST, pipe_event, line);
	if (error == 0)
		error = nng_dialer_create(&dialer, line->socket, url);
	if (error == 0)
		error = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
	if (error)
		nng_close(line->socket);
	return error;
}

static struct wire_line *
new_line(void)
{
	struct wire_line *line = free_lines;

	if (line) {
		free_lines = line->next_free;
		return line;
	}
	line = calloc(1, sizeof *line);
	if (line && nng_aio_alloc(&line->aio, sent, line) != 0) {
		free(line);
		return NULL;
	}
	return line;
}

static void
put_back(struct wire_line *line)
{
	line->next_free = free_lines;
	free_lines = line;
}

struct wire_line *
wire_dial(const char *path)
{
	struct wire_line *line = new_line();

	if (!line)
		return NULL;
	atomic_store(&line->sending, false);
	atomic_store(&line->up, false);
	atomic_store(&line->down, false);
	if (dial(line, path) != 0) {
		put_back(line);
		return NULL;
	}
	return line;
}

enum wire_state
wire_state(const struct wire_line *line)
{
	if (atomic_load(&line->down))
		return WIRE_DOWN;
	return atomic_load(&line->up) ? WIRE_UP : WIRE_DIALING;
}

bool
wire_ready(const struct wire_line *line)
{
	return !atomic_load(&line->sending);
}

int
wire_write(struct wire_line *line, struct buf *b)
{
	nng_msg *message;

	if (nng_msg_alloc(&message, 0) != 0) {
		errno = ENOMEM;
		return -1;
	}
	if (nng_msg_append(message, buf_at(b), buf_len(b)) != 0) {
		nng_msg_free(message);
		errno = ENOMEM;
		return -1;
	}
	buf_clear(b);
	atomic_store(&line->sending, true);
	nng_aio_set_msg(line->aio, message);
	nng_send_aio(line->socket, line->aio);
	return 0;
}

void
wire_hang_up(struct wire_line *line)
{
	nng_close(line->socket);
	nng_aio_wait(line->aio);
	put_back(line);
}

/*
 * What nng 1.5.2 needs mended, by the linker's --wrap (see the Makefile). Its inner names start with nni_.
 */

int __real_nni_plat_errno(int number);
int __wrap_nni_plat_errno(int number);
int __wrap_nni_plat_ncpu(void);
int __wrap_nni_posix_resolv_sysinit(void);
void __wrap_nni_posix_resolv_sysfini(void);
uint64_t __wrap_nni_clock(void);
int __real_epoll_ctl(int epoll, int how, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll, int how, int fd, struct epoll_event *event);
void __wrap_nni_plat_thr_set_name(void *thread, const char *name);
int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until);

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

/* Threads' names are for debuggers, and that of another thread is a file of /proc, which the sandbox lets nobody write. */
void
__wrap_nni_plat_thr_set_name(void *thread, const char *name)
{
	(void)thread;
	(void)name;
}

/* Debian's goes by the clock of the day: put back by hours, it would let an inbox wait for as long with the next connection. */
uint64_t
__wrap_nni_clock(void)
{
	return (uint64_t)clock_ms();
}

int
__wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
	return pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, until);
}

/* A connection is put under the poll before anything is asked for: of one whose peer has hung up the poll then says just that,
 * again and again, and keeps the processor from the thread that would see to it. Once is enough. */
int
__wrap_epoll_ctl(int epoll, int how, int fd, struct epoll_event *event)
{
	struct epoll_event once;

	if (how != EPOLL_CTL_ADD || event->events)
		return __real_epoll_ctl(epoll, how, fd, event);
	once = *event;
	once.events = EPOLLONESHOT;
	return __real_epoll_ctl(epoll, how, fd, &once);
}
