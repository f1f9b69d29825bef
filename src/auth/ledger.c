#include "auth/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define FILE_NAME "failures"

/* The folder must be ours alone: whoever could write there could guess without end. */
static int
open_folder(const char *directory)
{
	struct stat st;
	int folder;

	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return -1;
	folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (folder < 0 || fstat(folder, &st) < 0)
		return -1;
	if (st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return folder;
	errno = EPERM;
	return -1;
}

/* A new one, or one of another version, is made empty. Its blocks are there before it is written to: a full disk is an error here, not
 * a signal later. */
static int
map(struct ledger *l)
{
	struct stat st;
	int error;

	if (fstat(l->fd, &st) < 0)
		return -1;
	if (st.st_size != sizeof *l->failures && ftruncate(l->fd, 0) < 0)
		return -1;
	error = posix_fallocate(l->fd, 0, sizeof *l->failures);
	if (error) {
		errno = error;
		return -1;
	}
	l->failures = mmap(NULL, sizeof *l->failures, PROT_READ | PROT_WRITE, MAP_SHARED, l->fd, 0);
	if (l->failures == MAP_FAILED)
		return -1;
	if (sodium_is_zero(l->failures->key, sizeof l->failures->key))
		randombytes_buf(l->failures->key, sizeof l->failures->key);
	return 0;
}

int
ledger_open(struct ledger *l, const char *directory)
{
	*l = (struct ledger){.folder = open_folder(directory), .fd = -1};
	if (l->folder >= 0)
		l->fd = openat(l->folder, FILE_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->fd >= 0)
		return 0;
	log_line(LOG_ERR, "%s: %s", directory, errno == EPERM ? "not this user's own, or others may write there" : strerror(errno));
	return -1;
}

int
ledger_lock(struct ledger *l)
{
	if (flock(l->fd, LOCK_EX) < 0)
		return -1;
	return l->failures ? 0 : map(l);
}

void
ledger_unlock(struct ledger *l)
{
	flock(l->fd, LOCK_UN);
}

int
ledger_take_place(struct ledger *l)
{
	int fds[LEDGER_PLACES], mine = (int)getpid() % LEDGER_PLACES;
	char name[16];

	for (int i = 0; i < LEDGER_PLACES; i++) {
		snprintf(name, sizeof name, "place.%d", i);
		fds[i] = openat(l->folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fds[i] < 0)
			return -1;
		if (flock(fds[i], LOCK_EX | LOCK_NB) == 0)
			return 0;
	}
	return flock(fds[mine], LOCK_EX);
}
