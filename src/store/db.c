#include "store/db_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A fault is handed on as it is. */
_Static_assert((int)DB_BUSY == (int)SQL_BUSY && (int)DB_NEWER == (int)SQL_NEWER && (int)DB_DAMAGED == (int)SQL_DAMAGED &&
               (int)DB_UNUSABLE == (int)SQL_UNUSABLE && (int)DB_MISSING == (int)SQL_MISSING && (int)DB_OLDER == (int)SQL_OLDER &&
               (int)DB_FULL == (int)SQL_FULL && (int)DB_WHY_SIZE == (int)SQL_WHY_SIZE, "db.h and sql.h");

const char *
db_why(const struct db *db)
{
	return sql_why(db->sql);
}

int
db_open(struct db **out, const char *path, const struct db_limits *limits)
{
	struct db *db = calloc(1, sizeof *db);

	*out = db;
	if (!db)
		return DB_UNUSABLE;
	db->limits = *limits;
	return sql_open(&db->sql, path);
}

int
db_attach(struct db **out, const char *path)
{
	struct db *db = calloc(1, sizeof *db);

	*out = db;
	return db ? sql_attach(&db->sql, path) : DB_UNUSABLE;
}

void
db_close(struct db *db)
{
	if (db && db->sql)
		sql_close(db->sql);
	free(db);
}

int
db_begin(struct db *db)
{
	return sql_run(db->sql, sql_get(db->sql, BEGIN));
}

int
db_commit(struct db *db)
{
	sql_end_all(db->sql);
	if (sql_run(db->sql, sql_get(db->sql, COMMIT)) == 0)
		return 0;
	db_abandon(db);
	return -1;
}

void
db_abandon(struct db *db)
{
	sql_end_all(db->sql);
	if (sql_in_transaction(db->sql))
		sql_roll_back(db->sql);
}

enum db_result
db_found(int r)
{
	return r > 0 ? DB_OK : r == 0 ? DB_NONE : DB_FAILED;
}

enum db_result
db_done(int r)
{
	return r < 0 ? DB_FAILED : DB_OK;
}

void
db_bind_name(struct sqlite3_stmt *s, int i, const struct name *name)
{
	sql_bind_text(s, i, name->text, name->len);
}

static void
bind_id(struct sqlite3_stmt *s, int i, const struct id *id)
{
	sql_bind_bytes(s, i, id->bytes, ID_SIZE);
}

static void
read_name(struct sqlite3_stmt *s, int i, struct name *name)
{
	size_t len;
	const char *text = sql_text(s, i, &len);

	if (name_make(name, text, len) < 0)
		*name = (struct name){0};
}

static void
read_id(struct sqlite3_stmt *s, int i, struct id *id)
{
	size_t len;
	const char *bytes = sql_text(s, i, &len);

	*id = (struct id){0};
	if (len == ID_SIZE)
		memcpy(id->bytes, bytes, ID_SIZE);
}

void
db_read_message(struct sqlite3_stmt *s, struct db_message *m)
{
	m->seq = sql_number(s, 0);
	read_id(s, 1, &m->id);
	read_name(s, 2, &m->sender);
	read_name(s, 3, &m->receiver);
	m->time = (uint64_t)sql_number(s, 4);
	m->ref = sql_text(s, 5, &m->ref_len);
	m->text = sql_text(s, 6, &m->text_len);
	m->body = sql_text(s, 7, &m->body_len);
	m->delivered = (uint64_t)sql_number(s, 8);
	m->read = (uint64_t)sql_number(s, 9);
}

void
db_make_pair(char pair[DB_PAIR_SIZE], const struct name *a, const struct name *b)
{
	bool turned = name_order(a, b) > 0;

	snprintf(pair, DB_PAIR_SIZE, "%s %s", turned ? b->text : a->text, turned ? a->text : b->text);
}

enum db_result
db_find_id(struct db *db, const struct id *id, struct db_message *m)
{
	struct sqlite3_stmt *s = sql_get(db->sql, FIND_ID);
	int r;

	bind_id(s, 1, id);
	r = sql_next(db->sql, s);
	if (r > 0)
		db_read_message(s, m);
	return db_found(r);
}

/* The message that this one repeats: it has its id, or its sender, receiver, ref and body. */
static enum db_result
find_first(struct db *db, const struct db_message *m, struct db_message *first)
{
	enum db_result result = db_find_id(db, &m->id, first);
	struct sqlite3_stmt *s;
	int r;

	if (result != DB_NONE || m->ref_len == 0)
		return result;
	s = sql_get(db->sql, FIND_REF);
	db_bind_name(s, 1, &m->sender);
	sql_bind_text(s, 2, m->ref, m->ref_len);
	db_bind_name(s, 3, &m->receiver);
	sql_bind_text(s, 4, m->body, m->body_len);
	r = sql_next(db->sql, s);
	if (r > 0)
		db_read_message(s, first);
	return db_found(r);
}

static enum db_result
is_blocked(struct db *db, const struct name *user, const struct name *other)
{
	struct sqlite3_stmt *s = sql_get(db->sql, FIND_BLOCK);

	db_bind_name(s, 1, user);
	db_bind_name(s, 2, other);
	return db_found(sql_next(db->sql, s));
}

enum db_result
db_pending_count(struct db *db, const struct name *user, int64_t *messages, int64_t *bytes)
{
	struct sqlite3_stmt *s = sql_get(db->sql, FIND_QUOTA);
	int r;

	db_bind_name(s, 1, user);
	r = sql_next(db->sql, s);
	*messages = r > 0 ? sql_number(s, 0) : 0;
	*bytes = r > 0 ? sql_number(s, 1) : 0;
	return db_done(r);
}

int
db_count_pending(struct db *db, const struct name *user, int by, size_t len)
{
	struct sqlite3_stmt *s = sql_get(db->sql, ADD_PENDING);

	db_bind_name(s, 1, user);
	sql_bind_number(s, 2, by);
	sql_bind_number(s, 3, by * (int64_t)len);
	return sql_run(db->sql, s);
}

/* When the receiver said that it has read it, if that came in first. */
static int
take_early(struct db *db, struct db_message *m)
{
	struct sqlite3_stmt *s = sql_get(db->sql, TAKE_EARLY);
	int r;

	bind_id(s, 1, &m->id);
	db_bind_name(s, 2, &m->receiver);
	r = sql_next(db->sql, s);
	m->delivered = r > 0 ? (uint64_t)sql_number(s, 0) : 0;
	sql_end(s);
	return r < 0 ? -1 : 0;
}

int
db_count_conversation(struct db *db, const char *pair, int by)
{
	struct sqlite3_stmt *s = sql_get(db->sql, COUNT_CONVERSATION);

	sql_bind_text(s, 1, pair, strlen(pair));
	sql_bind_number(s, 2, by);
	return sql_run(db->sql, s);
}

static int
put(struct db *db, struct db_message *m)
{
	struct sqlite3_stmt *s = sql_get(db->sql, PUT);
	char pair[DB_PAIR_SIZE];

	db_make_pair(pair, &m->sender, &m->receiver);
	bind_id(s, 1, &m->id);
	sql_bind_text(s, 2, pair, strlen(pair));
	db_bind_name(s, 3, &m->sender);
	db_bind_name(s, 4, &m->receiver);
	sql_bind_text(s, 5, m->ref, m->ref_len);
	sql_bind_number(s, 6, (int64_t)m->time);
	sql_bind_text(s, 7, m->text, m->text_len);
	sql_bind_text(s, 8, m->body, m->body_len);
	if (m->delivered)
		sql_bind_number(s, 9, (int64_t)m->delivered);
	if (sql_run(db->sql, s) < 0)
		return -1;
	m->seq = sql_inserted(db->sql);
	if (db_index(db, PUT_SEARCH, m) < 0 || db_count_conversation(db, pair, 1) < 0)
		return -1;
	return m->delivered ? 0 : db_count_pending(db, &m->receiver, 1, m->text_len);
}

enum db_result
db_put(struct db *db, struct db_message *m)
{
	int64_t messages, bytes;
	struct db_message first;
	enum db_result result = find_first(db, m, &first);

	if (result == DB_OK) {
		m->seq = first.seq;
		m->id = first.id;
		m->delivered = first.delivered;
		return DB_AGAIN;
	}
	if (result == DB_NONE)
		result = is_blocked(db, &m->receiver, &m->sender);
	if (result != DB_NONE)
		return result == DB_OK ? DB_BLOCKED : result;
	if (take_early(db, m) < 0 || db_pending_count(db, &m->receiver, &messages, &bytes) != DB_OK)
		return DB_FAILED;
	if (!m->delivered && (messages >= db->limits.pending_messages || (int64_t)m->text_len > db->limits.pending_bytes - bytes))
		return DB_MAILBOX_FULL;
	return db_done(put(db, m));
}

enum db_result
db_delivered(struct db *db, const struct id *id, const struct name *receiver, uint64_t time, struct db_message *m)
{
	enum db_result result = db_find_id(db, id, m);
	struct sqlite3_stmt *s;

	if (result == DB_NONE) {
		s = sql_get(db->sql, PUT_EARLY);
		bind_id(s, 1, id);
		db_bind_name(s, 2, receiver);
		sql_bind_number(s, 3, (int64_t)time);
		return sql_run(db->sql, s) < 0 ? DB_FAILED : DB_NONE;
	}
	if (result != DB_OK || !name_equal(&m->receiver, receiver))
		return result == DB_OK ? DB_NONE : result;
	if (m->delivered)
		return DB_AGAIN;
	s = sql_get(db->sql, DELIVER);
	sql_bind_number(s, 1, m->seq);
	sql_bind_number(s, 2, (int64_t)time);
	m->delivered = time;
	return sql_run(db->sql, s) < 0 ? DB_FAILED : db_done(db_count_pending(db, receiver, -1, m->text_len));
}

enum db_result
db_read(struct db *db, const struct name *receiver, const struct name *sender, const struct id *id, uint64_t time)
{
	struct db_message m;
	enum db_result result = db_find_id(db, id, &m);
	struct sqlite3_stmt *s;

	if (result != DB_OK || !name_equal(&m.receiver, receiver) || !name_equal(&m.sender, sender))
		return result == DB_OK ? DB_NONE : result;
	s = sql_get(db->sql, READ);
	db_bind_name(s, 1, receiver);
	db_bind_name(s, 2, sender);
	sql_bind_number(s, 3, m.seq);
	sql_bind_number(s, 4, (int64_t)time);
	if (sql_run(db->sql, s) < 0)
		return DB_FAILED;
	return sql_changed(db->sql) > 0 ? DB_OK : DB_AGAIN;
}

enum db_result
db_owe(struct db *db, const struct name *user, const struct db_receipt *receipt)
{
	struct sqlite3_stmt *s = sql_get(db->sql, OWE);

	db_bind_name(s, 1, user);
	bind_id(s, 2, &receipt->id);
	db_bind_name(s, 3, &receipt->receiver);
	sql_bind_number(s, 4, receipt->status);
	sql_bind_number(s, 5, (int64_t)receipt->time);
	sql_bind_text(s, 6, receipt->ref, receipt->ref_len);
	return db_done(sql_run(db->sql, s));
}

enum db_result
db_claim(struct db *db, const struct name *user, struct db_receipt *receipt)
{
	struct sqlite3_stmt *s = sql_get(db->sql, OLDEST_OWED);
	const char *ref;
	int64_t seq;
	int r;

	db_bind_name(s, 1, user);
	r = sql_next(db->sql, s);
	if (r <= 0)
		return db_found(r);
	seq = sql_number(s, 0);
	read_id(s, 1, &receipt->id);
	read_name(s, 2, &receipt->receiver);
	receipt->status = (uint8_t)sql_number(s, 3);
	receipt->time = (uint64_t)sql_number(s, 4);
	ref = sql_text(s, 5, &receipt->ref_len);
	if (receipt->ref_len > sizeof receipt->ref)
		receipt->ref_len = 0;
	memcpy(receipt->ref, ref, receipt->ref_len);
	sql_end(s);
	s = sql_get(db->sql, DROP_OWED);
	sql_bind_number(s, 1, seq);
	return db_done(sql_run(db->sql, s));
}

enum db_result
db_user_add(struct db *db, const struct name *user, uint64_t time)
{
	struct sqlite3_stmt *s = sql_get(db->sql, ADD_USER);

	db_bind_name(s, 1, user);
	sql_bind_number(s, 2, (int64_t)time);
	return db_done(sql_run(db->sql, s));
}

enum db_result
db_user_known(struct db *db, const struct name *user)
{
	struct sqlite3_stmt *s = sql_get(db->sql, FIND_USER);

	db_bind_name(s, 1, user);
	return db_found(sql_next(db->sql, s));
}

enum db_result
db_block(struct db *db, const struct name *user, const struct name *other, bool on)
{
	struct sqlite3_stmt *s = sql_get(db->sql, on ? BLOCK : UNBLOCK);

	db_bind_name(s, 1, user);
	db_bind_name(s, 2, other);
	if (sql_run(db->sql, s) < 0)
		return DB_FAILED;
	return sql_changed(db->sql) > 0 ? DB_OK : DB_AGAIN;
}
