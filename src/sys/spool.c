#include "sys/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "chat/record.h"

#define PREFIX "unsaved."
#define FILES_MAX 32            /* of one user: those of connections that are there, and of killed ones */
#define MODE 0660               /* the store, another user of the same group, takes what is in it */
#define STALE_MAX (64 << 10)    /* bytes that nobody needs any more, */
#define STALE_MS 1000           /* and for how long, before they are taken out */
#define SIZE_MAX_TAKEN (8 << 20) /* of a file: no session makes a larger one */

void
spool_init(struct spool *spool)
{
	*spool = (struct spool){.fd = -1};
}

/* Whether an open file is locked by this process now, is still in its folder, and is what it should be. */
static bool
lock(int fd, struct stat *st)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_nlink == 1;
}

/* Why a file can't be opened, if something else is in its place: a link, a directory, a pipe that nobody reads. */
static bool
is_something_else(int error)
{
	return error == ELOOP || error == EISDIR || error == ENXIO;
}

static int
open_file(struct spool *spool, const struct name *user)
{
	struct stat st;

	for (int i = 0; i < FILES_MAX; i++) {
		mode_t mask = umask((mode_t)~MODE & 0777); /* the sandbox lets nobody change a mode */
		int fd;

		snprintf(spool->path, sizeof spool->path, "%s/" PREFIX "%d", user->text, i);
		fd = open(spool->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, MODE);
		umask(mask);
		if (fd < 0 && is_something_else(errno))
			continue;
		if (fd < 0)
			return -1;
		if (lock(fd, &st) && st.st_size == 0) {
			spool->fd = fd;
			spool->size = 0;
			return 0;
		}
		close(fd);
	}
	errno = EEXIST;
	return -1;
}

static void
reset(struct spool *spool, int64_t now)
{
	if (ftruncate(spool->fd, 0) == 0)
		spool->size = 0;
	spool->reset_at = now;
}

int
spool_add(struct spool *spool, const struct name *user, const struct buf *records, bool fresh, int64_t now)
{
	size_t len = buf_len(records);
	ssize_t n;

	if (spool->fd < 0 && open_file(spool, user) < 0)
		return -1;
	if (fresh && spool->size > 0 && (spool->size >= STALE_MAX || now - spool->reset_at >= STALE_MS))
		reset(spool, now);
	n = write(spool->fd, buf_at(records), len);
	if (n == (ssize_t)len) {
		spool->size += len;
		return 0;
	}
	if (n >= 0 && ftruncate(spool->fd, (off_t)spool->size) == 0)
		errno = ENOSPC;
	return -1;
}

void
spool_remove(struct spool *spool)
{
	const struct timespec *then = &spool->released;
	struct stat st;

	if (spool->fd < 0)
		return;
	if (lock(spool->fd, &st) &&
	    (then->tv_sec == 0 || st.st_size == 0 || (st.st_ctim.tv_sec == then->tv_sec && st.st_ctim.tv_nsec == then->tv_nsec)))
		unlink(spool->path);
	close(spool->fd);
	spool_init(spool);
}

void
spool_release(struct spool *spool)
{
	struct stat st;

	if (spool->fd < 0)
		return;
	if (fstat(spool->fd, &st) == 0)
		spool->released = st.st_ctim;
	flock(spool->fd, LOCK_UN);
}

/* All of a file. 0, or -1 with errno. */
static int
read_file(int fd, size_t size, struct buf *b)
{
	size_t done = 0;
	char *room = buf_room(b, size);

	while (room && done < size) {
		ssize_t n = pread(fd, room + done, size - done, (off_t)done);

		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	buf_added(b, done);
	return room ? 0 : -1;
}

/* A file that nobody holds any more. */
struct left {
	int fd;
	struct buf records;
	struct id first;
};

/* A session is not believed in what it put into its folder: only a file that is its own, and of a size that may be. */
static bool
find_one(struct left *left, int dir, const char *name)
{
	struct stat st, folder;
	struct record r;

	*left = (struct left){.fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
	if (left->fd < 0)
		return false;
	if (lock(left->fd, &st) && fstat(dir, &folder) == 0 && st.st_uid == folder.st_uid && st.st_size > 0) {
		if (st.st_size <= SIZE_MAX_TAKEN && read_file(left->fd, (size_t)st.st_size, &left->records) == 0) {
			if (record_decode(&r, buf_at(&left->records), buf_len(&left->records)) > 0)
				left->first = r.id;
			return true;
		}
		log_line(LOG_WARNING, "%s, which a session left, can't be read, and is left as it is", name);
	}
	buf_free(&left->records);
	close(left->fd);
	return false;
}

static int
by_first(const void *a, const void *b)
{
	return id_order(&((const struct left *)a)->first, &((const struct left *)b)->first);
}

static bool
is_spool(const char *name)
{
	return strncmp(name, PREFIX, sizeof PREFIX - 1) == 0;
}

void
spool_find(const struct name *user, void (*each)(void *context, const struct buf *records, int fd), void *context)
{
	DIR *dir = opendir(user->text);
	const struct dirent *entry;
	struct left left[FILES_MAX];
	size_t count = 0;

	if (!dir)
		return;
	while (count < FILES_MAX && (entry = readdir(dir)))
		if (is_spool(entry->d_name) && find_one(&left[count], dirfd(dir), entry->d_name))
			count++;
	closedir(dir);
	qsort(left, count, sizeof *left, by_first);
	for (size_t i = 0; i < count; i++) {
		each(context, &left[i].records, left[i].fd);
		buf_free(&left[i].records);
	}
}

void
spool_taken(int fd)
{
	if (ftruncate(fd, 0) < 0)
		log_line(LOG_WARNING, "what a session left is taken and can't be removed: %m");
	close(fd);
}

void
spool_sweep(int dir, const char *name)
{
	struct stat st;
	int fd;

	if (!is_spool(name) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_size > 0)
		return;
	fd = openat(dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); /* a session in its sandbox can't read it */
	if (fd < 0)
		return;
	if (lock(fd, &st) && st.st_size == 0)
		unlinkat(dir, name, 0);
	close(fd);
}
