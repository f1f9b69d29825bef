/* What an operator asks, and the copy that she takes. */
#include "store/db_inside.h"

#include <stdlib.h>
#include <string.h>

enum db_result
db_tail(struct db *db, const struct name *user, const struct name *with, int limit)
{
	db->asker = *user;
	db->pair[0] = 0;
	if (with)
		db_make_pair(db->pair, user, with);
	db->query = sql_get(db->sql, TAIL);
	db_bind_name(db->query, 1, &db->asker);
	sql_bind_text(db->query, 2, db->pair, strlen(db->pair));
	sql_bind_number(db->query, 3, limit);
	return DB_OK;
}

enum db_result
db_users(struct db *db)
{
	db->query = sql_get(db->sql, USERS);
	return DB_OK;
}

enum db_result
db_waiting(struct db *db)
{
	db->query = sql_get(db->sql, WAITING);
	return DB_OK;
}

enum db_result
db_next_user(struct db *db, struct db_user *user)
{
	int r = sql_next(db->sql, db->query);
	const char *name;
	size_t len;

	if (r <= 0)
		return db_found(r);
	name = sql_text(db->query, 0, &len);
	if (name_make(&user->name, name, len) < 0)
		user->name = (struct name){0};
	user->since = (uint64_t)sql_number(db->query, 1);
	user->messages = sql_number(db->query, 2);
	user->bytes = sql_number(db->query, 3);
	return DB_OK;
}

enum db_result
db_stats(struct db *db, struct db_stats *stats)
{
	struct sqlite3_stmt *s = sql_get(db->sql, STATS);
	int r = sql_next(db->sql, s);

	*stats = (struct db_stats){0};
	if (r > 0) {
		stats->users = sql_number(s, 0);
		stats->messages = sql_number(s, 1);
		stats->pending = sql_number(s, 2);
		stats->bytes = sql_number(s, 3);
		stats->oldest = (uint64_t)sql_number(s, 4);
		stats->newest = (uint64_t)sql_number(s, 5);
	}
	sql_end(s);
	return db_done(r);
}

int
db_copy_open(struct db **out, const char *to)
{
	struct db *copy = calloc(1, sizeof *copy);

	*out = copy;
	return copy ? sql_copy_open(&copy->sql, to) : DB_UNUSABLE;
}

int
db_copy_fill(struct db *copy, const char *path)
{
	return sql_copy_fill(copy->sql, path);
}
