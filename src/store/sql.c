/* The only file that knows SQLite. */
#include "store/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <sqlite3.h>

#define BUSY_MS 2000 /* a backup may hold it for a moment */
#define COPY_WAIT_MS 10

struct sql {
	sqlite3 *sqlite;
	sqlite3_stmt *statements[STATEMENTS];
	int lock; /* on the file beside it, as long as this process has it */
	char why[SQL_WHY_SIZE];
};

const char *
sql_why(const struct sql *sql)
{
	return sql->why;
}

/* What the system said when the log, where all is written first, or else the database could not be opened, read or written. */
static int
last_errno(struct sql *sql)
{
	sqlite3_file *log = NULL;
	int error = 0;

	if (sqlite3_file_control(sql->sqlite, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log && log->pMethods)
		log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
	return error ? error : sqlite3_system_errno(sql->sqlite);
}

static int
fail(struct sql *sql, const char *what)
{
	int code = sqlite3_errcode(sql->sqlite) & 0xff;
	int error = code == SQLITE_IOERR || code == SQLITE_CANTOPEN ? last_errno(sql) : 0;

	snprintf(sql->why, sizeof sql->why, "%.100s: %.80s%s%.60s", what, sqlite3_errmsg(sql->sqlite), error ? ": " : "",
	         error ? strerror(error) : "");
	return -1;
}

int
sql_in_transaction(const struct sql *sql)
{
	return !sqlite3_get_autocommit(sql->sqlite);
}

sqlite3_stmt *
sql_get(struct sql *sql, enum statement which)
{
	sqlite3_stmt *s = sql->statements[which];

	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return s;
}

void
sql_bind_number(sqlite3_stmt *s, int i, int64_t number)
{
	sqlite3_bind_int64(s, i, number);
}

void
sql_bind_text(sqlite3_stmt *s, int i, const char *text, size_t len)
{
	sqlite3_bind_text64(s, i, len > 0 ? text : "", len, SQLITE_STATIC, SQLITE_UTF8);
}

void
sql_bind_bytes(sqlite3_stmt *s, int i, const void *data, size_t len)
{
	sqlite3_bind_blob64(s, i, data, len, SQLITE_STATIC);
}

int
sql_next(struct sql *sql, sqlite3_stmt *s)
{
	switch (sqlite3_step(s)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		sqlite3_reset(s);
		return 0;
	default:
		fail(sql, "query");
		sqlite3_reset(s);
		return -1;
	}
}

int64_t
sql_number(sqlite3_stmt *s, int i)
{
	return sqlite3_column_int64(s, i);
}

const char *
sql_text(sqlite3_stmt *s, int i, size_t *len)
{
	const void *text = sqlite3_column_blob(s, i);

	*len = (size_t)sqlite3_column_bytes(s, i);
	return text ? text : "";
}

void
sql_end(sqlite3_stmt *s)
{
	sqlite3_reset(s);
}

void
sql_end_all(struct sql *sql)
{
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_reset(sql->statements[i]);
}

int
sql_run(struct sql *sql, sqlite3_stmt *s)
{
	int r = sql_next(sql, s);

	sqlite3_reset(s);
	return r < 0 ? -1 : 0;
}

void
sql_roll_back(struct sql *sql)
{
	char kept[sizeof sql->why];

	memcpy(kept, sql->why, sizeof kept);
	sql_run(sql, sql_get(sql, ROLLBACK));
	memcpy(sql->why, kept, sizeof kept);
}

int64_t
sql_changed(const struct sql *sql)
{
	return sqlite3_changes64(sql->sqlite);
}

int64_t
sql_inserted(const struct sql *sql)
{
	return sqlite3_last_insert_rowid(sql->sqlite);
}

static int
execute(struct sql *sql, const char *text)
{
	return sqlite3_exec(sql->sqlite, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(sql, "set-up");
}

static int
pragma(struct sql *sql, const char *name, int *value)
{
	char text[64];
	sqlite3_stmt *s;
	int r;

	snprintf(text, sizeof text, "PRAGMA %s", name);
	if (sqlite3_prepare_v2(sql->sqlite, text, -1, &s, NULL) != SQLITE_OK)
		return fail(sql, name);
	r = sql_next(sql, s);
	*value = r > 0 ? sqlite3_column_int(s, 0) : 0;
	sqlite3_finalize(s);
	return r < 0 ? -1 : 0;
}

/* One process at a time: a lock on a file beside it, for the database itself must let a backup in. */
static int
take_lock(struct sql *sql, const char *path)
{
	char lock[PATH_MAX];

	if (snprintf(lock, sizeof lock, "%s.lock", path) >= (int)sizeof lock) {
		snprintf(sql->why, sizeof sql->why, "the path is too long");
		return SQL_UNUSABLE;
	}
	sql->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (sql->lock < 0) {
		snprintf(sql->why, sizeof sql->why, "%.150s: %s", lock, strerror(errno));
		return SQL_UNUSABLE;
	}
	if (flock(sql->lock, LOCK_EX | LOCK_NB) < 0) {
		snprintf(sql->why, sizeof sql->why, "another process has it");
		return SQL_BUSY;
	}
	return 0;
}

static int
migrate(struct sql *sql)
{
	char version[64];
	int have;

	if (execute(sql, "BEGIN IMMEDIATE") < 0 || pragma(sql, "user_version", &have) < 0)
		return -1;
	for (int i = have; i < STATEMENTS_SCHEMA; i++)
		if (execute(sql, statements_migrations[i]) < 0)
			return -1;
	snprintf(version, sizeof version, "PRAGMA user_version=%d; PRAGMA application_id=%d", STATEMENTS_SCHEMA, STATEMENTS_APPLICATION);
	return execute(sql, version) < 0 ? -1 : execute(sql, "COMMIT");
}

/* Brings the schema up to date, unless it is a later one, or somebody else's. 0 or an enum sql_fault. */
static int
set_up(struct sql *sql)
{
	int version, application, tables;

	if (pragma(sql, "user_version", &version) < 0 || pragma(sql, "application_id", &application) < 0 ||
	    pragma(sql, "schema_version", &tables) < 0)
		return -1;
	if ((tables > 0 && application != STATEMENTS_APPLICATION) || version > STATEMENTS_SCHEMA) {
		snprintf(sql->why, sizeof sql->why, "its schema is version %d%s, and this program knows up to %d", version,
		         application == STATEMENTS_APPLICATION ? "" : " of another program", STATEMENTS_SCHEMA);
		return SQL_NEWER;
	}
	/* What is committed is on disk, power or no power: WAL, and an fsync with each commit. */
	if (execute(sql, "PRAGMA synchronous=FULL; PRAGMA journal_mode=WAL") < 0)
		return -1;
	return version < STATEMENTS_SCHEMA ? migrate(sql) : 0;
}

static int
prepare(struct sql *sql)
{
	for (int i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(sql->sqlite, statements_text[i], -1, SQLITE_PREPARE_PERSISTENT, &sql->statements[i], NULL) != SQLITE_OK)
			return fail(sql, "prepare");
	return 0;
}

static int
to_fault(const struct sql *sql)
{
	switch (sqlite3_errcode(sql->sqlite)) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return SQL_DAMAGED;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return SQL_BUSY;
	default:
		return SQL_UNUSABLE;
	}
}

int
sql_open(struct sql **out, const char *path)
{
	struct sql *sql = calloc(1, sizeof *sql);
	int fault;

	*out = sql;
	if (!sql)
		return SQL_UNUSABLE;
	fault = take_lock(sql, path);
	if (fault)
		return fault;
	if (sqlite3_open_v2(path, &sql->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		fail(sql, path);
		return to_fault(sql);
	}
	if (sqlite3_db_readonly(sql->sqlite, "main")) {
		snprintf(sql->why, sizeof sql->why, "%.150s: %s", path, access(path, W_OK) < 0 ? strerror(errno) : "can only be read");
		return SQL_UNUSABLE;
	}
	sqlite3_extended_result_codes(sql->sqlite, 0);
	sqlite3_busy_timeout(sql->sqlite, BUSY_MS);
	fault = set_up(sql);
	if (fault == 0)
		fault = prepare(sql);
	return fault < 0 ? to_fault(sql) : fault;
}

/* Nothing is made or brought up to date here: 0 if it is what this program knows, or an enum sql_fault. */
static int
check(struct sql *sql)
{
	int version, application;

	if (pragma(sql, "user_version", &version) < 0 || pragma(sql, "application_id", &application) < 0)
		return to_fault(sql);
	if (version == STATEMENTS_SCHEMA && application == STATEMENTS_APPLICATION)
		return 0;
	snprintf(sql->why, sizeof sql->why, "its schema is version %d%s, and this program knows %d", version,
	         application == STATEMENTS_APPLICATION ? "" : " of another program, or of none", STATEMENTS_SCHEMA);
	return version < STATEMENTS_SCHEMA && (application == STATEMENTS_APPLICATION || application == 0) ? SQL_OLDER : SQL_NEWER;
}

int
sql_attach(struct sql **out, const char *path)
{
	struct sql *sql = calloc(1, sizeof *sql);
	int fault;

	*out = sql;
	if (!sql)
		return SQL_UNUSABLE;
	if (access(path, F_OK) < 0) {
		snprintf(sql->why, sizeof sql->why, "%.150s: %s", path, strerror(errno));
		return errno == ENOENT ? SQL_MISSING : SQL_UNUSABLE;
	}
	if (sqlite3_open_v2(path, &sql->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		fail(sql, path);
		return to_fault(sql);
	}
	sqlite3_busy_timeout(sql->sqlite, BUSY_MS);
	fault = check(sql);
	if (fault)
		return fault;
	/* What is deleted by hand is to be gone: it is overwritten in the file, too. */
	return execute(sql, "PRAGMA synchronous=FULL; PRAGMA secure_delete=ON") < 0 || prepare(sql) < 0 ? to_fault(sql) : 0;
}

void
sql_close(struct sql *sql)
{
	if (!sql)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(sql->statements[i]);
	sqlite3_close(sql->sqlite);
	if (sql->lock > 0)
		close(sql->lock);
	free(sql);
}

/* Nobody else has the file, and what is left of it when this is cut short is of no use: no locks, and no journal beside it. */
int
sql_copy_open(struct sql **out, const char *to)
{
	struct sql *copy = calloc(1, sizeof *copy);

	*out = copy;
	if (!copy)
		return SQL_UNUSABLE;
	if (sqlite3_open_v2(to, &copy->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, "unix-none") == SQLITE_OK)
		return execute(copy, "PRAGMA journal_mode=OFF") < 0 ? SQL_UNUSABLE : 0;
	fail(copy, to);
	return SQL_UNUSABLE;
}

/* All in one step: between two, what others write would make it begin anew, again and again. They need not wait for it. */
static int
copy_pages(sqlite3 *copy, sqlite3 *from)
{
	sqlite3_backup *backup = sqlite3_backup_init(copy, "main", from, "main");
	int r;

	if (!backup)
		return SQLITE_ERROR;
	while ((r = sqlite3_backup_step(backup, -1)) == SQLITE_BUSY || r == SQLITE_LOCKED)
		sqlite3_sleep(COPY_WAIT_MS);
	sqlite3_backup_finish(backup);
	return r;
}

int
sql_copy_fill(struct sql *copy, const char *path)
{
	sqlite3 *from = NULL;
	int r = sqlite3_open_v2(path, &from, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	const char *why = sqlite3_errmsg(from);

	if (r == SQLITE_OK) {
		r = copy_pages(copy->sqlite, from);
		why = sqlite3_errmsg(copy->sqlite);
	}
	if (r != SQLITE_DONE)
		snprintf(copy->why, sizeof copy->why, "%s", why);
	sqlite3_close(from);
	if (r == SQLITE_FULL || r == SQLITE_IOERR_WRITE || r == SQLITE_IOERR_FSYNC)
		return SQL_FULL;
	return r == SQLITE_DONE ? 0 : SQL_UNUSABLE;
}
