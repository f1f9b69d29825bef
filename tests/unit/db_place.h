#ifndef UNIT_DB_PLACE_H
#define UNIT_DB_PLACE_H

#include <sys/types.h>

#include "store/db.h"

/* A database of its own for each test, in a folder of its own, and how many messages were made for it. */
struct place {
	char folder[32], path[96];
	struct db *db;
	unsigned made;
};

#define PLACE_START 1700000000000 /* the nth message is of so many milliseconds, and n */
#define PLACE_DELIVERED (PLACE_START + 5000)

extern const struct db_limits place_plenty;

void place_begin(struct place *p, const struct db_limits *limits);
void place_open(struct place *p, const struct db_limits *limits);
void place_end(struct place *p);

/* The id of the nth message; the next message, whose body is its text, too. */
struct id place_id(unsigned n);
struct db_message place_message(struct place *p, const char *sender, const char *receiver, const char *ref, const char *body);

/* A group of one: the next message is kept; the nth has been read. */
enum db_result place_put(struct place *p, const char *sender, const char *receiver, const char *ref, const char *body);
enum db_result place_deliver(struct place *p, unsigned n, const char *receiver);

/* Check the bodies of the rows of a query that `result` has begun, with a space between: of any, of what waits for a user, of
 * what a user's search finds. */
void place_rows(struct place *p, enum db_result result, const char *expected);
void place_pending(struct place *p, const char *user, const char *expected);
void place_search(struct place *p, const char *user, const char *with, const char *words, const char *expected);

void place_pending_count(struct place *p, const char *user, int64_t messages, int64_t bytes);

/* Writes over a file from `at` on, and makes it if need be. */
void place_write(const char *path, const void *data, size_t len, off_t at);

#endif
