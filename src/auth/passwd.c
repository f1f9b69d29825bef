#include "auth/passwd.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "passwords"
#define NEW FILE_NAME ".new"
#define MODE 0600

_Static_assert(PASSWD_HASH_SIZE == crypto_pwhash_STRBYTES, "Argon2");

const char passwd_nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$0OllK6Z7/mX1v3Niw89cHQ$KCVi7IAzG63Iucdz9rYGEsqg9Rcz1bQ+ghlPSnqJIlw";

/* Whether a line is this user's. */
static bool
is_of(const char *line, const struct name *user)
{
	return strncmp(line, user->text, user->len) == 0 && line[user->len] == ':';
}

/* The hash of a line, if it may be one. */
static bool
take_hash(char hash[PASSWD_HASH_SIZE], const char *text)
{
	size_t len = strcspn(text, "\r\n");

	if (len >= PASSWD_HASH_SIZE)
		return false;
	memcpy(hash, text, len);
	memset(hash + len, 0, PASSWD_HASH_SIZE - len); /* libsodium wants no rest behind it */
	return true;
}

static FILE *
open_file(int folder)
{
	int fd = openat(folder, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

/* Goes through the whole file, whoever is found where: the time must not say. */
static int
look(FILE *file, const struct name *user, char hash[PASSWD_HASH_SIZE], bool *known)
{
	char *line = NULL;
	size_t size = 0;
	int r;

	while (getline(&line, &size, file) >= 0)
		if (is_of(line, user))
			*known |= take_hash(hash, line + user->len + 1);
	r = ferror(file) ? -1 : 0;
	free(line);
	return r;
}

int
passwd_find(const char *directory, const struct name *user, char hash[PASSWD_HASH_SIZE], bool *known)
{
	int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	FILE *file = folder < 0 ? NULL : open_file(folder);
	int kept = errno;

	*known = false;
	take_hash(hash, passwd_nobody);
	r = file ? look(file, user, hash, known) : kept == ENOENT ? 0 : -1;
	if (file) {
		kept = errno;
		fclose(file);
	}
	if (folder >= 0)
		close(folder);
	errno = kept;
	return r;
}

/* What is no hash, a `!` to lock somebody out, say, costs as much as one. */
bool
passwd_is(const char *hash, const char *password)
{
	const char *tried = crypto_pwhash_str_needs_rehash(hash, PASSWD_OPS, PASSWD_MEMORY) < 0 ? passwd_nobody : hash;

	return crypto_pwhash_str_verify(tried, password, strlen(password)) == 0 && tried == hash;
}

int
passwd_hash(char hash[PASSWD_HASH_SIZE], const char *password)
{
	return crypto_pwhash_str(hash, password, strlen(password), PASSWD_OPS, PASSWD_MEMORY);
}

/* The lines of the others, and, unless `hash` is NULL, one for the user. */
static int
write_lines(FILE *from, FILE *to, const struct name *user, const char *hash, bool *was)
{
	char *line = NULL;
	size_t size = 0;
	int r = 0;

	while (from && r >= 0 && getline(&line, &size, from) >= 0) {
		line[strcspn(line, "\n")] = 0; /* the last may have none: an editor was here */
		if (is_of(line, user))
			*was = true;
		else
			r = fprintf(to, "%s\n", line);
	}
	if (from && ferror(from))
		r = -1;
	if (r >= 0 && hash)
		r = fprintf(to, "%s:%s\n", user->text, hash);
	free(line);
	return r < 0 || fflush(to) != 0 || fsync(fileno(to)) < 0 ? -1 : 0;
}

/* Whose the new file is to be. */
static int
give(int fd, FILE *old, int owner)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (owner >= 0)
		return fchown(fd, (uid_t)owner, (gid_t)-1);
	return old && fstat(fileno(old), &st) == 0 ? fchown(fd, st.st_uid, st.st_gid) : 0;
}

/* Makes the new file beside the old one. */
static int
make(int folder, enum passwd_edit edit, const struct name *user, const char *hash, int owner)
{
	FILE *old = open_file(folder), *new = NULL;
	bool was = false;
	int fd = -1, r = -1, kept;

	if (old || (errno == ENOENT && edit == PASSWD_ADD)) {
		unlinkat(folder, NEW, 0); /* of one that was killed: nobody else is here */
		fd = openat(folder, NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
	}
	if (fd >= 0 && fchmod(fd, MODE) == 0 && give(fd, old, owner) == 0 && (new = fdopen(fd, "w")))
		r = write_lines(old, new, user, edit == PASSWD_REMOVE ? NULL : hash, &was);
	if (r == 0 && was != (edit != PASSWD_ADD)) {
		errno = was ? EEXIST : ENOENT;
		r = -1;
	}
	kept = errno;
	if (new)
		fclose(new);
	else if (fd >= 0)
		close(fd);
	if (old)
		fclose(old);
	errno = kept;
	return r;
}

/* It is on the disk before it takes the old one's place, and that is, too, before anybody is told. */
static int
replace(int folder, enum passwd_edit edit, const struct name *user, const char *hash, int owner)
{
	int r = make(folder, edit, user, hash, owner), kept;

	if (r == 0)
		r = renameat(folder, NEW, folder, FILE_NAME);
	if (r == 0)
		return fsync(folder);
	kept = errno;
	unlinkat(folder, NEW, 0);
	errno = kept;
	return r;
}

int
passwd_edit(const char *directory, enum passwd_edit edit, const struct name *user, const char *hash, int owner)
{
	int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r, kept;

	if (folder < 0)
		return -1;
	r = flock(folder, LOCK_EX);
	if (r == 0)
		r = replace(folder, edit, user, hash, owner);
	kept = errno;
	close(folder);
	errno = kept;
	return r;
}
