#ifndef STORE_DB_INSIDE_H
#define STORE_DB_INSIDE_H

/* What the parts of the database share: db.c keeps, db_find.c finds and forgets. */

#include "store/db.h"
#include "store/sql.h"

#define DB_PAIR_SIZE (2 * NAME_LEN_MAX + 2)
#define DB_MATCH_SIZE 2048

struct db {
	struct sql *sql;
	struct db_limits limits;
	struct sqlite3_stmt *query; /* that db_next reads, and what is bound to it */
	struct name asker;
	char pair[DB_PAIR_SIZE], match[DB_MATCH_SIZE];
};

/* What a call comes to, by the result of sql_next: a row, none, or a failure; and by that of sql_run. */
enum db_result db_found(int r);
enum db_result db_done(int r);

void db_bind_name(struct sqlite3_stmt *s, int i, const struct name *name);

/* Reads the columns of a message. */
void db_read_message(struct sqlite3_stmt *s, struct db_message *m);

/* The message of that id: DB_OK, DB_NONE. */
enum db_result db_find_id(struct db *db, const struct id *id, struct db_message *m);

/* What two said to each other is found by both their names, in order: no name has a space. */
void db_make_pair(char pair[DB_PAIR_SIZE], const struct name *a, const struct name *b);

/* Puts a message into the search, or takes it out: PUT_SEARCH, DROP_SEARCH. */
int db_index(struct db *db, enum statement which, const struct db_message *m);

/* Count a message that begins to wait for a user, or (-1) no longer does; and one of a conversation. */
int db_count_pending(struct db *db, const struct name *user, int by, size_t len);
int db_count_conversation(struct db *db, const char *pair, int by);

#endif
