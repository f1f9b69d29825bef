#include "store/db_inside.h"

#include <stdio.h>
#include <string.h>

#define EARLY_MS (60 * 60 * 1000) /* what was said of a message that has not come in is kept so long */

enum db_result
db_missing(struct db *db, const struct name *user, int64_t after, int64_t from, int limit)
{
	db->asker = *user;
	db->query = sql_get(db->sql, MISSING);
	db_bind_name(db->query, 1, &db->asker);
	sql_bind_number(db->query, 2, after);
	sql_bind_number(db->query, 3, from);
	sql_bind_number(db->query, 4, limit);
	return DB_OK;
}

enum db_result
db_seq(struct db *db, const struct id *id, int64_t *seq)
{
	struct db_message m;
	enum db_result result = db_find_id(db, id, &m);

	if (result == DB_OK)
		*seq = m.seq;
	return result;
}

enum db_result
db_last(struct db *db, int64_t *seq)
{
	struct sqlite3_stmt *s = sql_get(db->sql, LAST);
	int r = sql_next(db->sql, s);

	*seq = r > 0 ? sql_number(s, 0) : 0;
	sql_end(s);
	return db_done(r);
}

enum db_result
db_blocks(struct db *db, const struct name *user, void (*each)(void *context, const struct name *other), void *context)
{
	struct sqlite3_stmt *s = sql_get(db->sql, BLOCKS);
	int r;

	db_bind_name(s, 1, user);
	while ((r = sql_next(db->sql, s)) > 0) {
		struct name other;
		size_t len;
		const char *text = sql_text(s, 0, &len);

		if (name_make(&other, text, len) == 0)
			each(context, &other);
	}
	return r < 0 ? DB_FAILED : DB_OK;
}

enum db_result
db_history(struct db *db, const struct name *user, const struct name *with, const struct id *before, int limit)
{
	struct db_message m = {.seq = INT64_MAX};
	enum db_result result = before ? db_find_id(db, before, &m) : DB_OK;

	if (result != DB_OK)
		return result;
	db_make_pair(db->pair, user, with);
	db->query = sql_get(db->sql, HISTORY);
	sql_bind_text(db->query, 1, db->pair, strlen(db->pair));
	sql_bind_number(db->query, 2, m.seq);
	sql_bind_number(db->query, 3, limit);
	return DB_OK;
}

int
db_index(struct db *db, enum statement which, const struct db_message *m)
{
	struct sqlite3_stmt *s = sql_get(db->sql, which);

	sql_bind_number(s, 1, m->seq);
	db_bind_name(s, 2, &m->sender);
	db_bind_name(s, 3, &m->receiver);
	sql_bind_text(s, 4, m->body, m->body_len);
	return sql_run(db->sql, s);
}

/* The word that a name is in the search (see statements.c). The length so far, and its. */
static size_t
put_name(char match[DB_MATCH_SIZE], size_t n, const struct name *name)
{
	match[n++] = 'x';
	for (size_t i = 0; i < name->len; i++)
		n += (size_t)sprintf(match + n, "%02X", (unsigned char)name->text[i]);
	return n;
}

/* Messages that the user took part in, or that passed between these two, in either direction. */
static size_t
put_who(char match[DB_MATCH_SIZE], const struct name *user, const struct name *with)
{
	size_t n = (size_t)sprintf(match, "who : (\"");

	n = put_name(match, n, user);
	if (with) {
		match[n++] = ' ';
		n = put_name(match, n, with);
		n += (size_t)sprintf(match + n, "\" OR \"");
		n = put_name(match, n, with);
		match[n++] = ' ';
		n = put_name(match, n, user);
	}
	return n + (size_t)sprintf(match + n, "\") AND body : (");
}

/* Each word as a phrase of its own, quoted, so that nothing in it is an operator; the last may go on. False if there is
 * none, or they are too many. */
static bool
put_words(char match[DB_MATCH_SIZE], size_t n, const char *words)
{
	size_t begin = n;

	for (const char *p = words; *p;) {
		size_t len = strcspn(p, " \t\r\n");

		if (len > 0 && 2 * len + 6 > DB_MATCH_SIZE - n)
			return false;
		if (len > 0)
			match[n++] = '"';
		for (size_t i = 0; i < len; i++) {
			if (p[i] == '"')
				match[n++] = '"';
			match[n++] = p[i];
		}
		if (len > 0) {
			match[n++] = '"';
			match[n++] = ' ';
		}
		p += len + (p[len] != 0);
	}
	if (n == begin)
		return false;
	match[n - 1] = '*';
	match[n++] = ')';
	match[n] = 0;
	return true;
}

enum db_result
db_search(struct db *db, const struct name *user, const struct name *with, const char *words, int limit)
{
	if (!put_words(db->match, put_who(db->match, user, with), words))
		return DB_NONE;
	db->query = sql_get(db->sql, SEARCH);
	sql_bind_text(db->query, 1, db->match, strlen(db->match));
	sql_bind_number(db->query, 2, limit);
	return DB_OK;
}

enum db_result
db_next(struct db *db, struct db_message *m)
{
	int r = sql_next(db->sql, db->query);

	if (r > 0)
		db_read_message(db->query, m);
	return db_found(r);
}

/* Takes a message away, out of the search, and out of what is counted. */
static int
drop(struct db *db, const struct db_message *m)
{
	struct sqlite3_stmt *s;
	char pair[DB_PAIR_SIZE];

	db_make_pair(pair, &m->sender, &m->receiver);
	if (db_index(db, DROP_SEARCH, m) < 0 || db_count_conversation(db, pair, -1) < 0)
		return -1;
	s = sql_get(db->sql, DROP_CONVERSATION);
	sql_bind_text(s, 1, pair, strlen(pair));
	if (sql_run(db->sql, s) < 0)
		return -1;
	if (!m->delivered && db_count_pending(db, &m->receiver, -1, m->text_len) < 0)
		return -1;
	s = sql_get(db->sql, DROP);
	sql_bind_number(s, 1, m->seq);
	return sql_run(db->sql, s);
}

/* Drops the messages that a statement finds, one after the other: it is asked anew each time, for it reads what is being
 * changed. `s` is bound. How many, or -1. */
static int
drop_all(struct db *db, struct sqlite3_stmt *s, int most)
{
	int count = 0, r = 1;

	while (count < most && (r = sql_next(db->sql, s)) > 0) {
		struct db_message m;

		db_read_message(s, &m);
		if (drop(db, &m) < 0)
			return -1;
		sql_end(s);
		count++;
	}
	return r < 0 ? -1 : count;
}

static int
prune_old(struct db *db, uint64_t now, int most)
{
	struct sqlite3_stmt *s = sql_get(db->sql, FIND_OLD);

	if (db->limits.age == 0)
		return 0;
	sql_bind_number(s, 1, (int64_t)now - db->limits.age);
	return drop_all(db, s, most);
}

static int
prune_surplus(struct db *db, int most)
{
	struct sqlite3_stmt *s = sql_get(db->sql, FIND_SURPLUS);

	if (db->limits.count == 0)
		return 0;
	sql_bind_number(s, 1, db->limits.count);
	return drop_all(db, s, most);
}

int
db_prune(struct db *db, uint64_t now, int most)
{
	int old = prune_old(db, now, most), surplus;
	struct sqlite3_stmt *s = sql_get(db->sql, DROP_EARLY);

	if (old < 0)
		return -1;
	sql_bind_number(s, 1, (int64_t)now - EARLY_MS);
	if (sql_run(db->sql, s) < 0)
		return -1;
	surplus = prune_surplus(db, most - old);
	return surplus < 0 ? -1 : old + surplus;
}

int
db_user_remove(struct db *db, const struct name *user, int most)
{
	static const enum statement rest[] = {DROP_OWED_ALL, DROP_BLOCKS, DROP_MAILBOX, DROP_EARLY_OF, DROP_USER};
	struct sqlite3_stmt *s = sql_get(db->sql, FIND_OF_USER);
	int count;

	db_bind_name(s, 1, user);
	count = drop_all(db, s, most);
	for (size_t i = 0; i < sizeof rest / sizeof *rest && count >= 0 && count < most; i++) {
		s = sql_get(db->sql, rest[i]);
		db_bind_name(s, 1, user);
		if (sql_run(db->sql, s) < 0)
			return -1;
	}
	return count;
}
