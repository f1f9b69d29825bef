#ifndef AUTH_PASSWD_H
#define AUTH_PASSWD_H

#include <stdbool.h>

#include "chat/name.h"

/*
 * The passwords: the file `passwords` of the configuration directory, lines NAME:HASH. A hash is Argon2id's (RFC 9106) as libsodium
 * writes it, with its parameters and its salt: 19 MiB, 2 passes, 1 lane.
 */
#define PASSWD_OPS 2
#define PASSWD_MEMORY (19 << 20)
#define PASSWD_HASH_SIZE 128

/* A hash of those parameters that no password is known for. */
extern const char passwd_nobody[];

/* Looks a user's hash up: that of nobody if there is none, and then *known is false. 0, or -1 with errno if the file can't be
 * read; that there is none is no error. */
int passwd_find(const char *directory, const struct name *user, char hash[PASSWD_HASH_SIZE], bool *known);

/* Whether it is the password of this hash: this takes the time. */
bool passwd_is(const char *hash, const char *password);

/* Makes a hash. 0, or -1 with errno. */
int passwd_hash(char hash[PASSWD_HASH_SIZE], const char *password);

/* Writes the file anew with one user's line added, changed or taken out: all of it or nothing, one writer at a time. Root gives the
 * file to `owner` (-1: as it was). 0, or -1 with errno: EEXIST if a user that is to be added is there, ENOENT if one is not there
 * that should be. */
enum passwd_edit {
	PASSWD_ADD,
	PASSWD_CHANGE,
	PASSWD_REMOVE,
};
int passwd_edit(const char *directory, enum passwd_edit edit, const struct name *user, const char *hash, int owner);

#endif
