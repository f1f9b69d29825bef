#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A socket is asked not to wait at each call; anything else has to be told once. */
static int
take(int fd, bool *is_socket, int *flags)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	*is_socket = S_ISSOCK(st.st_mode);
	*flags = fcntl(fd, F_GETFL);
	if (*flags < 0)
		return -1;
	return *is_socket ? 0 : fcntl(fd, F_SETFL, *flags | O_NONBLOCK);
}

int
io_init(struct io *io, int in, int out)
{
	*io = (struct io){.in = in, .out = out};
	if (take(in, &io->in_socket, &io->in_flags) < 0)
		return -1;
	return take(out, &io->out_socket, &io->out_flags);
}

ssize_t
io_read(struct io *io, struct buf *b, size_t most)
{
	void *room = buf_room(b, most);
	ssize_t n;

	if (!room)
		return -1;
	do {
		n = io->in_socket ? recv(io->in, room, most, MSG_DONTWAIT) : read(io->in, room, most);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		buf_added(b, (size_t)n);
	return n;
}

ssize_t
io_write(struct io *io, struct buf *b)
{
	size_t len = buf_len(b);
	ssize_t n;

	do {
		n = io->out_socket ? send(io->out, buf_at(b), len, MSG_DONTWAIT | MSG_NOSIGNAL) : write(io->out, buf_at(b), len);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		buf_take(b, (size_t)n);
	return n;
}

void
io_shut(struct io *io)
{
	if (io->written)
		return;
	io->written = true;
	if (io->out_socket)
		shutdown(io->out, SHUT_WR);
	else
		close(io->out);
}

void
io_finish(struct io *io)
{
	if (!io->in_socket)
		fcntl(io->in, F_SETFL, io->in_flags);
	if (!io->out_socket && !io->written)
		fcntl(io->out, F_SETFL, io->out_flags);
}
