#ifndef SYS_IO_H
#define SYS_IO_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

/* The client's connection: one socket as both descriptors, or two pipes. */
struct io {
	int in, out;
	bool in_socket, out_socket;
	int in_flags, out_flags; /* as they were found */
	bool written;            /* the writing side is shut */
};

/* Takes the two descriptors over: from here on reading and writing never wait. 0, or -1 with errno. */
int io_init(struct io *io, int in, int out);

/* Reads what is there, `most` bytes at most, to the end of `b`. How many; 0 at the end of the stream; -1 with errno
 * (EAGAIN: nothing yet). */
ssize_t io_read(struct io *io, struct buf *b, size_t most);

/* Writes what the connection takes off the front of `b`. How many bytes; -1 with errno (EAGAIN: none now). */
ssize_t io_write(struct io *io, struct buf *b);

/* Says to the peer that nothing more will come, and goes on reading. */
void io_shut(struct io *io);

/* Leaves the descriptors as they were found: a terminal or a pipe may be shared with others. */
void io_finish(struct io *io);

#endif
